"""What awaits the deciding aircraft at every vertiport: features ``[N, P]`` beside those of :mod:`uam.observation`.

For a vertiport the aircraft's next decision there is foreseen: when it comes (expected delay, flight, charging to full
where a charger seems free), with how much energy, how many other aircraft decide there before, and which flights then
sell best.  For later hours the forecast is used, for the current one the passengers that are there.  Aircraft that come
first are taken to fly the best groups of passengers away, one each.  Staying is foreseen in the same way.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,misc"

from __future__ import annotations

import numpy as np

from uam.compiled.caching import compiled
from uam.compiled.kernel import CHARGING, FLYING, charged, profit_of, seconds_to_full, seen_remaining

PROSPECTS = (
    "stays",
    "profit now / 50 $, 0 to stay",
    "hours until the next decision there",
    "profit now per hour of that / 50 $",
    "best next flight: profit / 50 $",
    "best next flight: profit per hour of its cycle / 50 $",
    "profit per hour of both flights / 50 $",
    "aircraft deciding there before / 5",
    "next flight left by them: profit / 50 $",
    "next flight left by them: profit per hour of its cycle / 50 $",
    "profit per hour with that flight / 50 $",
    "energy then / full",
    "no charger there",
    "profitable groups then for each aircraft there and under way / 10",
    "mean profit of the best three flights an hour later / 50 $",
    "hours of operation left then / 2, at most 1",
    "share of the day's hour then",
)
NUM_PROSPECTS = len(PROSPECTS)

_DOLLARS = 50_000.0
_MOST_BEFORE = 6
_LIMIT = 10.0


@compiled
def prospects_day(T, D, b, out, seats_left):
    """Write the prospects of day ``b``, which is not over, into ``out`` [N, P]; ``seats_left`` [N] is scratch."""
    s, k, now = D.scenario[b], D.aircraft[b], D.now[b]
    i, hour = D.location[b, k], now // 3600
    n, num_aircraft, hours = D.present.shape[1], D.due.shape[1], D.remaining.shape[3]
    for j in range(n):
        if j == i:
            profit = 0.0
            arrival = now + T.idle
            energy = D.energy[b, k]
            ready = arrival
            if energy < T.full and D.charging[b, i] < T.chargers[s, i]:
                energy = charged(T, energy, np.int64(T.idle))
        else:
            profit = 1.0 * profit_of(T, D, b, j)
            arrival = now + T.expected_delay[s, i] + T.block[s, i, j]
            energy = D.energy[b, k] - T.energy[s, i, j]
            ready = arrival
            busy = np.int64(0)
            if T.chargers[s, j] > 0:
                for a in range(num_aircraft):
                    if D.location[b, a] == j and D.status[b, a] == CHARGING and D.available[b, a] > arrival:
                        busy += 1
            if energy >= 0 and busy < T.chargers[s, j]:
                ready = arrival + seconds_to_full(T, energy)
                energy = np.int64(T.full)
        before = 0
        for a in range(num_aircraft):
            if a != k and D.location[b, a] == j:
                at = D.available[b, a]
                if D.status[b, a] == FLYING and T.chargers[s, j] > 0:
                    at += seconds_to_full(T, D.energy[b, a])
                if at <= ready:
                    before += 1
        span = (ready - now) / 3600.0
        then = min(ready // 3600, hours)
        first_profit, first_rate, left_profit, left_rate = 0.0, 0.0, 0.0, 0.0
        first_hours, left_hours = 0.25, 0.25
        groups = 0.0
        if then < hours:
            for m in range(n):
                seats_left[m] = 0.0
                if m != j and T.flyable[s, j, m] and energy >= T.need[s, j, m]:
                    if then == hour:
                        waiting = 1.0 * seen_remaining(T, D, b, j, m, hour)
                    else:
                        waiting = T.forecast_milli[s, j, m, then] / 1000.0
                    if j == i and m == j:
                        waiting = 0.0
                    seats_left[m] = waiting
                    margin = T.fare[s, j, m, then] - T.cost[s, j, m]
                    least = T.flight_cost[s, j, m] / max(1.0, margin)
                    full_groups = np.floor(waiting / T.seats)
                    if T.seats > least:
                        groups += full_groups
                    rest = waiting - full_groups * T.seats
                    if rest > least:
                        groups += 1.0
            for turn in range(min(before, _MOST_BEFORE) + 1):
                best, best_rate, best_profit, best_hours = -1, 0.0, 0.0, 0.25
                for m in range(n):
                    if seats_left[m] > 0:
                        gain = (
                            min(seats_left[m], np.float64(T.seats)) * (T.fare[s, j, m, then] - T.cost[s, j, m])
                            - T.flight_cost[s, j, m]
                        )
                        rate = gain / T.cycle[s, j, m]
                        if rate > best_rate:
                            best, best_rate, best_profit, best_hours = m, rate, gain, T.cycle[s, j, m] / 3600.0
                if turn == 0:
                    first_profit, first_rate, first_hours = best_profit, best_rate * 3600.0, best_hours
                left_profit, left_rate, left_hours = best_profit, best_rate * 3600.0, best_hours
                if best < 0:
                    break
                seats_left[best] -= T.seats
        later = 0.0
        if then + 1 < hours:
            top0, top1, top2 = 0.0, 0.0, 0.0
            for m in range(n):
                if m != j and T.flyable[s, j, m]:
                    gain = (
                        min(T.forecast_milli[s, j, m, then + 1] / 1000.0, np.float64(T.seats))
                        * (T.fare[s, j, m, then + 1] - T.cost[s, j, m])
                        - T.flight_cost[s, j, m]
                    )
                    if gain > top0:
                        top0, top1, top2 = gain, top0, top1
                    elif gain > top1:
                        top1, top2 = gain, top1
                    elif gain > top2:
                        top2 = gain
            later = (top0 + top1 + top2) / 3.0
        row = out[j]
        row[0] = j == i
        row[1] = _clip(profit / _DOLLARS)
        row[2] = _clip(span)
        row[3] = _clip(profit / _DOLLARS / max(span, 0.1))
        row[4] = _clip(first_profit / _DOLLARS)
        row[5] = _clip(first_rate / _DOLLARS)
        row[6] = _clip((profit + first_profit) / _DOLLARS / (span + first_hours))
        row[7] = before / 5.0
        row[8] = _clip(left_profit / _DOLLARS)
        row[9] = _clip(left_rate / _DOLLARS)
        row[10] = _clip((profit + left_profit) / _DOLLARS / (span + left_hours))
        row[11] = energy / T.full
        row[12] = T.chargers[s, j] == 0
        row[13] = _clip(groups / (1.0 + D.present[b, j] + D.inbound[b, j]) / 10.0)
        row[14] = _clip(later / _DOLLARS)
        row[15] = max(-1.0, min(1.0, (T.horizon - ready) / 7200.0))
        row[16] = ready % 3600 / 3600.0


@compiled
def prospects_days(T, D, out):
    """Write the prospects [B, N, P] of all days; those of a day that is over stay as they are."""
    scratch = np.zeros(D.present.shape[1], dtype=np.float64)
    for b in range(len(D.now)):
        if D.aircraft[b] >= 0:
            prospects_day(T, D, b, out[b], scratch)


@compiled
def _clip(value):
    return max(-_LIMIT, min(_LIMIT, value))
