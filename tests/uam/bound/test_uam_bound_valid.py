"""The bound is a bound: real days are feasible points of the program, prices and program agree, nobody exceeds it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from schedcore.errors import FormatError, InputError
from uam.bound.cache import BoundCache
from uam.bound.dual import COARSE, PricedDay, Prices, Stage, dual_bound
from uam.bound.grid import Rounding, make_grid
from uam.bound.linear import BoundError, day_program, solve_program
from uam.bound.points import day_point
from uam.generate import generate
from uam.policies import GreedyPolicy, GreedyRatePolicy, RandomPolicy
from uam.simulator import play

QUICK = (Stage(300, 400, 0.5, 0.02),)


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("fixed8:0", 60),
        ("fixed8:scale=2,aircraft=60:1", 300),
        ("fixed8:profile=joby,failure=0.05:2", 300),
        ("six:closure=0.3:3", 300),
        ("fixed8:delay=15:4", 300),
    ],
)
def test_days_are_feasible_points_of_the_program(name: str, step: int) -> None:
    scenario = generate(name)
    program = day_program(make_grid(scenario, step))
    for seed, policy in enumerate((RandomPolicy(), RandomPolicy(), GreedyPolicy(), GreedyRatePolicy())):
        log = play(scenario, policy, seed=seed)
        point = day_point(program, log)
        assert program.violation(point) < 1e-6
        assert program.gain @ point == pytest.approx(log.profit, abs=1e-6)


def test_prices_and_program_agree() -> None:
    scenario = generate("random-4-2:aircraft=4,scale=0.5:0")
    grid = make_grid(scenario, 300)
    program = day_program(grid)
    linear = solve_program(program)
    assert linear.status == "optimal"
    assert linear.point is not None
    assert program.violation(linear.point) < 1e-4
    prices = dual_bound(scenario, (Stage(300, 2500, 0.5, 0.005),))
    # Corridors are not priced, and the search stops short of the lowest value.
    assert linear.value <= prices.value + 1e-3
    assert prices.value <= 1.01 * linear.value


def test_the_integer_program_starts_from_a_real_day_and_stays_below_the_linear_one() -> None:
    scenario = generate("random-4-2:aircraft=2,scale=0.5:0")
    program = day_program(make_grid(scenario, 300, level_wh=55001))
    log = play(scenario, GreedyRatePolicy())
    linear = solve_program(program)
    whole = solve_program(program, integer=True, start=day_point(program, log), time_limit_s=60, gap=0.2)
    assert log.profit - 1e-6 <= whole.value <= whole.bound
    assert whole.bound <= linear.bound * 1.001


def test_floor_is_above_ceiling() -> None:
    scenario = generate("random-4-2:aircraft=4,scale=0.5:0")
    floor, ceiling = (solve_program(day_program(make_grid(scenario, 300, rounding=r))).value for r in Rounding)
    assert floor > ceiling > 0


def test_any_prices_bound_any_day() -> None:
    scenario = generate("fixed8:11")
    grid = make_grid(scenario, 300)
    day = PricedDay(grid)
    best = play(scenario, GreedyRatePolicy()).profit
    rng = np.random.default_rng(0)
    for _ in range(5):
        n, steps = grid.num_vertiports, grid.num_steps
        prices = Prices(
            rng.uniform(0, 30, grid.full.shape), rng.uniform(0, 1, (n, steps)), rng.uniform(0, 0.2, (n, steps))
        )
        assert day.evaluate(prices) >= best


def test_slopes_are_subgradients() -> None:
    grid = make_grid(generate("six:5"), 300)
    day = PricedDay(grid)
    n, steps = grid.num_vertiports, grid.num_steps
    rng = np.random.default_rng(1)
    here = Prices(rng.uniform(0, 30, grid.full.shape), np.full((n, steps), 0.05), np.full((n, steps), 0.02))
    value = day.evaluate(here)
    slopes = [np.array(x) for x in day.slopes(here)]
    for _ in range(4):
        there = Prices(*(np.abs(x + rng.normal(0, 0.5, x.shape)) for x in (here.flight, here.charger, here.place)))
        moves = zip(
            slopes,
            (there.flight - here.flight, there.charger - here.charger, there.place - here.place),
            strict=True,
        )
        assert day.evaluate(there) >= value + sum(float((g * d).sum()) for g, d in moves) - 1e-6


def test_a_finer_grid_tightens_and_the_same_call_gives_the_same() -> None:
    scenario = generate("fixed8:2")
    coarse = dual_bound(scenario, COARSE)
    fine = dual_bound(scenario, (*COARSE, Stage(60, 60, 0.1, 0.05)))
    assert fine.value < 0.97 * coarse.value
    assert dual_bound(scenario, COARSE).value == coarse.value
    assert fine.value > play(scenario, GreedyRatePolicy()).profit


def test_stages_must_refine() -> None:
    with pytest.raises(InputError, match="steps of 300 s do not divide 60 s"):
        dual_bound(generate("six:0"), (Stage(60, 1, 1, 1), Stage(300, 1, 1, 1)))
    with pytest.raises(InputError, match="no stage is given"):
        dual_bound(generate("six:0"), ())
    with pytest.raises(InputError, match="iterations and step sizes above 0"):
        Stage(60, 0, 1, 1)


def test_prices_of_another_grid_are_refused() -> None:
    grid = make_grid(generate("six:0"), 300)
    with pytest.raises(InputError, match="flight prices must be at least 0"):
        PricedDay(grid).evaluate(Prices(np.zeros((2, 2, 2)), np.zeros((6, 144)), np.zeros((6, 144))))


def test_a_program_without_a_solution_says_so() -> None:
    program = day_program(make_grid(generate("random-4-1:aircraft=2:0"), 300, level_wh=55001))
    with pytest.raises(BoundError, match="HiGHS after"):
        solve_program(replace(program, most=np.zeros_like(program.most)))
    with pytest.raises(InputError, match="a time limit of 0"):
        solve_program(program, time_limit_s=0)


def test_a_log_of_another_scenario_does_not_fit() -> None:
    program = day_program(make_grid(generate("six:scale=2:0"), 300))
    log = play(generate("six:scale=2:1"), GreedyPolicy())
    log.scenario = generate("six:scale=2:0")
    with pytest.raises(InputError, match="cannot fly"):
        day_point(program, log)


def test_the_cache_keeps_bounds_in_its_file(tmp_path: Path) -> None:
    scenario, file = generate("six:aircraft=3:0"), tmp_path / "deep" / "bounds.json"
    first = BoundCache(file).get(scenario, "dual-coarse")
    text = file.read_text()
    assert BoundCache(file).get(scenario, "dual-coarse") == first
    assert file.read_text() == text
    file.write_text("[]")
    with pytest.raises(FormatError, match="not a file of bounds"):
        BoundCache(file)
