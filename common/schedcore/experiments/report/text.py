"""How figures are written in reports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from schedcore.experiments.report.arena import Arena, CellRuns
from schedcore.experiments.report.charts.scales import seconds_text
from schedcore.experiments.statistics import Interval
from schedcore.experiments.trial import TrialStatus

__all__ = [
    "and_list",
    "cell_text",
    "cell_word",
    "code",
    "counted",
    "gap_text",
    "interval_text",
    "p_text",
    "percent",
    "reference_text",
    "seconds_text",
    "value_text",
]

WORDS = {
    TrialStatus.REFUSED: "n/a",
    TrialStatus.FAILED: "failed",
    TrialStatus.UNKNOWN: "none",
    TrialStatus.INFEASIBLE: "infeasible",
}
LEGEND = {
    "n/a": "the method does not understand a feature of the instance",
    "none": "nothing was found within the limits",
    "failed": "the run broke off with an error, or its schedule broke a rule",
    "infeasible": "the method says that no schedule exists",
    "…": "has not finished",
}
"""What the words in the cells mean."""

_WORST = (
    TrialStatus.FAILED,
    TrialStatus.INFEASIBLE,
    TrialStatus.UNKNOWN,
    TrialStatus.REFUSED,
    TrialStatus.FEASIBLE,
    TrialStatus.OPTIMAL,
)


def percent(gap: float, digits: int = 1) -> str:
    """A gap in per cent with its sign: ``+1.6%``; ``0.0%`` has none."""
    text = f"{100 * gap:+.{digits}f}%"
    return text[1:] if text.strip("+-0.%") == "" else text


def gap_text(gap: float) -> str:
    """A mean gap: two digits below one per cent, one above."""
    return percent(gap, 2 if abs(gap) < 0.00995 else 1)


def interval_text(interval: Interval | None) -> str:
    """``[+0.9%, +2.4%]``; nothing without interval, or where its ends look the same."""
    if interval is None or gap_text(interval.low) == gap_text(interval.high):
        return ""
    return f"[{gap_text(interval.low)}, {gap_text(interval.high)}]"


def p_text(p: float) -> str:
    """A p-value: ``0.031``, ``< 0.001``."""
    if p < 0.001:
        return "< 0.001"
    return f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def counted(count: int, noun: str) -> str:
    """``1 run``, ``2 runs``, ``12,345 runs``."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def and_list(names: Iterable[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    parts = list(names)
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + f" and {parts[-1]}" if parts else ""


def code(name: str) -> str:
    """A name as code in the marks of :class:`~schedcore.plot.ReportPage`."""
    return "`" + name.replace("`", "'").replace("\n", " ") + "`"


def value_text(value: float) -> str:
    """A value: whole numbers whole, others with some digits."""
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value)}"
    return f"{value:.1f}" if abs(value) >= 100 else f"{value:.4g}"


def reference_text(arena: Arena) -> str:
    """What gaps are measured from."""
    own = sum(info.own for info in arena.instances.values())
    if own == len(arena.instances):
        return "the best value of this run"
    return "the best known value" if own == 0 else "the best known value (of this run where none is known)"


def cell_word(cell: CellRuns) -> str:
    """Why a cell has no value: the worst that happened; ``…`` if nothing has finished, nothing if none was planned."""
    if not cell.planned:
        return ""
    if not cell.records:
        return "…"
    worst = min((record.status for record in cell.records.values()), key=_WORST.index)
    return WORDS.get(worst, str(worst).lower())


def cell_text(cell: CellRuns, arena: Arena) -> str:
    """``945 +1.6%``, with ``*`` for a proven optimum, ``(2/3)`` where some seeds have no value."""
    if cell.value is None:
        return cell_word(cell)
    text = value_text(cell.value) + ("*" if cell.proven else "")
    if cell.mean is not None:
        text += f" {percent(arena.percent(cell.mean))}"
    return text + share_text(cell)


def share_text(cell: CellRuns) -> str:
    """``(2/3)`` where some of the planned runs have no value."""
    return "" if len(cell.values) == cell.planned else f" ({len(cell.values)}/{cell.planned})"


def best_methods(arena: Arena, instance: str, methods: Sequence[str]) -> set[str]:
    """The methods with the smallest mean on an instance, if they differ at all."""
    means = {m: mean for m in methods if (mean := arena.cell(m, instance).mean) is not None}
    if not means:
        return set()
    least = min(means.values())
    found = {m for m, mean in means.items() if mean <= least + 1e-12}
    return found if len(found) < len(means) or len(means) == 1 else set()
