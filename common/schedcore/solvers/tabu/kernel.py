"""Compiled tabu search on the disjunctive graph of a job shop.

An operation is a task on one unary resource with at most one job predecessor and successor.  The
state is one sequence of operations per machine; heads and tails are longest paths.

Neighbourhood: moves of an operation of a critical block right behind its last or right before its
first operation, and of the first and last operation to any place in the block (Balas and
Vazacopoulos 1998; Zhang et al. 2007, where the set is called N6; Zhang et al. 2008 for the rest).
Moves are rated by the estimate of Balas and Vazacopoulos, tabu attributes are the reversed arcs, and
the tenure follows Zhang et al. 2008.
"""

from __future__ import annotations

import numpy as np
from numba import njit

NO_TICK = np.int64(2**62)


@njit(cache=True, nogil=True, inline="always")
def _next_random(state):  # type: ignore[no-untyped-def]
    """xorshift64*: a non-negative 31-bit integer; ``state`` is a uint64 array of one element, never 0."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return np.int64((x * np.uint64(2685821657736338717)) >> np.uint64(33))


@njit(cache=True, nogil=True)
def evaluate(duration, release, job_pred, job_succ, machine_pred, machine_succ, head, tail, order, count):  # type: ignore[no-untyped-def]
    """Fill ``head`` (earliest start), ``tail`` (longest path after the end), ``order`` (topological).

    Returns the makespan, or -1 if the sequences contain a cycle.
    """
    n = len(duration)
    size = 0
    for v in range(n):
        c = 0
        if job_pred[v] >= 0:
            c += 1
        if machine_pred[v] >= 0:
            c += 1
        count[v] = c
        head[v] = release[v]
        if c == 0:
            order[size] = v
            size += 1
    first = 0
    makespan = 0
    while first < size:
        v = order[first]
        first += 1
        end = head[v] + duration[v]
        if end > makespan:
            makespan = end
        w = job_succ[v]
        if w >= 0:
            if end > head[w]:
                head[w] = end
            count[w] -= 1
            if count[w] == 0:
                order[size] = w
                size += 1
        w = machine_succ[v]
        if w >= 0:
            if end > head[w]:
                head[w] = end
            count[w] -= 1
            if count[w] == 0:
                order[size] = w
                size += 1
    if size < n:
        return -1
    for i in range(n - 1, -1, -1):
        v = order[i]
        longest = 0
        w = job_succ[v]
        if w >= 0:
            longest = duration[w] + tail[w]
        w = machine_succ[v]
        if w >= 0 and duration[w] + tail[w] > longest:
            longest = duration[w] + tail[w]
        tail[v] = longest
    return makespan


@njit(cache=True, nogil=True)
def link_machines(sequence, machine_ptr, machine_pred, machine_succ):  # type: ignore[no-untyped-def]
    """Neighbours on the machines from the sequences (operations by machine, concatenated)."""
    for k in range(len(machine_ptr) - 1):
        low, high = machine_ptr[k], machine_ptr[k + 1]
        for i in range(low, high):
            v = sequence[i]
            machine_pred[v] = sequence[i - 1] if i > low else -1
            machine_succ[v] = sequence[i + 1] if i + 1 < high else -1


@njit(cache=True, nogil=True)
def _forward_estimate(u, v, duration, release, job_pred, job_succ, machine_pred, machine_succ, head, tail, heads):  # type: ignore[no-untyped-def]
    """Estimated longest path through the moved operations when ``u`` goes right behind ``v``."""
    before = machine_pred[u]
    end = head[before] + duration[before] if before >= 0 else 0
    w = machine_succ[u]
    k = 0
    while True:
        start = max(end, release[w])
        p = job_pred[w]
        if p >= 0:
            start = max(start, head[p] + duration[p])
        heads[k] = start
        k += 1
        end = start + duration[w]
        if w == v:
            break
        w = machine_succ[w]
    start = max(end, release[u])
    p = job_pred[u]
    if p >= 0:
        start = max(start, head[p] + duration[p])
    after = 0
    s = job_succ[u]
    if s >= 0:
        after = duration[s] + tail[s]
    s = machine_succ[v]
    if s >= 0:
        after = max(after, duration[s] + tail[s])
    longest = start + duration[u] + after
    after += duration[u]
    w = v
    while True:
        k -= 1
        s = job_succ[w]
        if s >= 0:
            after = max(after, duration[s] + tail[s])
        after += duration[w]
        if heads[k] + after > longest:
            longest = heads[k] + after
        if k == 0:
            break
        w = machine_pred[w]
    return longest


@njit(cache=True, nogil=True)
def _backward_estimate(u, v, duration, release, job_pred, job_succ, machine_pred, machine_succ, head, tail, heads):  # type: ignore[no-untyped-def]
    """Estimated longest path through the moved operations when ``v`` goes right before ``u``."""
    before = machine_pred[u]
    end = head[before] + duration[before] if before >= 0 else 0
    start = max(end, release[v])
    p = job_pred[v]
    if p >= 0:
        start = max(start, head[p] + duration[p])
    start_v = start
    end = start + duration[v]
    w = u
    k = 0
    while w != v:
        start = max(end, release[w])
        p = job_pred[w]
        if p >= 0:
            start = max(start, head[p] + duration[p])
        heads[k] = start
        k += 1
        end = start + duration[w]
        w = machine_succ[w]
    after = 0
    s = machine_succ[v]
    if s >= 0:
        after = duration[s] + tail[s]
    longest = np.int64(0)
    w = machine_pred[v]
    while True:
        k -= 1
        s = job_succ[w]
        if s >= 0:
            after = max(after, duration[s] + tail[s])
        after += duration[w]
        if heads[k] + after > longest:
            longest = heads[k] + after
        if k == 0:
            break
        w = machine_pred[w]
    s = job_succ[v]
    if s >= 0:
        after = max(after, duration[s] + tail[s])
    after += duration[v]
    return max(longest, start_v + after)


@njit(cache=True, nogil=True)
def tabu_search(  # type: ignore[no-untyped-def]
    duration,
    release,
    job_pred,
    job_succ,
    machine,
    machine_ptr,
    rank,
    sequence,
    patience,
    max_steps,
    target,
    random,
    stop,
):
    """Improve ``sequence`` in place; it holds the best sequence found when the search returns.

    ``rank[v]`` is a fixed number of ``v`` among the operations of its machine.  The search ends
    after ``patience`` steps without improvement, after ``max_steps`` steps, at a makespan of at most
    ``target``, or when ``stop[0]`` becomes non-zero.  Returns ``(makespan, steps)``.
    """
    n = len(duration)
    widest = 0
    for k in range(len(machine_ptr) - 1):
        widest = max(widest, machine_ptr[k + 1] - machine_ptr[k])
    machine_pred = np.empty(n, np.int64)
    machine_succ = np.empty(n, np.int64)
    head = np.zeros(n, np.int64)
    tail = np.zeros(n, np.int64)
    order = np.empty(n, np.int64)
    count = np.empty(n, np.int64)
    heads = np.empty(widest + 1, np.int64)
    path = np.empty(n, np.int64)
    # barred[v, rank[w]]: until this step no move may put v before w again
    barred = np.zeros((n, widest), np.int64)
    link_machines(sequence, machine_ptr, machine_pred, machine_succ)
    makespan = evaluate(duration, release, job_pred, job_succ, machine_pred, machine_succ, head, tail, order, count)
    best = makespan
    best_pred = machine_pred.copy()
    best_succ = machine_succ.copy()
    machines = len(machine_ptr) - 1
    shortest_tenure = 10 + n // max(1, machines * machines)
    tenure_range = max(2, int(shortest_tenure * (0.4 if widest <= 2 * machines else 0.5)))
    idle = 0
    step = 0
    while step < max_steps and idle < patience and best > target and stop[0] == 0:
        step += 1
        idle += 1
        # --- one critical path, from its end; ties by chance
        last = -1
        ties = 0
        for i in range(n - 1, -1, -1):
            v = order[i]
            if head[v] + duration[v] == makespan:
                ties += 1
                if _next_random(random) % ties == 0:
                    last = v
        length = 0
        v = last
        while v >= 0:
            path[length] = v
            length += 1
            jp, mp = job_pred[v], machine_pred[v]
            by_job = jp >= 0 and head[jp] + duration[jp] == head[v]
            by_machine = mp >= 0 and head[mp] + duration[mp] == head[v]
            if by_job and by_machine:
                v = jp if _next_random(random) & 1 else mp
            elif by_job:
                v = jp
            elif by_machine:
                v = mp
            else:
                v = -1
        # --- best move over the blocks of the path (path is stored backwards)
        move_u = move_v = -1
        move_forward = True
        move_value = NO_TICK
        move_ties = 0
        any_u = any_v = -1
        any_forward = True
        any_count = 0
        high = 0
        while high < length:
            low = high
            while low + 1 < length and machine_succ[path[low + 1]] == path[low]:
                low += 1
            # block = path[low], path[low-1], ..., path[high] in time order
            size = low - high + 1
            if size >= 2:
                is_first = low == length - 1
                is_last = high == 0
                for i in range(size):
                    for direction in range(2):
                        if direction == 0:
                            if is_last and size > 2 and i > 0:
                                continue
                            a_from = 1 if i == 0 else size - 1
                            a_to = size - 1
                        else:
                            if is_first and size > 2 and i < size - 1:
                                continue
                            a_from = 0
                            a_to = size - 2 if i == size - 1 else 0
                        for a in range(a_from, a_to + 1):
                            if direction == 0:
                                if a <= i:
                                    continue
                                u, v = path[low - i], path[low - a]
                                s = job_succ[u]
                                if s >= 0 and (s == v or tail[s] >= duration[v] + tail[v]):
                                    continue
                                value = _forward_estimate(
                                    u,
                                    v,
                                    duration,
                                    release,
                                    job_pred,
                                    job_succ,
                                    machine_pred,
                                    machine_succ,
                                    head,
                                    tail,
                                    heads,
                                )
                                is_barred = False
                                w = u
                                while w != v:
                                    w = machine_succ[w]
                                    if barred[w, rank[u]] > step:
                                        is_barred = True
                                        break
                            else:
                                # adjacent swaps were rated in the forward direction
                                if a >= i or i - a == 1:
                                    continue
                                u, v = path[low - a], path[low - i]
                                p = job_pred[v]
                                if p >= 0 and (p == u or head[p] >= head[u] + duration[u]):
                                    continue
                                value = _backward_estimate(
                                    u,
                                    v,
                                    duration,
                                    release,
                                    job_pred,
                                    job_succ,
                                    machine_pred,
                                    machine_succ,
                                    head,
                                    tail,
                                    heads,
                                )
                                is_barred = False
                                w = v
                                while w != u:
                                    w = machine_pred[w]
                                    if barred[v, rank[w]] > step:
                                        is_barred = True
                                        break
                            any_count += 1
                            if _next_random(random) % any_count == 0:
                                any_u, any_v, any_forward = u, v, direction == 0
                            if is_barred and value >= best:
                                continue
                            if value < move_value:
                                move_value = value
                                move_ties = 1
                                move_u, move_v, move_forward = u, v, direction == 0
                            elif value == move_value:
                                move_ties += 1
                                if _next_random(random) % move_ties == 0:
                                    move_u, move_v, move_forward = u, v, direction == 0
            high = low + 1
        if any_count == 0:
            break  # one job or machine holds the whole critical path: optimal
        if move_u < 0:
            move_u, move_v, move_forward = any_u, any_v, any_forward
        # --- apply it and bar the way back
        u, v = move_u, move_v
        until = step + shortest_tenure + _next_random(random) % tenure_range
        if move_forward:
            w = u
            while w != v:
                w = machine_succ[w]
                barred[u, rank[w]] = until
            before, after = machine_pred[u], machine_succ[v]
            second = machine_succ[u]
            machine_pred[second] = before
            if before >= 0:
                machine_succ[before] = second
            machine_succ[v] = u
            machine_pred[u] = v
            machine_succ[u] = after
            if after >= 0:
                machine_pred[after] = u
        else:
            w = v
            while w != u:
                w = machine_pred[w]
                barred[w, rank[v]] = until
            before, after = machine_pred[u], machine_succ[v]
            second = machine_pred[v]
            machine_succ[second] = after
            if after >= 0:
                machine_pred[after] = second
            machine_pred[v] = before
            machine_succ[v] = u
            machine_pred[u] = v
            if before >= 0:
                machine_succ[before] = v
        makespan = evaluate(duration, release, job_pred, job_succ, machine_pred, machine_succ, head, tail, order, count)
        if makespan < 0:
            return np.int64(-1), step  # a bug: feasible moves make no cycles
        if makespan < best:
            best = makespan
            best_pred[:] = machine_pred
            best_succ[:] = machine_succ
            idle = 0
    for v in range(n):
        if best_pred[v] < 0:
            i = machine_ptr[machine[v]]
            w = v
            while w >= 0:
                sequence[i] = w
                i += 1
                w = best_succ[w]
    return best, step


@njit(cache=True, nogil=True)
def random_active_order(duration, release, job_pred, job_succ, machine, noise, random):  # type: ignore[no-untyped-def]
    """A topological order of a randomised active schedule.

    Giffler and Thompson's generator; in the conflict set the operation with the most work remaining
    in its job, multiplied by a random factor in ``[1 - noise, 1 + noise]`` (in permille), is chosen.
    Returns the position of every operation.
    """
    n = len(duration)
    remaining = np.zeros(n, np.int64)
    frontier = np.empty(n, np.int64)
    width = 0
    for v in range(n):
        if job_pred[v] < 0:
            frontier[width] = v
            width += 1
        if job_succ[v] < 0:
            total = np.int64(0)
            w = v
            while w >= 0:
                total += duration[w]
                remaining[w] = total
                w = job_pred[w]
    machines = 0
    for v in range(n):
        machines = max(machines, machine[v] + 1)
    machine_free = np.zeros(machines, np.int64)
    ready = release.copy()
    position = np.empty(n, np.int64)
    for step in range(n):
        earliest = NO_TICK
        on = -1
        for i in range(width):
            v = frontier[i]
            end = max(ready[v], machine_free[machine[v]]) + duration[v]
            if end < earliest:
                earliest = end
                on = machine[v]
        chosen = -1
        best = -1.0
        for i in range(width):
            v = frontier[i]
            start = max(ready[v], machine_free[on])
            # the second case is the operation of no length that made ``earliest``
            if machine[v] == on and (start < earliest or start + duration[v] == earliest):
                factor = 1000 - noise + _next_random(random) % (2 * noise + 1)
                value = float(remaining[v] * factor)
                if value > best:
                    best = value
                    chosen = i
        v = frontier[chosen]
        end = max(ready[v], machine_free[on]) + duration[v]
        machine_free[on] = end
        position[v] = step
        w = job_succ[v]
        if w >= 0:
            ready[w] = max(ready[w], end)
            frontier[chosen] = w
        else:
            width -= 1
            frontier[chosen] = frontier[width]
    return position
