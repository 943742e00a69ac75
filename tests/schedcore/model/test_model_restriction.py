"""Pinning what has happened, and the way back to the whole problem."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies_core import Case, cases
from support.refusals import refusal

from schedcore.check import check
from schedcore.model import (
    Cycle,
    Demand,
    Mode,
    ModeLink,
    Problem,
    ProblemBuilder,
    Renewable,
    Schedule,
    Selection,
    SelectionKind,
    Task,
    TimeLag,
    restrict,
)

T, U = Task("t", (Mode(2),)), Task("u", (Mode(2),))


def three_modes(name: str, *, optional: bool = False) -> Task:
    return Task(name, (Mode(1), Mode(2), Mode(3)), optional=optional)


def test_pins_keep_mode_start_and_end_and_the_rest_starts_now() -> None:
    problem = Problem(tasks=(three_modes("a"), three_modes("b"), Task("c", (Mode(1),), release=9)))
    restricted = restrict(problem, Schedule([(0, 1, 3, 6)]), now=5)
    pinned, free, later = restricted.problem.tasks
    assert pinned == Task("a", (Mode(3),), release=3, deadline=6)  # it took 3 ticks instead of 2
    assert (free.release, len(free.modes), later.release) == (5, 3, 9)
    lifted = restricted.lift(Schedule([(0, 0, 3, 6), (1, 2, 5, 8), (2, 0, 9, 10)]))
    assert lifted == Schedule([(0, 1, 3, 6), (1, 2, 5, 8), (2, 0, 9, 10)])


def test_a_pinned_task_is_no_longer_optional_and_its_old_deadline_is_gone() -> None:
    problem = Problem(tasks=(Task("a", (Mode(2),), deadline=4, optional=True),))
    (task,) = restrict(problem, Schedule([(0, 0, 4, 6)]), now=4).problem.tasks
    assert (task.optional, task.deadline) == (False, 6)


def test_a_hold_under_way_may_start_when_it_was_opened() -> None:
    b = ProblemBuilder()
    link, swap = b.task("link", 3), b.task("swap", 1)
    b.lag(link.end, swap.start, max=10)
    kept = b.hold("kept", link.start, swap.end)
    problem = b.build()
    restricted = restrict(problem, Schedule([(link.id, 0, 2, 5)]), now=7)
    assert restricted.problem.tasks[kept.id].release == 2
    complete = Schedule([(link.id, 0, 2, 5), (swap.id, 0, 7, 8), (kept.id, 0, 2, 8)])
    assert check(restricted.problem, complete).ok
    # A hold that is opened at the end of a committed task which is still running is not open yet.
    b = ProblemBuilder()
    link, swap = b.task("link", 3), b.task("swap", 1)
    kept = b.hold("kept", link.end, swap.end)
    assert restrict(b.build(), Schedule([(link.id, 0, 2, 9)]), now=7).problem.tasks[kept.id].release == 7


def test_links_to_a_pinned_task_take_modes_away() -> None:
    problem = Problem(tasks=(three_modes("a"), three_modes("b")), mode_links=(ModeLink(0, 1, 1, (0,)),))
    # b is pinned to mode 2, so a may not run in mode 1.
    restricted = restrict(problem, Schedule([(1, 2, 0, 3)]), now=1)
    assert restricted.modes == {0: (0, 2), 1: (2,)}
    assert [m.duration for m in restricted.problem.tasks[0].modes] == [1, 3]
    assert restricted.problem.mode_links == ()
    assert restricted.lift(Schedule([(0, 1, 4, 7)])) == Schedule([(0, 2, 4, 7)])


def test_links_from_a_pinned_task_are_renumbered_or_dropped() -> None:
    links = (ModeLink(0, 1, 1, (0, 2)), ModeLink(0, 2, 1, (1,)))
    problem = Problem(tasks=(three_modes("a"), three_modes("b")), mode_links=links)
    restricted = restrict(problem, Schedule([(0, 1, 0, 2)]), now=1)
    assert restricted.problem.mode_links == (ModeLink(0, 0, 1, (0, 2)),)


def test_modes_that_go_take_other_modes_with_them() -> None:
    tasks = (three_modes("a"), three_modes("b"), three_modes("c"))
    problem = Problem(tasks=tasks, mode_links=(ModeLink(0, 0, 1, (1,)), ModeLink(1, 1, 2, (0,))))
    # c in mode 2 forbids b in mode 1, which forbids a in mode 0.
    restricted = restrict(problem, Schedule([(2, 2, 0, 3)]), now=1)
    assert restricted.modes == {0: (1, 2), 1: (0, 2), 2: (2,)}
    assert restricted.problem.mode_links == ()


def test_an_optional_task_without_a_mode_left_is_excluded() -> None:
    problem = Problem(
        tasks=(Task("a", (Mode(1),), optional=True), three_modes("b")), mode_links=(ModeLink(0, 0, 1, (0,)),)
    )
    restricted = restrict(problem, Schedule([(1, 2, 0, 3)]), now=1)
    assert restricted.problem.selections == (Selection((1, 0), SelectionKind.AT_MOST_ONE),)
    assert check(restricted.problem, Schedule([(1, 0, 0, 3)])).ok
    assert not check(restricted.problem, Schedule([(0, 0, 4, 5), (1, 0, 0, 3)])).ok


@given(
    cases(features=("unary", "renewable", "multi_mode", "elastic", "release", "optional", "job")), st.integers(0, 20)
)
def test_what_the_checker_accepts_of_the_restricted_problem_it_accepts_of_the_whole(case: Case, now: int) -> None:
    """Commit what has started by ``now``; the whole schedule then solves the restricted problem, and lifts back."""
    problem, schedule = case
    committed = Schedule([p for p in schedule.placements if p.start <= now])
    restricted = restrict(problem, committed, now)
    pinned = {p.task for p in committed.placements}
    inner = Schedule([p._replace(mode=0) if p.task in pinned else p for p in schedule.placements])
    assert check(restricted.problem, inner).ok
    assert restricted.lift(inner) == schedule


@given(cases(features=("multi_mode", "mode_link", "optional")), st.randoms(use_true_random=False))
def test_links_mean_the_same_before_and_after(case: Case, rng: random.Random) -> None:
    problem, schedule = case
    committed = Schedule([p for p in schedule.placements if rng.random() < 0.4])
    now = max((p.start for p in committed), default=0)
    others = [p for p in schedule.placements if p.start >= now and committed.of(p.task) is None]
    restricted = restrict(problem, committed, now)
    for _ in range(5):
        drawn = [p._replace(mode=rng.randrange(len(problem.tasks[p.task].modes))) for p in others]
        whole = Schedule([*committed, *drawn])
        codes = {v.code for v in check(problem, whole).violations}
        kept = [restricted.modes.get(p.task, tuple(range(9))) for p in whole]
        allowed = all(p.mode in k for p, k in zip(whole, kept, strict=True))
        if allowed:
            inner = Schedule([p._replace(mode=k.index(p.mode)) for p, k in zip(whole, kept, strict=True)])
            assert restricted.lift(inner) == whole
            inner_codes = {v.code for v in check(restricted.problem, inner).violations}
            assert ("MODE_LINK" in inner_codes) == ("MODE_LINK" in codes)
        else:
            assert "MODE_LINK" in codes


LINKED = Problem(tasks=(T, three_modes("b")), mode_links=(ModeLink(0, 0, 1, (0,)),))


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda: restrict(Problem(tasks=(T,), cycle=Cycle(5, 5)), Schedule(), 0),
            "restrict: a cyclic problem has no 'now' (unroll it first)",
        ),
        (
            lambda: restrict(Problem(tasks=(T,)), Schedule(), -1),
            "restrict.now: -1 is outside [0, 4398046511104] (check the unit and the sign)",
        ),
        (
            lambda: restrict(Problem(tasks=(T,)), Schedule([(1, 0, 0, 2)]), 0),
            "restrict: no task 1 with mode 0 (commit placements of this problem)",
        ),
        (
            lambda: restrict(Problem(tasks=(T,)), Schedule([(0, 1, 0, 2)]), 0),
            "restrict: no task 0 with mode 1 (commit placements of this problem)",
        ),
        (
            lambda: restrict(Problem(tasks=(T,)), Schedule([(0, 0, 0, 2), (0, 0, 2, 4)]), 5),
            "restrict: task 't' is committed twice (keep one of them)",
        ),
        (
            lambda: restrict(Problem(tasks=(T,)), Schedule([(0, 0, 6, 8)]), 5),
            "restrict: task 't' starts at 6, after now = 5 (commit only what has started)",
        ),
        (
            lambda: restrict(Problem(tasks=(T,)), Schedule([(0, 0, 4, 3)]), 5),
            "restrict: task 't' is committed to [4, 3) (need 0 <= start <= end)",
        ),
        (
            lambda: restrict(LINKED, Schedule([(1, 1, 0, 2)]), 5),
            "restrict: task 't' has no mode left beside task 'b' (the committed placements contradict a mode link)",
        ),
        (
            lambda: restrict(LINKED, Schedule([(0, 0, 0, 2), (1, 1, 0, 2)]), 5),
            "restrict: task 't' has no mode left beside task 'b' (the committed placements contradict a mode link)",
        ),
        (
            lambda: restrict(
                Problem(
                    tasks=(T, three_modes("b", optional=True), three_modes("c")),
                    mode_links=(ModeLink(0, 0, 1, (1,)), ModeLink(1, 1, 2, (0,))),
                ),
                Schedule([(2, 2, 0, 3)]),
                5,
            ),
            "restrict: the pins leave task 'b' no mode that a mode link with 't' allows (commit one of the two "
            "tasks, or "
            "leave one out of the problem)",
        ),
        (
            lambda: restrict(Problem(tasks=(three_modes("b"),)), Schedule([(0, 1, 0, 2)]), 5).lift(
                Schedule([(0, 1, 0, 2)])
            ),
            "lift: task 0 has no mode 1 in the restricted problem (lift schedules of the restricted problem only)",
        ),
    ],
)
def test_impossible_restrictions_are_refused(call: Callable[[], object], text: str) -> None:
    assert refusal(call) == text


def test_capacities_see_the_pinned_tasks() -> None:
    task = (Mode(4, (Demand(0, 2),)),)
    problem = Problem(
        resources=(Renewable("r", 3),), tasks=(Task("a", task), Task("b", task)), lags=(TimeLag(0, 1, -9),)
    )
    restricted = restrict(problem, Schedule([(0, 0, 0, 4)]), now=2).problem
    assert not check(restricted, Schedule([(0, 0, 0, 4), (1, 0, 3, 7)])).ok
    assert check(restricted, Schedule([(0, 0, 0, 4), (1, 0, 4, 8)])).ok
