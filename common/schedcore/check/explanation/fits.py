"""Which modes ever fit their resources, calendars and time windows."""

from __future__ import annotations

from bisect import bisect_right

from schedcore.check.explanation.conflict import Conflict, ConflictKind
from schedcore.check.explanation.facts import ABSENT, INFINITY, PRESENT, Facts
from schedcore.check.view import static_capacity
from schedcore.model import Mode, Reservoir, StepProfile

_Stretches = tuple[list[int], list[int]]
"""Begins and ends of the stretches in which a calendar offers enough."""


class Fitting:
    """Judges modes; remembers the stretches of each calendar and amount."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.words = facts.words
        resources = facts.problem.resources
        self.calendars = [None if isinstance(r, Reservoir) else r.calendar for r in resources]
        self.capacities = [static_capacity(facts.problem, r) for r in range(len(resources))]
        self._cache: dict[tuple[int, int], _Stretches] = {}

    def filter(self) -> list[Conflict]:
        """Drop modes that do not fit from the facts; a conflict for every mandatory task that keeps none."""
        facts, conflicts = self.facts, []
        for task, modes in enumerate(facts.modes):
            if facts.presence[task] == ABSENT or not modes:
                continue
            reasons = {m: self._misfit(task, facts.problem.tasks[task].modes[m]) for m in modes}
            kept = [m for m in modes if reasons[m] is None]
            if len(kept) == len(modes):
                continue
            modes[:] = kept
            if kept or facts.presence[task] != PRESENT:
                continue
            found = [(m, reason) for m, reason in reasons.items() if reason is not None]
            if len(found) == 1:
                why = found[0][1][1]
            else:
                why = "; ".join(f"mode {m}: {reason[1]}" for m, reason in found)
            in_time = all(reason[0] is ConflictKind.WINDOW for _, reason in found)
            resource = found[0][1][2] if len(found) == 1 else None
            conflicts.append(
                Conflict(
                    ConflictKind.WINDOW if in_time else ConflictKind.MODE,
                    f"{self.words.task(task)} can never run: {why}{self._cause(task)}",
                    (task,),
                    resource,
                )
            )
        return conflicts

    def _cause(self, task: int) -> str:
        return f" (it must be placed since {self.facts.cause[task]})" if self.facts.cause[task] else ""

    def _misfit(self, task: int, mode: Mode) -> tuple[ConflictKind, str, int | None] | None:
        """Why ``mode`` never fits, or ``None``; a mode that may take no time needs no resource."""
        facts, words = self.facts, self.words
        begin, end = facts.earliest_start[task], facts.latest_end[task]
        if begin + mode.duration > end:
            room = (
                f"only {words.span(end - begin)} lie between {words.at(begin)} and {words.at(end)}"
                if end > begin
                else f"it may not start before {words.at(begin)} and must end by {words.at(end)}"
            )
            return ConflictKind.WINDOW, f"it takes {words.span(mode.duration)}, but {room}", None
        if mode.duration == 0:
            return None
        cycle = facts.problem.cycle
        rounds = 1 if cycle is None else -(-mode.duration // cycle.maximum)
        bound: list[_Stretches] = []
        for demand in mode.demands:
            need, capacity = demand.amount * rounds, self.capacities[demand.resource]
            if need > capacity:
                name = words.resource(demand.resource)
                times = f" {rounds} times at once" if rounds > 1 else ""
                text = f"it needs {words.units(demand.amount)} of {name}{times}, which has {capacity}"
                return ConflictKind.MODE, text, demand.resource
            profile = self.calendars[demand.resource]
            if profile is not None:
                bound.append(self._stretches(demand.resource, demand.amount, profile))
        if bound and first_fit(bound, begin, mode.duration, end) is None:
            names = [d.resource for d in mode.demands if self.calendars[d.resource] is not None]
            until = "" if end >= INFINITY else f" to {words.at(end)}"
            text = (
                f"the calendar of {' and '.join(map(words.resource, names))} leaves no stretch of "
                f"{words.span(mode.duration)} from {words.at(begin)}{until or ' on'} with what it needs"
            )
            return ConflictKind.MODE, text, names[0] if len(names) == 1 else None
        return None

    def _stretches(self, resource: int, amount: int, profile: StepProfile) -> _Stretches:
        key = (resource, amount)
        if key not in self._cache:
            begins: list[int] = []
            ends: list[int] = []
            open_ = False
            for tick, value in profile.points:
                if (value >= amount) != open_:
                    (ends if open_ else begins).append(tick)
                    open_ = not open_
            if open_:
                ends.append(INFINITY)
            self._cache[key] = (begins, ends)
        return self._cache[key]


def first_fit(stretches: list[_Stretches], begin: int, duration: int, end: int) -> int | None:
    """First tick from ``begin`` on at which ``duration`` ticks fit into a stretch of every list, before ``end``."""
    moved = True
    while moved:
        moved = False
        for begins, ends in stretches:
            k = bisect_right(ends, begin)
            while k < len(ends) and ends[k] - max(begin, begins[k]) < duration:
                k += 1
            if k == len(ends):
                return None
            if begins[k] > begin:
                begin = begins[k]
                moved = True
            if begin + duration > end:
                return None
    return begin
