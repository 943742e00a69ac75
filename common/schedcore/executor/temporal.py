"""Look-ahead on lags and deadlines: which starts and waits would leave no way to keep them.

Only time is looked at, not resources: a start that passes here can still lead into a dead end, which
the executor then reports.  The bounds are longest paths in the simple temporal network of the lags
(Dechter, Meiri and Pearl 1991), found by Bellman-Ford rounds over one connected component.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedcore.executor.layout import LagRow, Layout
from schedcore.executor.objection import Objection
from schedcore.model.arrays import NO_DEADLINE

if TYPE_CHECKING:
    from schedcore.executor.engine import Executor

_FINITE = NO_DEADLINE // 2


class Windows:
    """Temporal look-ahead for one problem."""

    def __init__(self, layout: Layout, enforce_deadlines: bool) -> None:
        self._layout = layout
        self._enforce = enforce_deadlines
        n = layout.num_tasks
        self._least = [max(a, b) for a, b in zip(layout.least, layout.span_low, strict=True)]
        self._most = [min(a, b) for a, b in zip(layout.most, layout.span_high, strict=True)]
        self.latest_end: list[int] = [NO_DEADLINE] * n
        self.latest_start: list[int] = [NO_DEADLINE] * n
        if enforce_deadlines:
            self._propagate_deadlines()
        self._by_latest = sorted((s, t) for t, s in enumerate(self.latest_start) if s < _FINITE)
        self._lags_of: list[list[LagRow]] = [
            [layout.lags[i] for i in sorted({i for t in tasks for i in layout.network_lags[t]})]
            for tasks in layout.members
        ]

    def _propagate_deadlines(self) -> None:
        """Latest starts and ends from deadlines and horizon, back along the lags that merely order."""
        layout = self._layout
        self.latest_end, self.latest_start = layout.end_high[:], layout.start_high[:]
        if all(h >= _FINITE for h in layout.end_high) and all(h >= _FINITE for h in layout.start_high):
            return
        into: list[list[LagRow]] = [[] for _ in range(layout.num_tasks)]
        for rows in layout.waits:
            for i in rows:
                into[layout.lags[i].b].append(layout.lags[i])
        work = [t for t in range(layout.num_tasks) if min(layout.end_high[t], layout.start_high[t]) < _FINITE]
        budget = 4 * (layout.num_tasks + 1) * (len(layout.lags) + 1)  # only contradictory lags use it up
        while work and budget:
            t = work.pop()
            self.latest_start[t] = min(self.latest_start[t], self.latest_end[t] - self._least[t])
            self.latest_end[t] = min(self.latest_end[t], self.latest_start[t] + self._most[t])
            if layout.optional[t]:
                continue
            for lag in into[t]:
                budget -= 1
                assert lag.low is not None
                bound = self.latest_start[t] - lag.low
                limits = self.latest_start if lag.a_edge == 0 else self.latest_end
                if bound < limits[lag.a]:
                    limits[lag.a] = bound
                    work.append(lag.a)

    def objection(self, run: Executor, task: int, duration: int) -> Objection | None:
        """A lag or deadline that cannot be kept any more once ``task`` starts now for ``duration``."""
        found = self._check(run, self._layout.component[task], run.now, task, duration)
        return None if found is None else found[1]

    def dead_end(self, run: Executor, tick: int) -> tuple[int, str] | None:
        """A required task that waits, and a rule that cannot be kept if nothing starts before ``tick``."""
        layout = self._layout
        if self._enforce and self._by_latest:
            while run.deadline_pointer < len(self._by_latest):
                latest, t = self._by_latest[run.deadline_pointer]
                if run.status[t] == 0 and run.is_required(t):
                    if latest < tick:
                        return t, f"DEADLINE: it or what must follow is late unless it starts by {latest}"
                    break
                if run.status[t] == 0:  # optional: may become required later
                    later = next(
                        (
                            (s, u)
                            for s, u in self._by_latest[run.deadline_pointer :]
                            if s < tick and run.status[u] == 0 and run.is_required(u)
                        ),
                        None,
                    )
                    if later is not None:
                        return later[1], f"DEADLINE: it or what must follow is late unless it starts by {later[0]}"
                    break
                run.deadline_pointer += 1
        for c, tasks in enumerate(layout.members):
            if any(run.status[t] == 0 for t in tasks) and (
                self._enforce or any(run.status[t] in (1, 2) for t in tasks)
            ):
                found = self._check(run, c, tick, -1, 0)
                if found is not None:
                    return found[0], f"{found[1].code}: {found[1].words}"
        return None

    def _check(self, run: Executor, component: int, now: int, task: int, duration: int) -> tuple[int, Objection] | None:
        """Longest paths over the tasks of a component that must still run; ``task`` starts at ``now``.

        Returns a waiting task and the rule that cannot be kept.
        """
        layout = self._layout
        at: dict[int, int] = {}  # earliest time of node 2 * task + edge
        fixed: set[int] = set()
        for u in layout.members[component]:
            if u == task:
                at[2 * u], at[2 * u + 1] = now, now + duration
                fixed.add(u)
            elif run.status[u] in (1, 2):
                at[2 * u], at[2 * u + 1] = run.start[u], run.expected_end(u)
                fixed.add(u)
            elif run.status[u] == 0 and run.is_required(u) and not run.hidden[u]:
                at[2 * u] = max(now, run.start_low[u], run.end_low[u] - self._most[u])
                at[2 * u + 1] = max(run.end_low[u], at[2 * u] + self._least[u])
        rounds = 2 * len(at) + 2
        changed = True
        while changed:
            changed = False
            rounds -= 1
            for lag in self._lags_of[component]:
                a, b = at.get(2 * lag.a + lag.a_edge), at.get(2 * lag.b + lag.b_edge)
                if a is None or b is None:
                    continue
                if lag.low is not None and b < a + lag.low:
                    found = self._raise(at, fixed, lag, lag.b, lag.b_edge, a + lag.low, "LAG_MIN", task, rounds)
                elif lag.high is not None and a < b - lag.high:
                    found = self._raise(at, fixed, lag, lag.a, lag.a_edge, b - lag.high, "LAG_MAX", task, rounds)
                else:
                    continue
                if found is not None:
                    return found
                changed = changed or not (lag.a in fixed and lag.b in fixed)
        if self._enforce:
            for u in layout.members[component]:
                if (
                    u not in fixed
                    and 2 * u in at
                    and (at[2 * u] > self.latest_start[u] or at[2 * u + 1] > self.latest_end[u])
                ):
                    late = at[2 * u + 1]
                    return u, Objection(
                        "DEADLINE",
                        f"{layout.problem.tasks[u].name!r} could end at {late} at the earliest, "
                        f"it has to start by {self.latest_start[u]} and end by {self.latest_end[u]}",
                    )
        return None

    def _raise(
        self,
        at: dict[int, int],
        fixed: set[int],
        lag: LagRow,
        u: int,
        edge: int,
        bound: int,
        code: str,
        task: int,
        rounds: int,
    ) -> tuple[int, Objection] | None:
        """Lift the edge of ``u`` to ``bound``; what cannot be lifted is reported."""
        other = lag.a if u == lag.b else lag.b
        if u in fixed and other in fixed and task not in (u, other):
            return None  # both have happened: nobody can help it now
        if u in fixed or rounds < 0:
            words = f"{self._layout.lag_words(lag)} could not be kept any more"
            return (other if other not in fixed else u), Objection(code, words, lag.id)
        at[2 * u + edge] = bound
        if edge == 0:
            at[2 * u + 1] = max(at[2 * u + 1], bound + self._least[u])
        else:
            at[2 * u] = max(at[2 * u], bound - self._most[u])
        return None
