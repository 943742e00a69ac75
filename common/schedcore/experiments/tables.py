"""The tables of an experiment as text, Markdown and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from schedcore.experiments.plan import Plan
from schedcore.experiments.results import Cell, Row, Summary
from schedcore.experiments.trial import TrialRecord, TrialStatus

Table = tuple[list[str], list[list[str]]]

LEGEND = {
    "n/a": "the method does not understand a feature of the instance",
    "none": "no schedule was found within the limits",
    "failed": "the method broke off with an error, or its schedule broke a rule",
    "infeasible": "the method says that no schedule exists",
}
"""What the words in the cells mean."""

_SHORT = {
    TrialStatus.REFUSED: "n/a",
    TrialStatus.FAILED: "failed",
    TrialStatus.UNKNOWN: "none",
    TrialStatus.INFEASIBLE: "infeasible",
}


def instance_table(rows: Sequence[Row], methods: Sequence[str]) -> Table:
    """Value and gap of every method on every instance; ``*`` marks a proven optimum."""
    header = ["instance", "tasks", "best known", *methods]
    body = [
        [row.instance, str(row.tasks), row.known_text, *(cell_text(row.cells.get(method)) for method in methods)]
        for row in rows
    ]
    return header, body


def cell_text(cell: Cell | None) -> str:
    """``945 +1.6%``, with ``*`` for a proven optimum."""
    if cell is None:
        return ""
    if cell.value is None:
        return _SHORT.get(cell.status, str(cell.status).lower())
    value = f"{cell.value:.0f}" if float(cell.value).is_integer() else f"{cell.value:.1f}"
    star = "*" if cell.optimal else ""
    return value + star + ("" if cell.gap is None else f" {percent(cell.gap)}")


def summary_table(found: Sequence[Summary]) -> Table:
    """One line per method."""
    header = ["method", "instances", "mean gap", "worst gap", "at best known", "proven", "total s"]
    body = [
        [
            item.method,
            solved_text(item),
            mean_gap_text(item),
            "-" if item.worst_gap is None else percent(item.worst_gap),
            at_best_text(item),
            str(item.proven),
            f"{item.wall_s:.1f}",
        ]
        for item in found
    ]
    return header, body


def mean_gap_text(item: Summary) -> str:
    """The mean gap of a method, with the number of instances behind it where that is not all of them."""
    if item.mean_gap is None:
        return "-"
    return percent(item.mean_gap) + (f" (of {item.gaps})" if item.partial else "")


def at_best_text(item: Summary) -> str:
    """Instances at the best known value, of those that have one: ``3 of 20``."""
    return f"{item.at_reference} of {item.with_reference}" if item.with_reference else "-"


def solved_text(item: Summary) -> str:
    """Instances with a schedule; ``3 of 4`` where some have none."""
    return str(item.instances) if item.solved == item.instances else f"{item.solved} of {item.instances}"


def percent(gap: float) -> str:
    """A gap in per cent with its sign: ``+1.6%``."""
    return f"{100 * gap:+.1f}%".replace("+0.0%", "0.0%").replace("-0.0%", "0.0%")


def markdown(table: Table) -> str:
    """A table for Markdown; the columns behind the first are aligned to the right."""
    header, body = table
    lines = [header, ["---", *("---:" for _ in header[1:])], *body]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def csv_text(plan: Plan, records: Mapping[str, TrialRecord]) -> str:
    """One line per trial, in the order of the plan."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    columns = ("status", "value", "makespan", "bound", "lower", "upper", "wall_s", "tasks", "message")
    writer.writerow(["group", "domain", "instance", "method", "solver", "seed", "gap", *columns, "key"])
    for trial in plan.trials:
        record = records.get(trial.key)
        if record is None:
            continue
        gap = None if record.value is None or record.upper is None else (record.value - record.upper) / record.upper
        writer.writerow(
            [
                trial.group,
                trial.domain,
                trial.instance,
                trial.method,
                trial.solver,
                trial.seed,
                "" if gap is None else f"{gap:.6f}",
                *("" if (value := getattr(record, name)) is None else str(value) for name in columns),
                trial.key,
            ]
        )
    return out.getvalue()
