"""What ``sched run`` and ``sched sweep`` show while trials run: a table on a terminal, lines elsewhere, events."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from typing import Any

from schedcore.cli.session import Session
from schedcore.experiments.driver import Observer
from schedcore.experiments.trial import Trial, TrialRecord

_LINES = 200
"""Larger sweeps tell every hundredth of them, and failures, where there is no terminal."""
_REDRAW_S = 0.2
_ROWS = 12


class SweepProgress(Observer):
    """Counts, and tells what happens as the session wants it."""

    def __init__(self, session: Session, trials: Sequence[Trial], done: int) -> None:
        self.session = session
        self.total = len(trials)
        self.done = done
        self.failed = 0
        self.running: dict[str, Trial] = {}
        self.best: dict[tuple[str, str], tuple[float, str]] = {}
        self._by_method: dict[str, list[int]] = {}
        for trial in trials:
            self._by_method.setdefault(trial.method, [0, 0, 0])[0] += 1
        self._ended = 0
        self._began = time.monotonic()
        self._told = 0.0
        self._live: Any = None

    @property
    def eta_s(self) -> float | None:
        """Seconds to go, if all goes on as it did."""
        if not self._ended:
            return None
        return (time.monotonic() - self._began) / self._ended * (self.total - self.done)

    # ---- what the driver tells -------------------------------------------------------------------

    def begun(self, trial: Trial, attempt: int) -> None:
        """A trial begins."""
        self.running[trial.key] = trial
        self.session.event("begin", {**_names(trial), "attempt": attempt})
        self._redraw()

    def ended(self, trial: Trial, record: TrialRecord, *, again: bool) -> None:
        """A trial ended."""
        self.running.pop(trial.key, None)
        if not again:
            self.done += 1
            self._ended += 1
            counts = self._by_method.setdefault(trial.method, [1, 0, 0])
            counts[1] += 1
            counts[2] += record.failed
            self.failed += record.failed
        self._keep_best(trial, record)
        data = {**_names(trial), **_facts(record), "done": self.done, "total": self.total, "again": again}
        self.session.event("trial", data)
        self._tell(trial, record, again)
        self._redraw()

    def waiting(self) -> None:
        """Nothing happened."""
        self._redraw()

    def _keep_best(self, trial: Trial, record: TrialRecord) -> None:
        value = record.value
        if value is None:
            return
        place = (trial.domain, trial.instance)
        sign = -1.0 if record.direction == "max" else 1.0
        if place not in self.best or sign * value < sign * self.best[place][0]:
            self.best[place] = (value, trial.method)

    def _tell(self, trial: Trial, record: TrialRecord, again: bool) -> None:
        if self._live is not None or self.session.jsonl:
            return
        step = max(1, self.total // 100)
        if self.total > _LINES and not record.failed and self.done % step and not self.session.verbosity:
            return
        more = " (tries again)" if again else ""
        self.session.note(f"[{self.done}/{self.total}] {trial.label}: {result_text(record)}{more}")

    # ---- the table -------------------------------------------------------------------------------

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        """Draw a table on the terminal inside the block, if there is one."""
        session = self.session
        if not session.err_is_terminal or session.quiet:
            yield
            return
        from rich.console import Console
        from rich.live import Live

        console = Console(file=session.err, no_color=not session.colours(session.err))
        # Redrawn when something happens, not by a clock of its own.
        with Live(self._table(), console=console, auto_refresh=False, transient=True) as self._live:
            try:
                yield
            finally:
                self._live, live = None, self._live
                live.update(self._table(), refresh=True)

    def _redraw(self) -> None:
        now = time.monotonic()
        if self._live is not None and now - self._told >= _REDRAW_S:
            self._told = now
            self._live.update(self._table(), refresh=True)

    def _table(self) -> Any:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in ("method", "trials", "done", "failed", "best on"):
            table.add_column(name, justify="left" if name == "method" else "right", overflow="ellipsis", no_wrap=True)
        leads = [method for _, method in self.best.values()]
        for method, (total, done, failed) in list(self._by_method.items())[:_ROWS]:
            style = "red" if failed else "green" if done == total else ""
            row = (method, str(total), str(done), str(failed or ""), str(leads.count(method) or ""))
            table.add_row(*row, style=style)
        if len(self._by_method) > _ROWS:
            table.add_row(f"... {len(self._by_method) - _ROWS} more", style="dim")
        eta = self.eta_s
        counts = f"{self.done} of {self.total} done, {len(self.running)} running, {self.failed} failed"
        line = Text(f"{counts}, {_clock(time.monotonic() - self._began)} so far")
        if eta is not None:
            line.append(f", about {_clock(eta)} to go")
        now = ", ".join(trial.label for trial in list(self.running.values())[:3])
        best = self._best_text()
        bar = Table.grid()
        bar.add_row(ProgressBar(self.total, self.done, width=60))
        return Group(table, bar, line, Text(now, style="dim", overflow="ellipsis"), best)

    def _best_text(self) -> Any:
        from rich.text import Text

        if not self.best:
            return Text("")
        (_, instance), (value, method) = list(self.best.items())[-1]
        return Text(f"best so far: {instance} {value:g} by {method}", style="dim", overflow="ellipsis", no_wrap=True)


def _names(trial: Trial) -> dict[str, Any]:
    names = ("key", "group", "domain", "instance", "method", "solver", "seed")
    return {name: getattr(trial, name) for name in names}


def _facts(record: TrialRecord) -> dict[str, Any]:
    """How a trial ended, for a line of JSON; the rest is in the database under its key."""
    names = ("attempt", "status", "value", "bound", "lower", "upper", "direction", "wall_s", "error_type", "message")
    facts = {name: getattr(record, name) for name in names}
    return facts | {"status": str(record.status), "backend": record.backend, "host": record.host}


def _clock(seconds: float) -> str:
    whole = round(seconds)
    hours, minutes = whole // 3600, whole % 3600 // 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def result_text(record: TrialRecord) -> str:
    """How a trial ended, in a line."""
    if record.failed:
        return f"failed ({record.error_type}): {record.message}"
    if record.value is None:
        return f"{str(record.status).lower()}  {record.message}".rstrip()
    best = record.lower if record.direction == "max" else record.upper
    gap = "" if best is None else f" ({100 * (record.value - best) / max(1, abs(best)):+.1f}%)"
    return f"{record.value:.10g}{gap} {str(record.status).lower()}, {record.wall_s:.1f} s"
