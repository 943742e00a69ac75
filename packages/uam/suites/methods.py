"""The methods that suites compare: names, what they may see, and how many days they are worth."""

from __future__ import annotations

from dataclasses import dataclass

from uam.policies.registry import make_policy
from uam.state import Policy


@dataclass(frozen=True, slots=True)
class Method:
    """A policy in a suite.

    ``slow`` ones plan for seconds per day or more and run on fewer days; ``clairvoyant`` ones know the day's chance.
    ``files`` of the package decide what it does (besides those of every day).
    """

    name: str
    slow: bool = False
    clairvoyant: bool = False
    files: tuple[str, ...] = ("**/*.py",)

    def make(self) -> Policy:
        """A fresh policy."""
        return make_policy(self.name)


_SIMPLE = ("policies/simple.py",)
_RULE = ("baselines/rule_kernel.py", "baselines/linear_rule.py")
_GENETIC = ("baselines/genetic*.py",)
_MILP = ("baselines/rolling_milp.py", "baselines/flow_program.py", "planner/outlook.py")
_CPSAT = ("baselines/rolling_cpsat.py", "planner/outlook.py")

KNOWN = {
    method.name: method
    for method in (
        Method("random", files=_SIMPLE),
        Method("greedy", files=_SIMPLE),
        Method("greedy-rate", files=_SIMPLE),
        Method("two-step", files=(*_RULE, "baselines/two_step.py")),
        Method("tuned-rule", files=(*_RULE, "baselines/tuned_rule.py", "data/rules/tuned.json")),
        Method("captain", files=("learn/*.py", "checkpoints/captain.*")),
        Method("prices", files=("planner/*.py",)),
        Method("genetic", slow=True, clairvoyant=True, files=_GENETIC),
        Method("rolling-milp", slow=True, files=_MILP),
        Method("rolling-milp-oracle", slow=True, clairvoyant=True, files=_MILP),
        Method("rolling-cpsat", slow=True, files=_CPSAT),
        Method("rolling-cpsat-oracle", slow=True, clairvoyant=True, files=_CPSAT),
    )
}

OURS = "prices"
FAST = ("random", "greedy", "greedy-rate", "two-step", "tuned-rule", "captain", "prices")
SLOW = tuple(name for name, method in KNOWN.items() if method.slow)


def method(name: str) -> Method:
    """The method called ``name``: a known one, or any policy (a checkpoint, ``package.module:Name``)."""
    return KNOWN.get(name) or Method(name)
