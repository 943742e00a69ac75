"""Every rule broken in exactly one way: the checker names that way and no other."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutations_core import MINIMAL, break_case
from reference_checker import reference_check
from strategies_core import Case, cases, random_case

from schedcore.check import ViolationCode, check


def test_every_code_has_a_minimal_example():
    assert list(MINIMAL) == list(ViolationCode)
    assert len(ViolationCode) == 18


@pytest.mark.parametrize("code", list(ViolationCode))
def test_minimal_example_breaks_exactly_this_rule(code: ViolationCode):
    problem, valid, broken, tasks, resource, at, amount = MINIMAL[code]()
    assert check(problem, valid).ok
    (violation,) = check(problem, broken).violations
    assert (violation.code, violation.tasks, violation.resource) == (code, tasks, resource)
    assert (violation.at, violation.amount) == (at, amount)
    names = [problem.tasks[t].name for t in tasks if t < len(problem.tasks)]
    assert all(f"'{name}'" in violation.message for name in names)
    if resource is not None:
        assert f"'{problem.resources[resource].name}'" in violation.message


@given(cases(cyclic=None, max_tasks=6), st.sampled_from(list(ViolationCode)), st.integers(0, 2**32 - 1))
def test_one_more_broken_rule_on_a_random_valid_case_is_named(case: Case, code: ViolationCode, seed: int):
    result = break_case(random.Random(seed), case, code)
    if result is None:
        return
    (problem, schedule), amount = result
    report = check(problem, schedule)
    (violation,) = report.violations
    assert (violation.code, violation.amount) == (code, amount)
    assert report.totals() == {code: amount}


@pytest.mark.parametrize("code", list(ViolationCode))
def test_random_breaks_are_found_for_every_code(code: ViolationCode):
    broken = 0
    for seed in range(40):
        rng = random.Random(seed)
        case = random_case(rng, 5, ["unary", "renewable", "reservoir", "calendar", "optional", "min_lag"])
        result = break_case(rng, case, code)
        if result is not None:
            (problem, schedule), _ = result
            assert check(problem, schedule).codes == {code}
            assert {f[0] for f in reference_check(problem, schedule)} == {code}
            broken += 1
    assert broken >= 5
