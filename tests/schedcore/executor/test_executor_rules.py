"""The rules of docs/semantics.md on the executor: what may start when, and what is said if it may not."""

from __future__ import annotations

import pytest

from schedcore.check import check
from schedcore.errors import IllegalDecisionError
from schedcore.executor import Executor, Start, WaitEvent, WaitUntil
from schedcore.model import Problem, ProblemBuilder


def refused(run: Executor, task: int, mode: int = 0, duration: int | None = None) -> tuple[str, str]:
    """Code and words of the objection; the executor must refuse the start with the same words."""
    objection = run.objection(task, mode, duration)
    assert objection is not None
    order = (task, mode) if duration is None else (task, mode, duration)
    with pytest.raises(IllegalDecisionError) as raised:
        run.apply(Start(order))
    assert f"{objection.code}: {objection.words}" == raised.value.what
    return objection.code, objection.words


def machine(**options: object) -> ProblemBuilder:
    b = ProblemBuilder()
    x = b.unary("x", **options)  # type: ignore[arg-type]
    b.task("a", 3, on=x)
    b.task("b", 2, on=x)
    return b


def test_a_task_starts_at_the_tick_at_which_another_ends_on_the_same_unary_resource() -> None:
    run = Executor(machine().build())
    run.apply(Start((0, 0)))
    assert refused(run, 1) == ("OVERLAP", "'x' is taken at 0 by 'a'")
    run.apply(WaitEvent())
    assert run.now == 3
    run.apply(Start((1, 0)))
    run.apply(WaitEvent())
    assert run.done
    assert [tuple(p) for p in run.schedule()] == [(0, 0, 0, 3), (1, 0, 3, 5)]


def test_unknown_tasks_and_modes_are_refused() -> None:
    run = Executor(machine().build())
    assert refused(run, 7) == ("UNKNOWN_TASK", "there is no task 7, there are 2")
    assert refused(run, 0, 4) == ("UNKNOWN_MODE", "there is no mode 4, the task has 1")


def test_a_started_task_does_not_start_again() -> None:
    run = Executor(machine().build())
    run.apply(Start((0, 0)))
    assert refused(run, 0) == ("DUPLICATE_TASK", "it has started at 0")


def test_a_duration_outside_the_range_is_refused() -> None:
    b = ProblemBuilder()
    b.task("a", 3, duration_max=5)
    run = Executor(b.build())
    assert refused(run, 0, 0, 6) == ("DURATION", "duration 6 is outside [3, 5]")
    run.apply(Start((0, 0, 4)))
    run.apply(WaitEvent())
    assert run.now == 4


def test_a_release_holds_a_task_back_and_wakes_the_policy() -> None:
    b = ProblemBuilder()
    b.task("a", 1, release=4)
    run = Executor(b.build())
    assert refused(run, 0) == ("RELEASE", "it is released at 4")
    run.apply(WaitEvent())
    assert run.now == 4
    assert run.state.candidates == ((0, 0),)


def test_a_deadline_and_the_deadlines_of_what_follows_are_looked_at() -> None:
    b = ProblemBuilder()
    x = b.unary("x")
    a = b.task("a", 3, on=x)
    c = b.task("c", 4, deadline=8)
    b.precedence(a, c)
    b.task("d", 5, on=x, deadline=4)
    run = Executor(b.build())
    assert refused(run, 2) == ("DEADLINE", "it would end at 5, the limit is 4")
    run.apply(Start((0, 0)))
    late = Executor(b.build().replace(tasks=b.build().tasks[:2]))
    late.apply(WaitUntil(1))
    assert late.objection(0) is None
    b = ProblemBuilder()
    a = b.task("a", 3, modes=None)
    c = b.task("c", 4, deadline=8)
    b.precedence(a, c, lag=2)
    run = Executor(b.build())
    assert refused(run, 0) == ("DEADLINE", "it would end at 3; what must follow needs it by 2")


def test_the_horizon_binds_like_a_deadline() -> None:
    b = machine()
    b.horizon(4)
    run = Executor(b.build())
    run.apply(Start((1, 0)))
    run = Executor(b.build().replace(horizon=2))
    assert refused(run, 0) == ("HORIZON", "it would end at 3, the limit is 2")


def test_deadlines_can_be_left_to_the_end() -> None:
    b = ProblemBuilder()
    b.task("a", 3, deadline=2)
    run = Executor(b.build(), enforce_deadlines=False)
    run.apply(Start((0, 0)))
    run.apply(WaitEvent())
    assert run.done


def test_a_calendar_lets_no_task_run_across_a_closed_stretch() -> None:
    # Open [0, 2) and from 5 on: the task of 3 ticks cannot start before 5.
    run = Executor(machine(breaks=[(2, 5)]).build())
    assert refused(run, 0) == ("CALENDAR", "'x' has 0 units at 2")
    run.apply(Start((1, 0)))
    run.apply(WaitEvent())
    run.apply(WaitEvent())
    assert run.now == 5
    run.apply(Start((0, 0)))


def test_capacity_counts_what_runs() -> None:
    b = ProblemBuilder()
    crew = b.renewable("crew", 3)
    b.task("a", 4, demands={crew: 2})
    b.task("b", 1, demands={crew: 2})
    b.task("c", 2, demands={crew: 1})
    run = Executor(b.build())
    run.apply(Start((0, 0)))
    assert refused(run, 1) == ("CAPACITY", "'crew' has 1 free units at 0, 2 are needed (used by 'a')")
    assert run.state.free(0) == 1
    run.apply(Start((2, 0)))
    assert run.state.candidates == ()


def test_a_falling_calendar_counts_what_will_still_run_then() -> None:
    b = ProblemBuilder()
    crew = b.renewable("crew", 2, breaks=[(2, 3)])  # 0 units during [2, 3)
    b.task("a", 3, demands={crew: 1})
    b.task("b", 2, demands={crew: 1})
    run = Executor(b.build())
    assert refused(run, 0) == ("CALENDAR", "'crew' has 0 units at 2")
    assert run.state.candidates == ((1, 0),)


def test_work_of_no_length_needs_no_resource_and_ends_at_once() -> None:
    b = ProblemBuilder()
    x = b.unary("x")
    stock = b.reservoir("stock", initial=0, maximum=5)
    b.task("a", 3, on=x)
    z = b.task("z", 0, on=x, effects=[b.effect(stock, 2, at="start"), b.effect(stock, 1)])
    f = b.task("f", 1)
    b.precedence(z, f)
    run = Executor(b.build())
    run.apply(Start((0, 0)))
    run.apply(Start((1, 0)))
    assert run.state.level(1) == 3
    assert run.state.finished == ((1, 0, 0, 0),)
    assert run.state.candidates == ((2, 0),)


def test_setups_count_between_neighbours_and_from_the_initial_state() -> None:
    b = ProblemBuilder()
    x = b.unary("x", transition=[[0, 4], [None, 0]], initial_state=0)
    b.task("a", 2, on=x, state=1)
    b.task("b", 2, on=x, state=0)
    run = Executor(b.build())
    assert refused(run, 0) == ("SETUP", "the setup on 'x' lasts until 4")
    run.apply(WaitEvent())
    assert run.now == 4
    run.apply(Start((0, 0)))
    run.apply(WaitUntil(6))
    assert refused(run, 1) == ("SETUP", "the sequence is forbidden on 'x'")
    assert run.state.resource_state(0) == 1


def test_reservoirs_look_ahead_on_ends_that_are_coming() -> None:
    b = ProblemBuilder()
    stock = b.reservoir("stock", initial=3, maximum=5)
    b.task("fill", 4, effects=[b.effect(stock, 2)])
    b.task("top", 2, effects=[b.effect(stock, 1)])
    b.task("draw", 1, effects=[b.effect(stock, -4, at="start")])
    run = Executor(b.build())
    assert refused(run, 2) == ("RESERVOIR_LOW", "'stock' would be at -1 at 0, allowed are 0 to 5")
    run.apply(Start((0, 0)))
    # At 2 the level would be 4, at 4 it would be 6.
    assert refused(run, 1) == ("RESERVOIR_HIGH", "'stock' would be at 6 at 4, allowed are 0 to 5")
    run.apply(WaitEvent())
    assert run.state.level(0) == 5


def test_a_full_and_an_empty_stock_are_exchanged_in_one_decision() -> None:
    b = ProblemBuilder()
    stock = b.reservoir("stock", initial=0, maximum=1)
    b.task("take", 1, effects=[b.effect(stock, -1, at="start")])
    b.task("give", 1, effects=[b.effect(stock, 1, at="start")])
    full = b.build()
    run = Executor(full)
    assert refused(run, 0)[0] == "RESERVOIR_LOW"
    run.apply(Start((0, 0), (1, 0)))
    assert run.state.level(0) == 0


def test_several_starts_happen_all_or_none() -> None:
    run = Executor(machine().build())
    with pytest.raises(IllegalDecisionError, match="OVERLAP: 'x' is taken at 0 by 'a'"):
        run.apply(Start((0, 0), (1, 0)))
    assert run.state.running == ()
    assert run.state.candidates == ((0, 0), (1, 0))


def test_a_minimum_lag_is_waited_for() -> None:
    b = ProblemBuilder()
    a, c = b.task("a", 2), b.task("c", 1)
    b.precedence(a, c, lag=3)
    run = Executor(b.build())
    code, words = refused(run, 1)
    assert code == "LAG_MIN"
    assert words == "lag 0 (start of 'c' at least 3 ticks after end of 'a') is not decided yet"
    run.apply(Start((0, 0)))
    run.apply(WaitEvent())
    assert refused(run, 1) == ("LAG_MIN", "lags allow it from 5 on")
    run.apply(WaitEvent())
    assert run.now == 5


def test_a_start_that_breaks_a_maximum_lag_is_refused() -> None:
    b = ProblemBuilder()
    a, c = b.task("a", 2), b.task("c", 1, release=9)
    b.lag(a.end, c.start, min=0, max=3)
    run = Executor(b.build())
    # c starts at 9 at the earliest, so a must not end before 6.
    code, words = refused(run, 0)
    assert code == "LAG_MAX"
    assert words.startswith("lag 0 (start of 'c' at least 0 and at most 3 ticks after end of 'a')")
    run.apply(WaitUntil(4))
    run.apply(Start((0, 0)))


def test_mode_links_bind_both_ways() -> None:
    b = ProblemBuilder()
    a = b.task("a", modes=[b.mode(1), b.mode(2)])
    c = b.task("c", modes=[b.mode(1), b.mode(2)])
    b.mode_link(a, 0, c, [1])
    run = Executor(b.build())
    run.apply(Start((0, 0)))
    assert refused(run, 1, 0) == ("MODE_LINK", "'a' runs in mode 0, which needs (1,) here")
    run = Executor(b.build())
    run.apply(Start((1, 0)))
    assert refused(run, 0, 0) == ("MODE_LINK", "'c' runs in mode 0, mode 0 needs (1,)")
    d = b.task("d", 1)
    b.mode_link(d, 0, a, [0])
    b.mode_link(c, 0, a, [1])
    run = Executor(b.build())
    run.apply(Start((2, 0)))
    assert refused(run, 1, 0) == ("MODE_LINK", "'a' would have no mode left")


def test_the_mode_of_a_hold_that_will_follow_counts_at_once() -> None:
    b = ProblemBuilder()
    p, q = b.task("p", 1), b.task("q", 1)
    a = b.task("a", modes=[b.mode(1), b.mode(1)])
    kept = b.task("kept", 0, duration_max=9, optional=True)
    b.lag(p.start, kept.start, min=0, max=0)
    b.lag(kept.end, q.end, min=0, max=0)
    b.mode_link(kept, 0, a, [1])
    run = Executor(b.build())
    assert refused(run, a.id, 0) == ("MODE_LINK", "'kept' runs in mode 0, which needs (1,) here")


def test_selections_decide_who_may_still_come() -> None:
    b = ProblemBuilder()
    tasks = [b.task(n, 1, optional=True) for n in "abc"]
    b.select("at_most_one", tasks[0], tasks[1])
    b.select("implies", tasks[1], tasks[2])
    run = Executor(b.build())
    run.apply(Start((0, 0)))
    assert refused(run, 1) == ("SELECTION", "a selection demands that it stays absent")
    run = Executor(b.build())
    run.apply(Start((1, 0)))
    assert run.state.is_required(2)


def test_a_selection_that_a_start_would_break_is_named() -> None:
    b = ProblemBuilder()
    a, c, d = b.task("a", 1, optional=True), b.task("c", 1, optional=True), b.task("d", 1)
    b.select("implies", a, c)
    b.select("at_most_one", c, d)
    run = Executor(b.build())
    assert refused(run, 0)[0] == "SELECTION"


def test_a_hold_occupies_its_resource_from_one_edge_to_another() -> None:
    b = ProblemBuilder()
    memory, link = b.unary("memory"), b.unary("link")
    make = b.task("make", 2, on=link)
    use = b.task("use", 3)
    other = b.task("other", 1, on=memory)
    b.hold("kept", make.start, use.start, on=memory)
    b.precedence(make, use, lag=2)
    run = Executor(b.build())
    assert refused(run, 3) == ("DUPLICATE_TASK", "a hold is opened and closed by the tasks that it is tied to")
    run.apply(Start((0, 0)))
    assert refused(run, other.id) == ("OVERLAP", "'memory' is taken at 0 by 'kept'")
    run.apply(WaitUntil(4))
    run.apply(Start((1, 0)))
    run.apply(Start((2, 0)))  # closed at this very tick
    run.apply(WaitEvent())
    run.apply(WaitEvent())
    assert run.done
    assert run.schedule().of(3) == (3, 0, 0, 4)
    assert check(run.problem, run.schedule()).ok


def test_elastic_work_lasts_as_long_as_the_next_draw_needs() -> None:
    b = ProblemBuilder()
    battery = b.reservoir("battery", initial=2, maximum=20)
    b.task("charge", 1, duration_max=50, effects=[b.effect(battery, 2, per_tick=True)])
    b.task("fly", 1, effects=[b.effect(battery, -9, at="start")])
    run = Executor(b.build())
    run.apply(Start((0, 0)))
    # From 2 to 9 at 2 per tick: 4 ticks.
    assert run.state.running == ((0, 0, 0, 4, 0),)


def test_a_wait_must_lie_ahead() -> None:
    run = Executor(machine().build())
    with pytest.raises(IllegalDecisionError, match="wait until 0, it is 0"):
        run.apply(WaitUntil(0))


def test_what_is_no_decision_is_refused() -> None:
    run = Executor(machine().build())
    with pytest.raises(IllegalDecisionError, match="returned 'go', which is no decision"):
        run.apply("go")  # type: ignore[arg-type]


def test_a_finished_run_takes_no_decisions() -> None:
    run = Executor(Problem())
    assert run.done
    with pytest.raises(IllegalDecisionError, match="the run has ended"):
        run.apply(WaitEvent())


def test_the_state_shows_the_present() -> None:
    b = machine()
    b.task("c", 1, release=5)
    run = Executor(b.build())
    state = run.state
    run.apply(Start((0, 0)))
    assert (state.now, state.done, state.finished, state.waiting) == (0, False, (), (1, 2))
    assert state.running == ((0, 0, 0, 3, 0),)
    assert state.next_event == 3
    assert (state.start_of(0), state.end_of(0), state.start_of(1)) == (0, 3, None)
    run.apply(WaitEvent())
    assert state.finished == ((0, 0, 0, 3),)
    assert state.available_since(2) == 5
    assert state.attempt(0) == 0
    assert state.problem is run.problem
