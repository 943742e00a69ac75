"""Every day passes the core's checker, and a day that breaks a rule does not."""

from __future__ import annotations

import numpy as np
import pytest

from schedcore.metrics import evaluate
from uam.core import to_core
from uam.generate import generate
from uam.log import DayLog
from uam.policies import GreedyPolicy, GreedyRatePolicy, RandomPolicy
from uam.simulator import play

SCENARIOS = (
    "fixed8:1",
    "six:scale=0.2,aircraft=70,failure=0.2,closure=0.3:2",
    "seoul:profile=realistic,demand=gravity,aircraft=60:3",
    "la8:demand=airport,delay=15:4",
)


@pytest.mark.parametrize("policy", [RandomPolicy(), GreedyPolicy(), GreedyRatePolicy()], ids=lambda p: p.name)
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_day_passes_the_checker_and_its_profit_is_the_objective(name, policy):
    log = play(generate(name), policy, seed=5)
    day = to_core(log)
    assert day.check().violations == ()
    assert evaluate(day.problem, day.schedule)["reward"] == log.profit_mills


@pytest.fixture(scope="module")
def day_log():
    return play(generate("fixed8:1"), GreedyRatePolicy())


def codes(log):
    return {str(violation.code) for violation in to_core(log).check().violations}


def changed(log, index, **changes):
    flights = list(log.flights)
    flights[index] = flights[index]._replace(**changes)
    return DayLog(log.scenario, flights, log.stays, log.charges, log.repairs, log.decisions)


def test_a_flight_that_starts_elsewhere_is_found(day_log):
    flight = day_log.flights[30]
    other = next(i for i in range(8) if i not in (flight.origin, flight.destination))
    assert "SETUP" in codes(changed(day_log, 30, origin=other))


def test_a_flight_on_a_closed_route_is_found(day_log):
    closed = day_log.scenario.realised.closed.copy()
    flight = day_log.flights[10]
    closed[flight.origin, flight.destination, flight.start_s // 3600] = True
    from dataclasses import replace

    scenario = replace(day_log.scenario, realised=replace(day_log.scenario.realised, closed=closed))
    broken = DayLog(scenario, day_log.flights, day_log.stays, day_log.charges, day_log.repairs)
    assert "CALENDAR" in codes(broken)


def test_more_passengers_than_there_are_is_found(day_log):
    index = next(n for n, flight in enumerate(day_log.flights) if flight.passengers)
    assert "RESERVOIR_LOW" in codes(changed(day_log, index, passengers=400))


def test_a_charge_that_never_was_is_missed(day_log):
    log = DayLog(day_log.scenario, day_log.flights, day_log.stays, [], day_log.repairs)
    assert codes(log) == {"RESERVOIR_LOW"}


def test_a_flight_while_out_of_order_is_found(day_log):
    from uam.log import Repair

    flight = day_log.flights[5]
    broken = [*day_log.repairs, Repair(flight.aircraft, flight.start_s, flight.start_s + 60, flight.origin)]
    assert "CALENDAR" in codes(DayLog(day_log.scenario, day_log.flights, day_log.stays, day_log.charges, broken))


def test_two_departures_in_one_corridor_within_the_headway_are_found(day_log):
    first = day_log.flights[0]
    index, second = next((n, f) for n, f in enumerate(day_log.flights) if n and f.origin == first.origin)
    log = changed(day_log, index, destination=first.destination, start_s=first.start_s + 60, lane=first.lane)
    assert second.aircraft != first.aircraft
    assert "OVERLAP" in codes(log)


def test_a_full_vertiport_is_found(day_log):
    """Everybody flies to one vertiport at once: more inbound than places."""
    seen, flights = set(), []
    for flight in day_log.flights:
        if flight.aircraft not in seen and flight.origin != 0:
            seen.add(flight.aircraft)
            flights.append(flight._replace(destination=0))
    assert len(flights) > 16
    assert "RESERVOIR_LOW" in codes(DayLog(day_log.scenario, flights))


def test_times_are_integers_of_the_log(day_log):
    schedule = to_core(day_log).schedule
    starts = {placement.start for placement in schedule}
    assert starts >= {flight.start_s for flight in day_log.flights}
    assert all(isinstance(value, int | np.integer) for value in starts)
