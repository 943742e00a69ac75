"""Hand-worked examples of the rules that are easy to get wrong: one count per breach, ties, folding, bounds."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest

from schedcore.check import Realised, ViolationCode, check
from schedcore.check.view import order_by
from schedcore.errors import ModelError, ViolationError
from schedcore.model import (
    MAX_TICK,
    Cycle,
    Demand,
    Edge,
    Effect,
    Mode,
    Problem,
    ProblemBuilder,
    Renewable,
    Reservoir,
    Schedule,
    StepProfile,
    Task,
    TimeLag,
    TimeUnit,
    Unary,
)


def found(problem: Problem, schedule: Schedule, realised: Realised | None = None) -> list[tuple]:
    return [(str(v.code), v.tasks, v.at, v.amount) for v in check(problem, schedule, realised).violations]


def unary_problem(*durations: int) -> Problem:
    tasks = tuple(Task("abcdefg"[i], (Mode(d, (Demand(0),)),)) for i, d in enumerate(durations))
    return Problem(resources=(Unary("m"),), tasks=tasks)


def test_empty_problem_and_empty_schedule_are_fine():
    report = check(Problem(), Schedule())
    assert report.ok
    assert bool(report)
    assert report.violations == ()
    assert report.to_text() == "problem: 0 placements, all rules kept"


def test_overlap_counts_one_per_task_against_the_holder():
    # a holds [0, 10); b [2, 4) and c [5, 7) both start while a holds: two overlaps of 2 ticks, none between b and c.
    schedule = Schedule([(0, 0, 0, 10), (1, 0, 2, 4), (2, 0, 5, 7)])
    assert found(unary_problem(10, 2, 2), schedule) == [("OVERLAP", (0, 1), 2, 2), ("OVERLAP", (0, 2), 5, 2)]


def test_holder_of_equal_ends_is_the_one_that_started_first():
    # a [0, 6) and b [2, 6) both end at 6; c starts at 4: a came first.
    schedule = Schedule([(0, 0, 0, 6), (1, 0, 2, 6), (2, 0, 4, 7)])
    assert found(unary_problem(6, 4, 3), schedule) == [("OVERLAP", (0, 1), 2, 4), ("OVERLAP", (0, 2), 4, 2)]


def test_equal_starts_are_ordered_by_task_id():
    assert found(unary_problem(3, 5), Schedule([(0, 0, 1, 4), (1, 0, 1, 6)])) == [("OVERLAP", (0, 1), 1, 3)]


def test_task_may_start_when_another_ends_and_zero_ticks_never_overlap():
    assert check(unary_problem(3, 5, 0), Schedule([(0, 0, 0, 3), (1, 0, 3, 8), (2, 0, 4, 4)])).ok


def test_overlapping_pair_is_no_setup_but_later_pairs_are_judged():
    b = ProblemBuilder()
    m = b.unary("m", transition=[[3]], initial_state=0)
    for name, duration in (("a", 10), ("b", 2), ("c", 2)):
        b.task(name, duration, on=m, state=0)
    # a starts at 3, as the initial setup asks.  b and c run within a: overlaps.  Between b and c are 1 of 3 ticks.
    schedule = Schedule([(0, 0, 3, 13), (1, 0, 5, 7), (2, 0, 8, 10)])
    assert found(b.build(), schedule) == [
        ("OVERLAP", (0, 1), 5, 2),
        ("OVERLAP", (0, 2), 8, 2),
        ("SETUP", (1, 2), 8, 2),
    ]


def test_setup_from_the_initial_state_counts_from_tick_zero():
    b = ProblemBuilder()
    m = b.unary("m", transition=[[0, 4], [None, 0]], initial_state=0)
    b.task("a", 2, on=m, state=1)
    b.task("b", 2, on=m, state=0)
    problem = b.build()
    assert found(problem, Schedule([(1, 0, 0, 2), (0, 0, 6, 8)])) == []
    # 4 ticks of setup, only 1 is left; then b may not follow state 1 at all.
    assert found(problem, Schedule([(0, 0, 1, 3), (1, 0, 9, 11)])) == [("SETUP", (0,), 1, 3), ("SETUP", (0, 1), 9, 1)]
    # A start before time begins is a matter of the horizon; the setup is missing as if it were at 0.
    assert found(problem, Schedule([(0, 0, -1, 1), (1, 0, 9, 11)])) == [
        ("HORIZON", (0,), -1, 1),
        ("SETUP", (0,), -1, 4),
        ("SETUP", (0, 1), 9, 1),
    ]


def test_capacity_is_one_violation_per_maximal_interval_with_the_largest_excess():
    tasks = tuple(Task("abc"[i], (Mode(d, (Demand(0, 2),)),)) for i, d in enumerate((6, 2, 2)))
    problem = Problem(resources=(Renewable("r", 3),), tasks=tasks)
    # a [0, 6), b [1, 3), c [2, 4): use 2 4 6 4 2 2: above 3 in [1, 4), most 3 above.
    schedule = Schedule([(0, 0, 0, 6), (1, 0, 1, 3), (2, 0, 2, 4)])
    assert found(problem, schedule) == [("CAPACITY", (0, 1), 1, 3)]
    # b [1, 3), c [4, 6): two stretches, since [3, 4) is fine.
    schedule = Schedule([(0, 0, 0, 6), (1, 0, 1, 3), (2, 0, 4, 6)])
    assert found(problem, schedule) == [("CAPACITY", (0, 1), 1, 1), ("CAPACITY", (0, 2), 4, 1)]


def test_calendar_is_reported_only_where_the_static_capacity_would_have_sufficed():
    profile = StepProfile(((0, 4), (2, 1), (8, 4)))
    tasks = (Task("a", (Mode(6, (Demand(0, 3),)),)), Task("b", (Mode(2, (Demand(0, 3),)),)))
    problem = Problem(resources=(Renewable("r", 4, profile),), tasks=tasks)
    # a [1, 7) needs 3, the calendar leaves 1 from 2 on; with b [4, 6) it is 6 above the static 4 instead.
    schedule = Schedule([(0, 0, 1, 7), (1, 0, 4, 6)])
    assert found(problem, schedule) == [
        ("CALENDAR", (0,), 2, 2),
        ("CALENDAR", (0,), 6, 2),
        ("CAPACITY", (0, 1), 4, 2),
    ]


def test_overlap_in_a_closed_stretch_is_an_overlap_only():
    problem = Problem(
        resources=(Unary("m", StepProfile.closed(1, [(0, 4)])),),
        tasks=tuple(Task(n, (Mode(4, (Demand(0),)),)) for n in "ab"),
    )
    # Both run in [1, 4): OVERLAP.  Alone in the closed [0, 1): CALENDAR.
    assert found(problem, Schedule([(0, 0, 0, 4), (1, 0, 1, 5)])) == [
        ("CALENDAR", (0,), 0, 1),
        ("OVERLAP", (0, 1), 1, 3),
    ]


def test_reservoir_judges_the_net_level_of_a_tick_and_never_ends():
    effects = ((Effect(0, -3, Edge.START),), (Effect(0, 3, Edge.END),), (Effect(0, -4, Edge.END),))
    tasks = tuple(Task("abc"[i], (Mode(2, (), e),)) for i, e in enumerate(effects))
    problem = Problem(resources=(Reservoir("s", 1, 0, 2),), tasks=tasks)
    # Tick 2: +3 (b ends) and -3 (a starts) cancel.  Tick 5: 1 - 4 = -3 for ever.
    assert found(problem, Schedule([(1, 0, 0, 2), (0, 0, 2, 4), (2, 0, 3, 5)])) == [("RESERVOIR_LOW", (2,), 5, 3)]
    # b ends at 1: 4 (2 too many) until a starts at 2.
    assert found(problem, Schedule([(1, 0, -1, 1), (0, 0, 2, 4), (2, 0, 3, 5)])) == [
        ("HORIZON", (1,), -1, 1),
        ("RESERVOIR_LOW", (2,), 5, 3),
        ("RESERVOIR_HIGH", (1,), 1, 2),
    ]


def test_effect_per_tick_counts_the_actual_duration():
    task = Task("charge", (Mode(2, (), (Effect(0, 10, Edge.END, True),), duration_max=9),))
    problem = Problem(resources=(Reservoir("battery", 0, 0, 60),), tasks=(task,))
    assert check(problem, Schedule([(0, 0, 0, 6)])).ok
    # 7 ticks at 10 units: 70, ten above the maximum.
    assert found(problem, Schedule([(0, 0, 0, 7)])) == [("RESERVOIR_HIGH", (0,), 7, 10)]


def test_huge_effects_are_added_exactly():
    # The longest allowed duration gives 2^42, the one that is used 2^82: beyond any 64-bit sum.
    effect = Effect(0, 2**40, Edge.END, True)
    tasks = tuple(Task(n, (Mode(4, (), (effect,)),)) for n in "ab")
    problem = Problem(resources=(Reservoir("s", 0, 0, 5),), tasks=tasks)
    report = check(problem, Schedule([(0, 0, 0, MAX_TICK), (1, 0, 0, MAX_TICK)]))
    (violation,) = report.of(ViolationCode.RESERVOIR_HIGH)
    assert violation.amount == 2 * 2**40 * MAX_TICK - 5
    assert report.totals() == {
        ViolationCode.DURATION: 2 * (MAX_TICK - 4),
        ViolationCode.RESERVOIR_HIGH: violation.amount,
    }


def cyclic_problem(*durations: int, resource: Unary | Renewable, amount: int = 1) -> Problem:
    tasks = tuple(Task("abcdefg"[i], (Mode(d, (Demand(0, amount),)),)) for i, d in enumerate(durations))
    return Problem(resources=(resource,), tasks=tasks, cycle=Cycle(4, 10))


def test_unary_folds_and_the_round_before_may_be_the_holder():
    problem = cyclic_problem(3, 3, resource=Unary("m"))
    # Period 6: a in phases 4, 5, 0; b starts in phase 1: fits exactly.
    assert check(problem, Schedule([(0, 0, 4, 7), (1, 0, 7, 10)], cycle=6)).ok
    # Period 5: a in phases 4, 0, 1; b (start 7) in 2, 3, 4: a starts in phase 4 while b holds: 1 tick.
    schedule = Schedule([(0, 0, 4, 7), (1, 0, 7, 10)], cycle=5)
    assert found(problem, schedule) == [("OVERLAP", (1, 0), 4, 1)]
    text = "'a' starts on 'm' at tick 4 (phase 4) while a round of 'b' holds it: 1 tick of overlap"
    assert text in check(problem, schedule).to_text()


def test_task_longer_than_the_period_overlaps_itself_and_counts_several_times():
    problem = cyclic_problem(9, resource=Unary("m"))
    # 9 ticks every 4: still held for 5 when the next round starts.
    assert found(problem, Schedule([(0, 0, 1, 10)], cycle=4)) == [("OVERLAP", (0,), 1, 5)]
    text = check(problem, Schedule([(0, 0, 1, 10)], cycle=4)).to_text()
    assert "'a' still holds 'm' when its next round starts: 5 ticks of overlap" in text
    problem = cyclic_problem(9, resource=Renewable("r", 2))
    # Twice at every phase, three times in phase 1 only.
    assert found(problem, Schedule([(0, 0, 1, 10)], cycle=4)) == [("CAPACITY", (0,), 1, 1)]


def test_excess_around_the_end_of_the_period_is_one_interval():
    problem = cyclic_problem(4, 4, resource=Renewable("r", 1))
    # Period 6: both in phases 4, 5, 0, 1: one interval that begins at phase 4.
    schedule = Schedule([(0, 0, 4, 8), (1, 0, 4, 8)], cycle=6)
    assert found(problem, schedule) == [("CAPACITY", (0, 1), 4, 1)]
    assert "by 1 unit from phase 4 to phase 2 of the next round" in check(problem, schedule).to_text()
    # Both in phases 2 to 5.
    schedule = Schedule([(0, 0, 2, 6), (1, 0, 2, 6)], cycle=6)
    assert found(problem, schedule) == [("CAPACITY", (0, 1), 2, 1)]
    assert "by 1 unit from phase 2 to phase 6;" in check(problem, schedule).to_text()
    # All phases, all the time: it begins nowhere, phase 0 stands for it.
    schedule = Schedule([(0, 0, 3, 7), (1, 0, 1, 5)], cycle=4)
    assert found(problem, schedule) == [("CAPACITY", (0, 1), 0, 1)]
    assert "by 1 unit at all times" in check(problem, schedule).to_text()


def test_reservoir_level_of_the_steady_state():
    effects = ((Effect(0, 1, Edge.END),), (Effect(0, -1, Edge.START),))
    tasks = tuple(Task("ab"[i], (Mode(2, (), e),)) for i, e in enumerate(effects))
    problem = Problem(resources=(Reservoir("s", 0, 0, 1),), tasks=tasks, cycle=Cycle(4, 4))
    # +1 at 2 and -1 at 7 = phase 3 of the next round: 1 in phases 2 and 3 of round 0, then phases 0 to 2 hold 1, 1, 2:
    # before the -1 of phase 3 arrives, two rounds have given.  Steady: 1 1 2 1 (phases 0 to 3), one above the maximum.
    assert found(problem, Schedule([(0, 0, 0, 2), (1, 0, 7, 9)], cycle=4)) == [("RESERVOIR_HIGH", (0,), 2, 1)]
    # Taken in the same round, at tick 3: 0 0 1 0.
    assert check(problem, Schedule([(0, 0, 0, 2), (1, 0, 3, 5)], cycle=4)).ok


def test_reservoir_must_net_to_zero_per_round():
    tasks = (Task("a", (Mode(2, (), (Effect(0, -5, Edge.START), Effect(0, 2))),)),)
    problem = Problem(resources=(Reservoir("s", 3, 0, 9),), tasks=tasks, cycle=Cycle(4, 4))
    report = check(problem, Schedule([(0, 0, 0, 2)], cycle=4))
    (violation,) = report.violations
    assert (violation.code, violation.amount, violation.at) == (ViolationCode.RESERVOIR_LOW, 3, None)
    assert "drains 's' by 3 units" in violation.message


def test_lags_in_cycles_add_whole_periods():
    problem = Problem(
        tasks=tuple(Task(n, (Mode(3),)) for n in "ab"),
        lags=(TimeLag(0, 1, 0, 2, iterations=1), TimeLag(0, 0, None, 4, Edge.END, Edge.START, 1)),
        cycle=Cycle(1, 9),
    )
    # The next b starts at 0 + 5, a ended at 3: 2 later.  The next a starts at 5, also 2 after the end of a.
    assert check(problem, Schedule([(0, 0, 0, 3), (1, 0, 0, 3)], cycle=5)).ok
    # Period 2: 0 + 2 - 3 = -1 is one too few.  Period 8: 5 is three above the one limit, 5 one above the other.
    assert found(problem, Schedule([(0, 0, 0, 3), (1, 0, 0, 3)], cycle=2)) == [("LAG_MIN", (0, 1), 0, 1)]
    assert found(problem, Schedule([(0, 0, 0, 3), (1, 0, 0, 3)], cycle=8)) == [
        ("LAG_MAX", (0,), 0, 1),
        ("LAG_MAX", (0, 1), 0, 3),
    ]


@pytest.mark.parametrize(
    ("cycle", "amount", "words"),
    [
        (None, 1, "gives no period"),
        (3, 1, "outside the range of 4 to 10 ticks"),
        (12, 2, "outside the range"),
        (0, 4, "outside the range"),
        (-5, 9, "outside the range"),
        (MAX_TICK, MAX_TICK - 10, "outside the range"),
    ],
)
def test_period_outside_its_range(cycle: int | None, amount: int, words: str):
    problem = cyclic_problem(3, resource=Unary("m"))
    (violation,) = check(problem, Schedule([(0, 0, 0, 3)], cycle=cycle)).violations
    assert (violation.code, violation.amount) == (ViolationCode.HORIZON, amount)
    assert words in violation.message


def test_period_of_a_plain_problem_is_superfluous():
    report = check(unary_problem(3), Schedule([(0, 0, 0, 3)], cycle=5))
    assert "not cyclic" in report.to_text()
    assert report.codes == {ViolationCode.HORIZON}


def test_without_period_neither_resources_nor_lags_across_rounds_are_judged():
    problem = cyclic_problem(3, 3, resource=Unary("m")).replace(lags=(TimeLag(0, 1, 0, iterations=1), TimeLag(0, 1, 0)))
    assert found(problem, Schedule([(0, 0, 0, 3), (1, 0, 0, 3)])) == [
        ("HORIZON", (), None, 1),
        ("LAG_MIN", (0, 1), 0, 3),
    ]


def test_first_placement_by_start_counts():
    problem = Problem(tasks=(Task("a", (Mode(2),), deadline=9),))
    assert found(problem, Schedule([(0, 0, 8, 10), (0, 0, 3, 5), (0, 0, 20, 22)])) == [
        ("DUPLICATE_TASK", (0,), 8, 1),
        ("DUPLICATE_TASK", (0,), 20, 1),
    ]


def test_placement_that_ends_before_its_start_occupies_nothing():
    assert found(unary_problem(3, 5), Schedule([(0, 0, 4, 1), (1, 0, 0, 5)])) == [("DURATION", (0,), 4, 6)]


def test_unknown_mode_needs_no_resources_but_keeps_time_rules():
    problem = unary_problem(3, 3).replace(
        lags=(TimeLag(0, 1, 0),), tasks=tuple(Task(n, (Mode(3, (Demand(0),)),), deadline=4) for n in "ab")
    )
    assert found(problem, Schedule([(0, 7, 0, 5), (1, 0, 1, 4)])) == [
        ("UNKNOWN_MODE", (0,), 0, 1),
        ("DEADLINE", (0,), 5, 1),
        ("LAG_MIN", (0, 1), 1, 4),
    ]


def test_absurd_ticks_are_reported_not_overflown():
    problem = unary_problem(3, 3)
    huge, low = 2**62, int(np.iinfo(np.int64).min)
    report = check(problem, Schedule([(0, 0, low, low + 3), (1, 0, huge, huge + 3)]))
    assert report.counts()[ViolationCode.HORIZON] == 2
    assert "the largest tick" in report.to_text()
    assert {v.at for v in report.of("HORIZON")} == {low, huge + 3}


def test_many_resources_over_long_times_keep_their_order():
    # Resource and tick no longer fit into one 62-bit key together.
    count, far = 2**21, MAX_TICK - 10
    resources = tuple(Unary(f"m{i}") for i in range(4))
    tasks = tuple(Task(f"t{i}", (Mode(5, (Demand(i % 4),)),)) for i in range(8))
    problem = Problem(resources=resources, tasks=tasks)
    schedule = Schedule([(i, 0, 0 if i < 4 else far - i, (0 if i < 4 else far - i) + 5) for i in range(8)])
    assert check(problem, schedule).ok
    group = np.array([count, 0, count, 1], dtype=np.int64)
    time = np.array([far, 7, -far, 3], dtype=np.int64)
    assert order_by(group, time).tolist() == [1, 3, 2, 0]


def test_realised_durations_and_capacities_replace_the_planned_ones():
    problem = Problem(
        resources=(Unary("m", StepProfile.closed(1, [(0, 2)])),), tasks=(Task("a", (Mode(3, (Demand(0),)),)),)
    )
    late = Schedule([(0, 0, 2, 7)])
    assert found(problem, late) == [("DURATION", (0,), 2, 2)]
    assert check(problem, late, Realised(durations={0: 5})).ok
    report = check(problem, late, Realised({0: 4}, {0: StepProfile.closed(1, [(3, 4)])}))
    assert [(str(v.code), v.at, v.amount) for v in report.violations] == [("DURATION", 2, 1), ("CALENDAR", 3, 1)]
    assert "it really took 4 ticks" in report.to_text()
    # The planned closing no longer counts.
    assert check(problem, Schedule([(0, 0, 0, 3)]), Realised({}, {0: StepProfile.constant(1)})).ok


@pytest.mark.parametrize(
    ("realised", "words"),
    [
        (Realised(durations={9: 1}), "task 9 does not exist"),
        (Realised(durations={0: -1}), "duration -1 of task 'a'"),
        (Realised(calendars={9: StepProfile.constant(1)}), "resource 9 does not exist"),
        (Realised(calendars={1: StepProfile.constant(1)}), "'s' is a reservoir"),
        (Realised(calendars={0: StepProfile.constant(2)}), "capacities of 'm' run from 2 to 2"),
    ],
)
def test_realised_that_does_not_fit_is_refused(realised: Realised, words: str):
    problem = Problem(resources=(Unary("m"), Reservoir("s", 0, 0, 1)), tasks=(Task("a", (Mode(3, (Demand(0),)),)),))
    with pytest.raises(ModelError, match=words):
        check(problem, Schedule(), realised)


def test_realised_calendars_of_a_cyclic_problem_are_refused():
    problem = cyclic_problem(3, resource=Unary("m"))
    with pytest.raises(ModelError, match="cyclic problem has no calendars"):
        check(problem, Schedule(), Realised(calendars={0: StepProfile.constant(1)}))


def test_messages_name_tasks_resources_units_and_amounts():
    b = ProblemBuilder("press shop", unit=TimeUnit(Fraction(1, 1000), "ms"))
    press = b.unary("press", transition=[[0, 5], [5, 0]], initial_state=0, breaks=[(30, 40)])
    crew = b.renewable("crew", 2)
    steel = b.reservoir("steel", initial=1, maximum=3)
    first = b.task("cut", 10, on=press, demands={crew: 2}, state=0, effects=[b.effect(steel, -2, at="start")])
    second = b.task("bend", 10, on=press, demands={crew: 1}, state=1, release=12, deadline=36)
    b.precedence(first, second, lag=4)
    report = check(b.build(), Schedule([(0, 0, 0, 10), (1, 0, 8, 38)]))
    assert report.to_text() == "\n".join(
        [
            "press shop: 2 placements, 8 violations (DURATION 1, RELEASE 1, DEADLINE 1, CALENDAR 1, OVERLAP 1, "
            "CAPACITY 1, RESERVOIR_LOW 1, LAG_MIN 1)",
            "  DURATION: task 'bend' lasts 30 ms from 8 ms on, but its mode 0 takes 10 ms",
            "  RELEASE: task 'bend' starts at 8 ms, 4 ms before its release at 12 ms",
            "  DEADLINE: task 'bend' ends at 38 ms, 2 ms after its deadline at 36 ms",
            "  CALENDAR: the calendar of 'press' leaves 1 unit too little from 30 ms to 38 ms; at first: 'bend'",
            "  OVERLAP: 'bend' starts on 'press' at 8 ms while 'cut' holds it until 10 ms: 2 ms of overlap",
            "  CAPACITY: demand on 'crew' exceeds its capacity of 2 by 1 unit from 8 ms to 10 ms; at first: "
            "'cut', 'bend'",
            "  RESERVOIR_LOW: the level of 'steel' is up to 1 unit below its minimum of 0 from 0 ms on; by 'cut'",
            "  LAG_MIN: from the end of 'cut' to the start of 'bend' are -2 ms, must be at least 4: 6 ms too few",
        ]
    )


def test_setup_and_selection_messages():
    b = ProblemBuilder()
    m = b.unary("m", transition=[[0, 5], [None, 0]], initial_state=1)
    x = b.task("x", 2, on=m, state=0, optional=True)
    y = b.task("y", 2, on=m, state=1, optional=True)
    z = b.task("z", modes=[b.mode(1), b.mode(1)])
    b.select("at_most_one", x, y)
    b.mode_link(z, 0, y, [0])
    text = check(b.build(), Schedule([(0, 0, 0, 2), (1, 0, 4, 6), (2, 3, 0, 1)])).to_text()
    assert "'x' may not follow on 'm' from its initial state" in text
    assert "setting 'm' up for 'y' after 'x' takes 5 ticks, but only 2 are left before tick 4: 3 ticks missing" in text
    assert "at most one of 'x', 'y' may be placed; placed: 'x', 'y'" in text
    assert "task 'z' is placed in mode 3, but it has 2 mode(s), numbered from 0" in text


def test_report_as_data_and_as_error():
    problem = unary_problem(3, 3)
    report = check(problem, Schedule([(0, 0, 0, 3), (1, 0, 2, 5), (7, 0, 0, 1)]))
    data = json.loads(json.dumps(report.as_dict()))
    assert data["counts"] == data["totals"] == {"UNKNOWN_TASK": 1, "OVERLAP": 1}
    assert data["violations"][1] == {
        "code": "OVERLAP",
        "message": report.violations[1].message,
        "tasks": ["a", "b"],
        "task_ids": [0, 1],
        "resource": "m",
        "at": 2,
        "amount": 1,
    }
    assert data["violations"][0]["tasks"] == [None]
    assert report.to_text(limit=1).endswith("... and 1 more")
    assert repr(report) == "Report(2 violations)"
    with pytest.raises(ViolationError, match="2 violations"):
        report.require_ok()
    check(problem, Schedule([(0, 0, 0, 3), (1, 0, 3, 6)])).require_ok()


def test_report_offers_the_metrics():
    assert check(unary_problem(3), Schedule([(0, 0, 0, 3)])).metrics["makespan"] == 3
