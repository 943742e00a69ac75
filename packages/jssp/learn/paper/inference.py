"""Rollouts of a trained network: greedy, or many with different temperatures of which the best is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from jssp._arrays import IntArray
from jssp.env.batch import BatchJobShopEnv, Shops, streams
from jssp.env.modes import ActionMode
from jssp.instance import JobShopInstance
from jssp.learn.paper.checkpoint import Checkpoint

SAMPLES = 32


def temperatures(count: int) -> npt.NDArray[np.float64]:
    """The published temperatures: 0.5 + e * 1.5 / count for rollout e, from 0.5 to just below 2."""
    return np.arange(count, dtype=np.float64) * (1.5 / count) + 0.5


@dataclass(frozen=True, slots=True)
class Rollouts:
    """Makespans (ticks) and start times (shape [rollout, job, position], -1 for padding) of complete episodes.

    ``calls`` counts the evaluations of the network in each, ``shop`` is the instance that each played.
    """

    makespans: IntArray
    starts: IntArray
    calls: IntArray
    shop: IntArray


def roll_out(
    checkpoint: Checkpoint,
    instances: Sequence[JobShopInstance] | Shops,
    heats: npt.NDArray[np.float64],
    *,
    mode: ActionMode | str = ActionMode.NO_OP,
    seed: int = 0,
) -> Rollouts:
    """One episode per instance and temperature (``heats``; 0 is greedy); episode ``b`` plays instance ``b % count``."""
    from jssp.learn.paper import forward

    env = BatchJobShopEnv(instances, len(heats), mode=mode, form=checkpoint.form)
    calls = np.zeros(env.num_envs, dtype=np.int64)
    count = len(env.shops.instances)
    play: Any = forward.rollout
    play(
        forward.pack(checkpoint.weights),
        checkpoint.form.legacy,
        env.mode.code,
        checkpoint.form.index_code,
        env.shop,
        env.shops.machines,
        env.shops.durations,
        env.shops.lengths,
        env.shops.means,
        env.shops.stds,
        env.upcoming,
        env.ready,
        env.free,
        env.starts,
        np.repeat(np.asarray(heats, dtype=np.float64), count),
        streams(seed, env.num_envs),
        calls,
    )
    return Rollouts(env.makespans(), env.starts, calls, env.shop)


def best_of(
    checkpoint: Checkpoint,
    instances: Sequence[JobShopInstance] | Shops,
    *,
    samples: int = SAMPLES,
    mode: ActionMode | str = ActionMode.NO_OP,
    seed: int = 0,
) -> IntArray:
    """Best makespan of ``samples`` rollouts with the published temperatures, shape [instance]."""
    found = roll_out(checkpoint, instances, temperatures(samples), mode=mode, seed=seed)
    return found.makespans.reshape(samples, -1).min(axis=0)


def greedy(
    checkpoint: Checkpoint, instances: Sequence[JobShopInstance] | Shops, *, mode: ActionMode | str = ActionMode.NO_OP
) -> IntArray:
    """Makespan of the rollout that follows the logits, shape [instance]."""
    return roll_out(checkpoint, instances, np.zeros(1), mode=mode).makespans
