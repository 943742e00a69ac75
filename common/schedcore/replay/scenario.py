"""Scenarios: one drawn world each, and the matrix of many of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from schedcore.errors import InputError
from schedcore.model import MAX_TICK, Tick
from schedcore.replay.laws import FloatArray, TickArray
from schedcore.replay.random_streams import Kind, UintArray, check_seed, name_hashes, uniforms
from schedcore.replay.uncertainty import BoundUncertainty

NEVER: Tick = 2**60
"""A tick that is never reached: the end of what lasts for ever, the start of what never starts."""


_MOST_FAILURES = 5_000_000
"""Failures of one resource, over all scenarios, that are drawn at once."""


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
        if (index + chunk) * len(scenarios) > _MOST_FAILURES:
            raise InputError(
                f"resource {bound.problem.resources[r].name!r} fails more than {index} times in {until} ticks, "
                f"in {len(scenarios)} scenarios",
                where="breakdowns",
                remedy="give longer times up, a coarser tick, or fewer scenarios at a time",
            )
        u = uniforms(seed, scenarios[:, None], Kind.BREAKDOWN, hashes, np.arange(index, index + chunk)[None, :])
        up = np.clip(np.floor(process.up.quantile(u[0]) + 0.5), 1, MAX_TICK).astype(np.int64)
        down = np.clip(np.floor(process.down.quantile(u[1]) + 0.5), 1, MAX_TICK).astype(np.int64)
        end = now[:, None] + np.cumsum(up + down, axis=1)
        begins.append(end - down)
        ends.append(end)
        now = np.minimum(end[:, -1], NEVER)
        index, chunk = index + chunk, 2 * chunk
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
        self._scenarios = np.array([index], dtype=np.uint64)
        self._hashes = name_hashes(task.name for task in bound.problem.tasks)
        self._numbers: dict[tuple[int, int], FloatArray] = {}

    def duration(self, task: int, mode: int, attempt: int, planned: Tick, start: Tick = 0) -> Tick:
        """Ticks of attempt ``attempt`` (from 0) at ``task`` in ``mode``, started at ``start``."""
        noise = self.bound.noise_at(task, mode, start)
        if noise.law is None:
            ticks = planned
        else:
            ticks = int(noise.ticks(planned, self._address(task, attempt)[:1])[0])
        return max(ticks, least_ticks(self.bound, task, mode))

    def succeeds(self, task: int, mode: int, attempt: int) -> bool:
        """Whether that attempt succeeds."""
        success = self.bound.noise[task][mode].success
        return success == 1 or bool(self._address(task, attempt)[1] < success)

    def _address(self, task: int, attempt: int) -> FloatArray:
        """The numbers of an attempt, shape ``[word]``."""
        if attempt == 0 and (task, 0) not in self._numbers:
            block = uniforms(self.seed, self._scenarios, Kind.TASK, self._hashes, 0)
            self._numbers |= {(t, 0): block[:, t] for t in range(len(self._hashes))}
        if (task, attempt) not in self._numbers:
            block = uniforms(self.seed, self._scenarios, Kind.TASK, self._hashes[task], attempt)
            self._numbers[task, attempt] = block[:, 0]
        return self._numbers[task, attempt]

    def downs(self, resource: int, until: Tick) -> list[tuple[Tick, Tick, int]]:
        """``(begin, end, first unit that is down)`` of ``resource``, those that begin before ``until``, in order."""
        found = down_intervals(self.bound, self.seed, self._scenarios, until).get(resource)
        if found is None:
            return []
        rows = zip(*(a[0].tolist() for a in found), strict=True)
        return [(b, e, u) for b, e, u in rows if b < until]


def least_ticks(bound: BoundUncertainty, task: int, mode: int) -> int:
    """1 on a resource with transitions, where work of no length has no place in the sequence; otherwise 0."""
    problem = bound.problem
    demands = problem.tasks[task].modes[mode].demands
    return int(any(getattr(problem.resources[d.resource], "transition", None) is not None for d in demands))
