"""Running an experiment: what is stored is not run again, what finishes is stored at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from schedcore.experiments.backend import Backend
from schedcore.experiments.plan import Plan
from schedcore.experiments.store import RunFolder
from schedcore.experiments.trial import Trial, TrialRecord, TrialStatus


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
        warm_up(left, warming)
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


def warm_up(trials: list[Trial], warming: Callable[[str], None]) -> None:
    """Let every method that will run solve a tiny job shop, so that compiling is not timed.

    What goes wrong here shows again, and is recorded, in the trial itself.
    """
    from schedcore.errors import SchedError
    from schedcore.experiments.methods import get_method
    from schedcore.experiments.parameters import with_parameters
    from schedcore.model import Problem, ProblemBuilder
    from schedcore.solvers.protocol import Limits

    def tiny() -> Problem:
        builder = ProblemBuilder("warm-up")
        machines = [builder.unary("a"), builder.unary("b")]
        for j, (first, second) in enumerate(((3, 2), (2, 4), (4, 1))):
            job = builder.job(f"j{j}")
            order = machines if j % 2 == 0 else machines[::-1]
            builder.chain(
                builder.task(f"j{j}.0", first, on=order[0], job=job),
                builder.task(f"j{j}.1", second, on=order[1], job=job),
            )
        builder.minimise(makespan=1)
        return builder.build()

    problem = tiny()
    seen: dict[tuple[str, tuple[tuple[str, Any], ...]], Trial] = {}
    for trial in trials:
        seen.setdefault((trial.solver, trial.parameters), trial)
    for trial in seen.values():
        warming(trial.method)
        try:
            solver = with_parameters(get_method(trial.solver, trial.domain), dict(trial.parameters))
            solver.solve(problem, limits=Limits(time_limit_s=1.0, workers=trial.workers))
        except SchedError:
            continue
