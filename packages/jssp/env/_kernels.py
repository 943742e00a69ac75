"""Compiled inner loops of the closed-form job-shop environment.  Import only where they are used.

The state of environment ``b`` that plays shop ``shop[b]``:

========== ============ ==============================================================================
upcoming   [b, job]     number of fixed operations of a job, which is the position of its next one
ready      [b, job]     lower bound of the start of the next operation, :data:`NEVER` for finished jobs
free       [b, machine] end of the last operation fixed on a machine
starts     [b, job, position] start of fixed operations, -1 otherwise
========== ============ ==============================================================================

These are the domains of the constraint model after propagation: all decisions start an operation at a time at which no
operation of its machine can end any more, so only the last fixed operation of a machine prunes, and the bound of an
operation further on follows from the one before it and from ``free``.  Equality with the propagated model is tested
step by step.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,misc"

from __future__ import annotations

import numba
import numpy as np

NEVER = 2**62
"""Ready time of a finished job."""

NON_DELAY, NO_OP, ACTIVE = 0, 1, 2
"""Codes of the action modes."""

WINDOW = 5
REAL, START, END = 0, 1, 2
"""Codes of tokens."""


@numba.njit(cache=True, nogil=True)
def reset(shop, lengths, upcoming, ready, free, starts, chosen):
    """Put the ``chosen`` environments (flags) at time 0."""
    for b in range(len(shop)):
        if not chosen[b]:
            continue
        upcoming[b] = 0
        free[b] = 0
        starts[b] = -1
        for j in range(ready.shape[1]):
            ready[b, j] = 0 if lengths[shop[b], j] > 0 else NEVER


@numba.njit(cache=True, nogil=True, inline="always")
def earliest(ready):
    """The smallest ready time of a row, and the smallest larger finite one (NEVER if there is none)."""
    first = np.int64(NEVER)
    second = np.int64(NEVER)
    for j in range(len(ready)):
        value = ready[j]
        if value < first:
            second = first
            first = value
        elif first < value < second:
            second = value
    return first, second


@numba.njit(cache=True, nogil=True)
def fix(machines, durations, length, upcoming, ready, free, starts, j):
    """Start the next operation of job ``j`` at its ready time; all arrays are rows of one environment."""
    position = upcoming[j]
    start = ready[j]
    end = start + durations[j, position]
    k = machines[j, position]
    starts[j, position] = start
    upcoming[j] = position + 1
    if end > free[k]:
        free[k] = end
    if position + 1 < length[j]:
        ready[j] = max(end, free[machines[j, position + 1]])
    else:
        ready[j] = NEVER
    if end == start:  # an operation of zero ticks occupies nothing
        return
    for i in range(len(ready)):
        other = ready[i]
        if other != NEVER and i != j and machines[i, upcoming[i]] == k:
            runs_into = other < start < other + durations[i, upcoming[i]]
            if runs_into or start <= other < end:
                ready[i] = end


@numba.njit(cache=True, nogil=True)
def legal_actions(mode, machines, durations, upcoming, ready, mask):
    """Fill ``mask`` [jobs + 1] for one environment; the number of legal jobs."""
    n = len(ready)
    first, second = earliest(ready)
    count = 0
    mask[n] = mode == NO_OP and second != NEVER
    if first == NEVER:
        mask[:] = False
        return 0
    if mode != ACTIVE:
        for j in range(n):
            mask[j] = ready[j] == first
            count += mask[j]
        return count
    best = -1
    completion = np.int64(NEVER)
    for j in range(n):
        if ready[j] != NEVER:
            end = ready[j] + durations[j, upcoming[j]]
            if end < completion:
                completion = end
                best = j
    k = machines[best, upcoming[best]]
    for j in range(n):
        # An operation of zero ticks completes when it starts, and is then legal itself.
        mask[j] = j == best or (ready[j] < completion and machines[j, upcoming[j]] == k)
        count += mask[j]
    return count


@numba.njit(cache=True, nogil=True)
def masks(mode, shop, machines, durations, upcoming, ready, action_mask):
    """Legal actions of all environments, [b, jobs + 1]."""
    for b in range(len(shop)):
        s = shop[b]
        legal_actions(mode, machines[s], durations[s], upcoming[b], ready[b], action_mask[b])


@numba.njit(cache=True, nogil=True)
def play(mode, machines, durations, length, upcoming, ready, free, starts, mask, ranking, executed):
    """Carry out a ranking of actions on one environment; the number of executed ones, which ``executed`` lists.

    Illegal actions are passed over.  The step ends with the list, with the episode, when time moves, and in active
    mode with the first decision.  ``mask`` is room for the legal actions.
    """
    n = len(ready)
    done = 0
    if mode == ACTIVE:
        legal_actions(mode, machines, durations, upcoming, ready, mask)
        for a in range(len(ranking)):
            j = ranking[a]
            if 0 <= j < n and mask[j]:
                fix(machines, durations, length, upcoming, ready, free, starts, j)
                executed[0] = j
                return 1
        return 0
    now, _ = earliest(ready)
    if now == NEVER:
        return 0
    for a in range(len(ranking)):
        if done == len(executed):  # jobs named more than once
            break
        j = ranking[a]
        if j < 0:
            continue
        if j < n:
            if ready[j] != now:
                continue
            fix(machines, durations, length, upcoming, ready, free, starts, j)
            executed[done] = j
            done += 1
            first, _ = earliest(ready)
            if first != now:
                break
        elif mode == NO_OP:
            _, second = earliest(ready)
            if second == NEVER:
                continue
            for i in range(n):
                if ready[i] == now:
                    ready[i] = second
            executed[done] = n
            done += 1
            break
    return done


@numba.njit(cache=True, nogil=True)
def step(mode, shop, machines, durations, lengths, upcoming, ready, free, starts, mask, rankings, executed, counts):
    """:func:`play` for all environments; ``rankings`` [b, any] (negative entries are nothing)."""
    executed[:] = -1
    for b in range(len(shop)):
        s = shop[b]
        counts[b] = play(
            mode,
            machines[s],
            durations[s],
            lengths[s],
            upcoming[b],
            ready[b],
            free[b],
            starts[b],
            mask[b],
            rankings[b],
            executed[b],
        )


@numba.njit(cache=True, nogil=True)
def rank(mask, keys, ranking):
    """Legal actions by descending key (ties: lowest index) in front of ``ranking`` [jobs + 1]; the rest is -1."""
    count = 0
    for a in range(len(mask)):
        if not mask[a]:
            continue
        place = count
        while place > 0 and keys[ranking[place - 1]] < keys[a]:
            ranking[place] = ranking[place - 1]
            place -= 1
        ranking[place] = a
        count += 1
    for place in range(count, len(mask)):
        ranking[place] = -1


@numba.njit(cache=True, nogil=True)
def step_keys(
    mode, shop, machines, durations, lengths, upcoming, ready, free, starts, mask, keys, rankings, executed, counts
):
    """A step in which every environment follows the descending order of its ``keys`` [b, jobs + 1]."""
    executed[:] = -1
    for b in range(len(shop)):
        s = shop[b]
        legal_actions(mode, machines[s], durations[s], upcoming[b], ready[b], mask[b])
        rank(mask[b], keys[b], rankings[b])
        counts[b] = play(
            mode,
            machines[s],
            durations[s],
            lengths[s],
            upcoming[b],
            ready[b],
            free[b],
            starts[b],
            mask[b],
            rankings[b],
            executed[b],
        )


@numba.njit(cache=True, nogil=True)
def run_static(
    mode, shop, machines, durations, lengths, upcoming, ready, free, starts, mask, priorities, rankings, executed
):
    """Whole episodes under static priorities [b, job, position], smaller first, ties to the lowest job; no No-Op."""
    n = ready.shape[1]
    keys = np.empty(n + 1)
    chosen = np.full(free.shape[1], -1, np.int64)  # best job on a machine at this time
    active = np.empty(n, np.int64)  # unfinished jobs
    following = np.empty(n, np.int64)  # machine of the next operation
    for b in range(len(shop)):
        s = shop[b]
        if mode != ACTIVE:
            non_delay(
                machines[s],
                durations[s],
                lengths[s],
                upcoming[b],
                ready[b],
                free[b],
                starts[b],
                priorities[b],
                chosen,
                active,
                following,
            )
            continue
        while legal_actions(mode, machines[s], durations[s], upcoming[b], ready[b], mask[b]) > 0:
            for j in range(n):
                if mask[b, j]:
                    keys[j] = -priorities[b, j, upcoming[b, j]]
            rank(mask[b], keys, rankings[b])
            play(
                mode,
                machines[s],
                durations[s],
                lengths[s],
                upcoming[b],
                ready[b],
                free[b],
                starts[b],
                mask[b],
                rankings[b],
                executed[b],
            )


@numba.njit(cache=True, nogil=True)
def non_delay(machines, durations, length, upcoming, ready, free, starts, priorities, chosen, active, following):
    """A whole non-delay episode under static priorities: at each time every machine starts its best legal job.

    Time moves with the smallest ready time, which is kept up to date for the jobs of a machine that starts something.
    """
    left = 0
    for j in range(len(ready)):
        if ready[j] != NEVER:
            active[left] = j
            left += 1
            following[j] = machines[j, upcoming[j]]
    while left > 0:
        now = np.int64(NEVER)
        for a in range(left):
            now = min(now, max(ready[active[a]], free[following[active[a]]]))
        for a in range(left):
            j = active[a]
            k = following[j]
            ready[j] = max(ready[j], free[k])
            if ready[j] == now:
                rival = chosen[k]
                if rival < 0 or priorities[j, upcoming[j]] < priorities[rival, upcoming[rival]]:
                    chosen[k] = j
        kept = 0
        for a in range(left):
            j = active[a]
            k = following[j]
            if chosen[k] == j:
                chosen[k] = -1
                position = upcoming[j]
                starts[j, position] = now
                ready[j] = now + durations[j, position]
                free[k] = ready[j]
                upcoming[j] = position + 1
                if position + 1 == length[j]:
                    ready[j] = NEVER
                    continue
                following[j] = machines[j, position + 1]
            active[kept] = j
            kept += 1
        left = kept


@numba.njit(cache=True, nogil=True)
def run_random(
    mode, shop, machines, durations, lengths, upcoming, ready, free, starts, mask, rankings, executed, seeds
):
    """Whole episodes in which every step follows a random order of the legal actions."""
    n = ready.shape[1]
    keys = np.empty(n + 1)
    for b in range(len(shop)):
        s = shop[b]
        while legal_actions(mode, machines[s], durations[s], upcoming[b], ready[b], mask[b]) > 0:
            for a in range(n + 1):
                keys[a] = uniform(seeds, b)
            rank(mask[b], keys, rankings[b])
            play(
                mode,
                machines[s],
                durations[s],
                lengths[s],
                upcoming[b],
                ready[b],
                free[b],
                starts[b],
                mask[b],
                rankings[b],
                executed[b],
            )


@numba.njit(cache=True, nogil=True, inline="always")
def uniform(seeds, b):
    """The next number of stream ``b`` in (0, 1); splitmix64 (Steele, Lea and Flood 2014)."""
    seeds[b] += np.uint64(0x9E3779B97F4A7C15)
    z = seeds[b]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (np.float64(z >> np.uint64(11)) + 0.5) * (1.0 / 9007199254740992.0)


@numba.njit(cache=True, nogil=True)
def followed(shop, upcoming, ready, target, rankings):
    """For every environment the legal jobs that ``target`` [b, job, position] starts now, or else the No-Op.

    ``rankings`` [b, jobs + 1] is filled with -1 behind them.
    """
    n = ready.shape[1]
    rankings[:] = -1
    for b in range(len(shop)):
        now, _ = earliest(ready[b])
        if now == NEVER:
            continue
        count = 0
        for j in range(n):
            if ready[b, j] == now and target[b, j, upcoming[b, j]] == now:
                rankings[b, count] = j
                count += 1
        if count == 0:
            rankings[b, 0] = n


@numba.njit(cache=True, nogil=True)
def tokens(machines, durations, length, upcoming, ready, free, starts, kinds, ignored, values):
    """The raw window of one environment.

    ``values`` [job, token, 4]: is fixed, start bound, duration, is next; zeros for START and END.
    """
    for j in range(len(ready)):
        k = upcoming[j]
        bound = np.int64(0)
        for w in range(WINDOW):
            position = k - 1 + w
            ignored[j, w] = False
            for f in range(4):
                values[j, w, f] = 0.0
            if position < 0:
                kinds[j, w] = START
                continue
            if position >= length[j]:
                kinds[j, w] = END
                ignored[j, w] = position > length[j]
                continue
            kinds[j, w] = REAL
            if w == 0:
                bound = starts[j, position]
                values[j, w, 0] = 1.0
            elif w == 1:
                bound = ready[j]
                values[j, w, 3] = 1.0
            else:
                bound = max(bound + durations[j, position - 1], free[machines[j, position]])
            values[j, w, 1] = bound
            values[j, w, 2] = durations[j, position]


@numba.njit(cache=True, nogil=True)
def normalise(mean, std, legacy, kinds, values, out):
    """Scale the raw window of one environment (T2 of the specification): durations by the instance, bounds by state.

    The bounds of all real tokens give mean and deviation; in the legacy form all four features of token 1 do.
    """
    total = 0.0
    count = 0
    for j in range(values.shape[0]):
        if legacy:
            for f in range(4):
                total += values[j, 1, f]
            count += 4
            continue
        for w in range(WINDOW):
            if kinds[j, w] == REAL:
                total += values[j, w, 1]
                count += 1
    centre = total / max(count, 1)
    square = 0.0
    for j in range(values.shape[0]):
        if legacy:
            for f in range(4):
                square += (values[j, 1, f] - centre) ** 2
            continue
        for w in range(WINDOW):
            if kinds[j, w] == REAL:
                square += (values[j, w, 1] - centre) ** 2
    spread = np.sqrt(square / max(count, 1)) + 1e-8
    for j in range(values.shape[0]):
        for w in range(WINDOW):
            real = kinds[j, w] == REAL
            out[j, w, 0] = values[j, w, 0]
            out[j, w, 1] = (values[j, w, 1] - centre) / spread if real else 0.0
            out[j, w, 2] = (values[j, w, 2] - mean) / std if real else 0.0
            out[j, w, 3] = values[j, w, 3]


@numba.njit(cache=True, nogil=True)
def indices(upcoming, kinds, positions, out):
    """Position index of every real token, 0 for START and END.

    ``positions``: 0 relative to the job's next operation, 1 inside the job, 2 the same plus 1 while some job has not
    begun (legacy).
    """
    shift = 0
    if positions == 2:
        for j in range(len(upcoming)):
            if upcoming[j] == 0:
                shift = 1
    for j in range(len(upcoming)):
        for w in range(WINDOW):
            if kinds[j, w] != REAL:
                out[j, w] = 0
            elif positions == 0:
                out[j, w] = w - 1
            else:
                out[j, w] = upcoming[j] - 1 + w + shift


@numba.njit(cache=True, nogil=True)
def groups(machines, upcoming, mask, out):
    """Machine for which a job competes right now, -1 for jobs that cannot start."""
    for j in range(len(upcoming)):
        out[j] = machines[j, upcoming[j]] if mask[j] else -1


@numba.njit(cache=True, nogil=True)
def observe(
    mode,
    legacy,
    positions,
    shop,
    machines,
    durations,
    lengths,
    means,
    stds,
    upcoming,
    ready,
    free,
    starts,
    values,
    kinds,
    ignored,
    rep,
    index,
    action_mask,
    group,
):
    """The observation of all environments; see :mod:`jssp.env.observation`."""
    for b in range(len(shop)):
        s = shop[b]
        tokens(
            machines[s],
            durations[s],
            lengths[s],
            upcoming[b],
            ready[b],
            free[b],
            starts[b],
            kinds[b],
            ignored[b],
            values,
        )
        normalise(means[s], stds[s], legacy, kinds[b], values, rep[b])
        indices(upcoming[b], kinds[b], positions, index[b])
        legal_actions(mode, machines[s], durations[s], upcoming[b], ready[b], action_mask[b])
        groups(machines[s], upcoming[b], action_mask[b], group[b])
