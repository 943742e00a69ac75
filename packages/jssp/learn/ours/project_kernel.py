"""The compiled dispatcher for projects: decisions, features, rollouts and gradients as in ``kernel``.

The activity that could be completed earliest sets a time; the policy chooses among all activities whose predecessors
are scheduled and that could start before it.  The chosen one starts as early as the resources allow.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from jssp.learn.ours.features import NUM_CANDIDATE, NUM_CONTEXT, squash
from jssp.learn.ours.kernel import FLAGS, backward, forward, new_scratch, pick

PROJECT_FEATURES = (
    "duration",
    "start after the earliest start",
    "waiting time",
    "work left after it",
    "slack to the bound",
    "tail minus the longest other tail",
    "bound after it",
    "that bound above the least",
    "share of rivals with longer tails",
    "share of rivals with longer durations",
    "end after the earliest end",
    "direct successors",
    "all successors",
    "successors that it sets free",
    "largest share of a capacity",
    "mean share of the capacities",
    "share of the scarcest resource",
    "rivals that fit beside it",
    "work content",
    "bound if another goes first",
    "durations of its direct successors",
    "work content behind it",
    "starts at the earliest start",
    "load of its most loaded resource",
)
"""Names of the features of a candidate; the further inputs of the network are 0."""

PROJECT_CONTEXT = (
    "number of candidates",
    "progress",
    "load of the scarcest resource",
    "earliest end after earliest start",
    "bound now over bound at first",
    "share of activities that could come next",
    "bound by paths under the bound",
)
"""Names of the features of the whole decision; the further inputs are 0."""


class ProjectState(NamedTuple):
    """Where a half-built schedule stands.

    ``ready`` (latest end of the predecessors), ``missing`` (predecessors not scheduled), ``begin`` (start, -1 if not
    scheduled) by activity; ``times`` and ``usage`` the profile (a step function with ``steps`` pieces, the last one
    empty); ``load`` the work left by resource; ``eligible`` (the first ``counts[0]``) what may come next; ``counts``
    [eligible, scheduled, pieces].
    """

    ready: np.ndarray
    missing: np.ndarray
    begin: np.ndarray
    times: np.ndarray
    usage: np.ndarray
    load: np.ndarray
    eligible: np.ndarray
    counts: np.ndarray


@numba.njit(cache=True)
def project_state(shop):  # type: ignore[no-untyped-def]
    """The state before the first decision."""
    count, resources = shop.demand.shape
    state = ProjectState(
        np.empty(count),
        np.empty(count, np.int64),
        np.empty(count),
        np.empty(2 * count + 2),
        np.empty((2 * count + 2, resources)),
        np.empty(resources),
        np.empty(count, np.int64),
        np.empty(3, np.int64),
    )
    project_restart(shop, state)
    return state


@numba.njit(cache=True)
def project_restart(shop, state):  # type: ignore[no-untyped-def]
    """Put ``state`` back to the beginning."""
    count, resources = shop.demand.shape
    state.ready[:] = shop.release
    state.missing[:] = shop.pred_count
    state.begin[:] = -1.0
    state.times[0] = 0.0
    state.usage[0, :] = 0.0
    state.load[:] = 0.0
    state.counts[0] = 0
    state.counts[1] = 0
    state.counts[2] = 1
    for i in range(count):
        for r in range(resources):
            state.load[r] += shop.demand[i, r] * shop.duration[i]
        if shop.pred_count[i] == 0:
            state.eligible[state.counts[0]] = i
            state.counts[0] += 1


@numba.njit(cache=True)
def earliest(shop, state, i):  # type: ignore[no-untyped-def]
    """Earliest start of activity ``i`` that predecessors and resources allow."""
    resources = shop.demand.shape[1]
    pieces = state.counts[2]
    start = state.ready[i]
    if shop.duration[i] == 0.0:
        # Nothing is held by what takes no time.
        return start
    k = 0
    while k + 1 < pieces and state.times[k + 1] <= start:
        k += 1
    while k < pieces and state.times[k] < start + shop.duration[i]:
        fits = True
        for r in range(resources):
            if state.usage[k, r] + shop.demand[i, r] > shop.capacity[r]:
                fits = False
        if not fits:
            start = state.times[k + 1]
        k += 1
    return start


@numba.njit(cache=True)
def split(state, time):  # type: ignore[no-untyped-def]
    """Make ``time`` the beginning of a piece of the profile; returns its number."""
    pieces = state.counts[2]
    k = pieces - 1
    while state.times[k] > time:
        k -= 1
    if state.times[k] == time:
        return k
    for q in range(pieces, k + 1, -1):
        state.times[q] = state.times[q - 1]
        state.usage[q, :] = state.usage[q - 1, :]
    state.times[k + 1] = time
    state.usage[k + 1, :] = state.usage[k, :]
    state.counts[2] += 1
    return k + 1


@numba.njit(cache=True)
def project_commit(shop, state, i, start):  # type: ignore[no-untyped-def]
    """Schedule activity ``i`` at ``start``."""
    resources = shop.demand.shape[1]
    end = start + shop.duration[i]
    if shop.duration[i] > 0.0:
        first = split(state, start)
        last = split(state, end)
        for k in range(first, last):
            for r in range(resources):
                state.usage[k, r] += shop.demand[i, r]
    for r in range(resources):
        state.load[r] -= shop.demand[i, r] * shop.duration[i]
    state.begin[i] = start
    kept = 0
    for q in range(state.counts[0]):
        if state.eligible[q] != i:
            state.eligible[kept] = state.eligible[q]
            kept += 1
    for q in range(shop.succ_ptr[i], shop.succ_ptr[i + 1]):
        j = shop.succ[q]
        state.ready[j] = max(state.ready[j], end)
        state.missing[j] -= 1
        if state.missing[j] == 0:
            state.eligible[kept] = j
            kept += 1
    state.counts[0] = kept
    state.counts[1] += 1


@numba.njit(cache=True)
def project_candidates(shop, state, candidates, starts):  # type: ignore[no-untyped-def]
    """Fill the activities among which to choose (ascending) and their starts; returns their number, 0 at the end."""
    count = state.counts[0]
    first_end = np.inf
    for q in range(count):
        i = state.eligible[q]
        starts[q] = earliest(shop, state, i)
        candidates[q] = i
        first_end = min(first_end, starts[q] + shop.duration[i])
    kept = 0
    for q in range(count):
        # What takes no time may start at the very moment.
        if starts[q] < first_end or starts[q] + shop.duration[candidates[q]] <= first_end:
            candidates[kept] = candidates[q]
            starts[kept] = starts[q]
            kept += 1
    return kept


@numba.njit(cache=True, fastmath=FLAGS, error_model="numpy")
def project_describe(shop, state, count, candidates, starts, bounds, x, g):  # type: ignore[no-untyped-def]
    """Fill ``x`` and ``g`` for a decision, as :func:`jssp.learn.ours.features.describe` does for shops."""
    total, resources = shop.demand.shape
    unit = 1.0 / shop.scale[0]
    first_start = np.inf
    end_1 = np.inf
    end_2 = np.inf
    tail_1 = -1.0
    tail_2 = -1.0
    bound = 0.0
    for c in range(count):
        i = candidates[c]
        first_start = min(first_start, starts[c])
        end = starts[c] + shop.duration[i]
        if end < end_1:
            end_2 = end_1
            end_1 = end
        elif end < end_2:
            end_2 = end
        if shop.tail[i] > tail_1:
            tail_2 = tail_1
            tail_1 = shop.tail[i]
        elif shop.tail[i] > tail_2:
            tail_2 = shop.tail[i]
    for q in range(state.counts[0]):
        i = state.eligible[q]
        bound = max(bound, state.ready[i] + shop.duration[i] + shop.tail[i])
    for q in range(state.counts[2]):
        bound = max(bound, state.times[q])
    path_bound = bound
    scarcest = 0
    most = -1.0
    for r in range(resources):
        if shop.capacity[r] > 0.0:
            # What is held already counts from the earliest start on.
            held = 0.0
            for q in range(state.counts[2] - 1):
                held += state.usage[q, r] * max(0.0, state.times[q + 1] - max(state.times[q], first_start))
            need = (state.load[r] + held) / shop.capacity[r]
            bound = max(bound, first_start + need)
            if need > most:
                most = need
                scarcest = r
    rest = max(bound - first_start, 1e-9)
    least = np.inf
    for c in range(count):
        i = candidates[c]
        end = starts[c] + shop.duration[i]
        worst = end + shop.tail[i]
        for d in range(count):
            j = candidates[d]
            if j == i:
                continue
            together = True
            for r in range(resources):
                if shop.demand[i, r] + shop.demand[j, r] > shop.capacity[r]:
                    together = False
            start = starts[d] if together else max(starts[d], end)
            worst = max(worst, start + shop.duration[j] + shop.tail[j])
        bounds[c] = worst
        least = min(least, worst)
    rivals = 1.0 / max(1, count - 1)
    for c in range(count):
        i = candidates[c]
        s = starts[c]
        p = shop.duration[i]
        t = shop.tail[i]
        end = s + p
        longer_tails = 0
        longer = 0
        beside = 0
        for d in range(count):
            j = candidates[d]
            if j == i:
                continue
            if shop.tail[j] > t:
                longer_tails += 1
            if shop.duration[j] > p:
                longer += 1
            together = True
            for r in range(resources):
                if shop.demand[i, r] + shop.demand[j, r] > shop.capacity[r]:
                    together = False
            if together:
                beside += 1
        largest = 0.0
        mean = 0.0
        loaded = 0.0
        for r in range(resources):
            if shop.capacity[r] > 0.0:
                share = shop.demand[i, r] / shop.capacity[r]
                largest = max(largest, share)
                mean += share / resources
                if share > 0.0:
                    loaded = max(loaded, state.load[r] / shop.capacity[r] / rest)
        free = 0
        behind = 0.0
        for q in range(shop.succ_ptr[i], shop.succ_ptr[i + 1]):
            j = shop.succ[q]
            behind += shop.duration[j]
            if state.missing[j] == 1:
                free += 1
        for f in range(NUM_CANDIDATE):
            x[c, f] = 0.0
        row = x[c]
        row[0] = 2.0 * p / (p + shop.scale[0]) - 1.0
        row[1] = squash((s - first_start) * unit)
        row[2] = squash((s - state.ready[i]) * unit)
        row[3] = t / shop.scale[1]
        row[4] = squash((bound - end - t) * unit * 0.5)
        row[5] = squash((t - (tail_2 if t == tail_1 else tail_1)) * unit * 0.5) if count > 1 else 0.0
        row[6] = squash((bounds[c] - bound) * unit)
        row[7] = squash((bounds[c] - least) * unit)
        row[8] = longer_tails * rivals
        row[9] = longer * rivals
        row[10] = squash((end - end_1) * unit)
        row[11] = squash(shop.following[0, i] * 0.5)
        row[12] = shop.following[1, i] / total
        row[13] = squash(free * 0.5)
        row[14] = largest
        row[15] = mean
        if resources > 0 and shop.capacity[scarcest] > 0.0:
            row[16] = shop.demand[i, scarcest] / shop.capacity[scarcest]
        row[17] = beside * rivals
        row[18] = squash(p * mean * unit * 2.0)
        if count > 1:
            other = end_2 if end == end_1 else end_1
            row[19] = squash((max(other, s) + p + t - bound) * unit)
        row[20] = squash(behind * unit * 0.5)
        row[21] = shop.below[i]
        row[22] = 1.0 if s == first_start else 0.0
        row[23] = loaded
    for f in range(NUM_CONTEXT):
        g[f] = 0.0
    g[0] = np.log(count) / 3.0
    g[1] = state.counts[1] / total
    g[2] = most / rest
    g[3] = squash((end_1 - first_start) * unit)
    g[4] = squash(5.0 * (bound / shop.scale[1] - 1.0))
    g[5] = state.counts[0] / total
    g[6] = squash((bound - path_bound) * unit)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def project_rollouts(shop, net, temperatures, seeds, prefix, prefix_length, stop, starts, choices, makespans):  # type: ignore[no-untyped-def]
    """Build one schedule per temperature; see :func:`jssp.learn.ours.kernel.rollouts`."""
    most = len(shop.duration)
    hidden, outer = len(net.b1), len(net.b2)
    x = np.empty((most, NUM_CANDIDATE), np.float32)
    g = np.empty(NUM_CONTEXT, np.float32)
    z1 = np.empty((most, hidden), np.float32)
    z2 = np.empty((most, outer), np.float32)
    pooled = np.empty(2 * hidden, np.float32)
    argmax = np.empty(hidden, np.int64)
    base = np.empty(max(hidden, outer), np.float32)
    logits = np.empty(most, np.float32)
    candidates = np.empty(most, np.int64)
    when = np.empty(most)
    bounds = np.empty(most)
    state = project_state(shop)
    word = np.empty(1, np.uint64)
    for r in range(len(temperatures)):
        if stop[0] != 0:
            break
        if r > 0:
            project_restart(shop, state)
        word[0] = seeds[r]
        makespan = 0.0
        for step in range(most):
            count = project_candidates(shop, state, candidates, when)
            c = 0
            if step < prefix_length[r]:
                for d in range(count):
                    if candidates[d] == prefix[r, step]:
                        c = d
            elif count > 1:
                project_describe(shop, state, count, candidates, when, bounds, x, g)
                forward(net, count, x, g, z1, z2, pooled, argmax, base, logits)
                c = pick(count, logits, temperatures[r], word)
            i = candidates[c]
            starts[r, i] = when[c]
            choices[r, step] = i
            makespan = max(makespan, when[c] + shop.duration[i])
            project_commit(shop, state, i, when[c])
        makespans[r] = makespan


@numba.njit(cache=True, nogil=True, fastmath=FLAGS, error_model="numpy")
def project_accumulate(shop, net, choices, weight, smoothing, gradient):  # type: ignore[no-untyped-def]
    """Add the gradient of the mean log-probability of ``choices``; see :func:`jssp.learn.ours.kernel.accumulate`."""
    most = len(shop.duration)
    hidden, outer = len(net.b1), len(net.b2)
    x = np.empty((most, NUM_CANDIDATE), np.float32)
    g = np.empty(NUM_CONTEXT, np.float32)
    z1 = np.empty((most, hidden), np.float32)
    z2 = np.empty((most, outer), np.float32)
    pooled = np.empty(2 * hidden, np.float32)
    argmax = np.empty(hidden, np.int64)
    base = np.empty(max(hidden, outer), np.float32)
    logits = np.empty(most, np.float32)
    work = new_scratch(most, hidden, outer)
    candidates = np.empty(most, np.int64)
    when = np.empty(most)
    bounds = np.empty(most)
    state = project_state(shop)
    likelihood = 0.0
    entropy = 0.0
    decisions = 0
    total = len(choices)
    for step in range(total):
        count = project_candidates(shop, state, candidates, when)
        c = 0
        for d in range(count):
            if candidates[d] == choices[step]:
                c = d
        if count > 1:
            project_describe(shop, state, count, candidates, when, bounds, x, g)
            forward(net, count, x, g, z1, z2, pooled, argmax, base, logits)
            log_p, own = backward(
                net, count, c, weight / total, smoothing / total, x, g, z1, z2, pooled, argmax, logits, work, gradient
            )
            likelihood += log_p
            entropy += own
            decisions += 1
        project_commit(shop, state, candidates[c], when[c])
    return likelihood / max(1, decisions), entropy / max(1, decisions), decisions
