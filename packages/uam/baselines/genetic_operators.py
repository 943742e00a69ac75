"""The operators of the package ``geneticalgorithm`` for pymoo; imported only where pymoo is used."""

# mypy: disable-error-code="misc"

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from pymoo.algorithms.soo.nonconvex.ga import GA
from pymoo.core.crossover import Crossover
from pymoo.core.mutation import Mutation
from pymoo.core.population import Population
from pymoo.core.problem import Problem
from pymoo.core.selection import Selection
from pymoo.core.survival import Survival
from pymoo.operators.sampling.rnd import IntegerRandomSampling

from uam._checks import Floats, Ints

if TYPE_CHECKING:
    from uam.baselines.genetic import GeneticSettings


def make_problem(genes: int, values: int, cost: Callable[[Ints], Floats]) -> Problem:
    """Minimise ``cost`` (rows of genes to costs) over ``genes`` integers below ``values``."""

    class Batch(Problem):
        def __init__(self) -> None:
            super().__init__(n_var=genes, n_obj=1, xl=0, xu=values - 1, vtype=int)

        def _evaluate(self, x: Any, out: dict[str, Any], *args: Any, **kwargs: Any) -> None:
            out["F"] = cost(x)[:, None]

    return Batch()


def make_algorithm(settings: GeneticSettings) -> GA:
    """pymoo's genetic algorithm with these operators."""
    return GA(
        pop_size=settings.population,
        n_offsprings=settings.population - settings.num_parents,
        sampling=IntegerRandomSampling(),
        selection=_Parents(settings),
        crossover=_Uniform(),
        mutation=_Change(settings.mutation),
        survival=_KeepParents(),
        eliminate_duplicates=False,
    )


def choose_parents(costs: Floats, elite: int, number: int, rng: np.random.Generator) -> Ints:
    """Indices: the ``elite`` best, the others by roulette on ``worst - cost + 1``, with replacement."""
    order = np.argsort(costs, kind="stable")
    weight = costs.max() - costs + 1.0
    drawn = rng.choice(len(costs), size=number - elite, p=weight / weight.sum())
    return np.concatenate([order[:elite], drawn])


class _Parents(Selection):
    """Marks who survives, and pairs up those of them who mate."""

    def __init__(self, settings: GeneticSettings) -> None:
        super().__init__()
        self._settings = settings

    def _do(
        self, problem: Any, pop: Any, n_select: int, n_parents: int = 2, *, random_state: Any = None, **kwargs: Any
    ) -> Ints:
        settings = self._settings
        parents = choose_parents(pop.get("F")[:, 0], settings.num_elite, settings.num_parents, random_state)
        for individual in pop:
            individual.set("kept", 0)
        for index in parents:
            pop[index].set("kept", pop[index].get("kept") + 1)
        mating = parents[random_state.random(len(parents)) < settings.crossover]
        if len(mating) == 0:
            mating = parents[:1]
        return np.asarray(random_state.choice(mating, size=(n_select, n_parents)))


class _Uniform(Crossover):
    """Every gene of two children from one parent or the other."""

    def __init__(self) -> None:
        super().__init__(n_parents=2, n_offsprings=2, prob=1.0)

    def _do(self, problem: Any, x: Any, *args: Any, random_state: Any = None, **kwargs: Any) -> Any:
        swap = random_state.random(x.shape[1:]) < 0.5
        return np.stack([np.where(swap, x[1], x[0]), np.where(swap, x[0], x[1])])


class _Change(Mutation):
    """A gene in ten changes: to any value in the first children, within the range of the other's genes in the second.

    pymoo hands over all first children, then all second ones.
    """

    def __init__(self, share: float) -> None:
        super().__init__(prob=1.0)
        self._share = share

    def _do(self, problem: Any, x: Any, *args: Any, random_state: Any = None, **kwargs: Any) -> Any:
        changed = x.copy()
        half = len(x) // 2
        low, high = np.zeros(x.shape), np.full(x.shape, float(problem.xu[0]))
        # The pair of children has the genes of the pair of parents.
        low[half : 2 * half] = np.minimum(x[:half], x[half : 2 * half])
        high[half : 2 * half] = np.maximum(x[:half], x[half : 2 * half])
        drawn = np.floor(low + random_state.random(x.shape) * (high - low + 1))
        # Two parents with one gene leave the second child nothing to choose: then any value.
        drawn = np.where(low == high, np.floor(random_state.random(x.shape) * (problem.xu[0] + 1)), drawn)
        hit = random_state.random(x.shape) < self._share
        changed[hit] = drawn[hit]
        return changed


class _KeepParents(Survival):
    """The next generation: the parents that were chosen, and all children."""

    def __init__(self) -> None:
        super().__init__(filter_infeasible=False)

    def _do(self, problem: Any, pop: Any, *args: Any, n_survive: int | None = None, **kwargs: Any) -> Any:
        kept = [p.get("kept") for p in pop]
        if all(count is None for count in kept):  # the first population
            return pop
        chosen: list[Any] = []
        seen: set[int] = set()
        for individual, count in zip(pop, kept, strict=True):
            if id(individual) not in seen:  # a parent drawn twice stands in the population twice
                seen.add(id(individual))
                chosen += [individual] * (1 if count is None else count)
        return Population.create(*chosen)
