"""Laws of fixed-order replay on random problems with every feature."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from replay_cases import random_world
from strategies_core import FEATURES, Case, cases, random_case

from schedcore.check import ViolationCode
from schedcore.metrics import objective_metric, objective_values
from schedcore.model import Problem, Schedule
from schedcore.replay import LogNormal, Noise, TaskCancelled, Uncertainty, replay
from schedcore.replay.execution import execute_plan
from schedcore.replay.plan import Plan

C = ViolationCode
CAUSED_BY_UNCERTAINTY = {
    C.DEADLINE,
    C.HORIZON,
    C.LAG_MAX,
    C.LAG_MIN,  # those below 0: maximum lags the other way round, and progress that was slower than planned
    C.DURATION,  # elastic tasks and holds that stretch too far
    C.RESERVOIR_LOW,  # amounts by the tick, cancelled fills
    C.RESERVOIR_HIGH,
    C.MISSING_TASK,  # starved
    C.SELECTION,  # the same, among selections
}
SEEDS = st.integers(0, 2**32 - 1)


@given(cases(max_tasks=9))
def test_without_noise_a_railway_is_the_schedule(case: Case):
    result = replay(*case, scenarios=1)
    assert result.schedule(0) == case.schedule
    assert not result.violations


@given(cases(max_tasks=9))
def test_without_noise_a_roadrunner_is_never_late(case: Case):
    schedule = replay(*case, scenarios=1, keep_starts=False).schedule(0)
    assert (schedule.start <= case.schedule.start).all()
    assert (schedule.end <= case.schedule.end).all()


LEFT_SHIFTED = sorted(set(FEATURES) - {"max_lag", "hold", "min_lag", "elastic", "reservoir", "effect_per_tick"})


@given(cases(features=LEFT_SHIFTED, max_tasks=9))
def test_what_cannot_start_earlier_in_its_order_is_reproduced_by_a_roadrunner(case: Case):
    # A roadrunner's schedule is left-shifted in its own order; replaying it must give it back.
    shifted = replay(*case, scenarios=1, keep_starts=False)
    if shifted.violations:
        return
    again = replay(case.problem, shifted.schedule(0), scenarios=1, keep_starts=False).schedule(0)
    assert (again.start <= shifted.schedule(0).start).all()
    if not any(r.calendar for r in case.problem.resources if hasattr(r, "calendar")):
        assert again == shifted.schedule(0)


@settings(max_examples=60)
@given(cases(max_tasks=9, objective=True), SEEDS)
def test_outcomes_break_only_what_uncertainty_breaks(case: Case, seed: int):
    rng = random.Random(seed)
    uncertainty = random_world(rng, *case)
    result = replay(*case, uncertainty, scenarios=4, seed=seed, keep_starts=rng.random() < 0.5)
    bound = uncertainty.bind(case.problem)
    for i in range(4):
        outcome = result.outcome(i)
        counts = outcome.report.counts()
        assert counts == {code: int(n[i]) for code, n in result.violations.items() if n[i]}
        allowed = set(CAUSED_BY_UNCERTAINTY)
        if bound.holds:
            allowed |= {C.CALENDAR, C.OVERLAP, C.CAPACITY, C.SETUP}
        homeless = {p.task for p in case.schedule if p.start == p.end and outcome.schedule.of(p.task) is not None}
        for violation in outcome.report.violations:
            if violation.code is C.SETUP and bound.cancelled:
                assert "may not follow" in violation.message  # no setup can mend a forbidden sequence
            elif not homeless & set(violation.tasks):
                assert violation.code in allowed, violation.message
        assert outcome.trace.schedule() == outcome.schedule


@given(cases(max_tasks=9, objective=True), SEEDS)
def test_metrics_of_many_are_those_of_each(case: Case, seed: int):
    result = replay(*case, random_world(random.Random(seed), *case), scenarios=4, seed=seed)
    extra = {"blocked_ticks", "failed_tasks", "retries", "absent_tasks"}
    for i in range(4):
        outcome = result.outcome(i)
        for name in set(result.metrics) - extra - {"absent_count"}:
            assert objective_metric(case.problem, outcome.schedule, name) == result.values(name)[i], name
        if "absent_count" not in result.metrics:
            assert objective_values(case.problem, outcome.schedule) == tuple(result.objective[:, i])


@given(cases(max_tasks=9), SEEDS, st.booleans(), st.sampled_from([0, 0.5]))
def test_longer_work_never_makes_anything_earlier(case: Case, seed: int, keep_starts: bool, spread: float):
    # Laws share their random numbers, so every attempt takes at least as long under the second.
    world = random_world(random.Random(seed), *case)
    events = tuple(d for d in world.disruptions if not isinstance(d, TaskCancelled) and not hasattr(d, "noise"))
    ends = []
    for mean in (1, 1.5):
        uncertainty = Uncertainty(
            default=Noise(LogNormal(mean, spread), relative=True, success=0.8, attempts=2),
            disruptions=events,
            breakdowns=world.breakdowns if world.on_break == "resume" else (),
            on_break=world.on_break,
        )
        plan = Plan(*case, uncertainty.bind(case.problem), keep_starts=keep_starts)
        run = execute_plan(plan, seed, range(3))
        ends.append((run.start, run.end))
    assert (ends[0][0] <= ends[1][0]).all()
    assert (ends[0][1] <= ends[1][1]).all()


@given(cases(features=["unary", "renewable", "setup", "job"], max_tasks=9), SEEDS)
def test_two_schedules_meet_the_same_noise(case: Case, seed: int):
    noise = Uncertainty(default=Noise(LogNormal(1, 0.5), relative=True))
    one = replay(*case, noise, scenarios=3, seed=seed)
    # The same plan, everything 5 ticks later.
    s = case.schedule
    late = Schedule.from_arrays(s.task, s.mode, s.start + 5, s.end + 5)
    two = replay(case.problem, late, noise, scenarios=3, seed=seed)
    for i in range(3):
        a, b = one.schedule(i), two.schedule(i)
        assert (a.end - a.start == b.end - b.start).all()


def renamed(problem: Problem, order: list[int]) -> Problem:
    """The problem with its tasks in another order (plain job shops only)."""
    import dataclasses

    place = {task: i for i, task in enumerate(order)}
    lags = tuple(dataclasses.replace(lag, a=place[lag.a], b=place[lag.b]) for lag in problem.lags)
    return problem.replace(tasks=tuple(problem.tasks[t] for t in order), lags=lags)


def test_the_numbering_of_tasks_does_not_matter():
    rng = random.Random(4)
    noise = Uncertainty(default=Noise(LogNormal(1, 0.5), relative=True))
    for _ in range(20):
        case = random_case(rng, 8, ["unary", "setup", "min_lag"])
        order = list(range(len(case.problem.tasks)))
        rng.shuffle(order)
        place = {task: i for i, task in enumerate(order)}
        moved = Schedule((place[p.task], p.mode, p.start, p.end) for p in case.schedule)
        a = replay(*case, noise, scenarios=5)
        b = replay(renamed(case.problem, order), moved, noise, scenarios=5)
        assert a.values().tolist() == b.values().tolist()


@pytest.mark.slow
@pytest.mark.parametrize("block", range(5))
def test_ten_thousand_outcomes(block: int):
    for k in range(500):
        rng = random.Random(1000 * block + k)
        case = random_case(rng, rng.randint(1, 12), [f for f in FEATURES if rng.random() < 0.5], objective=True)
        result = replay(*case, random_world(rng, *case), scenarios=4, seed=k, keep_starts=rng.random() < 0.5)
        assert np.isfinite(result.values()).all()
        for i in range(4):
            counts = result.outcome(i).report.counts()
            assert counts == {code: int(n[i]) for code, n in result.violations.items() if n[i]}
