"""Rules on which tasks are there, and in which modes."""

from __future__ import annotations

from itertools import chain

import numpy as np

from schedcore.check.view import View
from schedcore.check.violation import Findings, Violation, ViolationCode
from schedcore.check.words import Words
from schedcore.model import Selection, SelectionKind
from schedcore.model.arrays import IntArray

_KINDS = tuple(SelectionKind)


def check_presence(view: View) -> list[Findings]:
    """``UNKNOWN_TASK``, ``DUPLICATE_TASK``, ``MISSING_TASK``, ``UNKNOWN_MODE``."""
    found: list[Findings] = []
    schedule = view.schedule
    if len(view.unknown):
        rows = view.unknown

        def unknown_tasks() -> list[Violation]:
            words = Words(view.problem)
            return [
                Violation(
                    ViolationCode.UNKNOWN_TASK,
                    f"a placement at {words.at(start)} names task {task}, "
                    f"but the problem has {view.arrays.num_tasks} tasks",
                    (task,),
                    at=start,
                )
                for task, start in zip(schedule.task[rows].tolist(), schedule.start[rows].tolist(), strict=True)
            ]

        found.append(Findings(ViolationCode.UNKNOWN_TASK, np.ones(len(rows), dtype=np.int64), unknown_tasks))
    if len(view.duplicate):
        again = view.duplicate

        def duplicates() -> list[Violation]:
            words = Words(view.problem)
            return [
                Violation(
                    ViolationCode.DUPLICATE_TASK,
                    f"task {words.task(task)} is placed again at {words.at(start)}; "
                    f"its placement at {words.at(int(view.start[view.row_of[task]]))} counts",
                    (task,),
                    at=start,
                )
                for task, start in zip(schedule.task[again].tolist(), schedule.start[again].tolist(), strict=True)
            ]

        found.append(Findings(ViolationCode.DUPLICATE_TASK, np.ones(len(again), dtype=np.int64), duplicates))
    missing = np.flatnonzero((view.row_of < 0) & (view.arrays.optional == 0))
    if len(missing):

        def missing_tasks() -> list[Violation]:
            words = Words(view.problem)
            return [
                Violation(ViolationCode.MISSING_TASK, f"mandatory task {words.task(task)} is not placed", (task,))
                for task in missing.tolist()
            ]

        found.append(Findings(ViolationCode.MISSING_TASK, np.ones(len(missing), dtype=np.int64), missing_tasks))
    odd = np.flatnonzero(view.mode_index < 0)
    if len(odd):

        def unknown_modes() -> list[Violation]:
            words = Words(view.problem)
            return [
                Violation(
                    ViolationCode.UNKNOWN_MODE,
                    f"task {words.task(task)} is placed in mode {mode}, "
                    f"but it has {len(view.problem.tasks[task].modes)} mode(s), numbered from 0",
                    (task,),
                    at=start,
                )
                for task, mode, start in zip(
                    view.task[odd].tolist(), view.mode[odd].tolist(), view.start[odd].tolist(), strict=True
                )
            ]

        found.append(Findings(ViolationCode.UNKNOWN_MODE, np.ones(len(odd), dtype=np.int64), unknown_modes))
    return found


def check_selections(view: View) -> list[Findings]:
    """``SELECTION``: how many tasks would have to be added or removed at least."""
    selections = view.problem.selections
    if not selections:
        return []
    sizes = np.array([len(s.tasks) for s in selections], dtype=np.int64)
    members = np.fromiter(chain.from_iterable(s.tasks for s in selections), dtype=np.int64, count=int(sizes.sum()))
    number = {kind: i for i, kind in enumerate(_KINDS)}
    kinds = np.array([number[s.kind] for s in selections], dtype=np.int64)
    present = (view.row_of[members] >= 0).astype(np.int64)
    heads = np.cumsum(sizes) - sizes
    count = np.add.reduceat(present, heads)
    amount = np.select(
        [kinds == number[kind] for kind in _KINDS],
        [_amount(kind, count, sizes, present[heads]) for kind in _KINDS],
    )
    broken = np.flatnonzero(amount > 0)
    if not len(broken):
        return []

    def build() -> list[Violation]:
        words = Words(view.problem)
        result = []
        for i in broken.tolist():
            selection = selections[i]
            here = [t for t in selection.tasks if view.row_of[t] >= 0]
            text = selection_text(selection, words)
            which = f"placed: {words.tasks(here)}" if here else "none is placed"
            result.append(
                Violation(ViolationCode.SELECTION, f"{text}; {which}", selection.tasks, amount=int(amount[i]))
            )
        return result

    return [Findings(ViolationCode.SELECTION, amount[broken], build)]


_WORDING = {
    SelectionKind.ALL_OR_NONE: "all or none of {tasks} must be placed",
    SelectionKind.AT_LEAST_ONE: "at least one of {tasks} must be placed",
    SelectionKind.AT_MOST_ONE: "at most one of {tasks} may be placed",
    SelectionKind.EXACTLY_ONE: "exactly one of {tasks} must be placed",
    SelectionKind.IMPLIES: "if {first} is placed, all of {tasks} must be",
}


def selection_text(selection: Selection, words: Words) -> str:
    """The rule in words."""
    return _WORDING[selection.kind].format(tasks=words.tasks(selection.tasks), first=words.task(selection.tasks[0]))


def _amount(kind: SelectionKind, count: IntArray, size: IntArray, first: IntArray) -> IntArray:
    """Number of tasks too many (or missing), given the ``count`` present of ``size``."""
    amount: IntArray
    if kind is SelectionKind.ALL_OR_NONE:
        amount = np.minimum(count, size - count)
    elif kind is SelectionKind.AT_LEAST_ONE:
        amount = (count == 0).astype(np.int64)
    elif kind is SelectionKind.AT_MOST_ONE:
        amount = np.maximum(count - 1, 0)
    elif kind is SelectionKind.EXACTLY_ONE:
        amount = np.abs(count - 1)
    else:
        amount = np.where(first == 1, size - count, 0)
    return amount


def check_mode_links(view: View) -> list[Findings]:
    """``MODE_LINK``; placements in unknown modes break ``UNKNOWN_MODE`` instead."""
    links = view.problem.mode_links
    if not links:
        return []
    task_a = np.array([link.task_a for link in links], dtype=np.int64)
    task_b = np.array([link.task_b for link in links], dtype=np.int64)
    mode_a = np.array([link.mode_a for link in links], dtype=np.int64)
    row_a, row_b = view.row_of[task_a], view.row_of[task_b]
    active = np.flatnonzero((row_a >= 0) & (row_b >= 0))
    active = active[view.mode[row_a[active]] == mode_a[active]]
    active = active[view.mode_index[row_b[active]] >= 0]
    modes = view.mode[row_b[active]].tolist()
    broken = [i for i, mode in zip(active.tolist(), modes, strict=True) if mode not in links[i].modes_b]
    if not broken:
        return []

    def build() -> list[Violation]:
        words = Words(view.problem)
        result = []
        for i in broken:
            link = links[i]
            row = int(row_b[i])
            allowed = ", ".join(map(str, link.modes_b))
            result.append(
                Violation(
                    ViolationCode.MODE_LINK,
                    f"task {words.task(link.task_a)} runs in mode {link.mode_a}, so {words.task(link.task_b)} "
                    f"must run in mode {allowed}, not {int(view.mode[row])}",
                    (link.task_a, link.task_b),
                    at=int(view.start[row]),
                )
            )
        return result

    return [Findings(ViolationCode.MODE_LINK, np.ones(len(broken), dtype=np.int64), build)]
