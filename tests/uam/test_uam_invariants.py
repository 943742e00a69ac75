"""What holds in every day, whatever the scenario and whoever decides; recomputed from the log alone."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from uam.env.gym_env import UamEnv
from uam.generate import generate
from uam.plot.series import occupancy
from uam.simulator import DaySimulator, replay_actions

NETWORKS = ("fixed8", "six", "seoul", "la9", "random-5-3")

days = st.builds(
    "{}:scale={},aircraft={},closure={},failure={},profile={}:{}".format,
    st.sampled_from(NETWORKS),
    st.sampled_from([0.0, 0.1, 1.0, 5.0]),
    st.integers(1, 60),
    st.sampled_from([0.0, 0.05, 0.6]),
    st.sampled_from([0.0, 0.005, 0.3]),
    st.sampled_from(["paper", "realistic"]),
    st.integers(0, 10**6),
)


def random_day(name, seed):
    """A finished day of a policy that likes some destinations more than others, and its masks' sizes."""
    day = DaySimulator(generate(name))
    rng = np.random.default_rng(seed)
    taste = rng.random(len(day.mask())) ** 3
    clock = []
    while not day.done:
        allowed = np.array(day.mask())
        assert allowed.any()
        assert allowed[day.vertiport]
        weights = taste * allowed
        weights[day.vertiport] = max(weights[day.vertiport], 1e-3)
        clock.append(day.now_s)
        day.step(int(rng.choice(len(weights), p=weights / weights.sum())))
    return day, clock


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(name=days, seed=st.integers(0, 100))
def test_invariants_of_a_day(name, seed):
    day, clock = random_day(name, seed)
    log, plan, real = day.log, day.scenario.plan, day.scenario.realised
    rules, aircraft, money = plan.profile.rules, plan.profile.aircraft, plan.profile.economics

    # Times: decisions in order and before the end of operation.
    assert clock == sorted(clock)
    assert all(0 <= time < plan.horizon_s for time in clock)

    # Passengers: no more than there are, no more than seats, and all who fit.
    left = real.demand.copy()
    for flight in log.flights:
        h = flight.start_s // 3600
        assert flight.passengers == min(aircraft.seats, left[flight.origin, flight.destination, h])
        left[flight.origin, flight.destination, h] -= flight.passengers
    assert (left >= 0).all()

    # Routes, corridors, times in the air.
    departures = defaultdict(list)
    for flight in log.flights:
        i, j, start = flight.origin, flight.destination, flight.start_s
        assert not real.closed[i, j, start // 3600]
        assert plan.flyable[i, j]
        assert flight.delay_s == real.delay_s[i, start // rules.delay_slot_s]
        assert flight.end_s - start == flight.delay_s + plan.block_s[i, j]
        departures[i, j, flight.lane].append(start)
    for (_, _, lane), times in departures.items():
        assert 0 <= lane < plan.network.lanes
        assert all(later - earlier >= rules.headway_s for earlier, later in itertools.pairwise(times))

    # Every aircraft: one thing at a time, where it is, with the energy that it has.
    for k in range(plan.num_aircraft):
        at, energy, free = int(plan.start_location[k]), int(plan.start_energy_wh[k]), 0
        things = [*log.flights, *log.charges, *log.repairs]
        mine = sorted((thing for thing in things if thing.aircraft == k), key=lambda thing: thing.start_s)
        for thing in mine:
            assert thing.start_s >= free
            free = thing.end_s
            if hasattr(thing, "destination"):
                assert thing.origin == at
                assert thing.energy_before_wh == energy
                energy -= int(plan.energy_wh[thing.origin, thing.destination])
                at = thing.destination
                assert energy >= aircraft.reserve_wh
                if plan.network.chargers[at] == 0:
                    ways = plan.energy_wh[at][plan.network.chargers > 0]
                    assert energy >= ways.min() + aircraft.reserve_wh
            else:
                assert thing.vertiport == at
                if hasattr(thing, "energy_after_wh"):
                    assert thing.energy_before_wh == energy
                    energy = thing.energy_after_wh
                    assert thing.energy_before_wh < energy or thing.end_s - thing.start_s <= aircraft.plug_s
            assert 0 <= energy <= aircraft.full_wh <= aircraft.battery_wh

    # Vertiports, at every event.
    series = occupancy(log)
    assert (series["present"].values >= 0).all()
    assert (series["charging"].values <= plan.network.chargers[:, None]).all()
    times = np.union1d(series["present"].times, series["inbound"].times)
    there, coming = (
        steps.values[:, np.searchsorted(steps.times, times, side="right") - 1]
        for steps in (series["present"], series["inbound"])
    )
    assert (there + coming <= plan.capacity[:, None]).all()

    # Money, from the definitions in dollars; every rounding is to a mill.
    profit = 0.0
    for flight in log.flights:
        i, j, h = flight.origin, flight.destination, flight.start_s // 3600
        cost = money.cost_per_mile * plan.network.distance_miles[i, j]
        expected = plan.forecast[i, j, h]
        factor = max(math.log(expected / money.fare_demand), 1.0) if expected > 0 else 1.0
        profit += flight.passengers * (money.base_fare + cost * factor - cost)
        profit -= money.electricity_per_kwh * plan.energy_wh[i, j] / 1000 + money.landing_fee
    assert log.profit == pytest.approx(profit, abs=0.001 * (1 + aircraft.seats) * (1 + len(log.flights)))

    # The same decisions give the same day.
    again = replay_actions(day.scenario, log.decisions)
    assert again.flights == log.flights
    assert again.charges == log.charges
    assert again.repairs == log.repairs


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_dense_rewards_add_up_to_the_terminal_one(seed):
    scenario = generate(f"six:aircraft=12:{seed}")
    returns = {}
    for reward in ("dense", "terminal"):
        env, rng, total, done = UamEnv(scenario, reward=reward), np.random.default_rng(seed), 0.0, False
        env.reset()
        while not done:
            _, gained, done, _, _ = env.step(int(rng.choice(np.flatnonzero(env.action_masks()))))
            total += gained
        returns[reward] = total
    assert returns["dense"] == pytest.approx(returns["terminal"])


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**40))
def test_the_same_seed_gives_the_same_tables(seed):
    first, second = generate(f"fixed8:{seed}"), generate(f"fixed8:{seed}")
    assert first.fingerprint() == second.fingerprint()
    assert first.fingerprint() != generate(f"fixed8:{seed + 1}").fingerprint()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_every_chance_has_its_own_stream(seed):
    base, other = generate(f"fixed8:{seed}"), generate(f"fixed8:closure=0.5,failure=0.1,aircraft=20:{seed}")
    np.testing.assert_array_equal(base.realised.demand, other.realised.demand)
    np.testing.assert_array_equal(base.realised.delay_s, other.realised.delay_s)
    assert other.realised.closed.sum() > base.realised.closed.sum()
