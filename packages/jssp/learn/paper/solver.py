"""The solver ``paper``: rollouts of the paper's network with different temperatures, the best is kept.

Works on plain job shops in closed form and, with the same weights, on every problem that the constraint model of
:mod:`jssp.env` can say.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from jssp.adapter import to_job_shop
from jssp.env.cp_reading import FEATURES
from jssp.env.modes import ActionMode
from schedcore.errors import InputError, UnsupportedFeatureError
from schedcore.model import Problem, Schedule
from schedcore.solvers.protocol import Incumbent, Limits, SolveResult, Status, require_features

SHIPPED = {"noop": "paper.npz", "nondelay": "paper-nondelay.npz", "active": "paper-nondelay.npz"}
"""The checkpoint in ``jssp/checkpoints`` that each mode uses unless another one is given: each was chosen on generated
validation instances played in its mode (``active`` was not looked at)."""


@dataclass(frozen=True)
class PaperSolver:
    """The learned dispatcher of the paper, from a checkpoint.

    Parameters
    ----------
    checkpoint
        Path of an ``.npz`` of ``sched train jssp --recipe paper``; empty: the one that comes with the
        package for the mode.
    samples
        Rollouts; sample e of n has temperature 0.5 + 1.5 e / n.  0: one greedy rollout.
    mode
        ``nondelay``, ``noop`` (as published) or ``active``.
    """

    name: ClassVar[str] = "paper"
    summary: ClassVar[str] = "job shops and projects: the paper's learned dispatcher, best of 32 rollouts"
    features: ClassVar[frozenset[str]] = FEATURES
    kernels: ClassVar[tuple[str, ...]] = ("jssp.learn.paper.forward", "jssp.env._kernels")

    checkpoint: str = ""
    samples: int = 32
    mode: str = "nondelay"

    def __post_init__(self) -> None:
        from jssp.env.batch import as_mode

        as_mode(self.mode)
        if isinstance(self.samples, bool) or self.samples < 0:
            raise InputError(f"samples is {self.samples!r}", where="solver paper", remedy="give a whole number >= 0")

    @property
    def training(self) -> str:
        """Where the weights come from and what they cost, in one line."""
        from jssp.learn.paper.checkpoint import load_checkpoint

        told = load_checkpoint(self.checkpoint or shipped_checkpoint(self.mode)).provenance
        updates, seconds = 0, 0.0
        while told:
            updates += int(told.get("update", 0))
            seconds += float(told.get("wall_s", 0.0))
            told = told.get("start") or {}
        return f"{updates} updates in {seconds / 3600:.2f} h on a shared core"

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
        """Play rollouts until all are done or the time is up; at least one is played.  A hint is of no use to it.

        Raises
        ------
        InputError, FormatError
            The checkpoint cannot be read.
        """
        began = time.perf_counter()
        require_features(self.name, self.features, problem)
        from jssp.learn.paper.checkpoint import load_checkpoint

        loaded = load_checkpoint(self.checkpoint or shipped_checkpoint(self.mode))
        rollouts = _rollouts(problem, loaded, ActionMode(self.mode), seed)
        heats = _temperatures(self.samples)
        best: Schedule | None = None
        trace: list[tuple[float, float, float | None]] = []
        played = 0
        for index, heat in enumerate(heats):
            spent = time.perf_counter() - began
            if best is not None and (spent >= limits.time_limit_s or (should_stop is not None and should_stop())):
                break
            found = rollouts(index, heat)
            played += 1
            if best is None or found.makespan < best.makespan:
                best = found
                wall = time.perf_counter() - began
                values = _values(problem, found)
                trace += [(wall, float(values[0]), None)] if values else []
                if on_solution is not None:
                    on_solution(Incumbent(found, values, None, wall))
        assert best is not None
        values = _values(problem, best)
        return SolveResult(
            Status.FEASIBLE if values else Status.OPTIMAL,
            best,
            values,
            None,
            time.perf_counter() - began,
            self.name,
            seed,
            trace=tuple(trace),
            parameters={"samples": self.samples, "mode": self.mode, "rollouts": played, "checkpoint": self.checkpoint},
            message="" if played == len(heats) else f"time for {played} of {len(heats)} rollouts",
        )


def shipped_checkpoint(mode: ActionMode | str) -> Path:
    """The checkpoint for ``mode`` that comes with the package.

    Raises
    ------
    InputError
        This copy of the package has none.
    """
    path = Path(__file__).resolve().parents[2] / "checkpoints" / SHIPPED[str(mode)]
    if not path.is_file():
        raise InputError(
            f"this copy of the package has no {path.name}",
            where="solver paper",
            remedy="give checkpoint=PATH of an .npz of 'sched train jssp --recipe paper'",
        )
    return path


def _temperatures(samples: int) -> list[float]:
    from jssp.learn.paper.inference import temperatures

    return [0.0] if samples == 0 else temperatures(samples).tolist()


def _rollouts(problem: Problem, checkpoint: object, mode: ActionMode, seed: int) -> Callable[[int, float], Schedule]:
    """A function from the number of a rollout and its temperature to its schedule."""
    from jssp.learn.paper.checkpoint import Checkpoint
    from jssp.learn.paper.inference import roll_out

    assert isinstance(checkpoint, Checkpoint)
    try:
        instance, order = to_job_shop(problem)
    except UnsupportedFeatureError:
        from jssp.learn.paper.general import play

        return lambda index, heat: play(problem, checkpoint, heat, mode=mode, seed=_seed(seed, index))

    def one(index: int, heat: float) -> Schedule:
        found = roll_out(checkpoint, [instance], np.array([heat]), mode=mode, seed=_seed(seed, index))
        starts = np.empty(len(order), dtype=np.int64)
        starts[order] = instance.from_matrix(found.starts[0])
        return Schedule.from_arrays(
            np.arange(len(order)), np.zeros(len(order), dtype=np.int64), starts, starts + problem.arrays.duration
        )

    return one


def _seed(seed: int, index: int) -> int:
    return int(np.random.SeedSequence([seed, index]).generate_state(1)[0])


def _values(problem: Problem, schedule: Schedule) -> tuple[int, ...]:
    from schedcore.solvers.support import values_of

    return () if problem.objective is None else values_of(problem, schedule)
