"""Reservoirs that mandatory effects empty or overfill even if every other task helps."""

from __future__ import annotations

from collections.abc import Iterator

from schedcore.check.explanation.conflict import Conflict, ConflictKind
from schedcore.check.explanation.facts import ABSENT, INFINITY, PRESENT, Facts
from schedcore.model import Edge, Effect, Mode, Reservoir


def stock_conflicts(facts: Facts) -> list[Conflict]:
    """At most one conflict per reservoir and bound.

    The highest level that any schedule can have reached at tick ``T`` counts what can add by then (from optional tasks
    too) as early as possible and what must be taken by then as late as possible; below the minimum there is a dip.
    The upper bound is the same with signs exchanged.
    """
    users: dict[int, list[int]] = {}
    for task in range(len(facts.problem.tasks)):
        if facts.presence[task] != ABSENT:
            for reservoir in {effect.reservoir for mode in facts.allowed(task) for effect in mode.effects}:
                users.setdefault(reservoir, []).append(task)
    conflicts = []
    for reservoir in sorted(users):
        for sign in (1, -1):
            find = _unbalanced if facts.cyclic else _dip
            conflict = find(facts, reservoir, users[reservoir], sign)
            if conflict is not None:
                conflicts.append(conflict)
    return conflicts


def _best_steps(facts: Facts, task: int, reservoir: int, sign: int) -> Iterator[tuple[int, int]]:
    """Changes over time of the most that ``task`` can have added by then (times ``sign``): ``(tick, change)``."""
    modes = [list(_mode_steps(facts, task, mode, reservoir, sign)) for mode in facts.allowed(task)]
    if facts.presence[task] != PRESENT:
        modes.append([])  # left out
    before = 0
    for tick in sorted({tick for steps in modes for tick, _ in steps}):
        best = max(sum(change for at, change in steps if at <= tick) for steps in modes)
        if best != before:
            yield tick, best - before
        before = best


def _mode_steps(facts: Facts, task: int, mode: Mode, reservoir: int, sign: int) -> Iterator[tuple[int, int]]:
    """What ``mode`` adds: helpful changes at their earliest tick, harmful ones at their latest."""
    for effect in mode.effects:
        if effect.reservoir != reservoir:
            continue
        change = sign * _extreme(effect, mode, sign)
        start = effect.edge is Edge.START
        if change > 0:
            yield (facts.earliest_start[task] if start else facts.earliest_end[task]), change
        elif change < 0:
            yield min(facts.latest_start[task] if start else facts.latest_end[task], INFINITY), change


def _extreme(effect: Effect, mode: Mode, sign: int) -> int:
    """Largest (``sign`` 1) or smallest (-1) change that ``effect`` can make."""
    if not effect.per_tick:
        return effect.delta
    candidates = (effect.delta * mode.duration, effect.delta * mode.longest)
    return max(candidates) if sign > 0 else min(candidates)


def _dip(facts: Facts, reservoir: int, tasks: list[int], sign: int) -> Conflict | None:
    target = facts.problem.resources[reservoir]
    assert isinstance(target, Reservoir)
    bound = target.minimum if sign > 0 else -target.maximum
    steps = sorted(step for task in tasks for step in _best_steps(facts, task, reservoir, sign))
    level = sign * target.initial
    for k, (tick, change) in enumerate(steps):
        level += change
        last = k + 1 == len(steps) or steps[k + 1][0] != tick
        if last and level < bound:
            return _conflict(facts, reservoir, tasks, sign, tick, bound - level)
    return None


def _conflict(facts: Facts, reservoir: int, tasks: list[int], sign: int, tick: int, lack: int) -> Conflict:
    target = facts.problem.resources[reservoir]
    assert isinstance(target, Reservoir)
    words = facts.words
    takers: list[int] = []
    helpers: list[int] = []
    for task in tasks:
        by_then = sum(c for at, c in _best_steps(facts, task, reservoir, sign) if at <= tick)
        if by_then < 0:
            takers.append(task)
        elif by_then > 0:
            helpers.append(task)
    taken = -sum(c for t in takers for at, c in _best_steps(facts, t, reservoir, sign) if at <= tick)
    given = sum(c for t in helpers for at, c in _best_steps(facts, t, reservoir, sign) if at <= tick)
    when = "in total" if tick >= INFINITY // 2 else f"by {words.at(tick)}"
    verbs = ("take", "add") if sign > 0 else ("add", "take")
    verb = verbs[0] + ("s" if len(takers) == 1 else "")
    side = f"minimum of {target.minimum}" if sign > 0 else f"maximum of {target.maximum}"
    help_text = f"others can {verbs[1]} at most {given} by then" if helpers else f"nothing can {verbs[1]} any by then"
    return Conflict(
        ConflictKind.RESERVOIR,
        f"{words.tasks(takers)} {verb} at least {words.units(taken)} {'from' if sign > 0 else 'to'} "
        f"{words.resource(reservoir)} {when}; it begins with {target.initial}, {help_text}, so its {side} is missed "
        f"by {words.units(lack)}",
        tuple(takers),
        reservoir,
        None if tick >= INFINITY // 2 else (0, tick),
    )


def _unbalanced(facts: Facts, reservoir: int, tasks: list[int], sign: int) -> Conflict | None:
    """Cyclic: the effects of one round cannot add up to zero."""
    most = 0
    for task in tasks:
        totals = [
            sum(sign * _extreme(e, mode, sign) for e in mode.effects if e.reservoir == reservoir)
            for mode in facts.allowed(task)
        ]
        if facts.presence[task] != PRESENT:
            totals.append(0)
        most += max(totals)
    if most >= 0:
        return None
    words = facts.words
    verb = "takes" if sign > 0 else "adds"
    return Conflict(
        ConflictKind.RESERVOIR,
        f"every round {verb} at least {words.units(-most)} {'from' if sign > 0 else 'to'} {words.resource(reservoir)}, "
        f"so its effects can never add up to zero: {words.tasks(tasks)}",
        tuple(tasks),
        reservoir,
    )
