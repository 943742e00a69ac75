"""Gymnasium interfaces of the job-shop environment: one episode, or many side by side.

Both offer single actions: start the next operation of a job, or (mode ``noop``) postpone all that could start now.
The legal ones are 1 in ``observation["action_mask"]`` and ``info["action_mask"]``.  An illegal action changes nothing
and is told in ``info["illegal"]``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import gymnasium as gym
import numpy as np
import numpy.typing as npt

from jssp.adapter import to_schedule
from jssp.env.batch import BatchJobShopEnv, Shops
from jssp.env.cp_env import CpEnv
from jssp.env.modes import ActionMode
from jssp.env.observation import WINDOW, Arrays, ObservationForm
from jssp.instance import JobShopInstance
from schedcore.errors import InputError
from schedcore.model import Problem, Schedule

RewardKind = Literal["none", "makespan"]

LIMIT = 1e9
"""Bound of the scaled features in the observation space."""


def observation_space(jobs: int) -> gym.spaces.Dict:
    """The space of :mod:`jssp.env.observation` for ``jobs`` jobs."""
    far = np.iinfo(np.int64).max
    return gym.spaces.Dict(
        {
            "interval_rep": gym.spaces.Box(-LIMIT, LIMIT, (jobs, WINDOW, 4), np.float32),
            "start_end_tokens": gym.spaces.Box(0, 2, (jobs, WINDOW), np.int8),
            "index_interval": gym.spaces.Box(-1, far, (jobs, WINDOW), np.int64),
            "attention_interval_mask": gym.spaces.MultiBinary((jobs, WINDOW)),
            "action_mask": gym.spaces.MultiBinary(jobs + 1),
            "job_resource_mask": gym.spaces.MultiBinary((jobs + 1, jobs + 1)),
        }
    )


class SchedulingEnv(gym.Env[Arrays, np.int64]):
    """One episode schedules one problem; job shops run in closed form, all else on the constraint model.

    Parameters
    ----------
    source
        Job shops (all with the same number of jobs) or problems (likewise); an episode draws one of them.
    mode, form
        See :class:`jssp.env.batch.BatchJobShopEnv`.
    reward
        ``none``: always 0, as published.  ``makespan``: at the end minus the makespan, in units of the longest path of
        the problem, so that instances of different size weigh alike.
    max_steps
        Steps after which an episode is truncated (illegal actions could go on for ever); by default forty per task.

    Raises
    ------
    InputError
        No instance, or different numbers of jobs.
    UnsupportedFeatureError
        A problem that the constraint model cannot say.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 - declared so by gymnasium

    def __init__(
        self,
        source: JobShopInstance | Problem | Sequence[JobShopInstance | Problem],
        *,
        mode: ActionMode | str = ActionMode.NO_OP,
        form: ObservationForm | None = None,
        reward: RewardKind = "none",
        max_steps: int | None = None,
    ) -> None:
        given = [source] if isinstance(source, JobShopInstance | Problem) else list(source)
        if not given:
            raise InputError("no instance", where="SchedulingEnv", remedy="give at least one")
        if reward not in ("none", "makespan"):
            raise InputError(f"reward is {reward!r}", where="SchedulingEnv.reward", remedy="use 'none' or 'makespan'")
        self._episodes = [
            _ClosedForm(i, mode, form) if isinstance(i, JobShopInstance) else _Model(i, mode, form) for i in given
        ]
        counts = {episode.num_jobs for episode in self._episodes}
        if len(counts) > 1:
            raise InputError(
                f"instances with {', '.join(map(str, sorted(counts)))} jobs",
                where="SchedulingEnv",
                remedy="give instances with the same number of jobs",
            )
        jobs = counts.pop()
        self.action_space = gym.spaces.Discrete(jobs + 1)  # type: ignore[assignment]
        self.observation_space = observation_space(jobs)  # type: ignore[assignment]
        self._reward_kind = reward
        self._max_steps = max_steps
        self._episode = self._episodes[0]
        self._steps = 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Arrays, dict[str, Any]]:
        """Begin an episode on an instance drawn with ``seed``; ``options={"instance": i}`` takes the i-th."""
        super().reset(seed=seed)
        chosen = (options or {}).get("instance")
        if chosen is None:
            chosen = int(self.np_random.integers(len(self._episodes)))
        if not 0 <= int(chosen) < len(self._episodes):
            raise InputError(f"instance {chosen}", where="reset", remedy=f"use 0 ... {len(self._episodes) - 1}")
        self._episode = self._episodes[int(chosen)]
        self._episode.reset()
        self._steps = 0
        return self._observe(), self._info(False)

    def step(self, action: np.int64 | int) -> tuple[Arrays, float, bool, bool, dict[str, Any]]:
        """Carry out one action."""
        self._steps += 1
        executed = self._episode.act(int(action))
        done = self._episode.done
        most = 40 * self._episode.num_tasks if self._max_steps is None else self._max_steps
        reward = 0.0
        if done and executed and self._reward_kind == "makespan":
            reward = -self._episode.makespan / max(self._episode.scale, 1)
        return self._observe(), reward, done, not done and self._steps >= most, self._info(not executed)

    def action_masks(self) -> npt.NDArray[np.bool_]:
        """Legal actions, shape [jobs + 1], in the form that sb3-contrib's ``MaskablePPO`` asks for."""
        return self._episode.mask()

    def _observe(self) -> Arrays:
        return _for_space(self._episode.observe())

    def _info(self, illegal: bool) -> dict[str, Any]:
        info: dict[str, Any] = {"action_mask": self._episode.mask().astype(np.int8), "illegal": illegal}
        if self._episode.done:
            schedule = self._episode.schedule()
            info |= {"schedule": schedule, "makespan": schedule.makespan}
        return info


class SchedulingVectorEnv(gym.vector.VectorEnv[Any, Any, Any]):
    """Many job-shop episodes in one batch; a finished one begins anew in the step after, whatever its action.

    Parameters
    ----------
    instances
        Job shops with the same number of jobs; every episode draws one.
    num_envs
        Episodes side by side.
    mode, form
        See :class:`jssp.env.batch.BatchJobShopEnv`.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - declared so by gymnasium
        "render_modes": [],
        "autoreset_mode": gym.vector.AutoresetMode.NEXT_STEP,
    }

    def __init__(
        self,
        instances: Sequence[JobShopInstance],
        num_envs: int,
        *,
        mode: ActionMode | str = ActionMode.NO_OP,
        form: ObservationForm | None = None,
    ) -> None:
        if num_envs < 1:
            raise InputError(f"{num_envs} environments", where="SchedulingVectorEnv", remedy="give at least 1")
        shops = Shops(instances)
        self._batch = BatchJobShopEnv(shops, num_envs, mode=mode, form=form)
        if len(shops.instances) > 1:
            self._batch = self._batch.take(np.arange(num_envs))
        self.num_envs = num_envs
        self.single_action_space = gym.spaces.Discrete(shops.num_jobs + 1)
        self.single_observation_space = observation_space(shops.num_jobs)
        self.action_space = gym.vector.utils.batch_space(self.single_action_space, num_envs)
        self.observation_space = gym.vector.utils.batch_space(self.single_observation_space, num_envs)
        self._ended = np.zeros(num_envs, dtype=bool)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:  # type: ignore[override]
        """Begin all episodes."""
        super().reset(seed=seed)
        self._begin(np.ones(self.num_envs, dtype=bool))
        return self._observe(), self._info(np.zeros(self.num_envs, dtype=bool))

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """Carry out one action per episode; rewards are 0, as published."""
        again = self._ended.copy()
        chosen = np.where(again, -1, np.asarray(actions, dtype=np.int64))
        _, counts = self._batch.step(chosen)
        if again.any():
            self._begin(again)
        done = self._batch.done & ~again
        self._ended = done
        zeros = np.zeros(self.num_envs)
        illegal = (counts == 0) & ~again
        return self._observe(), zeros, done, np.zeros(self.num_envs, dtype=bool), self._info(illegal)

    def _begin(self, envs: npt.NDArray[np.bool_]) -> None:
        shop = self.np_random.integers(len(self._batch.shops.instances), size=self.num_envs)
        self._batch.reset(envs, shop)
        self._ended = self._ended & ~envs

    def _observe(self) -> Arrays:
        return _for_space(self._batch.observe())

    def _info(self, illegal: npt.NDArray[np.bool_]) -> dict[str, Any]:
        done = self._batch.done
        return {
            "action_mask": self._batch.action_masks().astype(np.int8),
            "illegal": illegal,
            "makespan": np.where(done, self._batch.makespans(), 0),
            "_makespan": done,
        }


def _for_space(arrays: Arrays) -> Arrays:
    """Flags as 0 and 1, as ``MultiBinary`` wants them."""
    return {key: value.astype(np.int8) if value.dtype == np.bool_ else value for key, value in arrays.items()}


class _ClosedForm:
    """One episode of the batched environment."""

    def __init__(self, instance: JobShopInstance, mode: ActionMode | str, form: ObservationForm | None) -> None:
        self._instance = instance
        self._env = BatchJobShopEnv([instance], mode=mode, form=form)
        self.num_jobs, self.num_tasks = instance.num_jobs, instance.num_operations
        self.scale = int(instance.job_work.max())

    def reset(self) -> None:
        self._env.reset()

    def act(self, action: int) -> bool:
        return bool(self._env.step(np.array([action]))[1][0])

    @property
    def done(self) -> bool:
        return bool(self._env.done[0])

    @property
    def makespan(self) -> int:
        return int(self._env.makespans()[0])

    def mask(self) -> npt.NDArray[np.bool_]:
        return self._env.action_masks()[0]

    def observe(self) -> Arrays:
        return {key: value[0] for key, value in self._env.observe().items()}

    def schedule(self) -> Schedule:
        return to_schedule(self._instance, self._env.start_times(0))


class _Model:
    """One episode on the constraint model."""

    def __init__(self, problem: Problem, mode: ActionMode | str, form: ObservationForm | None) -> None:
        self._env = CpEnv(problem, mode=mode, form=form)
        self.num_jobs, self.num_tasks = self._env.num_jobs, len(problem.tasks)
        self.scale = max(self._env.reading.structure.tails(), default=1)

    def reset(self) -> None:
        self._env.reset()

    def act(self, action: int) -> bool:
        return bool(self._env.step(action))

    @property
    def done(self) -> bool:
        return self._env.done

    @property
    def makespan(self) -> int:
        return self._env.makespan

    def mask(self) -> npt.NDArray[np.bool_]:
        return self._env.action_mask()

    def observe(self) -> Arrays:
        return self._env.observe()

    def schedule(self) -> Schedule:
        return self._env.schedule()


ENVIRONMENT_ID = "sched/JobShop-v0"
"""For ``gymnasium.make("jssp.env.gym_env:sched/JobShop-v0", source=...)``."""

if ENVIRONMENT_ID not in gym.registry:
    gym.register(ENVIRONMENT_ID, entry_point="jssp.env.gym_env:SchedulingEnv")

__all__ = ["ENVIRONMENT_ID", "SchedulingEnv", "SchedulingVectorEnv", "observation_space"]
