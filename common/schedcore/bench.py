"""Rows and suites of ``sched bench``: a fixed published set, our figure beside the reference.

A suite is a function that yields rows as they are ready, so that a long suite can be watched and an
interrupted one has printed what it knows.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schedcore.errors import InputError


class Sense(enum.StrEnum):
    """How a figure is compared with its reference."""

    EQUAL = "equal"  # |ours - reference| <= tolerance
    AT_MOST = "at_most"  # ours <= reference + tolerance
    AT_LEAST = "at_least"  # ours >= reference - tolerance


@dataclass(frozen=True, slots=True)
class BenchRow:
    """One figure of a suite.

    ``id`` names the thing measured (an instance, or a class of instances and a method), ``quantity``
    the figure.  ``tolerance`` is absolute, in ``unit``.  ``source`` says where the reference comes
    from (a table of a paper, a file with its date, a run of somebody's artefact).  Without a
    reference the row is a plain measurement and ``within`` is ``None``.
    """

    id: str
    quantity: str
    ours: float
    reference: float | None = None
    unit: str = ""
    source: str = ""
    tolerance: float = 0.0
    sense: Sense = Sense.EQUAL
    note: str = ""

    def __post_init__(self) -> None:
        if self.tolerance < 0:
            raise InputError(
                f"tolerance {self.tolerance} is negative", where=f"bench row {self.id!r}", remedy="use a value >= 0"
            )
        if self.reference is not None and not self.source:
            raise InputError(
                "a reference without a source", where=f"bench row {self.id!r}", remedy="say where the figure comes from"
            )

    @property
    def within(self) -> bool | None:
        """Whether ours agrees with the reference within the tolerance; ``None`` without a reference."""
        if self.reference is None:
            return None
        excess = self.ours - self.reference
        if self.sense is Sense.AT_MOST:
            return excess <= self.tolerance
        if self.sense is Sense.AT_LEAST:
            return excess >= -self.tolerance
        return abs(excess) <= self.tolerance

    def as_dict(self) -> dict[str, Any]:
        """The row as plain data, keys in the documented order."""
        return {
            "id": self.id,
            "quantity": self.quantity,
            "ours": self.ours,
            "reference": self.reference,
            "unit": self.unit,
            "source": self.source,
            "tolerance": self.tolerance,
            "within": self.within,
            "sense": str(self.sense),
            "note": self.note,
        }


def _no_progress(done: int, total: int, label: str) -> None:
    """The default of :attr:`SuiteOptions.progress`: say nothing."""


@dataclass(frozen=True, slots=True)
class SuiteOptions:
    """What the user asked of a suite on the command line.

    ``time_limit_s`` is per solver call; ``data_dirs`` are searched for instances that are not shipped;
    ``overrides`` are the trailing ``key=value`` words; a suite refuses keys that it does not know.
    A suite calls ``progress(done, total, label)`` as often as it likes.
    """

    time_limit_s: float = 10.0
    seed: int = 0
    workers: int = 1
    data_dirs: tuple[Path, ...] = ()
    overrides: Mapping[str, str] = field(default_factory=dict)
    progress: Callable[[int, int, str], None] = _no_progress


@dataclass(frozen=True, slots=True)
class Suite:
    """A named set of figures of a domain: one line of description, and the function that yields them."""

    summary: str
    run: Callable[[SuiteOptions], Iterator[BenchRow]]
