"""Parallel SGS from problem to schedule, with repairs for maximum lags."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedcore.errors import NoScheduleError, UnsupportedFeatureError
from schedcore.executor.decision import Decision, WaitEvent, WaitUntil
from schedcore.executor.engine import Executor
from schedcore.executor.sgs.chronological import non_delay
from schedcore.executor.state import Candidate, State
from schedcore.model import Problem, Schedule
from schedcore.policies.optional import OptionalChoice
from schedcore.policies.priority import PriorityPolicy
from schedcore.policies.rules import Rule

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedcore.executor.sgs.driver import Priorities


class KeyPolicy(PriorityPolicy):
    """Non-delay by a fixed key per task; tasks can be kept from starting before a tick.

    Parameters
    ----------
    keys
        One number per task, the smallest goes first (ties: lowest task id).
    not_before
        Earliest starts on top of the problem's own.
    """

    def __init__(
        self,
        keys: NDArray[np.float64],
        *,
        optional: OptionalChoice = "rewarded",
        not_before: dict[int, int] | None = None,
    ) -> None:
        super().__init__(Rule("keys", -1, "given", "caller"), optional=optional)
        self._given = np.asarray(keys, dtype=np.float64)
        self.not_before = dict(not_before or {})

    def static_keys(self) -> NDArray[np.float64]:
        """The keys."""
        return self._given

    def choices(self, state: State) -> list[Candidate]:
        """Candidates that are not kept back."""
        return [c for c in super().choices(state) if self.not_before.get(c.task, 0) <= state.now]

    def decide(self, state: State) -> Decision:
        """Start the best candidate, or wait (no longer than until the next task is let go)."""
        decision = super().decide(state)
        if isinstance(decision, WaitEvent):
            coming = [t for t in self.not_before.values() if t > state.now]
            event = state.next_event
            if coming and (event is None or min(coming) < event):
                return WaitUntil(min(coming))
        return decision


def parallel_sgs(
    problem: Problem,
    priorities: Priorities = "cp",
    *,
    optional: OptionalChoice = "rewarded",
    seed: int = 0,
    max_repairs: int = 200,
) -> Schedule:
    """A non-delay schedule by the parallel schedule generation scheme (Bedworth and Bailey 1982; Kolisch 1996).

    Time goes forward; at every event what can start does, smallest key first.  This is a priority
    policy on the executor, compiled where that gives the same schedule.

    Parameters
    ----------
    priorities
        A rule or its name (dynamic rules are evaluated at every event), or one key per task.
    optional, seed
        As in :func:`serial_sgs`.
    max_repairs
        If a run ends in a dead end, the tasks whose starts have bound the stuck one by a maximum lag
        are started later in another run, at most this often.

    Raises
    ------
    NoScheduleError
        If the runs end in dead ends.
    UnsupportedFeatureError
        If the problem is cyclic (use :func:`serial_sgs`).
    """
    from schedcore.executor.sgs.driver import keys_of

    if problem.cycle is not None:
        raise UnsupportedFeatureError.of("parallel SGS", ("cyclic",), remedy="use serial SGS or --solver cpsat")
    if isinstance(priorities, str | Rule):
        policy = PriorityPolicy(priorities, optional=optional)
        policy.reset(problem, seed)
        found = non_delay(problem, policy)
        if found is not None:
            return found
        if "max_lag" not in problem.features() and "hold" not in problem.features():
            return run(problem, policy, seed)[0]
    keys = KeyPolicy(keys_of(problem, priorities, seed), optional=optional)
    keys.reset(problem, seed)
    found = non_delay(problem, keys)
    if found is not None:
        return found
    executor = Executor(problem)
    for repair in range(max_repairs + 1):
        try:
            return run(problem, keys, seed, executor)[0]
        except NoScheduleError:
            if repair == max_repairs or not _delay(executor, keys):
                raise
    raise AssertionError("unreachable")


def run(
    problem: Problem, policy: PriorityPolicy, seed: int, executor: Executor | None = None
) -> tuple[Schedule, Executor]:
    """One run of a policy on the executor itself."""
    if executor is None:
        executor = Executor(problem)
    else:
        executor.reset()
    policy.reset(problem, seed)
    while not executor.done:
        executor.apply(policy.decide(executor.state))
    return executor.schedule(), executor


def _delay(executor: Executor, policy: KeyPolicy) -> bool:
    """Keep back the started tasks that bind a waiting one by a maximum lag; false if there are none."""
    layout = executor.layout
    changed = False
    for t in executor.waiting_tasks():
        if not executor.is_required(t):
            continue
        for i in layout.network_lags[t]:
            lag = layout.lags[i]
            other = lag.a if lag.b == t else lag.b
            at = executor.start_of(other)
            binds = (lag.b == t and lag.high is not None) or (lag.a == t and lag.low is not None)
            if at is not None and binds and not layout.is_hold[other]:
                # One event further than where it stood: how much is needed is not known in advance.
                step = max(1, executor.now - (executor.end_of(other) or at))
                policy.not_before[other] = max(policy.not_before.get(other, 0), at + step)
                changed = True
    return changed
