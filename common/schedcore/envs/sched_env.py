"""``SchedEnv``: scheduling decisions as a Gymnasium environment."""

from __future__ import annotations

from typing import Any, Literal

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from schedcore.envs.observation import (
    GLOBAL_FEATURES,
    LIMIT,
    MODE_FEATURES,
    RESOURCE_FEATURES,
    TASK_FEATURES,
    Observation,
    Observer,
)
from schedcore.envs.source import ProblemSource, Sizes, problems_of
from schedcore.errors import IllegalDecisionError, InputError, NoScheduleError
from schedcore.executor import Executor, Start, WaitEvent
from schedcore.metrics import objective_values
from schedcore.model import Problem, Schedule
from schedcore.policies.facts import RuleFacts, facts_of

RewardKind = Literal["makespan", "objective"]


class SchedEnv(gym.Env[Observation, np.int64]):
    """One episode schedules one problem on the executor, start by start.

    *Actions*: ``task * max_modes + mode`` starts a task, the last action waits for the next event.
    Legal ones are 1 in ``observation["action_mask"]``, ``info["action_mask"]`` and
    :meth:`action_masks` (the form that sb3-contrib's ``MaskablePPO`` asks for).  An illegal action
    changes nothing, costs ``illegal_penalty`` and sets ``info["illegal"]`` to the reason.

    *Observations*: see :mod:`schedcore.envs.observation`; all arrays have the same size in every
    episode and lie within [-10, 10].

    *Rewards*: with ``"makespan"`` the negative change of a lower bound of the makespan (latest known
    end; earliest start plus tail of everything that must still run), divided by the scale: the
    rewards of an episode add up to ``(first bound - makespan) / scale``.  With ``"objective"`` the
    negative first stage of the objective, divided by the scale, at the end.  A dead end ends the
    episode with ``-dead_end_penalty``; ``info["dead_end"]`` says why.

    At the end ``info["schedule"]`` is the schedule (it passes the checker) and ``info["makespan"]``
    and ``info["objective"]`` are its values.

    Parameters
    ----------
    source
        A problem, several (one is drawn per episode), or a generator ``seed -> Problem``.
    max_tasks, max_modes, max_resources
        Sizes of the arrays; needed for a generator, otherwise taken from the problems.
    reward
        See above.
    skip_forced_waits
        Wait by itself while waiting is the only legal action, so that every step is a choice.
    illegal_penalty, dead_end_penalty
        At least 0.
    max_steps
        Steps after which an episode is truncated; ``None``: twenty per task and a hundred.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 - declared so by gymnasium

    def __init__(
        self,
        source: ProblemSource,
        *,
        max_tasks: int | None = None,
        max_modes: int | None = None,
        max_resources: int | None = None,
        reward: RewardKind = "makespan",
        skip_forced_waits: bool = True,
        illegal_penalty: float = 0.1,
        dead_end_penalty: float = 1.0,
        max_steps: int | None = None,
    ) -> None:
        if reward not in ("makespan", "objective"):
            raise InputError(f"reward is {reward!r}", where="SchedEnv.reward", remedy="use 'makespan' or 'objective'")
        if illegal_penalty < 0 or dead_end_penalty < 0:
            raise InputError("a penalty is negative", where="SchedEnv", remedy="give penalties of at least 0")
        if max_steps is not None and max_steps < 1:
            raise InputError(f"max_steps is {max_steps}", where="SchedEnv", remedy="give at least 1")
        self.sizes = Sizes.of(source, max_tasks, max_modes, max_resources)
        self._problems = problems_of(source)
        self._generate = source if self._problems is None else None
        self._reward_kind = reward
        self._skip = skip_forced_waits
        self._illegal_penalty, self._dead_end_penalty = float(illegal_penalty), float(dead_end_penalty)
        self._max_steps = 20 * self.sizes.tasks + 100 if max_steps is None else max_steps
        sizes = self.sizes
        self.action_space = gym.spaces.Discrete(sizes.tasks * sizes.modes + 1)  # type: ignore[assignment]

        def box(*shape: int) -> gym.spaces.Box:
            return gym.spaces.Box(-LIMIT, LIMIT, shape=shape, dtype=np.float32)

        self.observation_space = gym.spaces.Dict(  # type: ignore[assignment]
            {
                "tasks": box(sizes.tasks, len(TASK_FEATURES)),
                "modes": box(sizes.tasks, sizes.modes, len(MODE_FEATURES)),
                "resources": box(sizes.resources, len(RESOURCE_FEATURES)),
                "globals": box(len(GLOBAL_FEATURES)),
                "action_mask": gym.spaces.MultiBinary(sizes.tasks * sizes.modes + 1),
            }
        )
        self._run: Executor | None = None
        self._tables: dict[int, tuple[Executor, RuleFacts]] = {}
        self._steps = 0

    # --- Gymnasium --------------------------------------------------------------------------------

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin an episode; ``options={"problem": problem}`` takes that problem instead of drawing one."""
        super().reset(seed=seed)
        given = (options or {}).get("problem")
        self._begin(self._draw() if given is None else given)
        self._steps = 0
        self._dead_end: str | None = None
        self._advance_forced()
        self._bound = self._lower_bound()
        return self._observe(), self._info()

    def step(self, action: np.int64 | int) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Carry out an action; see the class for rewards."""
        run = self._running()
        self._steps += 1
        illegal: str | None = None
        if not run.done and self._dead_end is None:
            illegal = self._act(run, int(action))
            if illegal is None:
                self._advance_forced()
        terminated = run.done or self._dead_end is not None
        truncated = not terminated and self._steps >= self._max_steps
        reward = self._reward(run, terminated)
        info = self._info()
        if illegal is not None:
            reward -= self._illegal_penalty
            info["illegal"] = illegal
        return self._observe(), reward, terminated, truncated, info

    def action_masks(self) -> NDArray[np.bool_]:
        """Which actions are legal now."""
        return self._mask().astype(np.bool_)

    # --- for the curious --------------------------------------------------------------------------

    @property
    def executor(self) -> Executor:
        """The run of the present episode."""
        return self._running()

    @property
    def scale(self) -> float:
        """Ticks that count as 1: the lower bound of the makespan at the start, at least 1."""
        return self._scale

    def action_of(self, task: int, mode: int = 0) -> int:
        """The action that starts ``task`` in ``mode``."""
        return task * self.sizes.modes + mode

    @property
    def wait_action(self) -> int:
        """The action that waits."""
        return self.sizes.tasks * self.sizes.modes

    # --- inside -----------------------------------------------------------------------------------

    def _draw(self) -> Problem:
        if self._problems is None:
            assert callable(self._generate)
            problem: Problem = self._generate(int(self.np_random.integers(2**31)))
            return problem
        return (
            self._problems[int(self.np_random.integers(len(self._problems)))]
            if len(self._problems) > 1
            else (self._problems[0])
        )

    def _begin(self, problem: Problem) -> None:
        known = self._tables.get(id(problem))
        if known is None or known[0].problem is not problem:
            self.sizes.require(problem)
            known = Executor(problem), facts_of(problem)
            if self._problems is not None:
                self._tables[id(problem)] = known
        else:
            known[0].reset()
        self._run, self._facts = known
        self._scale = float(max(1, int((self._facts.head + self._facts.tail).max()) if len(problem.tasks) else 1))
        self._tails: list[int] = self._facts.tail.tolist()
        self._observer = Observer(self._run, self._facts, self.sizes, self._scale)

    def _running(self) -> Executor:
        if self._run is None:
            raise InputError("no episode has begun", where="SchedEnv", remedy="call reset() first")
        return self._run

    def _act(self, run: Executor, action: int) -> str | None:
        """Apply an action; returns why it is illegal, if it is."""
        if action == self.wait_action:
            if not self._may_wait(run):
                return "waiting would end the run while mandatory tasks can start"
            decision: Start | WaitEvent = WaitEvent()
        else:
            task, mode = divmod(action, self.sizes.modes)
            if not 0 <= task < len(run.problem.tasks):
                return f"there is no task {task}"
            decision = Start((task, mode))
        try:
            run.apply(decision)
        except IllegalDecisionError as error:
            return str(error)
        except NoScheduleError as error:
            self._dead_end = str(error)
        return None

    def _advance_forced(self) -> None:
        run = self._running()
        while self._skip and not run.done and self._dead_end is None and not run.candidates():
            try:
                run.apply(WaitEvent())
            except NoScheduleError as error:
                self._dead_end = str(error)

    def _may_wait(self, run: Executor) -> bool:
        if run.done or self._dead_end is not None:
            return True
        if run.next_expected_event() is not None or not run.candidates():
            return True
        return not any(run.is_required(t) for t in run.waiting_tasks())

    def _mask(self) -> NDArray[np.int8]:
        run = self._running()
        mask = np.zeros(self.wait_action + 1, dtype=np.int8)
        if not run.done and self._dead_end is None:
            for task, mode in run.candidates():
                mask[self.action_of(task, mode)] = 1
        mask[-1] = self._may_wait(run)
        return mask

    def _lower_bound(self) -> int:
        run = self._running()
        bound = 0
        for t in run.layout.plain_tasks:
            at = run.end_of(t)
            if at is not None:
                bound = max(bound, at)
            elif run.is_required(t):
                bound = max(bound, max(run.now, run.available_since(t)) + self._tails[t])
        return bound

    def _reward(self, run: Executor, terminated: bool) -> float:
        if self._dead_end is not None:
            return -self._dead_end_penalty
        if self._reward_kind == "makespan":
            bound = run.schedule().makespan if run.done else self._lower_bound()
            change, self._bound = bound - self._bound, bound
            return -change / self._scale
        if not terminated:
            return 0.0
        value = objective_values(run.problem, run.schedule())
        return -value[0] / self._scale if value else 0.0

    def _observe(self) -> Observation:
        return self._observer.observe(self._mask())

    def _info(self) -> dict[str, Any]:
        run = self._running()
        info: dict[str, Any] = {"action_mask": self._mask(), "now": run.now, "problem": run.problem.name}
        if self._dead_end is not None:
            info["dead_end"] = self._dead_end
        elif run.done:
            schedule: Schedule = run.schedule()
            info.update(
                schedule=schedule, makespan=schedule.makespan, objective=objective_values(run.problem, schedule)
            )
        return info


ENVIRONMENT_ID = "sched/Executor-v0"
"""For ``gymnasium.make``; known once this module is imported (``gymnasium.make("schedcore.envs.sched_env:<id>")``)."""

if ENVIRONMENT_ID not in gym.registry:
    gym.register(ENVIRONMENT_ID, entry_point="schedcore.envs.sched_env:SchedEnv")
