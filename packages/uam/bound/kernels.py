"""Compiled passes over the grid of a day: the best value from every node, and the flow that follows it."""

from __future__ import annotations

import numpy as np
from numba import njit

from uam._checks import Floats, Ints


@njit(cache=True, fastmath=True)
def values(  # type: ignore[no-untyped-def]
    steps, energy, need, charge, land, park, has_charger, worth, charger_price, place_price, value, landed, paid
) -> None:
    """Fill ``value[t, i, s]``, the best that an aircraft can earn from a node on, at the given prices.

    ``worth[i, j, t]`` is what a flight earns, ``charger_price[i, t]`` and ``place_price[i, t]`` what a step on a
    charger and at a place costs.  ``landed[t, j, s]`` becomes the value of landing with level ``s``, and
    ``paid[j, t]`` the price of the places of ``j`` in all steps before ``t``.
    """
    n, _, num_steps = steps.shape
    levels = value.shape[2]
    for j in range(n):
        paid[j, 0] = 0.0
        for t in range(num_steps):
            paid[j, t + 1] = paid[j, t] + place_price[j, t]
    value[num_steps] = 0.0
    landed[num_steps] = 0.0
    for t in range(num_steps - 1, -1, -1):
        for i in range(n):
            rent = place_price[i, t]
            if has_charger[i]:
                fee = rent + charger_price[i, t]
                for s in range(levels):
                    value[t, i, s] = max(value[t + 1, i, park[s]] - rent, value[t + 1, i, charge[s]] - fee)
            else:
                for s in range(levels):
                    value[t, i, s] = value[t + 1, i, s] - rent
            for j in range(n):
                taken = steps[i, j, t]
                if taken < 0:
                    continue
                arrival = min(t + taken, num_steps)
                earned = worth[i, j, t] - (paid[j, arrival] - paid[j, t])
                used = energy[i, j]
                for s in range(need[i, j], levels):
                    found = earned + landed[arrival, j, s - used]
                    if found > value[t, i, s]:
                        value[t, i, s] = found
            if has_charger[i]:
                for s in range(levels):
                    landed[t, i, s] = value[t, i, land[s]]
            else:
                for s in range(levels):
                    landed[t, i, s] = value[t, i, s]


@njit(cache=True, fastmath=True)
def flow(  # type: ignore[no-untyped-def]
    steps,
    energy,
    need,
    charge,
    land,
    park,
    has_charger,
    worth,
    charger_price,
    place_price,
    value,
    landed,
    paid,
    hour,
    mass,
    flights,
    charging,
    present,
) -> None:
    """Send the aircraft in ``mass[0]`` along a best path each, as ``values`` found them.

    ``flights[i, j, h]``, ``charging[i, t]`` and ``present[i, t]`` become the use of flights, chargers and places.
    """
    n, _, num_steps = steps.shape
    levels = value.shape[2]
    mass[1:] = 0.0
    flights[:] = 0.0
    charging[:] = 0.0
    present[:] = 0.0  # first the change of the number at a place, summed up at the end
    for i in range(n):
        for s in range(levels):
            present[i, 0] += mass[0, i, s]
    for t in range(num_steps):
        for i in range(n):
            for s in range(levels):
                count = mass[t, i, s]
                if count <= 0.0:
                    continue
                enough = value[t, i, s] - 1e-9
                stands = park[s] if has_charger[i] else s
                if value[t + 1, i, stands] - place_price[i, t] >= enough:
                    mass[t + 1, i, stands] += count
                    continue
                gone = False
                for j in range(n):
                    taken = steps[i, j, t]
                    if taken < 0 or s < need[i, j]:
                        continue
                    arrival = min(t + taken, num_steps)
                    left = s - energy[i, j]
                    earned = worth[i, j, t] - (paid[j, arrival] - paid[j, t])
                    if earned + landed[arrival, j, left] >= enough:
                        mass[arrival, j, land[left] if has_charger[j] else left] += count
                        flights[i, j, hour[t]] += count
                        present[i, t] -= count
                        present[j, t] += count
                        gone = True
                        break
                if not gone:  # nothing else is left
                    mass[t + 1, i, charge[s]] += count
                    charging[i, t] += count
    for i in range(n):
        for t in range(1, num_steps):
            present[i, t] += present[i, t - 1]


def buffers(num_vertiports: int, num_steps: int, top: int) -> tuple[Floats, Floats, Floats]:
    """Room for ``value``, ``landed`` and ``paid``."""
    shape = (num_steps + 1, num_vertiports, top + 1)
    return np.zeros(shape), np.zeros(shape), np.zeros((num_vertiports, num_steps + 1))


def as_flags(counts: Ints) -> Ints:
    """Which vertiports have chargers, as the kernels want it."""
    return np.asarray(counts > 0, dtype=np.int64)
