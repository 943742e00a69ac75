"""Rolling horizons: solve, commit what has started, restrict, solve again."""

from __future__ import annotations

import pytest
from support.small_problems import small_problem

from schedcore.check import check
from schedcore.model import Problem, ProblemBuilder, Schedule, restrict
from schedcore.solvers import Status, solve


def started(schedule: Schedule, now: int) -> Schedule:
    """The placements that have started by ``now``."""
    return Schedule([p for p in schedule if p.start <= now], cycle=schedule.cycle)


@pytest.mark.parametrize("kind", ["mixed", "setup", "reservoir", "multi_mode", "optional", "hold"])
def test_replanning_without_news_keeps_the_optimum(kind: str) -> None:
    rolled = 0
    for seed in range(25):
        problem = small_problem(kind, seed)
        whole = solve(problem, "cpsat")
        if whole.schedule is None:
            continue
        for now in (1, 3, 5):
            committed = started(whole.schedule, now)
            restriction = restrict(problem, committed, now)
            again = solve(restriction.problem, "cpsat")
            assert again.status is Status.OPTIMAL, f"{kind} {seed}"
            assert again.schedule is not None
            lifted = restriction.lift(again.schedule)
            assert check(problem, lifted).ok, f"{kind} {seed}"
            assert all(lifted.of(p.task) == p for p in committed)
            assert all(p.start >= now for p in lifted if committed.of(p.task) is None and p.start != p.end)
        rolled += 1
    assert rolled >= 8


def test_news_after_the_commitment_are_planned_around_it() -> None:
    b = ProblemBuilder()
    m = b.unary("m")
    b.task("a", 5, on=m)
    b.task("c", 4, on=m, due=4, weight=9)
    b.minimise(total_completion=1)
    problem = b.build()
    committed = Schedule([(0, 0, 0, 5)])  # a has begun, although c first would have been better
    restriction = restrict(problem, committed, 2)
    result = solve(restriction.problem, "cpsat")
    assert result.schedule is not None
    assert restriction.lift(result.schedule) == Schedule([(0, 0, 0, 5), (1, 0, 5, 9)])
    assert result.value == 14


def roll(problem: Problem, step: int) -> Schedule:
    """Plan, carry out ``step`` ticks, plan again, until everything has started."""
    committed, now = Schedule(), 0
    while len(committed) < len(problem.tasks):
        restriction = restrict(problem, committed, now)
        result = solve(restriction.problem, "cpsat")
        assert result.schedule is not None
        now += step
        committed = started(restriction.lift(result.schedule), now)
    return committed


def test_rolling_to_the_end_gives_the_optimum_of_the_whole() -> None:
    b = ProblemBuilder()
    machines = [b.unary(f"m{k}") for k in range(2)]
    for j, (one, two) in enumerate([(3, 2), (2, 4), (4, 1)]):
        b.chain(b.task(f"{j}.0", one, on=machines[j % 2]), b.task(f"{j}.1", two, on=machines[1 - j % 2]))
    b.minimise(makespan=1)
    problem = b.build()
    schedule = roll(problem, 2)
    assert check(problem, schedule).ok
    assert schedule.makespan == solve(problem, "cpsat").value
