"""The compiled day: the same rules, in the same order, as :mod:`uam.simulator`.

All functions act on one day ``b`` of ``D`` (:class:`uam.compiled.arrays.Days`) with the tables ``T``
(:class:`uam.compiled.arrays.Tables`) and may be called from compiled policies.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,misc"

from __future__ import annotations

import numpy as np

from uam.compiled.caching import compiled

RELEASE, LAND, DECIDE = 0, 1, 2
WAITING, CHARGING, FLYING, FAILED = 0, 1, 2, 3


@compiled
def start(T, D, b):
    """Put day ``b`` at its start and go to its first decision."""
    s = D.scenario[b]
    n, k = D.present.shape[1], D.due.shape[1]
    D.now[b] = 0
    D.profit[b] = 0
    D.decisions[b] = 0
    D.flights[b] = 0
    D.passengers[b] = 0
    for i in range(n):
        D.present[b, i] = 0
        D.inbound[b, i] = 0
        D.charging[b, i] = 0
    for a in range(k):
        D.due[b, a] = DECIDE
        D.status[b, a] = WAITING
        D.available[b, a] = 0
        D.location[b, a] = T.start_location[s, a]
        D.energy[b, a] = T.start_energy[s, a]
        D.failures_seen[b, a] = -1
        D.present[b, T.start_location[s, a]] += 1
    D.remaining[b] = T.demand[s]
    D.lane_free[b] = 0
    advance(T, D, b)


@compiled
def mask_into(T, D, b, allowed):
    """Write into ``allowed`` (flags [N]) where the deciding aircraft of day ``b`` may go."""
    s, k, now = D.scenario[b], D.aircraft[b], D.now[b]
    i, energy, hour = D.location[b, k], D.energy[b, k], now // 3600
    for j in range(len(allowed)):
        ok = (
            T.flyable[s, i, j]
            and energy >= T.need[s, i, j]
            and D.present[b, j] + D.inbound[b, j] < T.capacity[s, j]
            and not T.closed[s, i, j, hour]
        )
        if ok:
            ok = False
            for lane in range(T.lanes):
                if D.lane_free[b, i, j, lane] <= now:
                    ok = True
                    break
        allowed[j] = ok
    allowed[i] = True


@compiled
def allows(T, D, b, action):
    """Whether the deciding aircraft of day ``b`` may choose ``action``."""
    if action < 0 or action >= D.present.shape[1]:
        return False
    s, k, now = D.scenario[b], D.aircraft[b], D.now[b]
    i = D.location[b, k]
    if action == i:
        return True
    if not T.flyable[s, i, action] or D.energy[b, k] < T.need[s, i, action]:
        return False
    if D.present[b, action] + D.inbound[b, action] >= T.capacity[s, action]:
        return False
    if T.closed[s, i, action, now // 3600]:
        return False
    open_lane = False
    for lane in range(T.lanes):
        open_lane = open_lane or D.lane_free[b, i, action, lane] <= now
    return open_lane


@compiled
def seen_remaining(T, D, b, i, j, hour):
    """Passengers left for ``i`` to ``j`` as a policy sees them in the current ``hour``."""
    left = D.remaining[b, i, j, hour]
    if D.sees[b] == 1:
        return left
    s = D.scenario[b]
    carried = T.demand[s, i, j, hour] - left
    return max(np.int64(0), (T.forecast_milli[s, i, j, hour] + 500) // 1000 - carried)


@compiled
def profit_of(T, D, b, j):
    """Profit of a flight of the deciding aircraft to ``j`` with those whom it sees there now, mills."""
    s, i, hour = D.scenario[b], D.location[b, D.aircraft[b]], D.now[b] // 3600
    passengers = min(T.seats, seen_remaining(T, D, b, i, j, hour))
    return passengers * (T.fare[s, i, j, hour] - T.cost[s, i, j]) - T.flight_cost[s, i, j]


@compiled
def step(T, D, b, action):
    """Carry out an allowed ``action`` in day ``b`` and go to its next decision; the flight's profit, mills."""
    s, k, now = D.scenario[b], D.aircraft[b], D.now[b]
    i = D.location[b, k]
    D.decisions[b] += 1
    profit = np.int64(0)
    if action == i:
        end = now + T.idle
        if not _charge(T, D, b, k, now, T.idle, end):
            _decide_at(D, b, k, end)
    else:
        hour = now // 3600
        passengers = min(T.seats, D.remaining[b, i, action, hour])
        D.remaining[b, i, action, hour] -= passengers
        lane = 0
        for other in range(1, T.lanes):
            if D.lane_free[b, i, action, other] < D.lane_free[b, i, action, lane]:
                lane = other
        D.lane_free[b, i, action, lane] = now + T.headway
        profit = passengers * (T.fare[s, i, action, hour] - T.cost[s, i, action]) - T.flight_cost[s, i, action]
        land = now + T.delay[s, i, now // T.slot] + T.block[s, i, action]
        D.energy[b, k] -= T.energy[s, i, action]
        D.present[b, i] -= 1
        D.inbound[b, action] += 1
        D.location[b, k] = action
        D.status[b, k] = FLYING
        D.available[b, k] = land
        D.due[b, k] = land * 4 + LAND
        D.profit[b] += profit
        D.flights[b] += 1
        D.passengers[b] += passengers
    advance(T, D, b)
    return profit


@compiled
def advance(T, D, b):
    """Let things happen in day ``b`` until an aircraft decides or the day is over."""
    s = D.scenario[b]
    due = D.due[b]
    while True:
        k = 0
        best = due[0]
        for a in range(1, len(due)):
            if due[a] < best:
                best = due[a]
                k = a
        now, kind = best >> 2, best & 3
        if now >= T.horizon:
            D.aircraft[b] = -1
            return
        D.now[b] = now
        i = D.location[b, k]
        if kind == RELEASE:
            D.charging[b, i] -= 1
            _decide_at(D, b, k, D.available[b, k])
        elif kind == LAND:
            D.inbound[b, i] -= 1
            D.present[b, i] += 1
            to_full = seconds_to_full(T, D.energy[b, k])
            if not _charge(T, D, b, k, now, to_full, now + to_full):
                _decide_at(D, b, k, now)
        else:
            hour = now // 3600
            struck = False
            for h in range(D.failures_seen[b, k] + 1, hour + 1):
                if T.failing[s, k, h]:
                    struck = True
            D.failures_seen[b, k] = hour
            if not struck:
                D.aircraft[b] = k
                D.status[b, k] = WAITING
                return
            _decide_at(D, b, k, now + T.repair)
            D.status[b, k] = FAILED


@compiled
def seconds_to_full(T, energy):
    """Time on the charger until full, s."""
    if energy >= T.full:
        return np.int64(0)
    return T.plug + len(T.charge_curve) - 1 - _reached(T, energy)


@compiled
def charged(T, energy, seconds):
    """Energy after ``seconds`` on the charger, Wh."""
    if energy >= T.full or seconds <= T.plug:
        return energy
    reached = _reached(T, energy)
    then = reached + seconds - T.plug
    if then >= len(T.charge_curve) - 1:
        return np.int64(T.full)
    return min(np.int64(T.full), energy + T.charge_curve[then] - T.charge_curve[reached])


@compiled
def copy_day(D, source, target):
    """Make day ``target`` a copy of day ``source``."""
    D.scenario[target] = D.scenario[source]
    D.now[target] = D.now[source]
    D.aircraft[target] = D.aircraft[source]
    D.due[target] = D.due[source]
    D.status[target] = D.status[source]
    D.location[target] = D.location[source]
    D.available[target] = D.available[source]
    D.energy[target] = D.energy[source]
    D.failures_seen[target] = D.failures_seen[source]
    D.present[target] = D.present[source]
    D.inbound[target] = D.inbound[source]
    D.charging[target] = D.charging[source]
    D.remaining[target] = D.remaining[source]
    D.lane_free[target] = D.lane_free[source]
    D.profit[target] = D.profit[source]
    D.decisions[target] = D.decisions[source]
    D.sees[target] = D.sees[source]
    D.flights[target] = D.flights[source]
    D.passengers[target] = D.passengers[source]


@compiled
def _reached(T, energy):
    """Last second of the charge curve with at most ``energy``."""
    low, high = 0, len(T.charge_curve)
    while high - low > 1:
        middle = (low + high) // 2
        if T.charge_curve[middle] <= energy:
            low = middle
        else:
            high = middle
    return low


@compiled
def _charge(T, D, b, k, now, most, decide):
    i, before = D.location[b, k], D.energy[b, k]
    if D.charging[b, i] >= T.chargers[D.scenario[b], i] or before >= T.full:
        return False
    seconds = min(most, seconds_to_full(T, before))
    D.energy[b, k] = charged(T, before, seconds)
    D.charging[b, i] += 1
    D.status[b, k] = CHARGING
    D.available[b, k] = decide
    D.due[b, k] = (now + seconds) * 4 + RELEASE
    return True


@compiled
def _decide_at(D, b, k, time):
    D.status[b, k] = WAITING
    D.available[b, k] = time
    D.due[b, k] = time * 4 + DECIDE
