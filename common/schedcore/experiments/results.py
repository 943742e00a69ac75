"""What an experiment found: one row per instance, one column per method, and a summary of the methods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from schedcore.experiments.plan import Plan
from schedcore.experiments.trial import Trial, TrialRecord, TrialStatus


@dataclass(frozen=True, slots=True)
class Cell:
    """A method on an instance: the mean value over the seeds, and its gap.

    ``gap`` is ``(value - reference) / reference``.  ``status`` is the worst of the seeds.
    """

    status: TrialStatus
    value: float | None
    gap: float | None
    wall_s: float
    optimal: bool
    runs: int
    message: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The cell as plain data."""
        return {
            "status": str(self.status),
            "value": self.value,
            "gap": self.gap,
            "wall_s": self.wall_s,
            "optimal": self.optimal,
            "runs": self.runs,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class Row:
    """An instance: its size, what is known, and a cell per method.

    ``reference`` is what gaps are measured from: the best known value, or, where none is known
    (``own`` is true then), the best value of this run.
    """

    group: str
    domain: str
    instance: str
    tasks: int
    lower: int | None
    upper: int | None
    source: str | None
    reference: float | None
    own: bool
    cells: Mapping[str, Cell]
    best: TrialRecord | None

    @property
    def known_text(self) -> str:
        """``55``, ``2005..2006``, or ``>= 40``."""
        if self.upper is None:
            return "-" if self.lower is None else f">= {self.lower}"
        return str(self.upper) if self.lower in (None, self.upper) else f"{self.lower}..{self.upper}"

    def as_dict(self) -> dict[str, Any]:
        """The row as plain data."""
        return {
            "group": self.group,
            "domain": self.domain,
            "instance": self.instance,
            "tasks": self.tasks,
            "best_known": {"lower": self.lower, "upper": self.upper, "source": self.source},
            "reference": self.reference,
            "reference_is": "best of this run" if self.own else "best known",
            "methods": {name: cell.as_dict() for name, cell in self.cells.items()},
        }


@dataclass(frozen=True, slots=True)
class Summary:
    """A method over the instances it understood; gaps over those with a schedule.

    ``gaps`` counts the instances behind the mean gap, ``partial`` says that another method has a gap on an
    instance where this one has none, so that their means do not compare.  ``at_reference`` counts
    instances on which the best known value was reached or beaten, of the ``with_reference`` that have one.
    """

    method: str
    instances: int
    solved: int
    gaps: int
    partial: bool
    mean_gap: float | None
    worst_gap: float | None
    proven: int
    at_reference: int
    with_reference: int
    wall_s: float

    def as_dict(self) -> dict[str, Any]:
        """The summary as plain data."""
        return {name: getattr(self, name) for name in self.__slots__}


def rows_of(plan: Plan, records: Mapping[str, TrialRecord]) -> list[Row]:
    """The rows in the order of the plan; methods without a record are left out of a row."""
    by_instance: dict[tuple[str, str], list[tuple[Trial, TrialRecord]]] = {}
    for trial in plan.trials:
        pairs = by_instance.setdefault((trial.domain, trial.instance), [])
        if trial.key in records:
            pairs.append((trial, records[trial.key]))
    rows = []
    for (domain, instance), pairs in by_instance.items():
        loaded = plan.loaded[domain, instance]
        group = next(trial.group for trial in plan.trials if (trial.domain, trial.instance) == (domain, instance))
        solved = [record for _, record in pairs if record.value is not None]
        best = min(solved, key=lambda record: record.objective, default=None)
        own = loaded.upper_bound is None
        reference = loaded.upper_bound if not own else None if best is None else best.value
        cells: dict[str, Cell] = {}
        for method in plan.config.methods:
            runs = [record for trial, record in pairs if trial.method == method]
            if runs:
                cells[method] = _cell(runs, reference)
        rows.append(
            Row(
                group,
                domain,
                instance,
                len(loaded.problem.tasks),
                loaded.lower_bound,
                loaded.upper_bound,
                loaded.bound_source,
                reference,
                own,
                cells,
                best,
            )
        )
    return rows


_WORST = (
    TrialStatus.FAILED,
    TrialStatus.INFEASIBLE,
    TrialStatus.UNKNOWN,
    TrialStatus.REFUSED,
    TrialStatus.FEASIBLE,
    TrialStatus.OPTIMAL,
)


def _cell(runs: list[TrialRecord], reference: float | None) -> Cell:
    worst = min(runs, key=lambda record: _WORST.index(record.status))
    values = [record.value for record in runs if record.value is not None]
    value = sum(values) / len(values) if len(values) == len(runs) and values else None
    gap = None if value is None or reference is None else (value - reference) / max(1.0, abs(reference))
    return Cell(
        worst.status,
        value,
        gap,
        round(sum(record.wall_s for record in runs), 4),
        all(record.status is TrialStatus.OPTIMAL for record in runs),
        len(runs),
        worst.message if value is None else "",
    )


def summaries(rows: list[Row], methods: list[str]) -> list[Summary]:
    """The methods over all rows."""
    found = []
    compared = {(row.domain, row.instance) for row in rows for cell in row.cells.values() if cell.gap is not None}
    for method in methods:
        cells = [(row, row.cells[method]) for row in rows if method in row.cells]
        cells = [(row, cell) for row, cell in cells if cell.status is not TrialStatus.REFUSED]
        gaps = [cell.gap for _, cell in cells if cell.gap is not None]
        known = [(row, cell) for row, cell in cells if row.upper is not None]
        found.append(
            Summary(
                method,
                instances=len(cells),
                solved=sum(cell.value is not None for _, cell in cells),
                gaps=len(gaps),
                partial=len(gaps) < len(compared),
                mean_gap=sum(gaps) / len(gaps) if gaps else None,
                worst_gap=max(gaps, default=None),
                proven=sum(cell.optimal for _, cell in cells),
                at_reference=sum(cell.gap is not None and cell.gap <= 0 for _, cell in known),
                with_reference=len(known),
                wall_s=round(sum(cell.wall_s for _, cell in cells), 3),
            )
        )
    return found
