"""The planner by prices: what it expects, that it balances, and that it earns."""

from __future__ import annotations

import numpy as np
import pytest

from schedcore.errors import InputError
from uam.generate import generate
from uam.planner.outlook import expected_delays, make_outlook, slot_values
from uam.planner.price_policy import PricePolicy, PriceSettings, prices
from uam.policies import GreedyRatePolicy
from uam.simulator import DaySimulator, play


def test_slots_are_worth_less_and_less_and_add_up_to_the_passengers() -> None:
    plan = generate("fixed8:0").plan
    slots = slot_values(plan)
    assert (np.diff(slots, axis=-1) <= 1e-9).all()
    expected = plan.forecast * plan.margin_mills / 1000
    assert slots.sum(axis=-1) == pytest.approx(expected, rel=1e-6)


def test_a_slot_is_worth_the_expected_passengers_of_a_poisson_law() -> None:
    plan = generate("fixed8:0").plan
    i, j, h = 0, 1, 3
    draws = np.random.default_rng(0).poisson(plan.forecast[i, j, h], 200_000)
    for n in range(3):
        sold = np.clip(draws - plan.seats * n, 0, plan.seats).mean()
        assert slot_values(plan)[i, j, h, n] == pytest.approx(sold * plan.margin_mills[i, j, h] / 1000, rel=0.02)


def test_expected_delays_are_those_of_the_clipped_law() -> None:
    plan = generate("fixed8:5").plan
    law = plan.profile.disruption
    rng = np.random.default_rng(1)
    for i in range(3):
        draws = np.clip(rng.normal(plan.expected_delay_s[i], law.delay_sd_s, 200_000), 0, law.delay_max_s)
        assert expected_delays(plan)[i] == pytest.approx(draws.mean(), rel=0.01)
    assert (expected_delays(generate("fixed8:calm=1:0").plan) == 0).all()


@pytest.mark.parametrize(("step", "levels", "text"), [(7, 22, "do not divide an hour"), (150, 0, "0 energy levels")])
def test_an_outlook_on_no_grid_is_refused(step: int, levels: int, text: str) -> None:
    with pytest.raises(InputError, match=text):
        make_outlook(generate("six:0").plan, step, levels)


@pytest.mark.parametrize(
    ("settings", "text"),
    [({"iterations": -1}, "negative"), ({"size": 0}, "not above 0"), ({"cash": 2}, "cash is 2")],
)
def test_settings_out_of_range_are_refused(settings: dict[str, float], text: str) -> None:
    with pytest.raises(InputError, match=text):
        prices(**settings)


@pytest.mark.parametrize("name", ["fixed8:aircraft=12:500", "six:profile=joby,aircraft=8:3"])
def test_it_earns_clearly_more_than_the_greedy_rate_and_the_same_again(name: str) -> None:
    scenario = generate(name)
    settings = PriceSettings(opening=100, iterations=5)
    log = play(scenario, PricePolicy(settings))
    assert log.profit > 1.02 * play(scenario, GreedyRatePolicy()).profit
    assert play(scenario, PricePolicy(settings)).decisions == log.decisions


def test_it_does_not_look_at_what_is_hidden() -> None:
    """A policy that gets the same states decides the same, whatever the tables of the day say later."""
    scenario = generate("fixed8:7")
    policy = PricePolicy(PriceSettings(opening=50, iterations=2))
    policy.reset(scenario.plan, None, 0)
    day = DaySimulator(scenario)
    first = [policy.act(day.state()) for _ in range(3)]
    policy.reset(scenario.plan, None, 1)
    assert [policy.act(day.state()) for _ in range(3)] == first


def test_worths_are_finite_exactly_where_the_mask_allows() -> None:
    scenario = generate("six:2")
    policy = PricePolicy(PriceSettings(opening=30, iterations=1))
    policy.reset(scenario.plan, None, 0)
    day = DaySimulator(scenario)
    for _ in range(40):
        state = day.state()
        policy.observe(state)
        assert (np.isfinite(policy.worths(state)) == state.mask).all()
        day.step(policy.act(state))


def test_it_plans_a_fleet_of_vertiports_and_aircraft_of_any_size() -> None:
    for name in ("random-4-1:aircraft=3:0", "ten:aircraft=25:0"):
        assert (
            play(generate(name), PricePolicy(PriceSettings(step_s=300, levels=11, opening=30, iterations=1))).profit > 0
        )


def test_aircraft_are_worth_less_as_the_day_ends() -> None:
    scenario = generate("six:2")
    policy = PricePolicy(PriceSettings(opening=200))
    policy.reset(scenario.plan, None, 0)
    policy.observe(DaySimulator(scenario).state())
    value = policy.value[: policy.look.num_steps + 1, :, policy.look.top]
    assert (value[0] > value[policy.look.num_steps // 2]).all()
    assert (value[-1] == 0).all()
