"""Whole runs: dead ends and deadlocks by name, waits, snapshots, ``execute``."""

from __future__ import annotations

import pytest

from schedcore.check import check
from schedcore.errors import NoScheduleError, UnsupportedFeatureError
from schedcore.executor import Decision, Executor, Start, State, WaitEvent, WaitUntil, execute
from schedcore.model import Cycle, Problem, ProblemBuilder
from schedcore.policies import PriorityPolicy


class Scripted:
    """Follows a list of decisions, then waits."""

    name = "scripted"
    features = PriorityPolicy("spt").features

    def __init__(self, *decisions: Decision) -> None:
        self._script = decisions

    def reset(self, problem: Problem, seed: int) -> None:
        self._left = list(self._script)

    def decide(self, state: State) -> Decision:
        return self._left.pop(0) if self._left else WaitEvent()


def test_execute_follows_the_policy() -> None:
    b = ProblemBuilder()
    x = b.unary("x")
    b.task("a", 3, on=x)
    b.task("b", 2, on=x)
    schedule = execute(b.build(), Scripted(Start((1, 0)), WaitUntil(4), Start((0, 0))))
    assert [tuple(p) for p in schedule] == [(0, 0, 4, 7), (1, 0, 0, 2)]


def test_execute_refuses_features_that_the_policy_lacks() -> None:
    b = ProblemBuilder()
    b.task("a", 1, release=3)
    policy = Scripted()
    policy.features = frozenset({"precedence"})
    with pytest.raises(UnsupportedFeatureError, match="policy 'scripted' does not support: release"):
        execute(b.build(), policy)


def test_cyclic_problems_are_refused() -> None:
    with pytest.raises(UnsupportedFeatureError, match="the executor does not support: cyclic"):
        Executor(Problem(cycle=Cycle(3, 3)))


def test_waiting_past_a_deadline_is_a_dead_end() -> None:
    b = ProblemBuilder()
    b.task("a", 3, deadline=5)
    b.task("b", 9)
    with pytest.raises(NoScheduleError, match="dead end: task 'a' has to start before 9: DEADLINE: .* starts by 2"):
        execute(b.build(), Scripted(Start((1, 0))))


def test_waiting_past_a_maximum_lag_is_a_dead_end() -> None:
    b = ProblemBuilder()
    x = b.unary("x")
    a, c = b.task("a", 2), b.task("c", 1, on=x)
    b.lag(a.end, c.start, min=0, max=1)
    b.task("blocker", 8, on=x)
    with pytest.raises(NoScheduleError, match=r"dead end: task 'c' has to start before 8: LAG_MAX: lag 0 .* of 'a'\)"):
        execute(b.build(), Scripted(Start((0, 0), (2, 0))))


def test_a_deadlock_names_tasks_and_reasons() -> None:
    b = ProblemBuilder()
    stock = b.reservoir("stock", initial=0, maximum=5)
    b.task("draw", 1, effects=[b.effect(stock, -1, at="start")])
    with pytest.raises(NoScheduleError, match=r"deadlock: .*'draw' \(RESERVOIR_LOW: 'stock' would be at -1"):
        execute(b.build(), Scripted())


def test_a_deadlock_of_holds_names_what_blocks() -> None:
    # Each job holds one qubit and needs the other's to go on.
    b = ProblemBuilder()
    left, right = b.unary("left"), b.unary("right")
    for name, first, second in (("p", left, right), ("q", right, left)):
        begin = b.task(f"begin {name}", 1)
        end = b.task(f"end {name}", 1, on=second)
        b.precedence(begin, end)
        b.hold(f"kept {name}", begin.start, end.end, on=first)
    problem = b.build()
    with pytest.raises(NoScheduleError, match=r"deadlock: .*'end p' \(OVERLAP: 'right' is taken at 1 by 'kept q'\)"):
        execute(problem, PriorityPolicy("spt"))


def test_a_policy_that_leaves_mandatory_work_undone_is_told_so() -> None:
    b = ProblemBuilder()
    b.task("a", 1)
    with pytest.raises(NoScheduleError, match="'a' .the policy did not start it"):
        execute(b.build(), Scripted())


def test_a_selection_that_is_left_broken_is_named() -> None:
    b = ProblemBuilder()
    a, c = b.task("a", 1, optional=True), b.task("c", 1, optional=True)
    b.select("at_least_one", a, c)
    with pytest.raises(NoScheduleError, match="SELECTION: at_least_one of 'a', 'c' is broken at the end"):
        execute(b.build(), Scripted())


def test_contradictory_selections_are_named_at_once() -> None:
    b = ProblemBuilder()
    a, c = b.task("a", 1), b.task("c", 1)
    b.select("at_most_one", a, c)
    with pytest.raises(NoScheduleError, match="the selection at_most_one of 'a', 'c' cannot be kept"):
        Executor(b.build())


def test_a_hold_over_a_closed_stretch_is_reported() -> None:
    b = ProblemBuilder()
    x = b.unary("x", breaks=[(2, 3)])
    a, c = b.task("a", 1), b.task("c", 1, release=5)
    b.hold("kept", a.start, c.start, on=x)
    with pytest.raises(NoScheduleError, match="CALENDAR: hold 'kept' lasts from 0 to 5, 'x' closes in between"):
        execute(b.build(), Scripted(Start((0, 0)), WaitEvent(), WaitUntil(5), Start((1, 0))))


def test_optional_tasks_may_be_left_out() -> None:
    b = ProblemBuilder()
    b.task("a", 1)
    b.task("extra", 1, optional=True)
    assert len(execute(b.build(), Scripted(Start((0, 0))))) == 1


def test_a_mandatory_task_does_not_wait_for_an_optional_one() -> None:
    b = ProblemBuilder()
    extra, a = b.task("extra", 1, optional=True), b.task("a", 1)
    b.precedence(extra, a)
    run = Executor(b.build())
    assert run.state.open_predecessors(1) == (0,)
    run.apply(Start((1, 0)))
    # It can no longer come before.
    assert run.objection(0) is not None
    run.apply(WaitEvent())
    run.apply(WaitEvent())
    assert run.done


def test_a_started_optional_task_is_waited_for() -> None:
    b = ProblemBuilder()
    extra, a = b.task("extra", 4, optional=True), b.task("a", 1)
    b.precedence(extra, a)
    run = Executor(b.build())
    run.apply(Start((0, 0)))
    assert run.state.candidates == ()
    run.apply(WaitEvent())
    assert run.state.candidates == ((1, 0),)


def test_a_snapshot_brings_a_run_back() -> None:
    b = ProblemBuilder()
    x = b.unary("x")
    stock = b.reservoir("stock", initial=0, maximum=9)
    b.chain(b.task("a", 3, on=x, effects=[b.effect(stock, 2)]), b.task("b", 2, on=x))
    run = Executor(b.build())
    run.apply(Start((0, 0)))
    kept = run.snapshot()
    run.apply(WaitEvent())
    run.apply(Start((1, 0)))
    run.apply(WaitEvent())
    end = run.schedule()
    run.restore(kept)
    assert (run.now, run.state.level(1), run.done) == (0, 0, False)
    run.apply(WaitEvent())
    run.apply(Start((1, 0)))
    run.apply(WaitEvent())
    assert run.schedule() == end


def test_an_executor_is_used_again_after_reset() -> None:
    b = ProblemBuilder()
    x = b.unary("x")
    b.chain(b.task("a", 3, on=x), b.task("b", 2, on=x))
    run, policy = Executor(b.build()), PriorityPolicy("spt")
    ends = []
    for _ in range(2):
        run.reset()
        policy.reset(run.problem, 0)
        while not run.done:
            run.apply(policy.decide(run.state))
        ends.append(run.schedule())
    assert ends[0] == ends[1]
    assert check(run.problem, ends[0]).ok
