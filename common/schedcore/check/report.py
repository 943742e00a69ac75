"""The outcome of a check."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from schedcore.check.violation import Findings, Violation, ViolationCode
from schedcore.errors import ViolationError
from schedcore.model import Problem, Schedule

_ORDER = {code: i for i, code in enumerate(ViolationCode)}


class Report:
    """Every violation of a schedule, made readable.

    Counting and adding up is done on columns; the violations with their messages are built when
    ``violations``, ``to_text`` or ``as_dict`` is used.

    Attributes
    ----------
    problem, schedule
        What was checked.
    """

    def __init__(self, problem: Problem, schedule: Schedule, findings: Sequence[Findings]) -> None:
        self.problem = problem
        self.schedule = schedule
        self._findings = tuple(findings)

    @property
    def ok(self) -> bool:
        """Whether the schedule breaks no rule."""
        return not self._findings

    def __bool__(self) -> bool:
        return self.ok

    def __len__(self) -> int:
        """Number of violations."""
        return sum(len(f.amounts) for f in self._findings)

    @cached_property
    def violations(self) -> tuple[Violation, ...]:
        """All violations, by code, then tick, resource and tasks."""
        found = [violation for findings in self._findings for violation in findings.build()]
        found.sort(
            key=lambda v: (
                _ORDER[v.code],
                -1 if v.at is None else v.at,
                -1 if v.resource is None else v.resource,
                v.tasks,
            )
        )
        return tuple(found)

    def counts(self) -> dict[ViolationCode, int]:
        """Number of violations per code that occurs."""
        counts = dict.fromkeys(sorted({f.code for f in self._findings}, key=_ORDER.__getitem__), 0)
        for findings in self._findings:
            counts[findings.code] += len(findings.amounts)
        return counts

    def totals(self) -> dict[ViolationCode, int]:
        """Sum of the amounts per code that occurs: penalty terms for a search (units differ between codes)."""
        totals = dict.fromkeys(self.counts(), 0)
        for findings in self._findings:
            totals[findings.code] += sum(map(int, findings.amounts.tolist()))
        return totals

    @property
    def codes(self) -> frozenset[ViolationCode]:
        """The codes that occur."""
        return frozenset(f.code for f in self._findings)

    def of(self, code: ViolationCode | str) -> tuple[Violation, ...]:
        """The violations of one code."""
        return tuple(v for v in self.violations if v.code == code)

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """All metrics of the schedule (see :mod:`schedcore.metrics`), computed on first use."""
        from schedcore.metrics import evaluate

        return evaluate(self.problem, self.schedule)

    def to_text(self, limit: int | None = None) -> str:
        """The verdict in one line, and one line per violation (the first ``limit`` of them)."""
        verdict = f"{self.problem.name}: {len(self.schedule)} placements, "
        if self.ok:
            return verdict + "all rules kept"
        counts = ", ".join(f"{code} {count}" for code, count in self.counts().items())
        lines = [f"{verdict}{len(self)} violation{'s' if len(self) > 1 else ''} ({counts})"]
        shown = self.violations if limit is None else self.violations[:limit]
        lines += [f"  {v.code}: {v.message}" for v in shown]
        if len(shown) < len(self):
            lines.append(f"  ... and {len(self) - len(shown)} more")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """The report as plain data for JSON."""
        return {
            "ok": self.ok,
            "count": len(self),
            "counts": {code.value: n for code, n in self.counts().items()},
            "totals": {code.value: n for code, n in self.totals().items()},
            "violations": [v.as_dict(self.problem) for v in self.violations],
        }

    def require_ok(self) -> None:
        """Raise :class:`ViolationError` with the first violations unless the schedule breaks no rule."""
        if not self.ok:
            raise ViolationError(self.to_text(limit=5), where="schedule", remedy="see check() for all violations")

    def __repr__(self) -> str:
        return f"Report({'ok' if self.ok else f'{len(self)} violations'})"
