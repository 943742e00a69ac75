"""The data of a report from the store of a run."""

from __future__ import annotations

import shlex
from pathlib import Path

from schedcore.experiments.report.run_data import RunData
from schedcore.experiments.store import Store


def run_data_of(store: Store) -> RunData:
    """What ``store`` holds of its run, with schedules to be read when they are asked for."""
    manifest = store.manifest
    experiment = manifest.experiment
    trials, records = store.trials(), store.records()
    groups = experiment.get("groups") or {}
    return RunData(
        manifest.name,
        tuple(trials),
        records,
        title=experiment.get("title") or "",
        description=experiment.get("description") or "",
        command=shlex.join(manifest.argv),
        environment=manifest.environment,
        group_titles={name: group.get("title") or name for name, group in groups.items()},
        gantt=tuple(experiment.get("gantt") or ()) or None,
        running=frozenset(store.running_keys()),
        path=Path(store.path),
        created=manifest.created,
        updated=manifest.updated,
        schedule_of=store.schedule,
    )
