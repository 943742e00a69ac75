"""The genetic algorithm: operators as in the package that they mirror, days replayed exactly, budget counted."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from schedcore.errors import InputError
from uam.baselines.genetic import GeneticPolicy, GeneticSettings, genetic
from uam.generate import generate
from uam.policies import RandomPolicy
from uam.simulator import play

SMALL = GeneticSettings(population=20, generations=5, batch=20)


def test_the_defaults_are_those_of_the_papers() -> None:
    settings = GeneticSettings()
    assert (settings.population, settings.generations, settings.batch) == (100, 100, 60)
    assert (settings.num_parents, settings.num_elite) == (30, 1)


def test_it_plans_the_real_day_and_counts_what_it_simulates() -> None:
    scenario = generate("random-4-1:aircraft=5:0")
    policy = GeneticPolicy(SMALL)
    log = play(scenario, policy, seed=3)
    batches = -(-len(log.decisions) // SMALL.batch)
    # 20 individuals, then 14 children in each of 5 generations; the last batch is shorter than 20 decisions.
    evaluations = 20 + 5 * 14
    assert (batches - 1) * evaluations * 20 <= policy.simulated_decisions <= batches * evaluations * 20
    assert play(scenario, GeneticPolicy(SMALL), seed=3).decisions == log.decisions
    random = np.mean([play(scenario, RandomPolicy(), seed=s).profit for s in range(3)])
    assert log.profit > random


def test_more_generations_earn_more() -> None:
    scenario = generate("fixed8:500")
    few, many = (play(scenario, genetic(generations=g, population=30)).profit for g in (0, 25))
    assert many > few


def test_parents_are_the_elite_and_a_roulette() -> None:
    from uam.baselines.genetic_operators import choose_parents

    costs = np.array([5.0, 1.0, 9.0, 3.0])
    counts = np.zeros(4)
    rng = np.random.default_rng(0)
    for _ in range(1000):
        parents = choose_parents(costs, 1, 3, rng)
        assert parents[0] == 1
        np.add.at(counts, parents[1:], 1)
    # Weights 5, 9, 1, 7 of 22.
    assert counts / counts.sum() == pytest.approx(np.array([5, 9, 1, 7]) / 22, abs=0.05)


def test_the_population_keeps_its_size_and_its_best() -> None:
    from pymoo.optimize import minimize

    from uam.baselines.genetic_operators import make_algorithm, make_problem

    sizes: list[int] = []
    bests: list[float] = []

    def watch(algorithm: object) -> None:
        sizes.append(len(algorithm.pop))  # type: ignore[attr-defined]
        bests.append(float(algorithm.pop.get("F").min()))  # type: ignore[attr-defined]

    problem = make_problem(10, 5, lambda x: np.abs(x - 3).sum(axis=1).astype(float))
    minimize(problem, make_algorithm(GeneticSettings(population=40)), ("n_gen", 30), seed=1, callback=watch)
    assert set(sizes) == {40}
    assert all(later <= earlier for earlier, later in itertools.pairwise(bests))
    assert bests[-1] <= 3


def test_mutation_of_the_second_child_stays_between_its_parents() -> None:
    from uam.baselines.genetic_operators import _Change, make_problem

    problem = make_problem(200, 9, lambda x: x.sum(axis=1))
    pair = np.stack([np.full(200, 2.0), np.full(200, 5.0)])
    changed = _Change(1.0)._do(problem, pair, random_state=np.random.default_rng(0))
    assert changed[0].min() == 0
    assert changed[0].max() == 8
    assert set(changed[1]) == {2.0, 3.0, 4.0, 5.0}


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"population": 2}, "population of at least 4"),
        ({"mutation": 2}, "mutation is not"),
        ({"parents": 1}, "parents"),
    ],
)
def test_settings_out_of_range_are_refused(given: dict[str, float], text: str) -> None:
    with pytest.raises(InputError, match=text):
        genetic(**given)


def test_without_the_tables_of_the_day_it_refuses() -> None:
    with pytest.raises(InputError, match="needs the tables of the day"):
        GeneticPolicy(SMALL).reset(generate("six:0").plan, None, 0)
