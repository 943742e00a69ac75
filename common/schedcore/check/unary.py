"""Rules on unary resources: one task at a time, and setups between consecutive tasks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from schedcore.check.view import LIMIT, View, order_by
from schedcore.check.violation import Findings, Violation, ViolationCode
from schedcore.check.words import Words
from schedcore.model import Unary
from schedcore.model.arrays import IntArray

FORBIDDEN = -1
"""Stands for "forbidden" in transition matrices as arrays."""


class Sequences(NamedTuple):
    """Consecutive pairs on unary resources with transitions.

    ``row_before`` is -1 for the first task of a resource with an initial state; ``setup`` is the
    transition in ticks, ``FORBIDDEN`` if the sequence is forbidden.
    """

    resource: IntArray
    row_before: IntArray
    row_after: IntArray
    setup: IntArray


def check_unary(view: View) -> list[Findings]:
    """``OVERLAP`` and ``SETUP``."""
    if not view.judges_resources:
        return []
    return _overlaps(view) + _setups(view)


def _overlaps(view: View) -> list[Findings]:
    uses, order = view.uses, view.unary_order
    if not len(order):
        return []
    row, resource = uses.row[order], uses.resource[order]
    start = view.start[row]
    if view.period is None:
        start_all, end_all, group, rows = start, view.end[row], resource, row
    else:
        # The round before is the same, a period earlier; earlier rounds end earlier still.
        period = view.period
        start = start % period
        end = start + view.length[row]
        group = np.concatenate([resource, resource])
        start_all = np.concatenate([start - period, start])
        end_all = np.concatenate([end - period, end])
        # Stable: within a resource the earlier round comes first, for its phases are negative.
        both = order_by(group, start_all)
        group, start_all, end_all = group[both], start_all[both], end_all[both]
        rows = np.concatenate([row, row])[both]
    if not _any_overlap(group, start_all, end_all):
        return []
    size = len(rows)
    # Rank of every end among all, resources apart; of equal ends the one first in the order ranks highest.
    by_end = np.lexsort((-np.arange(size), end_all, group))
    rank = np.empty(size, dtype=np.int64)
    rank[by_end] = np.arange(size)
    holder = by_end[np.maximum.accumulate(rank)]
    before, now = holder[:-1], np.arange(1, size)
    overlap = np.minimum(end_all[before], end_all[now]) - start_all[now]
    broken = (group[before] == group[now]) & (overlap > 0)
    if view.period is not None:
        broken &= start_all[now] >= 0  # every round alike: report the second copy only
    hit = np.flatnonzero(broken)
    if not len(hit):
        return []
    row_after, row_before = rows[hit + 1], rows[before[hit]]
    amounts, where = overlap[hit], group[hit + 1]

    def build() -> list[Violation]:
        words = Words(view.problem)
        result = []
        for a, b, r, amount in zip(
            row_before.tolist(), row_after.tolist(), where.tolist(), amounts.tolist(), strict=True
        ):
            first, second = int(view.task[a]), int(view.task[b])
            start = int(view.start[b])
            if a == b:
                text = f"{words.task(second)} still holds {words.resource(r)} when its next round starts"
            elif view.period is not None:
                text = (
                    f"{words.task(second)} starts on {words.resource(r)} at {words.at(start)} "
                    f"(phase {start % view.period}) while a round of {words.task(first)} holds it"
                )
            else:
                text = (
                    f"{words.task(second)} starts on {words.resource(r)} at {words.at(start)} while "
                    f"{words.task(first)} holds it until {words.at(int(view.end[a]))}"
                )
            tasks = (second,) if a == b else (first, second)
            result.append(
                Violation(ViolationCode.OVERLAP, f"{text}: {words.span(amount)} of overlap", tasks, r, start, amount)
            )
        return result

    return [Findings(ViolationCode.OVERLAP, amounts, build)]


def _any_overlap(group: IntArray, start: IntArray, end: IntArray) -> bool:
    """Whether any interval of a group (sorted by group and start) starts before an earlier one has ended."""
    shift = 4 * LIMIT
    if int(group[-1]) * shift >= 2**62:
        return True  # cannot tell cheaply; the caller looks closely
    latest = np.maximum.accumulate(end + group * shift)
    return bool((start[1:] + group[1:] * shift < latest[:-1]).any())


def _setups(view: View) -> list[Findings]:
    pairs = sequences(view)
    if pairs is None:
        return []
    real = pairs.row_before >= 0
    # The initial state counts from tick 0; a start before it is no breach of its own.
    end_before = np.where(real, view.end[pairs.row_before], 0)
    start = view.start[pairs.row_after]
    gap = np.where(real, start - end_before, np.maximum(start, 0))
    forbidden = pairs.setup == FORBIDDEN
    amount = np.where(forbidden, 1, pairs.setup - gap)
    hit = np.flatnonzero((gap >= 0) & (amount > 0))
    if not len(hit):
        return []

    def build() -> list[Violation]:
        words = Words(view.problem)
        result = []
        for i in hit.tolist():
            r, a, b = int(pairs.resource[i]), int(pairs.row_before[i]), int(pairs.row_after[i])
            task, missing = int(view.task[b]), int(amount[i])
            at, setup, room = int(view.start[b]), int(pairs.setup[i]), int(gap[i])
            before = f"after {words.task(int(view.task[a]))}" if a >= 0 else "from its initial state"
            if forbidden[i]:
                text = f"{words.task(task)} may not follow on {words.resource(r)} {before}"
            else:
                text = (
                    f"setting {words.resource(r)} up for {words.task(task)} {before} takes {words.span(setup)}, "
                    f"but only {room} are left before {words.at(at)}: {words.span(missing)} missing"
                )
            tasks = (task,) if a < 0 else (int(view.task[a]), task)
            result.append(Violation(ViolationCode.SETUP, text, tasks, r, at, missing))
        return result

    return [Findings(ViolationCode.SETUP, amount[hit], build)]


def sequences(view: View) -> Sequences | None:
    """All consecutive pairs on unary resources with transitions, ``None`` if there is no such resource."""
    resources = [
        r for r, resource in enumerate(view.problem.resources) if isinstance(resource, Unary) and resource.transition
    ]
    if not resources:
        return None
    order = view.unary_order
    group, rows = view.uses.resource[order], view.uses.row[order]
    task = view.task[rows]
    bounds = np.searchsorted(group, [resources, [r + 1 for r in resources]])
    matrices: dict[int, IntArray] = {}
    parts: list[tuple[IntArray, IntArray, IntArray, IntArray]] = []
    for r, begin, end in zip(resources, *bounds.tolist(), strict=True):
        if begin == end:
            continue
        resource = view.problem.resources[r]
        assert isinstance(resource, Unary)
        assert resource.transition is not None
        matrix = matrices.get(id(resource.transition))
        if matrix is None:
            table = [[FORBIDDEN if ticks is None else ticks for ticks in line] for line in resource.transition]
            matrix = matrices[id(resource.transition)] = np.array(table, dtype=np.int64)
        here, ids = rows[begin:end], task[begin:end]
        before, after = here[:-1], here[1:]
        setup = matrix[view.arrays.state_after[ids[:-1]], view.arrays.state_before[ids[1:]]]
        if resource.initial_state is not None:
            before = np.concatenate([[-1], before])
            after = here
            setup = np.concatenate([[matrix[resource.initial_state, view.arrays.state_before[ids[0]]]], setup])
        parts.append((np.full(len(after), r, dtype=np.int64), before, after, setup))
    if not parts:
        return None
    return Sequences(*(np.concatenate(column) for column in zip(*parts, strict=True)))
