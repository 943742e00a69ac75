"""What the policy sees of a decision: one definition, compiled, used by rollouts and by training alike.

Times are divided by the mean duration of the instance and squashed to (-1, 1), or divided by a bound on the makespan,
so that the numbers mean the same on every size and time unit.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

CANDIDATE_FEATURES = (
    "duration",
    "start after the earliest start",
    "idle time of the machine before it",
    "waiting time of the job",
    "work left after it",
    "slack to the bound",
    "tail minus the longest other tail",
    "bound after it: one rival",
    "bound after it: all of the machine",
    "that bound above the least",
    "share of rivals with longer tails",
    "share of rivals with longer durations",
    "end after the earliest end",
    "operations left",
    "remaining work against the rivals",
    "has a next operation",
    "next machine: waiting time",
    "next machine: idle until then",
    "next machine: runs dry after arrival",
    "next machine: nobody queues",
    "next machine: load",
    "next duration",
    "third machine: runs dry after arrival",
    "third machine: load",
    "most loaded machine ahead: load",
    "most loaded machine ahead: time to it",
    "most loaded machine ahead: runs dry after arrival",
    "most loaded machine ahead: work behind it",
    "remaining work against all jobs",
    "rivals with the same next machine",
    "longer than the quickest alternative",
    "later than the best alternative",
    "bound if another goes first",
    "next machine: later than the nearest job",
    "most loaded machine ahead: later than the nearest job",
    "mean load of the machines ahead",
    "work queueing ahead",
    "mean bound of the rivals after it",
    "ends after the next arrival here",
)
"""Names of the features of a candidate."""

CONTEXT_FEATURES = (
    "number of candidates",
    "load of the machine",
    "operations left on the machine",
    "progress",
    "earliest end after earliest start",
    "jobs per machine",
    "bound now over bound at first",
    "work queueing at the machine",
    "mean load of the machines",
    "share of machines with more load",
    "work left on the machine",
    "share of machines without a queue",
    "slack of the machine to the bound",
    "share of machines near the bound",
    "slack of the longest job to the bound",
)
"""Names of the features of the whole decision."""

NUM_CANDIDATE = len(CANDIDATE_FEATURES)
NUM_CONTEXT = len(CONTEXT_FEATURES)


@numba.njit(cache=True, inline="always")
def squash(x: float) -> float:
    """x / (1 + |x|)."""
    return x / (1.0 + abs(x))


class State(NamedTuple):
    """Where a half-built schedule stands, as the kernels keep it; all arrays are changed in place.

    Attributes
    ----------
    ready, upcoming
        Earliest start and next operation of each job.
    free, load
        End of the last operation on each machine, and the work that is left for it.
    queued, queue_work
        Number and work of the jobs whose next operation goes to the machine.
    near, nearest
        Earliest head of the alternatives that a machine has left, and the alternative (-1: none is left).
    live, live_count
        The alternatives that each machine has left, by falling tail, as ``Shop.queue``.
    done
        Number of operations that are scheduled, shape [1].
    bounds
        Scratch by machine.
    """

    ready: np.ndarray
    upcoming: np.ndarray
    free: np.ndarray
    load: np.ndarray
    queued: np.ndarray
    queue_work: np.ndarray
    near: np.ndarray
    nearest: np.ndarray
    live: np.ndarray
    live_count: np.ndarray
    done: np.ndarray
    bounds: np.ndarray


@numba.njit(cache=True, inline="always")
def reach(shop, state, k):  # type: ignore[no-untyped-def]
    """Bound of the makespan by machine ``k``: its earliest head, all its work, its shortest tail."""
    last = state.live[shop.queue_ptr[k] + state.live_count[k] - 1]
    return max(state.free[k], state.near[k]) + state.load[k] + shop.tail[shop.alt_op[last]]


@numba.njit(cache=True, fastmath={"contract", "reassoc", "arcp", "nsz"}, error_model="numpy")
def describe(shop, state, count, candidates, starts, bounds, x, g):  # type: ignore[no-untyped-def]
    """Fill ``x`` [count, NUM_CANDIDATE] and ``g`` [NUM_CONTEXT] for a decision.

    ``candidates`` are alternatives, ``starts`` their earliest starts; the first of them is on the machine that is
    decided.  ``bounds`` is scratch of the same length.
    """
    ready, upcoming, free, load = state.ready, state.upcoming, state.free, state.load
    unit = 1.0 / shop.scale[0]
    jobs, machines, operations = len(ready), len(free), len(shop.duration)
    machine = shop.alt_machine[candidates[0]]
    # What the makespan will be at least, were every machine and every job busy from now on.
    bound = 0.0
    rest = 0.0
    unfinished = 0
    machine_bounds = state.bounds
    for j in range(jobs):
        o = upcoming[j]
        if o < shop.job_ptr[j + 1]:
            left = shop.duration[o] + shop.tail[o]
            bound = max(bound, ready[j] + left)
            rest += left
            unfinished += 1
    job_bound = bound
    mean_rest = rest / max(1, unfinished)
    mean_load = 0.0
    more = 0
    dry = 0
    busy = 0
    own = reach(shop, state, machine)
    for k in range(machines):
        machine_bounds[k] = free[k]
        if state.live_count[k] > 0:
            value = reach(shop, state, k)
            machine_bounds[k] = value
            bound = max(bound, value)
            mean_load += value
            busy += 1
            if value > own:
                more += 1
            if state.queued[k] == 0:
                dry += 1
    tight = 0
    for k in range(machines):
        if state.live_count[k] > 0 and machine_bounds[k] > 0.95 * bound:
            tight += 1
    inverse = 1.0 / max(bound, 1.0)
    # Extremes over the candidates: the best, and the second for "all others".
    first_start = np.inf
    first_end = np.inf
    tail_1 = -1.0
    tail_2 = -1.0
    path_1 = -1.0
    path_2 = -1.0
    end_1 = np.inf
    end_2 = np.inf
    sum_path = 0.0
    for c in range(count):
        a = candidates[c]
        p = shop.alt_duration[a]
        t = shop.tail[shop.alt_op[a]]
        first_start = min(first_start, starts[c])
        first_end = min(first_end, starts[c] + p)
        if starts[c] + p < end_1:
            end_2 = end_1
            end_1 = starts[c] + p
        elif starts[c] + p < end_2:
            end_2 = starts[c] + p
        if t > tail_1:
            tail_2 = tail_1
            tail_1 = t
        elif t > tail_2:
            tail_2 = t
        sum_path += p + t
        if p + t > path_1:
            path_2 = path_1
            path_1 = p + t
        elif p + t > path_2:
            path_2 = p + t
    # One-machine bound with each candidate first: for the rest by falling tail, the earliest head, their work so far,
    # and the tail of the last.
    least = np.inf
    soon = np.inf
    for q in range(state.live_count[machine]):
        i = shop.alt_op[state.live[shop.queue_ptr[machine] + q]]
        j = shop.op_job[i]
        arrival = ready[j] + shop.before[i] - shop.before[upcoming[j]]
        if arrival >= first_end and arrival < soon:
            soon = arrival
    for c in range(count):
        a = candidates[c]
        o = shop.alt_op[a]
        k = shop.alt_machine[a]
        end = starts[c] + shop.alt_duration[a]
        worst = end + shop.tail[o]
        head = np.inf
        work = 0.0
        base = shop.queue_ptr[k]
        for q in range(state.live_count[k]):
            b = state.live[base + q]
            i = shop.alt_op[b]
            if i == o:
                continue
            j = shop.op_job[i]
            head = min(head, ready[j] + shop.before[i] - shop.before[upcoming[j]])
            work += shop.alt_duration[b] * shop.share[b]
            worst = max(worst, max(end, head) + work + shop.tail[i])
        bounds[c] = worst
        least = min(least, worst)
    rivals = 1.0 / max(1, count - 1)
    for c in range(count):
        a = candidates[c]
        o = shop.alt_op[a]
        j = shop.op_job[o]
        k = shop.alt_machine[a]
        s = starts[c]
        p = shop.alt_duration[a]
        t = shop.tail[o]
        end = s + p
        longer_tails = 0
        longer = 0
        following = -1
        last = shop.job_ptr[j + 1]
        if o + 1 < last:
            following = shop.alt_machine[shop.alt_ptr[o + 1]]
        same_next = 0
        quickest = s + p
        regret = 0.0
        for d in range(count):
            b = candidates[d]
            i = shop.alt_op[b]
            if i == o:
                quickest = min(quickest, starts[d] + shop.alt_duration[b])
                continue
            if shop.tail[i] > t:
                longer_tails += 1
            regret += squash((end + shop.alt_duration[b] + shop.tail[i] - bound) * unit * 0.5)
            if shop.alt_duration[b] > p:
                longer += 1
            goes_on = following >= 0 and i + 1 < shop.job_ptr[shop.op_job[i] + 1]
            if goes_on and shop.alt_machine[shop.alt_ptr[i + 1]] == following:
                same_next += 1
        other_tail = tail_2 if t == tail_1 else tail_1
        other_path = path_2 if p + t == path_1 else path_1
        if count == 1:
            other_tail = t
            other_path = 0.0
        row = x[c]
        row[0] = 2.0 * p / (p + shop.scale[0]) - 1.0
        row[1] = squash((s - first_start) * unit)
        row[2] = squash((s - free[k]) * unit)
        row[3] = squash((s - ready[j]) * unit)
        row[4] = t / shop.scale[1]
        row[5] = squash((bound - end - t) * unit * 0.25)
        row[6] = squash((t - other_tail) * unit * 0.25)
        row[7] = squash((end + other_path - bound) * unit * 0.5)
        row[8] = squash((bounds[c] - bound) * unit * 0.5)
        row[9] = squash((bounds[c] - least) * unit)
        row[10] = longer_tails * rivals
        row[11] = longer * rivals
        row[12] = squash((end - first_end) * unit)
        row[13] = (last - o) / shop.scale[2]
        row[14] = squash((p + t - sum_path / count) * unit * 0.25)
        for f in range(15, NUM_CANDIDATE):
            row[f] = 0.0
        if o + 1 < last:
            row[15] = 1.0
            # The alternative of the next operation that could start first.
            best = shop.alt_ptr[o + 1]
            for b in range(shop.alt_ptr[o + 1] + 1, shop.alt_ptr[o + 2]):
                if (
                    free[shop.alt_machine[b]] + shop.alt_duration[b]
                    < free[shop.alt_machine[best]] + shop.alt_duration[best]
                ):
                    best = b
            k2 = shop.alt_machine[best]
            at = free[k2]
            row[16] = squash(max(0.0, at - end) * unit)
            row[17] = squash(max(0.0, end - at) * unit)
            row[18] = squash((max(at, first_start) + state.queue_work[k2] - end) * unit * 0.33)
            row[19] = 1.0 if state.queued[k2] == 0 else 0.0
            row[20] = machine_bounds[k2] * inverse
            row[33] = squash((end - max(at, state.near[k2])) * unit)
            row[21] = 2.0 * shop.duration[o + 1] / (shop.duration[o + 1] + shop.scale[0]) - 1.0
        if o + 2 < last:
            b = shop.alt_ptr[o + 2]
            k3 = shop.alt_machine[b]
            arrival = end + shop.duration[o + 1]
            row[22] = squash((max(free[k3], first_start) + state.queue_work[k3] - arrival) * unit * 0.33)
            row[23] = machine_bounds[k3] * inverse
            heaviest = -1.0
            load_sum = 0.0
            queue_sum = 0.0
            where = o + 2
            for i in range(o + 2, last):
                k4 = shop.alt_machine[shop.alt_ptr[i]]
                value = machine_bounds[k4]
                queue_sum += state.queue_work[k4]
                load_sum += value
                if value > heaviest:
                    heaviest = value
                    where = i
            k4 = shop.alt_machine[shop.alt_ptr[where]]
            then = end + shop.before[where] - shop.before[o] - shop.duration[o]
            row[24] = heaviest * inverse
            row[25] = squash((then - end) * unit * 0.25)
            row[26] = squash((max(free[k4], first_start) + state.queue_work[k4] - then) * unit * 0.33)
            row[27] = shop.tail[where] / shop.scale[1]
            row[34] = squash((then - max(free[k4], state.near[k4])) * unit * 0.5)
            row[35] = load_sum / (last - o - 2) * inverse
            row[36] = squash(queue_sum / (last - o - 2) * unit * 0.33)
        row[28] = squash((p + t - mean_rest) * unit * 0.25)
        row[29] = same_next * rivals
        row[30] = squash((p - shop.duration[o]) * unit)
        row[31] = squash((end - quickest) * unit)
        if count > 1:
            other_end = end_2 if end == end_1 else end_1
            row[32] = squash((max(other_end, s) + p + t - bound) * unit * 0.5)
            row[37] = regret * rivals
        if soon < np.inf:
            row[38] = squash((end - soon) * unit)
    g[0] = np.log(count) / 3.0
    g[1] = own * inverse
    g[2] = state.live_count[machine] / jobs
    g[3] = state.done[0] / operations
    g[4] = squash((first_end - first_start) * unit)
    g[5] = np.log(shop.scale[3])
    g[6] = squash(5.0 * (bound / shop.scale[1] - 1.0))
    g[7] = squash(state.queue_work[machine] * unit * 0.33)
    g[8] = mean_load * inverse / max(1, busy)
    g[9] = more / max(1, busy)
    g[10] = squash(load[machine] * unit * 0.125)
    g[11] = dry / max(1, busy)
    g[12] = squash((bound - own) * unit * 0.5)
    g[13] = tight / max(1, busy)
    g[14] = squash((bound - job_bound) * unit * 0.5)
