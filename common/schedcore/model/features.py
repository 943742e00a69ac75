"""Features: what a problem uses, so that a method can say what it understands and refuse the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedcore.model.arrays import NO_DEADLINE, NO_MIN_LAG, RENEWABLE, UNARY
from schedcore.model.holds import find_holds
from schedcore.model.objective import OBJECTIVE_METRICS
from schedcore.model.resources import Renewable, Unary

if TYPE_CHECKING:
    from schedcore.model.problem import Problem

FEATURES: dict[str, str] = {
    "unary": "unary resources in use",
    "renewable": "renewable resources in use",
    "reservoir": "reservoirs in use",
    "effect_per_tick": "effects proportional to the duration",
    "calendar": "capacity of a resource in use that changes over time",
    "setup": "transition times on a unary resource in use",
    "forbidden_transition": "forbidden sequences on a unary resource in use",
    "multi_mode": "a task with several modes",
    "mode_cost": "modes with costs",
    "elastic": "a mode whose duration is a decision, other than holds",
    "hold": "an elastic task tied by zero lags to edges of other tasks",
    "release": "a release above 0",
    "deadline": "a deadline",
    "due": "a due date",
    "horizon": "a latest end for all",
    "precedence": "end-to-start lags with minimum 0, other than those of holds",
    "min_lag": "minimum lags of any other kind",
    "max_lag": "maximum lags, other than those of holds",
    "optional": "tasks that may be left out",
    "selection": "rules on which tasks are present",
    "mode_link": "rules on which modes go together",
    "cyclic": "a cycle",
    "variable_period": "a cycle whose period is a decision",
    "lexicographic": "an objective with several stages",
} | {f"objective:{name}": f"objective uses {name}" for name in OBJECTIVE_METRICS}
"""Every feature with its meaning."""

ALL_FEATURES: frozenset[str] = frozenset(FEATURES)


def features_of(problem: Problem) -> frozenset[str]:
    """Names of the features that ``problem`` uses, a subset of ``FEATURES``."""
    arrays = problem.arrays
    found: set[str] = set()

    def note(name: str, used: bool | np.bool_) -> None:
        if used:
            found.add(name)

    used = set(np.unique(arrays.demand_resource).tolist())
    used_kinds = set(arrays.resource_kind[sorted(used)].tolist())
    note("unary", UNARY in used_kinds)
    note("renewable", RENEWABLE in used_kinds)
    note("reservoir", len(arrays.effect_reservoir) > 0)
    note("effect_per_tick", arrays.effect_per_tick.any())
    for r in used:
        resource = problem.resources[r]
        note("calendar", isinstance(resource, Unary | Renewable) and resource.calendar is not None)
        if isinstance(resource, Unary) and resource.transition is not None:
            found.add("setup")
            note("forbidden_transition", any(None in row for row in resource.transition))
    note("multi_mode", (np.diff(arrays.mode_ptr) > 1).any())
    note("mode_cost", arrays.cost.any())
    holds = find_holds(problem)
    hold_tasks = np.zeros(arrays.num_tasks, dtype=bool)
    hold_lags = np.zeros(len(arrays.lag_a), dtype=bool)
    for hold in holds:
        hold_tasks[hold.task] = True
        hold_lags[list(hold.lags)] = True
    note("hold", bool(holds))
    note("elastic", ((arrays.duration_max > arrays.duration) & ~hold_tasks[arrays.mode_task]).any())
    note("release", arrays.release.any())
    note("deadline", (arrays.deadline != NO_DEADLINE).any())
    note("due", (arrays.due != NO_DEADLINE).any())
    note("horizon", problem.horizon is not None)
    plain = (arrays.lag_a_edge == 1) & (arrays.lag_b_edge == 0) & (arrays.lag_min == 0) & (arrays.lag_iterations == 0)
    note("precedence", (plain & ~hold_lags).any())
    note("min_lag", ((arrays.lag_min != NO_MIN_LAG) & ~plain & ~hold_lags).any())
    note("max_lag", ((arrays.lag_max != NO_DEADLINE) & ~hold_lags).any())
    note("optional", arrays.optional.any())
    note("selection", bool(problem.selections))
    note("mode_link", bool(problem.mode_links))
    note("cyclic", problem.cycle is not None)
    note("variable_period", problem.cycle is not None and not problem.cycle.is_fixed)
    if problem.objective is not None:
        note("lexicographic", len(problem.objective.stages) > 1)
        found.update(f"objective:{name}" for name in problem.objective.metrics)
    return frozenset(found)
