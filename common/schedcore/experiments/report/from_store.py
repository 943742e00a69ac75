"""A run as it is stored, made ready for a report."""

from __future__ import annotations

import shlex
from pathlib import Path

from schedcore.experiments.report.run_data import RunData
from schedcore.experiments.store import LOG, Store


def read_run(path: Path) -> RunData:
    """The run in the folder ``path``.

    Schedules and logs are read when they are asked for, so the folder must stay where it is.

    Raises
    ------
    InputError
        There is no run.
    FormatError
        It is damaged or of another version.
    """
    with Store.read(path) as store:
        return run_data_of(store)


def run_data_of(store: Store) -> RunData:
    """Trials, records and manifest of ``store``."""
    manifest = store.manifest
    experiment = manifest.experiment
    groups = experiment.get("groups") or {}
    gantt = experiment.get("gantt")
    return RunData(
        name=store.path.resolve().name,
        trials=tuple(store.trials()),
        records=store.records(),
        title=str(experiment.get("title") or manifest.name),
        description=str(experiment.get("description") or ""),
        command=command_text(manifest.argv),
        environment=manifest.environment,
        group_titles={name: str(group.get("title") or "") for name, group in groups.items()},
        gantt=tuple(gantt) if gantt else None,
        path=store.path,
        created=manifest.created,
        updated=manifest.updated,
        schedule_of=store.schedule,
        log_of=lambda key: _log(store, key),
    )


def command_text(argv: tuple[str, ...]) -> str:
    """The command as it is typed: ``sched``, then its words, quoted where a shell asks for it."""
    if not argv:
        return ""
    words = argv if Path(argv[0]).name == "sched" else ("sched", *argv)
    return shlex.join(("sched", *words[1:]))


def _log(store: Store, key: str) -> str:
    try:
        return store.artifact_path(key, LOG).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
