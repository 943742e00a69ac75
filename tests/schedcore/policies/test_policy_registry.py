"""Policies by name, alias and reference."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import ClassVar

import pytest
from support.refusals import refusal

import schedcore.registry
from schedcore.errors import InputError, NoScheduleError, UnknownNameError, UnsupportedFeatureError
from schedcore.executor import Decision, Executor, Policy, Start, State, WaitEvent, execute
from schedcore.model import ALL_FEATURES, Problem, ProblemBuilder
from schedcore.policies import RULES, GreedyPacker, PriorityPolicy, get_policy, policy_names


class Backwards:
    """Starts the highest id first; understands unary resources only."""

    name = "backwards"
    features: ClassVar[frozenset[str]] = frozenset({"unary"})

    def __init__(self, twice: bool = False) -> None:
        self.twice = twice

    def reset(self, problem: Problem, seed: int) -> None:
        """Nothing to prepare."""

    def decide(self, state: State) -> Decision:
        """The last candidate."""
        return Start(state.candidates[-1]) if state.candidates else WaitEvent()


BACKWARDS = Backwards()
NUMBER = 3


class Incomplete:
    """No policy: lacks everything."""


def one_machine() -> Problem:
    b = ProblemBuilder("one machine")
    m = b.unary("m")
    b.task("a", 2, on=m)
    b.task("c", 3, on=m)
    return b.build()


def test_names() -> None:
    names = policy_names()
    assert list(names) == sorted(set(names))
    assert {*RULES, "packer"} <= set(names)


@pytest.mark.parametrize("name", policy_names())
def test_every_name_gives_a_fresh_policy_of_that_name(name: str) -> None:
    one, two = get_policy(name), get_policy(name)
    assert isinstance(one, Policy)
    assert one is not two
    assert one.name == name
    assert one.features <= ALL_FEATURES
    assert execute(one_machine(), one).makespan == 5


def test_aliases_and_case() -> None:
    assert get_policy("MOPNR").name == "mor"
    assert get_policy("Critical-Path").name == "cp"
    assert get_policy("SPT").name == "spt"
    assert isinstance(get_policy("Packer"), GreedyPacker)


def test_policies_pass_through() -> None:
    policy = PriorityPolicy("spt")
    assert get_policy(policy) is policy
    assert "is no policy" in refusal(lambda: get_policy(3), InputError)  # type: ignore[arg-type]


def test_references() -> None:
    policy = get_policy(f"{__name__}:Backwards", twice=True)
    assert isinstance(policy, Backwards)
    assert policy.twice
    assert [p.start for p in execute(one_machine(), policy)] == [3, 0]
    assert get_policy(f"{__name__}:BACKWARDS") is BACKWARDS


def test_near_misses() -> None:
    text = refusal(lambda: get_policy("spx"), UnknownNameError)
    assert text.startswith("policy: unknown policy 'spx' (did you mean")
    assert "'spt'" in text
    assert "'packer'" in refusal(lambda: get_policy("paker"), UnknownNameError)


def test_references_to_nothing() -> None:
    refusal(lambda: get_policy(f"{__name__}:Missing"), UnknownNameError)
    refusal(lambda: get_policy("no_such_module_here:Policy"), UnknownNameError)
    assert "is no policy" in refusal(lambda: get_policy(f"{__name__}:Incomplete"), InputError)
    text = refusal(lambda: get_policy(f"{__name__}:NUMBER"), InputError)
    assert "is no policy (it needs name, features, reset() and decide())" in text


def test_parameters() -> None:
    packer = get_policy("packer", breadth=5, optional="all")
    assert isinstance(packer, GreedyPacker)
    assert (packer.breadth, packer.optional) == (5, "all")
    assert get_policy("spt", optional="none").optional == "none"  # type: ignore[attr-defined]
    text = refusal(lambda: get_policy("spt", breadth=5), InputError)
    assert "policy 'spt' does not take these parameters" in text
    assert "breadth" in text
    text = refusal(lambda: get_policy(f"{__name__}:BACKWARDS", twice=True), InputError)
    assert "takes no parameters (leave them out)" in text


def test_policies_of_installed_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("backwards", f"{__name__}:Backwards", "sched.policies")
    monkeypatch.setattr(
        schedcore.registry, "_entry_points", lambda group: {point.name: point} if group == "sched.policies" else {}
    )
    assert "backwards" in policy_names()
    assert isinstance(get_policy("backwards"), Backwards)


def test_cyclic_problems_are_refused_by_feature() -> None:
    b = ProblemBuilder("cyclic")
    b.task("a", 3, on=b.unary("m"))
    b.cycle(1, 9)
    problem = b.build()
    for name in ("spt", "packer"):
        with pytest.raises(UnsupportedFeatureError, match=f"policy '{name}' does not support: cyclic, variable_period"):
            execute(problem, get_policy(name))


def test_own_policies_are_refused_by_their_features() -> None:
    b = ProblemBuilder("two units")
    b.task("a", 1, demands={b.renewable("r", 2): 1}, release=3)
    with pytest.raises(UnsupportedFeatureError, match="policy 'backwards' does not support: "):
        execute(b.build(), Backwards())


def test_dead_ends_name_the_task() -> None:
    b = ProblemBuilder("dead end")
    m = b.unary("m")
    b.task("a", 3, on=m, deadline=4)
    b.task("c", 3, on=m, deadline=4)
    problem = b.build()
    for name in ("spt", "packer"):
        with pytest.raises(NoScheduleError, match="'c'"):
            execute(problem, get_policy(name))


def test_a_policy_can_be_driven_step_by_step() -> None:
    problem = one_machine()
    policy, run = get_policy("lpt"), Executor(problem)
    policy.reset(problem, 0)
    assert policy.decide(run.state) == Start((1, 0))
    run.apply(Start((1, 0)))
    assert policy.decide(run.state) == WaitEvent()
