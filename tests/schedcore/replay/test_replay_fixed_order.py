"""Fixed-order replay, worked by hand: one rule per test."""

from __future__ import annotations

import pytest

from schedcore.check import ViolationCode, check
from schedcore.errors import InputError, NoScheduleError, ViolationError
from schedcore.model import Problem, ProblemBuilder, Schedule, StepProfile
from schedcore.replay import (
    Breakdowns,
    CapacityStep,
    Exponential,
    Fixed,
    LawChange,
    LogNormal,
    Noise,
    Outcome,
    ReplayResult,
    ResourceDown,
    Scenario,
    TaskArrival,
    TaskCancelled,
    Uncertainty,
    replay,
)


def takes(**ticks: int) -> dict[str, Noise]:
    """Noise that gives tasks a certain duration."""
    return {name: Noise(Fixed(value)) for name, value in ticks.items()}


def times(result: ReplayResult, position: int = 0) -> dict[str, tuple[int, int]]:
    """Realised start and end by task name."""
    return {result.problem.tasks[p.task].name: (p.start, p.end) for p in result.schedule(position)}


def run(problem: Problem, planned: list[tuple[int, ...]], keep_starts: bool = True, **uncertainty) -> ReplayResult:
    """One scenario of the schedule with placements ``(start, end)`` in mode 0, in order of the tasks."""
    schedule = Schedule((task, 0, start, end) for task, (start, end) in enumerate(planned))
    assert check(problem, schedule).ok
    return replay(problem, schedule, Uncertainty(**uncertainty), scenarios=1, keep_starts=keep_starts)


def two_machines():
    # cut 0-3 on m, then paint 3-5 on n; other 3-7 on m.
    b = ProblemBuilder()
    m, n = b.unary("m"), b.unary("n")
    cut = b.task("cut", 3, on=m)
    paint = b.task("paint", 2, on=n)
    b.task("other", 4, on=m)
    b.precedence(cut, paint)
    b.minimise(makespan=1)
    return b.build(), [(0, 3), (3, 5), (3, 7)]


# --- time and order -------------------------------------------------------------------------------------


def test_a_late_task_pushes_its_machine_and_its_successor():
    result = run(*two_machines(), tasks=takes(cut=5))
    assert times(result) == {"cut": (0, 5), "paint": (5, 7), "other": (5, 9)}
    assert result.values().tolist() == [9]
    assert result.outcome(0).report.ok


def test_a_railway_never_leaves_early_and_a_roadrunner_does():
    early = takes(cut=1)
    assert times(run(*two_machines(), tasks=early)) == {"cut": (0, 1), "paint": (3, 5), "other": (3, 7)}
    assert times(run(*two_machines(), keep_starts=False, tasks=early)) == {
        "cut": (0, 1),
        "paint": (1, 3),
        "other": (1, 5),
    }


def test_without_noise_a_railway_keeps_gaps_and_a_roadrunner_closes_them():
    problem, _ = two_machines()
    lazy = [(2, 5), (6, 8), (9, 13)]
    assert times(run(problem, lazy)) == {"cut": (2, 5), "paint": (6, 8), "other": (9, 13)}
    assert times(run(problem, lazy, keep_starts=False)) == {"cut": (0, 3), "paint": (3, 5), "other": (3, 7)}


def test_setups_follow_the_order_and_the_initial_state():
    b = ProblemBuilder()
    m = b.unary("m", transition=[[0, 4], [2, 0]], initial_state=1)
    b.task("red", 3, on=m, state=0)
    b.task("blue", 3, on=m, state=1)
    result = run(b.build(), [(2, 5), (9, 12)], keep_starts=False, tasks=takes(red=6))
    assert times(result) == {"red": (2, 8), "blue": (12, 15)}


def test_minimum_lags_between_all_edges_are_kept():
    b = ProblemBuilder()
    a, c, d, e = b.task("a", 4), b.task("c", 3), b.task("d", 2), b.task("e", 5)
    b.lag(a.end, c.start, min=1)
    b.lag(a.start, d.start, min=2)
    b.lag(c.end, e.end, min=3)
    # a lasts 6 instead of 4: c 7-10, so e may not end before 13; it starts at 8 (13 - 5).
    result = run(b.build(), [(0, 4), (5, 8), (2, 4), (6, 11)], keep_starts=False, tasks=takes(a=6))
    assert times(result) == {"a": (0, 6), "c": (7, 10), "d": (2, 4), "e": (8, 13)}


def test_an_end_that_must_wait_blocks_the_task_on_its_machine():
    b = ProblemBuilder()
    m = b.unary("m")
    late, held = b.task("late", 4), b.task("held", 3, on=m)
    b.task("next", 2, on=m)
    b.lag(late.end, held.end, min=1)
    # late lasts 9; held is done at 5, may end at 10 only, and keeps m until then.
    result = run(b.build(), [(0, 4), (2, 5), (5, 7)], tasks=takes(late=9))
    assert times(result) == {"late": (0, 9), "held": (2, 10), "next": (10, 12)}
    assert result.metrics["blocked_ticks"].tolist() == [5]
    assert result.outcome(0).report.ok


def test_maximum_lags_delay_nobody_and_are_counted():
    b = ProblemBuilder()
    m = b.unary("m")
    cast, roll = b.task("cast", 3), b.task("roll", 2, on=m)
    b.task("before", 3, on=m)
    b.lag(cast.end, roll.start, min=0, max=1)
    result = run(b.build(), [(0, 3), (3, 5), (0, 3)], tasks=takes(before=8))
    assert times(result)["roll"] == (8, 10)
    assert {c: v.tolist() for c, v in result.violations.items()} == {ViolationCode.LAG_MAX: [1]}
    assert result.outcome(0).report.violations[0].amount == 4


def test_a_lag_below_zero_waits_for_the_planned_progress_of_its_tail():
    b = ProblemBuilder()
    knead, heat = b.task("knead", 10), b.task("heat", 6)
    b.lag(knead.end, heat.start, min=-4)
    problem = b.build()
    # heat may start 4 ticks before knead ends: 6 ticks after its start, by plan.  Knead starts late.
    arrival = (TaskArrival("knead", 3),)
    assert times(run(problem, [(0, 10), (6, 12)], disruptions=arrival)) == {"knead": (3, 13), "heat": (9, 15)}
    # That knead also takes longer cannot be known at tick 6; the broken lag is counted.
    result = run(problem, [(0, 10), (6, 12)], tasks=takes(knead=12))
    assert times(result) == {"knead": (0, 12), "heat": (6, 12)}
    assert result.violation_rate("LAG_MIN").hits == 1


def test_starts_joined_by_a_zero_lag_happen_together():
    b = ProblemBuilder()
    m, n = b.unary("m"), b.unary("n")
    push, pull = b.task("push", 3, on=m), b.task("pull", 4, on=n)
    b.task("before", 5, on=n)
    b.lag(push.start, pull.start, min=0, max=0)
    result = run(b.build(), [(5, 8), (5, 9), (0, 5)], tasks=takes(before=7))
    assert times(result) == {"push": (7, 10), "pull": (7, 11), "before": (0, 7)}
    assert result.outcome(0).report.ok


def test_a_hold_stretches_from_edge_to_edge_and_its_room_is_waited_for():
    b = ProblemBuilder()
    cell = b.renewable("cell", 1)
    make, use = b.task("make", 3), b.task("use", 2)
    keep = b.hold("keep", make.start, use.end, on=cell)
    other = b.task("other", 4)
    b.hold("keep other", other.start, other.end, on=cell)
    b.precedence(make, use)
    assert keep.id == 2
    # make lasts 6: use 6-8, the cell is kept until 8, so other starts at 8 although nothing else holds it back.
    result = run(b.build(), [(0, 3), (3, 5), (0, 5), (5, 9), (5, 9)], tasks=takes(make=6))
    assert times(result) == {
        "make": (0, 6),
        "use": (6, 8),
        "keep": (0, 8),
        "other": (8, 12),
        "keep other": (8, 12),
    }
    assert result.outcome(0).report.ok


def test_a_hold_that_opens_at_an_end_blocks_until_there_is_room():
    b = ProblemBuilder()
    shelf = b.renewable("shelf", 1)
    bake, eat = b.task("bake", 3), b.task("eat", 2)
    b.hold("cool", bake.end, eat.start, on=shelf)
    b.task("stored", 3, demands={shelf: 1})
    b.lag(bake.end, eat.start, min=2)
    # The shelf is free at 7 only: bake, done at 3, waits with its bread until then.
    result = run(b.build(), [(0, 3), (5, 7), (3, 5), (0, 3)], tasks=takes(stored=7))
    assert times(result) == {"bake": (0, 7), "eat": (9, 11), "cool": (7, 9), "stored": (0, 7)}


def test_an_elastic_task_keeps_its_planned_length_and_stretches_if_it_must():
    b = ProblemBuilder()
    charge, leave = b.task("charge", 2, duration_max=10), b.task("leave", 3)
    b.lag(charge.end, leave.start, min=0, max=0)
    crew = b.task("crew", 6)
    b.precedence(crew, leave)
    problem = b.build()
    assert times(run(problem, [(0, 6), (6, 9), (0, 6)]))["charge"] == (0, 6)
    result = run(problem, [(0, 6), (6, 9), (0, 6)], tasks=takes(crew=8))
    assert times(result) == {"charge": (0, 8), "leave": (8, 11), "crew": (0, 8)}
    assert result.outcome(0).report.ok
    result = run(problem, [(0, 6), (6, 9), (0, 6)], tasks=takes(crew=14))
    assert result.violation_rate("DURATION").hits == 1  # it stretched beyond its longest duration


# --- resources -------------------------------------------------------------------------------------------


def test_capacity_is_handed_from_task_to_task():
    b = ProblemBuilder()
    crew = b.renewable("crew", 2)
    for name, ticks in (("a", 3), ("b", 5), ("c", 4), ("d", 2)):
        b.task(name, ticks, demands={crew: 1})
    planned = [(0, 3), (0, 5), (3, 7), (5, 7)]
    # c took over from a, d from b; a is late by 4, so c is too, and d is not.
    result = run(b.build(), planned, tasks=takes(a=7))
    assert times(result) == {"a": (0, 7), "b": (0, 5), "c": (7, 11), "d": (5, 7)}


def test_a_task_prefers_the_units_of_its_predecessor():
    b = ProblemBuilder()
    crew = b.renewable("crew", 2)
    first, other, then = (b.task(n, 3, demands={crew: 1}) for n in ("first", "other", "then"))
    b.precedence(other, then)
    # Both units are free at 3, the lower-numbered one from "first"; "then" takes that of "other".
    result = run(b.build(), [(0, 3), (0, 3), (3, 6)], tasks=takes(first=9))
    assert times(result)["then"] == (3, 6)
    assert first.id == 0


def test_work_waits_for_an_opening_that_is_long_enough():
    b = ProblemBuilder()
    m = b.unary("m", breaks=[(8, 10)])
    b.task("a", 4, on=m)
    b.task("b", 3, on=m)
    # b (3 ticks) would run 6-9 after a late a: it waits for the break to end.
    result = run(b.build(), [(0, 4), (4, 7)], tasks=takes(a=6))
    assert times(result) == {"a": (0, 6), "b": (10, 13)}
    assert result.outcome(0).report.ok


def test_missing_units_of_a_calendar_belong_to_somebody():
    b = ProblemBuilder()
    crew = b.renewable("crew", 2, calendar=StepProfile(((0, 2), (6, 1), (9, 2))))
    b.task("a", 4, demands={crew: 1})
    b.task("b", 7, demands={crew: 1})
    # a holds unit 0, b unit 1?  No: b runs through 6 to 7 and a does not, so the unit that leaves is a's.
    problem = b.build()
    result = run(problem, [(0, 4), (0, 7)], tasks=takes(a=6, b=12))
    assert times(result) == {"a": (0, 6), "b": (0, 12)}
    assert result.outcome(0).report.ok
    # With 7 ticks a does not fit before its unit leaves, and starts when it is back.
    assert times(run(problem, [(0, 4), (0, 7)], tasks=takes(a=7, b=12))) == {"a": (9, 16), "b": (0, 12)}


def test_draws_wait_for_the_fills_that_they_live_on():
    b = ProblemBuilder()
    tank = b.reservoir("tank", initial=1, maximum=4)
    b.task("fill", 3, effects=[b.effect(tank, 2)])
    b.task("small", 1, effects=[b.effect(tank, -1, at="start")])
    b.task("large", 1, effects=[b.effect(tank, -2, at="start")])
    # small lives on what was there, large on the fill.
    result = run(b.build(), [(0, 3), (1, 2), (3, 4)], tasks=takes(fill=6))
    assert times(result) == {"fill": (0, 6), "small": (1, 2), "large": (6, 7)}


def test_fills_wait_for_room():
    b = ProblemBuilder()
    tank = b.reservoir("tank", initial=0, maximum=2)
    b.task("first", 2, effects=[b.effect(tank, 2)])
    b.task("empty", 3, effects=[b.effect(tank, -2)])
    b.task("second", 2, effects=[b.effect(tank, 1)])
    # second starts at 5, is done at 7, and has room for what it made when empty ends at 9.
    result = run(b.build(), [(0, 2), (2, 5), (5, 7)], tasks=takes(empty=7))
    assert times(result) == {"first": (0, 2), "empty": (2, 9), "second": (5, 9)}
    assert result.outcome(0).report.ok


def test_amounts_by_the_tick_may_break_bounds_and_are_counted():
    b = ProblemBuilder()
    battery = b.reservoir("battery", initial=5, maximum=5)
    b.task("fly", 4, effects=[b.effect(battery, -1, per_tick=True)])
    result = run(b.build(), [(0, 4)], tasks=takes(fly=7))
    assert {c: v.tolist() for c, v in result.violations.items()} == {ViolationCode.RESERVOIR_LOW: [1]}


# --- disruptions -----------------------------------------------------------------------------------------


def test_broken_work_is_resumed_or_restarted():
    down = (ResourceDown("m", 2, 6),)
    # cut (0-3) stops at 2 with 1 tick left: it ends at 7.  Restarted, it runs 6-9.
    resumed = run(*two_machines(), disruptions=down)
    assert times(resumed) == {"cut": (0, 7), "paint": (7, 9), "other": (7, 11)}
    restarted = run(*two_machines(), disruptions=down, on_break="restart")
    assert times(restarted) == {"cut": (0, 9), "paint": (9, 11), "other": (9, 13)}
    assert [(a.task, a.begin, a.end, a.outcome) for a in restarted.outcome(0).trace][:2] == [
        (0, 0, 2, Outcome.BROKEN),
        (0, 6, 9, Outcome.DONE),
    ]
    assert resumed.outcome(0).report.ok
    assert restarted.outcome(0).report.ok


def test_nothing_starts_on_a_machine_that_is_down():
    result = run(*two_machines(), disruptions=(ResourceDown("m", 3, 5),))
    assert times(result) == {"cut": (0, 3), "paint": (3, 5), "other": (5, 9)}
    assert result.outcome(0).report.ok


def test_suspended_work_waits_out_a_closure_too():
    b = ProblemBuilder()
    m = b.unary("m", breaks=[(5, 9)])
    b.task("a", 5, on=m)
    # Down 3-4: one tick more is needed, at 5 the machine closes, so the last tick of work is 9-10.
    result = run(b.build(), [(0, 5)], disruptions=(ResourceDown("m", 3, 4),))
    assert times(result) == {"a": (0, 10)}
    assert result.outcome(0).report.ok


def test_only_who_holds_a_broken_unit_is_struck():
    b = ProblemBuilder()
    crew = b.renewable("crew", 3)
    b.task("low", 4, demands={crew: 2})
    b.task("high", 4, demands={crew: 1})
    result = run(b.build(), [(0, 4), (0, 4)], disruptions=(ResourceDown("crew", 1, 3, units=1),))
    assert times(result) == {"low": (0, 4), "high": (0, 6)}
    assert result.outcome(0).report.ok
    step = (CapacityStep("crew", 1, 1), CapacityStep("crew", 3, 3))
    assert times(run(b.build(), [(0, 4), (0, 4)], disruptions=step)) == {"low": (0, 6), "high": (0, 6)}


def test_what_never_comes_back_starves_its_tasks():
    result = run(*two_machines(), disruptions=(ResourceDown("m", 2),))
    assert times(result) == {}
    assert result.metrics["absent_tasks"].tolist() == [3]
    assert {c: v.tolist() for c, v in result.violations.items()} == {ViolationCode.MISSING_TASK: [3]}
    assert [a.outcome for a in result.outcome(0).trace] == [Outcome.STARVED]


def test_failures_strike_again_and_again():
    # Up 2, down 1, for ever: cut needs 0-2 and 3-4; other 4-5, 6-8, 9-10.
    process = (Breakdowns("m", Fixed(2), Fixed(1)),)
    result = run(*two_machines(), breakdowns=process)
    assert times(result) == {"cut": (0, 4), "paint": (4, 6), "other": (4, 10)}
    assert result.outcome(0).report.ok


def test_work_that_is_longer_than_every_time_up_is_never_done():
    with pytest.raises(NoScheduleError, match="was not finished by tick .*time up that is longer"):
        run(*two_machines(), breakdowns=(Breakdowns("m", Fixed(2), Fixed(1)),), on_break="restart")


def test_a_cancelled_task_lets_go_when_it_is_cancelled():
    b = ProblemBuilder()
    m = b.unary("m")
    a, c, d = b.task("a", 3, on=m), b.task("c", 4, on=m), b.task("d", 2, on=m)
    b.precedence(a, c)
    b.precedence(c, d, lag=5)
    problem, planned = b.build(), [(0, 3), (3, 7), (12, 14)]
    # Cancelled before it starts: d waits neither for c nor for the lag, but cannot know before tick 2.
    gone = run(problem, planned, keep_starts=False, disruptions=(TaskCancelled("c", 2),))
    assert times(gone) == {"a": (0, 3), "d": (3, 5)}
    assert gone.outcome(0).report.ok
    # Cancelled while it runs: aborted at 5.
    aborted = run(problem, planned, keep_starts=False, disruptions=(TaskCancelled("c", 5),))
    assert times(aborted) == {"a": (0, 3), "d": (5, 7)}
    assert [(x.task, x.begin, x.end, x.outcome) for x in aborted.outcome(0).trace][1] == (1, 3, 5, Outcome.CANCELLED)
    # At the very tick of its end it is done.
    assert times(run(problem, planned, disruptions=(TaskCancelled("c", 7),)))["d"] == (12, 14)


def test_setups_around_a_cancelled_task_are_those_of_its_neighbours():
    b = ProblemBuilder()
    m = b.unary("m", transition=[[0, 1, 6], [1, 0, 1], [6, 1, 0]])
    for state, name in enumerate("abc"):
        b.task(name, 3, on=m, state=state)
    result = run(b.build(), [(0, 3), (4, 7), (8, 11)], disruptions=(TaskCancelled("b", 0),))
    assert times(result) == {"a": (0, 3), "c": (9, 12)}
    assert result.outcome(0).report.ok


def test_units_of_a_cancelled_task_come_from_those_before_it():
    b = ProblemBuilder()
    crew = b.renewable("crew", 1)
    for name in "abc":
        b.task(name, 3, demands={crew: 1})
    result = run(b.build(), [(0, 3), (3, 6), (6, 9)], tasks=takes(a=8), disruptions=(TaskCancelled("b", 4),))
    assert times(result) == {"a": (0, 8), "c": (8, 11)}


def test_a_task_that_arrives_late_starts_late():
    assert times(run(*two_machines(), disruptions=(TaskArrival("paint", 6),)))["paint"] == (6, 8)


def test_a_changed_law_counts_from_its_tick():
    change = (LawChange(3, Noise(Fixed(2), relative=True), tasks=("cut", "other")),)
    assert times(run(*two_machines(), disruptions=change)) == {"cut": (0, 3), "paint": (3, 5), "other": (3, 11)}


def test_attempts_follow_each_other_until_one_succeeds():
    problem, planned = two_machines()
    uncertainty = Uncertainty(tasks={"cut": Noise(Fixed(3), success=0.5, attempts=3)})
    schedule = Schedule((task, 0, *row) for task, row in enumerate(planned))
    result = replay(problem, schedule, uncertainty, scenarios=40)
    for i in range(40):
        scenario = Scenario(uncertainty.bind(problem), 0, i)
        outcomes = [scenario.succeeds(0, 0, k) for k in range(3)]
        needed = outcomes.index(True) + 1 if any(outcomes) else 3
        assert times(result, i)["cut"] == (0, 3 * needed)
        trace = result.outcome(i).trace
        assert trace.count(0) == needed
        assert trace.failed() == (() if any(outcomes) else (0,))
        assert result.metrics["retries"][i] == needed - 1
        assert result.metrics["failed_tasks"][i] == (not any(outcomes))
        assert trace.schedule() == result.schedule(i)


def test_only_the_attempt_that_was_broken_is_made_again():
    problem, planned = two_machines()
    noise = {"cut": Noise(Fixed(3), success=0.5, attempts=2)}
    uncertainty = Uncertainty(tasks=noise, disruptions=(ResourceDown("m", 4, 5),), on_break="restart")
    schedule = Schedule((task, 0, *row) for task, row in enumerate(planned))
    result = replay(problem, schedule, uncertainty, scenarios=30)
    twice = next(i for i in range(30) if result.metrics["retries"][i])
    cut = [(a.number, a.begin, a.end, a.outcome) for a in result.outcome(twice).trace if a.task == 0]
    assert cut[:2] == [(0, 0, 3, Outcome.FAILED), (1, 3, 4, Outcome.BROKEN)]
    assert cut[2][:3] == (2, 5, 8)


def test_a_task_without_length_may_get_one_if_there_is_room():
    b = ProblemBuilder()
    m = b.unary("m")
    b.task("sign", 0, on=m)
    b.task("work", 3, on=m)
    problem = b.build()
    assert times(run(problem, [(0, 0), (0, 3)], tasks=takes(sign=2))) == {"sign": (0, 2), "work": (2, 5)}
    with pytest.raises(InputError, match="'m' has no 1 free units for task 'sign' at tick 1"):
        run(problem, [(1, 1), (0, 3)], tasks=takes(sign=2))


# --- what is refused -------------------------------------------------------------------------------------


def test_broken_schedules_are_refused():
    problem, _ = two_machines()
    with pytest.raises(ViolationError, match="the schedule breaks 1 rules, the first: .*replay a schedule that passes"):
        replay(problem, Schedule([(0, 0, 0, 3), (1, 0, 2, 4), (2, 0, 3, 7)]))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"scenarios": 0}, "scenarios is 0"),
        ({"scenarios": 2.5}, "scenarios is 2.5"),
        ({"first_scenario": -1}, "first_scenario is -1"),
        ({"seed": -1}, "seed is -1"),
        ({"rounds": 3}, "the problem has no cycle"),
    ],
)
def test_unusable_arguments_are_refused(arguments, words):
    problem, planned = two_machines()
    schedule = Schedule((task, 0, *row) for task, row in enumerate(planned))
    with pytest.raises(InputError, match=words):
        replay(problem, schedule, **arguments)


def test_tied_tasks_cannot_be_cancelled():
    b = ProblemBuilder()
    push, pull = b.task("push", 3), b.task("pull", 4)
    b.lag(push.start, pull.start, min=0, max=0)
    with pytest.raises(InputError, match="'pull' is cancelled, but must start or end together with another"):
        run(b.build(), [(0, 3), (0, 4)], disruptions=(TaskCancelled("pull", 1),))


def test_scenarios_are_the_same_alone_in_parts_and_together():
    problem, planned = two_machines()
    schedule = Schedule((task, 0, *row) for task, row in enumerate(planned))
    uncertainty = Uncertainty(
        default=Noise(LogNormal(1, 0.6), relative=True, success=0.8, attempts=None),
        breakdowns=(Breakdowns("m", Exponential(20), Fixed(3)),),
    )
    together = replay(problem, schedule, uncertainty, scenarios=30, seed=5)
    part = replay(problem, schedule, uncertainty, scenarios=10, seed=5, first_scenario=20)
    assert part.values().tolist() == together.values().tolist()[20:]
    assert part.schedule(3) == together.schedule(23)
    assert [s.makespan for s in part.schedules()] == part.values().tolist()


def test_large_samples_are_cut_into_chunks(monkeypatch):
    problem, planned = two_machines()
    schedule = Schedule((task, 0, *row) for task, row in enumerate(planned))
    uncertainty = Uncertainty(default=Noise(Exponential(4)))
    whole = replay(problem, schedule, uncertainty, scenarios=50)
    monkeypatch.setattr("schedcore.replay.fixed_order._CHUNK", 20)
    assert replay(problem, schedule, uncertainty, scenarios=50).values().tolist() == whole.values().tolist()
