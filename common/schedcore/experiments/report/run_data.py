"""``RunData``: what a report is made of, wherever it was kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schedcore.experiments.trial import Trial, TrialRecord


def _no_log(key: str) -> str:
    return ""


def _no_schedule(key: str) -> Mapping[str, Any] | None:
    return None


@dataclass(frozen=True)
class RunData:
    """Trials in the order of the plan, the records there are, and where they come from.

    Parameters
    ----------
    name
        Name of the run.
    trials, records
        What was planned, and what has finished, by key.
    title, description
        Heading and first paragraph; the name, where there is no title.
    command
        The command that made the run, as it was typed.
    environment
        Machine and versions, in the order to be shown.
    group_titles
        Headings of groups of instances.
    gantt
        Instances whose best schedule is drawn; ``None`` leaves the choice to the report.
    path
        The folder of the run.
    schedule_of
        Gives the schedule of a key, as JSON data.
    log_of
        Gives the end of what the trial of a key printed.
    """

    name: str
    trials: tuple[Trial, ...]
    records: Mapping[str, TrialRecord]
    title: str = ""
    description: str = ""
    command: str = ""
    environment: Mapping[str, Any] = field(default_factory=dict)
    group_titles: Mapping[str, str] = field(default_factory=dict)
    gantt: tuple[str, ...] | None = None
    path: Path | None = None
    created: str = ""
    updated: str = ""
    schedule_of: Callable[[str], Mapping[str, Any] | None] = _no_schedule
    log_of: Callable[[str], str] = _no_log

    @property
    def heading(self) -> str:
        """The title, or the name."""
        return self.title or self.name

    def pairs(self) -> list[tuple[Trial, TrialRecord | None]]:
        """Every trial with its record, or ``None`` where it has not finished."""
        return [(trial, self.records.get(trial.key)) for trial in self.trials]

    @property
    def finished(self) -> int:
        """Number of trials with a record."""
        return sum(trial.key in self.records for trial in self.trials)

    @property
    def factors(self) -> tuple[str, ...]:
        """Keys that vary besides instance and seed."""
        return tuple(dict.fromkeys(name for trial in self.trials for name, _ in trial.factors))

    def schedule(self, key: str) -> Mapping[str, Any] | None:
        """The schedule that trial ``key`` found, as JSON data; ``None`` where there is none."""
        record = self.records.get(key)
        if record is not None and record.schedule is not None:
            return record.schedule
        return self.schedule_of(key)

    def log(self, key: str) -> str:
        """The end of what trial ``key`` printed."""
        record = self.records.get(key)
        return record.log if record is not None and record.log else self.log_of(key)
