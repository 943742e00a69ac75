"""Durations and attempts of all tasks in many scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from schedcore.errors import NoScheduleError
from schedcore.model import MAX_TICK, Tick
from schedcore.replay.interruptions import BoolArray
from schedcore.replay.laws import FloatArray, TickArray
from schedcore.replay.noise import MAX_ATTEMPTS, Noise
from schedcore.replay.random_streams import Kind, UintArray, check_seed, name_hashes, uniforms
from schedcore.replay.uncertainty import BoundUncertainty

_BATCH = 100_000
"""Addresses for which further attempts are drawn at once."""


class Retries(NamedTuple):
    """The attempts of one number: ``cells`` are positions in the flat ``[scenario, task]`` matrix, increasing."""

    cells: TickArray
    ticks: TickArray


class Draws(NamedTuple):
    """Outcome of the attempts at tasks, each run in one mode; arrays ``[scenario, task]``."""

    total: TickArray
    """Ticks of all attempts together."""
    attempts: TickArray
    """Number of attempts, at least 1."""
    failed: BoolArray
    """Whether the last attempt failed."""
    first: TickArray
    """Ticks of the first attempt."""
    later: tuple[Retries, ...]
    """The second attempts, the third ones, ..."""

    def parts(self, scenario: int, task: int) -> list[Tick]:
        """Ticks of the attempts at ``task`` in row ``scenario``, in order."""
        found = [int(self.first[scenario, task])]
        cell = scenario * self.first.shape[1] + task
        for retries in self.later[: int(self.attempts[scenario, task]) - 1]:
            found.append(int(retries.ticks[np.searchsorted(retries.cells, cell)]))
        return found


@dataclass
class Streams:
    """The uniform numbers of the tasks in some scenarios, by address.

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

    @cached_property
    def first(self) -> FloatArray:
        """Numbers of first attempts: ``[word, scenario, task]``, word 0 for the duration, 1 for the success."""
        return uniforms(self.seed, self.scenarios[:, None], Kind.TASK, self.hashes[None, :], 0)[:2]

    def cells(self, scenario: TickArray, task: TickArray, k: int | TickArray) -> FloatArray:
        """Numbers of attempts ``k`` in rows ``scenario`` at ``task``: ``[word, *broadcast]``."""
        return uniforms(self.seed, self.scenarios[scenario], Kind.TASK, self.hashes[task], k)[:2]


def streams_of(bound: BoundUncertainty, seed: int, scenarios: Sequence[int] | UintArray) -> Streams:
    """The streams of all tasks of the bound problem in ``scenarios``."""
    hashes = name_hashes(task.name for task in bound.problem.tasks)
    return Streams(check_seed(seed), np.asarray(scenarios, dtype=np.uint64), hashes)


class Sampler:
    """The laws of all tasks, ready to be asked at uniform numbers.

    Parameters
    ----------
    noise, planned, least
        Noise, planned ticks and least ticks of an attempt, per task; shape ``[task]``.
    """

    def __init__(self, noise: Sequence[Noise], planned: Sequence[Tick], least: Sequence[Tick]) -> None:
        self.noise = noise
        self.planned = np.asarray(planned, dtype=np.int64)
        self.least = np.asarray(least, dtype=np.int64)
        # Tasks with the same law share one call of its quantile function.
        groups: dict[tuple[int, bool], list[int]] = {}
        for task, n in enumerate(noise):
            if n.law is not None:
                groups.setdefault((id(n.law), n.relative), []).append(task)
        self.groups = [np.array(tasks, dtype=np.int64) for tasks in groups.values()]

    def matrix(self, u: FloatArray) -> TickArray:
        """Ticks at ``u``, both of shape ``[scenario, task]``."""
        # Scenarios next to each other: quantile functions then see contiguous rows.
        ticks = np.empty(u.shape[::-1], dtype=np.int64)
        ticks[:] = self.planned[:, None]
        for tasks in self.groups:
            ticks[tasks] = self._values(tasks, u.T[tasks], (len(tasks), 1))
        np.maximum(ticks, self.least[:, None], out=ticks)
        return ticks.T

    def cells(self, tasks: TickArray, u: FloatArray) -> TickArray:
        """Ticks of ``tasks`` (with repetition) at ``u``, all of shape ``[cell]``."""
        ticks = self.planned[tasks]
        for group in self.groups:
            here = np.flatnonzero(np.isin(tasks, group))
            if len(here):
                ticks[here] = self._values(tasks[here], u[here], (len(here),))
        return np.maximum(ticks, self.least[tasks])

    def _values(self, tasks: TickArray, u: FloatArray, shape: tuple[int, ...]) -> FloatArray:
        n = self.noise[int(tasks[0])]
        assert n.law is not None
        values = n.law.quantile(u)
        if n.relative:
            values = values * self.planned[tasks].astype(np.float64).reshape(shape)
        return np.asarray(np.clip(np.floor(values + 0.5), 0, MAX_TICK))


def draw(streams: Streams, sampler: Sampler) -> Draws:
    """Durations and outcomes of every task, ``[scenario, task]``.

    Raises
    ------
    NoScheduleError
        If a task that is repeated until it succeeds does not in 10,000 attempts.
    """
    noise = sampler.noise
    most = np.array([n.most_attempts for n in noise], dtype=np.int64)
    success = np.array([n.success for n in noise], dtype=np.float64)
    u = streams.first
    first = sampler.matrix(u[0])
    fails = u[1] >= success
    lost = fails & (most == 1)
    attempts = np.ones(first.shape, dtype=np.int64)
    total, later = first.copy(), []
    cells = np.flatnonzero(fails & (most > 1))
    k = 1
    while len(cells):
        scenario, task = np.divmod(cells, len(noise))
        # Few cells are left when many attempts are needed: draw several attempts at once then.
        batch = max(1, min(256, _BATCH // len(cells)))
        numbers = streams.cells(scenario, task, np.arange(k, k + batch)[:, None])
        here = np.arange(len(cells))
        for step in range(batch):
            ticks = sampler.cells(task[here], numbers[0, step, here])
            later.append(Retries(cells[here], ticks))
            total.reshape(-1)[cells[here]] += ticks
            attempts.reshape(-1)[cells[here]] += 1
            k += 1
            failed_again = numbers[1, step, here] >= success[task[here]]
            lost.reshape(-1)[cells[here]] = failed_again & (most[task[here]] == k)
            if k == MAX_ATTEMPTS:
                _refuse_endless(noise, task[here[failed_again]])
            here = here[failed_again & (most[task[here]] > k)]
            if not len(here):
                break
        cells = cells[here]
    return Draws(total, attempts, lost, first, tuple(later))


def redraw(streams: Streams, sampler: Sampler, draws: Draws) -> Draws:
    """The same attempts with the durations of other laws (success and number of attempts stay)."""
    first = sampler.matrix(streams.first[0])
    total, later = first.copy(), []
    for k, retries in enumerate(draws.later, start=1):
        scenario, task = np.divmod(retries.cells, first.shape[1])
        ticks = sampler.cells(task, streams.cells(scenario, task, k)[0])
        total.reshape(-1)[retries.cells] += ticks
        later.append(Retries(retries.cells, ticks))
    return draws._replace(total=total, first=first, later=tuple(later))


def _refuse_endless(noise: Sequence[Noise], tasks: TickArray) -> None:
    for task in tasks.tolist():
        if noise[task].attempts is None:
            raise NoScheduleError(
                f"a task did not succeed in {MAX_ATTEMPTS} attempts (probability {noise[task].success})",
                where="noise.success",
                remedy="raise the probability, or bound the attempts",
            )
