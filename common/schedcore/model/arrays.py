"""A problem as flat numpy arrays: what vectorised and compiled code reads.

Lists of lists are in compressed rows: the modes of task ``i`` are ``mode_ptr[i]:mode_ptr[i+1]``,
the demands of mode ``k`` are ``demand_ptr[k]:demand_ptr[k+1]``, its effects
``effect_ptr[k]:effect_ptr[k+1]``.  All arrays are int64 and read-only.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from schedcore.model.resources import Renewable, Reservoir, Unary
from schedcore.model.time import MAX_TICK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schedcore.model.problem import Problem

IntArray: TypeAlias = NDArray[np.int64]

NO_DEADLINE: int = 2 * MAX_TICK
"""Stands for "no deadline", "no due date" and "no maximum lag"."""
NO_MIN_LAG: int = -2 * MAX_TICK
"""Stands for "no minimum lag"."""
NONE_ID: int = -1
"""Stands for "no job", "no state"."""

UNARY, RENEWABLE, RESERVOIR = 0, 1, 2
"""Codes in ``resource_kind``."""


@dataclass(frozen=True, slots=True)
class ProblemArrays:
    """Flat view of a problem; see the module's text for the layout."""

    release: IntArray  # [task]
    deadline: IntArray  # [task], NO_DEADLINE if none
    due: IntArray  # [task], NO_DEADLINE if none
    weight: IntArray  # [task]
    optional: IntArray  # [task], 0 or 1
    reward: IntArray  # [task]
    job: IntArray  # [task], NONE_ID if none
    state_before: IntArray  # [task], NONE_ID if none
    state_after: IntArray  # [task], NONE_ID if none
    mode_ptr: IntArray  # [task + 1]
    mode_task: IntArray  # [mode] the task of a mode
    duration: IntArray  # [mode]
    duration_max: IntArray  # [mode]
    cost: IntArray  # [mode]
    demand_ptr: IntArray  # [mode + 1]
    demand_resource: IntArray  # [demand]
    demand_amount: IntArray  # [demand]
    effect_ptr: IntArray  # [mode + 1]
    effect_reservoir: IntArray  # [effect]
    effect_delta: IntArray  # [effect]
    effect_edge: IntArray  # [effect] 0 START, 1 END
    effect_per_tick: IntArray  # [effect] 0 or 1
    lag_a: IntArray  # [lag]
    lag_b: IntArray  # [lag]
    lag_a_edge: IntArray  # [lag]
    lag_b_edge: IntArray  # [lag]
    lag_min: IntArray  # [lag], NO_MIN_LAG if none
    lag_max: IntArray  # [lag], NO_DEADLINE if none
    lag_iterations: IntArray  # [lag]
    resource_kind: IntArray  # [resource] UNARY, RENEWABLE, RESERVOIR
    resource_capacity: IntArray  # [resource] 1 for unary, 0 for reservoirs
    level_initial: IntArray  # [resource] 0 unless reservoir
    level_minimum: IntArray  # [resource] 0 unless reservoir
    level_maximum: IntArray  # [resource] 0 unless reservoir

    @property
    def num_tasks(self) -> int:
        """Number of tasks."""
        return len(self.release)

    @property
    def num_resources(self) -> int:
        """Number of resources."""
        return len(self.resource_kind)

    @classmethod
    def of(cls, problem: Problem) -> ProblemArrays:
        """Flatten ``problem``; about a microsecond per task."""
        tasks, resources, lags = problem.tasks, problem.resources, problem.lags
        modes = list(chain.from_iterable([t.modes for t in tasks]))
        demand_lists = [m.demands for m in modes]
        effect_lists = [m.effects for m in modes]
        demands = list(chain.from_iterable(demand_lists))
        effects = list(chain.from_iterable(effect_lists))
        mode_count = _array([len(t.modes) for t in tasks])
        arrays = cls(
            release=_array([t.release for t in tasks]),
            deadline=_array([NO_DEADLINE if t.deadline is None else t.deadline for t in tasks]),
            due=_array([NO_DEADLINE if t.due is None else t.due for t in tasks]),
            weight=_array([t.weight for t in tasks]),
            optional=_array([t.optional for t in tasks]),
            reward=_array([t.reward for t in tasks]),
            job=_array([NONE_ID if t.job is None else t.job for t in tasks]),
            state_before=_array([NONE_ID if t.state_before is None else t.state_before for t in tasks]),
            state_after=_array([NONE_ID if t.state_after is None else t.state_after for t in tasks]),
            mode_ptr=_pointers(mode_count),
            mode_task=np.repeat(np.arange(len(tasks), dtype=np.int64), mode_count),
            duration=_array([m.duration for m in modes]),
            duration_max=_array([m.duration_max for m in modes]),
            cost=_array([m.cost for m in modes]),
            demand_ptr=_pointers(_array([len(d) for d in demand_lists])),
            demand_resource=_array([d.resource for d in demands]),
            demand_amount=_array([d.amount for d in demands]),
            effect_ptr=_pointers(_array([len(e) for e in effect_lists])),
            effect_reservoir=_array([e.reservoir for e in effects]),
            effect_delta=_array([e.delta for e in effects]),
            effect_edge=_array([e.edge for e in effects]),
            effect_per_tick=_array([e.per_tick for e in effects]),
            lag_a=_array([lag.a for lag in lags]),
            lag_b=_array([lag.b for lag in lags]),
            lag_a_edge=_array([lag.a_edge for lag in lags]),
            lag_b_edge=_array([lag.b_edge for lag in lags]),
            lag_min=_array([NO_MIN_LAG if lag.min is None else lag.min for lag in lags]),
            lag_max=_array([NO_DEADLINE if lag.max is None else lag.max for lag in lags]),
            lag_iterations=_array([lag.iterations for lag in lags]),
            resource_kind=_array([_kind(r) for r in resources]),
            resource_capacity=_array([_capacity(r) for r in resources]),
            level_initial=_array([r.initial if isinstance(r, Reservoir) else 0 for r in resources]),
            level_minimum=_array([r.minimum if isinstance(r, Reservoir) else 0 for r in resources]),
            level_maximum=_array([r.maximum if isinstance(r, Reservoir) else 0 for r in resources]),
        )
        for field in fields(arrays):
            getattr(arrays, field.name).flags.writeable = False
        return arrays


def _array(values: Iterable[Any]) -> IntArray:
    return np.array(values, dtype=np.int64)


def _pointers(counts: IntArray) -> IntArray:
    pointers = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=pointers[1:])
    return pointers


def _kind(resource: object) -> int:
    if isinstance(resource, Unary):
        return UNARY
    return RENEWABLE if isinstance(resource, Renewable) else RESERVOIR


def _capacity(resource: object) -> int:
    if isinstance(resource, Unary):
        return 1
    return resource.capacity if isinstance(resource, Renewable) else 0
