"""Periodic tasks: unrolled exactly or refused."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.refusals import refusal

from schedcore.model import Cycle, Edge, Mode, Periodic, Problem, Task, TimeLag, hyperperiod, unroll

TASK, OTHER = Task("t", (Mode(1),)), Task("u", (Mode(2),))


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: Periodic("", (TASK,), 5), "periodic: the name of a periodic is '' (give a non-empty string)"),
        (lambda: Periodic("p", (), 5), "periodic 'p': the template has no tasks (give at least one task)"),
        (lambda: Periodic("p", 5, 5), "periodic 'p'.tasks: 5 is not a sequence (give a tuple or a list)"),
        (lambda: Periodic("p", (5,), 5), "periodic 'p'.tasks[0]: 5 is no Task (give objects of Task)"),
        (
            lambda: Periodic("p", (TASK,), 0),
            "periodic 'p'.period: 0 is outside [1, 4398046511104] (check the unit and the sign)",
        ),
        (
            lambda: Periodic("p", (TASK,), 5, offset=-1),
            "periodic 'p'.offset: -1 is outside [0, 4398046511104] (check the unit and the sign)",
        ),
        (
            lambda: Periodic("p", (TASK,), 5, relative_deadline=0),
            "periodic 'p'.relative_deadline: 0 is outside [1, 4398046511104] (check the unit and the sign)",
        ),
        (
            lambda: Periodic("p", (TASK,), 5, jitter_max=-1),
            "periodic 'p'.jitter_max: -1 is outside [0, 4398046511104] (check the unit and the sign)",
        ),
        (
            lambda: Periodic("p", (TASK,), 5, (TimeLag(0, 1),)),
            "periodic 'p'.lags: lag from 0 to 1 (name tasks of the template, within one instance)",
        ),
        (
            lambda: Periodic("p", (TASK, OTHER), 5, (TimeLag(0, 1, iterations=1),)),
            "periodic 'p'.lags: lag from 0 to 1 (name tasks of the template, within one instance)",
        ),
        (lambda: Periodic("p", (TASK,), 5, (3,)), "periodic 'p'.lags[0]: 3 is no TimeLag (give objects of TimeLag)"),
    ],
)
def test_malformed_periodic_tasks_are_refused(call: Callable[[], object], text: str) -> None:
    assert refusal(call) == text


def test_two_demands_over_their_hyperperiod_by_hand() -> None:
    fast = Periodic("fast", (TASK,), 4, offset=1, relative_deadline=3, jitter_max=1)
    slow = Periodic("slow", (OTHER, Task("v", (Mode(1),), release=1, deadline=5, due=4)), 6, (TimeLag(0, 1),))
    assert hyperperiod([fast, slow]) == 12
    problem = unroll(Problem("p"), [fast, slow])
    rows = [(t.name, t.release, t.deadline, t.due, problem.jobs[t.job or 0]) for t in problem.tasks]
    assert rows == [
        ("t#0", 1, 4, None, "fast#0"),
        ("t#1", 5, 8, None, "fast#1"),
        ("t#2", 9, 12, None, "fast#2"),
        ("u#0", 0, None, None, "slow#0"),
        ("v#0", 1, 5, 4, "slow#0"),
        ("u#1", 6, None, None, "slow#1"),
        ("v#1", 7, 11, 10, "slow#1"),
    ]
    # |distance of consecutive starts - 4| <= 1, then the lags inside the instances.
    assert problem.lags == (
        TimeLag(0, 1, 3, 5, Edge.START, Edge.START),
        TimeLag(1, 2, 3, 5, Edge.START, Edge.START),
        TimeLag(3, 4),
        TimeLag(5, 6),
    )
    assert problem.cycle is None


def test_the_tighter_of_two_deadlines_counts() -> None:
    periodic = Periodic("p", (Task("t", (Mode(1),), deadline=9),), 10, relative_deadline=5)
    assert unroll(Problem("p"), [periodic]).tasks[0].deadline == 5


def test_a_cyclic_unroll_binds_the_last_instance_and_the_first_of_the_next_round() -> None:
    problem = unroll(Problem("p"), [Periodic("p", (TASK,), 3, jitter_max=0), Periodic("q", (OTHER,), 6)], cyclic=True)
    assert problem.cycle == Cycle(6, 6)
    assert problem.lags == (
        TimeLag(0, 1, 3, 3, Edge.START, Edge.START),
        TimeLag(1, 0, 3, 3, Edge.START, Edge.START, iterations=1),
    )


def test_a_cyclic_unroll_counts_instances_without_regard_to_their_offset() -> None:
    periodic = Periodic("p", (TASK,), 3, offset=2)
    assert [t.release for t in unroll(Problem("p"), [periodic], horizon=6).tasks] == [2, 5]
    assert [t.release for t in unroll(Problem("p"), [Periodic("p", (TASK,), 3, offset=4)], cyclic=True).tasks] == [4]


def test_the_rest_of_the_problem_stays() -> None:
    problem = Problem("p", tasks=(OTHER,), jobs=("j",), lags=())
    unrolled = unroll(problem, [Periodic("p", (TASK,), 5)])
    assert unrolled.tasks[0] == OTHER
    assert unrolled.jobs == ("j", "p#0")
    assert unroll(problem, []) is problem


@given(st.lists(st.tuples(st.integers(1, 12), st.integers(0, 8)), min_size=1, max_size=3), st.integers(0, 40))
def test_instances_are_exactly_those_released_before_the_horizon(periods: list[tuple[int, int]], horizon: int) -> None:
    periodics = [Periodic(f"p{i}", (Task(f"t{i}", (Mode(1),)),), p, offset=o) for i, (p, o) in enumerate(periods)]
    problem = unroll(Problem("p"), periodics, horizon=horizon)
    for i, (period, offset) in enumerate(periods):
        releases = [t.release for t in problem.tasks if t.name.startswith(f"t{i}#")]
        assert releases == list(itertools.takewhile(lambda r: r < horizon, itertools.count(offset, period)))


@given(st.lists(st.integers(1, 12), min_size=1, max_size=3))
def test_a_cyclic_unroll_has_lcm_over_period_instances(periods: list[int]) -> None:
    periodics = [Periodic(f"p{i}", (Task(f"t{i}", (Mode(1),)),), p) for i, p in enumerate(periods)]
    problem = unroll(Problem("p"), periodics, cyclic=True)
    assert len(problem.tasks) == sum(math.lcm(*periods) // p for p in periods)


def test_more_instances_than_allowed_are_refused_with_count_and_common_multiple() -> None:
    periodics = [Periodic("a", (TASK,), 9_999), Periodic("b", (OTHER,), 10_000)]
    assert refusal(lambda: unroll(Problem("p"), periodics)) == (
        "unroll: 19999 instances up to tick 99990000 exceed the limit of 10000 (least common multiple of the periods: "
        "99990000; a: 9999, b: 10000) (choose periods with a smaller common multiple, or give a horizon; max_instances "
        "raises the limit)"
    )
    assert len(unroll(Problem("p"), periodics, max_instances=20_000).tasks) == 19_999
    assert len(unroll(Problem("p"), periodics, horizon=20_000).tasks) == 3 + 2


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda: unroll(Problem("p"), [Periodic("p", (TASK,), 5)], horizon=5, cyclic=True),
            "unroll: cyclic needs periodic tasks and no horizon (leave cyclic or the horizon out)",
        ),
        (
            lambda: unroll(Problem("p"), [], cyclic=True),
            "unroll: cyclic needs periodic tasks and no horizon (leave cyclic or the horizon out)",
        ),
        (
            lambda: unroll(Problem("p", cycle=Cycle(5, 5)), [Periodic("p", (TASK,), 5)]),
            "unroll: the problem has a cycle already (leave its cycle out and unroll with cyclic=True)",
        ),
        (
            lambda: unroll(Problem("p"), [Periodic("p", (TASK,), 5)], horizon=-1),
            "unroll.horizon: -1 is outside [0, 4398046511104] (check the unit and the sign)",
        ),
    ],
)
def test_contradictory_wishes_are_refused(call: Callable[[], object], text: str) -> None:
    assert refusal(call) == text
