"""Two-step look-ahead: the flight with the highest profit per hour of it and the best flight after it."""

from __future__ import annotations

import numpy as np

from uam.baselines.linear_rule import LinearRule
from uam.baselines.rule_kernel import NUM_FEATURES, TWO_STEP_RATE


class TwoStepPolicy(LinearRule):
    """``max over l of (profit(i, j) + profit(j, l)) / (cycle(i, j) + cycle(j, l))``; stays unless it is positive.

    The second flight leaves when the first has been flown and recharged, with the passengers in sight (same hour) or
    forecast, less those that the aircraft already at or under way to ``j`` will take.  No second flight is
    also an option.  Deterministic; ties go to the lowest number.
    """

    def __init__(self) -> None:
        weights = np.zeros(NUM_FEATURES)
        weights[TWO_STEP_RATE] = 1.0
        super().__init__(weights, "two-step")
