"""Compiled parts of the planner: values of aircraft at prices, the flow they cause, and the prices that balance it."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,misc"

from __future__ import annotations

import numpy as np

from uam.compiled.caching import compiled


@compiled
def backward(
    steps, energy, need, refill, idle, idle_to, charger, cost, price, shut, first, hour, per_hour, value, landed
):
    """Fill ``value[t, i, s]`` for ``t >= first``: what an aircraft earns from there on when a flight pays ``price``.

    An aircraft that lands at a charger fills its battery before it decides again; ``shut`` pairs are closed until the
    end of ``hour``.  ``value`` has ``idle`` steps of zeros after the day's last; ``landed[t, j, s]`` becomes the
    value of landing.
    """
    n = len(cost)
    last = value.shape[0] - 1 - idle
    levels = value.shape[2]
    top = levels - 1
    value[last:] = 0.0
    landed[last:] = 0.0
    for t in range(last - 1, first - 1, -1):
        h = t // per_hour
        for i in range(n):
            here = value[t, i]
            if charger[i]:
                for s in range(levels):
                    here[s] = value[t + idle, i, idle_to[s]]
            else:
                for s in range(levels):
                    here[s] = value[t + idle, i, s]
            for j in range(n):
                if steps[i, j] < 0 or (h == hour and shut[i, j]):
                    continue
                worth = price[i, j, h] - cost[i, j]
                there = landed[min(last, t + steps[i, j]), j]
                used = energy[i, j]
                for s in range(need[i, j], levels):
                    found = worth + there[s - used]
                    here[s] = found if found > here[s] else here[s]
            if charger[i]:
                for s in range(levels):
                    landed[t, i, s] = value[min(last, t + refill[s]), i, top]
            else:
                for s in range(levels):
                    landed[t, i, s] = here[s]


@compiled
def forward(
    steps,
    energy,
    need,
    refill,
    idle,
    idle_to,
    charger,
    cost,
    price,
    shut,
    first,
    hour,
    per_hour,
    value,
    landed,
    mass,
    flights,
):
    """Move the aircraft in ``mass[t, i, s]`` along best paths; ``flights[i, j, h]`` counts their departures."""
    n = len(cost)
    last = value.shape[0] - 1 - idle
    levels = value.shape[2]
    top = levels - 1
    flights[:] = 0.0
    for t in range(first, last):
        h = t // per_hour
        for i in range(n):
            for s in range(levels):
                count = mass[t, i, s]
                if count <= 0.0:
                    continue
                best = -1
                earned = value[t, i, s] - 1e-9
                for j in range(n):
                    if steps[i, j] < 0 or s < need[i, j] or (h == hour and shut[i, j]):
                        continue
                    arrival = min(last, t + steps[i, j])
                    left = s - energy[i, j]
                    if price[i, j, h] - cost[i, j] + landed[arrival, j, left] >= earned:
                        best = j
                        if charger[j]:
                            arrival = min(last, arrival + refill[left])
                            left = top
                        mass[arrival, j, left] += count
                        break
                if best >= 0:
                    flights[i, best, h] += count
                else:
                    after = idle_to[s] if charger[i] else s
                    mass[t + idle, i, after] += count


@compiled
def balance(
    steps,
    energy,
    need,
    refill,
    idle,
    idle_to,
    charger,
    cost,
    slots,
    shut,
    first,
    hour,
    per_hour,
    fleet,
    price,
    momentum,
    square,
    iterations,
    size,
    value,
    landed,
    mass,
    flights,
):
    """``iterations`` subgradient steps on ``price``; ``value`` then belongs to the new prices.

    ``slots[i, j, h]`` are the values of successive departures, falling.  A price falls while more flights want it
    than slots are worth it, and rises otherwise; steps are scaled by the root mean square of the slope (Adam).
    """
    n, _, hours, many = slots.shape
    for _ in range(iterations):
        backward(
            steps, energy, need, refill, idle, idle_to, charger, cost, price, shut, first, hour, per_hour, value, landed
        )
        mass[first:] = fleet[first:]
        forward(
            steps,
            energy,
            need,
            refill,
            idle,
            idle_to,
            charger,
            cost,
            price,
            shut,
            first,
            hour,
            per_hour,
            value,
            landed,
            mass,
            flights,
        )
        for i in range(n):
            for j in range(n):
                if i == j:
                    continue
                for h in range(hour, hours):
                    slope = flights[i, j, h]
                    for m in range(many):
                        if slots[i, j, h, m] <= price[i, j, h]:
                            break
                        slope -= 1.0
                    momentum[i, j, h] = 0.9 * momentum[i, j, h] + 0.1 * slope
                    square[i, j, h] = 0.99 * square[i, j, h] + 0.01 * slope * slope
                    step = size * momentum[i, j, h] / (np.sqrt(square[i, j, h]) + 0.1)
                    price[i, j, h] = max(0.0, price[i, j, h] - step)
    backward(
        steps, energy, need, refill, idle, idle_to, charger, cost, price, shut, first, hour, per_hour, value, landed
    )


@compiled
def at(value, last, step_s, top, seconds, j, level):
    """``value`` at a time between two steps, linearly; 0 after the end."""
    exact = seconds / step_s
    t = int(exact)
    if t >= last:
        return 0.0
    part = exact - t
    level = min(top, max(0, level))
    return (1.0 - part) * value[t, j, level] + part * value[t + 1, j, level]
