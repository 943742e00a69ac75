"""The methods that suites compare: names, what they may see, and how many days they are worth."""

from __future__ import annotations

from dataclasses import dataclass

from uam.policies.registry import make_policy
from uam.state import Policy


@dataclass(frozen=True, slots=True)
class Method:
    """A policy in a suite.

    ``slow`` ones plan for seconds per day or more and run on fewer days; ``clairvoyant`` ones know the day's chance.
    """

    name: str
    slow: bool = False
    clairvoyant: bool = False

    def make(self) -> Policy:
        """A fresh policy."""
        return make_policy(self.name)


KNOWN = {
    method.name: method
    for method in (
        Method("random"),
        Method("greedy"),
        Method("greedy-rate"),
        Method("two-step"),
        Method("tuned-rule"),
        Method("prices"),
        Method("genetic", slow=True, clairvoyant=True),
        Method("rolling-milp", slow=True),
        Method("rolling-milp-oracle", slow=True, clairvoyant=True),
        Method("rolling-cpsat", slow=True),
        Method("rolling-cpsat-oracle", slow=True, clairvoyant=True),
    )
}

OURS = "prices"
FAST = ("random", "greedy", "greedy-rate", "two-step", "tuned-rule", "prices")
SLOW = tuple(name for name, method in KNOWN.items() if method.slow)


def method(name: str) -> Method:
    """The method called ``name``: a known one, or any policy (a checkpoint, ``package.module:Name``)."""
    return KNOWN.get(name) or Method(name)
