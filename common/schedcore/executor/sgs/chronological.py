# mypy: disable-error-code="no-untyped-call"
"""From problem and rule to a non-delay schedule without the executor's Python, where that gives the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schedcore.executor.sgs.tables import packed, tables_of
from schedcore.executor.ties import order_arcs, start_weights, ties_of
from schedcore.model import Problem, Renewable, Schedule, Unary
from schedcore.model.arrays import NO_DEADLINE, UNARY, IntArray
from schedcore.policies.priority import PriorityPolicy

COMPILED = frozenset(
    {
        "unary",
        "renewable",
        "reservoir",
        "effect_per_tick",
        "calendar",
        "setup",
        "forbidden_transition",
        "multi_mode",
        "mode_cost",
        "release",
        "deadline",
        "due",
        "horizon",
        "precedence",
        "min_lag",
        "lexicographic",
    }
)
"""Features of problems that the compiled path carries (besides all objectives)."""


def non_delay(problem: Problem, policy: PriorityPolicy) -> Schedule | None:
    """What the executor makes of a policy that has been reset for ``problem``.

    ``None`` if the compiled path does not carry the problem, or if there is no schedule: the executor
    then finds out, and says why.
    """
    if any(f not in COMPILED and not f.startswith("objective:") for f in problem.features()):
        return None
    shop = dispatch(problem, policy)
    if shop is not None:
        return shop
    found = chronological(problem, policy)
    return None if found is None else found[0]


def dispatch(problem: Problem, policy: PriorityPolicy) -> Schedule | None:
    """The fast path for shops: one mode and one unary demand per task, a rule that does not change with time."""
    from schedcore.executor.sgs.parallel import dispatch_pass

    a, rule = problem.arrays, policy.rule
    n = a.num_tasks
    plain = (
        n > 0
        and (not rule.dynamic)
        and len(a.duration) == len(a.demand_resource) == n
        and bool((np.diff(a.demand_ptr) == 1).all())
        and not len(a.effect_delta)
        and not (a.resource_kind != UNARY).any()
        and bool((a.duration > 0).all())
        and not (a.duration_max > a.duration).any()
        and bool(((a.lag_a_edge == 1) & (a.lag_b_edge == 0) & (a.lag_min >= 0) & (a.lag_max == NO_DEADLINE)).all())
        and not (a.deadline < NO_DEADLINE).any()
        and problem.horizon is None
        and all(
            getattr(r, "calendar", None) is None and getattr(r, "transition", None) is None for r in problem.resources
        )
    )
    if not plain or _end_of_time(problem) * 2 * n > 1 << 62:
        return None
    first_come = rule.name == "fifo"
    by_rank = np.arange(n, dtype=np.int64) if first_come else np.argsort(policy.static_keys(), kind="stable")
    rank = np.empty(n, dtype=np.int64)
    rank[by_rank] = np.arange(n, dtype=np.int64)
    starts, ends = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    left = dispatch_pass(
        rank,
        by_rank,
        first_come,
        a.duration,
        a.demand_resource,
        a.lag_a,
        a.lag_b,
        a.lag_min,
        a.release,
        a.num_resources,
        starts,
        ends,
    )
    if left:
        return None
    return Schedule.from_arrays(np.arange(n), np.zeros(n, dtype=np.int64), starts, ends)


def chronological(problem: Problem, policy: PriorityPolicy) -> tuple[Schedule, int] | None:
    """The compiled event loop: the schedule and the number of events, or ``None``."""
    from schedcore.executor.sgs.latest import propagate_latest
    from schedcore.executor.sgs.parallel import chronological_pass

    ties = ties_of(problem)
    n = problem.arrays.num_tasks
    waits = order_arcs(ties) & (ties.lag_b_edge == 0) & (start_weights(ties) >= 0)
    if n == 0 or not waits.all() or (ties.lag_max != NO_DEADLINE).any() or _end_of_time(problem) * 2 * n > 1 << 62:
        return None
    waiting = np.bincount(ties.lag_b, minlength=n).astype(np.int64)
    latest_end: IntArray = np.full(n, NO_DEADLINE, dtype=np.int64)
    latest_start = latest_end
    by_latest: IntArray = np.zeros(0, dtype=np.int64)
    if (ties.end_high < NO_DEADLINE).any():
        latest_end, latest_start = ties.end_high.copy(), ties.start_high.copy()
        if not propagate_latest(
            ties.lag_a,
            ties.lag_b,
            ties.lag_a_edge,
            ties.lag_min,
            ties.duration_least,
            ties.duration_most,
            latest_start,
            latest_end,
        ):
            return None
        finite = np.flatnonzero(latest_start < NO_DEADLINE // 2)
        by_latest = finite[np.argsort(latest_start[finite], kind="stable")]
    tables, _ = tables_of(problem)
    ticks = [p[0] for r in problem.resources for p in getattr(getattr(r, "calendar", None), "points", ())[1:]]
    breaks = np.unique(np.array(ticks, dtype=np.int64))
    rule = policy.rule
    dynamic = rule.dynamic or rule.name == "fifo"
    table: NDArray[np.float64] = np.zeros((n, 7))
    mean = 0.0
    if dynamic:
        facts, mean = policy.facts, policy.facts.mean
        table = np.stack(facts.columns(followers=rule.followers), axis=1).astype(np.float64)
    keys = np.zeros(n) if dynamic else policy.static_keys().copy()
    starts, ends, modes = (np.empty(n, dtype=np.int64) for _ in range(3))
    info = np.zeros(1, dtype=np.int64)
    left = chronological_pass(
        packed(tables),
        rule.code if dynamic else -1,
        table,
        mean,
        keys,
        waits.astype(np.int64),
        waiting,
        latest_end,
        latest_start,
        by_latest,
        breaks,
        starts,
        ends,
        modes,
        info,
    )
    if left:
        return None
    return Schedule.from_arrays(np.arange(n), modes, starts, ends), int(info[0])


def _end_of_time(problem: Problem) -> int:
    """A tick that no event can reach: the compiled event queue packs tick and task into one number."""
    a = problem.arrays
    ends = [int(c.sum()) for c in (a.duration_max, np.maximum(a.lag_min, 0))]
    setups, changes = [0], [0]
    for resource in problem.resources:
        if isinstance(resource, Unary) and resource.transition is not None:
            setups += [ticks or 0 for row in resource.transition for ticks in row]
        if isinstance(resource, Unary | Renewable) and resource.calendar is not None:
            changes.append(resource.calendar.points[-1][0])
    return sum(ends) + len(problem.tasks) * max(setups) + int(a.release.max()) + max(changes) + 1
