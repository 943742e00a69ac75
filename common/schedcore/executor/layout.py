"""What the executor looks up again and again, as plain lists (faster than numpy for single numbers)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from schedcore.executor.ties import HoldRow, Ties, order_arcs, start_weights, ties_of
from schedcore.model import Problem, Reservoir, Unary
from schedcore.model.arrays import NO_DEADLINE, NO_MIN_LAG, NONE_ID


class LagRow(NamedTuple):
    """A lag between plain tasks; ``low``/``high`` are ``None`` where unbounded."""

    id: int
    a: int
    a_edge: int
    b: int
    b_edge: int
    low: int | None
    high: int | None


class EffectRow(NamedTuple):
    """What a mode does to one reservoir: ``fixed + rate * duration`` at either edge."""

    reservoir: int
    start_fixed: int
    start_rate: int
    end_fixed: int
    end_rate: int


class ModeRow(NamedTuple):
    """A mode with everything resolved."""

    duration: int
    longest: int
    demands: tuple[tuple[int, int], ...]
    effects: tuple[EffectRow, ...]


class Layout:
    """Static tables of one problem (see the comments at the attributes)."""

    def __init__(self, problem: Problem) -> None:
        arrays = problem.arrays
        self.problem = problem
        self.ties: Ties = ties_of(problem)
        ties = self.ties
        self.num_tasks = arrays.num_tasks
        self.num_resources = arrays.num_resources
        self.holds: tuple[HoldRow, ...] = ties.holds
        self.is_hold: list[bool] = ties.is_hold.tolist()
        self.plain_tasks: list[int] = np.flatnonzero(~ties.is_hold).tolist()
        self.optional: list[bool] = arrays.optional.astype(bool).tolist()
        self.modes: list[tuple[ModeRow, ...]] = [
            tuple(_mode_row(m.duration, m.longest, m.demands, m.effects) for m in task.modes) for task in problem.tasks
        ]
        # Bounds of edges and spans; NO_MIN_LAG and NO_DEADLINE are safely far away.
        self.start_low: list[int] = ties.start_low.tolist()
        self.end_low: list[int] = ties.end_low.tolist()
        self.start_high: list[int] = ties.start_high.tolist()
        self.end_high: list[int] = ties.end_high.tolist()
        self.span_low: list[int] = ties.span_low.tolist()
        self.span_high: list[int] = ties.span_high.tolist()
        self.least: list[int] = ties.duration_least.tolist()
        self.most: list[int] = ties.duration_most.tolist()
        # Resources.
        self.kind: list[int] = arrays.resource_kind.tolist()
        self.capacity: list[int] = arrays.resource_capacity.tolist()
        self.calendar: list[tuple[tuple[int, int], ...] | None] = []
        self.transition: list[tuple[tuple[int | None, ...], ...] | None] = []
        self.initial_state: list[int | None] = []
        for resource in problem.resources:
            plain = isinstance(resource, Reservoir)
            self.calendar.append(
                None if isinstance(resource, Reservoir) or resource.calendar is None else resource.calendar.points
            )
            self.transition.append(resource.transition if not plain and isinstance(resource, Unary) else None)
            self.initial_state.append(resource.initial_state if isinstance(resource, Unary) else None)
        self.level_initial: list[int] = arrays.level_initial.tolist()
        self.level_minimum: list[int] = arrays.level_minimum.tolist()
        self.level_maximum: list[int] = arrays.level_maximum.tolist()
        self.has_calendars = any(c is not None for c in self.calendar)
        self.has_setups = any(t is not None for t in self.transition)
        self.has_optional = any(self.optional)
        self.has_effects = bool(len(arrays.effect_delta))
        self.drawers: list[list[int]] = [[] for _ in range(self.num_resources)]  # tasks that lower a reservoir
        for t in self.plain_tasks if self.has_effects else ():
            for r in {e.reservoir for row in self.modes[t] for e in row.effects}:
                self.drawers[r].append(t)
        self.state_before: list[int] = [0 if s == NONE_ID else s for s in arrays.state_before.tolist()]
        self.state_after: list[int] = [0 if s == NONE_ID else s for s in arrays.state_after.tolist()]
        self._place_lags()
        self.opens: dict[int, list[int]] = {}
        self.closes: dict[int, list[int]] = {}
        for h, hold in enumerate(self.holds):
            self.opens.setdefault(hold.open_task, []).append(h)
            self.closes.setdefault(hold.close_task, []).append(h)
        self.hold_users: list[list[tuple[int, int]]] = [[] for _ in range(self.num_resources)]
        for h, hold in enumerate(self.holds):
            for r, amount in self.modes[hold.task][0].demands:
                self.hold_users[r].append((h, amount))
        self.selections_of: dict[int, list[int]] = {}
        for i, selection in enumerate(problem.selections):
            for t in selection.tasks:
                self.selections_of.setdefault(t, []).append(i)
        self.links_of: dict[int, list[int]] = {}
        for i, link in enumerate(problem.mode_links):
            self.links_of.setdefault(link.task_a, []).append(i)
            self.links_of.setdefault(link.task_b, []).append(i)

    def _place_lags(self) -> None:
        """Sort lags into those that merely order and delay, and those that need look-ahead."""
        ties, n = self.ties, self.num_tasks
        self.lags: list[LagRow] = [
            LagRow(i, a, ae, b, be, None if low == NO_MIN_LAG else low, None if high == NO_DEADLINE else high)
            for i, a, b, ae, be, low, high in zip(
                ties.lag_id.tolist(),
                ties.lag_a.tolist(),
                ties.lag_b.tolist(),
                ties.lag_a_edge.tolist(),
                ties.lag_b_edge.tolist(),
                ties.lag_min.tolist(),
                ties.lag_max.tolist(),
                strict=True,
            )
        ]
        ordering = order_arcs(ties)
        # A waiting lag holds its second task back until the edge of the first is known; nothing is lost by it.
        waiting = ordering & (ties.lag_b_edge == 0) & (start_weights(ties) >= 0)
        network = ~waiting | (ties.lag_max != NO_DEADLINE)
        self.waits: list[list[int]] = [[] for _ in range(n)]  # lags out of a task that others wait for
        self.wait_count: list[int] = [0] * n
        self.network_lags: list[list[int]] = [[] for _ in range(n)]  # lags to look ahead on, at both ends
        self.ordered_after: list[list[int]] = [[] for _ in range(n)]  # tasks that list schedulers place first
        for i in np.flatnonzero(waiting).tolist():
            self.waits[self.lags[i].a].append(i)
            self.wait_count[self.lags[i].b] += 1
        self.waits_into: list[list[int]] = [[] for _ in range(n)]
        self.waited_for: list[list[int]] = [[] for _ in range(n)]  # first tasks of the waiting lags into a task
        for i in np.flatnonzero(waiting).tolist():
            self.waits_into[self.lags[i].b].append(i)
            self.waited_for[self.lags[i].b].append(self.lags[i].a)
        for i in np.flatnonzero(ordering & ~waiting).tolist():
            self.ordered_after[self.lags[i].b].append(self.lags[i].a)
        self.has_network = bool(network.any())
        self.has_soft_orders = self.has_optional or bool((ordering & ~waiting).any())
        in_network = np.zeros(n, dtype=np.bool_)
        in_network[ties.lag_a[network]] = True
        in_network[ties.lag_b[network]] = True
        parent = list(range(n))

        def find(x: int) -> int:
            while parent[x] != x:
                parent[x] = parent[parent[x]]
                x = parent[x]
            return x

        if self.has_network:
            for lag in self.lags:
                parent[find(lag.a)] = find(lag.b)
            touched = {find(t) for t in np.flatnonzero(in_network).tolist()}
            for i, lag in enumerate(self.lags):
                if find(lag.a) in touched:
                    self.network_lags[lag.a].append(i)
                    self.network_lags[lag.b].append(i)
        members: dict[int, list[int]] = {}
        self.component: list[int] = [-1] * n
        if self.has_network:
            for t in range(n):
                if self.network_lags[t]:
                    members.setdefault(find(t), []).append(t)
        self.members: list[list[int]] = list(members.values())
        for c, tasks in enumerate(self.members):
            for t in tasks:
                self.component[t] = c

    def lag_words(self, lag: LagRow) -> str:
        """The lag in words."""
        low = NO_MIN_LAG if lag.low is None else lag.low
        high = NO_DEADLINE if lag.high is None else lag.high
        return lag_words(self.problem, lag.id, lag.a, lag.a_edge, lag.b, lag.b_edge, low, high)


def lag_words(problem: Problem, lag: int, a: int, a_edge: int, b: int, b_edge: int, low: int, high: int) -> str:
    """A lag of :class:`~schedcore.executor.ties.Ties` in words."""
    names, edges = problem.tasks, ("start", "end")
    what = f"hold {names[-1 - lag].name!r}" if lag < 0 else f"lag {lag}"
    bounds = [] if low == NO_MIN_LAG else [f"at least {low}"]
    if high != NO_DEADLINE:
        bounds.append(f"at most {high}")
    return (
        f"{what} ({edges[b_edge]} of {names[b].name!r} {' and '.join(bounds)} ticks "
        f"after {edges[a_edge]} of {names[a].name!r})"
    )


def _mode_row(duration: int, longest: int, demands: tuple, effects: tuple) -> ModeRow:  # type: ignore[type-arg]
    if not effects:
        return ModeRow(duration, longest, tuple([(d.resource, d.amount) for d in demands]), ())
    sums: dict[int, list[int]] = {}
    for effect in effects:
        row = sums.setdefault(effect.reservoir, [0, 0, 0, 0])
        row[2 * int(effect.edge) + int(effect.per_tick)] += effect.delta
    return ModeRow(
        duration,
        longest,
        tuple([(d.resource, d.amount) for d in demands]),
        tuple(EffectRow(r, *row) for r, row in sums.items()),
    )
