"""Tunes the weights of a linear rule on training scenarios with an evolution strategy."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from schedcore.errors import InputError
from uam._checks import Floats
from uam.baselines.linear_rule import batch_of, profits_of_rule
from uam.baselines.rule_kernel import NUM_FEATURES, TWO_STEP_RATE
from uam.scenario import Scenario


@dataclass(frozen=True)
class TunerSettings:
    """Size of the search: ``generations`` of ``population`` rules, each played on ``days`` training days.

    The days of a generation are the same for all its rules and change from one to the next.  ``spread`` is the
    first standard deviation of every weight.
    """

    generations: int = 120
    population: int = 24
    days: int = 12
    spread: float = 0.3
    seed: int = 0

    def __post_init__(self) -> None:
        if self.generations < 1 or self.population < 4 or self.days < 1 or not self.spread > 0:
            raise InputError(
                "needs generations and days of at least 1, a population of at least 4, a spread above 0",
                where="tuner",
            )


@dataclass(frozen=True, slots=True, eq=False)
class Tuned:
    """The weights found, the mean profit per generation (dollars), decisions simulated and seconds taken."""

    weights: Floats
    curve: tuple[float, ...]
    decisions: int
    wall_s: float


def tune(
    scenarios: Sequence[Scenario],
    settings: TunerSettings | None = None,
    *,
    progress: Callable[[int, int, str], None] | None = None,
) -> Tuned:
    """Maximise the mean profit of a rule over ``scenarios``, beginning from two-step.

    A diagonal Gaussian moves towards the better half of each generation (weights falling with rank) and adapts its
    spread to theirs; the result is its last mean.  Deterministic for a seed.

    Raises
    ------
    InputError
        Scenarios of different kinds, or fewer than the days of a generation.
    """
    settings = settings or TunerSettings()
    if len(scenarios) < settings.days:
        raise InputError(
            f"{len(scenarios)} scenarios for {settings.days} days", where="tuner", remedy="give more scenarios"
        )
    began = time.perf_counter()
    rng = np.random.default_rng(settings.seed)
    mean = np.zeros(NUM_FEATURES)
    mean[TWO_STEP_RATE] = 1.0
    spread = np.full(NUM_FEATURES, settings.spread)
    half = settings.population // 2
    ranks = np.log(half + 0.5) - np.log(np.arange(1, half + 1))
    ranks /= ranks.sum()
    curve: list[float] = []
    decisions = 0
    for generation in range(settings.generations):
        chosen = rng.choice(len(scenarios), settings.days, replace=False)
        days = batch_of([scenarios[int(s)] for s in chosen])
        # Mirrored pairs halve the noise of the mean.
        noise = rng.normal(size=(settings.population // 2, NUM_FEATURES))
        rules = mean + np.concatenate([noise, -noise]) * spread
        profits = np.empty(len(rules))
        for r, rule in enumerate(rules):
            profits[r] = profits_of_rule(rule, days).mean() / 1000.0
            decisions += int(days.days.decisions.sum())
        best = np.argsort(-profits)[:half]
        moved = (ranks[:, None] * rules[best]).sum(axis=0)
        seen = np.sqrt((ranks[:, None] * (rules[best] - mean) ** 2).sum(axis=0))
        mean = mean + (moved - mean)
        spread = np.maximum(0.9 * spread + 0.1 * seen, 0.01)
        curve.append(float(profits[best].mean()))
        if progress is not None:
            progress(generation + 1, settings.generations, f"best half {curve[-1]:.0f} $")
    return Tuned(mean, tuple(curve), decisions, time.perf_counter() - began)
