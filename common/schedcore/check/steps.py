"""Step functions of many resources at once: sums of changes, and maximal stretches of excess."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from schedcore.check.view import order_by
from schedcore.model.arrays import IntArray


class Steps(NamedTuple):
    """Right-continuous step functions: from ``time[i]`` to the next entry of its group the sum is ``value[i]``.

    Entries are sorted by group and time and distinct; ``value`` of a group starts from 0.
    """

    group: IntArray
    time: IntArray
    value: IntArray


class Runs(NamedTuple):
    """Maximal stretches ``[begin, end)`` of one group with the largest excess in them.

    ``end`` is ``begin - 1`` where a stretch never ends.
    """

    group: IntArray
    begin: IntArray
    end: IntArray
    excess: IntArray


def sum_steps(group: IntArray, time: IntArray, *changes: IntArray) -> tuple[IntArray, IntArray, list[IntArray]]:
    """Running sums per group of several columns of ``changes``, one entry per distinct group and time."""
    if not len(group):
        return group, time, list(changes)
    order = order_by(group, time)
    group, time = group[order], time[order]
    last = np.ones(len(group), dtype=bool)
    last[:-1] = (group[1:] != group[:-1]) | (time[1:] != time[:-1])
    keep = np.flatnonzero(last)
    group, time = group[keep], time[keep]
    first = np.ones(len(group), dtype=bool)
    first[1:] = group[1:] != group[:-1]
    heads = np.flatnonzero(first)
    member = np.cumsum(first) - 1
    sums = []
    for change in changes:
        total = np.cumsum(change[order])[keep]
        # What earlier groups added up to; exact, as sums of a million ticks fit into int64.
        base = np.zeros(len(heads), dtype=total.dtype)
        base[1:] = total[heads[1:] - 1]
        sums.append(total - base[member])
    return group, time, sums


def excess_runs(group: IntArray, time: IntArray, excess: IntArray) -> Runs:
    """Maximal stretches in which ``excess`` is positive; it holds from its time to the next of the group."""
    bad = excess > 0
    if not bad.any():
        none = np.zeros(0, dtype=np.int64)
        return Runs(none, none, none, none)
    new_group = np.ones(len(group), dtype=bool)
    new_group[1:] = group[1:] != group[:-1]
    before = np.zeros(len(group), dtype=bool)
    before[1:] = bad[:-1]
    first = np.flatnonzero(bad & (new_group | ~before))
    after = np.zeros(len(group), dtype=bool)
    after[:-1] = bad[1:] & ~new_group[1:]
    last = np.flatnonzero(bad & ~after)
    largest = np.maximum.reduceat(np.where(bad, excess, 0), first)
    following = np.minimum(last + 1, len(group) - 1)
    ends = (last + 1 < len(group)) & (group[following] == group[last])
    return Runs(group[first], time[first], np.where(ends, time[following], time[first] - 1), largest)


def join_around(runs: Runs, period: int) -> Runs:
    """``runs`` over phases with stretches that touch across the end of the period made one.

    Such a stretch ends before it begins (in the next round); one that stops at the end of the period ends there.
    """
    if not len(runs.group):
        return runs
    rows: list[list[int]] = []
    opening: dict[int, int] = {}
    for group, begin, end, excess in zip(*(column.tolist() for column in runs), strict=True):
        reaches_end = end == period or end < begin
        if reaches_end and begin > 0 and group in opening:
            head = rows[opening[group]]
            head[1], head[3] = begin, max(head[3], excess)
            continue
        if begin == 0:
            opening[group] = len(rows)
        rows.append([group, begin, period if reaches_end else end, excess])
    table = np.array([row[:3] for row in rows], dtype=np.int64)
    excess = np.array([row[3] for row in rows], dtype=runs.excess.dtype)
    return Runs(table[:, 0], table[:, 1], table[:, 2], excess)
