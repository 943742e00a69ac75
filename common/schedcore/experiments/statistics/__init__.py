"""The statistics behind reports: pure functions of numbers, each with its formula and source.

Ratios and gaps (``ratios``), bootstrap intervals (``bootstrap``), the paired test (``signed_rank``) and its
correction for many comparisons (``holm``), wins and losses (``comparison``), performance profiles
(``profile``), gaps over time (``convergence``), the front of time and quality (``pareto``), spread over seeds
(``spread``).
"""

from schedcore.experiments.statistics.bootstrap import (
    Interval,
    bootstrap_geometric_mean,
    bootstrap_mean,
    bootstrap_mean_difference,
    bootstrap_ratio,
)
from schedcore.experiments.statistics.comparison import WinTieLoss, win_tie_loss
from schedcore.experiments.statistics.convergence import GapTrace, gap_trace, mean_gap_curve, primal_integral
from schedcore.experiments.statistics.holm import holm
from schedcore.experiments.statistics.pareto import pareto_front
from schedcore.experiments.statistics.profile import ProfileCurve, profile_curves
from schedcore.experiments.statistics.ratios import (
    Direction,
    cost_ratio,
    geometric_mean,
    primal_gap,
    relative_gap,
)
from schedcore.experiments.statistics.signed_rank import SignedRank, signed_rank_test
from schedcore.experiments.statistics.spread import Spread, seed_spread

__all__ = [
    "Direction",
    "GapTrace",
    "Interval",
    "ProfileCurve",
    "SignedRank",
    "Spread",
    "WinTieLoss",
    "bootstrap_geometric_mean",
    "bootstrap_mean",
    "bootstrap_mean_difference",
    "bootstrap_ratio",
    "cost_ratio",
    "gap_trace",
    "geometric_mean",
    "holm",
    "mean_gap_curve",
    "pareto_front",
    "primal_gap",
    "primal_integral",
    "profile_curves",
    "relative_gap",
    "seed_spread",
    "signed_rank_test",
    "win_tie_loss",
]
