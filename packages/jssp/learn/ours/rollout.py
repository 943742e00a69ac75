"""Rollouts of the policy on one instance, from Python."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jssp._arrays import IntArray
from jssp.learn.ours import kernel
from jssp.learn.ours.network import Network
from jssp.learn.ours.shop import FloatArray, Shop

_NO_STOP = np.zeros(1, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Rollouts:
    """Schedules of one instance.

    Attributes
    ----------
    makespans
        Ticks, shape [schedules]; infinite for those that were stopped before they were built.
    starts
        Ticks, shape [schedules, operations].
    choices
        The alternatives in the order of the decisions, shape [schedules, operations].
    """

    makespans: FloatArray
    starts: FloatArray
    choices: IntArray

    @property
    def best(self) -> int:
        """Number of the shortest schedule, the first of equals."""
        return int(self.makespans.argmin())


def roll(
    shop: Shop,
    net: Network,
    temperatures: npt.ArrayLike,
    seed: int = 0,
    *,
    mode: int = kernel.ACTIVE,
    prefixes: IntArray | None = None,
    lengths: IntArray | None = None,
    stop: IntArray | None = None,
) -> Rollouts:
    """One schedule per temperature (0: the best candidate always).

    ``prefixes`` [schedules, at least the longest of ``lengths``] are alternatives that are chosen first; ``stop``
    [1] ends the work early when another thread sets it.
    """
    heat = np.atleast_1d(np.asarray(temperatures, dtype=np.float64))
    count, operations = len(heat), shop.num_operations
    words = np.random.SeedSequence(seed).generate_state(count, np.uint64)
    starts = np.zeros((count, operations))
    choices = np.zeros((count, operations), dtype=np.int64)
    makespans = np.full(count, np.inf)
    if prefixes is None or lengths is None:
        prefixes, lengths = np.zeros((count, 1), dtype=np.int64), np.zeros(count, dtype=np.int64)
    kernel.rollouts(
        shop, net, mode, heat, words, prefixes, lengths, _NO_STOP if stop is None else stop, starts, choices, makespans
    )
    return Rollouts(makespans, starts, choices)


def rebuild(
    shop: Shop, starts: npt.ArrayLike, alternatives: IntArray | None = None
) -> tuple[float, FloatArray, IntArray]:
    """Makespan, starts and choices of the active schedule that follows the order of ``starts`` (by operation).

    An active schedule is rebuilt as it is.  ``alternatives`` are those of the schedule, by operation (default: the
    only ones).
    """
    keys = np.full(len(shop.alt_machine), np.inf)
    keys[shop.alt_ptr[:-1] if alternatives is None else alternatives] = starts
    new = np.empty(shop.num_operations)
    choices = np.empty(shop.num_operations, dtype=np.int64)
    makespan = kernel.follow(shop, kernel.ACTIVE, keys, new, choices)
    return float(makespan), new, choices
