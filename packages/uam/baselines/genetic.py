"""The genetic algorithm of the papers on pymoo: the day in batches of 60 decisions, each optimised by simulation.

Section 11 of the specification: 100 individuals, 100 generations, one gene per decision, its destination; one elite,
30 parents that survive, 70 children of uniform crossover; mutation of one gene in ten.  These are the defaults of the
public package ``geneticalgorithm`` too, whose way of choosing parents (roulette on the distance to the worst) and of
changing the second child (within the interval of its parents) are kept.

It is clairvoyant: fitness is the profit of the batch on the tables of the day itself, delays, closures, failures and
all passengers included.  An action that is not allowed becomes "stay" and is counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from schedcore.errors import InputError
from uam._checks import Floats, Ints
from uam.baselines.genetic_kernel import commit, evaluate
from uam.compiled.arrays import make_days, make_tables
from uam.compiled.kernel import start
from uam.plan import Plan
from uam.scenario import Realised, Scenario
from uam.state import DayState


@dataclass(frozen=True)
class GeneticSettings:
    """Parameters of the genetic algorithm; the defaults are those of the papers (recalled, see the specification)."""

    population: int = 100
    generations: int = 100
    batch: int = 60
    mutation: float = 0.1
    crossover: float = 0.5
    parents: float = 0.3
    elite: float = 0.01

    def __post_init__(self) -> None:
        if self.population < 4 or self.generations < 0 or self.batch < 1:
            raise InputError("needs a population of at least 4 and a batch of at least 1", where="genetic algorithm")
        for name in ("mutation", "crossover", "parents", "elite"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"{name} is not from 0 to 1", where="genetic algorithm")
        if self.num_parents >= self.population or self.num_parents < 2:
            raise InputError("parents leaves no parents or no children", where="genetic algorithm", remedy="give 0.3")

    @property
    def num_parents(self) -> int:
        """Parents that survive."""
        return round(self.parents * self.population)

    @property
    def num_elite(self) -> int:
        """The best of them, who always survive."""
        return max(1, round(self.elite * self.population))


class GeneticPolicy:
    """Plans the next batch of decisions whenever the last is used up; see the module."""

    name = "genetic"
    clairvoyant = True

    def __init__(self, settings: GeneticSettings | None = None) -> None:
        self.settings = settings or GeneticSettings()
        self.simulated_decisions = 0
        self.repairs = 0

    def reset(self, plan: Plan, realised: Realised | None, seed: int) -> None:
        if realised is None:
            raise InputError("needs the tables of the day", where=self.name, remedy="play it as clairvoyant")
        # Day 0 is the day as it is, day 1 the one on which individuals are tried out.
        self._tables = make_tables([Scenario("genetic", plan, realised)])
        self._days = make_days(self._tables, [0, 0])
        start(self._tables, self._days, 0)
        self._rng = np.random.default_rng(seed)
        self._queue: list[int] = []
        self.simulated_decisions = 0
        self.repairs = 0

    def act(self, state: DayState) -> int:
        if not self._queue:
            best = self._evolve(state.plan.num_vertiports)
            actions = np.empty(len(best), dtype=np.int64)
            taken, repaired = commit(self._tables, self._days, best, actions)
            self.repairs += int(repaired)
            self._queue = actions[:taken][::-1].tolist()
        return self._queue.pop()

    def _evolve(self, num_vertiports: int) -> Ints:
        from pymoo.optimize import minimize

        from uam.baselines.genetic_operators import make_algorithm, make_problem

        settings = self.settings

        def cost(genes: Ints) -> Floats:
            fitness = np.empty(len(genes))
            counted = evaluate(self._tables, self._days, np.ascontiguousarray(genes, dtype=np.int64), fitness)
            self.simulated_decisions += int(counted)
            return -fitness

        problem = make_problem(settings.batch, num_vertiports, cost)
        # pymoo counts the first population as a generation.
        result: Any = minimize(
            problem,
            make_algorithm(settings),
            ("n_gen", settings.generations + 1),
            seed=int(self._rng.integers(2**31)),
            copy_algorithm=False,
        )
        return np.asarray(result.X, dtype=np.int64)


def genetic(**parameters: Any) -> GeneticPolicy:
    """The policy with these :class:`GeneticSettings`."""
    return GeneticPolicy(GeneticSettings(**parameters))
