"""``Sink``: what a tracker of experiments has to offer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

from schedcore.experiments.report.run_data import RunData
from schedcore.experiments.trial import Trial, TrialRecord


@runtime_checkable
class Sink(Protocol):
    """Takes finished trials, in any order; a trial may come twice, then the later record counts.

    ``start`` comes first, ``close`` last and always, twice too.
    """

    name: str

    def start(self, run_name: str, about: Mapping[str, Any]) -> None:
        """Begin with the run called ``run_name``; ``about`` says command, machine and versions."""
        ...

    def trial(self, trial: Trial, record: TrialRecord) -> None:
        """Take a finished trial."""
        ...

    def close(self) -> None:
        """Write what is left and let go."""
        ...


def send_run(run: RunData, sink: Sink, said: Callable[[int, int], None] = lambda done, total: None) -> int:
    """Send every finished trial of ``run`` to ``sink``; returns how many there were.

    Parameters
    ----------
    said
        Told how many are sent, and of how many.
    """
    finished = [(trial, record) for trial, record in run.pairs() if record is not None]
    try:
        sink.start(run.name, about(run))
        for count, (trial, record) in enumerate(finished, start=1):
            sink.trial(trial, record)
            said(count, len(finished))
    finally:
        sink.close()
    return len(finished)


def about(run: RunData) -> dict[str, Any]:
    """What a tracker is told about the run as a whole."""
    known = {"title": run.heading, "command": run.command, "created": run.created, **run.environment}
    return {name: value for name, value in known.items() if value not in (None, "", {}, [])}


def parameters_of(trial: Trial) -> dict[str, Any]:
    """What a trial was given, flat, under names that every tracker takes."""
    given: dict[str, Any] = {
        "domain": trial.domain,
        "runner": trial.runner,
        "group": trial.group,
        "instance": trial.instance,
        "method": trial.method,
        "solver": trial.solver,
        "seed": trial.seed,
        "time_limit_s": trial.time_limit_s,
        "workers": trial.workers,
    }
    for prefix, pairs in (("parameters", trial.parameters), ("settings", trial.settings), ("factor", trial.factors)):
        given |= {f"{prefix}.{name}": value for name, value in pairs}
    return {name: value for name, value in given.items() if value is not None}


def figures_of(record: TrialRecord) -> dict[str, float]:
    """The figures of a finished trial."""
    figures: dict[str, float | None] = {
        "value": record.value,
        "bound": record.bound,
        "makespan": record.makespan,
        "wall_s": record.wall_s,
        "cpu_s": record.cpu_s,
        "peak_rss_mb": record.peak_rss_mb,
        "failed": float(record.failed),
        **record.metrics,
    }
    return {name: float(value) for name, value in figures.items() if value is not None}
