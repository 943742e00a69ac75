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
    budget: int = 100_000,
) -> tuple[set[int], set[int]] | None:
    """Decide every task of ``selections``, or ``None`` if no way exists (or none within ``budget`` decisions).

    Undecided tasks are tried in the order of ``preference``, first with the value given there; the
    others are tried absent first.  Depth first with propagation, each connected part on its own.
    """
    values: dict[int, bool] = dict.fromkeys(present, True) | dict.fromkeys(absent, False)
    if not present.isdisjoint(absent):
        return None
    rules_of: dict[int, list[Selection]] = {}
    for selection in selections:
        for t in selection.tasks:
            rules_of.setdefault(t, []).append(selection)
    order = [(t, v) for t, v in preference if t in rules_of]
    named = {t for t, _ in order}
    order += [(t, False) for t in sorted(rules_of.keys() - named)]
    place = {t: i for i, (t, _) in enumerate(order)}
    if not _spread(list(selections), rules_of, values, []):
        return None
    for part in _parts(rules_of):
        todo = [order[i] for i in sorted(place[t] for t in part)]
        budget = _decide(todo, rules_of, values, budget)
        if budget < 0:
            return None
    return {t for t, v in values.items() if v}, {t for t, v in values.items() if not v}


def _decide(
    todo: list[tuple[int, bool]], rules_of: dict[int, list[Selection]], values: dict[int, bool], budget: int
) -> int:
    """Decide the tasks of one part; returns what is left of the budget, -1 if there is no way."""
    stack: list[tuple[int, bool, list[int]]] = []  # position, whether both values are used up, what it decided
    at = 0
    while at < len(todo):
        task, value = todo[at]
        if task in values:
            at += 1
            continue
        second = False
        while True:
            budget -= 1
            if budget < 0:
                return -1
            trail = [task]
            values[task] = value
            if _spread(rules_of[task], rules_of, values, trail):
                stack.append((at, second, trail))
                break
            for t in trail:
                del values[t]
            while second:  # both values fail: back to the last decision with one left
                if not stack:
                    return -1
                at, second, trail = stack.pop()
                for t in trail:
                    del values[t]
            task, value = todo[at]
            value, second = not value, True
        at += 1
    return budget


def _spread(
    work: list[Selection], rules_of: dict[int, list[Selection]], values: dict[int, bool], trail: list[int]
) -> bool:
    """Draw conclusions from ``values``, noting them in ``trail``; false if a rule is broken."""
    work = list(work)
    while work:
        selection = work.pop()
        inside: set[int] = set()
        outside: set[int] = set()
        for t in selection.tasks:
            value = values.get(t)
            if value is not None:
                (inside if value else outside).add(t)
        verdict = _conclude(selection, inside, outside)
        if verdict is None:
            return False
        for tasks, value in zip(verdict, (True, False)):
            for t in tasks:
                if t not in values:
                    values[t] = value
                    trail.append(t)
                    work += rules_of[t]
                elif values[t] is not value:
                    return False
    return True


def _parts(rules_of: dict[int, list[Selection]]) -> list[list[int]]:
    """Tasks grouped by being connected through selections."""
    seen: set[int] = set()
    parts = []
    for root in sorted(rules_of):
        if root in seen:
            continue
        seen.add(root)
        part = [root]
        for t in part:
            for selection in rules_of[t]:
                for u in selection.tasks:
                    if u not in seen:
                        seen.add(u)
                        part.append(u)
        parts.append(part)
    return parts
