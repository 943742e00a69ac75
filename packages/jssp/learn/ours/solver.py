"""``learned`` and ``control``: the trained dispatchers as solvers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from jssp.learn.ours.checkpoint import SHIPPED_NAMES, Checkpoint, CheckpointError, load_checkpoint, shipped
from jssp.learn.ours.infer import InferParameters, infer
from jssp.learn.ours.network import Network
from jssp.learn.ours.project_shop import ProjectShop
from jssp.learn.ours.reading import FEATURES, Reading, read
from jssp.learn.ours.shop import FloatArray, Shop
from schedcore.model import Problem, Schedule
from schedcore.solvers.protocol import Incumbent, Limits, SolveResult, Status, require_features

KERNELS = ("jssp.learn.ours.features", "jssp.learn.ours.kernel", "jssp.learn.ours.project_kernel")
"""Modules with compiled functions, which the command compiles before the time of solving counts."""


@cache
def _loaded(checkpoint: str) -> Checkpoint:
    return shipped(checkpoint) if checkpoint in SHIPPED_NAMES else load_checkpoint(Path(checkpoint))


@dataclass(frozen=True)
class LearnedSolver:
    """Draws schedules of a policy until their number or the time is used up, and returns the best.

    The greedy schedule comes first and is always finished, whatever the limit.  With a deterministic limit wall time
    does not count, and the number of schedules is that limit times 100, at most ``samples``.

    Parameters
    ----------
    checkpoint
        A file, or the name of a checkpoint that comes with the package (``ours``, ``ours-flexible``, ``ours-project``,
        ``control``).  Empty: the one of the package for the kind of problem.
    samples, temperature, strategy, elite, mode, fresh
        How schedules are drawn; see :class:`~jssp.learn.ours.infer.InferParameters`.
    """

    name: ClassVar[str] = "learned"
    summary: ClassVar[str] = "job shops, projects: a dispatcher trained on generated instances, best of 512 schedules"
    features: ClassVar[frozenset[str]] = FEATURES
    kernels: ClassVar[tuple[str, ...]] = KERNELS

    checkpoint: str = ""
    samples: int = 512
    temperature: float = 2.0
    strategy: str = "refine"
    elite: int = 8
    mode: str = "active"
    fresh: float = 0.1

    def __post_init__(self) -> None:
        self.parameters  # noqa: B018 - its checks

    @property
    def parameters(self) -> InferParameters:
        """How schedules are drawn."""
        return InferParameters(self.samples, self.temperature, self.strategy, self.elite, self.mode, self.fresh)

    def policy_for(self, reading: Reading) -> Network:
        """The network for a problem, loaded when it is first needed.

        Raises
        ------
        CheckpointError
            The checkpoint is missing, of another version, or for the other kind of problem.
        """
        name = self.checkpoint
        if not name:
            flexible = isinstance(reading.shop, Shop) and (reading.shop.share < 1).any()
            name = "ours-project" if reading.inputs == "project" else "ours-flexible" if flexible else "ours"
        found = _loaded(name)
        if found.inputs != reading.inputs:
            raise CheckpointError(
                f"it was trained on {found.inputs}s, and this problem is a {reading.inputs}",
                where=f"checkpoint {name}",
                remedy="leave the checkpoint away, or train one of the family",
            )
        return found.network

    @property
    def training(self) -> str:
        """Where the weights come from and what they cost, in one line."""
        told = _loaded(self.checkpoint or "ours").provenance
        count, stage = 0, told
        while "chosen" in stage:
            count += int(stage["chosen"]["update"])
            stage = stage.get("started_from", {})
        updates = f"{count} updates, " if count else ""
        return f"{updates}{float(told.get('training_seconds', 0)) / 60:.0f} min, {told.get('hardware', 'one core')}"

    def solve(
        self,
        problem: Problem,
        *,
        limits: Limits,
        seed: int = 0,
        hint: Schedule | None = None,
        on_solution: Callable[[Incumbent], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> SolveResult:
        """Draw schedules; a hint is of no use to the policy.

        Raises
        ------
        UnsupportedFeatureError
            The policy cannot read the problem.
        CheckpointError
            The checkpoint is missing or of another version.
        """
        began = time.perf_counter()
        require_features(self.name, self.features, problem)
        if not problem.tasks:
            return SolveResult(Status.OPTIMAL, Schedule(), (0,) if problem.objective else (), 0.0, 0.0, self.name, seed)
        reading = read(problem, self.name)
        network = self.policy_for(reading)
        trace: list[tuple[float, float, float | None]] = []
        bound = float(reading.weight * lower_bound(reading))

        def better(makespan: float, starts: FloatArray, choices: Any) -> None:
            wall = time.perf_counter() - began
            trace.append((wall, reading.weight * makespan, bound))
            if on_solution is not None and problem.objective is not None:
                value = (int(reading.weight * makespan),)
                on_solution(Incumbent(reading.schedule(starts, choices), value, bound, wall))

        def is_over() -> bool:
            late = limits.deterministic_limit is None and time.perf_counter() - began >= limits.time_limit_s
            return late or (should_stop is not None and should_stop())

        parameters = self.parameters
        if limits.deterministic_limit is not None:
            parameters = parameters.with_samples(min(parameters.samples, max(1, int(100 * limits.deterministic_limit))))
        found = infer(
            reading.shop,
            network,
            parameters,
            seed=seed,
            workers=limits.workers,
            on_better=better,
            is_over=is_over,
            target=lower_bound(reading),
        )
        schedule = reading.schedule(found.starts, found.choices)
        objective = () if problem.objective is None else (int(reading.weight * found.makespan),)
        proven = not objective or objective[0] <= bound
        return SolveResult(
            Status.OPTIMAL if proven else Status.FEASIBLE,
            schedule,
            objective,
            bound if objective else None,
            time.perf_counter() - began,
            self.name,
            seed,
            tuple(trace) if objective else (),
            {"samples": found.drawn, "strategy": parameters.strategy, "temperature": parameters.temperature},
            message="" if proven else f"best of {found.drawn} schedules of the policy",
        )


def lower_bound(reading: Reading) -> int:
    """A bound on the makespan that holds with alternatives too.

    It is the longest job or path, or the largest load of what has no alternative.
    """
    shop = reading.shop
    if isinstance(shop, ProjectShop):
        return int(np.ceil(shop.scale[1] - 1e-6)) if shop.duration.any() else 0
    first = shop.job_ptr[:-1]
    longest = float((shop.release + shop.duration[first] + shop.tail[first]).max())
    loads = np.zeros(shop.num_machines)
    only = shop.share == 1.0
    np.add.at(loads, shop.alt_machine[only], shop.alt_duration[only])
    return int(max(longest, loads.max()))


@dataclass(frozen=True)
class ControlSolver(LearnedSolver):
    """The tuned control, used like the policy."""

    name: ClassVar[str] = "control"
    summary: ClassVar[str] = "job shops: a small network tuned by an evolution strategy, the best of 512 schedules"

    kernels: ClassVar[tuple[str, ...]] = KERNELS[:2]  # it was tuned on shops alone

    checkpoint: str = "control"
