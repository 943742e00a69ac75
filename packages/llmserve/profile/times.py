"""Stand-alone durations of the operations of one layer, on one GPU of the group."""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from llmserve.cost import DECODE_ATTENTION, DOWN, HEAD, KQV, O_PROJECTION, PREFILL_ATTENTION, UP_GATE
from schedcore.errors import InputError, unknown_name

ALL_GATHER, ALL_REDUCE = "AllGather", "AllReduce"

OPERATIONS = (KQV, O_PROJECTION, UP_GATE, DOWN, DECODE_ATTENTION, PREFILL_ATTENTION, ALL_GATHER, ALL_REDUCE)
"""The operations of a layer that a profile knows."""

EXTRA_OPERATIONS = ("norm", "rotary", "activation", HEAD)
"""Further operations that a profiler may write; the planner does not place them."""


@runtime_checkable
class OperationTimes(Protocol):
    """Stand-alone best durations of operations of one layer."""

    @property
    def name(self) -> str:
        """What was measured or computed, for labels."""
        ...

    def seconds(self, operation: str, tokens: float, context: float = 0.0) -> float:
        """Seconds that ``operation`` takes on ``tokens`` tokens.

        ``context`` is the mean number of cached tokens per request (decode attention) or the mean number of keys
        per token (prefill attention, where the source depends on it); the others ignore it.
        """
        ...


@dataclass(frozen=True, slots=True)
class AttentionTable:
    """Durations over batch size and context: ``seconds[i][j]`` for ``batches[i]`` requests with ``contexts[j]`` tokens.

    Raises
    ------
    InputError
        Axes that do not increase, a ragged table, or durations that are not positive.
    """

    batches: tuple[float, ...]
    contexts: tuple[float, ...]
    seconds: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        _check_axis("batches", self.batches)
        _check_axis("contexts", self.contexts)
        if len(self.seconds) != len(self.batches) or any(len(row) != len(self.contexts) for row in self.seconds):
            raise InputError(
                f"the table is not {len(self.batches)} x {len(self.contexts)}",
                where="decode attention",
                remedy="give one row per batch size and one column per context",
            )
        _check_durations("decode attention", [x for row in self.seconds for x in row])

    def at(self, batch: float, context: float) -> float:
        """Bilinear interpolation; outside the table the nearest segments go on, down to a tenth of the corner."""
        column = [_interpolate(self.contexts, row, context) for row in self.seconds]
        return _interpolate(self.batches, column, batch)


@dataclass(frozen=True, eq=False)
class ProfiledTimes:
    """Durations from tables, interpolated linearly between their points.

    Parameters
    ----------
    name
        What was measured, for labels.
    tables
        Per operation ``(tokens, seconds)``, tokens increasing.
    attention
        Decode attention over batch size and context.
    source
        Machine, software and date of the measurement, or where it was published.
    """

    name: str
    tables: Mapping[str, tuple[tuple[float, float], ...]]
    attention: AttentionTable
    source: str = ""
    machine: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for operation, points in self.tables.items():
            if operation not in OPERATIONS and operation not in EXTRA_OPERATIONS:
                raise unknown_name("operation", operation, (*OPERATIONS, *EXTRA_OPERATIONS), where=self.name)
            if operation == DECODE_ATTENTION:
                raise InputError(
                    "decode attention depends on context, too", where=self.name, remedy="give it as the attention table"
                )
            _check_axis(operation, [tokens for tokens, _ in points])
            _check_durations(operation, [seconds for _, seconds in points])

    def seconds(self, operation: str, tokens: float, context: float = 0.0) -> float:
        """See :class:`OperationTimes`; 0 tokens take no time."""
        if tokens <= 0:
            return 0.0
        if operation == DECODE_ATTENTION:
            return self.attention.at(tokens, context)
        if operation not in self.tables:
            raise unknown_name("operation", operation, (*self.tables, DECODE_ATTENTION), where=f"profile {self.name!r}")
        points = self.tables[operation]
        return _interpolate([x for x, _ in points], [y for _, y in points], tokens)


def _check_axis(name: str, axis: Sequence[float]) -> None:
    ok = len(axis) > 0 and all(math.isfinite(x) and x > 0 for x in axis)
    if not ok or any(b <= a for a, b in itertools.pairwise(axis)):
        raise InputError(
            f"the points of {name} are {list(axis)[:6]}", where=name, remedy="give positive numbers that increase"
        )


def _check_durations(name: str, durations: Sequence[float]) -> None:
    for x in durations:
        if not (math.isfinite(x) and x > 0):
            raise InputError(f"a duration of {name} is {x}", where=name, remedy="give seconds > 0")


def _interpolate(xs: Sequence[float], ys: Sequence[float], x: float) -> float:
    """Piecewise linear; outside the points the nearest segment goes on, but not below a tenth of the end value."""
    if len(xs) == 1:
        return ys[0] * max(x / xs[0], 0.1)
    i = min(max(bisect.bisect_right(xs, x) - 1, 0), len(xs) - 2)
    slope = (ys[i + 1] - ys[i]) / (xs[i + 1] - xs[i])
    value = ys[i] + slope * (x - xs[i])
    return max(value, 0.1 * min(ys[0], ys[-1]))
