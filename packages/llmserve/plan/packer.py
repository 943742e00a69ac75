"""The packer: nano-operations in sequence, with shares, improved by annealing.  Milliseconds to seconds, no proof."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from llmserve.plan.window_model import check_window_features
from schedcore.errors import InputError
from schedcore.model import Placement, Problem, ProblemBuilder, Renewable, Schedule, Unary


@dataclass(frozen=True)
class PackerParameters:
    """How the packer works.

    Parameters
    ----------
    steps
        Sequences decoded per start.
    restarts
        Independent starts.
    stages
        1 or 2, see :func:`~llmserve.plan.window_model.window_model`.
    hot, cold
        Temperatures at the beginning and the end, as parts of the sequential length.
    """

    steps: int = 40_000
    restarts: int = 2
    stages: int = 1
    hot: float = 0.01
    cold: float = 0.0003

    def __post_init__(self) -> None:
        if self.steps < 0 or self.restarts < 1 or self.stages not in (1, 2) or not 0 < self.cold <= self.hot:
            raise InputError(
                f"{self}", where="packer", remedy="steps >= 0, restarts >= 1, stages 1 or 2, 0 < cold <= hot"
            )


def pack(
    problem: Problem,
    parameters: PackerParameters | None = None,
    *,
    start: Schedule | None = None,
    orders_from: Sequence[int] | None = None,
    seed: int = 0,
) -> Schedule:
    """A cyclic schedule of ``problem``; never longer than one after another at full share.

    Parameters
    ----------
    start
        Begin with the sequence, modes and stages of this schedule.
    orders_from
        Begin with the tasks in this sequence and middling shares.
    seed
        Of the annealing; the result depends on problem, parameters and seed alone.

    Raises
    ------
    UnsupportedFeatureError
        See :func:`~llmserve.plan.window_model.window_model`.
    """
    p = parameters or PackerParameters()
    check_window_features(problem)
    anneal = _compiled()
    data = _Data(problem)
    best = _sequential(problem, data)
    assert best.cycle is not None
    for restart in range(p.restarts):
        sequence, mode, stage = data.beginning(start if start is not None else best, orders_from)
        if p.stages == 1:
            stage[:] = 0
        found = (np.zeros(data.n, np.int64), np.zeros(data.n, np.int64), mode.copy(), stage.copy())
        period = anneal(
            sequence,
            mode,
            stage,
            data.durations,
            data.shares,
            data.num_modes,
            data.stream,
            data.num_streams,
            data.before,
            data.after,
            data.rounds,
            data.capacity,
            data.low,
            p.steps,
            seed * 1009 + restart,
            p.hot * data.sequential,
            p.cold * data.sequential,
            p.stages == 2,
            *found,
        )
        assert best.cycle is not None
        if period < best.cycle:
            best = data.schedule(int(period), *found)
    return best


KERNELS = ("llmserve.plan.packing_kernel",)
"""Modules with compiled functions that the packer calls."""


def compile_kernels() -> None:
    """Compile what the packer calls, on a tiny problem; the code is kept on disk."""
    b = ProblemBuilder("tiny")
    stream, gpu = b.unary("stream"), b.renewable("GPU", 1)
    first, second = (b.task(name, 1, on=stream, demands={gpu: 1}) for name in "ab")
    b.precedence(first, second)
    b.cycle(1, 2)
    b.minimise(period=1)
    pack(b.build(), PackerParameters(steps=1, restarts=1))


def _compiled() -> Any:
    """The compiled annealing; says so where it is about to be compiled, which takes a while once."""
    from llmserve.plan import packing_kernel

    kernel = packing_kernel.anneal
    if not kernel.signatures and not _announced:
        _announced.append(True)
        folder = Path(kernel._cache.cache_path)  # type: ignore[attr-defined]
        if not any(folder.glob("packing_kernel.anneal-*.nbi")):
            logging.getLogger(__name__).warning("compiling the packer (once, up to a minute)")
    return kernel


_announced: list[bool] = []


class _Data:
    """The problem as arrays of the kernel."""

    def __init__(self, problem: Problem) -> None:
        assert problem.cycle is not None
        self.problem = problem
        self.n = len(problem.tasks)
        units = [r for r, resource in enumerate(problem.resources) if isinstance(resource, Unary)]
        gpus = [r for r, resource in enumerate(problem.resources) if isinstance(resource, Renewable)]
        if len(gpus) > 1:
            raise InputError("more than one renewable resource", where="packer", remedy="state shares of one resource")
        gpu = gpus[0] if gpus else -1
        capacity = problem.resources[gpu].capacity if gpus else 1  # type: ignore[union-attr]
        width = max(len(task.modes) for task in problem.tasks)
        self.durations = np.zeros((self.n, width), np.int64)
        self.shares = np.zeros((self.n, width), np.int64)
        self.num_modes = np.array([len(task.modes) for task in problem.tasks], np.int64)
        self.stream = np.zeros(self.n, np.int64)
        for i, task in enumerate(problem.tasks):
            own = [d.resource for d in task.modes[0].demands if d.resource in units]
            if len(own) != 1:
                raise InputError(
                    f"task {task.name!r} uses {len(own)} unary resources", where="packer", remedy="one stream for each"
                )
            self.stream[i] = units.index(own[0])
            for m, mode in enumerate(task.modes):
                self.durations[i, m] = mode.duration
                self.shares[i, m] = next((d.amount for d in mode.demands if d.resource == gpu), 0)
        self.num_streams = len(units)
        self.before = np.array([lag.a for lag in problem.lags], np.int64)
        self.after = np.array([lag.b for lag in problem.lags], np.int64)
        self.rounds = np.array([lag.iterations for lag in problem.lags], np.int64)
        if any(lag.min for lag in problem.lags):
            raise InputError("a lag with a waiting time", where="packer", remedy="state plain precedences")
        self.capacity = capacity
        self.low = problem.cycle.minimum
        self.sequential = int(sum(min(mode.duration for mode in task.modes) for task in problem.tasks))

    def beginning(self, start: Schedule, sequence: Sequence[int] | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Sequence, modes and stages to begin with."""
        modes, stages = np.zeros(self.n, np.int64), np.zeros(self.n, np.int64)
        if sequence is not None:
            return np.array(sequence, np.int64), np.maximum(self.num_modes // 2, 0), stages
        first = min(q.start for q in start.placements)
        period = start.cycle or 1 << 40
        phase = {}
        for q in start.placements:
            modes[q.task] = q.mode
            stages[q.task] = min(1, (q.start - first) // period)
            phase[q.task] = (q.start - first) % period
        return np.array(sorted(phase, key=phase.__getitem__), np.int64), modes, stages

    def schedule(
        self, period: int, start: np.ndarray, end: np.ndarray, mode: np.ndarray, stage: np.ndarray
    ) -> Schedule:
        shift = start.min() if len(start) else 0
        return Schedule(
            tuple(
                Placement(
                    i,
                    int(mode[i]),
                    int(start[i] - shift + stage[i] * period),
                    int(end[i] - shift + stage[i] * period),
                )
                for i in range(self.n)
            ),
            cycle=period,
        )


def sequential_schedule(problem: Problem) -> Schedule:
    """The tasks one after another, each in its fastest mode, in an order that the precedences within a round allow."""
    check_window_features(problem)
    return _sequential(problem, _Data(problem))


def serial_in(problem: Problem, sequence: Sequence[int]) -> Schedule:
    """The tasks one after another in ``sequence``, each in its fastest mode."""
    placements, at = [], 0
    for i in sequence:
        durations = [mode.duration for mode in problem.tasks[i].modes]
        m = durations.index(min(durations))
        placements.append(Placement(i, m, at, at + durations[m]))
        at += durations[m]
    least = 1 if problem.cycle is None else problem.cycle.minimum
    return Schedule(tuple(sorted(placements)), cycle=max(at, least))


def _sequential(problem: Problem, data: _Data) -> Schedule:
    waiting = [0] * data.n
    following: list[list[int]] = [[] for _ in range(data.n)]
    for lag in problem.lags:
        if lag.iterations == 0:
            waiting[lag.b] += 1
            following[lag.a].append(lag.b)
    ready = [i for i in range(data.n) if not waiting[i]]
    sequence = []
    while ready:
        i = ready.pop(0)
        sequence.append(i)
        for j in following[i]:
            waiting[j] -= 1
            if not waiting[j]:
                ready.append(j)
    if len(sequence) < data.n:
        raise InputError("the precedences of a round form a circle", where=problem.name, remedy="correct them")
    return serial_in(problem, sequence)


def period_seconds(problem: Problem, schedule: Schedule) -> float:
    """Period of ``schedule`` in seconds."""
    if schedule.cycle is None:
        raise InputError("the schedule has no period", where=problem.name, remedy="give a cyclic schedule")
    value = float(problem.unit.to_seconds(schedule.cycle))
    assert math.isfinite(value)
    return value
