"""Cyclic schedules on paper: one folded period, or several rounds in a row."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schedcore.errors import InputError
from schedcore.model import Problem, Schedule

IntArray = NDArray[np.int64]

MAX_PIECES = 1_000_000


class Pieces(NamedTuple):
    """Parts of intervals as they are drawn."""

    start: IntArray
    end: IntArray
    owner: IntArray  # index of the interval that the piece belongs to
    shift: IntArray  # rounds added to the absolute interval: drawn time = absolute time + shift * period


def fold(start: IntArray, end: IntArray, period: int) -> Pieces:
    """Cut intervals at multiples of ``period`` and lay the pieces into ``[0, period)``.

    Pieces of one interval follow each other, the earliest first.  An interval without length stays
    one piece.

    Raises
    ------
    InputError
        If more than a million pieces would be needed: the period is tiny against the intervals.
    """
    first = start // period
    last = np.where(end > start, (end - 1) // period, first)
    counts = last - first + 1
    if counts.sum() > MAX_PIECES:
        raise InputError(
            f"folding needs {int(counts.sum())} pieces, the limit is {MAX_PIECES}",
            where=f"period {period}",
            remedy="draw the schedule unrolled (cyclic='unrolled')",
        )
    owner = np.repeat(np.arange(len(start), dtype=np.int64), counts)
    lap = first[owner] + _count_within(counts)
    base = lap * period
    low = np.maximum(start[owner], base) - base
    high = np.where(end[owner] > start[owner], np.minimum(end[owner], base + period) - base, low)
    return Pieces(low, high, owner, -lap)


def unrolled(start: IntArray, end: IntArray, period: int, rounds: int) -> Pieces:
    """``rounds`` copies of all intervals, each ``period`` later than the one before."""
    count = len(start)
    shift = np.repeat(np.arange(rounds, dtype=np.int64), count)
    owner = np.tile(np.arange(count, dtype=np.int64), rounds)
    return Pieces(start[owner] + shift * period, end[owner] + shift * period, owner, shift)


def plain(start: IntArray, end: IntArray) -> Pieces:
    """The intervals themselves."""
    return Pieces(start, end, np.arange(len(start), dtype=np.int64), np.zeros(len(start), dtype=np.int64))


def period_of(problem: Problem, schedule: Schedule) -> int | None:
    """The period with which ``schedule`` repeats, ``None`` if it does not (or says none that is usable)."""
    if problem.cycle is None or schedule.cycle is None or schedule.cycle < 1:
        return None
    return schedule.cycle


def _count_within(counts: IntArray) -> IntArray:
    """``0, 1, .., counts[0] - 1, 0, 1, .., counts[1] - 1, ..``"""
    ends = np.cumsum(counts)
    return np.arange(int(ends[-1]) if len(ends) else 0, dtype=np.int64) - np.repeat(ends - counts, counts)
