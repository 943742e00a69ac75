"""The compiled simulator and the readable one are the same day, decision by decision."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedcore.errors import IllegalDecisionError, InputError, UnknownNameError
from uam.compiled.batch import BatchSimulator
from uam.compiled.kernel import allows, copy_day, mask_into, step
from uam.compiled.rules import CODES, choose
from uam.generate import generate
from uam.policies import GreedyPolicy, GreedyRatePolicy, StayPolicy
from uam.simulator import DaySimulator, play

SCENARIOS = (
    "fixed8:1",
    "fixed8:scale=0.3,aircraft=90,failure=0.3:2",
    "fixed8:aircraft=12,delay=15,closure=0.4:3",
    "map01:profile=realistic,scale=2:4",
    "seoul:profile=beta,aircraft=130,demand=gravity:5",
    "la8:demand=airport,aircraft=25:6",
    "six:calm=1:7",
)


def assert_equal_states(day: DaySimulator, batch: BatchSimulator, b: int) -> None:
    days, state = batch.days, day.state()
    assert days.aircraft[b] == state.aircraft
    assert days.now[b] == state.now_s
    for name, field in (("failures_seen", "_failures_seen"),):
        assert getattr(days, name)[b].tolist() == getattr(day, field)
    for name in ("status", "location", "present", "inbound", "charging"):
        np.testing.assert_array_equal(getattr(days, name)[b], getattr(state, name), err_msg=name)
    np.testing.assert_array_equal(days.available[b], state.available_s)
    np.testing.assert_array_equal(days.energy[b], state.energy_wh)
    np.testing.assert_array_equal(days.lane_free[b], state.lane_free_s)
    np.testing.assert_array_equal(days.remaining[b, :, :, state.hour], state.remaining)
    np.testing.assert_array_equal(batch.masks()[b], state.mask)


@pytest.mark.parametrize("name", SCENARIOS)
def test_random_days_are_equal_in_every_state(name):
    scenario = generate(name)
    day, batch = DaySimulator(scenario), BatchSimulator([scenario])
    rng = np.random.default_rng(1)
    decisions = 0
    while not day.done:
        if decisions % 7 == 0:
            assert_equal_states(day, batch, 0)
        mask = day.mask()
        assert mask == batch.masks()[0].tolist()
        assert mask == [bool(allows(batch.tables, batch.days, 0, j)) for j in range(len(mask))]
        action = int(rng.choice(np.flatnonzero(mask)))
        assert day.step(action) == batch.step([action])[0]
        decisions += 1
    assert batch.done.all()
    assert batch.days.profit[0] == day.log.profit_mills
    assert batch.days.decisions[0] == decisions
    assert batch.days.flights[0] == len(day.log.flights)
    assert batch.days.passengers[0] == sum(flight.passengers for flight in day.log.flights)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6), scale=st.sampled_from([0.2, 1.0, 4.0]), aircraft=st.integers(1, 100))
def test_drawn_scenarios_give_equal_days(seed, scale, aircraft):
    scenario = generate(f"six:scale={scale},failure=0.1,closure=0.3,aircraft={min(aircraft, 80)}:{seed}")
    day, batch = DaySimulator(scenario), BatchSimulator([scenario])
    rng = np.random.default_rng(seed)
    while not day.done:
        action = int(rng.choice(np.flatnonzero(day.mask())))
        assert day.step(action) == batch.step([action])[0]
    assert batch.days.profit[0] == day.log.profit_mills


@pytest.mark.parametrize("policy", [GreedyPolicy(), GreedyRatePolicy(), StayPolicy()], ids=lambda p: p.name)
def test_compiled_policies_decide_as_their_readable_twins(policy):
    scenarios = [generate(f"fixed8:{seed}") for seed in range(3)]
    batch = BatchSimulator(scenarios)
    logs = [play(scenario, policy) for scenario in scenarios]
    assert batch.play(policy.name).tolist() == [log.profit_mills for log in logs]
    mask = np.zeros(8, dtype=bool)
    batch.reset()
    for b, log in enumerate(logs):
        for action in log.decisions:
            mask_into(batch.tables, batch.days, b, mask)
            assert choose(batch.tables, batch.days, b, CODES[policy.name], mask, np.zeros(3, np.uint64)) == action
            step(batch.tables, batch.days, b, action)


def test_the_random_policy_repeats_with_its_seed_and_each_day_draws_on_its_own():
    batch = BatchSimulator([generate("fixed8:1")], rows=[0, 0])
    first = batch.play("random", seed=3)
    assert first[0] != first[1]
    assert (batch.play("random", seed=3) == first).all()
    assert (batch.play("random", seed=4) != first).any()


def test_copied_days_go_on_alike():
    batch = BatchSimulator([generate("fixed8:1"), generate("fixed8:2")], rows=[0, 1])
    for _ in range(200):
        batch.step([np.flatnonzero(mask)[-1] for mask in batch.masks()])
    copy_day(batch.days, 0, 1)
    while not batch.done.all():
        actions = [int(np.flatnonzero(mask)[0]) for mask in batch.masks()]
        assert actions[0] == actions[1]
        batch.step(actions)
    assert batch.days.profit[0] == batch.days.profit[1]


def test_a_scenario_can_be_replaced_in_place():
    batch = BatchSimulator([generate("fixed8:1"), generate("fixed8:2")])
    other = generate("fixed8:scale=2:9")
    batch.put(0, other)
    assert batch.play("greedy")[0] == play(other, GreedyPolicy()).profit_mills
    assert batch.play("greedy")[1] == play(generate("fixed8:2"), GreedyPolicy()).profit_mills


def test_forbidden_actions_are_refused_and_nothing_moves():
    batch = BatchSimulator([generate("fixed8:1")], rows=[0, 0])
    before = batch.days.now.copy(), batch.days.due.copy()
    with pytest.raises(IllegalDecisionError, match="action 8 is not allowed in day 1"):
        batch.step([int(batch.days.location[0, batch.days.aircraft[0]]), 8])
    assert (batch.days.due == before[1]).all()


def test_scenarios_of_different_kinds_do_not_share_a_batch():
    with pytest.raises(InputError, match="differ in the number of aircraft: 40 and 20"):
        BatchSimulator([generate("fixed8:1"), generate("fixed8:aircraft=20:1")])
    with pytest.raises(InputError, match="differ in the number of vertiports"):
        BatchSimulator([generate("fixed8:1"), generate("six:1")])
    with pytest.raises(InputError, match="no scenario"):
        BatchSimulator([])
    with pytest.raises(InputError, match="rows are no list of scenarios"):
        BatchSimulator([generate("fixed8:1")], rows=[1])
    with pytest.raises(UnknownNameError, match="unknown compiled policy 'gredy'"):
        BatchSimulator([generate("fixed8:1")]).play("gredy")
