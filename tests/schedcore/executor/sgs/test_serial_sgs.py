"""Serial schedule generation: gaps, modes, repairs, failures, laws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies_core import FEATURES, cases

from schedcore.check import check
from schedcore.errors import InputError, NoScheduleError
from schedcore.executor.sgs import Failure, ListScheduler, keys_of, order_keys, serial_sgs
from schedcore.model import Problem, ProblemBuilder, Schedule
from schedcore.policies import RULES

rules = st.sampled_from(sorted(RULES))


def rows(schedule: Schedule) -> list[tuple[int, ...]]:
    return [tuple(p) for p in schedule]


def test_later_tasks_go_into_earlier_gaps() -> None:
    b = ProblemBuilder()
    x = b.unary("x")
    b.task("late", 3, on=x, release=5)
    b.task("big", 6, on=x)
    b.task("small", 4, on=x)
    # In this order: late at 5, big after it at 8, small into the gap before 5.
    assert rows(serial_sgs(b.build(), [0, 1, 2])) == [(0, 0, 5, 8), (1, 0, 8, 14), (2, 0, 0, 4)]


def test_ties_go_to_the_lowest_task_id() -> None:
    b = ProblemBuilder()
    x = b.unary("x")
    for name in "abc":
        b.task(name, 2, on=x)
    assert serial_sgs(b.build(), [0, 0, 0]).start.tolist() == [0, 2, 4]


def test_an_order_is_followed_as_far_as_lags_allow() -> None:
    b = ProblemBuilder()
    x = b.unary("x")
    a, c, d = (b.task(n, 2, on=x) for n in "acd")
    b.precedence(a, c)
    problem = b.build()
    assert serial_sgs(problem, order_keys(problem, [c.id, d.id, a.id])).start.tolist() == [2, 4, 0]


def test_the_mode_that_ends_first_is_taken_unless_one_is_given() -> None:
    b = ProblemBuilder()
    x, y = b.unary("x"), b.unary("y")
    b.task("a", 5, on=x)
    b.task("b", modes=[b.mode(3, on=x), b.mode(6, on=y)])
    problem = b.build()
    # On x it would end at 8, on y at 6.
    assert rows(serial_sgs(problem, [0, 1]))[1] == (1, 1, 0, 6)
    assert rows(serial_sgs(problem, [0, 1], modes=[None, 0]))[1] == (1, 0, 5, 8)


def test_setups_are_kept_to_both_neighbours_when_a_task_goes_into_a_gap() -> None:
    b = ProblemBuilder()
    x = b.unary("x", transition=[[0, 2], [2, 0]])
    b.task("first", 1, on=x, state=0)
    b.task("last", 1, on=x, state=0, release=6)
    b.task("other", 1, on=x, state=1)
    b.task("same", 3, on=x, state=0)
    # other needs 2 + 1 + 2 ticks of the gap [1, 6): exactly there; same then goes to the end.
    assert serial_sgs(b.build(), [0, 1, 2, 3]).start.tolist() == [0, 6, 3, 7]


def test_forbidden_sequences_wait_for_somebody_in_between() -> None:
    b = ProblemBuilder()
    x = b.unary("x", transition=[[0, None, 0], [0, 0, 0], [0, 0, 0]], initial_state=0)
    b.task("wants 1", 1, on=x, state_before=1, state_after=1)
    b.task("makes 2", 1, on=x, state_before=0, state_after=2)
    # From 0 there is no way to 1, but from 2 there is.
    assert serial_sgs(b.build(), [0, 1]).start.tolist() == [1, 0]


def test_a_consumer_waits_for_a_producer_that_comes_later_in_the_order() -> None:
    b = ProblemBuilder()
    stock = b.reservoir("stock", initial=0, maximum=5)
    b.task("draw", 1, effects=[b.effect(stock, -2, at="start")])
    b.task("fill", 4, effects=[b.effect(stock, 3)])
    assert serial_sgs(b.build(), [0, 1]).start.tolist() == [4, 0]


def test_lags_between_all_edges_are_kept() -> None:
    b = ProblemBuilder()
    a, c, d, e = b.task("a", 4), b.task("c", 3), b.task("d", 2), b.task("e", 5)
    b.lag(a.start, c.start, min=1)
    b.lag(a.end, d.end, min=0)
    b.lag(c.start, e.end, min=9)
    # c from 1; d ends with a at 4; e ends 9 after the start of c.
    assert serial_sgs(b.build(), "spt").start.tolist() == [0, 1, 2, 5]


def test_no_wait_jobs_are_delayed_until_they_fit() -> None:
    b = ProblemBuilder()
    x, y = b.unary("x"), b.unary("y")
    for j, (p, q) in enumerate(((2, 5), (1, 3))):
        first, second = b.task(f"{j}.x", p, on=x), b.task(f"{j}.y", q, on=y)
        b.no_wait(first, second)
    problem = b.build()
    schedule = serial_sgs(problem, [0, 0, 1, 1])
    # The first job takes y during [2, 7); the second must start y at 7, so x at 6.
    assert rows(schedule) == [(0, 0, 0, 2), (1, 0, 2, 7), (2, 0, 6, 7), (3, 0, 7, 10)]
    assert check(problem, schedule).ok


def test_a_hold_is_opened_and_closed_with_its_tasks() -> None:
    b = ProblemBuilder()
    memory, link = b.unary("memory"), b.unary("link")
    make, use = b.task("make", 2, on=link), b.task("use", 1, release=6)
    b.hold("kept", make.end, use.start, on=memory)
    other = b.task("other", 3, on=memory)
    schedule = serial_sgs(b.build(), [0, 1, 0, 2])
    assert schedule.of(2) == (2, 0, 2, 6)
    assert schedule.of(other.id) == (other.id, 0, 6, 9)


def test_a_late_task_is_moved_to_the_front() -> None:
    b = ProblemBuilder()
    x = b.unary("x")
    b.task("big", 5, on=x)
    b.task("due soon", 2, on=x, deadline=3)
    assert serial_sgs(b.build(), [0, 1]).start.tolist() == [2, 0]


def test_optional_tasks_are_tried_and_left_out_if_they_do_not_fit() -> None:
    b = ProblemBuilder()
    x = b.unary("x")
    b.task("must", 3, on=x, deadline=3)
    b.task("fits", 2, on=x, deadline=6, optional=True, reward=1)
    b.task("too late", 2, on=x, deadline=4, optional=True, reward=1)
    b.task("unrewarded", 1, optional=True)
    problem = b.build()
    assert serial_sgs(problem, "spt").task.tolist() == [0, 1]
    assert serial_sgs(problem, "spt", optional="all").task.tolist() == [0, 1, 3]
    assert serial_sgs(problem, "spt", optional="none").task.tolist() == [0]
    assert serial_sgs(problem, "spt", optional=["unrewarded"]).task.tolist() == [0, 3]


def test_a_choice_that_cannot_be_placed_gives_way_to_another() -> None:
    b = ProblemBuilder()
    a = b.task("rich", 5, deadline=4, optional=True, reward=9)
    c = b.task("poor", 5, optional=True, reward=1)
    b.select("exactly_one", a, c)
    assert serial_sgs(b.build(), "spt").task.tolist() == [1]


def test_mode_links_are_kept() -> None:
    b = ProblemBuilder()
    a = b.task("a", modes=[b.mode(1), b.mode(4)])
    c = b.task("c", modes=[b.mode(9), b.mode(1)])
    b.mode_link(a, 0, c, [0])
    problem = b.build()
    assert serial_sgs(problem, [0, 1]).mode.tolist() == [0, 0]
    assert serial_sgs(problem, [1, 0]).mode.tolist() == [1, 1]


def test_elastic_work_lasts_as_needed_or_as_told() -> None:
    b = ProblemBuilder()
    battery = b.reservoir("battery", initial=2, maximum=20)
    charge = b.task("charge", 1, duration_max=50, effects=[b.effect(battery, 2, per_tick=True)])
    b.chain(charge, b.task("fly", 1, effects=[b.effect(battery, -8, at="start")]))
    problem = b.build()
    assert serial_sgs(problem, "fifo").of(0) == (0, 0, 0, 3)
    assert serial_sgs(problem, "fifo", elastic="longest").of(0) == (0, 0, 0, 9)
    with pytest.raises(NoScheduleError, match="'fly': there is no room at any time on 'battery'"):
        serial_sgs(problem, "fifo", elastic="shortest")


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("deadline", "'a': it would end after 2"),
        ("capacity", "'a': there is no room at any time on 'crew'"),
        ("cycle", "the lags before it wait for each other"),
        ("network", "the lags contradict each other, among them lag"),
    ],
)
def test_failures_name_the_task_and_the_reason(what: str, words: str) -> None:
    b = ProblemBuilder()
    crew = b.renewable("crew", 1)
    a = b.task("a", 3, deadline=2 if what == "deadline" else None, demands={crew: 2 if what == "capacity" else 1})
    c = b.task("c", 1)
    if what == "cycle":
        b.precedence(a, c)
        b.precedence(c, a)
    if what == "network":
        b.lag(a.start, c.start, min=5)
        b.lag(a.start, c.start, max=3)
    with pytest.raises(NoScheduleError, match=words):
        serial_sgs(b.build(), "spt")


def test_bad_arguments_are_refused() -> None:
    b = ProblemBuilder()
    b.task("a", 1)
    b.task("c", 1)
    problem = b.build()
    with pytest.raises(InputError, match=r"priorities of shape \(1,\) for 2 tasks"):
        serial_sgs(problem, [1.0])
    with pytest.raises(InputError, match="1 priorities for 2 tasks"):
        ListScheduler(problem).serial(np.zeros(1))
    with pytest.raises(InputError, match="3 modes for 2 tasks"):
        serial_sgs(problem, "spt", modes=[0, 0, 0])
    with pytest.raises(InputError, match="task 'c' has no mode 2"):
        serial_sgs(problem, "spt", modes=[0, 2])
    with pytest.raises(InputError, match="task 5 is unknown or named twice"):
        order_keys(problem, [0, 5])
    with pytest.raises(InputError, match="some tasks are missing"):
        order_keys(problem, [0])
    with pytest.raises(InputError, match="'most' is no choice of optional tasks"):
        serial_sgs(problem.replace(tasks=(replace(problem.tasks[0], optional=True),)), "spt", optional="most")


def test_an_empty_problem_has_an_empty_schedule() -> None:
    assert len(serial_sgs(Problem(), "spt")) == 0


@given(cases(features=FEATURES), rules)
def test_schedules_pass_the_checker_or_there_is_a_reason(case: tuple, rule: str) -> None:  # type: ignore[type-arg]
    problem = case[0]
    found = ListScheduler(problem).serial(keys_of(problem, rule, 1), max_repairs=50)
    if isinstance(found, Failure):
        assert found.words
    else:
        assert check(problem, found).ok


@given(cases(features=["unary", "renewable", "release", "job", "due", "zero"], max_tasks=9), rules)
def test_the_fast_pass_for_plain_problems_gives_the_same_schedule(case: tuple, rule: str) -> None:  # type: ignore[type-arg]
    problem = case[0]
    scheduler = ListScheduler(problem)
    if not scheduler.is_plain:
        return
    keys = keys_of(problem, rule, 3)
    fast = scheduler.serial(keys)
    scheduler.is_plain = False
    assert fast == scheduler.serial(keys)
    assert check(problem, fast).ok


@given(cases(features=["unary", "renewable", "job"], max_tasks=9))
def test_justification_never_ends_later(case: tuple) -> None:  # type: ignore[type-arg]
    problem = case[0]
    scheduler = ListScheduler(problem)
    found = scheduler.serial(keys_of(problem, "random", 1))
    if scheduler.is_plain and isinstance(found, Schedule):
        better = scheduler.justify(found)
        assert better is not None
        assert better.makespan <= found.makespan
        assert check(problem, better).ok


@given(cases(features=["unary", "renewable", "setup", "calendar", "multi_mode"], max_tasks=6), rules)
def test_problems_that_only_lack_room_now_are_always_scheduled(case: tuple, rule: str) -> None:  # type: ignore[type-arg]
    problem = case[0]
    if "forbidden_transition" in problem.features() or "max_lag" in problem.features():
        return
    assert check(problem, serial_sgs(problem, rule)).ok
