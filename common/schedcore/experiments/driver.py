"""Running an experiment: what is stored is not run again, what finishes is stored at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from schedcore.experiments.backend import Backend
from schedcore.experiments.plan import Plan
from schedcore.experiments.store import RunFolder
from schedcore.experiments.trial import Trial, TrialRecord, TrialStatus
from schedcore.experiments.warm_up import warm_up


@dataclass(frozen=True)
class RunOutcome:
    """Records of a run, by key; ``ran`` counts those that are new."""

    records: Mapping[str, TrialRecord]
    ran: int
    stopped: bool

    @property
    def failed(self) -> tuple[TrialRecord, ...]:
        """Records of trials that failed."""
        return tuple(record for record in self.records.values() if record.status is TrialStatus.FAILED)


def run_plan(
    plan: Plan,
    folder: RunFolder,
    backend: Backend,
    *,
    begun: Callable[[int, int, Trial], None],
    ended: Callable[[int, int, Trial, TrialRecord], None],
    should_stop: Callable[[], bool],
    warming: Callable[[str], None],
) -> RunOutcome:
    """Run the trials of ``plan`` that ``folder`` does not hold yet.

    Parameters
    ----------
    begun, ended
        Told about every trial: how many are done, how many there are, the trial (and its record).
    should_stop
        When it turns true, what runs is given up and nothing else begins; the records so far stay.
    warming
        Told the name of every method that is warmed up.
    """
    records = folder.done(plan.trials)
    left = [trial for trial in plan.trials if trial.key not in records]
    total = len(plan.trials)
    if left and plan.config.warm_up:
        warm_up(plan, left, warming, should_stop)
    ran = 0
    results = backend.run(
        left,
        instance_of=plan.instance_of,
        begun=lambda trial: begun(len(records), total, trial),
        should_stop=should_stop,
    )
    for trial, record in results:
        folder.put(record)
        records[trial.key] = record
        ran += 1
        ended(len(records), total, trial, record)
    return RunOutcome(records, ran, stopped=ran < len(left))
