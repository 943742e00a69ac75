"""How a policy is used on an instance: once greedily, or many times with chance, keeping the best schedule.

``sample`` draws independent schedules.  ``refine`` draws the first of them like that; every later schedule shares the
first decisions, up to a random cut, with one of the best so far and is drawn anew behind it, so that chance is spent
around good schedules.  Both take the same number of schedules for the same name, and the first is the greedy one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from jssp._arrays import IntArray
from jssp.learn.ours import kernel
from jssp.learn.ours.network import Network
from jssp.learn.ours.rollout import AnyShop, Rollouts, roll
from jssp.learn.ours.shop import FloatArray
from schedcore.errors import InputError, unknown_name

STRATEGIES = ("sample", "refine")
CHUNK = 16
"""Schedules between two looks at the clock."""
MODES = {"active": kernel.ACTIVE, "non_delay": kernel.NON_DELAY}


@dataclass(frozen=True, slots=True)
class InferParameters:
    """How many schedules are drawn, and how.

    Parameters
    ----------
    samples
        Schedules in all; the first is the greedy one, and 0 or 1 mean it alone.
    temperature
        Of the softmax, above 0.
    strategy
        ``sample`` or ``refine``.
    elite
        Number of good schedules whose beginnings ``refine`` keeps.
    mode
        Which schedules can be built: ``active`` or ``non_delay``.
    fresh
        Share of the schedules that ``refine`` draws independently, in [0, 1].
    """

    samples: int = 512
    temperature: float = 2.0
    strategy: str = "refine"
    elite: int = 8
    mode: str = "active"
    fresh: float = 0.1

    def __post_init__(self) -> None:
        if self.samples < 0:
            raise InputError(f"samples is {self.samples}", where="learned", remedy="give at least 0")
        if self.elite < 1:
            raise InputError(f"elite is {self.elite}", where="learned", remedy="give at least 1")
        if not 0 <= self.fresh <= 1:
            raise InputError(f"fresh is {self.fresh}", where="learned", remedy="give a number in [0, 1]")
        if not self.temperature > 0:
            raise InputError(f"temperature is {self.temperature}", where="learned", remedy="give a number > 0")
        if self.strategy not in STRATEGIES:
            raise unknown_name("strategy", self.strategy, STRATEGIES, where="learned")
        if self.mode not in MODES:
            raise unknown_name("mode", self.mode, MODES, where="learned")

    def with_samples(self, samples: int) -> InferParameters:
        """The same with another number of schedules."""
        return replace(self, samples=samples)


@dataclass(frozen=True, slots=True)
class Found:
    """The best schedule: its makespan, starts (by operation) and choices (by decision), and how many were drawn.

    ``elite`` holds the same of the best schedules of different makespans, shortest first.
    """

    makespan: float
    starts: FloatArray
    choices: IntArray
    drawn: int
    elite: tuple[tuple[float, FloatArray, IntArray], ...]


class Elite:
    """The best schedules so far with different makespans, shortest first."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.members: list[tuple[float, FloatArray, IntArray]] = []

    def add(self, group: Rollouts) -> bool:
        """Take in what is good enough; returns whether there is a new best."""
        before = self.members[0][0] if self.members else np.inf
        known = {member[0] for member in self.members}
        for row in np.argsort(group.makespans, kind="stable"):
            makespan = float(group.makespans[row])
            if not np.isfinite(makespan) or (len(self.members) >= self.size and makespan >= self.members[-1][0]):
                break
            if makespan in known:
                continue
            known.add(makespan)
            self.members.append((makespan, group.starts[row].copy(), group.choices[row].copy()))
            self.members.sort(key=lambda member: member[0])
            del self.members[self.size :]
        return bool(self.members) and self.members[0][0] < before


def infer(
    shop: AnyShop,
    net: Network,
    parameters: InferParameters,
    *,
    seed: int = 0,
    workers: int = 1,
    on_better: Callable[[float, FloatArray, IntArray], None] | None = None,
    is_over: Callable[[], bool] | None = None,
    target: float = 0.0,
) -> Found:
    """Draw schedules; the greedy one always comes first and is always finished.

    The result depends on ``shop``, ``net``, ``parameters``, ``seed`` and ``workers`` alone unless ``is_over`` ends the
    work before all schedules are drawn.

    Parameters
    ----------
    workers
        Threads.
    on_better
        Called with makespan, starts and choices of every new best schedule, in the caller's thread.
    is_over
        Asked between chunks of schedules.
    target
        A makespan with which the search ends.
    """
    mode = MODES[parameters.mode]
    elite = Elite(parameters.elite)
    rng = np.random.Generator(np.random.Philox(seed))
    drawn = 0
    while drawn < max(1, parameters.samples):
        if drawn > 0 and (elite.members[0][0] <= target or (is_over is not None and is_over())):
            break
        if drawn == 0:
            groups = [roll(shop, net, 0.0, mode=mode)]
        else:
            left = parameters.samples - drawn
            sizes = [min(CHUNK, max(0, left - CHUNK * worker)) for worker in range(workers)]
            jobs = [_plan(elite, parameters, size, drawn, shop, rng) for size in sizes if size > 0]
            groups = _in_threads(shop, net, mode, jobs)
        for group in groups:
            drawn += len(group.makespans)
            if elite.add(group) and on_better is not None:
                on_better(*elite.members[0])
    makespan, starts, choices = elite.members[0]
    return Found(makespan, starts, choices, drawn, tuple(elite.members))


Plan = tuple[FloatArray, int, IntArray, IntArray]


def _plan(
    elite: Elite, parameters: InferParameters, size: int, drawn: int, shop: AnyShop, rng: np.random.Generator
) -> Plan:
    """Temperatures, seed and given beginnings of the next schedules."""
    seed = int(rng.integers(2**63))
    heat = np.full(size, parameters.temperature)
    lengths = np.zeros(size, dtype=np.int64)
    prefixes = np.zeros((size, 1), dtype=np.int64)
    if parameters.strategy == "refine" and drawn >= parameters.fresh * parameters.samples:
        prefixes = np.stack([elite.members[int(i)][2] for i in rng.integers(len(elite.members), size=size)])
        lengths = (rng.random(size) * 0.9 * shop.num_operations).astype(np.int64)
    return heat, seed, prefixes, lengths


def _in_threads(shop: AnyShop, net: Network, mode: int, plans: list[Plan]) -> list[Rollouts]:
    """The schedules of all plans, the first in this thread."""
    results: list[Rollouts | None] = [None] * len(plans)
    errors: list[BaseException] = []

    def work(number: int) -> None:
        heat, seed, prefixes, lengths = plans[number]
        try:
            results[number] = roll(shop, net, heat, seed, mode=mode, prefixes=prefixes, lengths=lengths)
        except BaseException as error:  # handed to the caller
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(1, len(plans))]
    for thread in threads:
        thread.start()
    work(0)
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return [group for group in results if group is not None]
