"""The search: Optuna proposes candidates, Ray Tune runs them side by side and gives up the poor ones early.

Whatever is run lands in the store of the run like the trials of a sweep.  The search itself keeps no state: it is told
the stored candidates when it goes on, so that a kill at any moment costs only what was running.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from schedcore.errors import MissingExtraError, SchedError
from schedcore.experiments.backends.ray import RayBackend
from schedcore.experiments.store import Store
from schedcore.experiments.trial import TrialRecord
from schedcore.experiments.tuning.candidates import Candidate, Candidates
from schedcore.experiments.tuning.evaluate import COST, EVALUATED, evaluate
from schedcore.experiments.tuning.objective import Objective, mean
from schedcore.experiments.tuning.space import Interval, Space

DEFAULTS = "defaults"
"""Name of the candidate with all defaults, which is judged first."""
EARLY_FROM = 6
"""Candidates that are judged on fewer trials are not given up early: too little would be known of them."""
_MB = 1 << 20

_SETTINGS = {
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",
    "RAY_CHDIR_TO_TRIAL_DIR": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
}


@dataclass(frozen=True)
class SearchOptions:
    """How long and how hard to search.

    Parameters
    ----------
    samples
        Candidates, besides the one with the defaults.
    time_s
        Seconds after which no candidate begins any more.
    concurrency
        Candidates at a time; default: as many as there are processors for.
    early
        Give up candidates that are poor on their first trials (successive halving).
    seed
        Root of the proposals.
    retries
        Further tries of a trial that failed.
    """

    samples: int = 20
    time_s: float | None = None
    concurrency: int | None = None
    early: bool = True
    seed: int = 0
    retries: int = 0


@dataclass
class Judged:
    """A candidate and what is known of it.

    Parameters
    ----------
    costs
        Of its trials by key.
    ended
        Whether it was judged to its end or given up; not if the search was interrupted.
    """

    candidate: Candidate
    costs: dict[str, float] = field(default_factory=dict)
    ended: bool = False

    @property
    def complete(self) -> bool:
        """Whether all its trials have run."""
        return len(self.costs) == len(self.candidate.trials)

    @property
    def cost(self) -> float:
        """Mean cost of the trials that have run."""
        return mean(self.costs.values())

    @property
    def rank(self) -> tuple[int, float]:
        """The best first: those judged on everything, then the others."""
        return (0 if self.complete else 1, self.cost)


@dataclass
class Search:
    """A search in the making.

    Parameters
    ----------
    told
        Called with a candidate whenever something of it has become known.
    changed
        Called whenever a candidate was added or ended, to note it.
    should_stop
        When it turns true, nothing begins any more.
    """

    candidates: Candidates
    objective: Objective
    options: SearchOptions
    store: Store
    told: Callable[[Judged, TrialRecord | None], None]
    changed: Callable[[], None]
    should_stop: Callable[[], bool]
    judged: dict[str, Judged] = field(default_factory=dict)
    waiting: list[Judged] = field(default_factory=list)
    """Candidates that are run before Optuna is asked."""

    def add(self, candidate: Candidate) -> Judged:
        """Take ``candidate`` up; results in the store count at once."""
        found = Judged(candidate)
        self.judged[candidate.name] = found
        self.store.add([trial for other in self.judged.values() for trial in other.candidate.trials])
        records = self.store.records()
        for trial in candidate.trials:
            record = records.get(trial.key)
            if record is not None and not record.failed:
                found.costs[trial.key] = self.objective.cost(record)
        self.changed()
        return found

    def run(self, backend: RayBackend) -> None:
        """Search on the Ray that ``backend`` has started, to the end of the budget or a request to stop.

        Raises
        ------
        MissingExtraError
            The extra ``tune`` is not installed.
        SchedError
            The search fails.
        """
        tune, optuna = import_tune()
        from schedcore.experiments.tuning.ray_parts import Keeper, Proposals, Stopper

        left = self.options.samples - sum(1 for one in self.judged.values() if one.candidate.values)
        count = len(self.waiting) + max(0, left)
        if count == 0:
            return
        plan = self.candidates.plan
        assert plan is not None
        trial = plan.trials[0]
        bundle: dict[str, float] = {"CPU": max(one.workers for one in plan.trials)}
        if gpus := max(one.gpus for one in plan.trials):
            bundle["GPU"] = gpus
        if memory := max(one.memory_mb or 0 for one in plan.trials):
            bundle["memory"] = memory * _MB
        length = len(plan.trials)
        work = tune.with_parameters(
            evaluate,
            loaded=dict(plan.loaded),
            objective=self.objective,
            grace_s=backend.grace_s,
            warm_up=backend.warm_up,
            retries=self.options.retries,
        )
        # The actor takes nothing, the tasks that it starts take what a trial asks for.
        work = tune.with_resources(work, tune.PlacementGroupFactory([{}, bundle]))
        scheduler = None
        if self.options.early and length >= EARLY_FROM:
            scheduler = tune.schedulers.ASHAScheduler(
                time_attr=EVALUATED, max_t=length, grace_period=max(2, length // 4), reduction_factor=3
            )
        at_once = self.options.concurrency or max(1, backend.slots // trial.workers)
        with tempfile.TemporaryDirectory(prefix="sched-tune-") as scratch, _settings(), _quiet(optuna):
            tuner = tune.Tuner(
                work,
                tune_config=tune.TuneConfig(
                    metric=COST,
                    mode="min",
                    search_alg=Proposals(self, optuna),
                    scheduler=scheduler,
                    num_samples=count,
                    max_concurrent_trials=at_once,
                    time_budget_s=self.options.time_s,
                    reuse_actors=True,
                    trial_dirname_creator=lambda one: str(one.trial_id),
                ),
                run_config=tune.RunConfig(
                    name="search",
                    storage_path=scratch,
                    callbacks=[Keeper(self)],
                    stop=Stopper(self),
                    verbose=0,
                    log_to_file=False,
                ),
            )
            try:
                results = tuner.fit()
            except SchedError:
                raise
            except Exception as error:
                cause = error.__cause__ or error
                if isinstance(cause, SchedError):
                    raise cause from error
                raise SchedError(
                    f"the search failed: {type(cause).__name__}: {cause}",
                    where="Ray Tune",
                    remedy="what was run is stored: continue with  sched tune --resume RUN",
                ) from error
        for failure in results.errors:
            raise SchedError(
                f"a candidate could not be judged: {failure}".splitlines()[0][:400],
                where="Ray Tune",
                remedy="what was run is stored: continue with  sched tune --resume RUN",
            )

    # ---- called by Ray Tune --------------------------------------------------------------------------

    def config_of(self, judged: Judged) -> dict[str, Any]:
        """What the actor is told."""
        trials = [json.dumps(trial.as_dict()) for trial in judged.candidate.trials]
        begun = self.store.attempts()
        attempts = {trial.key: begun.get(trial.key, 0) for trial in judged.candidate.trials}
        return {
            "name": judged.candidate.name,
            "trials": trials,
            "known": dict(judged.costs),
            "attempts": {key: count for key, count in attempts.items() if count and key not in judged.costs},
        }

    def keep(self, judged: Judged, record: TrialRecord | None) -> None:
        """Store the record of a trial of a candidate."""
        if record is not None:
            self.store.finish(record)
            judged.costs[record.key] = self.objective.cost(record)
        self.told(judged, record)

    def end(self, judged: Judged) -> None:
        """Note that a candidate is judged or given up."""
        if not self.should_stop() or judged.complete:
            judged.ended = True
            self.changed()


def import_tune() -> tuple[Any, Any]:
    """Ray Tune and Optuna.

    Raises
    ------
    MissingExtraError
        One of them, or something that they need, is not installed.
    """
    try:
        import optuna
        import ray.tune
        import ray.tune.schedulers
        import ray.tune.search.optuna
    except ImportError as error:
        raise MissingExtraError(
            f"the search needs {error.name or error}", where="sched tune", remedy="pip install 'sched-research[tune]'"
        ) from error
    return ray.tune, optuna


def distributions(space: Space, optuna: Any) -> dict[str, Any]:
    """The space in Optuna's terms; choices are numbered, so that they may be anything."""
    found: dict[str, Any] = {}
    for dimension in space.dimensions:
        if not isinstance(dimension, Interval):
            found[dimension.key] = optuna.distributions.CategoricalDistribution(list(range(len(dimension.values))))
        elif dimension.whole:
            low, high = int(dimension.low), int(dimension.high)
            found[dimension.key] = optuna.distributions.IntDistribution(low, high, log=dimension.log)
        else:
            found[dimension.key] = optuna.distributions.FloatDistribution(
                dimension.low, dimension.high, log=dimension.log
            )
    return found


def from_optuna(space: Space, proposal: Mapping[str, Any]) -> dict[str, Any]:
    """Values by key for what Optuna proposes."""
    return {d.key: proposal[d.key] if isinstance(d, Interval) else d.values[proposal[d.key]] for d in space.dimensions}


def to_optuna(space: Space, values: Mapping[str, Any]) -> dict[str, Any]:
    """The inverse of :func:`from_optuna`."""
    return {
        d.key: values[d.key] if isinstance(d, Interval) else list(d.values).index(values[d.key])
        for d in space.dimensions
    }


@contextlib.contextmanager
def _settings() -> Iterator[None]:
    """Ray Tune's settings in the environment, for the time of a search."""
    old = {name: os.environ.get(name) for name in _SETTINGS}
    os.environ.update(_SETTINGS)
    try:
        yield
    finally:
        for name, value in old.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _quiet(optuna: Any) -> Iterator[None]:
    """Keep warnings of both libraries off the terminal; errors are raised."""
    import logging
    import warnings

    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    loggers = [logging.getLogger(name) for name in ("ray.tune", "ray.train", "ray.air")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        optuna.logging.set_verbosity(level)
        for logger, old in zip(loggers, levels, strict=True):
            logger.setLevel(old)
