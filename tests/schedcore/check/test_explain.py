"""Every kind of conflict on a hand-worked example beside its feasible neighbour, and soundness on feasible problems."""

from __future__ import annotations

import itertools
import json
import random
import time

import pytest
from hypothesis import given
from strategies_core import FEATURES, Case, cases, random_case, tightened

from schedcore.check import Conflict, ConflictKind, check, explain
from schedcore.model import (
    Cycle,
    Demand,
    Effect,
    Mode,
    Placement,
    Problem,
    ProblemBuilder,
    Reservoir,
    Schedule,
    Task,
    TimeLag,
    Unary,
)


def only(problem: Problem) -> Conflict:
    (conflict,) = explain(problem)
    json.dumps(conflict.as_dict(problem))
    return conflict


def test_nothing_to_explain():
    assert explain(Problem()) == ()


def test_contradicting_lags_are_shown_as_a_chain():
    def build(most: int) -> Problem:
        b = ProblemBuilder()
        x, y, z = b.task("x", 4), b.task("y", 3), b.task("z", 1)
        b.precedence(x, y, lag=2)
        b.lag(y.end, z.start, min=0)
        b.lag(x.start, z.start, max=most)
        return b.build()

    # 4 (x) + 2 + 3 (y) = 9 ticks from the start of x to the start of z at least.
    assert explain(build(9)) == ()
    conflict = only(build(7))
    assert conflict.kind is ConflictKind.LAG_CYCLE
    assert "contradict each other by 2 ticks" in conflict.message
    for step in (
        "'x' takes 4 ticks",
        "the start of 'y' comes at least 2 ticks after the end of 'x'",
        "'y' takes 3 ticks",
        "the start of 'z' comes no earlier than the end of 'y'",
        "the start of 'z' comes at most 7 ticks after the start of 'x'",
    ):
        assert step in conflict.message
    assert set(conflict.tasks) == {0, 1, 2}


def test_lags_before_are_worded_as_such():
    b = ProblemBuilder()
    x, y = b.task("x", 4), b.task("y", 3)
    b.lag(x.start, y.start, min=-5, max=-2)
    b.lag(x.start, y.start, min=0)
    conflict = only(b.build())
    assert "the start of 'y' comes at least 2 ticks before the start of 'x'" in conflict.message


def test_cyclic_lags_contradict_for_every_period_of_the_range():
    def build(maximum: int) -> Problem:
        tasks = tuple(Task(n, (Mode(3),)) for n in "ab")
        # a to b in the same round, b to a of the next: 6 ticks of work in every round.
        lags = (TimeLag(0, 1, 0), TimeLag(1, 0, 0, iterations=1))
        return Problem(tasks=tasks, lags=lags, cycle=Cycle(2, maximum))

    assert explain(build(6)) == ()
    conflict = only(build(5))
    assert conflict.kind is ConflictKind.LAG_CYCLE
    assert "by 1 tick, with a period of 2 to 5 ticks" in conflict.message


def test_lag_of_a_task_to_itself_in_the_next_round():
    problem = Problem(
        tasks=(Task("a", (Mode(3),)),), lags=(TimeLag(0, 0, 8, None, 0, 0, iterations=1),), cycle=Cycle(5, 7)
    )
    assert only(problem).kind is ConflictKind.LAG_CYCLE
    assert explain(problem.replace(cycle=Cycle(5, 8))) == ()


def test_chain_from_a_release_past_a_deadline():
    def build(deadline: int) -> Problem:
        b = ProblemBuilder()
        x, y = b.task("x", 4, release=3), b.task("y", 5, deadline=deadline)
        b.precedence(x, y, lag=1)
        return b.build()

    assert explain(build(13)) == ()  # 3 + 4 + 1 + 5
    conflict = only(build(11))
    assert conflict.kind is ConflictKind.WINDOW
    assert conflict.message == (
        "'y' ends at tick 13 at the earliest, 2 ticks after the deadline of 'y' at tick 11: 'x' starts at tick 3 or "
        "later; 'x' takes 4 ticks; the start of 'y' comes at least 1 tick after the end of 'x'; 'y' takes 5 ticks"
    )
    assert conflict.tasks == (0, 1)
    assert conflict.interval == (3, 11)


def test_horizon_is_named_when_it_is_what_limits():
    b = ProblemBuilder()
    b.chain(*(b.task(f"t{i}", 4) for i in range(3)))
    b.horizon(11)
    assert "the horizon at tick 11" in only(b.build()).message


def test_release_and_duration_beyond_the_deadline():
    conflict = only(Problem(tasks=(Task("a", (Mode(5),), release=3, deadline=7),)))
    assert conflict.kind is ConflictKind.WINDOW
    assert conflict.message == "'a' can never run: it takes 5 ticks, but only 4 ticks lie between tick 3 and tick 7"
    conflict = only(Problem(tasks=(Task("a", (Mode(0),), release=8, deadline=7),)))
    assert "may not start before tick 8 and must end by tick 7" in conflict.message


def test_mode_that_asks_for_too_much_or_finds_no_stretch():
    b = ProblemBuilder()
    r = b.renewable("crew", 4, breaks=[(3, 5), (9, 20)])
    b.task("a", modes=[b.mode(2, demands={r: 5}), b.mode(5, demands={r: 1})], deadline=24)
    conflict = only(b.build())
    assert conflict.kind is ConflictKind.MODE
    assert "mode 0: it needs 5 units of 'crew', which has 4" in conflict.message
    assert "mode 1: the calendar of 'crew' leaves no stretch of 5 ticks from tick 0 to tick 24" in conflict.message


def test_two_calendars_need_a_common_stretch():
    def build(begin: int) -> Problem:
        b = ProblemBuilder()
        x, y = b.unary("x", breaks=[(4, 8)]), b.unary("y", breaks=[(0, begin), (9, 1000)])
        b.task("a", 3, on=[x, y], deadline=1000)
        return b.build()

    assert explain(build(1)) == ()  # [1, 4)
    conflict = only(build(2))
    assert "the calendar of 'x' and 'y' leaves no stretch of 3 ticks from tick 0 to tick 1000" in conflict.message


def test_mode_that_needs_more_than_there_is_over_several_rounds():
    problem = Problem(resources=(Unary("m"),), tasks=(Task("a", (Mode(9, (Demand(0),)),)),), cycle=Cycle(4, 8))
    assert "needs 1 unit of 'm' 2 times at once, which has 1" in only(problem).message


def test_energy_overload_of_an_interval():
    def build(last: int) -> Problem:
        b = ProblemBuilder()
        m = b.unary("m")
        for i, (release, deadline) in enumerate(((2, 11), (3, 12), (2, 12))):
            b.task(f"t{i}", 3 if i < 2 else last, on=m, release=release, deadline=deadline)
        b.task("free", 50, on=m)
        return b.build()

    # Between 2 and 12 are 10 ticks; 3 + 3 + 4 fit, 3 + 3 + 5 do not.
    assert explain(build(4)) == ()
    conflict = only(build(5))
    assert conflict.kind is ConflictKind.CAPACITY
    assert conflict.message == (
        "'t0', 't1', 't2' must run between tick 2 and tick 12 and need at least 11 units times ticks of 'm', "
        "which offers 10 there"
    )
    assert (conflict.resource, conflict.interval) == (0, (2, 12))


def test_energy_overload_with_a_calendar_and_modes():
    b = ProblemBuilder()
    r = b.renewable("r", 3, breaks=[(4, 6)])
    # Least energy of each: min(2 * 3, 3 * 1) = 3 units times ticks, of eleven 33; [0, 12) offers 3 * 10 = 30.
    for i in range(11):
        b.task(f"t{i}", modes=[b.mode(3, demands={r: 2}), b.mode(1, demands={r: 3})], deadline=12)
    conflict = only(b.build())
    assert "need at least 33 units times ticks of 'r', which offers 30 there" in conflict.message


def test_work_that_must_run_at_the_same_tick():
    b = ProblemBuilder()
    m = b.unary("m")
    # Both start by 2 and end at 4 or later, so both run during [2, 4) whatever happens.
    b.task("x", 4, on=m, deadline=6)
    b.task("y", 4, on=m, release=0, deadline=6)
    b.task("z", 1, on=m, release=6)
    conflict = only(b.build())
    assert conflict.message == (
        "'x', 'y' must all run at tick 2, wherever they start in their time windows, and need 2 units of 'm', "
        "which then offers 1"
    )
    assert conflict.interval == (2, 4)


def test_work_of_a_round_exceeds_the_longest_period():
    problem = Problem(
        resources=(Unary("m"),),
        tasks=tuple(Task(n, (Mode(3, (Demand(0),)),)) for n in "abc"),
        cycle=Cycle(1, 8),
    )
    assert "needs at least 9 units times ticks of 'm', a period of 8 ticks offers 8" in only(problem).message
    assert explain(problem.replace(cycle=Cycle(1, 9))) == ()


def test_reservoir_that_runs_dry_by_a_deadline():
    def build(release: int) -> Problem:
        b = ProblemBuilder()
        s = b.reservoir("tank", initial=2, maximum=10)
        b.task("fill", 3, effects=[b.effect(s, 4)], release=release, optional=True)
        b.task("use", 2, effects=[b.effect(s, -5, at="start")], deadline=8)
        return b.build()

    # use must start by 6; filling that starts at 3 ends at 6, in time.
    assert explain(build(3)) == ()
    conflict = only(build(4))
    assert conflict.kind is ConflictKind.RESERVOIR
    assert conflict.message == (
        "'use' takes at least 5 units from 'tank' by tick 6; it begins with 2, nothing can add any by then, "
        "so its minimum of 0 is missed by 3 units"
    )


def test_reservoir_that_can_only_overflow():
    b = ProblemBuilder()
    s = b.reservoir("tank", initial=2, maximum=10)
    b.task("charge", 3, duration_max=9, effects=[b.effect(s, 4, per_tick=True)])
    b.task("use", 3, effects=[b.effect(s, -3)])
    # At least 12 are added, 2 + 12 - 3 = 11 is one above 10.
    conflict = only(b.build())
    assert "'charge' adds at least 12 units to 'tank' in total" in conflict.message
    assert "others can take at most 3 by then, so its maximum of 10 is missed by 1 unit" in conflict.message


def test_reservoir_of_a_cycle_that_cannot_balance():
    tasks = (Task("a", (Mode(2, (), (Effect(0, -5),)), Mode(2, (), (Effect(0, -3),)))), Task("b", (Mode(1),)))
    problem = Problem(resources=(Reservoir("s", 5, 0, 9),), tasks=tasks, cycle=Cycle(4, 4))
    assert "every round takes at least 3 units from 's'" in only(problem).message


def test_forbidden_transitions_leave_no_first_task():
    b = ProblemBuilder()
    m = b.unary("m", transition=[[0, None], [0, 0]], initial_state=0)
    b.task("a", 2, on=m, state=1)
    conflict = only(b.build())
    assert conflict.kind is ConflictKind.TRANSITION
    assert "no task may be the first on 'm'" in conflict.message


def test_forbidden_transitions_leave_two_first_tasks():
    b = ProblemBuilder()
    m = b.unary("m", transition=[[None, 0], [None, None]])
    b.task("a", 2, on=m, state=0)
    b.task("b", 2, on=m, state=0)
    assert "'a' and 'b' can follow no other task on 'm', so both would have to be the first" in only(b.build()).message
    # An optional task in between helps a chain 0 -> 1, but nothing leads back to 0.
    b.task("c", 2, on=m, state_before=1, state_after=1, optional=True)
    assert len(explain(b.build())) == 1
    b.task("d", 2, on=m, state_before=1, state_after=1, optional=True)
    assert len(explain(b.build())) == 1


def test_forbidden_transition_before_a_task_that_may_not_be_first():
    b = ProblemBuilder()
    m = b.unary("m", transition=[[0, 0, None], [0, 0, None], [0, 0, 0]], initial_state=0)
    b.task("a", 2, on=m, state=0)
    b.task("b", 2, on=m, state=2)
    assert only(b.build()).message == "'b' can follow no task on 'm', nor the initial state"


def test_contradictory_selections_with_their_causes():
    b = ProblemBuilder()
    x = b.task("x", 1)
    y = b.task("y", 1, optional=True)
    z = b.task("z", 1, optional=True)
    b.select("implies", x, y)
    b.select("all_or_none", y, z)
    assert explain(b.build()) == ()
    b.select("at_most_one", x, z)
    conflict = only(b.build())
    assert conflict.kind is ConflictKind.SELECTION
    assert conflict.message == (
        "at most one of 'x', 'z' may be placed, but 'x', 'z' must be placed "
        "(since all or none of 'y', 'z' must be placed)"
    )


@pytest.mark.parametrize(
    ("kind", "mandatory", "feasible"),
    [
        ("exactly_one", 1, True),
        ("exactly_one", 2, False),
        ("at_most_one", 2, False),
        ("at_least_one", 0, True),
        ("implies", 1, True),
    ],
)
def test_selection_of_mandatory_tasks(kind: str, mandatory: int, feasible: bool):
    b = ProblemBuilder()
    b.select(kind, *(b.task(f"t{i}", 1, optional=i >= mandatory) for i in range(3)))
    assert (explain(b.build()) == ()) == feasible


def test_optional_task_that_never_fits_breaks_what_needs_it():
    b = ProblemBuilder()
    r = b.renewable("r", 1)
    b.select("at_least_one", *(b.task(f"t{i}", 1, demands={r: 2}, optional=True) for i in range(2)))
    conflict = only(b.build())
    assert "at least one of 't0', 't1' must be placed, but 't0', 't1' cannot be placed" in conflict.message
    assert "(since no mode of 't0' fits; no mode of 't1' fits)" in conflict.message


def test_mode_links_that_leave_no_mode():
    b = ProblemBuilder()
    r = b.renewable("r", 1)
    x = b.task("x", modes=[b.mode(1), b.mode(1, demands={r: 2})])
    y = b.task("y", modes=[b.mode(1, demands={r: 2}), b.mode(1)])
    b.mode_link(x, 0, y, [0])
    conflict = only(b.build())
    assert conflict.kind is ConflictKind.MODE_LINK
    assert conflict.message == "'x' can only run in mode 0, which asks 'y' for mode 0; only 1 is possible"


def test_mode_link_removes_a_mode_whose_partner_has_none():
    b = ProblemBuilder()
    r = b.renewable("r", 1)
    x = b.task("x", modes=[b.mode(1), b.mode(9)])
    y = b.task("y", modes=[b.mode(1, demands={r: 2}), b.mode(1)])
    b.mode_link(x, 0, y, [0])
    assert explain(b.build()) == ()
    b.horizon(8)  # x would have to run in its long mode
    conflict = only(b.build())
    assert conflict.kind is ConflictKind.MODE_LINK


def test_mode_link_that_excludes_an_optional_task():
    b = ProblemBuilder()
    r = b.renewable("r", 1)
    x = b.task("x", 1)
    y = b.task("y", modes=[b.mode(1, demands={r: 2}), b.mode(1)], optional=True)
    b.mode_link(x, 0, y, [0])
    assert explain(b.build()) == ()
    b.select("at_least_one", y)
    assert only(b.build()).kind is ConflictKind.MODE_LINK


def test_selection_conflicts_that_show_only_after_the_lags_are_known():
    b = ProblemBuilder()
    r = b.renewable("r", 2)
    x = b.task("x", 4)
    # In mode 0 it would have to end by 6, which the lag rules out; its other mode never fits.
    y = b.task("y", modes=[b.mode(3), b.mode(1, demands={r: 3})])
    b.precedence(x, y)
    b.horizon(6)
    assert only(b.build()).kind is ConflictKind.WINDOW
    # With a calendar only the second look at the modes sees it: from 4 on no stretch of 2 is left before 8.
    b = ProblemBuilder()
    m = b.unary("m", breaks=[(5, 7)])
    x, y = b.task("x", 4), b.task("y", 2, on=m, deadline=8)
    b.precedence(x, y)
    conflict = only(b.build())
    assert conflict.kind is ConflictKind.MODE
    assert "leaves no stretch of 2 ticks from tick 4 to tick 8" in conflict.message


def test_mode_links_propagate_into_durations():
    b = ProblemBuilder()
    x = b.task("x", modes=[b.mode(1)])
    y = b.task("y", modes=[b.mode(9), b.mode(2)])
    z = b.task("z", 1, deadline=6)
    b.mode_link(x, 0, y, [0])
    b.precedence(y, z)
    # y takes 9 in the mode that x leaves: z cannot end by 6.
    assert "'y' takes 9 ticks" in only(b.build()).message


@given(cases(cyclic=None))
def test_feasible_problems_have_no_conflict(case: Case):
    assert explain(case.problem) == ()


@pytest.mark.slow
def test_ten_thousand_feasible_problems_have_no_conflict():
    for seed in range(10_000):
        rng = random.Random(seed)
        features = FEATURES if seed % 3 == 0 else [f for f in FEATURES if rng.random() < 0.5]
        problem, _ = random_case(rng, rng.randint(1, 10), features, cyclic=seed % 2 == 1)
        assert explain(problem) == (), f"seed {seed}"


def _feasible_by_search(problem: Problem, last: int) -> bool:
    """Whether any schedule within ``[0, last]`` keeps all rules, by trying all."""
    choices: list[list[Placement | None]] = []
    for i, task in enumerate(problem.tasks):
        options: list[Placement | None] = [None] if task.optional else []
        for m, mode in enumerate(task.modes):
            for length in range(mode.duration, min(mode.longest, last) + 1):
                stop = last if task.deadline is None else min(last, task.deadline)
                options += [Placement(i, m, s, s + length) for s in range(task.release, stop - length + 1)]
        choices.append(options)
    cycle = problem.cycle
    periods = [None] if cycle is None else range(cycle.minimum, cycle.maximum + 1)
    return any(
        check(problem, Schedule([p for p in chosen if p is not None], cycle=period)).ok
        for period in periods
        for chosen in itertools.product(*choices)
    )


@pytest.mark.parametrize("block", range(4))
def test_conflicts_are_only_claimed_where_exhaustive_search_finds_nothing(block: int):
    claimed = 0
    features = ["unary", "setup", "renewable", "reservoir", "min_lag", "max_lag", "optional", "selection", "calendar"]
    for seed in range(block * 40, block * 40 + 40):
        rng = random.Random(seed)
        problem, schedule = random_case(rng, rng.randint(1, 3), rng.sample(features, 5), cyclic=seed % 4 == 3)
        if len(problem.tasks) > 3 or schedule.makespan > 12:
            continue
        problem = tightened(rng, tightened(rng, problem.replace(horizon=schedule.makespan)))
        if explain(problem):
            claimed += 1
            assert not _feasible_by_search(problem, schedule.makespan), f"seed {seed}"
    assert claimed >= 3


def test_ten_thousand_tasks_are_explained_quickly():
    rng = random.Random(1)
    order = list(range(10_000))
    rng.shuffle(order)
    tasks = tuple(Task(f"t{i}", (Mode(3, (Demand(0),)),), release=rng.randrange(100)) for i in order)
    lags = tuple(TimeLag(a, b, 0, 400) for a, b in itertools.pairwise(order))
    problem = Problem(resources=(Unary("m"),), tasks=tasks, lags=lags, horizon=29_999)
    begin = time.perf_counter()
    conflict = only(problem)
    assert time.perf_counter() - begin < 5
    assert conflict.kind is ConflictKind.WINDOW
    assert "more steps" in conflict.message
