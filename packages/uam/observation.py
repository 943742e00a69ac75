"""What a network sees: the state of a decision as arrays of fixed shape, scaled to the order of 1.

With room for N' vertiports and K' aircraft (padding is zero), H hours and L lanes per pair:

================= ============ =======================================================================
``vertiports``    [N', 9]      :data:`VERTIPORT_FEATURES`
``aircraft``      [K', 9]      :data:`AIRCRAFT_FEATURES`
``destinations``  [N', 9]      :data:`DESTINATION_FEATURES`, of the deciding aircraft for every vertiport
``adjacency``     [N', N']     1 - closure probability where the pair can be flown, otherwise 0
``remaining``     [N', N']     passengers left in this hour / 50
``lanes``         [N', N', L]  1 where a departure is possible now: the lane is free, the pair open and flyable
``forecast``      [N', N', H]  expected passengers / 50
``fares``         [N', N', H]  tickets / 50 $
``clock``         [2]          share of the day, and of the hour, that has passed
``vertiport_mask``, ``aircraft_mask``   1 for what is no padding
``action_mask``   [N']         1 for allowed actions
================= ============ =======================================================================

``adjacency``, ``forecast`` and ``fares`` stay the same all day.  :mod:`uam.compiled.observe` fills the same arrays
for many days at once; tests hold the two equal.  Values beyond :data:`LIMIT` are clipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from schedcore.errors import InputError
from uam.plan import Plan
from uam.state import CHARGING, FAILED, FLYING, DayState

VERTIPORT_FEATURES = (
    "x / 50 miles",
    "y / 50 miles",
    "aircraft present / places",
    "aircraft inbound / places",
    "chargers in use / chargers (0 at a vertistop)",
    "hours until a charger is free (2 at a vertistop)",
    "expected take-off delay / 30 min",
    "is a vertistop",
    "the deciding aircraft is here",
)
AIRCRAFT_FEATURES = (
    "x of its vertiport or destination / 50 miles",
    "y likewise",
    "energy at its next event / full",
    "hours until its next event",
    "is flying",
    "is charging",
    "is out of order",
    "failure probability * 100",
    "decides now",
)
DESTINATION_FEATURES = (
    "profit of the flight now / 50 $",
    "passengers / seats",
    "hours of the flight, expected delay included",
    "hours of its cycle: flight and recharging",
    "energy left after it / full",
    "passengers from there in this hour / 50",
    "expected passengers from there in the next hour / 50",
    "free places there / places",
    "free chargers there / 6",
)

MILES, PASSENGERS, DOLLARS = 50.0, 50.0, 50.0
DELAY_S, CHARGERS = 1800.0, 6.0
NO_CHARGER_HOURS = 2.0
LIMIT = 1000.0

STATIC = ("adjacency", "forecast", "fares", "vertiport_mask", "aircraft_mask")

Observation = dict[str, "np.ndarray[Any, np.dtype[Any]]"]


@dataclass(frozen=True, slots=True)
class Sizes:
    """Room of observations: vertiports, aircraft, hours, lanes."""

    vertiports: int
    aircraft: int
    hours: int = 12
    lanes: int = 2

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of every array of an observation, in the order of the table above."""
        n, k = self.vertiports, self.aircraft
        return {
            "vertiports": (n, len(VERTIPORT_FEATURES)),
            "aircraft": (k, len(AIRCRAFT_FEATURES)),
            "destinations": (n, len(DESTINATION_FEATURES)),
            "adjacency": (n, n),
            "remaining": (n, n),
            "lanes": (n, n, self.lanes),
            "forecast": (n, n, self.hours),
            "fares": (n, n, self.hours),
            "clock": (2,),
            "vertiport_mask": (n,),
            "aircraft_mask": (k,),
            "action_mask": (n,),
        }

    def check_fits(self, plan: Plan) -> None:
        """Raise InputError unless days with this plan fit."""
        needs = {
            "vertiports": (plan.num_vertiports, self.vertiports),
            "aircraft": (plan.num_aircraft, self.aircraft),
        }
        for what, (given, room) in needs.items():
            if given > room:
                raise InputError(f"{given} {what}, but room for {room}", where="observation", remedy="make more room")
        for what, given, room in (("hours", plan.hours, self.hours), ("lanes", plan.network.lanes, self.lanes)):
            if given != room:
                raise InputError(
                    f"{given} {what}, but observations are made for {room}", where="observation", remedy=f"use {room}"
                )


def sizes_of(plan: Plan) -> Sizes:
    """Just enough room for ``plan``."""
    return Sizes(plan.num_vertiports, plan.num_aircraft, plan.hours, plan.network.lanes)


def empty_observation(sizes: Sizes, *, days: int | None = None) -> Observation:
    """Arrays of zeros; with ``days`` each has that leading dimension.  float32; ``action_mask`` is int8."""
    lead = () if days is None else (days,)
    return {
        name: np.zeros(lead + shape, dtype=np.int8 if name == "action_mask" else np.float32)
        for name, shape in sizes.shapes().items()
    }


def static_part(plan: Plan, sizes: Sizes) -> Observation:
    """The arrays of :data:`STATIC` for ``plan``."""
    sizes.check_fits(plan)
    n, k = plan.num_vertiports, plan.num_aircraft
    made = {name: array for name, array in empty_observation(sizes).items() if name in STATIC}
    made["adjacency"][:n, :n] = np.where(plan.flyable, 1.0 - plan.closure_probability, 0.0)
    made["forecast"][:n, :n] = np.minimum(plan.forecast_milli / 1000.0 / PASSENGERS, LIMIT)
    made["fares"][:n, :n] = np.minimum(plan.fare_mills / 1000.0 / DOLLARS, LIMIT)
    made["vertiport_mask"][:n] = 1
    made["aircraft_mask"][:k] = 1
    return made


def observe(state: DayState, sizes: Sizes | None = None) -> Observation:
    """The arrays of a decision, with room for ``sizes`` (default: just enough)."""
    plan, now, hour, i, k = state.plan, state.now_s, state.hour, state.vertiport, state.aircraft
    sizes = sizes or sizes_of(plan)
    n, num_aircraft, capacity = plan.num_vertiports, plan.num_aircraft, plan.capacity
    chargers, full, seats = plan.network.chargers, plan.full_wh, plan.seats
    obs = {**empty_observation(sizes), **static_part(plan, sizes)}
    x, y = plan.network.x_miles / MILES, plan.network.y_miles / MILES

    free_in = np.zeros(n)
    for j in range(n):
        if chargers[j] == 0:
            free_in[j] = NO_CHARGER_HOURS
        elif state.charging[j] >= chargers[j]:
            there = (state.location == j) & (state.status == CHARGING)
            free_in[j] = (state.available_s[there].min() - now) / 3600.0
    obs["vertiports"][:n] = np.column_stack(
        [
            x,
            y,
            state.present / capacity,
            state.inbound / capacity,
            state.charging / np.maximum(chargers, 1),
            free_in,
            plan.expected_delay_s / DELAY_S,
            chargers == 0,
            np.arange(n) == i,
        ]
    )
    obs["aircraft"][:num_aircraft] = np.column_stack(
        [
            x[state.location],
            y[state.location],
            state.energy_wh / full,
            (state.available_s - now) / 3600.0,
            state.status == FLYING,
            state.status == CHARGING,
            state.status == FAILED,
            plan.failure_probability * 100.0,
            np.arange(num_aircraft) == k,
        ]
    )
    aircraft = plan.profile.aircraft
    passengers = np.minimum(state.remaining[i], seats)
    profit = passengers * (plan.fare_mills[i, :, hour] - plan.cost_mills[i]) - plan.flight_cost_mills[i]
    profit[i] = 0
    flight_s = (plan.expected_delay_s[i] + plan.block_s[i]).astype(float)
    cycle_s = flight_s + (aircraft.plug_s + plan.energy_wh[i] * 3600.0 / aircraft.charger_w)
    flight_s[i] = cycle_s[i] = plan.profile.rules.idle_s
    next_hour = plan.forecast_milli[:, :, hour + 1].sum(axis=1) / 1000.0 if hour + 1 < plan.hours else np.zeros(n)
    obs["destinations"][:n] = np.column_stack(
        [
            profit / 1000.0 / DOLLARS,
            passengers / seats,
            flight_s / 3600.0,
            cycle_s / 3600.0,
            (state.energy_wh[k] - plan.energy_wh[i]) / full,
            state.remaining.sum(axis=1) / PASSENGERS,
            next_hour / PASSENGERS,
            (capacity - state.present - state.inbound) / capacity,
            (chargers - state.charging) / CHARGERS,
        ]
    ).clip(-LIMIT, LIMIT)
    obs["remaining"][:n, :n] = np.minimum(state.remaining / PASSENGERS, LIMIT)
    passable = plan.flyable & ~state.closed
    obs["lanes"][:n, :n] = (state.lane_free_s <= now) & passable[:, :, None]
    obs["clock"][:] = now / plan.horizon_s, now % 3600 / 3600.0
    obs["action_mask"][:n] = state.mask
    return obs
