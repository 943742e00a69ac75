"""Observations of many days, compiled: the same numbers as :func:`uam.observation.observe`."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,misc"

from __future__ import annotations

import numpy as np

from uam.compiled.caching import compiled
from uam.compiled.kernel import CHARGING, FAILED, FLYING, mask_into, seen_remaining

DYNAMIC = ("vertiports", "aircraft", "destinations", "remaining", "lanes", "clock", "action_mask")
"""Order of the arrays that :func:`observe_days` takes."""

_MILES, _PASSENGERS, _MILLS, _DELAY_S, _CHARGERS = 50.0, 50.0, 50_000.0, 1800.0, 6.0
_NO_CHARGER_HOURS, _LIMIT = 2.0, 1000.0


@compiled
def observe_day(T, D, b, vertiports, aircraft, destinations, remaining, lanes, clock, action_mask, allowed):
    """Write the observation of day ``b``, which is not over, into arrays without a leading dimension."""
    s, k, now = D.scenario[b], D.aircraft[b], D.now[b]
    i, hour = D.location[b, k], now // 3600
    n, num_aircraft, hours = D.present.shape[1], D.due.shape[1], D.remaining.shape[3]
    mask_into(T, D, b, allowed)

    for j in range(n):
        capacity, chargers = T.capacity[s, j], T.chargers[s, j]
        free_in = 0.0
        if chargers == 0:
            free_in = _NO_CHARGER_HOURS
        elif D.charging[b, j] >= chargers:
            first = np.int64(2**62)
            for a in range(num_aircraft):
                if D.location[b, a] == j and D.status[b, a] == CHARGING:
                    first = min(first, D.available[b, a])
            free_in = (first - now) / 3600.0
        row = vertiports[j]
        row[0] = T.x[s, j] / _MILES
        row[1] = T.y[s, j] / _MILES
        row[2] = D.present[b, j] / capacity
        row[3] = D.inbound[b, j] / capacity
        row[4] = D.charging[b, j] / max(chargers, 1)
        row[5] = free_in
        row[6] = T.expected_delay[s, j] / _DELAY_S
        row[7] = chargers == 0
        row[8] = j == i

        waiting, later = np.int64(0), np.int64(0)
        for other in range(n):
            left = seen_remaining(T, D, b, j, other, hour)
            waiting += left
            remaining[j, other] = min(left / _PASSENGERS, _LIMIT)
            if hour + 1 < hours:
                later += T.forecast_milli[s, j, other, hour + 1]
            passable = T.flyable[s, j, other] and not T.closed[s, j, other, hour]
            for lane in range(T.lanes):
                lanes[j, other, lane] = passable and D.lane_free[b, j, other, lane] <= now

        passengers = min(T.seats, seen_remaining(T, D, b, i, j, hour))
        profit = passengers * (T.fare[s, i, j, hour] - T.cost[s, i, j]) - T.flight_cost[s, i, j]
        flight = np.float64(T.expected_delay[s, i] + T.block[s, i, j])
        cycle = flight + (T.plug + T.energy[s, i, j] * 3600.0 / T.charger_w)
        if j == i:
            profit = 0
            flight = cycle = np.float64(T.idle)
        row = destinations[j]
        row[0] = _clip(profit / _MILLS)
        row[1] = passengers / T.seats
        row[2] = _clip(flight / 3600.0)
        row[3] = _clip(cycle / 3600.0)
        row[4] = (D.energy[b, k] - T.energy[s, i, j]) / T.full
        row[5] = _clip(waiting / _PASSENGERS)
        row[6] = _clip(later / 1000.0 / _PASSENGERS)
        row[7] = (capacity - D.present[b, j] - D.inbound[b, j]) / capacity
        row[8] = (chargers - D.charging[b, j]) / _CHARGERS
        action_mask[j] = allowed[j]

    for a in range(num_aircraft):
        row = aircraft[a]
        row[0] = T.x[s, D.location[b, a]] / _MILES
        row[1] = T.y[s, D.location[b, a]] / _MILES
        row[2] = D.energy[b, a] / T.full
        row[3] = (D.available[b, a] - now) / 3600.0
        row[4] = D.status[b, a] == FLYING
        row[5] = D.status[b, a] == CHARGING
        row[6] = D.status[b, a] == FAILED
        row[7] = T.failure_probability[s, a] * 100.0
        row[8] = a == k
    clock[0] = now / T.horizon
    clock[1] = now % 3600 / 3600.0


@compiled
def observe_days(T, D, vertiports, aircraft, destinations, remaining, lanes, clock, action_mask):
    """Write the observations of all days; of a day that is over only the mask: vertiport 0 alone."""
    allowed = np.zeros(D.present.shape[1], dtype=np.bool_)
    for b in range(len(D.now)):
        if D.aircraft[b] >= 0:
            observe_day(
                T,
                D,
                b,
                vertiports[b],
                aircraft[b],
                destinations[b],
                remaining[b],
                lanes[b],
                clock[b],
                action_mask[b],
                allowed,
            )
        else:
            action_mask[b] = 0
            action_mask[b, 0] = 1


@compiled
def _clip(value):
    return max(-_LIMIT, min(_LIMIT, value))
