"""Random uncertainty for random problems."""

from __future__ import annotations

import random

from schedcore.model import Problem, Renewable, Unary
from schedcore.replay import (
    Breakdowns,
    CapacityStep,
    Disruption,
    Exponential,
    Fixed,
    LawChange,
    LogNormal,
    Noise,
    ResourceDown,
    TaskArrival,
    TaskCancelled,
    Uncertainty,
    Uniform,
)

NOISES = (
    None,
    Noise(LogNormal(1, 0.5), relative=True),
    Noise(Uniform(0, 2), relative=True),
    Noise(Fixed(1.2), relative=True, success=0.6, attempts=3),
    Noise(success=0.7, attempts=None),
)


def random_uncertainty(rng: random.Random, problem: Problem, *, disrupted: bool = True) -> Uncertainty:
    """Noise for all tasks, and disruptions of every kind."""
    noise = rng.choice(NOISES)
    if not disrupted:
        return Uncertainty(default=noise)
    disruptions: list[Disruption] = []
    breakdowns = []
    for resource in problem.resources:
        capacity = 1 if isinstance(resource, Unary) else getattr(resource, "capacity", 0)
        if not isinstance(resource, Unary | Renewable) or not capacity:
            continue
        units = rng.choice([None, rng.randint(1, capacity)])
        if rng.random() < 0.4:
            begin = rng.randrange(15)
            disruptions.append(ResourceDown(resource.name, begin, begin + rng.randint(1, 8), units))
        if rng.random() < 0.15:
            disruptions.append(CapacityStep(resource.name, rng.randrange(15), rng.randint(0, capacity)))
            disruptions.append(CapacityStep(resource.name, rng.randrange(15, 20), capacity))
        if rng.random() < 0.3:
            breakdowns.append(Breakdowns(resource.name, Exponential(15), Uniform(1, 4), units))
    ticks = rng.sample(range(40), 40)  # no two cancellations at one tick: their order would have no meaning
    for task in problem.tasks:
        if rng.random() < 0.15:
            disruptions.append(TaskArrival(task.name, rng.randrange(12)))
        if rng.random() < 0.1:
            disruptions.append(TaskCancelled(task.name, ticks.pop() % 20))
        if rng.random() < 0.15:
            change = Noise(Uniform(0.5, 3), relative=True)
            disruptions.append(LawChange(rng.randrange(12), change, (task.name,)))
    return Uncertainty(
        default=noise,
        breakdowns=tuple(breakdowns),
        disruptions=tuple(disruptions),
        on_break=rng.choice(["resume", "restart"]),
    )


def can_be_cancelled(uncertainty: Uncertainty, problem: Problem, schedule: object) -> bool:
    """Whether no cancelled task is tied to another."""
    from schedcore.errors import InputError
    from schedcore.replay.plan import Plan

    try:
        Plan(problem, schedule, uncertainty.bind(problem))  # type: ignore[arg-type]
    except InputError as error:
        if "cancelled" in error.what:
            return False
        raise
    return True


def without_cancellations(uncertainty: Uncertainty) -> Uncertainty:
    """The same without cancelled tasks."""
    import dataclasses

    kept = tuple(d for d in uncertainty.disruptions if not isinstance(d, TaskCancelled))
    return dataclasses.replace(uncertainty, disruptions=kept)


def random_world(rng: random.Random, problem: Problem, schedule: object, *, disrupted: bool = True) -> Uncertainty:
    """A random uncertainty that ``schedule`` can be replayed under."""
    found = random_uncertainty(rng, problem, disrupted=disrupted)
    return found if can_be_cancelled(found, problem, schedule) else without_cancellations(found)
