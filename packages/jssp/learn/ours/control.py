"""The tuned control: at most 200 parameters on the same features, found by an evolution strategy.

It shows what the features are worth without deep learning.  The network is the linear part and three hidden units of
:class:`~jssp.learn.ours.network.Network`, nothing is shared between candidates, and the evolution strategy is the
separable CMA-ES of R. Ros and N. Hansen (2008) on the mean greedy makespan over the trivial bound.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from jssp.learn.ours.checkpoint import hardware, save_checkpoint
from jssp.learn.ours.features import NUM_CANDIDATE
from jssp.learn.ours.instances import TRAINING, VALIDATION, draw
from jssp.learn.ours.network import Network, shapes, view
from jssp.learn.ours.rollout import AnyShop, arrays_of, roll
from jssp.learn.ours.settings import settings
from jssp.learn.ours.shop import FloatArray
from schedcore.errors import InputError

UNITS = 3


def parameter_count() -> int:
    """Number of parameters of the control."""
    return NUM_CANDIDATE + UNITS * (NUM_CANDIDATE + 2)


def network_of(values: FloatArray) -> Network:
    """The control with these parameters, in the form of the policy network."""
    flat = np.zeros(sum(int(np.prod(shape)) for shape in shapes(UNITS, UNITS)), dtype=np.float32)
    net = view(flat, UNITS, UNITS)
    linear, inner, offsets, outer = np.split(values, np.cumsum([NUM_CANDIDATE, UNITS * NUM_CANDIDATE, UNITS]))
    net.w0[:], net.w1[:], net.b1[:], net.w3[:] = linear, inner.reshape(NUM_CANDIDATE, UNITS), offsets, outer
    net.w2[:] = np.eye(UNITS)
    return net


@dataclass(frozen=True, slots=True)
class ControlConfig:
    """Settings: seed, seconds of one core, instances per generation, schedules per generation, first spread."""

    seed: int = 0
    seconds: float = 600.0
    instances: int = 24
    population: int = 24
    spread: float = 0.3

    def __post_init__(self) -> None:
        if self.instances < 1 or self.population < 4:
            raise InputError(
                f"{self.instances} instances, population {self.population}",
                where="recipe control",
                remedy="give at least 1 instance and a population of at least 4",
            )

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> ControlConfig:
        """From a mapping, also of texts; raises :class:`InputError` for settings that do not exist or fit."""
        return cls(**settings(cls, config, "recipe control"))


def train_control(
    config: ControlConfig,
    out: Path,
    report: Callable[[Mapping[str, Any]], None] = lambda row: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> int:
    """Tune the control for ``config.seconds`` and write ``out/control.npz``; chosen on validation instances.

    Returns the number of generations; ``should_stop`` ends the tuning early.
    """
    from schedcore.experiments.code_version import code_version

    rng = np.random.Generator(np.random.Philox(config.seed))
    size = parameter_count()
    classes = [c for c in TRAINING if c.jobs * c.machines <= 450]
    validation = [arrays_of(c.instance(seed)) for c in VALIDATION for seed in range(2)]
    mean, sigma, variance = np.zeros(size), config.spread, np.ones(size)
    mean[NUM_CANDIDATE : NUM_CANDIDATE * (1 + UNITS)] = rng.normal(0, 0.2, UNITS * NUM_CANDIDATE)
    parents = config.population // 2
    weights = np.log(parents + 0.5) - np.log(np.arange(1, parents + 1))
    weights /= weights.sum()
    effective = 1 / (weights**2).sum()
    # Constants of Hansen's tutorial, the learning rate of the covariance raised by (n + 2) / 3 for its diagonal.
    c_sigma = (effective + 2) / (size + effective + 5)
    d_sigma = 1 + 2 * max(0.0, np.sqrt((effective - 1) / (size + 1)) - 1) + c_sigma
    c_path = (4 + effective / size) / (size + 4 + 2 * effective / size)
    c_1 = 2 / ((size + 1.3) ** 2 + effective) * (size + 2) / 3
    c_mu = min(1 - c_1, 2 * (effective - 2 + 1 / effective) / ((size + 2) ** 2 + effective) * (size + 2) / 3)
    expected = np.sqrt(size) * (1 - 1 / (4 * size) + 1 / (21 * size**2))
    path, step_path = np.zeros(size), np.zeros(size)
    best, chosen, curve = np.inf, mean.copy(), []
    began, generation = time.process_time(), 0
    while time.process_time() - began < config.seconds and not should_stop():
        shops = [arrays_of(draw(classes, rng)) for _ in range(config.instances)]
        steps = rng.normal(size=(config.population, size)) * np.sqrt(variance)
        scores = np.array([_score(mean + sigma * step, shops) for step in steps])
        order = np.argsort(scores, kind="stable")[:parents]
        move = weights @ steps[order]
        mean = mean + sigma * move
        step_path = (1 - c_sigma) * step_path + np.sqrt(c_sigma * (2 - c_sigma) * effective) * move / np.sqrt(variance)
        length = np.linalg.norm(step_path)
        path = (1 - c_path) * path + np.sqrt(c_path * (2 - c_path) * effective) * move
        variance = (1 - c_1 - c_mu) * variance + c_1 * path**2 + c_mu * (weights @ steps[order] ** 2)
        sigma *= np.exp(min(1.0, c_sigma / d_sigma * (length / expected - 1)))
        generation += 1
        if generation % 20 == 0:
            score = _score(mean, validation)
            curve.append({"generation": generation, "score": score, "seconds": time.process_time() - began})
            report({"stage": "control", **curve[-1], "sigma": sigma, "of": config.seconds})
            if score < best:
                best, chosen = score, mean.copy()
    provenance = {
        "recipe": "control",
        "config": asdict(config),
        "seed": config.seed,
        "code_version": code_version("jssp"),
        "parameters": size,
        "curve": curve,
        "training_seconds": round(time.process_time() - began, 1),
        "hardware": hardware(),
        "trained_on": [c.name for c in classes],
        "validated_on": [c.name for c in VALIDATION],
    }
    save_checkpoint(out / "control.npz", network_of(chosen), provenance)
    return generation


def _score(values: FloatArray, shops: list[AnyShop]) -> float:
    net = network_of(values)
    return float(np.mean([roll(shop, net, 0.0).makespans[0] / shop.scale[1] for shop in shops]))
