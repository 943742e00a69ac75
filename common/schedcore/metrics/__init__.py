"""Metrics: pure functions of a problem and a schedule.  :data:`METRICS` lists and documents them."""

from schedcore.metrics.change import Nervousness, gap_to_bound, lateness, nervousness, relative_deviation
from schedcore.metrics.objective import objective_metric, objective_values
from schedcore.metrics.profiles import level_profile, usage_profile
from schedcore.metrics.registry import METRICS, Metric, evaluate, metric_of
from schedcore.metrics.resources import ReservoirUse, ResourceUse, reservoir_uses, resource_uses
from schedcore.metrics.slack import total_float

__all__ = [
    "METRICS",
    "Metric",
    "Nervousness",
    "ReservoirUse",
    "ResourceUse",
    "evaluate",
    "gap_to_bound",
    "lateness",
    "level_profile",
    "metric_of",
    "nervousness",
    "objective_metric",
    "objective_values",
    "relative_deviation",
    "reservoir_uses",
    "resource_uses",
    "total_float",
    "usage_profile",
]
