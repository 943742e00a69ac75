"""The completion oracle: what CP-SAT makes of a half-built schedule.

Fixed operations keep their starts, the others start at the bounds that the environment has propagated, No-Op
postponements included.  The agent's own schedule is the hint, so a completion is never worse than it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from jssp._arrays import IntArray
from jssp.instance import JobShopInstance


@dataclass(frozen=True, slots=True)
class Completion:
    """A task for the oracle: everything it needs, as plain data that can be sent to another process.

    Parameters
    ----------
    instance
        The job shop.
    starts
        Starts of the operations fixed so far, -1 for the others, shape [job, position].
    ready
        Earliest start of each job's next operation, shape [job].
    agent
        The agent's complete schedule of the episode, shape [job, position].
    time_limit_s, deterministic_limit
        Limit of the solver; the deterministic one replaces the other if it is given.
    seed
        Of the solver.
    """

    instance: JobShopInstance
    starts: IntArray
    ready: IntArray
    agent: IntArray
    time_limit_s: float
    deterministic_limit: float | None
    seed: int


def complete(task: Completion) -> IntArray | None:
    """The best completion that CP-SAT finds on one thread, compressed; starts of shape [job, position], or ``None``.

    The result keeps the fixed starts and can be followed by the environment decision by decision.
    """
    from jssp.adapter import start_times, to_problem, to_schedule
    from schedcore.model import Schedule
    from schedcore.model.restriction import restrict
    from schedcore.solvers import Limits
    from schedcore.solvers.cpsat.solver import CpsatSolver

    shop = task.instance
    problem = to_problem(shop)
    hint = to_schedule(shop, shop.from_matrix(task.agent))
    flat = shop.from_matrix(task.starts)
    fixed = np.flatnonzero(flat >= 0)
    committed = Schedule.from_arrays(fixed, np.zeros_like(fixed), flat[fixed], flat[fixed] + shop.op_durations[fixed])
    restriction = restrict(problem, committed, max(0, int(task.ready.min())))
    tasks = list(restriction.problem.tasks)
    for job, position in enumerate((task.starts >= 0).sum(axis=1).tolist()):
        if position < int(shop.job_lengths[job]):
            operation = int(shop.job_offsets[job]) + position
            tasks[operation] = dataclasses.replace(tasks[operation], release=int(task.ready[job]))
    limits = Limits(task.time_limit_s, deterministic_limit=task.deterministic_limit, workers=1)
    result = CpsatSolver(warm_start=False).solve(
        restriction.problem.replace(tasks=tuple(tasks)), limits=limits, seed=task.seed, hint=hint
    )
    if result.schedule is None:
        return None
    found = start_times(shop, restriction.lift(result.schedule))
    return compress(shop, task.starts, task.ready, shop.to_matrix(found))


def compress(shop: JobShopInstance, fixed: IntArray, ready: IntArray, found: IntArray) -> IntArray:
    """The schedule ``found`` with every open operation as early as its order on the machines allows.

    A longest path along the jobs, the machine orders of ``found`` and the bounds ``ready`` of the next operations; all
    but ``ready`` [job] have shape [job, position].  No start gets later.
    """
    durations, machines = shop.duration_matrix, shop.machine_matrix
    jobs, places = np.nonzero(machines >= 0)
    starts = found[jobs, places]
    order = np.lexsort((places, jobs, starts + durations[jobs, places], starts))
    upcoming = ((fixed >= 0) & (machines >= 0)).sum(axis=1)
    job_end = np.zeros(shop.num_jobs, dtype=np.int64)
    machine_end = np.zeros(max(shop.num_machines, 1), dtype=np.int64)
    earliest = found.copy()
    for job, place in zip(jobs[order].tolist(), places[order].tolist()):
        machine = machines[job, place]
        start = fixed[job, place]
        if start < 0:
            start = max(job_end[job], machine_end[machine], ready[job] if place == upcoming[job] else 0)
        earliest[job, place] = start
        job_end[job] = start + durations[job, place]
        machine_end[machine] = max(machine_end[machine], job_end[job])
    return earliest
