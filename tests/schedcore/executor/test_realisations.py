"""What really happens: late ends, failed attempts, disruptions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from schedcore.executor import (
    Arrival,
    Cancellation,
    CapacityStep,
    Disruption,
    Executor,
    Nominal,
    Realisation,
    Start,
    WaitEvent,
    execute,
)
from schedcore.model import Problem, ProblemBuilder
from schedcore.policies import PriorityPolicy


class Told(Nominal):
    """A realisation that is spelled out."""

    def __init__(
        self,
        *events: Disruption,
        duration: Callable[[int, int, int, int], int] | None = None,
        fails: Sequence[tuple[int, int]] = (),
    ) -> None:
        self._events, self._duration, self._fails = events, duration, fails

    def duration_of(self, task: int, mode: int, attempt: int, planned: int) -> int:
        return planned if self._duration is None else self._duration(task, mode, attempt, planned)

    def succeeds(self, task: int, mode: int, attempt: int) -> bool:
        return (task, attempt) not in self._fails

    def disruptions(self) -> Sequence[Disruption]:
        return self._events


def line() -> Problem:
    """a (3) then b (2), both on x; the other task c (4) on y."""
    b = ProblemBuilder()
    x, y = b.unary("x"), b.unary("y")
    b.chain(b.task("a", 3, on=x), b.task("b", 2, on=x))
    b.task("c", 4, on=y)
    return b.build()


def run_with(problem: Problem, realisation: Realisation, **options: bool) -> Executor:
    run, policy = Executor(problem, realisation=realisation, **options), PriorityPolicy("spt")
    policy.reset(problem, 0)
    while not run.done:
        run.apply(policy.decide(run.state))
    return run


def test_the_protocol_is_met() -> None:
    assert isinstance(Nominal(), Realisation)


def test_a_late_end_moves_what_follows_and_is_not_seen_before() -> None:
    problem = line()
    run = Executor(problem, realisation=Told(duration=lambda t, m, k, p: p + 5 if t == 0 else p))
    run.apply(Start((0, 0)))
    assert run.state.running == ((0, 0, 0, 3, 0),)
    assert run.state.next_event == 3
    run.apply(Start((2, 0)))
    run.apply(WaitEvent())
    assert run.now == 4
    # Late: the expected end is the next tick now.
    assert run.state.running == ((0, 0, 0, 5, 0),)
    run.apply(WaitEvent())
    assert run.now == 8
    assert run.state.finished == ((0, 0, 0, 8), (2, 0, 0, 4))


def test_nominal_realisation_gives_the_planned_schedule() -> None:
    problem = line()
    assert execute(problem, PriorityPolicy("spt"), realisation=Nominal()) == execute(problem, PriorityPolicy("spt"))


def test_a_failed_attempt_is_repeated_and_its_effects_are_taken_back() -> None:
    b = ProblemBuilder()
    x = b.unary("x")
    stock = b.reservoir("stock", initial=5, maximum=9)
    b.task("a", 3, on=x, effects=[b.effect(stock, -4, at="start"), b.effect(stock, 1)])
    problem = b.build()
    run = Executor(problem, realisation=Told(fails=[(0, 0)]))
    run.apply(Start((0, 0)))
    assert run.state.level(1) == 1
    run.apply(WaitEvent())
    assert run.state.level(1) == 5
    assert run.state.attempt(0) == 1
    run.apply(Start((0, 0)))
    run.apply(WaitEvent())
    assert run.state.level(1) == 2
    assert run.done
    assert [(a.start, a.end, a.attempt, a.outcome) for a in run.attempts] == [(0, 3, 0, "failed"), (3, 6, 1, "done")]
    assert run.schedule().of(0) == (0, 0, 3, 6)


def test_followers_of_a_failed_attempt_go_on_waiting() -> None:
    run = run_with(line(), Told(fails=[(0, 0), (0, 1)]))
    assert run.schedule().of(0) == (0, 0, 6, 9)
    assert run.schedule().of(1) == (1, 0, 9, 11)


def test_a_resource_that_is_down_starts_nothing_and_running_work_may_finish() -> None:
    run = run_with(line(), Told(CapacityStep(1, 0, 0), CapacityStep(10, 0, None)))
    assert run.schedule().of(0) == (0, 0, 0, 3)
    assert run.schedule().of(1) == (1, 0, 10, 12)


def test_a_loss_of_capacity_can_abort_the_latest_starts() -> None:
    b = ProblemBuilder()
    crew = b.renewable("crew", 3)
    for name, length in (("a", 2), ("b", 4), ("c", 6)):
        b.task(name, length, demands={crew: 1})
    run = run_with(b.build(), Told(CapacityStep(1, 0, 2, "abort"), CapacityStep(3, 0, None)))
    assert [(a.task, a.start, a.end) for a in run.attempts if a.outcome == "aborted"] == [(2, 0, 1)]
    # The second attempt finds room when a has ended at 2.
    assert run.schedule().of(2) == (2, 0, 2, 8)


def test_a_task_is_not_seen_before_it_arrives() -> None:
    problem = line()
    run = Executor(problem, realisation=Told(Arrival(6, 2)))
    assert run.state.waiting == (0, 1)
    assert run.objection(2) is not None
    done = run_with(problem, Told(Arrival(6, 2)))
    assert done.schedule().of(2) == (2, 0, 6, 10)


def test_a_cancelled_task_is_not_waited_for() -> None:
    run = run_with(line(), Told(Cancellation(1, 0)))
    assert run.schedule().of(0) is None
    assert run.schedule().of(1) == (1, 0, 1, 3)
    assert (run.attempts[0].task, run.attempts[0].end, run.attempts[0].outcome) == (0, 1, "aborted")


def test_cancelling_what_has_ended_changes_nothing() -> None:
    run = run_with(line(), Told(Cancellation(3, 0)))
    assert run.schedule().of(0) == (0, 0, 0, 3)


def test_deadlines_do_not_stop_a_replay() -> None:
    b = ProblemBuilder()
    b.task("a", 3, deadline=4)
    late = Told(duration=lambda t, m, k, p: p + 9)
    schedule = execute(b.build(), PriorityPolicy("spt"), realisation=late, enforce_deadlines=False)
    assert schedule.of(0) == (0, 0, 0, 12)


def test_effects_at_a_rate_follow_the_actual_duration() -> None:
    b = ProblemBuilder()
    stock = b.reservoir("stock", initial=0, maximum=99)
    b.task("a", 3, effects=[b.effect(stock, 2, per_tick=True), b.effect(stock, 1, at="start", per_tick=True)])
    run = Executor(b.build(), realisation=Told(duration=lambda t, m, k, p: 5))
    run.apply(Start((0, 0)))
    assert run.state.level(0) == 3
    run.apply(WaitEvent())
    assert run.state.level(0) == 15
