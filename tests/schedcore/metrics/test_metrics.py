"""Metrics on hand-worked examples, and against their plain meaning on random cases."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_metrics import reference_metrics
from strategies_core import FEATURES, Case, broken, cases, random_case

from schedcore.check import check
from schedcore.errors import InputError, ModelError, UnknownNameError
from schedcore.metrics import (
    METRICS,
    Nervousness,
    evaluate,
    gap_to_bound,
    lateness,
    level_profile,
    metric_of,
    nervousness,
    objective_metric,
    objective_values,
    relative_deviation,
    reservoir_uses,
    resource_uses,
    total_float,
    usage_profile,
)
from schedcore.model import (
    MAX_TICK,
    OBJECTIVE_METRICS,
    Cycle,
    Demand,
    Effect,
    Mode,
    Objective,
    Problem,
    ProblemBuilder,
    Renewable,
    Reservoir,
    Schedule,
    StepProfile,
    Task,
    TimeLag,
    Unary,
)


def shop() -> tuple[Problem, Schedule]:
    b = ProblemBuilder("shop")
    m = b.unary("m", transition=[[0, 2], [3, 0]], initial_state=1, breaks=[(20, 25)])
    r = b.renewable("crew", 3)
    s = b.reservoir("tank", initial=4, maximum=9)
    j, k = b.job("j"), b.job("k")
    b.task("a", 4, on=m, state=0, job=j, due=5, weight=2, release=1, cost=3)
    b.task("b", 5, on=m, demands={r: 2}, state=1, job=j, due=14, release=2, effects=[b.effect(s, -3, at="start")])
    b.task("c", 6, demands={r: 1}, job=k, due=12, weight=3, effects=[b.effect(s, 5)])
    b.task("d", 1, optional=True, reward=7)
    b.task("e", 1, optional=True, reward=9)
    # m: setup 1 -> 0 of 3, a [3, 7), setup 0 -> 1 of 2, b [9, 14); crew: c [4, 10) with 1, b with 2.
    return b.build(), Schedule([(0, 0, 3, 7), (1, 0, 9, 14), (2, 0, 4, 10), (3, 0, 0, 1)])


def test_objective_metrics_of_the_shop():
    problem, schedule = shop()
    assert check(problem, schedule).ok
    values = evaluate(problem, schedule, [n for n in OBJECTIVE_METRICS if n != "period"])
    assert values == {
        "makespan": 14,
        "total_flow": 13 + 10 + 1,  # j: 14 - 1; k: 10 - 0; d alone: 1 - 0
        "weighted_flow": 2 * 13 + 3 * 10 + 1,
        "total_completion": 7 + 14 + 10 + 1,
        "total_start": 3 + 9 + 4 + 0,
        "max_lateness": 2,  # a: 7 - 5; b: 0; c: -2
        "total_tardiness": 2,
        "weighted_tardiness": 4,
        "total_earliness": 2,
        "weighted_earliness": 6,
        "tardy_count": 1,
        "weighted_tardy_count": 2,
        "total_setup": 3 + 2,
        "total_cost": 3,
        "reward": 7,
        "absent_count": 1,
    }
    assert lateness(problem, schedule) == ((0, 2), (1, 0), (2, -2))


def test_resource_metrics_of_the_shop():
    problem, schedule = shop()
    uses = resource_uses(problem, schedule)
    assert set(uses) == {0, 1}
    assert (uses[0].available, uses[0].busy, uses[0].idle, uses[0].setup) == (14, 9, 5, 5)
    # crew: 6 * 1 + 5 * 2 of 14 * 3
    assert (uses[1].available, uses[1].busy, uses[1].idle) == (42, 16, 26)
    assert uses[1].utilisation == pytest.approx(16 / 42)
    tank = reservoir_uses(problem, schedule)[2]
    assert (tank.produced, tank.consumed, tank.net) == (5, 3, 2)
    assert (tank.lowest, tank.highest, tank.final) == (1, 6, 6)
    named = evaluate(problem, schedule, ["busy", "utilisation", "consumed", "setup"])
    assert named["busy"] == {"m": 9, "crew": 16}
    assert named["setup"] == {"m": 5, "crew": 0}
    assert named["consumed"] == {"tank": 3}


def test_calendar_reduces_what_is_available():
    problem = Problem(
        resources=(Renewable("r", 4, StepProfile(((0, 4), (3, 1), (7, 2)))),),
        tasks=(Task("a", (Mode(10, (Demand(0),)),)),),
    )
    # [0, 3) 4, [3, 7) 1, [7, 10) 2: 12 + 4 + 6
    use = resource_uses(problem, Schedule([(0, 0, 0, 10)]))[0]
    assert (use.available, use.busy, use.idle) == (22, 10, 12)


def test_nothing_available_is_no_division_by_zero():
    problem = Problem(resources=(Renewable("r", 0),), tasks=(Task("a", (Mode(3),)),))
    assert resource_uses(problem, Schedule([(0, 0, 0, 3)]))[0].utilisation == 0.0


def test_cyclic_use_counts_one_period():
    problem = Problem(
        resources=(Unary("m"), Reservoir("s", 0, 0, 9)),
        tasks=(
            Task("a", (Mode(3, (Demand(0),), (Effect(1, 2),)),)),
            Task("b", (Mode(2, (Demand(0),), (Effect(1, -2),)),)),
        ),
        cycle=Cycle(5, 9),
        objective=Objective.lexicographic({"period": 2}, {"makespan": 1}),
    )
    schedule = Schedule([(0, 0, 1, 4), (1, 0, 10, 12)], cycle=6)
    assert check(problem, schedule).ok
    use = resource_uses(problem, schedule)[0]
    assert (use.available, use.busy) == (6, 5)
    assert objective_values(problem, schedule) == (12, 12)
    # a gives at 4, 10, ...; b takes at 12, 18, ...: two rounds have given before it first takes: 4 before, 2 after.
    assert level_profile(problem, schedule, 1) == StepProfile(((0, 2), (4, 4)))
    # a in phases 1 to 3, b in 4 and 5; phase 0 is free.
    assert usage_profile(problem, schedule, 0) == StepProfile(((0, 0), (1, 1)))
    assert "mean_float" not in evaluate(problem, schedule)
    assert evaluate(problem, Schedule([(0, 0, 1, 4)])).keys() == evaluate(problem, schedule).keys() - {"period"}


@given(cases(cyclic=None, objective=True))
def test_metrics_agree_with_their_plain_meaning(case: Case):
    problem, schedule = case
    expected = reference_metrics(problem, schedule)
    assert evaluate(problem, schedule, expected) == expected
    assert all(objective_metric(problem, schedule, name) == value for name, value in expected.items())
    stages = problem.objective.stages
    assert objective_values(problem, schedule) == tuple(sum(w * expected[n] for n, w in stage) for stage in stages)


@given(cases(cyclic=None))
def test_profiles_agree_with_counting_tick_by_tick(case: Case):
    problem, schedule = case
    period = schedule.cycle
    for r, resource in enumerate(problem.resources):
        if isinstance(resource, Reservoir):
            profile = level_profile(problem, schedule, r)
            assert resource.minimum <= profile.minimum <= profile.maximum <= resource.maximum
            continue
        last = schedule.makespan + 2 if period is None else period
        used = [0] * last
        for p in schedule:
            amount = sum(d.amount for d in problem.tasks[p.task].modes[p.mode].demands if d.resource == r)
            for tick in range(p.start, p.end):
                used[tick % last] += amount
        profile = usage_profile(problem, schedule, r)
        assert [profile.at(t) for t in range(last)] == used
        values = [value for _, value in profile.points]
        assert all(a != b for a, b in itertools.pairwise(values))
        assert resource_uses(problem, schedule)[r].busy == sum(used)


@given(cases(cyclic=None), st.integers(0, 2**32 - 1))
def test_broken_schedules_have_metrics_too(case: Case, seed: int):
    schedule = broken(random.Random(seed), case.problem, case.schedule, 3)
    values = evaluate(case.problem, schedule)
    assert all(METRICS[name].applies_to(case.problem) for name in values)


def test_total_float_of_a_small_network():
    b = ProblemBuilder()
    m = b.unary("m", transition=[[0, 1], [1, 0]])
    x = b.task("x", 3, on=m, state=0)
    b.task("y", 4, on=m, state=1)
    z = b.task("z", 2)
    late = b.task("late", 2, deadline=9)
    b.precedence(x, z)
    b.lag(z.start, late.start, max=3)
    problem = b.build()
    # y follows x and a setup of 1: makespan 8, both critical.  z [3, 5) may end by 8; late [0, 2) by 8, not more than
    # 3 after z.
    schedule = Schedule([(0, 0, 0, 3), (1, 0, 4, 8), (2, 0, 3, 5), (3, 0, 0, 2)])
    assert total_float(problem, schedule) == {0: 0, 1: 0, 2: 3, 3: 6}
    values = evaluate(problem, schedule, ["mean_float", "min_float", "critical_count"])
    assert values == {"mean_float": 9 / 4, "min_float": 0, "critical_count": 2}


def test_total_float_ends_where_a_resource_closes_or_hands_on():
    problem = Problem(
        resources=(Unary("m", StepProfile.closed(1, [(6, 9)])), Renewable("r", 2, StepProfile(((0, 2), (7, 1))))),
        tasks=(
            Task("a", (Mode(3, (Demand(0),)),)),
            Task("b", (Mode(2, (Demand(1, 2),)),)),
            Task("c", (Mode(2, (Demand(1),)),)),
            Task("end", (Mode(20),)),
        ),
    )
    # a [0, 3) may move to [3, 6) before m closes.  c [8, 10) needs a unit that b hands on, and one is gone from 7 on: b
    # [1, 3) must end by 7.
    schedule = Schedule([(0, 0, 0, 3), (1, 0, 1, 3), (2, 0, 8, 10), (3, 0, 0, 20)])
    assert total_float(problem, schedule) == {0: 3, 1: 4, 2: 10, 3: 0}


@given(cases())
def test_all_tasks_at_their_latest_start_are_feasible_with_the_same_makespan(case: Case):
    problem, schedule = case
    floats = total_float(problem, schedule)
    assert min(floats.values(), default=0) >= 0
    moved = Schedule([(p.task, p.mode, p.start + floats[p.task], p.end + floats[p.task]) for p in schedule])
    report = check(problem, moved)
    assert report.ok, report.to_text()
    assert moved.makespan == schedule.makespan


@pytest.mark.slow
def test_latest_starts_are_feasible_in_five_thousand_cases():
    for seed in range(5_000):
        rng = random.Random(seed)
        problem, schedule = random_case(rng, rng.randint(1, 10), rng.sample(FEATURES, rng.randint(3, len(FEATURES))))
        floats = total_float(problem, schedule)
        moved = Schedule([(p.task, p.mode, p.start + floats[p.task], p.end + floats[p.task]) for p in schedule])
        assert check(problem, moved).ok, f"seed {seed}"


def test_total_float_of_a_contradiction_ends():
    tasks = tuple(Task(n, (Mode(1),)) for n in "ab")
    problem = Problem(tasks=tasks, lags=(TimeLag(0, 1, 2), TimeLag(1, 0, 2)))
    assert min(total_float(problem, Schedule([(0, 0, 0, 1), (1, 0, 0, 1)])).values()) < 0


def test_total_float_of_a_cycle_is_refused():
    with pytest.raises(ModelError, match="not defined for cyclic"):
        total_float(Problem(cycle=Cycle(3, 3)), Schedule(cycle=3))


def test_nervousness_counts_changes():
    problem, schedule = shop()
    new = Schedule([(0, 1, 3, 7), (1, 0, 11, 16), (2, 0, 3, 9), (4, 0, 0, 1)])
    change = nervousness(problem, new, schedule)
    assert change == Nervousness(common=3, moved=2, shift=3, mode_changes=1, added=1, removed=1)
    assert change.share_moved == pytest.approx(2 / 3)
    assert nervousness(problem, schedule, schedule).share_moved == 0
    assert nervousness(problem, Schedule(), schedule).share_moved == 0


def test_gaps():
    assert gap_to_bound(110, 100) == pytest.approx(10 / 110)
    assert gap_to_bound(100, 100) == gap_to_bound(99, 100) == 0
    assert relative_deviation(110, 100) == pytest.approx(0.1)
    assert relative_deviation(-9, -10) == pytest.approx(0.1)
    with pytest.raises(InputError, match="relative to 0"):
        relative_deviation(1, 0)


def test_every_objective_metric_is_registered_and_documented():
    assert set(OBJECTIVE_METRICS) <= set(METRICS)
    for name, metric in METRICS.items():
        assert metric.name == name
        assert metric.doc
        assert metric.symbol
        assert metric.direction in ("min", "max", "none")
        assert metric.unit in ("ticks", "unit ticks", "units", "tasks", "cost", "reward", "1")
    problem, schedule = shop()
    values = evaluate(problem, schedule)
    assert values.keys() == METRICS.keys() - {"period"}
    for name, value in values.items():
        assert isinstance(value, dict) == METRICS[name].per_resource


def test_weights_that_exceed_int64_are_exact():
    tasks = tuple(Task(n, (Mode(5),), due=-MAX_TICK, weight=MAX_TICK) for n in "ab")
    problem = Problem(tasks=tasks, objective=Objective.minimise(weighted_tardiness=1))
    assert objective_values(problem, Schedule([(0, 0, 0, 5), (1, 0, 0, 5)])) == (2 * MAX_TICK * (MAX_TICK + 5),)
    problem = Problem(
        resources=(Renewable("r", MAX_TICK),), tasks=(Task("a", (Mode(MAX_TICK, (Demand(0, MAX_TICK),)),)),)
    )
    assert resource_uses(problem, Schedule([(0, 0, 0, MAX_TICK)]))[0].busy == MAX_TICK**2


def test_unknown_metric_suggests_a_near_miss():
    with pytest.raises(UnknownNameError, match="'makespan'"):
        metric_of("makespam")
    with pytest.raises(UnknownNameError, match="unknown metric"):
        evaluate(Problem(), Schedule(), ["nothing"])
    with pytest.raises(UnknownNameError, match="unknown metric 'busy'"):
        objective_metric(Problem(), Schedule(), "busy")


def test_metrics_that_are_not_defined_are_refused():
    with pytest.raises(ModelError, match="'period' needs a problem that is cyclic"):
        evaluate(Problem(), Schedule(), ["period"])
    with pytest.raises(ModelError, match="'min_float' needs a problem that is not cyclic"):
        evaluate(Problem(cycle=Cycle(3, 3)), Schedule(cycle=3), ["min_float"])
    with pytest.raises(ModelError, match="'period' needs a cyclic schedule"):
        evaluate(Problem(cycle=Cycle(3, 3)), Schedule(), ["period"])


def test_profiles_of_the_wrong_resource_are_refused():
    problem, schedule = shop()
    with pytest.raises(ModelError, match="'tank' is a reservoir"):
        usage_profile(problem, schedule, 2)
    with pytest.raises(ModelError, match="'m' is no reservoir"):
        level_profile(problem, schedule, 0)
    with pytest.raises(ModelError, match="resource 5 does not exist"):
        usage_profile(problem, schedule, 5)
    with pytest.raises(ModelError, match="without a positive period"):
        usage_profile(Problem(resources=(Unary("m"),), cycle=Cycle(3, 3)), Schedule(), 0)


def test_no_objective_no_values():
    assert objective_values(Problem(), Schedule()) == ()
    assert evaluate(Problem(), Schedule(), ["makespan", "total_setup", "max_lateness"]) == {
        "makespan": 0,
        "total_setup": 0,
        "max_lateness": 0,
    }


def test_profile_sums_up_what_happens_before_tick_zero():
    problem = Problem(resources=(Unary("m"),), tasks=(Task("a", (Mode(4, (Demand(0),)),)),))
    assert usage_profile(problem, Schedule([(0, 0, -2, 2)]), 0) == StepProfile(((0, 1), (2, 0)))
