"""Judging one candidate: what an actor of Ray Tune does.

The actor itself computes nothing.  Each trial is a task of its own, as in a sweep, with its processors, its time-out
and its process; a crash costs one trial and not the search.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from schedcore.experiments.trial import Trial, TrialRecord
from schedcore.experiments.tuning.objective import Objective, mean

if TYPE_CHECKING:
    from schedcore.experiments.backends.ray import RayBackend
    from schedcore.registry import LoadedInstance

COST, EVALUATED, RECORD = "cost", "evaluated", "record"
"""What is reported after each trial: the mean cost so far, of how many trials, and the record of the last."""


def evaluate(
    config: Mapping[str, Any],
    *,
    loaded: Mapping[tuple[str, str], LoadedInstance],
    objective: Objective,
    grace_s: float,
    warm_up: bool,
) -> None:
    """Run the trials of a candidate one after the other, and report the mean cost after each.

    Parameters
    ----------
    config
        ``trials``: the trials as JSON texts; ``known``: costs of those whose results are there already, by key.
    """
    from ray import tune

    from schedcore.experiments.backends.ray import RayBackend

    backend = RayBackend(grace_s=grace_s, warm_up=warm_up)
    backend.start()
    try:
        costs: list[float] = []
        for text in config["trials"]:
            trial = Trial.from_dict(json.loads(text))
            record = None
            if trial.key in config["known"]:
                costs.append(config["known"][trial.key])
            else:
                record = _run(backend, trial, loaded.get((trial.domain, trial.instance)))
                costs.append(objective.cost(record))
            tune.report({COST: mean(costs), EVALUATED: len(costs), RECORD: record})
    finally:
        backend.close()


def _run(backend: RayBackend, trial: Trial, loaded: LoadedInstance | None) -> TrialRecord:
    backend.submit(trial, 1, loaded)
    while True:
        for finished in backend.poll(5.0):
            return finished.record
