"""The registry of metrics: name, symbol, unit, direction, meaning, and how to compute it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np

from schedcore.check.view import View
from schedcore.errors import ModelError, unknown_name
from schedcore.metrics.objective import METRIC_FUNCTIONS
from schedcore.metrics.resources import ReservoirUse, ResourceUse, reservoirs_of, uses_of
from schedcore.metrics.slack import float_of
from schedcore.model import OBJECTIVE_METRICS, Problem, Schedule
from schedcore.model.arrays import IntArray

Value: TypeAlias = int | float | dict[str, int] | dict[str, float]
"""A number, or numbers by the name of a resource."""


class Evaluation:
    """A schedule with the tables that several metrics share, each computed once."""

    def __init__(self, problem: Problem, schedule: Schedule) -> None:
        self.view = View(problem, schedule)

    @cached_property
    def resources(self) -> dict[str, ResourceUse]:
        """Use of unary and renewable resources by name."""
        names = self.view.problem.resources
        return {names[r].name: use for r, use in uses_of(self.view).items()}

    @cached_property
    def reservoirs(self) -> dict[str, ReservoirUse]:
        """Totals of reservoirs by name."""
        names = self.view.problem.resources
        return {names[r].name: use for r, use in reservoirs_of(self.view).items()}

    @cached_property
    def floats(self) -> IntArray:
        """Total float of every present task."""
        return float_of(self.view)


@dataclass(frozen=True, slots=True)
class Metric:
    """One documented metric.

    Parameters
    ----------
    name, symbol
        Name in results; symbol in formulas.
    unit
        ``"ticks"``, ``"unit ticks"``, ``"units"``, ``"tasks"``, ``"cost"``, ``"reward"`` or ``"1"``.
    direction
        ``"min"`` if less is better, ``"max"`` if more is, ``"none"`` if neither.
    doc
        Meaning.
    function
        Computes it; per resource it returns a mapping from names.
    per_resource
        Whether it has one value per resource.
    cyclic
        ``True``: only for cyclic problems; ``False``: only for others; ``None``: for both.
    """

    name: str
    symbol: str
    unit: str
    direction: str
    doc: str
    function: Callable[[Evaluation], Value]
    per_resource: bool = False
    cyclic: bool | None = None

    def applies_to(self, problem: Problem) -> bool:
        """Whether the metric is defined for ``problem``."""
        return self.cyclic is None or self.cyclic == (problem.cycle is not None)


def evaluate(problem: Problem, schedule: Schedule, names: Iterable[str] | None = None) -> dict[str, Value]:
    """Values of the metrics ``names``, or of all that are defined for ``problem``.

    Raises
    ------
    UnknownNameError
        For a name that is not in :data:`METRICS`.
    ModelError
        If a metric that is asked for is not defined for ``problem`` or ``schedule``.
    """
    evaluation = Evaluation(problem, schedule)
    if names is None:
        chosen = [metric for metric in METRICS.values() if metric.applies_to(problem)]
        if problem.cycle is not None and schedule.cycle is None:
            chosen = [metric for metric in chosen if metric.name != "period"]
    else:
        chosen = [metric_of(name) for name in names]
        for metric in chosen:
            if not metric.applies_to(problem):
                kind = "cyclic" if metric.cyclic else "not cyclic"
                raise ModelError(f"metric {metric.name!r} needs a problem that is {kind}", where="evaluate")
    return {metric.name: metric.function(evaluation) for metric in chosen}


def metric_of(name: str) -> Metric:
    """The metric called ``name``; raises ``UnknownNameError`` with near misses."""
    if name not in METRICS:
        raise unknown_name("metric", name, METRICS)
    return METRICS[name]


def _objective(name: str, symbol: str, unit: str, direction: str = "min") -> Metric:
    function = METRIC_FUNCTIONS[name]
    cyclic = True if name == "period" else None
    return Metric(name, symbol, unit, direction, OBJECTIVE_METRICS[name], lambda e: function(e.view), cyclic=cyclic)


def _each(name: str, symbol: str, unit: str, direction: str, doc: str, of: Callable[[ResourceUse], float]) -> Metric:
    def function(evaluation: Evaluation) -> Value:
        return {resource: of(use) for resource, use in evaluation.resources.items()}

    return Metric(name, symbol, unit, direction, doc, function, per_resource=True)


def _stock(name: str, symbol: str, direction: str, doc: str, of: Callable[[ReservoirUse], int]) -> Metric:
    def function(evaluation: Evaluation) -> Value:
        return {resource: of(use) for resource, use in evaluation.reservoirs.items()}

    return Metric(name, symbol, "units", direction, doc, function, per_resource=True)


def _float(name: str, symbol: str, unit: str, direction: str, doc: str, of: Callable[[IntArray], float]) -> Metric:
    def function(evaluation: Evaluation) -> Value:
        return of(evaluation.floats) if len(evaluation.floats) else 0

    return Metric(name, symbol, unit, direction, doc, function, cyclic=False)


_ALL = (
    _objective("makespan", "C_max", "ticks"),
    _objective("period", "P", "ticks"),
    _objective("total_flow", "sum F_j", "ticks"),
    _objective("weighted_flow", "sum w_j F_j", "ticks"),
    _objective("total_completion", "sum C_i", "ticks"),
    _objective("total_start", "sum S_i", "ticks"),
    _objective("max_lateness", "L_max", "ticks"),
    _objective("total_tardiness", "sum T_i", "ticks"),
    _objective("weighted_tardiness", "sum w_i T_i", "ticks"),
    _objective("total_earliness", "sum E_i", "ticks"),
    _objective("weighted_earliness", "sum w_i E_i", "ticks"),
    _objective("tardy_count", "sum U_i", "tasks"),
    _objective("weighted_tardy_count", "sum w_i U_i", "tasks"),
    _objective("total_setup", "sum s_ij", "ticks"),
    _objective("total_cost", "sum c_m", "cost"),
    _objective("reward", "sum r_i", "reward", "max"),
    _objective("absent_count", "n_absent", "tasks"),
    _each("busy", "B_r", "unit ticks", "none", "units times ticks in use", lambda use: use.busy),
    _each(
        "idle",
        "I_r",
        "unit ticks",
        "min",
        "units times ticks available but not in use until the makespan (or in one period)",
        lambda use: use.idle,
    ),
    _each("setup", "s_r", "ticks", "min", "transitions on this resource", lambda use: use.setup),
    _each(
        "utilisation",
        "u_r",
        "1",
        "max",
        "busy over available units times ticks until the makespan (or in one period)",
        lambda use: use.utilisation,
    ),
    _stock("produced", "E+_r", "none", "sum of the effects that fill this reservoir", lambda use: use.produced),
    _stock("consumed", "E-_r", "none", "sum of the effects that drain this reservoir", lambda use: use.consumed),
    _stock("lowest_level", "min L_r", "none", "lowest net level", lambda use: use.lowest),
    _stock("highest_level", "max L_r", "none", "highest net level", lambda use: use.highest),
    _stock("final_level", "L_r(inf)", "none", "level after the last change", lambda use: use.final),
    _float("mean_float", "mean TF_i", "ticks", "max", "mean total float in fixed order", lambda f: float(np.mean(f))),
    _float("min_float", "min TF_i", "ticks", "max", "smallest total float in fixed order", lambda f: int(f.min())),
    _float(
        "critical_count",
        "n_crit",
        "tasks",
        "min",
        "tasks without total float: any delay of theirs delays the end",
        lambda f: int((f <= 0).sum()),
    ),
)

METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _ALL}
"""Every metric of a single schedule by name."""
