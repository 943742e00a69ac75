"""The fast checker against valid cases by construction, and against the slow reference on broken ones."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_checker import Finding, reference_check
from strategies_core import FEATURES, Case, broken, cases, random_case, tightened

from schedcore.check import Realised, check
from schedcore.model import Problem, Schedule, StepProfile, Unary


def _findings(problem: Problem, schedule: Schedule, realised: Realised | None = None) -> Counter[Finding]:
    report = check(problem, schedule, realised)
    found = Counter((v.code.value, v.tasks, v.resource, v.at, v.amount) for v in report.violations)
    assert len(report) == found.total()
    assert report.ok == (not found)
    for code, total in report.totals().items():
        assert total == sum(f[4] * n for f, n in found.items() if f[0] == code)
    return found


@given(cases(cyclic=None))
def test_schedules_that_are_valid_by_construction_raise_no_alarm(case: Case):
    report = check(case.problem, case.schedule)
    assert report.ok, report.to_text()
    assert not reference_check(case.problem, case.schedule)


@given(cases(cyclic=None), st.integers(0, 2**32 - 1), st.integers(1, 4), st.booleans())
@settings(max_examples=200)
def test_fast_and_slow_checker_find_the_same(case: Case, seed: int, changes: int, tighten: bool):
    rng = random.Random(seed)
    problem = tightened(rng, case.problem) if tighten else case.problem
    schedule = broken(rng, problem, case.schedule, changes)
    assert _findings(problem, schedule) == reference_check(problem, schedule)


@given(cases(), st.integers(0, 2**32 - 1))
def test_fast_and_slow_checker_agree_on_what_really_happened(case: Case, seed: int):
    rng = random.Random(seed)
    problem = case.problem
    durations = {p.task: max(0, p.end - p.start + rng.randint(-1, 1)) for p in case.schedule if rng.random() < 0.5}
    calendars = {}
    for r, resource in enumerate(problem.resources):
        capacity = 1 if isinstance(resource, Unary) else getattr(resource, "capacity", None)
        if capacity is not None and rng.random() < 0.5:
            ticks = sorted({0, *(rng.randrange(25) for _ in range(3))})
            calendars[r] = StepProfile(tuple((t, rng.randint(0, capacity)) for t in ticks))
    realised = Realised(durations, calendars)
    assert _findings(problem, case.schedule, realised) == reference_check(problem, case.schedule, realised)


@pytest.mark.slow
@pytest.mark.parametrize("cyclic", [False, True])
def test_no_false_alarm_in_ten_thousand_cases(cyclic: bool):
    for seed in range(5_000):
        rng = random.Random(seed)
        features = FEATURES if seed % 3 == 0 else [f for f in FEATURES if rng.random() < 0.5]
        problem, schedule = random_case(rng, rng.randint(1, 12), features, cyclic=cyclic)
        report = check(problem, schedule)
        assert report.ok, f"seed {seed}: {report.to_text()}"


@pytest.mark.slow
@pytest.mark.parametrize("cyclic", [False, True])
def test_fast_and_slow_checker_agree_on_ten_thousand_broken_cases(cyclic: bool):
    for seed in range(5_000):
        rng = random.Random(seed)
        problem, schedule = random_case(rng, rng.randint(1, 8), cyclic=cyclic)
        problem = tightened(rng, problem) if rng.random() < 0.5 else problem
        schedule = broken(rng, problem, schedule, rng.randint(1, 5))
        assert _findings(problem, schedule) == reference_check(problem, schedule), f"seed {seed}"
