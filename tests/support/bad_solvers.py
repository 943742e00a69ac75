"""Solvers and policies that report what is not so, or fail; tests name them as ``support.bad_solvers:Name``."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

from support.my_solvers import LowestTask, Serial

from schedcore.model import ALL_FEATURES
from schedcore.solvers.protocol import SolveResult, Status


class Liar(Serial):
    """A feasible schedule with an objective, a bound and a status of its own."""

    name = "liar"
    claims: ClassVar[dict[str, Any]] = {"objective": (1,), "bound": 1.0, "status": Status.OPTIMAL}

    def solve(self, problem, *, limits, seed=0, hint=None, on_solution=None, should_stop=None):
        return dataclasses.replace(super().solve(problem, limits=limits), **self.claims)


class OverSure(Liar):
    """Says that its schedule is optimal."""

    name = "over-sure"
    claims: ClassVar[dict[str, Any]] = {"status": Status.OPTIMAL}


class LowBound(Liar):
    """Says optimal, with a bound that says otherwise."""

    name = "low-bound"
    claims: ClassVar[dict[str, Any]] = {"status": Status.OPTIMAL, "bound": 1.0}


class HighBound(Liar):
    """Says optimal, with a bound that its own schedule refutes."""

    name = "high-bound"
    claims: ClassVar[dict[str, Any]] = {"status": Status.OPTIMAL, "bound": 1e6}


class NoSchedule(Serial):
    """Says optimal without a schedule."""

    name = "no-schedule"

    def solve(self, problem, *, limits, seed=0, hint=None, on_solution=None, should_stop=None):
        return SolveResult(Status.OPTIMAL, None, (), None, 0.0, self.name, seed)


class NoResult(Serial):
    """Returns a number."""

    name = "no-result"

    def solve(self, problem, *, limits, seed=0, hint=None, on_solution=None, should_stop=None):
        return 42


class Dividing:
    """Divides by zero in a library's call."""

    name = "dividing"
    features = ALL_FEATURES

    def solve(self, problem, *, limits, seed=0, hint=None, on_solution=None, should_stop=None):
        return sorted([1, 2], key=lambda n: n // 0)  # the faulty line


class DividingPolicy(LowestTask):
    """A policy that divides by zero."""

    name = "dividing-policy"

    def decide(self, state):
        return 1 // 0  # the faulty line of the policy


class NumberPolicy(LowestTask):
    """A policy that decides 42."""

    name = "number-policy"

    def decide(self, state):
        return 42
