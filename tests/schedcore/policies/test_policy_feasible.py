"""Every registered policy gives feasible schedules, or says that it found none."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies_core import Case, cases, random_case

from schedcore.check import check
from schedcore.errors import NoScheduleError, UnsupportedFeatureError
from schedcore.executor import execute
from schedcore.model import Problem, Schedule
from schedcore.policies import PriorityPolicy, get_policy, policy_names

NAMES = policy_names()


def outcome(problem: Problem, name: str, seed: int = 0) -> Schedule | None:
    policy = get_policy(name)
    try:
        schedule = execute(problem, policy, seed)
    except UnsupportedFeatureError:
        assert problem.features() - policy.features
        return None
    except NoScheduleError:
        return None
    report = check(problem, schedule)
    assert report.ok, f"{name}: {report.violations[0].message}"
    return schedule


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=12, deadline=None)
@given(case=cases(cyclic=None), seed=st.integers(0, 99))
def test_feasible_or_none(name: str, case: Case, seed: int) -> None:
    outcome(case.problem, name, seed)


def test_feasible_on_larger_problems() -> None:
    found: Counter[str] = Counter()
    for i in range(40):
        rng = random.Random(f"larger/{i}")
        features = rng.sample(
            ["unary", "renewable", "multi_mode", "setup", "calendar", "release", "due", "min_lag", "elastic", "zero"],
            rng.randint(2, 8),
        )
        problem = random_case(rng, rng.randint(8, 25), features).problem
        for name in NAMES:
            found[name] += outcome(problem, name) is not None
    # Without deadlines, maximum lags and reservoirs dead ends are rare.
    assert all(found[name] >= 25 for name in NAMES), found


class StepByStep(PriorityPolicy):
    """The same rule; as another class it takes the executor, decision by decision."""


@pytest.mark.parametrize("rule", sorted(set(NAMES) - {"packer"}))
def test_the_short_cut_decides_as_the_executor_does(rule: str) -> None:
    compared = 0
    for i in range(40):
        rng = random.Random(f"{rule}/{i}")
        problem = random_case(rng, rng.randint(1, 12)).problem
        try:
            slow = execute(problem, StepByStep(rule), i)
        except NoScheduleError:
            with pytest.raises(NoScheduleError):
                execute(problem, PriorityPolicy(rule), i)
            continue
        assert execute(problem, PriorityPolicy(rule), i) == slow, i
        compared += 1
    for i in range(15):
        rng = random.Random(f"{rule}/plain/{i}")
        features = rng.sample(["unary", "renewable", "multi_mode", "release", "due", "min_lag", "calendar"], 4)
        problem = random_case(rng, rng.randint(5, 20), features).problem
        try:
            slow = execute(problem, StepByStep(rule), i)
        except NoScheduleError:
            continue
        assert execute(problem, PriorityPolicy(rule), i) == slow, i
        compared += 1
    assert compared >= 10
