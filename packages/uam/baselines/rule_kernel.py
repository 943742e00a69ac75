"""Compiled features of an action, for rules that add them up: :mod:`uam.baselines.two_step`, :mod:`~.tuned_rule`.

Everything is made of what every planner sees: the plan, the passengers left in the current hour, and the fleet.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,misc"

from __future__ import annotations

import numpy as np

from uam.compiled.caching import compiled
from uam.compiled.kernel import mask_into, start, step

FLY = (
    "bias",
    "profit",
    "rate",
    "hours",
    "seats_sold",
    "wanted_here",
    "wanted_next_hour",
    "energy_used",
    "energy_left",
    "at_vertistop",
    "aircraft_there",
    "room_there",
    "chargers_taken",
    "rivals_here",
    "demand_there",
    "demand_there_later",
    "demand_per_aircraft",
    "next_profit",
    "two_step_rate",
    "two_step_profit",
    "business_end",
    "rate_by_hour",
    "two_step_rate_by_hour",
    "rate_late",
    "two_step_rate_late",
    "profit_late",
    "hours_late",
)
"""Features of a flight; dollars are counted in tens, rates in tens of dollars per hour."""

STAY = (
    "bias",
    "by_hour",
    "late",
    "energy_missing",
    "energy_missing_with_charger",
    "aircraft_here",
    "demand_here_now",
    "demand_here_next_hour",
    "minutes_to_next_hour",
    "best_rate_elsewhere",
)
"""Features of staying."""

NUM_FLY, NUM_STAY = len(FLY), len(STAY)
NUM_FEATURES = NUM_FLY + NUM_STAY
TWO_STEP_RATE = FLY.index("two_step_rate")


@compiled
def expected_seats(remaining, forecast, hour, when, i, j, horizon, ahead, seats):
    """Passengers from ``i`` to ``j`` that a departure at ``when`` (s) can expect if ``ahead`` aircraft go before it.

    Those aircraft spread over the destinations as the passengers do.
    """
    if when >= horizon:
        return 0.0
    h = when // 3600
    wanted = np.float64(remaining[i, j]) if h == hour else forecast[i, j, h] / 1000.0
    total = 0.0
    for m in range(len(remaining)):
        total += np.float64(remaining[i, m]) if h == hour else forecast[i, m, h] / 1000.0
    if total <= 0.0:
        return 0.0
    wanted -= seats * ahead * wanted / total
    return min(np.float64(seats), max(0.0, wanted))


@compiled
def second_leg(
    remaining, forecast, margin, cost, cycle, need, full, flyable, hour, when, j, horizon, ahead, seats, first, spent
):
    """The best next flight from ``j`` at ``when``: its profit, and the best total rate (dollars per hour)."""
    best_profit, best_rate = 0.0, first / spent
    if when >= horizon:
        return best_profit, best_rate
    h = when // 3600
    for m in range(len(remaining)):
        if not flyable[j, m] or full < need[j, m]:
            continue
        sold = expected_seats(remaining, forecast, hour, when, j, m, horizon, ahead, seats)
        profit = (sold * margin[j, m, h] - cost[j, m]) / 1000.0
        rate = (first + profit) / (spent + cycle[j, m] / 3600.0)
        if profit > best_profit:
            best_profit = profit
        if rate > best_rate:
            best_rate = rate
    return best_profit, best_rate


@compiled
def features(
    i,
    now,
    energy,
    allowed,
    remaining,
    forecast,
    margin,
    cost,
    energy_wh,
    need,
    cycle,
    flyable,
    business,
    chargers,
    capacity,
    present,
    inbound,
    charging,
    full,
    seats,
    horizon,
    out,
):
    """Fill ``out[j]`` with the features of every allowed action: ``FLY`` first, then ``STAY``."""
    n = len(allowed)
    hour = now // 3600
    hours = forecast.shape[2]
    clock = 2.0 * now / horizon - 1.0
    late = max(0.0, (now - horizon + 7200) / 7200.0)
    out[:] = 0.0
    best_rate = 0.0
    for j in range(n):
        if not allowed[j] or j == i:
            continue
        row = out[j]
        sold = min(seats, remaining[i, j])
        profit = (sold * margin[i, j, hour] - cost[i, j]) / 1000.0
        spent = cycle[i, j] / 3600.0
        rate = profit / spent
        best_rate = max(best_rate, rate)
        there = present[j] + inbound[j]
        when = np.int64(now + cycle[i, j])
        left = energy - energy_wh[i, j]
        range_wh = full if chargers[j] > 0 else left
        ahead = np.float64(there)
        onward, both = second_leg(
            remaining,
            forecast,
            margin,
            cost,
            cycle,
            need,
            range_wh,
            flyable,
            hour,
            when,
            j,
            horizon,
            ahead,
            seats,
            profit,
            spent,
        )
        h = min(hours - 1, when // 3600)
        following = min(hours - 1, h + 1)
        out_now, out_later = 0.0, 0.0
        for m in range(n):
            if flyable[j, m]:
                out_now += np.float64(remaining[j, m]) if h == hour else forecast[j, m, h] / 1000.0
                out_later += forecast[j, m, following] / 1000.0
        row[0] = 1.0
        row[1] = profit / 10.0
        row[2] = rate / 10.0
        row[3] = spent
        row[4] = sold / seats
        row[5] = min(1.0, remaining[i, j] / (5.0 * seats))
        row[6] = min(1.0, forecast[i, j, min(hours - 1, hour + 1)] / 1000.0 / (5.0 * seats))
        row[7] = energy_wh[i, j] / full
        row[8] = left / full
        row[9] = 1.0 if chargers[j] == 0 else 0.0
        row[10] = there / 10.0
        row[11] = (capacity[j] - there) / 10.0
        row[12] = charging[j] / chargers[j] if chargers[j] > 0 else 0.0
        row[13] = present[i] / 10.0
        row[14] = out_now / 100.0
        row[15] = out_later / 100.0
        row[16] = out_now / (seats * (1.0 + there)) / 10.0
        row[17] = onward / 10.0
        row[18] = both / 10.0
        row[19] = (profit + onward) / 10.0
        row[20] = 1.0 if business[j] else 0.0
        row[21] = row[2] * clock
        row[22] = row[18] * clock
        row[23] = row[2] * late
        row[24] = row[18] * late
        row[25] = row[1] * late
        row[26] = row[3] * late
    out_now, out_later = 0.0, 0.0
    for m in range(n):
        if flyable[i, m]:
            out_now += remaining[i, m]
            out_later += forecast[i, m, min(hours - 1, hour + 1)] / 1000.0
    missing = 1.0 - energy / full
    row = out[i]
    row[27] = 1.0
    row[28] = clock
    row[29] = late
    row[30] = missing
    row[31] = missing if charging[i] < chargers[i] else 0.0
    row[32] = present[i] / 10.0
    row[33] = out_now / 100.0
    row[34] = out_later / 100.0
    row[35] = (3600 - now % 3600) / 3600.0
    row[36] = best_rate / 10.0


@compiled
def best_action(weights, table, allowed):
    """The allowed action with the highest weighted sum of features; ties: the lowest number."""
    best, score = -1, 0.0
    for j in range(len(allowed)):
        if allowed[j]:
            total = 0.0
            for f in range(len(weights)):
                total += weights[f] * table[j, f]
            if best < 0 or total > score:
                best, score = j, total
    return best


@compiled
def act(T, D, b, weights, margin, business, allowed, table):
    """The action of the rule with ``weights`` in day ``b`` (:mod:`uam.compiled`); ``allowed`` is its mask."""
    s, k = D.scenario[b], D.aircraft[b]
    hour = D.now[b] // 3600
    features(
        D.location[b, k],
        D.now[b],
        D.energy[b, k],
        allowed,
        D.remaining[b, :, :, hour],
        T.forecast_milli[s],
        margin[s],
        T.flight_cost[s],
        T.energy[s],
        T.need[s],
        T.cycle[s],
        T.flyable[s],
        business,
        T.chargers[s],
        T.capacity[s],
        D.present[b],
        D.inbound[b],
        D.charging[b],
        T.full,
        T.seats,
        T.horizon,
        table,
    )
    return best_action(weights, table, allowed)


@compiled
def play_rule(T, D, weights, margin, business):
    """Play every day from its start with the rule; the number of decisions."""
    allowed = np.zeros(D.present.shape[1], dtype=np.bool_)
    table = np.zeros((len(allowed), len(weights)))
    total = 0
    for b in range(len(D.now)):
        start(T, D, b)
        while D.aircraft[b] >= 0:
            mask_into(T, D, b, allowed)
            step(T, D, b, act(T, D, b, weights, margin, business, allowed, table))
        total += D.decisions[b]
    return total
