# mypy: disable-error-code="no-untyped-call"
"""List scheduling from problem to schedule: order, passes, bounded repairs, reasons for failure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from schedcore.check import check
from schedcore.errors import InputError, NoScheduleError
from schedcore.executor.layout import lag_words
from schedcore.executor.sgs.tables import packed, tables_of
from schedcore.executor.ties import Ties, ties_of
from schedcore.model import Problem, Schedule
from schedcore.model.arrays import NO_DEADLINE, RESERVOIR, UNARY, IntArray
from schedcore.policies.optional import OptionalChoice, chosen_optional
from schedcore.policies.priority import find_rule, static_keys
from schedcore.policies.rules import Rule

LEAVE_OUT, MUST, TRY = 0, 1, 2
_DONE, _DELAY, _LATE, _STUCK, _CONTRADICTION, _NO_MODE = range(6)

Priorities: TypeAlias = "str | Rule | Sequence[float] | NDArray[Any]"
"""A rule, its name, or one key per task (the smallest goes first, ties to the lowest task id)."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why list scheduling gave up: the task it could not place, and the reason in words."""

    task: int
    words: str

    def error(self, problem: Problem) -> NoScheduleError:
        """The failure as an exception."""
        return NoScheduleError(
            f"list scheduling found no place for task {problem.tasks[self.task].name!r}: {self.words}",
            where=f"problem {problem.name!r}",
            remedy="try other priorities, more repairs, or --solver cpsat",
        )


class ListScheduler:
    """Serial SGS for one problem: tables are made once, passes are compiled.

    Parameters
    ----------
    problem
        Not cyclic (see :mod:`schedcore.executor.sgs.cyclic`).
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        arrays = problem.arrays
        self.num_tasks = arrays.num_tasks
        self.is_plain = _is_plain(problem)
        self._data: IntArray | None = None
        self._ties: Ties | None = None

    @property
    def data(self) -> IntArray:
        """The packed tables."""
        if self._data is None:
            tables, self._ties = tables_of(self.problem)
            self._data = packed(tables)
        return self._data

    @property
    def ties(self) -> Ties:
        """The temporal side of the problem."""
        if self._ties is None:
            self._ties = ties_of(self.problem)
        return self._ties

    def serial(
        self,
        keys: NDArray[np.float64],
        *,
        modes: Sequence[int | None] | IntArray | None = None,
        optional: OptionalChoice = "rewarded",
        elastic: Literal["needed", "longest", "shortest"] = "needed",
        max_repairs: int = 1000,
    ) -> Schedule | Failure:
        """One serial schedule, repaired if need be; see :func:`serial_sgs`."""
        n = self.num_tasks
        if len(keys) != n:
            raise InputError(f"{len(keys)} priorities for {n} tasks", where="priorities", remedy="give one per task")
        by_rank = np.argsort(keys, kind="stable")
        rank = np.empty(n, dtype=np.int64)
        rank[by_rank] = np.arange(n, dtype=np.int64)
        if self.is_plain and modes is None:
            return self._plain(rank, by_rank)
        forced = _forced(self.problem, modes)
        return self._repaired(rank, by_rank, forced, optional, elastic, max_repairs)

    def _plain(self, rank: IntArray, by_rank: IntArray) -> Schedule | Failure:
        from schedcore.executor.sgs.plain import plain_pass

        a, n = self.problem.arrays, self.num_tasks
        starts = np.empty(n, dtype=np.int64)
        horizon = self.problem.horizon
        status = plain_pass(
            rank,
            by_rank,
            a.duration,
            a.demand_ptr,
            a.demand_resource,
            a.demand_amount,
            a.resource_kind == UNARY,
            a.resource_capacity,
            a.lag_a,
            a.lag_b,
            a.lag_min,
            a.release,
            a.deadline if horizon is None else np.minimum(a.deadline, horizon),
            starts,
        )
        if status == -1:
            return Schedule.from_arrays(np.arange(n), np.zeros(n, dtype=np.int64), starts, starts + a.duration)
        if status < -1:
            return Failure(int(_unplaced(self.ties, n)), "the lags before it wait for each other")
        forced = np.full(n, -1, dtype=np.int64)
        return self._repaired(rank, by_rank, forced, "none", "needed", 1000)

    def _repaired(
        self,
        rank: IntArray,
        by_rank: IntArray,
        forced: IntArray,
        optional: OptionalChoice,
        elastic: str,
        max_repairs: int,
    ) -> Schedule | Failure:
        from schedcore.executor.sgs.network import raise_floors
        from schedcore.executor.sgs.serial import serial_pass

        n, data, problem = self.num_tasks, self.data, self.problem
        ties = self.ties
        starts, ends, modes = (np.empty(n, dtype=np.int64) for _ in range(3))
        info = np.zeros(4, dtype=np.int64)
        floors = np.zeros(n, dtype=np.int64)
        generous = {"needed": 0, "longest": 1, "shortest": 2}[elastic]
        wanted = self._wanted(optional, frozenset())
        banned: set[int] = set()
        group = np.where(wanted == MUST, 1, 2).astype(np.int64)
        network = bool((ties.lag_max != NO_DEADLINE).any()) or bool(data[data[0] + 3])
        boosted = np.zeros(n, dtype=bool)
        job_by_job = False
        for _ in range(max_repairs + 1):
            if network:
                culprit = int(raise_floors(data, wanted, floors))
                if culprit >= 0:
                    task = int(ties.lag_b[culprit])
                    if not self._give_up(task, wanted, banned, optional):
                        return Failure(task, f"the lags contradict each other, among them {self._words(culprit)}")
                    floors[:] = 0
                    continue
            tried = wanted.copy()
            status = int(
                serial_pass(data, rank, by_rank, group, tried, forced, floors, generous, starts, ends, modes, info)
            )
            if status == _DONE:
                kept = np.flatnonzero(starts >= 0)
                schedule = Schedule.from_arrays(kept, modes[kept], starts[kept], ends[kept])
                broken = self._broken_by_holds(schedule)
                if broken is None:
                    return schedule
                status, info[0] = _STUCK, broken
            task, other, late = int(info[0]), int(info[1]), int(info[2])
            if status == _DELAY:
                floors[other] = starts[other] + late
                failure = Failure(task, f"it comes {late} ticks too late for {problem.tasks[other].name!r}")
                continue
            if status == _CONTRADICTION:
                return Failure(task, "the lags before it wait for each other")
            failure = Failure(task, self._reason(status, task))
            # From cheap to drastic: go first, last longer, leave optional tasks out, one job after the other.
            if status in (_LATE, _STUCK) and not boosted[task]:
                self._boost(task, group, boosted)
            elif self._give_up(task, wanted, banned, optional):
                floors[:] = 0
            elif status == _STUCK and generous == 0 and elastic == "needed":
                generous = 1
            elif not job_by_job:
                job_by_job = True
                group = self._jobs_in_turn(rank)
                floors[:] = 0
            elif (wanted == TRY).any():
                wanted[wanted == TRY] = LEAVE_OUT
            else:
                return failure
        return failure

    def justify(self, schedule: Schedule) -> Schedule | None:
        """Forward-backward improvement of a schedule of a plain problem; ``None`` if it does not fit any more.

        All tasks are pushed to the right in order of their ends, then to the left in order of the
        starts that result (double justification, Valls, Ballestín and Quintanilla 2005).
        """
        from schedcore.executor.sgs.plain import plain_pass

        a, n = self.problem.arrays, self.num_tasks
        free = np.zeros(n, dtype=np.int64)
        starts = np.empty(n, dtype=np.int64)
        mirrored, horizon = (a.lag_b, a.lag_a), self.problem.horizon
        latest = a.deadline if horizon is None else np.minimum(a.deadline, horizon)
        key, (tails, heads), low, high = -schedule.end, mirrored, free, np.full(n, NO_DEADLINE, dtype=np.int64)
        for backward in (True, False):
            by_rank = np.argsort(key, kind="stable")
            rank = np.empty(n, dtype=np.int64)
            rank[by_rank] = np.arange(n, dtype=np.int64)
            status = plain_pass(
                rank,
                by_rank,
                a.duration,
                a.demand_ptr,
                a.demand_resource,
                a.demand_amount,
                a.resource_kind == UNARY,
                a.resource_capacity,
                tails,
                heads,
                a.lag_min,
                low,
                high,
                starts,
            )
            if status != -1:
                return None
            if backward:
                key, (tails, heads), low, high = -(starts + a.duration), (a.lag_a, a.lag_b), a.release, latest
        return Schedule.from_arrays(np.arange(n), np.zeros(n, dtype=np.int64), starts, starts + a.duration)

    # --- repairs ----------------------------------------------------------------------------------

    def _wanted(self, optional: OptionalChoice, banned: frozenset[int]) -> IntArray:
        problem, n = self.problem, self.num_tasks
        wanted = np.full(n, MUST, dtype=np.int64)
        if problem.arrays.optional.any():
            wanted[problem.arrays.optional == 1] = LEAVE_OUT
            bound = {t for s in problem.selections for t in s.tasks}
            for t in chosen_optional(problem, optional, banned=banned):
                wanted[t] = MUST if t in bound else TRY
        elif problem.selections:
            chosen_optional(problem, optional)
        wanted[self.ties.is_hold] = LEAVE_OUT
        return wanted

    def _give_up(self, task: int, wanted: IntArray, banned: set[int], optional: OptionalChoice) -> bool:
        """Leave an optional task out that cannot be placed, if the selections allow it."""
        if not self.problem.tasks[task].optional or task in banned:
            return False
        banned.add(task)
        try:
            wanted[:] = self._wanted(optional, frozenset(banned))
        except NoScheduleError:
            return False
        return True

    def _boost(self, task: int, group: IntArray, boosted: NDArray[np.bool_]) -> None:
        """Let a late task and everything that comes before it go first."""
        before: dict[int, list[int]] = {}
        for a, b in zip(self.ties.lag_a.tolist(), self.ties.lag_b.tolist(), strict=True):
            before.setdefault(b, []).append(a)
        work = [task]
        while work:
            t = work.pop()
            if not boosted[t]:
                boosted[t] = True
                group[t] = 0
                work += before.get(t, ())

    def _broken_by_holds(self, schedule: Schedule) -> int | None:
        """A task in conflict with a hold; ``None`` if there is none.

        A pass books what a hold changes at its closing when it places the task that closes it.  Where lags
        let that task come before the one that opens the hold, rates and setups of the hold are not known
        yet.  So a finished schedule with holds is checked.
        """
        if not self.ties.holds:
            return None
        report = check(self.problem, schedule)
        if report.ok:
            return None
        tasks = [t for v in report.violations for t in v.tasks]
        plain = [t for t in tasks if not self.ties.is_hold[t]]
        return plain[0] if plain else self.ties.holds[0].open_task

    def _jobs_in_turn(self, rank: IntArray) -> IntArray:
        """Classes that place one connected part of the lag network after the other, by its best rank."""
        n = self.num_tasks
        parent = list(range(n))

        def find(x: int) -> int:
            while parent[x] != x:
                parent[x] = parent[parent[x]]
                x = parent[x]
            return x

        for a, b in zip(self.ties.lag_a.tolist(), self.ties.lag_b.tolist(), strict=True):
            parent[find(a)] = find(b)
        best: dict[int, int] = {}
        for t, r in enumerate(rank.tolist()):
            root = find(t)
            best[root] = min(best.get(root, n), r)
        return np.array([1 + best[find(t)] for t in range(n)], dtype=np.int64)

    def _words(self, lag: int) -> str:
        ties = self.ties
        return lag_words(
            self.problem,
            int(ties.lag_id[lag]),
            int(ties.lag_a[lag]),
            int(ties.lag_a_edge[lag]),
            int(ties.lag_b[lag]),
            int(ties.lag_b_edge[lag]),
            int(ties.lag_min[lag]),
            int(ties.lag_max[lag]),
        )

    def _reason(self, status: int, task: int) -> str:
        if status == _LATE:
            return f"it would end after {int(self.ties.end_high[task])}"
        if status == _NO_MODE:
            return "mode links leave it no mode"
        arrays = self.problem.arrays
        modes = range(int(arrays.mode_ptr[task]), int(arrays.mode_ptr[task + 1]))
        used = {int(r) for m in modes for r in arrays.demand_resource[arrays.demand_ptr[m] : arrays.demand_ptr[m + 1]]}
        used |= {
            int(r) for m in modes for r in arrays.effect_reservoir[arrays.effect_ptr[m] : arrays.effect_ptr[m + 1]]
        }
        holding = [self.problem.tasks[h.task].name for h in self.ties.holds]
        names = ", ".join(repr(self.problem.resources[r].name) for r in sorted(used))
        words = f"there is no room at any time on {names}"
        return words + (f" (holds that are never closed may block it: {', '.join(holding[:4])})" if holding else "")


def serial_sgs(
    problem: Problem,
    priorities: Priorities = "cp",
    *,
    modes: Sequence[int | None] | None = None,
    optional: OptionalChoice = "rewarded",
    elastic: Literal["needed", "longest", "shortest"] = "needed",
    seed: int = 0,
    max_repairs: int = 1000,
) -> Schedule:
    """A schedule by the serial schedule generation scheme (Kelley 1963; Kolisch 1996).

    Tasks are placed one after the other, each at its earliest feasible start, also in gaps before
    what has been placed.  The next is the one with the smallest key among those whose predecessors
    (by minimum lags) are placed; tasks bound by a maximum lag or an open hold follow at once.

    Parameters
    ----------
    priorities
        A rule or its name (dynamic rules are evaluated at the earliest start), or one key per task.
    modes
        Mode of every task, ``None`` for the one that ends first (ties: lowest mode id).
    optional
        Which optional tasks to try; one that does not fit is left out.
    elastic
        Duration of elastic tasks: as long as needed, as long as levels allow, as short as they may be.
    seed
        For the rule ``random``.
    max_repairs
        How often a pass may be repeated after a repair: predecessors delayed within maximum lags
        (Franck, Neumann and Schwindt 2001), late tasks put first, elastic tasks prolonged.

    Raises
    ------
    NoScheduleError
        If the repairs are used up; names the task that could not be placed and why.
    """
    if problem.cycle is not None:
        from schedcore.executor.sgs.cyclic import cyclic_sgs

        return cyclic_sgs(problem, priorities, modes=modes, optional=optional, seed=seed)
    scheduler = ListScheduler(problem)
    keys = keys_of(problem, priorities, seed)
    found = scheduler.serial(keys, modes=modes, optional=optional, elastic=elastic, max_repairs=max_repairs)
    if isinstance(found, Failure):
        raise found.error(problem)
    return found


def keys_of(problem: Problem, priorities: Priorities, seed: int = 0) -> NDArray[np.float64]:
    """One key per task."""
    if isinstance(priorities, str):
        priorities = find_rule(priorities)
    if isinstance(priorities, Rule):
        return static_keys(problem, priorities, seed)
    keys = np.asarray(priorities, dtype=np.float64)
    if keys.shape != (len(problem.tasks),) or not np.isfinite(keys).all():
        raise InputError(
            f"priorities of shape {keys.shape} for {len(problem.tasks)} tasks",
            where="priorities",
            remedy="give one finite number per task",
        )
    return keys


def order_keys(problem: Problem, order: Sequence[int]) -> NDArray[np.float64]:
    """Keys that make the tasks go in ``order`` (a permutation of all task ids)."""
    keys = np.full(len(problem.tasks), -1.0)
    for place, task in enumerate(order):
        if not 0 <= task < len(keys) or keys[task] >= 0:
            raise InputError(f"task {task} is unknown or named twice", where="order", remedy="name every task once")
        keys[task] = place
    if (keys < 0).any():
        raise InputError("some tasks are missing", where="order", remedy="name every task once")
    return keys


def _forced(problem: Problem, modes: Sequence[int | None] | IntArray | None) -> IntArray:
    n = len(problem.tasks)
    if modes is None:
        return np.full(n, -1, dtype=np.int64)
    if len(modes) != n:
        raise InputError(f"{len(modes)} modes for {n} tasks", where="modes", remedy="give one per task, or None")
    forced = np.array([-1 if m is None else m for m in modes], dtype=np.int64)
    counts = np.diff(problem.arrays.mode_ptr)
    bad = np.flatnonzero((forced < -1) | (forced >= counts))
    if len(bad):
        t = int(bad[0])
        raise InputError(
            f"task {problem.tasks[t].name!r} has no mode {int(forced[t])}", where="modes", remedy="count from 0"
        )
    return forced


def _is_plain(problem: Problem) -> bool:
    """Whether ``plain_pass`` carries the problem."""
    a = problem.arrays
    return (
        problem.cycle is None
        and len(a.duration) == a.num_tasks
        and not (a.duration_max > a.duration).any()
        and not len(a.effect_delta)
        and not (a.resource_kind == RESERVOIR).any()
        and not a.optional.any()
        and not problem.selections
        and bool(((a.lag_a_edge == 1) & (a.lag_b_edge == 0) & (a.lag_min >= 0) & (a.lag_max == NO_DEADLINE)).all())
        and all(
            getattr(r, "calendar", None) is None and getattr(r, "transition", None) is None for r in problem.resources
        )
    )


def _unplaced(ties: Ties, n: int) -> int:
    """A task on or behind a cycle of ordering lags."""
    count = np.bincount(ties.lag_b, minlength=n)
    ready = [t for t in range(n) if count[t] == 0]
    out: dict[int, list[int]] = {}
    for a, b in zip(ties.lag_a.tolist(), ties.lag_b.tolist(), strict=True):
        out.setdefault(a, []).append(b)
    seen = set(ready)
    while ready:
        for b in out.get(ready.pop(), ()):
            count[b] -= 1
            if count[b] == 0:
                ready.append(b)
                seen.add(b)
    return min(set(range(n)) - seen)
