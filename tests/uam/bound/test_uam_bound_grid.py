"""The grid of a day: rounding in the direction that keeps the bound valid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedcore.errors import InputError
from uam.bound.grid import Rounding, make_grid, natural_level_wh
from uam.generate import generate
from uam.profile import load_profile


def test_the_paper_battery_has_44_levels_of_one_minute() -> None:
    # 150 kW for 60 s are 2500 Wh, one more for rounding; 110 000 / 2501 = 43.98
    grid = make_grid(generate("fixed8:0"), 60)
    assert (grid.level_wh, grid.top, grid.num_steps) == (2501, 44, 720)
    assert grid.charge.tolist() == [*range(1, 45), 44]


def test_flights_never_take_longer_on_the_optimistic_grid_than_in_reality() -> None:
    scenario = generate("fixed8:3")
    for step in (60, 300):
        low = make_grid(scenario, step)
        high = make_grid(scenario, step, rounding=Rounding.PESSIMISTIC)
        slot = np.arange(low.num_steps) * step // 300
        real = scenario.realised.delay_s[:, None, slot] + scenario.plan.block_s[:, :, None]
        open_ = low.steps >= 0
        assert (low.steps * step <= real)[open_].all()
        assert (high.steps * step >= real)[open_].all()
        assert ((high.steps >= 0) == open_).all()


@settings(max_examples=30, deadline=None)
@given(
    profile=st.sampled_from(["paper", "joby", "archer", "beta"]),
    share=st.floats(0, 1),
    seconds=st.integers(1, 3000),
    step=st.sampled_from([30, 60, 300]),
)
def test_charging_on_the_grid_is_never_behind_reality(profile: str, share: float, seconds: int, step: int) -> None:
    aircraft = load_profile(profile).aircraft
    grid = make_grid(generate(f"fixed8:profile={profile}:0"), step)
    energy = int(share * aircraft.full_wh)
    level = grid.level_of(energy)
    for _ in range(-(-seconds // step)):  # whole steps and the granted one
        level = int(grid.charge[level])
    assert level * grid.level_wh >= min(aircraft.full_wh, aircraft.charged_wh(energy, seconds))


def test_a_finer_level_than_a_step_of_charge_is_possible() -> None:
    grid = make_grid(generate("fixed8:0"), 300, level_wh=5001)
    assert grid.charge[0] == 3  # 12 500 Wh are 2.5 levels, rounded up
    assert natural_level_wh(load_profile("paper").aircraft, 300) == 12501


@pytest.mark.parametrize("step", [0, 7, 360, 7200])
def test_a_step_that_does_not_fit_is_refused(step: int) -> None:
    with pytest.raises(InputError, match=f"steps of {step} s do not fit"):
        make_grid(generate("fixed8:0"), step)


def test_a_level_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="a level of 0 Wh"):
        make_grid(generate("fixed8:0"), 60, level_wh=0)


def test_a_step_longer_than_a_flight_is_refused() -> None:
    with pytest.raises(InputError, match="less than a step of 900 s"):
        make_grid(generate("fixed8:calm=1,profile=joby:0"), 900)
