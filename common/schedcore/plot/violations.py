"""Violations of a report, as the plots mark them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from schedcore.model import Schedule


class ViolationMark(NamedTuple):
    """One violation: its code, its words, and where it is shown."""

    code: str
    message: str
    tasks: tuple[int, ...]
    resource: int | None
    at: int | None


def violation_marks(report: Any) -> tuple[ViolationMark, ...]:
    """The violations of ``report`` (a :class:`schedcore.check.Report`, or ``None`` for none)."""
    if report is None:
        return ()
    return tuple(
        ViolationMark(
            str(getattr(v.code, "value", v.code)),
            str(v.message),
            tuple(int(t) for t in v.tasks),
            None if v.resource is None else int(v.resource),
            None if v.at is None else int(v.at),
        )
        for v in report.violations
    )


def marked_placements(marks: Iterable[ViolationMark], schedule: Schedule) -> dict[int, list[str]]:
    """Codes to show at placements (by position in the schedule), each code once per placement."""
    positions: dict[int, list[int]] = {}
    for position, task in enumerate(schedule.task.tolist()):
        positions.setdefault(task, []).append(position)
    codes: dict[int, list[str]] = {}
    for mark in marks:
        for task in mark.tasks:
            for position in positions.get(task, ()):
                at = codes.setdefault(position, [])
                if mark.code not in at:
                    at.append(mark.code)
    return codes


def summary(marks: Iterable[ViolationMark]) -> str:
    """``"3 violations: OVERLAP ×2, SETUP"``, or an empty text."""
    counts = Counter(mark.code for mark in marks)
    if not counts:
        return ""
    total = sum(counts.values())
    words = ", ".join(code if n == 1 else f"{code} ×{n}" for code, n in sorted(counts.items()))
    return f"{total} violation{'s' if total > 1 else ''}: {words}"
