"""Rules on single placements in time: duration, release, deadline, horizon and period."""

from __future__ import annotations

import numpy as np

from schedcore.check.realised import Realised
from schedcore.check.view import View
from schedcore.check.violation import Findings, Violation, ViolationCode
from schedcore.check.words import Words
from schedcore.model import MAX_TICK
from schedcore.model.arrays import IntArray


def check_times(view: View, realised: Realised | None) -> list[Findings]:
    """``DURATION``, ``RELEASE``, ``DEADLINE``, ``HORIZON``."""
    found = _durations(view, realised)
    found += _releases(view)
    found += _deadlines(view)
    return found + _horizon(view) + _period(view)


def _durations(view: View, realised: Realised | None) -> list[Findings]:
    known = view.mode_index >= 0
    index = np.where(known, view.mode_index, 0)
    if len(view.arrays.duration):
        shortest = np.where(known, view.arrays.duration[index], view.length)
        longest = np.where(known, view.arrays.duration_max[index], view.length)
    else:
        shortest = longest = view.length
    occurred: dict[int, int] = {}
    if realised is not None and realised.durations:
        occurred = {t: d for t, d in realised.durations.items() if view.row_of[t] >= 0}
        rows = view.row_of[list(occurred)]
        shortest, longest = shortest.copy(), longest.copy()
        shortest[rows] = longest[rows] = list(occurred.values())
    outside = np.maximum(shortest - view.length, view.length - longest)
    rows = np.flatnonzero(outside > 0)
    if not len(rows):
        return []

    def build() -> list[Violation]:
        words = Words(view.problem)
        result = []
        for row in rows.tolist():
            task, mode, length = int(view.task[row]), int(view.mode[row]), int(view.length[row])
            low, high = int(shortest[row]), int(longest[row])
            if task in occurred:
                rule = f"it really took {words.span(low)}"
            elif low == high:
                rule = f"its mode {mode} takes {words.span(low)}"
            else:
                rule = f"its mode {mode} takes {low} to {words.span(high)}"
            lasts = f"lasts {words.span(length)}" if length >= 0 else f"ends {words.span(-length)} before its start"
            result.append(
                Violation(
                    ViolationCode.DURATION,
                    f"task {words.task(task)} {lasts} from {words.at(int(view.start[row]))} on, but {rule}",
                    (task,),
                    at=int(view.start[row]),
                    amount=int(outside[row]),
                )
            )
        return result

    return [Findings(ViolationCode.DURATION, outside[rows], build)]


def _releases(view: View) -> list[Findings]:
    release = view.arrays.release[view.task]
    early = np.where(release > 0, release - view.start, 0)
    rows = np.flatnonzero(early > 0)
    if not len(rows):
        return []

    def build() -> list[Violation]:
        words = Words(view.problem)
        return [
            Violation(
                ViolationCode.RELEASE,
                f"task {words.task(task)} starts at {words.at(start)}, {words.span(amount)} before its release "
                f"at {words.at(start + amount)}",
                (task,),
                at=start,
                amount=amount,
            )
            for task, start, amount in _columns(rows, view.task, view.start, early)
        ]

    return [Findings(ViolationCode.RELEASE, early[rows], build)]


def _deadlines(view: View) -> list[Findings]:
    late = view.end - view.arrays.deadline[view.task]
    rows = np.flatnonzero(late > 0)
    if not len(rows):
        return []

    def build() -> list[Violation]:
        words = Words(view.problem)
        return [
            Violation(
                ViolationCode.DEADLINE,
                f"task {words.task(task)} ends at {words.at(end)}, {words.span(amount)} after its deadline "
                f"at {words.at(end - amount)}",
                (task,),
                at=end,
                amount=amount,
            )
            for task, end, amount in _columns(rows, view.task, view.end, late)
        ]

    return [Findings(ViolationCode.DEADLINE, late[rows], build)]


def _horizon(view: View) -> list[Findings]:
    """Placements before tick 0 and after the horizon (or the largest tick); each bound is one breach."""
    start, end = view.schedule.start, view.schedule.end  # not clipped
    horizon = MAX_TICK if view.problem.horizon is None else view.problem.horizon
    starts, ends = start[view.rows], end[view.rows]
    early, late = np.flatnonzero(starts < 0), np.flatnonzero(ends > horizon)
    if not len(early) and not len(late):
        return []
    # The smallest int64 has no positive counterpart; a tick less does not matter there.
    amounts = np.concatenate([-np.maximum(starts[early], -np.iinfo(np.int64).max), ends[late] - horizon])

    def build() -> list[Violation]:
        words = Words(view.problem)
        name = "the largest tick" if view.problem.horizon is None else "the horizon"
        result = [
            Violation(
                ViolationCode.HORIZON,
                f"task {words.task(task)} starts at {words.at(at)}, before time begins",
                (task,),
                at=at,
                amount=-at,
            )
            for task, at in _columns(early, view.task, starts)
        ]
        return result + [
            Violation(
                ViolationCode.HORIZON,
                f"task {words.task(task)} ends at {words.at(at)}, {words.span(at - horizon)} after {name} "
                f"at {words.at(horizon)}",
                (task,),
                at=at,
                amount=at - horizon,
            )
            for task, at in _columns(late, view.task, ends)
        ]

    return [Findings(ViolationCode.HORIZON, amounts, build)]


def _period(view: View) -> list[Findings]:
    """The value of the period against the problem's cycle."""
    cycle, value = view.problem.cycle, view.schedule.cycle
    words = Words(view.problem)
    if cycle is None:
        if value is None:
            return []
        message, amount = f"the schedule has a period of {words.span(value)}, but the problem is not cyclic", 1
    elif value is None:
        message, amount = "the problem is cyclic, but the schedule gives no period", 1
    else:
        amount = max(cycle.minimum - value, value - cycle.maximum)
        if amount <= 0:
            return []
        message = (
            f"the period of {words.span(value)} is outside the range of {cycle.minimum} to {words.span(cycle.maximum)}"
        )
    violation = Violation(ViolationCode.HORIZON, message, amount=amount)
    return [Findings(ViolationCode.HORIZON, np.array([amount], dtype=np.int64), lambda: [violation])]


def _columns(rows: IntArray, *columns: IntArray) -> zip[tuple[int, ...]]:
    return zip(*(column[rows].tolist() for column in columns), strict=True)
