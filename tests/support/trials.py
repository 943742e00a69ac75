"""Trials, stores and backends for tests of experiments."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from schedcore.experiments.driver import Observer, run_trials
from schedcore.experiments.identity import trial_key
from schedcore.experiments.manifest import Manifest
from schedcore.experiments.store import Store
from schedcore.experiments.trial import Trial, TrialRecord, TrialStatus, load_instance

FT06 = load_instance("jssp", "ft06")


def trial(solver: str = "spt", seed: int = 0, **more) -> Trial:
    """A trial on ft06."""
    values = {"domain": "jssp", "instance": "ft06", "group": "g", "method": solver, "time_limit_s": 1.0, "workers": 1}
    made = Trial(key="", solver=solver, seed=seed, **(values | more))
    return dataclasses.replace(made, key=trial_key(made, instance=made.instance, fingerprint="f", code="c"))


def mine(name: str, seed: int = 0, **more) -> Trial:
    """A trial of a solver in ``support.my_solvers`` or, with a module before the name, of another module."""
    module, _, name = name.rpartition(":")
    return trial(f"support.{module or 'my_solvers'}:{name}", seed, **more)


def record(of: Trial, value: float | None = 55, **more) -> TrialRecord:
    """A record of the trial ``of``."""
    values = {"status": TrialStatus.FEASIBLE, "objective": () if value is None else (value,), "wall_s": 0.5}
    return TrialRecord(key=of.key, domain=of.domain, instance=of.instance, solver=of.solver, seed=of.seed,
                       **(values | more))  # fmt: skip


def store(folder: Path, name: str = "run") -> Store:
    """A new or old run in a folder."""
    return Store.create(folder / name, Manifest(name))


class Log(Observer):
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def begun(self, trial, attempt):
        self.lines.append(f"begin {trial.method} {trial.seed} {attempt}")

    def ended(self, trial, record, *, again):
        self.lines.append(f"end {trial.method} {trial.seed} {record.error_type or record.status}{' again' * again}")


def run(trials, folder, backend, **more):
    """Run trials into a store; the outcome and the whole records by key."""
    with store(folder) as kept:
        outcome = run_trials(trials, kept, backend, instance_of=lambda t: FT06, **more)
        records = {t.key: kept.get(t.key) for t in trials}
    return outcome, {key: found for key, found in records.items() if found is not None}


def comparable(record: TrialRecord) -> TrialRecord:
    """The record without what depends on time, machine and backend."""
    return dataclasses.replace(
        record, wall_s=0, cpu_s=None, peak_rss_mb=None, load=None, started="", backend="", trace=(), log=""
    )
