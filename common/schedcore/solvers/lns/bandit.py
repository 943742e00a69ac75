"""Which move to make next: those that gained most per unit of time lately, the others now and then."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


class Bandit:
    """Chooses among named arms in proportion to a fading average of gain per cost.

    Parameters
    ----------
    arms
        Names.
    floor
        Least probability of an arm, at most ``1 / len(arms)``.
    fade
        Weight of what was before against the latest reward, in ``[0, 1)``.
    untried
        Arms that are tried once before any other; the rest begin with a score of 0.  ``None``: all.

    Attributes
    ----------
    tries, gains
        How often each arm was chosen, and how often it gained something.
    """

    def __init__(
        self, arms: Sequence[str], *, floor: float = 0.05, fade: float = 0.8, untried: Sequence[str] | None = None
    ) -> None:
        self.arms = list(arms)
        self.floor = min(floor, 1 / len(self.arms))
        self.fade = fade
        first = self.arms if untried is None else untried
        self._score: dict[str, float | None] = {arm: None if arm in first else 0.0 for arm in self.arms}
        self.tries = dict.fromkeys(self.arms, 0)
        self.gains = dict.fromkeys(self.arms, 0)

    def choose(self, rng: np.random.Generator) -> str:
        """An arm; those never tried come first, in order."""
        for arm, score in self._score.items():
            if score is None:
                return arm
        scores = np.array([self._score[arm] or 0.0 for arm in self.arms])
        total = scores.sum()
        even = np.full(len(scores), 1 / len(scores))
        shares = scores / total if total > 0 else even
        free = 1 - self.floor * len(scores)
        return self.arms[int(rng.choice(len(scores), p=self.floor + free * shares))]

    def reward(self, arm: str, gain: float, cost: float) -> None:
        """Record that ``arm`` gained ``gain`` (at least 0) at ``cost``."""
        self.tries[arm] += 1
        self.gains[arm] += gain > 0
        rate = gain / max(cost, 1e-9)
        before = self._score[arm]
        self._score[arm] = rate if before is None else self.fade * before + (1 - self.fade) * rate
