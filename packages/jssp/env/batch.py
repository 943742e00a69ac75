"""Thousands of job-shop rollouts at once: the environment in closed form.

Because time never goes back, propagation needs no model: see :mod:`jssp.env._kernels`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from jssp._arrays import IntArray
from jssp.env.modes import ActionMode
from jssp.env.observation import WINDOW, Arrays, ObservationForm, competition
from jssp.instance import JobShopInstance
from schedcore.errors import IllegalDecisionError, InputError

if TYPE_CHECKING:
    import torch


def _kernels() -> Any:
    """The compiled loops, imported when they are used."""
    from jssp.env import _kernels

    return _kernels


class Shops:
    """Job shops with the same number of jobs, as padded arrays that batches share.

    Attributes
    ----------
    machines, durations
        Shape [shop, job, position]; 0 behind the end of a job.
    lengths
        Operations per job, shape [shop, job].
    means, stds
        Mean and deviation (+ 1e-8) of all durations of a shop, shape [shop].

    Raises
    ------
    InputError
        No shop, or shops with different numbers of jobs.
    """

    def __init__(self, instances: Sequence[JobShopInstance]) -> None:
        if not instances:
            raise InputError("no instance", where="Shops", remedy="give at least one")
        jobs = {instance.num_jobs for instance in instances}
        if len(jobs) > 1:
            raise InputError(
                f"instances with {', '.join(map(str, sorted(jobs)))} jobs in one batch",
                where="Shops",
                remedy="make one batch per number of jobs",
            )
        self.instances = tuple(instances)
        self.num_jobs = jobs.pop()
        self.num_machines = max(max(instance.num_machines for instance in instances), 1)
        longest = max(int(instance.job_lengths.max()) for instance in instances)
        shape = (len(instances), self.num_jobs, longest)
        self.machines = np.zeros(shape, dtype=np.int64)
        self.durations = np.zeros(shape, dtype=np.int64)
        self.lengths = np.zeros(shape[:2], dtype=np.int64)
        for row, instance in enumerate(instances):
            width = instance.machine_matrix.shape[1]
            self.machines[row, :, :width] = np.maximum(instance.machine_matrix, 0)
            self.durations[row, :, :width] = instance.duration_matrix
            self.lengths[row] = instance.job_lengths
        self.means = np.array([instance.op_durations.mean() for instance in instances])
        self.stds = np.array([instance.op_durations.std() + 1e-8 for instance in instances])


class BatchJobShopEnv:
    """Many episodes side by side, each on one of a few job shops.

    One step takes a *ranking* of actions per environment, carried out in order until time moves: on every machine the
    best-ranked legal job above the No-Op starts, and if legal jobs are left then, the No-Op postpones them.  In active
    mode a step starts one job.  There are no rewards.

    Parameters
    ----------
    shops
        The instances (all with the same number of jobs), or prepared :class:`Shops`.
    copies
        Environments per shop; environment ``b`` plays shop ``b % len(shops)``.
    mode
        Which actions there are.
    form
        How observations are scaled and numbered.
    """

    def __init__(
        self,
        shops: Shops | Sequence[JobShopInstance],
        copies: int = 1,
        *,
        mode: ActionMode | str = ActionMode.NO_OP,
        form: ObservationForm | None = None,
    ) -> None:
        if copies < 1:
            raise InputError(f"{copies} copies", where="BatchJobShopEnv", remedy="give at least 1")
        self.shops = shops if isinstance(shops, Shops) else Shops(shops)
        self.mode = as_mode(mode)
        self.form = form or ObservationForm()
        count, n = copies * len(self.shops.instances), self.shops.num_jobs
        longest = self.shops.machines.shape[2]
        self.shop: IntArray = np.arange(count, dtype=np.int64) % len(self.shops.instances)
        self.upcoming: IntArray = np.zeros((count, n), dtype=np.int64)
        self.ready: IntArray = np.zeros((count, n), dtype=np.int64)
        self.free: IntArray = np.zeros((count, self.shops.num_machines), dtype=np.int64)
        self.starts: IntArray = np.zeros((count, n, longest), dtype=np.int64)
        self._mask = np.zeros((count, n + 1), dtype=bool)
        self._rankings = np.zeros((count, n + 1), dtype=np.int64)
        self._executed = np.zeros((count, n + 1), dtype=np.int64)
        self._counts = np.zeros(count, dtype=np.int64)
        self.reset()

    @property
    def num_envs(self) -> int:
        return len(self.shop)

    @property
    def num_jobs(self) -> int:
        return self.shops.num_jobs

    def reset(self, envs: npt.ArrayLike | None = None, shop: npt.ArrayLike | None = None) -> None:
        """Begin the episodes of ``envs`` (flags, shape [env]; all by default), on other shops if ``shop`` says so.

        Parameters
        ----------
        shop
            The shop of each environment, shape [env]; entries of environments that are not reset play no part.
        """
        chosen = np.ones(self.num_envs, dtype=bool) if envs is None else np.asarray(envs, dtype=bool)
        if shop is not None:
            given = np.asarray(shop, dtype=np.int64)
            if given.shape != self.shop.shape or given.min() < 0 or given.max() >= len(self.shops.instances):
                raise InputError(
                    "shop is no list of shop numbers, one per environment",
                    where="reset",
                    remedy=f"use 0 ... {len(self.shops.instances) - 1}",
                )
            self.shop = np.where(chosen, given, self.shop)
        _kernels().reset(self.shop, self.shops.lengths, self.upcoming, self.ready, self.free, self.starts, chosen)

    @property
    def _data(self) -> tuple[Any, ...]:
        shops = self.shops
        return (
            self.mode.code,
            self.shop,
            shops.machines,
            shops.durations,
            shops.lengths,
            self.upcoming,
            self.ready,
            self.free,
            self.starts,
        )

    @property
    def done(self) -> npt.NDArray[np.bool_]:
        """Which episodes are complete, shape [env]."""
        return (self.ready == _kernels().NEVER).all(axis=1)

    def now(self) -> IntArray:
        """Current time of each environment in ticks (``2**62`` when it is done), shape [env]."""
        return self.ready.min(axis=1)

    def action_masks(self) -> npt.NDArray[np.bool_]:
        """Legal actions, shape [env, jobs + 1]; the No-Op is last."""
        mode, shop, machines, durations, _, upcoming, ready, _, _ = self._data
        _kernels().masks(mode, shop, machines, durations, upcoming, ready, self._mask)
        return self._mask.copy()

    def step(self, rankings: npt.ArrayLike) -> tuple[IntArray, IntArray]:
        """Carry out one ranking per environment.

        Parameters
        ----------
        rankings
            Actions 0 … jobs by descending preference, shape [env, any]; illegal ones are passed over and negative
            entries are nothing.  A single action per environment may have shape [env].

        Returns
        -------
        tuple
            The executed actions, shape [env, jobs + 1] padded with -1, and their number, shape [env].

        Raises
        ------
        InputError
            A wrong shape, or an action that does not exist.
        """
        given = np.asarray(rankings, dtype=np.int64)
        given = given[:, None] if given.ndim == 1 else given
        if given.ndim != 2 or len(given) != self.num_envs:
            raise InputError(
                f"rankings of shape {given.shape}",
                where="step",
                remedy=f"give one row per environment: {self.num_envs}",
            )
        if given.size and int(given.max()) > self.num_jobs:
            raise InputError(f"action {int(given.max())}", where="step", remedy=f"actions are 0 ... {self.num_jobs}")
        _kernels().step(*self._data, self._mask, given, self._executed, self._counts)
        return self._executed.copy(), self._counts.copy()

    def step_keys(self, keys: npt.NDArray[np.float64]) -> tuple[IntArray, IntArray]:
        """:meth:`step` with the ranking of descending ``keys`` (float64, shape [env, jobs + 1])."""
        if keys.shape != self._mask.shape:
            raise InputError(f"keys of shape {keys.shape}", where="step_keys", remedy=f"give {self._mask.shape}")
        _kernels().step_keys(*self._data, self._mask, keys, self._rankings, self._executed, self._counts)
        return self._executed.copy(), self._counts.copy()

    def follow(self, target: IntArray, *, strict: bool = True) -> tuple[IntArray, IntArray]:
        """A step towards the schedules ``target`` (starts, shape [env, job, position]).

        Starts the legal jobs that begin now in the target, otherwise takes the No-Op; returns what :meth:`step` does.
        Environments that are done stay so.

        Raises
        ------
        IllegalDecisionError
            A target starts nothing now and the No-Op is not legal: it is not semi-active in this environment.  With
            ``strict=False`` that environment executes nothing instead.
        """
        rankings = np.empty_like(self._rankings)
        _kernels().followed(self.shop, self.upcoming, self.ready, np.ascontiguousarray(target), rankings)
        open_ones = ~self.done
        executed, counts = self.step(rankings)
        stuck = open_ones & (counts == 0)
        if strict and stuck.any():
            raise IllegalDecisionError(
                f"environment {int(np.argmax(stuck))} cannot follow its schedule any further",
                where="follow",
                remedy="shift the operations of the schedule as early as its order allows, and use mode 'noop'",
            )
        return executed, counts

    def run_static(self, priorities: npt.ArrayLike) -> IntArray:
        """Whole episodes under static priorities, smaller first, ties to the lowest job; never a No-Op.

        Parameters
        ----------
        priorities
            Shape [job, position], [shop, job, position] or [env, job, position].

        Returns
        -------
        IntArray
            Makespans in ticks, shape [env].
        """
        given = np.asarray(priorities, dtype=np.float64)
        if given.ndim == 3 and len(given) == len(self.shops.instances) != self.num_envs:
            given = given[self.shop]
        wide = np.empty(self.starts.shape)
        wide[:] = given
        self.reset()
        _kernels().run_static(*self._data, self._mask, wide, self._rankings, self._executed)
        return self.makespans()

    def run_random(self, seed: int) -> IntArray:
        """Whole episodes of uniformly random rankings; makespans in ticks, shape [env]."""
        self.reset()
        _kernels().run_random(*self._data, self._mask, self._rankings, self._executed, streams(seed, self.num_envs))
        return self.makespans()

    def makespans(self) -> IntArray:
        """Largest completion of the operations fixed so far in ticks, shape [env]."""
        ends = np.where(self.starts >= 0, self.starts + self.shops.durations[self.shop], 0)
        return ends.max(axis=(1, 2))

    def start_times(self, env: int) -> IntArray:
        """Starts of a complete episode in the order of the instance's operations, shape [operations].

        Raises
        ------
        InputError
            The episode is not complete.
        """
        if not bool(self.done[env]):
            raise InputError(f"environment {env} is not done", where="start_times", remedy="step until done")
        instance = self.shops.instances[int(self.shop[env])]
        width = instance.machine_matrix.shape[1]
        return instance.from_matrix(self.starts[env, :, :width])

    def take(self, envs: npt.ArrayLike) -> BatchJobShopEnv:
        """A new batch that goes on from copies of the states of ``envs`` (indices, repeated ones allowed)."""
        chosen = np.asarray(envs, dtype=np.int64)
        other = BatchJobShopEnv(self.shops, 1, mode=self.mode, form=self.form)
        for name in ("shop", "upcoming", "ready", "free", "starts", "_mask", "_rankings", "_executed", "_counts"):
            setattr(other, name, np.ascontiguousarray(getattr(self, name)[chosen]))
        return other

    def raw_observation(self) -> dict[str, Any]:
        """The observation in compact form: as :meth:`observe`, with ``group`` [env, job] for the resource mask.

        ``group`` is the machine that a legal job competes for, -1 for the others.
        """
        count, n = self.ready.shape
        values = np.empty((n, WINDOW, 4))
        kinds, ignored = np.empty((count, n, WINDOW), np.int8), np.empty((count, n, WINDOW), np.bool_)
        rep, index = np.empty((count, n, WINDOW, 4), np.float32), np.empty((count, n, WINDOW), np.int64)
        mask, group = np.empty((count, n + 1), np.bool_), np.empty((count, n), np.int64)
        shops, form = self.shops, self.form
        _kernels().observe(
            self.mode.code,
            form.legacy,
            form.index_code,
            self.shop,
            shops.machines,
            shops.durations,
            shops.lengths,
            shops.means,
            shops.stds,
            self.upcoming,
            self.ready,
            self.free,
            self.starts,
            values,
            kinds,
            ignored,
            rep,
            index,
            mask,
            group,
        )
        return {
            "interval_rep": rep,
            "start_end_tokens": kinds,
            "index_interval": index,
            "attention_interval_mask": ignored,
            "action_mask": mask,
            "group": group,
        }

    def observe(self) -> Arrays:
        """The observation of every environment, arrays with a leading axis [env]; see :mod:`jssp.env.observation`."""
        raw = self.raw_observation()
        return {**{k: v for k, v in raw.items() if k != "group"}, "job_resource_mask": competition(raw["group"])}

    def observe_torch(self, device: str = "cpu") -> dict[str, torch.Tensor]:
        """:meth:`observe` as tensors on ``device``; token kinds and indices become int64."""
        import torch

        arrays = self.observe()
        arrays["start_end_tokens"] = arrays["start_end_tokens"].astype(np.int64)
        return {name: torch.from_numpy(array).to(device) for name, array in arrays.items()}


def streams(seed: int, count: int) -> npt.NDArray[np.uint64]:
    """Starting states of ``count`` independent random streams of ``seed`` for compiled loops."""
    return np.random.SeedSequence(seed).generate_state(count, np.uint64).astype(np.uint64)


def as_mode(mode: ActionMode | str) -> ActionMode:
    """``mode`` as an :class:`ActionMode`.

    Raises
    ------
    UnknownNameError
        There is no such mode.
    """
    from schedcore.errors import unknown_name

    if str(mode) not in list(ActionMode):
        raise unknown_name("action mode", str(mode), [str(known) for known in ActionMode], where="mode")
    return ActionMode(mode)
