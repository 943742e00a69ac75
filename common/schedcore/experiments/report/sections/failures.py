"""What has no value, and why: failures with their reasons and logs, refusals, searches that found nothing."""

from __future__ import annotations

from collections.abc import Sequence

from schedcore.experiments.report.run_data import RunData
from schedcore.experiments.report.text import counted
from schedcore.experiments.trial import Trial, TrialRecord, TrialStatus
from schedcore.plot import ReportPage

MOST_KINDS: int = 60
MOST_LABELS: int = 40
LOG_LINES: int = 30

_TITLES = {
    TrialStatus.FAILED: "Failed",
    TrialStatus.UNKNOWN: "Nothing found",
    TrialStatus.INFEASIBLE: "Said to be infeasible",
    TrialStatus.REFUSED: "Refused",
}


def add_failures(page: ReportPage, run: RunData) -> None:
    """Runs without a value, those with the same reason together."""
    without = [(t, r) for t, r in run.pairs() if r is not None and r.status in _TITLES]
    if not without:
        return
    page.section("Failures")
    for status, title in _TITLES.items():
        pairs = [(trial, record) for trial, record in without if record.status is status]
        if not pairs:
            continue
        page.subsection(f"{title}: {counted(len(pairs), 'run')}")
        kinds: dict[tuple[str, str, str], list[tuple[Trial, TrialRecord]]] = {}
        for trial, record in pairs:
            kinds.setdefault((record.error_type, trial.method, _first_line(record)), []).append((trial, record))
        ordered = sorted(kinds.items(), key=lambda item: -len(item[1]))
        for (error_type, method, reason), group in ordered[:MOST_KINDS]:
            _kind(page, run, error_type, method, reason, group)
        if len(ordered) > MOST_KINDS:
            page.text(f"{len(ordered) - MOST_KINDS} more reasons are left out; `sched export` writes all.")


def _first_line(record: TrialRecord) -> str:
    text = (record.message or record.error_text or "no reason given").strip()
    line = text.splitlines()[0] if text else "no reason given"
    return line if len(line) <= 300 else line[:297] + "…"


def _kind(
    page: ReportPage,
    run: RunData,
    error_type: str,
    method: str,
    reason: str,
    group: Sequence[tuple[Trial, TrialRecord]],
) -> None:
    what = (error_type.replace("-", " ") + ": " if error_type else "") + f"{method}: {reason}"
    times = f"{len(group)} ×" if len(group) > 1 else group[0][0].label
    with page.folded(_plain(what), times):
        labels = [trial.label + _attempt(record) for trial, record in group]
        page.text(_plain("; ".join(labels[:MOST_LABELS])) + ("; …" if len(labels) > MOST_LABELS else ""))
        record = group[0][1]
        if record.error_text and record.error_text.strip() != reason:
            page.code(_tail(record.error_text))
        log = run.log(record.key)
        if log.strip():
            page.text("What it printed last:")
            page.code(_tail(log))


def _attempt(record: TrialRecord) -> str:
    return f" (attempt {record.attempt})" if record.attempt > 1 else ""


def _tail(text: str) -> str:
    lines = text.strip().splitlines()
    return "\n".join(lines[-LOG_LINES:])


def _plain(text: str) -> str:
    """``text`` without the marks that the page would turn into elements."""
    return text.replace("`", "'").replace("**", "∗∗").replace("](", "] (")
