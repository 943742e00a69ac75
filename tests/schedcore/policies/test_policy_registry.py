"""Policies by name, by reference, as solvers."""

from __future__ import annotations

import pytest

from schedcore.errors import InputError, UnknownNameError, UnsupportedFeatureError
from schedcore.executor import Decision, Policy, State, WaitEvent
from schedcore.model import Cycle, Problem, ProblemBuilder
from schedcore.policies import RULES, GreedyPacker, PriorityPolicy, get_policy, policy_names
from schedcore.solvers import Limits, Status
from schedcore.solvers.policy import PolicySolver


class Waiting:
    """A policy from outside that never starts anything."""

    name = "waiting"
    features = frozenset({"unary", "objective:makespan"})

    def reset(self, problem: Problem, seed: int) -> None:
        pass

    def decide(self, state: State) -> Decision:
        return WaitEvent()


fixed = Waiting()


@pytest.mark.parametrize("name", policy_names())
def test_every_name_gives_a_policy_that_schedules(name: str) -> None:
    policy = get_policy(name)
    assert isinstance(policy, Policy)
    b = ProblemBuilder()
    x = b.unary("x")
    b.chain(b.task("a", 2, on=x), b.task("b", 3))
    b.minimise(makespan=1)
    result = PolicySolver(policy).solve(b.build(), limits=Limits())
    assert (result.status, result.objective, result.solver) == (Status.FEASIBLE, (5,), policy.name)


def test_all_rules_and_the_packer_are_registered() -> None:
    assert set(RULES) | {"packer"} <= set(policy_names())


def test_a_policy_is_returned_as_it_is() -> None:
    assert get_policy(fixed) is fixed


def test_references_name_classes_and_objects() -> None:
    assert isinstance(get_policy(f"{__name__}:Waiting"), Waiting) or __name__ not in __import__("sys").modules
    assert get_policy("schedcore.policies.packer:GreedyPacker", breadth=2).breadth == 2  # type: ignore[attr-defined]


def test_parameters_reach_the_policy() -> None:
    policy = get_policy("SPT", optional="none")
    assert isinstance(policy, PriorityPolicy)
    assert policy.optional == "none"
    with pytest.raises(InputError, match="policy 'spt' does not take these parameters"):
        get_policy("spt", speed=3)
    with pytest.raises(InputError, match="breadth is 0"):
        GreedyPacker(breadth=0)


def test_unknown_names_are_refused_with_a_near_miss() -> None:
    with pytest.raises(UnknownNameError, match="unknown policy 'packr'.*did you mean 'packer'"):
        get_policy("packr")


def test_what_is_no_policy_is_refused() -> None:
    with pytest.raises(InputError, match="is no policy"):
        get_policy("schedcore.policies.rules:Rule", name="a", code=1, formula="", source="")
    with pytest.raises(InputError, match="takes no parameters"):
        get_policy("schedcore.policies.rules:RULES", speed=1)


def test_features_outside_are_refused_by_name() -> None:
    with pytest.raises(UnsupportedFeatureError, match="spt does not support: cyclic"):
        PolicySolver("spt").solve(Problem(cycle=Cycle(2, 2)), limits=Limits())
    b = ProblemBuilder()
    b.task("a", 1, release=4)
    with pytest.raises(UnsupportedFeatureError, match="waiting does not support: release"):
        PolicySolver(fixed).solve(b.build(), limits=Limits())


def test_a_run_without_schedule_is_unknown_with_the_reason() -> None:
    b = ProblemBuilder()
    b.task("a", 1, on=b.unary("x"))
    result = PolicySolver(fixed).solve(b.build(), limits=Limits())
    assert result.status is Status.UNKNOWN
    assert "deadlock" in result.message


def test_incumbents_are_told() -> None:
    told = []
    b = ProblemBuilder()
    b.task("a", 4)
    b.minimise(makespan=1)
    PolicySolver("spt").solve(b.build(), limits=Limits(), on_solution=told.append)
    assert [i.objective for i in told] == [(4,)]
