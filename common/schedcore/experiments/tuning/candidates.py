"""Candidates: one assignment of the search space each, with the trials by which it is judged."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from schedcore.configdir import ConfigDir
from schedcore.errors import InputError
from schedcore.experiments.expand import expand
from schedcore.experiments.plan import Plan, make_plan
from schedcore.experiments.trial import Trial
from schedcore.experiments.tuning.space import Space


@dataclass(frozen=True)
class Candidate:
    """A candidate.

    Parameters
    ----------
    values
        Of the searched keys; empty for the one with all defaults.
    trials
        In the order in which they are run, the same for all candidates: the first of each instance, then the second.
    """

    name: str
    values: Mapping[str, Any]
    trials: tuple[Trial, ...]


@dataclass
class Candidates:
    """Makes candidates of a target; ``plan`` is that of the first, with the instances."""

    configs: ConfigDir
    target: str
    space: Space
    seeds: int | None = None
    plan: Plan | None = None
    made: list[Candidate] = field(default_factory=list)

    def check(self) -> None:
        """Make one candidate and forget it, so that mistakes show before anything runs.

        Raises
        ------
        InputError
            A target, key or value that does not exist.
        """
        self.make(self.space.some())
        self.made.clear()

    def make(self, values: Mapping[str, Any], name: str | None = None) -> Candidate:
        """The candidate with these values.

        Raises
        ------
        InputError
            Values that the method refuses.
        """
        plan = make_plan(expand(self.configs, self.target, self.space.words(values), seeds=self.seeds))
        if self.plan is None:
            if not plan.trials:
                raise InputError("there is nothing to judge candidates on", where=self.target, remedy="name instances")
            self.plan = plan
        name = name or f"#{len(self.made)}"
        factors = tuple((key, _plain(value)) for key, value in values.items())
        trials = tuple(
            dataclasses.replace(trial, method=f"{trial.method} {name}", factors=factors)
            for trial in interleaved(plan.trials)
        )
        candidate = Candidate(name, dict(values), trials)
        self.made.append(candidate)
        return candidate


def interleaved(trials: tuple[Trial, ...]) -> list[Trial]:
    """The first trial of every instance, then the second of every instance, and so on.

    A candidate that is given up early has then been judged on as many instances as possible.
    """
    counts: dict[tuple[str, str], int] = {}
    ranked: list[tuple[int, int, Trial]] = []
    for i, trial in enumerate(trials):
        pair = (trial.domain, trial.instance)
        ranked.append((counts.get(pair, 0), i, trial))
        counts[pair] = counts.get(pair, 0) + 1
    return [trial for _, _, trial in sorted(ranked, key=lambda item: item[:2])]


def _plain(value: Any) -> Any:
    return tuple(_plain(item) for item in value) if isinstance(value, (list, tuple)) else value
