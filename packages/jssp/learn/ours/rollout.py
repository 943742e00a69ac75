"""Rollouts of the policy on one instance, from Python."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jssp._arrays import IntArray
from jssp.adapter import AnyInstance
from jssp.learn.ours import kernel, project_kernel
from jssp.learn.ours.network import Network
from jssp.learn.ours.project_shop import ProjectShop, project_of
from jssp.learn.ours.shop import FloatArray, Shop, shop_of
from jssp.project import ProjectInstance

AnyShop = Shop | ProjectShop
"""What the policy builds schedules of."""

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


def arrays_of(instance: AnyInstance) -> AnyShop:
    """The arrays of an instance of any kind."""
    return project_of(instance) if isinstance(instance, ProjectInstance) else shop_of(instance)


def roll(
    shop: AnyShop,
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
    [1] ends the work early when another thread sets it.  Projects know the active mode only.
    """
    heat = np.atleast_1d(np.asarray(temperatures, dtype=np.float64))
    count, operations = len(heat), shop.num_operations
    words = np.random.SeedSequence(seed).generate_state(count, np.uint64)
    starts = np.zeros((count, operations))
    choices = np.zeros((count, operations), dtype=np.int64)
    makespans = np.full(count, np.inf)
    if prefixes is None or lengths is None:
        prefixes, lengths = np.zeros((count, 1), dtype=np.int64), np.zeros(count, dtype=np.int64)
    flag = _NO_STOP if stop is None else stop
    if isinstance(shop, ProjectShop):
        project_kernel.project_rollouts(shop, net, heat, words, prefixes, lengths, flag, starts, choices, makespans)
    else:
        kernel.rollouts(shop, net, mode, heat, words, prefixes, lengths, flag, starts, choices, makespans)
    return Rollouts(makespans, starts, choices)


def accumulate(
    shop: AnyShop, net: Network, choices: IntArray, weight: float, smoothing: float, gradient: Network
) -> tuple[float, float, int]:
    """Add the gradient of ``weight`` times the mean log-probability of ``choices``; see ``kernel.accumulate``."""
    if isinstance(shop, ProjectShop):
        found = project_kernel.project_accumulate(shop, net, choices, weight, smoothing, gradient)
    else:
        found = kernel.accumulate(shop, net, kernel.ACTIVE, choices, weight, smoothing, gradient)
    return found


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
