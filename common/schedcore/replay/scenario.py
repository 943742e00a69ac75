"""Scenarios: one drawn world each, and the matrix of many of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from schedcore.errors import InputError, NoScheduleError
from schedcore.model import MAX_TICK, Tick
from schedcore.replay.laws import FloatArray, TickArray
from schedcore.replay.noise import MAX_ATTEMPTS, Noise
from schedcore.replay.random_streams import Kind, UintArray, check_seed, name_hashes, uniforms
from schedcore.replay.uncertainty import BoundUncertainty

NEVER: Tick = 2**60
"""A tick that is never reached: the end of what lasts for ever, the start of what never starts."""


_MOST_FAILURES = 20_000_000
"""Failures of one resource, over all scenarios, that are drawn at once."""


class Draws(NamedTuple):
    """Outcome of the attempts at tasks, each run in one mode; all arrays ``[scenario, task]``."""

    total: TickArray
    """Ticks of all attempts together."""
    attempts: TickArray
    """Number of attempts, at least 1."""
    failed: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    """Whether the last attempt failed."""
    parts: tuple[TickArray, ...]
    """``parts[k]``: ticks of attempt ``k``, 0 where there was none."""


@dataclass
class Streams:
    """The uniform numbers of the tasks in some scenarios, drawn once per attempt and kept.

    Parameters
    ----------
    seed
        Root seed, in ``[0, 2**64)``.
    scenarios
        Scenario indices; shape ``[scenario]``.
    hashes
        Hashes of the names of the tasks; shape ``[task]``.
    """

    seed: int
    scenarios: UintArray
    hashes: UintArray
    _blocks: dict[int, FloatArray] = field(default_factory=dict)

    def attempt(self, k: int) -> FloatArray:
        """Numbers of attempt ``k``: ``[word, scenario, task]``, word 0 for the duration, 1 for the success."""
        if k not in self._blocks:
            self._blocks[k] = uniforms(self.seed, self.scenarios[:, None], Kind.TASK, self.hashes[None, :], k)[:2]
        return self._blocks[k]


def streams_of(bound: BoundUncertainty, seed: int, scenarios: Sequence[int] | UintArray) -> Streams:
    """The streams of all tasks of the bound problem in ``scenarios``."""
    hashes = name_hashes(task.name for task in bound.problem.tasks)
    return Streams(check_seed(seed), np.asarray(scenarios, dtype=np.uint64), hashes)


def draw(streams: Streams, noise: Sequence[Noise], planned: Sequence[int], least: Sequence[int]) -> Draws:
    """Durations and outcomes of every task.

    Parameters
    ----------
    noise, planned
        Noise and planned ticks per task.
    least
        Least ticks of an attempt per task, which cut the law off below.
    """
    shape = (len(streams.scenarios), len(noise))
    attempts = np.ones(shape, dtype=np.int64)
    under_way, lost = np.ones(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
    most = np.array([n.most_attempts for n in noise], dtype=np.int64)
    success = np.array([n.success for n in noise], dtype=np.float64)
    parts: list[TickArray] = []
    for k in range(int(most.max(initial=1))):
        u = streams.attempt(k)
        parts.append(np.where(under_way, _ticks(noise, planned, least, u[0]), 0))
        fails = under_way & (u[1] >= success)
        lost |= fails & (most == k + 1)
        under_way = fails & (most > k + 1)
        attempts += under_way
        if not under_way.any():
            break
    unbounded = np.array([n.attempts is None for n in noise], dtype=np.bool_)
    if (lost & unbounded).any():
        task = int(np.flatnonzero((lost & unbounded).any(axis=0))[0])
        raise NoScheduleError(
            f"a task did not succeed in {MAX_ATTEMPTS} attempts (probability {noise[task].success})",
            where="noise.success",
            remedy="raise the probability, or bound the attempts",
        )
    total = parts[0] if len(parts) == 1 else np.sum(parts, axis=0)
    return Draws(total, attempts, lost, tuple(parts))


def redraw(
    streams: Streams, noise: Sequence[Noise], planned: Sequence[int], least: Sequence[int], draws: Draws
) -> Draws:
    """The same attempts with the durations of other laws (success and number of attempts stay)."""
    parts = tuple(
        np.where(draws.attempts > k, _ticks(noise, planned, least, streams.attempt(k)[0]), 0)
        for k in range(len(draws.parts))
    )
    return draws._replace(total=np.sum(parts, axis=0), parts=parts)


def _ticks(noise: Sequence[Noise], planned: Sequence[int], least: Sequence[int], u: FloatArray) -> TickArray:
    # Scenarios next to each other for each task: quantile functions then see contiguous rows.
    ticks = np.empty(u.shape[::-1], dtype=np.int64)
    groups: dict[object, list[int]] = {}
    for task, n in enumerate(noise):
        if n.law is None:
            ticks[task] = planned[task]
        else:
            # Equal factor laws share one call of the quantile function.
            groups.setdefault((id(n.law), n.relative), []).append(task)
    for tasks in groups.values():
        n = noise[tasks[0]]
        assert n.law is not None
        values = n.law.quantile(u.T[tasks])
        if n.relative:
            values = values * np.array([planned[t] for t in tasks], dtype=np.float64)[:, None]
        ticks[tasks] = np.clip(np.floor(values + 0.5), 0, MAX_TICK)
    np.maximum(ticks, np.asarray(least, dtype=np.int64)[:, None], out=ticks)
    return ticks.T


class Intervals(NamedTuple):
    """Down intervals of one resource: ``[begin, end)`` during which units ``first_unit`` and above are down.

    Arrays ``[scenario, interval]`` in order of ``begin``; scenarios with fewer intervals are padded
    with ``begin = end = NEVER``.  ``first_unit`` is ``[interval]``, or ``[scenario, interval]``.
    """

    begin: TickArray
    end: TickArray
    first_unit: TickArray


def down_intervals(bound: BoundUncertainty, seed: int, scenarios: UintArray, until: Tick) -> dict[int, Intervals]:
    """Down intervals by resource id: all planned ones, and every failure that begins before ``until``.

    The intervals of a failure process are disjoint; they may overlap planned ones.  A larger
    ``until`` adds intervals and changes none.
    """
    found: dict[int, Intervals] = {}
    for r in sorted(bound.downs.keys() | bound.breakdowns.keys()):
        rules = bound.downs.get(r, [])
        shape = (len(scenarios), len(rules))
        begin = np.broadcast_to(np.array([d.begin for d in rules], dtype=np.int64), shape)
        end = np.broadcast_to(np.array([NEVER if d.end is None else d.end for d in rules], dtype=np.int64), shape)
        unit = np.broadcast_to(np.array([d.first_unit for d in rules], dtype=np.int64), shape)
        if r in bound.breakdowns:
            failures = _failures(bound, r, seed, scenarios, until)
            begin = np.concatenate([begin, failures.begin], axis=1)
            end = np.concatenate([end, failures.end], axis=1)
            unit = np.concatenate([unit, failures.first_unit], axis=1)
        order = np.argsort(begin, axis=1, kind="stable")
        found[r] = Intervals(*(np.take_along_axis(a, order, axis=1) for a in (begin, end, unit)))
    return found


def _failures(bound: BoundUncertainty, r: int, seed: int, scenarios: UintArray, until: Tick) -> Intervals:
    process, first_unit = bound.breakdowns[r]
    hashes = name_hashes([bound.problem.resources[r].name])
    begins: list[TickArray] = []
    ends: list[TickArray] = []
    now = np.zeros(len(scenarios), dtype=np.int64)
    index, chunk = 0, 16
    while (now < until).any():
        u = uniforms(seed, scenarios[:, None], Kind.BREAKDOWN, hashes, np.arange(index, index + chunk)[None, :])
        up = np.clip(np.floor(process.up.quantile(u[0]) + 0.5), 1, MAX_TICK).astype(np.int64)
        down = np.clip(np.floor(process.down.quantile(u[1]) + 0.5), 1, MAX_TICK).astype(np.int64)
        end = now[:, None] + np.cumsum(up + down, axis=1)
        begins.append(end - down)
        ends.append(end)
        now = np.minimum(end[:, -1], NEVER)
        index, chunk = index + chunk, 2 * chunk
        if index * len(scenarios) > _MOST_FAILURES:
            raise InputError(
                f"resource {bound.problem.resources[r].name!r} fails more than {index} times in {until} ticks, "
                f"in {len(scenarios)} scenarios",
                where="breakdowns",
                remedy="give longer times up, a coarser tick, or fewer scenarios at a time",
            )
    shape = (len(scenarios), 0)
    begin = np.concatenate(begins, axis=1) if begins else np.empty(shape, dtype=np.int64)
    end = np.concatenate(ends, axis=1) if ends else np.empty(shape, dtype=np.int64)
    keep = int((begin < until).sum(axis=1).max(initial=0))
    begin, end = begin[:, :keep], end[:, :keep]
    return Intervals(begin, end, np.full(begin.shape, first_unit, dtype=np.int64))


class Scenario:
    """One world: what happens in scenario ``index`` under root seed ``seed``, whatever is decided.

    The same numbers as in the matrices of a replay, one at a time: for policies, for the bridge to
    SimPy and for anybody who simulates by hand.
    """

    def __init__(self, bound: BoundUncertainty, seed: int, index: int) -> None:
        self.bound = bound
        self.seed = check_seed(seed)
        if type(index) is not int or not 0 <= index < 2**64:
            raise InputError(f"scenario index is {index!r}", where="scenario", remedy="give an integer from 0")
        self.index = index
        self._streams = streams_of(bound, seed, [index])

    def duration(self, task: int, mode: int, attempt: int, planned: Tick, start: Tick = 0) -> Tick:
        """Ticks of attempt ``attempt`` (from 0) at ``task`` in ``mode``, started at ``start``."""
        noise = self.bound.noise_at(task, mode, start)
        if noise.law is None:
            ticks = planned
        else:
            ticks = int(noise.ticks(planned, self._streams.attempt(attempt)[0, :, task])[0])
        return max(ticks, least_ticks(self.bound, task, mode))

    def succeeds(self, task: int, mode: int, attempt: int) -> bool:
        """Whether that attempt succeeds."""
        success = self.bound.noise[task][mode].success
        return success == 1 or bool(self._streams.attempt(attempt)[1, 0, task] < success)

    def downs(self, resource: int, until: Tick) -> list[tuple[Tick, Tick, int]]:
        """``(begin, end, first unit that is down)`` of ``resource``, those that begin before ``until``, in order."""
        found = down_intervals(self.bound, self.seed, self._streams.scenarios, until).get(resource)
        if found is None:
            return []
        rows = zip(*(a[0].tolist() for a in found), strict=True)
        return [(b, e, u) for b, e, u in rows if b < until]


def least_ticks(bound: BoundUncertainty, task: int, mode: int) -> int:
    """1 on a resource with transitions, where work of no length has no place in the sequence; otherwise 0."""
    problem = bound.problem
    demands = problem.tasks[task].modes[mode].demands
    return int(any(getattr(problem.resources[d.resource], "transition", None) is not None for d in demands))
