"""From a problem of the core to the constraint model, and the jobs that decisions are about."""

from __future__ import annotations

from dataclasses import dataclass

from jssp.env.cp_model import IntervalMode, Structure
from schedcore.errors import NoScheduleError, UnsupportedFeatureError
from schedcore.model import Problem, Renewable

FEATURES = frozenset({"unary", "renewable", "precedence", "release", "multi_mode", "objective:makespan"})
"""What the constraint model can say; problems with anything else are refused by name."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A problem as a constraint model.

    Attributes
    ----------
    structure
        Intervals are the tasks, in the same order.
    jobs
        The chains of the precedence graph in the order of their first tasks, or, in a graph that is no set of chains,
        every task by itself.
    chains
        Whether ``jobs`` are chains.
    mode_ids
        Per task the problem's number of each mode of the model (modes that need more than there is are left out).
    """

    structure: Structure
    jobs: tuple[tuple[int, ...], ...]
    chains: bool
    mode_ids: tuple[tuple[int, ...], ...]


def read_problem(problem: Problem, *, name: str = "the constraint model") -> Reading:
    """The constraint model of ``problem``.

    Raises
    ------
    UnsupportedFeatureError
        The problem uses a feature outside :data:`FEATURES`; all of them are named, with ``name`` as who refuses.
    NoScheduleError
        A task needs more of a resource than there is in all its modes, or the precedences have a cycle.
    """
    missing = problem.features() - FEATURES
    if missing:
        raise UnsupportedFeatureError.of(name, missing)
    capacities = [r.capacity if isinstance(r, Renewable) else 1 for r in problem.resources]
    modes, ids = [], []
    for task in problem.tasks:
        ways, kept = [], []
        for number, mode in enumerate(task.modes):
            demands = tuple((d.resource, d.amount) for d in mode.demands if d.amount > 0)
            if mode.duration == 0:  # occupies nothing, so it may need what does not exist
                demands = tuple(pair for pair in demands if pair[1] <= capacities[pair[0]])
            if all(amount <= capacities[resource] for resource, amount in demands):
                ways.append(IntervalMode(mode.duration, demands))
                kept.append(number)
        if not ways:
            raise NoScheduleError(
                f"task {task.name!r} needs more of a resource than there is",
                where=f"problem {problem.name!r}",
                remedy="raise the capacity or lower the demand",
            )
        modes.append(tuple(ways))
        ids.append(tuple(kept))
    arcs = list(dict.fromkeys((lag.a, lag.b) for lag in problem.lags))
    structure = Structure.of(modes, arcs, capacities, [task.release for task in problem.tasks])
    chains = all(len(row) <= 1 for row in (*structure.after, *structure.before))
    if not chains:
        return Reading(structure, tuple((i,) for i in range(len(modes))), False, tuple(ids))
    jobs = []
    for first in (i for i, row in enumerate(structure.before) if not row):
        chain = [first]
        while structure.after[chain[-1]]:
            chain.append(structure.after[chain[-1]][0])
        jobs.append(tuple(chain))
    return Reading(structure, tuple(jobs), True, tuple(ids))
