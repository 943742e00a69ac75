"""The compiled dispatcher: builds schedules decision by decision with the policy network inside the loop.

At every decision the operation (or alternative) that could be completed earliest names a machine, and the policy
chooses among what could start there before that time (B. Giffler and G. L. Thompson, Algorithms for solving
production-scheduling problems, Operations Research 8, 1960): exactly the active schedules can be built.  In the
non-delay mode only what starts first may be chosen.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from jssp.learn.ours.features import NUM_CANDIDATE, NUM_CONTEXT, State, describe

ACTIVE, NON_DELAY = 0, 1
"""Action modes."""

FLAGS = {"contract", "reassoc", "arcp", "nsz"}


@numba.njit(cache=True)
def new_state(shop):  # type: ignore[no-untyped-def]
    """The state before the first decision."""
    jobs, machines = len(shop.job_ptr) - 1, len(shop.queue_ptr) - 1
    state = State(
        np.empty(jobs),
        np.empty(jobs, np.int64),
        np.empty(machines),
        np.empty(machines),
        np.empty(machines, np.int64),
        np.empty(machines),
        np.empty(machines),
        np.empty(machines, np.int64),
        np.empty(len(shop.queue), np.int64),
        np.empty(machines, np.int64),
        np.empty(1, np.int64),
        np.empty(machines),
    )
    restart(shop, state)
    return state


@numba.njit(cache=True)
def restart(shop, state):  # type: ignore[no-untyped-def]
    """Put ``state`` back to the beginning."""
    jobs = len(shop.job_ptr) - 1
    state.free[:] = 0.0
    state.load[:] = 0.0
    state.queued[:] = 0
    state.queue_work[:] = 0.0
    state.live[:] = shop.queue
    state.done[0] = 0
    for k in range(len(shop.queue_ptr) - 1):
        state.live_count[k] = shop.queue_ptr[k + 1] - shop.queue_ptr[k]
    for a in range(len(shop.alt_machine)):
        state.load[shop.alt_machine[a]] += shop.alt_duration[a] * shop.share[a]
    for j in range(jobs):
        state.ready[j] = shop.release[j]
        state.upcoming[j] = shop.job_ptr[j]
        if shop.job_ptr[j] < shop.job_ptr[j + 1]:
            enqueue(shop, state, shop.job_ptr[j], 1)
    for k in range(len(shop.queue_ptr) - 1):
        find_nearest(shop, state, k)


@numba.njit(cache=True)
def find_nearest(shop, state, k):  # type: ignore[no-untyped-def]
    """Renew the earliest head of machine ``k``."""
    state.nearest[k] = -1
    state.near[k] = 0.0
    base = shop.queue_ptr[k]
    for q in range(state.live_count[k]):
        b = state.live[base + q]
        i = shop.alt_op[b]
        j = shop.op_job[i]
        head = state.ready[j] + shop.before[i] - shop.before[state.upcoming[j]]
        if state.nearest[k] < 0 or head < state.near[k]:
            state.near[k] = head
            state.nearest[k] = b


@numba.njit(cache=True)
def enqueue(shop, state, o, sign):  # type: ignore[no-untyped-def]
    """Operation ``o`` becomes (or is no longer) the next of its job."""
    for a in range(shop.alt_ptr[o], shop.alt_ptr[o + 1]):
        k = shop.alt_machine[a]
        state.queued[k] += sign
        state.queue_work[k] += sign * shop.alt_duration[a] * shop.share[a]


@numba.njit(cache=True)
def commit(shop, state, a, start):  # type: ignore[no-untyped-def]
    """Schedule alternative ``a`` at ``start``."""
    o = shop.alt_op[a]
    j = shop.op_job[o]
    enqueue(shop, state, o, -1)
    for b in range(shop.alt_ptr[o], shop.alt_ptr[o + 1]):
        k = shop.alt_machine[b]
        state.load[k] -= shop.alt_duration[b] * shop.share[b]
        base = shop.queue_ptr[k]
        found = False
        for q in range(state.live_count[k]):
            if found:
                state.live[base + q - 1] = state.live[base + q]
            elif state.live[base + q] == b:
                found = True
        state.live_count[k] -= 1
    end = start + shop.alt_duration[a]
    state.free[shop.alt_machine[a]] = end
    late = end > state.ready[j] + shop.duration[o]
    state.ready[j] = end
    state.upcoming[j] += 1
    state.done[0] += 1
    if o + 1 < shop.job_ptr[j + 1]:
        enqueue(shop, state, o + 1, 1)
    # Heads of the job's other operations have moved if it is late; machines that waited for one look again.
    last = shop.job_ptr[j + 1] if late else o + 1
    for b in range(shop.alt_ptr[o], shop.alt_ptr[last]):
        k = shop.alt_machine[b]
        if state.nearest[k] == b:
            find_nearest(shop, state, k)


@numba.njit(cache=True)
def conflict_set(shop, state, mode, candidates, starts):  # type: ignore[no-untyped-def]
    """Fill the alternatives among which to choose and their starts; returns their number, 0 at the end."""
    jobs = len(shop.job_ptr) - 1
    best_end = np.inf
    best_start = np.inf
    chosen = -1
    for j in range(jobs):
        o = state.upcoming[j]
        if o == shop.job_ptr[j + 1]:
            continue
        for a in range(shop.alt_ptr[o], shop.alt_ptr[o + 1]):
            start = max(state.ready[j], state.free[shop.alt_machine[a]])
            end = start + shop.alt_duration[a]
            if mode == NON_DELAY:
                better = start < best_start or (start == best_start and end < best_end)
            else:
                better = end < best_end or (end == best_end and start < best_start)
            if better:
                best_start, best_end, chosen = start, end, a
    if chosen < 0:
        return 0
    machine = shop.alt_machine[chosen]
    candidates[0] = chosen
    starts[0] = best_start
    count = 1
    for j in range(jobs):
        o = state.upcoming[j]
        if o == shop.job_ptr[j + 1]:
            continue
        for a in range(shop.alt_ptr[o], shop.alt_ptr[o + 1]):
            if shop.alt_machine[a] != machine or a == chosen:
                continue
            start = max(state.ready[j], state.free[machine])
            if start < best_end if mode == ACTIVE else start == best_start:
                candidates[count] = a
                starts[count] = start
                count += 1
    # Other machines for the same operations, where these could be done there without waiting longer than here.
    here = count
    for c in range(here):
        o = shop.alt_op[candidates[c]]
        j = shop.op_job[o]
        for a in range(shop.alt_ptr[o], shop.alt_ptr[o + 1]):
            if a == candidates[c]:
                continue
            start = max(state.ready[j], state.free[shop.alt_machine[a]])
            if start < best_end if mode == ACTIVE else start == best_start:
                candidates[count] = a
                starts[count] = start
                count += 1
    return count


@numba.njit(cache=True, fastmath=FLAGS, error_model="numpy")
def forward(net, count, x, g, z1, z2, pooled, argmax, base, logits):  # type: ignore[no-untyped-def]
    """Logits of the candidates.

    A candidate is encoded (``z1``), mean and maximum over the candidates are added, and a second layer scores it; a
    linear part of the features is added to the score.
    """
    hidden = len(net.b1)
    outer = len(net.b2)
    for h in range(hidden):
        base[h] = net.b1[h]
    for f in range(NUM_CONTEXT):
        value = g[f]
        for h in range(hidden):
            base[h] += value * net.wg[f, h]
    for h in range(hidden):
        pooled[h] = np.float32(0.0)
        pooled[hidden + h] = np.float32(-1.0)
    for c in range(count):
        z = z1[c]
        for h in range(hidden):
            z[h] = base[h]
        for f in range(NUM_CANDIDATE):
            value = x[c, f]
            for h in range(hidden):
                z[h] += value * net.w1[f, h]
        for h in range(hidden):
            value = max(z[h], np.float32(0.0))
            z[h] = value
            pooled[h] += value
            if value > pooled[hidden + h]:
                pooled[hidden + h] = value
                argmax[h] = c
    inverse = np.float32(1.0) / np.float32(count)
    for h in range(hidden):
        pooled[h] *= inverse
    for h in range(outer):
        base[h] = net.b2[h]
    for i in range(2 * hidden):
        value = pooled[i]
        for h in range(outer):
            base[h] += value * net.wp[i, h]
    for c in range(count):
        z = z2[c]
        for h in range(outer):
            z[h] = base[h]
        for i in range(hidden):
            value = z1[c, i]
            for h in range(outer):
                z[h] += value * net.w2[i, h]
        logit = np.float32(0.0)
        for h in range(outer):
            z[h] = max(z[h], np.float32(0.0))
            logit += z[h] * net.w3[h]
        for f in range(NUM_CANDIDATE):
            logit += x[c, f] * net.w0[f]
        logits[c] = logit


@numba.njit(cache=True)
def next_random(word):  # type: ignore[no-untyped-def]
    """A float in [0, 1) from the stream in ``word`` (splitmix64; S. Vigna)."""
    word[0] += np.uint64(0x9E3779B97F4A7C15)
    z = word[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return np.float64(z >> np.uint64(11)) * 1.1102230246251565e-16


@numba.njit(cache=True)
def pick(count, logits, temperature, word):  # type: ignore[no-untyped-def]
    """Index drawn from the softmax of ``logits / temperature``; the first of the largest at temperature 0."""
    best = 0
    for c in range(1, count):
        if logits[c] > logits[best]:
            best = c
    if temperature <= 0.0:
        return best
    total = 0.0
    for c in range(count):
        total += np.exp((logits[c] - logits[best]) / temperature)
    left = next_random(word) * total
    for c in range(count):
        left -= np.exp((logits[c] - logits[best]) / temperature)
        if left < 0.0:
            return c
    return best


@numba.njit(cache=True)
def widest(shop):  # type: ignore[no-untyped-def]
    """Largest possible number of candidates."""
    most = 0
    for o in range(len(shop.alt_ptr) - 1):
        most = max(most, shop.alt_ptr[o + 1] - shop.alt_ptr[o])
    return (len(shop.job_ptr) - 1) * most + 1


@numba.njit(cache=True, nogil=True, error_model="numpy")
def rollouts(shop, net, mode, temperatures, seeds, prefix, prefix_length, stop, starts, choices, makespans):  # type: ignore[no-untyped-def]
    """Build one schedule per temperature.

    Parameters
    ----------
    temperatures, seeds
        One per schedule; temperature 0 takes the best candidate.
    prefix, prefix_length
        Alternatives that are chosen first, in order, one row per schedule.
    stop
        Shape [1]; anything but 0 ends the loop before the next schedule.

    Fills ``starts`` [schedules, operations], ``choices`` (alternatives in the order of the decisions) and
    ``makespans``; those of schedules that were not built are left alone.
    """
    most = widest(shop)
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
    state = new_state(shop)
    word = np.empty(1, np.uint64)
    for r in range(len(temperatures)):
        if stop[0] != 0:
            break
        if r > 0:
            restart(shop, state)
        word[0] = seeds[r]
        makespan = 0.0
        step = 0
        while True:
            count = conflict_set(shop, state, mode, candidates, when)
            if count == 0:
                break
            c = 0
            if step < prefix_length[r]:
                for d in range(count):
                    if candidates[d] == prefix[r, step]:
                        c = d
            elif count > 1:
                describe(shop, state, count, candidates, when, bounds, x, g)
                forward(net, count, x, g, z1, z2, pooled, argmax, base, logits)
                c = pick(count, logits, temperatures[r], word)
            a = candidates[c]
            starts[r, shop.alt_op[a]] = when[c]
            choices[r, step] = a
            makespan = max(makespan, when[c] + shop.alt_duration[a])
            commit(shop, state, a, when[c])
            step += 1
        makespans[r] = makespan


class Scratch(NamedTuple):
    """Room for the backward pass."""

    slope: np.ndarray
    d1: np.ndarray
    dpool: np.ndarray
    dsum: np.ndarray
    dz: np.ndarray


@numba.njit(cache=True)
def new_scratch(most, hidden, outer):  # type: ignore[no-untyped-def]
    """Room for decisions of up to ``most`` candidates."""
    return Scratch(
        np.empty(most, np.float32),
        np.empty((most, hidden), np.float32),
        np.empty(2 * hidden, np.float32),
        np.empty(max(hidden, outer), np.float32),
        np.empty(outer, np.float32),
    )


@numba.njit(cache=True, fastmath=FLAGS, error_model="numpy")
def backward(net, count, c, weight, smoothing, x, g, z1, z2, pooled, argmax, logits, work, gradient):  # type: ignore[no-untyped-def]
    """Add the gradient of ``weight * log p(c) + smoothing * entropy`` after :func:`forward` to ``gradient``.

    Returns log p(c) and the entropy.
    """
    hidden, outer = len(net.b1), len(net.b2)
    top = logits[0]
    for d in range(1, count):
        top = max(top, logits[d])
    norm = 0.0
    for d in range(count):
        norm += np.exp(logits[d] - top)
    norm = np.log(norm)
    own = 0.0
    for d in range(count):
        log_p = logits[d] - top - norm
        own -= np.exp(log_p) * log_p
    for d in range(count):
        log_p = logits[d] - top - norm
        p = np.exp(log_p)
        work.slope[d] = weight * ((1.0 if d == c else 0.0) - p) - smoothing * p * (log_p + own)
    # Backwards through the second layer, summed over the candidates for what they share.
    for h in range(outer):
        work.dsum[h] = np.float32(0.0)
    for d in range(count):
        s = work.slope[d]
        for f in range(NUM_CANDIDATE):
            gradient.w0[f] += s * x[d, f]
        for h in range(outer):
            gradient.w3[h] += s * z2[d, h]
            work.dz[h] = s * net.w3[h] if z2[d, h] > 0 else np.float32(0.0)
            work.dsum[h] += work.dz[h]
        for i in range(hidden):
            value = z1[d, i]
            back = np.float32(0.0)
            for h in range(outer):
                gradient.w2[i, h] += value * work.dz[h]
                back += work.dz[h] * net.w2[i, h]
            work.d1[d, i] = back
    for h in range(outer):
        gradient.b2[h] += work.dsum[h]
    for i in range(2 * hidden):
        value = pooled[i]
        back = np.float32(0.0)
        for h in range(outer):
            gradient.wp[i, h] += value * work.dsum[h]
            back += work.dsum[h] * net.wp[i, h]
        work.dpool[i] = back
    inverse = np.float32(1.0) / np.float32(count)
    for i in range(hidden):
        work.d1[argmax[i], i] += work.dpool[hidden + i]
        work.dsum[i] = np.float32(0.0)
    for d in range(count):
        for i in range(hidden):
            value = work.d1[d, i] + work.dpool[i] * inverse if z1[d, i] > 0 else np.float32(0.0)
            work.d1[d, i] = value
            work.dsum[i] += value
        for f in range(NUM_CANDIDATE):
            value = x[d, f]
            for i in range(hidden):
                gradient.w1[f, i] += value * work.d1[d, i]
    for i in range(hidden):
        gradient.b1[i] += work.dsum[i]
    for f in range(NUM_CONTEXT):
        value = g[f]
        for i in range(hidden):
            gradient.wg[f, i] += value * work.dsum[i]
    return logits[c] - top - norm, own


@numba.njit(cache=True, nogil=True, fastmath=FLAGS, error_model="numpy")
def accumulate(shop, net, mode, choices, weight, smoothing, gradient):  # type: ignore[no-untyped-def]
    """Add the gradient of ``weight * mean over the decisions of log p(choice)`` to ``gradient`` (arrays as ``net``).

    Returns the mean log-probability, the mean entropy, and the number of decisions with a choice.  ``smoothing`` is
    the weight of the mean entropy, whose gradient is added as well.
    """
    most = widest(shop)
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
    state = new_state(shop)
    likelihood = 0.0
    entropy = 0.0
    decisions = 0
    total = len(choices)
    scaled = weight / total
    for step in range(total):
        count = conflict_set(shop, state, mode, candidates, when)
        c = 0
        for d in range(count):
            if candidates[d] == choices[step]:
                c = d
        if count > 1:
            describe(shop, state, count, candidates, when, bounds, x, g)
            forward(net, count, x, g, z1, z2, pooled, argmax, base, logits)
            log_p, own = backward(
                net, count, c, scaled, smoothing / total, x, g, z1, z2, pooled, argmax, logits, work, gradient
            )
            likelihood += log_p
            entropy += own
            decisions += 1
        commit(shop, state, candidates[c], when[c])
    return likelihood / max(1, decisions), entropy / max(1, decisions), decisions


@numba.njit(cache=True, nogil=True)
def follow(shop, mode, keys, starts, choices):  # type: ignore[no-untyped-def]
    """The schedule that always chooses the candidate of least ``keys`` (by alternative); returns its makespan.

    With the starts of an active schedule as keys (infinite for the alternatives it does not use) that schedule is
    rebuilt; with those of another one, an active schedule of the same orders as far as possible.
    """
    most = widest(shop)
    candidates = np.empty(most, np.int64)
    when = np.empty(most)
    state = new_state(shop)
    makespan = 0.0
    step = 0
    while True:
        count = conflict_set(shop, state, mode, candidates, when)
        if count == 0:
            return makespan
        c = 0
        for d in range(1, count):
            if keys[candidates[d]] < keys[candidates[c]]:
                c = d
        a = candidates[c]
        starts[shop.alt_op[a]] = when[c]
        choices[step] = a
        makespan = max(makespan, when[c] + shop.alt_duration[a])
        commit(shop, state, a, when[c])
        step += 1


@numba.njit(cache=True, nogil=True)
def doubts(shop, net, mode, choices, doubt):  # type: ignore[no-untyped-def]
    """Fill ``doubt`` (by operation) with 1 - p(choice): how little the policy would have made each of ``choices``."""
    most = widest(shop)
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
    state = new_state(shop)
    for step in range(len(choices)):
        count = conflict_set(shop, state, mode, candidates, when)
        c = 0
        for d in range(count):
            if candidates[d] == choices[step]:
                c = d
        o = shop.alt_op[candidates[c]]
        doubt[o] = 0.0
        if count > 1:
            describe(shop, state, count, candidates, when, bounds, x, g)
            forward(net, count, x, g, z1, z2, pooled, argmax, base, logits)
            top = logits[0]
            for d in range(1, count):
                top = max(top, logits[d])
            total = 0.0
            for d in range(count):
                total += np.exp(logits[d] - top)
            doubt[o] = 1.0 - np.exp(logits[c] - top) / total
        commit(shop, state, candidates[c], when[c])
