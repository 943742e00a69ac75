"""What makes one candidate better than another: one number for each trial, and their mean.  Less is better."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schedcore.errors import InputError
from schedcore.experiments.trial import TrialRecord

if TYPE_CHECKING:
    from schedcore.registry import LoadedInstance

UNSOLVED_GAP = 1.0
"""What a trial without a result counts under ``gap``: twice the best known value."""


@dataclass(frozen=True, slots=True)
class Objective:
    """How trials are judged.

    Parameters
    ----------
    name
        ``gap``: relative distance of the value from the best known one; ``value``: the value itself; otherwise the
        name of a metric of the record, or ``wall_s``, ``cpu_s`` or ``deterministic_time``.
    maximise
        Whether more is better, for ``value`` and metrics.
    """

    name: str = "gap"
    maximise: bool = False

    def cost(self, record: TrialRecord) -> float:
        """What ``record`` costs; infinite if it says nothing, except under ``gap``."""
        if self.name == "gap":
            return _gap(record)
        if record.failed:
            return math.inf
        if self.name == "value":
            value = record.value
        elif self.name in ("wall_s", "cpu_s", "deterministic_time"):
            value = getattr(record, self.name)
        else:
            value = record.metrics.get(self.name)
        if value is None or not math.isfinite(value):
            return math.inf
        return -float(value) if self.maximise or (self.name == "value" and record.direction == "max") else float(value)

    def shown(self, cost: float) -> float:
        """A mean cost as the figure that the name promises."""
        return -cost if self.maximise else cost


def mean(costs: Iterable[float]) -> float:
    """The arithmetic mean; infinite if one is."""
    values = list(costs)
    return math.fsum(values) / len(values) if values else math.inf


def _gap(record: TrialRecord) -> float:
    best = record.upper if record.direction == "min" else record.lower
    if record.failed or record.value is None or best is None:
        return UNSOLVED_GAP
    away = record.value - best if record.direction == "min" else best - record.value
    return float(away) / max(1.0, abs(best))


def choose_objective(name: str | None, maximise: bool, instances: Sequence[LoadedInstance]) -> tuple[Objective, str]:
    """The objective asked for, and the reason in words; without a name ``gap`` where every best value is known.

    Raises
    ------
    InputError
        ``gap`` for an instance without a known value, or with ``maximise``.
    """
    unknown = [loaded.name for loaded in instances if loaded.upper_bound is None]
    if name == "gap" and unknown:
        raise InputError(
            f"no best known value of {unknown[0]}", where="--objective gap", remedy="use --objective value, or a metric"
        )
    if name == "gap" and maximise:
        raise InputError("a gap is never maximised", where="--maximise", remedy="leave it away")
    if name is not None:
        return Objective(name, maximise), "asked for"
    if unknown or not instances or maximise:
        why = f"no best known value of {unknown[0]}" if unknown else "no best known values"
        return Objective("value", maximise), why
    return Objective("gap"), "the best known value of every instance is known"
