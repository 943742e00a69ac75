"""The parts of a search that Ray Tune calls.  Imported only when a search begins, since it imports Ray Tune.

Ray Tune pickles them to be able to go on by itself; we go on from our store, so what is pickled is nothing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ray import tune
from ray.tune.search import Searcher
from ray.tune.search.optuna import OptunaSearch

from schedcore.errors import InputError, SchedError
from schedcore.experiments.tuning.evaluate import COST, RECORD
from schedcore.experiments.tuning.search import distributions, from_optuna, to_optuna

if TYPE_CHECKING:
    from schedcore.experiments.tuning.search import Judged, Search

_REFUSALS = 50
"""Proposals that the method may refuse one after the other."""


class _Nothing:
    """What stands for a part in a pickle."""


class Proposals(Searcher):  # type: ignore[misc]
    """Optuna's proposals as candidates with their trials; those that wait come first."""

    def __init__(self, search: Search, optuna: Any) -> None:
        super().__init__(metric=COST, mode="min")
        options = search.options
        startup = max(4, min(10, options.samples // 3))
        sampler = optuna.samplers.TPESampler(seed=options.seed, n_startup_trials=startup, constant_liar=True)
        self._search = search
        self._space = search.candidates.space
        self._inner = OptunaSearch(space=distributions(self._space, optuna), metric=COST, mode="min", sampler=sampler)
        self._running: dict[str, Judged] = {}
        self._asked: set[str] = set()
        self._names: dict[str, str] = {}
        for judged in search.judged.values():
            if judged.ended:
                self._tell(judged)

    def _tell(self, judged: Judged) -> None:
        """Tell Optuna of a candidate that it was not asked for."""
        if judged.candidate.values and judged.costs and math.isfinite(judged.cost):
            self._inner.add_evaluated_point(
                to_optuna(self._space, judged.candidate.values), judged.cost, pruned=not judged.complete
            )

    def suggest(self, trial_id: str) -> dict[str, Any] | None:
        if self._search.should_stop():
            return None
        judged = self._search.waiting.pop(0) if self._search.waiting else self._propose(trial_id)
        self._running[trial_id] = judged
        return self._search.config_of(judged)

    def _propose(self, trial_id: str) -> Judged:
        refused: SchedError | None = None
        for attempt in range(_REFUSALS):
            name = f"{trial_id}.{attempt}"
            values = from_optuna(self._space, self._inner.suggest(name) or {})
            try:
                candidate = self._search.candidates.make(values)
            except InputError as error:
                # The method refuses this combination; the next proposal may do.
                self._inner.on_trial_complete(name, error=True)
                refused = error
                continue
            self._asked.add(trial_id)
            self._names[trial_id] = name
            return self._search.add(candidate)
        assert refused is not None
        raise SchedError(
            f"the method refuses {_REFUSALS} proposals in a row; the last: {refused.what}",
            where=refused.where,
            remedy="narrow the search space",
        )

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        if trial_id in self._asked:
            self._inner.on_trial_result(self._names[trial_id], result)

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        judged = self._running.pop(trial_id, None)
        if judged is None:
            return
        if trial_id in self._asked:
            self._inner.on_trial_complete(self._names[trial_id], result, error)
        elif not error:
            self._tell(judged)
        if not error:
            self._search.end(judged)

    def save(self, checkpoint_path: str) -> None:
        """Nothing to save, but Ray Tune wants the file."""
        with open(checkpoint_path, "w", encoding="utf-8"):
            pass

    def restore(self, checkpoint_path: str) -> None:
        """Nothing to restore."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _Nothing, ()


class Keeper(tune.Callback):  # type: ignore[misc]
    """Takes the records out of what actors report, and stores them."""

    def __init__(self, search: Search) -> None:
        self._search = search

    def on_trial_result(self, iteration: int, trials: list[Any], trial: Any, result: Any, **info: Any) -> None:
        record = result.pop(RECORD, None)
        self._search.keep(self._search.judged[trial.config["name"]], record)

    def __reduce__(self) -> tuple[Any, ...]:
        return _Nothing, ()


class Stopper(tune.Stopper):  # type: ignore[misc]
    """Ends the search when it is asked to, and a candidate that cannot do well any more."""

    def __init__(self, search: Search) -> None:
        self._search = search

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        return math.isinf(result.get(COST, 0.0))

    def stop_all(self) -> bool:
        return self._search.should_stop()

    def __reduce__(self) -> tuple[Any, ...]:
        return _Nothing, ()
