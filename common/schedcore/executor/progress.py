"""How far a run has come: what has started and ended, levels, capacities, bounds."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Sequence
from copy import copy
from typing import Literal, NamedTuple

from schedcore.executor.layout import Layout
from schedcore.executor.realisation import Realisation
from schedcore.executor.state import Candidate, Running
from schedcore.model import Placement, Problem, Schedule, Tick

WAITING, RUNNING, FINISHED, CANCELLED = range(4)
"""Stages of a task; a hold is RUNNING while it is open."""
FAR = 1 << 62
"""Later than anything."""


class Attempt(NamedTuple):
    """One try at a task, as it went; the last one of a finished task is ``"done"``."""

    task: int
    mode: int
    start: Tick
    end: Tick
    attempt: int
    outcome: Literal["done", "failed", "aborted"]


class Progress:
    """The facts of a run.  The executor changes them; everything else reads."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.layout = Layout(problem)

    def _begin(self, realisation: Realisation) -> None:
        """Nothing has happened yet."""
        layout = self.layout
        n = layout.num_tasks
        self.realisation: Realisation = realisation
        self.now: Tick = 0
        self.done = False
        self.status = [WAITING] * n
        self.mode = [-1] * n
        self.start = [-1] * n
        self.end = [-1] * n
        self.planned = [0] * n
        self.tries = [0] * n
        self.attempts: list[Attempt] = []
        self.start_low = layout.start_low[:]
        self.end_low = layout.end_low[:]
        self.unmet = [0] * n
        self.hidden = [False] * n
        self.counted = bytearray(len(layout.lags))  # per waiting lag: 1 while it holds its second task back
        self.used = [0] * layout.num_resources
        self.limit: list[int | None] = [None] * layout.num_resources
        self.on: list[dict[int, int]] = [{} for _ in range(layout.num_resources)]
        self.last: list[int] = [-1] * layout.num_resources  # last task by start on a unary resource
        self.level = layout.level_initial[:]
        self.coming: list[dict[int, int]] = [{} for _ in range(layout.num_resources)]  # END effects under way
        self.hold_open = [False] * len(layout.holds)  # the task of the opening edge has started
        self.hold_closed = [False] * len(layout.holds)  # the closing edge has come
        self.ready: set[int] = set()
        # Ready tasks to look at, and those that need not be looked at before a certain resource is given back.
        self._scan: set[int] = set()
        self._parked: list[list[int]] = [[] for _ in range(layout.num_resources)]
        self._ready_heap: list[tuple[int, int]] = []
        self._ends: list[tuple[int, int, int]] = []
        self._calendar_heap = [
            (points[1][0], r, 1) for r, points in enumerate(layout.calendar) if points and points[1:]
        ]
        heapq.heapify(self._calendar_heap)
        self._disruptions = sorted(self.realisation.disruptions(), key=lambda d: d.tick, reverse=True)
        self.deadline_pointer = 0
        self._version = 0
        self._candidates_at = -1
        self._candidates: tuple[Candidate, ...] = ()
        self.required: set[int] = set()
        self.excluded: set[int] = set()
        self._left = len(layout.plain_tasks)
        self._running = 0

    def schedule(self) -> Schedule:
        """What has run to its end so far, as a schedule."""
        return Schedule(self.finished_placements())

    # --- what the state shows ---------------------------------------------------------------------

    def finished_placements(self) -> tuple[Placement, ...]:
        """Placements of everything that has ended, holds included."""
        rows = [
            Placement(t, self.mode[t], self.start[t], self.end[t])
            for t in range(self.layout.num_tasks)
            if self.status[t] == FINISHED
        ]
        return tuple(rows)

    def running_tasks(self) -> tuple[Running, ...]:
        """Tasks under way."""
        return tuple(
            Running(t, self.mode[t], self.start[t], self.expected_end(t), self.tries[t])
            for t in self.layout.plain_tasks
            if self.status[t] == RUNNING
        )

    def waiting_tasks(self) -> tuple[int, ...]:
        """Known tasks that may still start."""
        return tuple(
            t
            for t in self.layout.plain_tasks
            if self.status[t] == WAITING and not self.hidden[t] and t not in self.excluded
        )

    def attempt_of(self, task: int) -> int:
        """Number of attempts that came to nothing."""
        return self.tries[task]

    def is_required(self, task: int) -> bool:
        """Whether the task must be present."""
        if self.status[task] == CANCELLED:
            return False
        return not self.layout.optional[task] or task in self.required

    def start_of(self, task: int) -> Tick | None:
        """Start, if known."""
        return self.edge_time(task, 0)

    def end_of(self, task: int) -> Tick | None:
        """End, if known or expected."""
        return self.edge_time(task, 1)

    def edge_time(self, task: int, edge: int) -> Tick | None:
        """When an edge was or is expected; ``None`` if its task has not started."""
        if self.status[task] not in (RUNNING, FINISHED):
            return None
        return self.start[task] if edge == 0 else self.expected_end(task)

    def expected_end(self, task: int) -> Tick:
        """End of a task that has started; the next tick if it is late."""
        if self.status[task] == RUNNING and self.end[task] <= self.now:
            return self.now + 1
        return self.end[task]

    def available_since(self, task: int) -> Tick:
        """Earliest start by what is decided."""
        return max(0, self.start_low[task], self.end_low[task] - self.layout.most[task])

    def open_predecessors(self, task: int) -> tuple[int, ...]:
        """Unstarted tasks that list schedulers place before ``task``."""
        layout = self.layout
        if not layout.has_soft_orders and not self.unmet[task]:
            return ()
        found = {a for a in layout.ordered_after[task] if self._may_come(a)}
        if self.unmet[task] or layout.has_optional:
            found.update(a for a in layout.waited_for[task] if self._may_come(a))
        return tuple(sorted(found))

    def _may_come(self, task: int) -> bool:
        return self.status[task] == WAITING and task not in self.excluded

    def level_of(self, reservoir: int) -> int:
        """Present level."""
        return self.level[reservoir]

    def free_of(self, resource: int) -> int:
        """Free units now."""
        return self.capacity_at(resource, self.now) - self.usage_at(resource, self.now)

    def resource_state_of(self, resource: int) -> int | None:
        """State label after the last task."""
        last = self.last[resource]
        return self.layout.initial_state[resource] if last < 0 else self.layout.state_after[last]

    # --- capacities -------------------------------------------------------------------------------

    def capacity_at(self, resource: int, tick: Tick) -> int:
        """Units there are at ``tick``, as far as is known now."""
        points, limit = self.layout.calendar[resource], self.limit[resource]
        units = self.layout.capacity[resource] if points is None else points[bisect_right(points, (tick, FAR)) - 1][1]
        return units if limit is None else min(units, limit)

    def usage_at(self, resource: int, tick: Tick, without: Sequence[int] = ()) -> int:
        """Units in use at ``tick >= now`` by what has started; holds in ``without`` (positions) do not count."""
        units = sum(amount for t, amount in self.on[resource].items() if self.expected_end(t) > tick)
        for h, amount in self.layout.hold_users[resource]:
            if self.hold_open[h] and h not in without:
                opened, closed = self.hold_interval(h)
                if opened <= tick < closed:
                    units += amount
        return units

    def hold_interval(self, hold: int) -> tuple[Tick, Tick]:
        """Interval of an open hold as far as is known, ``FAR`` for an end that is not."""
        row = self.layout.holds[hold]
        opened, closed = self.edge_time(row.open_task, row.open_edge), self.edge_time(row.close_task, row.close_edge)
        return FAR if opened is None else opened, FAR if closed is None else closed

    # --- copies -----------------------------------------------------------------------------------

    _COPIED = (
        "status",
        "mode",
        "start",
        "end",
        "tries",
        "planned",
        "attempts",
        "start_low",
        "end_low",
        "unmet",
        "hidden",
        "counted",
        "used",
        "limit",
        "last",
        "level",
        "hold_open",
        "hold_closed",
        "ready",
        "_scan",
        "required",
        "excluded",
        "_ready_heap",
        "_ends",
        "_calendar_heap",
        "_disruptions",
    )
    _NESTED = ("on", "coming", "_parked")
    _PLAIN = ("now", "done", "deadline_pointer", "_left", "_running", "_version", "_candidates_at", "_candidates")

    def snapshot(self) -> dict[str, object]:
        """The present stage of the run, to be given to :meth:`restore` (of this executor)."""
        kept: dict[str, object] = {name: copy(getattr(self, name)) for name in self._COPIED}
        kept.update({name: [copy(d) for d in getattr(self, name)] for name in self._NESTED})
        kept.update({name: getattr(self, name) for name in self._PLAIN})
        return kept

    def restore(self, snapshot: dict[str, object]) -> None:
        """Go back to a snapshot."""
        for name in self._COPIED:
            setattr(self, name, copy(snapshot[name]))
        for name in self._NESTED:
            setattr(self, name, [copy(d) for d in snapshot[name]])  # type: ignore[attr-defined]
        for name in self._PLAIN:
            setattr(self, name, snapshot[name])
