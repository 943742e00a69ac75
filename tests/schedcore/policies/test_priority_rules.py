"""Priority rules: formulas, ties, order of starts."""

from __future__ import annotations

import math

import pytest

from schedcore.errors import UnknownNameError
from schedcore.executor import Executor, Start, WaitEvent, execute
from schedcore.executor.sgs import keys_of
from schedcore.model import Problem, ProblemBuilder
from schedcore.model.arrays import NO_DEADLINE
from schedcore.policies import RULES, PriorityPolicy, find_rule
from schedcore.policies.rules import rule_key


def key(rule: str, **given: float) -> float:
    """Key of a task with p = 4, everything after it 10 ticks of work in 3 operations, due at 20."""
    facts: dict[str, float] = {
        "now": 5.0,
        "arrival": 2.0,
        "p": 4.0,
        "tail": 9.0,
        "work": 10.0,
        "operations": 3.0,
        "due": 20.0,
        "deadline": 30.0,
        "weight": 2.0,
        "mean": 5.0,
        "draw": 0.25,
        "no_deadline": float(NO_DEADLINE),
    }
    facts.update(given)
    return rule_key(RULES[rule].code, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("spt", 4),
        ("lpt", -4),
        ("mwkr", -10),
        ("lwkr", 10),
        ("mor", -3),
        ("lor", 3),
        ("fifo", 2),
        ("edd", 20),
        # max(5 + 9, 20 - 4 + 9)
        ("mdd", 25),
        # slack 20 - 5 - 4 - 2 * 6 < 0: the full weight over processing
        ("atc", -0.5),
        # -(2/4) * (1 - 11 / (1 * 2 * 10))
        ("covert", -0.5 * (1 - 11 / 20)),
        ("edf", 30),
        # -(2/4) * exp(-11 / (2 * 5))
        ("rm", -0.5 * math.exp(-1.1)),
        ("llf", 26),
        ("cp", -9),
        ("wspt", 2),
        # (20 - 5) / 9
        ("cr", 15 / 9),
        # (20 - 5 - 4) / 3
        ("sopn", 11 / 3),
        ("random", 0.25),
    ],
)
def test_keys_follow_the_formulas(rule: str, expected: float) -> None:
    assert key(rule) == pytest.approx(expected)


def test_every_rule_has_a_formula_and_a_source() -> None:
    assert len(RULES) >= 12
    assert all(rule.formula and rule.source for rule in RULES.values())
    assert len({rule.code for rule in RULES.values()}) == len(RULES)


def test_without_a_deadline_the_due_date_counts() -> None:
    assert key("edf", deadline=NO_DEADLINE) == 20
    assert key("llf", deadline=NO_DEADLINE) == 16


def test_atc_falls_with_slack() -> None:
    # slack 100 - 5 - 4 - 12 = 79, scale 3 * 5
    assert key("atc", due=100.0) == pytest.approx(-0.5 * math.exp(-79 / 15))


def three_on_one_machine() -> Problem:
    b = ProblemBuilder()
    x = b.unary("x")
    b.task("a", 5, on=x, due=30, weight=1)
    b.task("b", 2, on=x, due=20, weight=1)
    b.task("c", 2, on=x, due=6, weight=5)
    return b.build()


@pytest.mark.parametrize(
    ("rule", "order"),
    [("spt", [1, 2, 0]), ("lpt", [0, 1, 2]), ("edd", [2, 1, 0]), ("wspt", [2, 1, 0]), ("fifo", [0, 1, 2])],
)
def test_rules_order_one_machine_with_ties_to_the_lowest_id(rule: str, order: list[int]) -> None:
    schedule = execute(three_on_one_machine(), PriorityPolicy(rule))
    assert sorted(range(3), key=lambda t: int(schedule.start[t])) == order


@pytest.mark.parametrize("rule", sorted(RULES))
def test_key_of_the_policy_is_that_of_list_scheduling_at_the_start(rule: str) -> None:
    problem = three_on_one_machine()
    policy, run = PriorityPolicy(rule), Executor(problem)
    policy.reset(problem, 3)
    keys = keys_of(problem, rule, 3)
    assert [policy.key(run.state, t) for t in range(3)] == pytest.approx(keys.tolist())


def test_random_depends_on_the_seed_alone() -> None:
    problem = three_on_one_machine()
    assert keys_of(problem, "random", 1).tolist() == keys_of(problem, "random", 1).tolist()
    assert keys_of(problem, "random", 1).tolist() != keys_of(problem, "random", 2).tolist()


def test_dynamic_rules_look_at_the_clock() -> None:
    problem = three_on_one_machine()
    policy, run = PriorityPolicy("cr"), Executor(problem)
    policy.reset(problem, 0)
    before = policy.key(run.state, 0)
    run.apply(Start((1, 0)))
    run.apply(WaitEvent())
    # (30 - 2) / 5 instead of 30 / 5
    assert (before, policy.key(run.state, 0)) == (6.0, 5.6)


def test_the_mode_that_ends_first_is_started() -> None:
    b = ProblemBuilder()
    x, y = b.unary("x"), b.unary("y")
    b.task("a", 9, on=x)
    b.task("b", modes=[b.mode(2, on=x), b.mode(3, on=y), b.mode(3, on=y)])
    schedule = execute(b.build(), PriorityPolicy("lpt"))
    assert schedule.mode.tolist() == [0, 1]


def test_unknown_rules_are_refused_with_a_near_miss() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'mwkr'"):
        PriorityPolicy("mwkrr")


def test_aliases_name_the_same_rule() -> None:
    assert find_rule("MOPNR") is RULES["mor"]
    assert find_rule("mtwr") is RULES["mwkr"]
