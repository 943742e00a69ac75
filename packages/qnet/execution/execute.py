"""Stochastic execution of a cyclic schedule: every window of every demand is played, vectorised per demand."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from qnet.compiling import OfferedDemand
from qnet.execution.result import DemandResult, ExecutionResult, quantile, share_interval
from qnet.execution.windows import WindowOutcomes, draw_windows
from qnet.physics.hardware import Hardware
from qnet.scheduling import CyclicSchedule
from schedcore.errors import InputError

MAX_WINDOWS = 100_000


def execute(
    schedule: CyclicSchedule,
    demands: Sequence[OfferedDemand],
    hardware: Hardware,
    *,
    slots: int = 100_000,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
    keep_samples: bool = False,
    max_windows: int = MAX_WINDOWS,
) -> ExecutionResult:
    """Play ``slots`` slots of ``schedule`` on ``hardware``.

    Parameters
    ----------
    demands
        The demands of ``schedule.tasks``, in the same order.
    seed
        Each demand draws from its own stream, so that another demand changes nothing for it.
    max_windows
        A demand with more windows is played for its first ones only: enough for any interval.
    keep_samples
        Keep the fidelity of every delivered pair in the result.

    Raises
    ------
    InputError
        Fewer slots than the longest period, interrupted runs (their links wait longer than the compiler knew), or
        another number of demands than tasks.
    """
    if len(demands) != len(schedule.tasks):
        raise InputError(
            f"{len(demands)} demands for {len(schedule.tasks)} tasks", where="execution", remedy="give them in order"
        )
    longest = max((task.period for task in schedule.tasks), default=1)
    if slots < longest:
        raise InputError(
            f"{slots} slots are less than the longest period, {longest}", where="slots", remedy="play more slots"
        )
    if any(len(run.pieces) > 1 for run in schedule.runs):
        raise InputError(
            "the schedule interrupts protocols; their links would wait longer than was promised",
            where=f"execution of {schedule.scheduler}",
            remedy="use a scheduler that does not interrupt",
        )
    z = quantile(len(demands))
    rows = []
    samples = []
    for i, demand in enumerate(demands):
        count = min(slots // schedule.tasks[i].period, max_windows)
        rng = np.random.default_rng([seed, i, 3])
        outcomes = draw_windows(demand.protocol, hardware, count, rng)
        rows.append(_figures(schedule, i, demand, outcomes, z))
        if keep_samples:
            samples.append(outcomes.fidelity[outcomes.delivered])
        if progress is not None:
            progress(i + 1, len(demands))
    return ExecutionResult(tuple(rows), slots, schedule.slot_s, seed, schedule.scheduler, tuple(samples))


def window_starts(schedule: CyclicSchedule, task: int, count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """First slots of the first ``count`` windows of a task."""
    row = np.array([run.start for run in schedule.by_task[task]], dtype=np.int64)
    number = np.arange(count)
    starts: np.ndarray[tuple[int], np.dtype[np.int64]] = (
        row[number % len(row)] + number // len(row) * schedule.cycles[task]
    )
    return starts


def _figures(
    schedule: CyclicSchedule, i: int, offered: OfferedDemand, outcomes: WindowOutcomes, z: float
) -> DemandResult:
    task, slot_s, demand = schedule.tasks[i], schedule.slot_s, offered.demand
    count = len(outcomes.delivered)
    hits = int(outcomes.delivered.sum())
    windows_hz = 1.0 / (task.period * slot_s)
    low, high = share_interval(hits, count, z)
    starts = window_starts(schedule, i, count)
    fidelity = outcomes.fidelity[outcomes.delivered]
    mean = spread = p5 = float("nan")
    if hits:
        mean, p5 = float(fidelity.mean()), float(np.quantile(fidelity, 0.05))
        spread = z * float(fidelity.std(ddof=1)) / hits**0.5 if hits > 1 else float("inf")
    uses_s = starts[outcomes.delivered] * slot_s + outcomes.latency_s
    releases_s = np.arange(count)[outcomes.delivered] * task.period * slot_s
    gaps = np.diff(uses_s)
    return DemandResult(
        demand.label,
        demand.source,
        demand.destination,
        demand.fidelity,
        demand.rate_hz,
        count,
        hits,
        hits / count * windows_hz,
        low * windows_hz,
        high * windows_hz,
        mean,
        mean - spread,
        mean + spread,
        p5,
        float((uses_s - releases_s).mean()) if hits else float("nan"),
        float(gaps.std()) if len(gaps) else 0.0,
        float(np.diff(starts).std()) * slot_s if count > 1 else 0.0,
        float(gaps.max()) if len(gaps) else float("inf"),
        float(1.0 - outcomes.freed_slot.mean() / task.slots),
    )
