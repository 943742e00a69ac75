"""The readable simulator on days small enough to be worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from uam.maps import network_from_dict
from uam.plan import make_plan
from uam.policies import GreedyPolicy, StayPolicy
from uam.profile import load_profile
from uam.scenario import Realised, Scenario
from uam.simulator import DaySimulator, play
from uam.state import CHARGING, FAILED, FLYING, WAITING

# 20 miles: 44 000 Wh, cruise 966.4 s, so the block is 360 + 967 + 360 = 1687 s; recharging at 150 kW takes 1056 s.
MILES, ENERGY, BLOCK, RECHARGE = 20, 44_000, 1687, 1056


def scenario(*homes, demand=8, delay=0, failing=(), closed=(), chargers=(1, 1), stands=(4, 4), energy=None):
    """Two vertiports A and B, 20 miles apart; ``demand`` people for each direction in every hour."""
    vertiports = [
        {"name": name, "x_miles": x, "y_miles": 0, "stands": stands[i], "chargers": chargers[i]}
        for i, (name, x) in enumerate((("A", 0), ("B", MILES)))
    ]
    network = network_from_dict({"name": "two", "vertiports": vertiports}, where="two")
    people = np.full((2, 2, 12), demand)
    people[[0, 1], [0, 1]] = 0
    plan = make_plan(
        network,
        load_profile("paper"),
        forecast_milli=1000 * people,
        start_location=np.array(homes),
        start_energy_wh=None if energy is None else np.array(energy),
    )
    broken, shut = np.zeros((len(homes), 12), bool), np.zeros((2, 2, 12), bool)
    for k, h in failing:
        broken[k, h] = True
    for i, j, h in closed:
        shut[i, j, h] = True
    return Scenario("two", plan, Realised(people, shut, np.full((2, 144), delay), broken))


def test_one_flight_worked_out():
    """Q = 8 < 10 e, so the fare is 5 + 0.64 * 20 = 17.80 $ and a passenger brings 5 $; electricity is 8.80 $."""
    day = DaySimulator(scenario(0, delay=100))
    assert (day.aircraft, day.vertiport, day.now_s) == (0, 0, 0)
    assert day.mask() == [True, True]
    assert day.step(1) == 4 * 5000 - 8800
    flight = day.log.flights[0]
    assert (flight.start_s, flight.delay_s, flight.end_s, flight.passengers) == (0, 100, 100 + BLOCK, 4)
    assert (flight.revenue_mills, flight.operating_mills, flight.flight_cost_mills) == (71_200, 51_200, 8800)
    charge = day.log.charges[0]
    assert (charge.start_s, charge.end_s) == (100 + BLOCK, 100 + BLOCK + RECHARGE)
    assert (charge.energy_before_wh, charge.energy_after_wh) == (110_000 - ENERGY, 110_000)
    assert day.now_s == 100 + BLOCK + RECHARGE
    assert day.vertiport == 1


def test_the_second_to_land_finds_the_charger_taken_and_decides_at_once():
    day = DaySimulator(scenario(0, 0))
    day.step(1)
    day.step(1)  # the other corridor
    assert [flight.lane for flight in day.log.flights] == [0, 1]
    assert (day.aircraft, day.now_s) == (1, BLOCK)
    state = day.state()
    assert state.status.tolist() == [CHARGING, WAITING]
    assert state.available_s.tolist() == [BLOCK + RECHARGE, BLOCK]
    assert state.energy_wh.tolist() == [110_000, 66_000]
    day.step(1)  # stays: the charger is still taken
    assert day.log.stays[0].end_s == BLOCK + 900
    assert (day.aircraft, day.now_s) == (1, BLOCK + 900)
    day.step(1)  # again; the charger becomes free 156 s later, but charging begins at a decision only
    assert (day.aircraft, day.now_s) == (0, BLOCK + RECHARGE)
    assert day.state().charging.tolist() == [0, 0]


def test_staying_charges_for_a_quarter_of_an_hour_or_until_full():
    """900 s at 150 kW are 37 500 Wh; 10 000 Wh are charged after 240 s and the charger is given free then."""
    day = DaySimulator(scenario(0, 0, energy=(50_000, 100_000), chargers=(2, 1)))
    day.step(0)
    day.step(0)
    charges = day.log.charges
    assert [(c.end_s - c.start_s, c.energy_after_wh) for c in charges] == [(900, 87_500), (240, 110_000)]
    assert (day.aircraft, day.now_s) == (0, 900)
    assert day.state().charging.tolist() == [0, 0]
    assert day.state().status.tolist() == [WAITING, WAITING]


def test_passengers_of_an_hour_are_shared_and_lost_at_its_end():
    day = DaySimulator(scenario(0, 0, demand=6))
    day.step(1)
    assert day.state().remaining[0, 1] == 2
    day.step(1)
    assert [flight.passengers for flight in day.log.flights] == [4, 2]
    while day.hour == 0:
        day.step(day.vertiport)
    assert day.state().remaining[0, 1] == 6


def test_a_third_departure_waits_for_a_corridor():
    day = DaySimulator(scenario(0, 0, 0))
    day.step(1)
    day.step(1)
    assert day.mask() == [True, False]
    assert day.state().lane_free_s[0, 1].tolist() == [120, 120]
    day.step(0)
    assert (day.aircraft, day.now_s) == (2, 900)
    assert day.mask() == [True, True]


def test_closed_routes_forbid_departures_in_their_hour_only():
    day = DaySimulator(scenario(0, closed=[(0, 1, 0)]))
    allowed = {}
    for _ in range(6):
        allowed[day.now_s] = day.mask()[1]
        day.step(0)
    assert allowed == {0: False, 900: False, 1800: False, 2700: False, 3600: True, 4500: True}


def test_a_failure_strikes_at_the_first_decision_of_its_hour_and_keeps_the_place():
    day = DaySimulator(scenario(0, 1, failing=[(0, 0), (1, 5)]))
    assert (day.aircraft, day.now_s) == (1, 0)
    state = day.state()
    assert state.status.tolist() == [FAILED, WAITING]
    assert state.available_s.tolist() == [7200, 0]
    assert state.present.tolist() == [1, 1]
    while day.now_s < 7200:
        day.step(day.vertiport)
    assert [(r.aircraft, r.start_s, r.end_s) for r in day.log.repairs] == [(0, 0, 7200)]


def test_a_failure_in_the_air_strikes_at_the_next_decision_and_two_count_once():
    """Aircraft 0 flies at 3000 s and lands in hour 1; failures of hours 1 and 2 wait until it decides."""
    day = DaySimulator(scenario(0, failing=[(0, 1), (0, 2)], delay=1800))
    while day.now_s < 2700:
        day.step(0)
    day.step(1)  # at 2700: lands at 2700 + 1800 + 1687 = 6187, is full at 7243, in hour 2
    assert [(r.start_s, r.end_s) for r in day.log.repairs] == [(7243, 14_443)]
    assert day.now_s == 14_443


def test_nobody_decides_at_the_end_and_flights_under_way_count():
    day = DaySimulator(scenario(0))
    while not day.done:
        day.step(1 if day.now_s == 42_300 else 0)
    assert day.log.stays[-1].start_s == 41_400
    assert [(f.start_s, f.end_s) for f in day.log.flights] == [(42_300, 42_300 + BLOCK)]
    assert day.log.profit_mills == 11_200
    assert len(day.log.decisions) == 48


def test_ties_go_by_number():
    day = DaySimulator(scenario(1, 0, 1))
    assert [day.aircraft, day.step(1), day.aircraft, day.step(0), day.aircraft] == [0, 0, 1, 0, 2]


def test_inbound_aircraft_take_a_place_from_the_decision_on():
    day = DaySimulator(scenario(0, 0, stands=(4, 0)))
    day.step(1)
    assert day.state().inbound.tolist() == [0, 1]
    assert day.mask() == [True, False]
    assert day.state().status.tolist() == [FLYING, WAITING]


def test_simple_policies_by_hand():
    """With 8 people a full flight pays 11.20 $; with one passenger it loses 3.80 $ and greedy stays."""
    full, thin = play(scenario(0), GreedyPolicy()), play(scenario(0, demand=1), GreedyPolicy())
    assert full.profit_mills == 11_200 * len(full.flights) > 0
    assert thin.flights == []
    assert play(scenario(0), StayPolicy()).profit_mills == 0


def test_totals_of_a_day():
    log = play(scenario(0, delay=60), GreedyPolicy())
    totals = log.summary()
    assert totals["profit"] == pytest.approx(totals["revenue"] - totals["operating_cost"] - totals["flight_cost"])
    assert totals["load_factor"] == 1.0
    assert totals["delay_minutes"] == len(log.flights)
    assert totals["served_share"] == pytest.approx(4 * len(log.flights) / (8 * 12 * 2))
    flying = sum(min(f.end_s, 43_200) - f.start_s for f in log.flights)
    assert totals["flying_share"] == pytest.approx(flying / 43_200)


def test_what_was_decided_is_told(capsys):
    seen = []
    log = play(scenario(0), StayPolicy(), on_decision=lambda state, action: seen.append((state.now_s, action)))
    assert seen == [(900 * n, 0) for n in range(48)]
    assert log.decisions == [0] * 48


def test_a_landing_fee_is_paid_by_every_flight():
    base = scenario(0)
    dear = replace(base, plan=replace(base.plan, landing_fee_mills=1500))
    day = DaySimulator(dear)
    assert day.step(1) == 11_200 - 1500
