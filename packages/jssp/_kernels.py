"""Compiled inner loops.  Imported only where they are used: importing numba takes half a second."""

from __future__ import annotations

import numba
import numpy as np

from jssp._arrays import IntArray


@numba.njit(cache=True)
def non_delay(
    shop_jobs: IntArray,
    job_offsets: IntArray,
    machines: IntArray,
    durations: IntArray,
    priorities: IntArray,
    by_arrival: bool,
    num_machines: int,
    starts: IntArray,
) -> None:
    """Non-delay schedules of many job shops laid one behind the other; fills ``starts`` (shape [operations]).

    ``shop_jobs[i]`` is the first job of shop ``i``.  Smaller priorities go first; with ``by_arrival`` the arrival at
    the machine replaces them.  See :func:`jssp.rules.dispatch` for the meaning.
    """
    most_jobs = 0
    for shop in range(len(shop_jobs) - 1):
        most_jobs = max(most_jobs, shop_jobs[shop + 1] - shop_jobs[shop])
    upcoming = np.empty(most_jobs, np.int64)  # next operation of a job
    arrival = np.empty(most_jobs, np.int64)  # end of its last operation
    active = np.empty(most_jobs, np.int64)  # unfinished jobs, ascending
    legal = np.empty(most_jobs, np.int64)  # those that can start now, ascending
    free = np.empty(num_machines, np.int64)  # end of the last operation on a machine
    chosen = np.full(num_machines, -1, np.int64)  # best job on a machine in this step
    touched = np.empty(num_machines, np.int64)  # machines with a candidate in this step
    for shop in range(len(shop_jobs) - 1):
        first = shop_jobs[shop]
        free[:] = 0
        left = 0
        for j in range(shop_jobs[shop + 1] - first):
            upcoming[j] = job_offsets[first + j]
            arrival[j] = 0
            if upcoming[j] < job_offsets[first + j + 1]:
                active[left] = j
                left += 1
        while left > 0:
            now = np.int64(2**62)
            count = 0
            for a in range(left):
                j = active[a]
                ready = max(arrival[j], free[machines[upcoming[j]]])
                if ready < now:
                    now = ready
                    count = 0
                if ready == now:
                    legal[count] = j
                    count += 1
            contested = 0
            for a in range(count):
                j = legal[a]
                k = machines[upcoming[j]]
                rival = chosen[k]
                if rival < 0:
                    chosen[k] = j
                    touched[contested] = k
                    contested += 1
                elif by_arrival:
                    if arrival[j] < arrival[rival]:
                        chosen[k] = j
                elif priorities[upcoming[j]] < priorities[upcoming[rival]]:
                    chosen[k] = j
            finished = False
            for a in range(contested):
                k = touched[a]
                j = chosen[k]
                chosen[k] = -1
                operation = upcoming[j]
                starts[operation] = now
                arrival[j] = now + durations[operation]
                free[k] = arrival[j]
                upcoming[j] += 1
                finished |= upcoming[j] == job_offsets[first + j + 1]
            if finished:
                kept = 0
                for a in range(left):
                    j = active[a]
                    if upcoming[j] < job_offsets[first + j + 1]:
                        active[kept] = j
                        kept += 1
                left = kept
