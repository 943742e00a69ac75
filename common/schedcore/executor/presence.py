"""Which optional tasks may, must or cannot be present, by the selections."""

from __future__ import annotations

from collections.abc import Sequence

from schedcore.model import Selection, SelectionKind

_Verdict = tuple[list[int], list[int]]


def propagate(selections: Sequence[Selection], present: set[int], absent: set[int]) -> Selection | None:
    """Draw all single-rule conclusions into ``present`` and ``absent``; a broken rule is returned."""
    changed = True
    while changed:
        changed = False
        for selection in selections:
            verdict = _conclude(selection, present, absent)
            if verdict is None:
                return selection
            for task in verdict[0]:
                if task not in present:
                    present.add(task)
                    changed = True
            for task in verdict[1]:
                if task not in absent:
                    absent.add(task)
                    changed = True
        if not present.isdisjoint(absent):
            both = present & absent
            return next(s for s in selections if not both.isdisjoint(s.tasks))
    return None


def _conclude(selection: Selection, present: set[int], absent: set[int]) -> _Verdict | None:
    tasks, kind = selection.tasks, selection.kind
    inside = [t for t in tasks if t in present]
    outside = [t for t in tasks if t in absent]
    open_ = [t for t in tasks if t not in present and t not in absent]
    if kind is SelectionKind.ALL_OR_NONE:
        if inside and outside:
            return None
        return (open_, []) if inside else ([], open_ if outside else [])
    if kind is SelectionKind.IMPLIES:
        first, others = tasks[0], tasks[1:]
        if first in present:
            return None if any(t in absent for t in others) else ([t for t in others if t not in present], [])
        return ([], [first]) if any(t in absent for t in others) and first not in absent else ([], [])
    at_most = kind in (SelectionKind.AT_MOST_ONE, SelectionKind.EXACTLY_ONE)
    at_least = kind in (SelectionKind.AT_LEAST_ONE, SelectionKind.EXACTLY_ONE)
    if at_most and len(inside) > 1:
        return None
    if at_most and inside:
        return [], open_
    if at_least and not inside:
        if not open_:
            return None
        if len(open_) == 1:
            return open_, []
    return [], []


def complete(
    selections: Sequence[Selection],
    present: set[int],
    absent: set[int],
    preference: Sequence[tuple[int, bool]] = (),
    *,
    budget: int = 10_000,
) -> tuple[set[int], set[int]] | None:
    """Decide every task of ``selections``, or ``None`` if no way exists (or none within ``budget`` steps).

    Undecided tasks are tried in the order of ``preference``, first with the value given there; the
    others are tried absent first.
    """
    order = list(preference)
    named = {t for t, _ in order}
    order += [(t, False) for t in sorted({t for s in selections for t in s.tasks} - named)]
    steps = 0

    def search(inside: set[int], outside: set[int], at: int) -> tuple[set[int], set[int]] | None:
        nonlocal steps
        steps += 1
        if steps > budget or propagate(selections, inside, outside) is not None:
            return None
        while at < len(order) and (order[at][0] in inside or order[at][0] in outside):
            at += 1
        if at == len(order):
            return inside, outside
        task, first = order[at]
        for value in (first, not first):
            found = (
                search(inside | {task}, set(outside), at + 1)
                if value
                else search(set(inside), outside | {task}, at + 1)
            )
            if found is not None:
                return found
        return None

    return search(set(present), set(absent), 0)
