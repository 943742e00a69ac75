"""Work on resources that close by calendar and go down unannounced.

Closures are known: a task does not start unless all its attempts fit before the next one (their
realised lengths count, as if they were known when the task starts).  Down intervals are not: a task
starts if its resources are up, and is interrupted if one goes down.  Once interrupted, work is also
suspended over closures, for it can no longer be planned around them.
"""

from __future__ import annotations

import enum
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from schedcore.model import Tick
from schedcore.replay.disruptions import OnBreak
from schedcore.replay.laws import TickArray
from schedcore.replay.scenario import NEVER, Intervals

Interval: TypeAlias = tuple[Tick, Tick]
BoolArray: TypeAlias = NDArray[np.bool_]


class Outcome(enum.StrEnum):
    """How an attempt ended."""

    DONE = "done"
    FAILED = "failed"
    """It took its time and did not succeed; there is another attempt, or there should have been."""
    GIVEN_UP = "given up"
    """It failed, and was the last that the task's noise allows."""
    BROKEN = "broken"
    """A resource went down, and the work was lost."""
    CANCELLED = "cancelled"
    """The task was cancelled while it ran."""
    STARVED = "starved"
    """It never came to an end: what it waited for never came."""


class Stretch(NamedTuple):
    """One attempt as it happened: ``[begin, end)``, waiting times within included; ``broken``: its work was lost."""

    begin: Tick
    end: Tick
    broken: bool


def _end(interval: Interval) -> Tick:
    return interval[1]


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """Union of intervals as disjoint intervals in order; adjacent ones are joined."""
    merged: list[Interval] = []
    for begin, end in sorted(intervals):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif end > begin:
            merged.append((begin, end))
    return merged


def work(
    start: Tick, parts: Sequence[Tick], downs: Sequence[Interval], closed: Sequence[Interval], on_break: OnBreak
) -> list[Stretch]:
    """The attempts of ``parts`` ticks of work each, begun at ``start``, one after the other.

    ``downs`` and ``closed`` are disjoint and in order.  A last stretch that ends at ``NEVER`` is never
    finished.
    """
    if on_break is OnBreak.RESUME:
        blocks = merge([*downs, *closed])
        stretches = []
        now = start
        for part in parts:
            end = _resume(now, part, blocks)
            stretches.append(Stretch(now, end, False))
            now = end
        return stretches
    stretches = []
    now = start
    for part in parts:
        while True:
            begin = earliest(now, part, downs, closed)
            if begin >= NEVER:
                stretches.append(Stretch(NEVER, NEVER, False))
                return stretches
            index = bisect_right(downs, begin, key=_end)
            hit = downs[index] if part and index < len(downs) and downs[index][0] < begin + part else None
            if hit is None:
                stretches.append(Stretch(begin, begin + part, False))
                now = begin + part
                break
            stretches.append(Stretch(begin, hit[0], True))
            now = hit[1]
    return stretches


def _resume(now: Tick, ticks: Tick, blocks: Sequence[Interval]) -> Tick:
    for begin, end in blocks:
        if ticks == 0 or begin >= now + ticks:
            break
        if end > now:
            ticks -= max(0, begin - now)
            now = end
    return min(now + ticks, NEVER)


def earliest(now: Tick, ticks: Tick, downs: Sequence[Interval], closed: Sequence[Interval]) -> Tick:
    """Earliest tick from ``now`` on that is not down and begins ``ticks`` ticks without a closure."""
    if ticks == 0:
        return now
    moved = True
    while moved and now < NEVER:
        moved = False
        for intervals, needed in ((downs, 1), (closed, ticks)):
            index = bisect_right(intervals, now, key=_end)
            if index < len(intervals) and intervals[index][0] < now + needed:
                now, moved = intervals[index][1], True
    return min(now, NEVER)


class Downs:
    """Down intervals that concern one task in every scenario: ``begin``, ``end`` of shape ``[scenario, interval]``."""

    def __init__(self, sources: Sequence[tuple[Intervals, int]]) -> None:
        """``sources``: intervals of a resource with the highest unit that the task holds there."""
        begins, ends = [], []
        for intervals, highest in sources:
            concerns = intervals.first_unit <= highest
            begins.append(np.where(concerns, intervals.begin, NEVER))
            ends.append(np.where(concerns, intervals.end, NEVER))
        self.begin: TickArray = np.concatenate(begins, axis=1)
        self.end: TickArray = np.concatenate(ends, axis=1)

    def up_again(self, now: TickArray) -> TickArray:
        """Earliest tick from ``now`` on at which nothing is down, per scenario."""
        while True:
            covering = (self.begin <= now[:, None]) & (self.end > now[:, None])
            if not covering.any():
                return now
            now = np.maximum(now, np.where(covering, self.end, 0).max(axis=1))

    def within(self, begin: TickArray, end: TickArray) -> BoolArray:
        """Whether anything is down at some tick of ``[begin, end)``, per scenario."""
        hit = (self.begin < end[:, None]) & (self.end > begin[:, None])
        return np.asarray(hit.any(axis=1))

    def of(self, scenario: int) -> list[Interval]:
        """Disjoint intervals of one row in order."""
        rows = zip(self.begin[scenario].tolist(), self.end[scenario].tolist(), strict=True)
        return merge((b, e) for b, e in rows if b < NEVER)


class Closures:
    """Closures of one task, the same in all scenarios."""

    def __init__(self, intervals: Iterable[Interval]) -> None:
        self.intervals = merge(intervals)
        self.begin = np.array([b for b, _ in self.intervals] + [NEVER], dtype=np.int64)
        self.end = np.array([e for _, e in self.intervals] + [2 * NEVER], dtype=np.int64)

    def open_for(self, now: TickArray, ticks: TickArray) -> TickArray:
        """``now`` where ``ticks`` ticks fit before the next closure, otherwise the end of that closure."""
        following = np.searchsorted(self.end, now, side="right")
        hit = (self.begin[following] < now + ticks) & (now < NEVER) & (ticks > 0)
        return np.where(hit, self.end[following], now)
