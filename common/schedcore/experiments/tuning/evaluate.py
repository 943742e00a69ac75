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
    from schedcore.experiments.backends.protocol import Backend, Finished
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
    retries: int = 0,
) -> None:
    """Run the trials of a candidate one after the other, and report the mean cost after each.

    Parameters
    ----------
    config
        ``trials``: the trials as JSON texts; ``known``: costs of those whose results are there already, by key;
        ``attempts``: how often others were begun before.
    retries
        Further tries of a trial that failed, as in a sweep.
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
                before = config.get("attempts", {}).get(trial.key, 0)
                record = run_one(backend, trial, loaded.get((trial.domain, trial.instance)), before, retries)
                costs.append(objective.cost(record))
            tune.report({COST: mean(costs), EVALUATED: len(costs), RECORD: record})
    finally:
        backend.close()


def run_one(
    backend: Backend, trial: Trial, loaded: LoadedInstance | None, before: int = 0, retries: int = 0
) -> TrialRecord:
    """Run ``trial``, and run it again if it fails and the rules of a sweep allow that.

    Parameters
    ----------
    before
        Attempts of earlier runs of the search; they count in the record, not against ``retries``.
    """
    from schedcore.experiments.driver import tried_again

    tries = 0
    while True:
        tries += 1
        backend.submit(trial, before + tries, loaded)
        finished: list[Finished] = []
        while not finished:
            finished = backend.poll(5.0)
        if not tried_again(finished[0].record, tries, retries):
            return finished[0].record
