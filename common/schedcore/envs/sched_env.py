"""A Gymnasium environment: an agent decides on the executor what starts when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import gymnasium
import numpy as np
from gymnasium import spaces

from schedcore.envs.observation import CANDIDATE_FEATURES, CLIP, GLOBAL_FEATURES, RESOURCE_FEATURES, Observer
from schedcore.errors import InputError, NoScheduleError, SchedError
from schedcore.executor import Candidate, Executor, Start, WaitEvent
from schedcore.metrics import objective_values
from schedcore.model import Problem
from schedcore.policies import facts_of

ProblemSource: TypeAlias = Problem | Sequence[Problem] | Callable[[np.random.Generator], Problem]
"""One problem, several to draw from, or a generator that is called with the environment's random stream."""

Observation: TypeAlias = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class EnvLimits:
    """Sizes of the padded arrays: at least the candidates and resources of every problem that will come."""

    candidates: int
    resources: int

    def __post_init__(self) -> None:
        if self.candidates < 1 or self.resources < 0:
            raise InputError(
                f"sizes are {self.candidates} and {self.resources}", where="limits", remedy="give at least 1 and 0"
            )

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> EnvLimits:
        """Limits that are never too small for ``problems``: all modes may be candidates at once."""
        return cls(
            max(1, *(sum(len(t.modes) for t in p.tasks) for p in problems)), max(len(p.resources) for p in problems)
        )


class SchedEnv(gymnasium.Env[Observation, Any]):
    """One episode schedules one problem.

    *Action* ``k < limits.candidates`` starts the ``k``-th candidate: the (task, mode) pairs that are
    legal now, ordered by task and mode.  The last action waits for the next event.  Illegal actions
    are masked (``action_mask`` in the observation, ``action_masks()`` for sb3-contrib); choosing one
    changes nothing, costs ``illegal_penalty`` and is told in ``info["illegal"]``, or raises
    ``InputError`` if that penalty is ``None``.  Time runs on by itself while nothing can start.

    *Reward* ``"bound"``: the negative growth of a lower bound of the makespan, over the scale (the
    bound at the start); an episode sums to ``1 - makespan / scale``.  ``"objective"``: at the end,
    the negative value of the first stage of the objective over the scale.  Default: ``"bound"`` if
    the objective is the makespan alone, else ``"objective"``.  An episode that ends in a dead end
    (``info["failure"]`` says which) gets ``-failure_penalty`` on top.

    *Episode end*: ``terminated``; ``info`` then holds ``schedule`` and ``objective``.

    Parameters
    ----------
    source
        Problems to schedule; cyclic ones are refused.
    limits
        Sizes of the arrays; needed if ``source`` is a callable, else derived.
    reward
        See above.
    failure_penalty
        At least 0.
    illegal_penalty
        At least 0, or ``None`` to raise.

    ``reset(options={"problem": ...})`` overrides the source for one episode.
    """

    metadata = {"render_modes": []}  # noqa: RUF012 - Gymnasium's interface

    def __init__(
        self,
        source: ProblemSource,
        *,
        limits: EnvLimits | None = None,
        reward: Literal["bound", "objective"] | None = None,
        failure_penalty: float = 1.0,
        illegal_penalty: float | None = 1.0,
    ) -> None:
        if isinstance(source, Problem):
            source = (source,)
        if callable(source):
            if limits is None:
                raise InputError(
                    "limits are missing",
                    where="SchedEnv",
                    remedy="give EnvLimits: a callable's problems are not known yet",
                )
        elif not source:
            raise InputError("the source has no problems", where="SchedEnv.source")
        if reward not in (None, "bound", "objective"):
            raise InputError(f"reward is {reward!r}", where="SchedEnv.reward", remedy="use 'bound' or 'objective'")
        if not failure_penalty >= 0:
            raise InputError(f"failure_penalty is {failure_penalty}", where="SchedEnv", remedy="give a number >= 0")
        self._source = source
        self.limits = limits or EnvLimits.of(source)  # type: ignore[arg-type]
        self._reward = reward
        if illegal_penalty is not None and not illegal_penalty >= 0:
            raise InputError(f"illegal_penalty is {illegal_penalty}", where="SchedEnv", remedy="give a number >= 0")
        self._failure_penalty = failure_penalty
        self._illegal_penalty = illegal_penalty
        size = self.limits
        self.action_space = spaces.Discrete(size.candidates + 1)
        self.observation_space: spaces.Space[Any] = spaces.Dict(
            {
                "candidates": spaces.Box(-CLIP, CLIP, (size.candidates, len(CANDIDATE_FEATURES)), np.float32),
                "resources": spaces.Box(-CLIP, CLIP, (size.resources, len(RESOURCE_FEATURES)), np.float32),
                "globals": spaces.Box(-CLIP, CLIP, (len(GLOBAL_FEATURES),), np.float32),
                "action_mask": spaces.Box(0, 1, (size.candidates + 1,), np.int8),
            }
        )
        self._executors: dict[int, tuple[Problem, Executor, Observer, int]] = {}
        self._run: Executor | None = None

    @property
    def wait_action(self) -> int:
        """The action that waits."""
        return self.limits.candidates

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin an episode; ``seed`` fixes which problems come."""
        super().reset(seed=seed)
        problem = self._next_problem(options or {})
        self._problem, self._run, self._observer, self._first_bound = self._prepare(problem)
        self._run.reset()
        self._bound = self._first_bound
        failure = self._run_on()
        self._is_over = failure is not None or self._run.done
        return self._observe(), self._info(failure)

    def step(self, action: int) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Start a candidate or wait."""
        if self._run is None or self._is_over:
            raise InputError("the episode is over or has not begun", where="SchedEnv.step", remedy="call reset()")
        action = int(action)
        candidates = self._candidates()
        failure: NoScheduleError | None = None
        try:
            if 0 <= action < len(candidates):
                self._run.apply(Start(candidates[action]))
            elif action == self.wait_action and self._may_wait():
                self._run.apply(WaitEvent())
            elif self._illegal_penalty is None:
                raise InputError(
                    f"action {action} is masked", where="SchedEnv.step", remedy="choose where action_mask is 1"
                )
            else:
                info = self._info(None) | {"illegal": f"action {action} is masked"}
                return self._observe(), -self._illegal_penalty, False, False, info
            failure = self._run_on()
        except NoScheduleError as error:
            failure = error
        self._is_over = failure is not None or self._run.done
        return self._observe(), self._score(failure), self._is_over, False, self._info(failure)

    def action_masks(self) -> np.ndarray:
        """The mask as booleans, as sb3-contrib's MaskablePPO asks for it."""
        mask = np.zeros(self.limits.candidates + 1, dtype=bool)
        if self._run is not None and not self._is_over:
            mask[: len(self._candidates())] = True
            mask[-1] = self._may_wait()
        return mask

    # --- inside -----------------------------------------------------------------------------------

    def _next_problem(self, options: dict[str, Any]) -> Problem:
        if "problem" in options:
            problem = options["problem"]
        elif callable(self._source):
            problem = self._source(self.np_random)
        else:
            problem = self._source[int(self.np_random.integers(len(self._source)))]
        if not isinstance(problem, Problem):
            raise InputError(
                f"the source gave {type(problem).__name__}", where="SchedEnv.source", remedy="give a Problem"
            )
        if len(problem.resources) > self.limits.resources:
            raise InputError(
                f"{problem.name!r} has {len(problem.resources)} resources, the limit is {self.limits.resources}",
                where="SchedEnv.limits",
                remedy="enlarge EnvLimits.resources",
            )
        return problem

    def _prepare(self, problem: Problem) -> tuple[Problem, Executor, Observer, int]:
        kept = self._executors.get(id(problem))
        if kept is not None:
            return kept
        executor = Executor(problem)
        facts = facts_of(problem)
        mandatory = problem.arrays.optional == 0
        bound = int((facts.head + facts.tail)[mandatory].max(initial=0))
        observer = Observer(problem, facts, float(max(1, bound)), self.limits.candidates, self.limits.resources)
        prepared = (problem, executor, observer, bound)
        if not callable(self._source):
            self._executors[id(problem)] = prepared  # holds the problem, so its id stays unique
        return prepared

    def _candidates(self) -> tuple[Candidate, ...]:
        assert self._run is not None
        candidates = self._run.state.candidates
        if len(candidates) > self.limits.candidates:
            raise InputError(
                f"{len(candidates)} candidates, the limit is {self.limits.candidates}",
                where="SchedEnv.limits",
                remedy="enlarge EnvLimits.candidates",
            )
        return candidates

    def _may_wait(self) -> bool:
        """Whether a wait leads on: something will happen, or nothing that is waiting has to run."""
        assert self._run is not None
        state = self._run.state
        if state.done:
            return False
        return state.next_event is not None or not any(state.is_required(t) for t in state.waiting)

    def _run_on(self) -> NoScheduleError | None:
        """Let time pass while nothing can start; the dead end, if that is where it leads."""
        assert self._run is not None
        try:
            while not self._run.done and not self._run.state.candidates:
                self._run.apply(WaitEvent())
        except NoScheduleError as error:
            return error
        return None

    def _current_bound(self) -> int:
        """Lower bound of the makespan: what runs, and the longest paths from the tasks that wait."""
        assert self._run is not None
        state, facts = self._run.state, self._observer.facts
        bound = self._bound
        if state.done:
            return max(bound, self._run.schedule().makespan)
        for task, _, start, end, _ in state.running:
            bound = max(bound, end, start + int(facts.tail[task]))
        for task in state.waiting:
            if state.is_required(task):
                bound = max(bound, max(state.now, state.available_since(task)) + int(facts.tail[task]))
        return bound

    def _score(self, failure: SchedError | None) -> float:
        penalty = self._failure_penalty if failure is not None else 0.0
        before, self._bound = self._bound, self._current_bound()
        if self._kind() == "bound":
            return (before - self._bound) / self._observer.scale - penalty
        if not self._is_over or failure is not None:
            return -penalty
        assert self._run is not None
        values = objective_values(self._problem, self._run.schedule())
        return -(values[0] if values else 0) / self._observer.scale

    def _kind(self) -> Literal["bound", "objective"]:
        if self._reward is not None:
            return self._reward
        objective = self._problem.objective
        plain = objective is not None and len(objective.stages) == 1 and objective.metrics == {"makespan"}
        return "bound" if plain else "objective"

    def _observe(self) -> Observation:
        assert self._run is not None
        candidates = () if self._is_over else self._candidates()
        return self._observer.write(self._run.state, candidates, not self._is_over and self._may_wait(), self._bound)

    def _info(self, failure: SchedError | None) -> dict[str, Any]:
        assert self._run is not None
        info: dict[str, Any] = {"problem": self._problem.name}
        if failure is not None:
            info["failure"] = str(failure)
        elif self._is_over:
            schedule = self._run.schedule()
            info["schedule"] = schedule
            info["objective"] = objective_values(self._problem, schedule)
        return info
