"""Runs made up for tests of reports: trials and records without anything that runs."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from schedcore.experiments.manifest import Manifest
from schedcore.experiments.report import RunData
from schedcore.experiments.store import Store
from schedcore.experiments.trial import Trial, TrialRecord, TrialStatus

ENVIRONMENT = {
    "processor": "test processor",
    "processors": 2,
    "load": 0.1,
    "python": "3.11",
    "sched": "0.1",
    "git": "abc",
}


def a_trial(instance: str, method: str, seed: int = 0, **more: Any) -> Trial:
    """A trial; its key is the hash of what it is called."""
    fields: dict[str, Any] = {
        "group": "shops",
        "domain": "jssp",
        "solver": method,
        "time_limit_s": 2.0,
        "workers": 1,
        "factors": (("solver", method),),
        **more,
    }
    word = f"{fields['domain']}|{instance}|{method}|{seed}|{fields.get('runner')}"
    key = hashlib.blake2b(word.encode(), digest_size=12).hexdigest()
    return Trial(key=key, instance=instance, method=method, seed=seed, **fields)


def a_record(trial: Trial, value: float | None, **more: Any) -> TrialRecord:
    """A finished trial with ``value``; without one nothing was found."""
    fields: dict[str, Any] = {
        "status": TrialStatus.UNKNOWN if value is None else TrialStatus.FEASIBLE,
        "objective": () if value is None else (value,),
        "wall_s": 1.0,
        "cpu_s": 1.0,
        "tasks": 36,
        "started": "2026-11-22T18:00:00Z",
        "host": "box",
        "backend": "inline",
        **more,
    }
    return TrialRecord(trial.key, trial.domain, trial.instance, trial.solver, trial.seed, **fields)


def a_failure(trial: Trial, error_type: str = "exception", message: str = "ValueError: no", **more: Any) -> TrialRecord:
    """A trial that failed."""
    return a_record(trial, None, status=TrialStatus.FAILED, error_type=error_type, message=message, **more)


def a_run(pairs: Iterable[tuple[Trial, TrialRecord | None]], name: str = "made", **more: Any) -> RunData:
    """A run of these trials; those without a record have not finished."""
    pairs = list(pairs)
    records = {trial.key: record for trial, record in pairs if record is not None}
    fields: dict[str, Any] = {
        "command": f"sched sweep jssp --out runs/{name}",
        "environment": ENVIRONMENT,
        "gantt": (),
        "created": "2026-11-22T18:00:00Z",
        **more,
    }
    return RunData(name, tuple(trial for trial, _ in pairs), records, **fields)


def table_run(
    values: Mapping[str, Mapping[str, Sequence[float | None] | float | None]],
    known: Mapping[str, float] | None = None,
    direction: str = "min",
    **more: Any,
) -> RunData:
    """A run from ``values[method][instance]``: one value, or one per seed; ``known`` are the best known values."""
    pairs = []
    side = "upper" if direction == "min" else "lower"
    for method, own in values.items():
        for instance, given in own.items():
            seeds = given if isinstance(given, Sequence) else [given]
            for seed, value in enumerate(seeds):
                trial = a_trial(instance, method, seed)
                bounds = {} if known is None or instance not in known else {side: known[instance]}
                pairs.append((trial, a_record(trial, value, direction=direction, **bounds)))
    return a_run(pairs, **more)


def big_run(
    methods: int = 5, instances: int = 200, seeds: int = 10, *, damage: bool = True, name: str = "big"
) -> RunData:
    """A run with traces, failures, refusals and unfinished trials, from a fixed seed."""
    generator = np.random.default_rng(11)
    families = ("abz", "ft", "la", "orb", "swv", "ta", "yn")
    pairs: list[tuple[Trial, TrialRecord | None]] = []
    for i in range(instances):
        instance = f"{families[i % len(families)]}{i:03d}"
        best = float(generator.integers(500, 3000))
        hard = float(generator.gamma(2.0, 0.02))
        for m in range(methods):
            for seed in range(seeds):
                trial = a_trial(instance, f"method-{m}", seed)
                draw = generator.random()
                if damage and draw < 0.004:
                    kind = ("timeout", "crash", "out-of-memory", "exception")[int(1000 * draw) % 4]
                    text = f"Traceback\n  line {m}\nRuntimeError: cause {m}"
                    pairs.append((trial, a_failure(trial, kind, f"cause {m}", error_text=text, log="last words\n")))
                    continue
                if damage and draw > 0.998:
                    pairs.append((trial, None))
                    continue
                gap = abs(generator.normal(hard * (m + 0.5), hard / 3))
                value = round(best * (1 + gap))
                times = np.sort(generator.random(6)) * 2
                trace = tuple(
                    (float(t), value + round(best * 0.3 * (5 - k) / 5), best * 0.9) for k, t in enumerate(times)
                )
                optimal = value == best
                record = a_record(
                    trial,
                    value,
                    status=TrialStatus.OPTIMAL if optimal else TrialStatus.FEASIBLE,
                    upper=int(best),
                    lower=int(best * 0.98),
                    trace=trace,
                    wall_s=float(10 ** generator.normal(-2 + 0.7 * m, 0.2)),
                    metrics={"makespan": value, "flow": value * 3.0},
                    units={"flow": "ticks"},
                )
                pairs.append((trial, record))
    return a_run(pairs, name=name)


def stored(run: RunData, folder: Path, **manifest: Any) -> Path:
    """``run`` as a store in ``folder``."""
    about = {
        "argv": ("sched", "sweep", "jssp", "solver=cpsat,lns"),
        "asked": {"target": "jssp", "words": ["solver=cpsat,lns"]},
        "environment": dict(run.environment),
        **manifest,
    }
    with Store.create(folder, Manifest(run.name, **about)) as store:
        store.add(run.trials)
        store.write(run.records.values(), [])
    return folder


def log_ratios(values: Sequence[float], references: Sequence[float]) -> list[float]:
    """Logarithms of ratios, for comparisons by hand."""
    return [math.log(v / r) for v, r in zip(values, references)]


def each(run: RunData, change: Callable[[TrialRecord], TrialRecord]) -> RunData:
    """``run`` with every record changed."""
    import dataclasses

    return dataclasses.replace(run, records={key: change(record) for key, record in run.records.items()})
