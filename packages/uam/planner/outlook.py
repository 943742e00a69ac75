"""What a planner expects of the rest of the day, on its own coarse grid: times, energies, and passengers by flight."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from schedcore.errors import InputError
from uam._checks import Flags, Floats, Ints
from uam.plan import Plan


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """Expectations on a grid of ``step_s`` seconds and ``level_wh``; money in dollars.

    Parameters
    ----------
    step_s, num_steps, steps_per_hour
        Size of a step, steps of the day and of an hour.
    level_wh, top
        Size of an energy level, and the level of a full battery.
    trip_s
        Expected time ``[N, N]`` from decision to landing, s.
    steps
        The same in steps, -1 where a full aircraft may not fly.
    energy, need
        Levels ``[N, N]`` that a flight takes and asks for.
    refill_steps
        Steps ``[top + 1]`` on a charger until full.
    idle_steps, idle_to
        Steps of a "stay", and the level ``[top + 1]`` after one with a charger.
    has_charger
        Flags ``[N]``.
    flight_cost
        ``[N, N]``.
    slots
        What the first, second, ... departure ``[N, N, H, M]`` of a pair in an hour brings, expected from the forecast.
    margin
        What a passenger brings ``[N, N, H]``.
    seats
        Seats of an aircraft.
    """

    step_s: int
    num_steps: int
    steps_per_hour: int
    level_wh: float
    top: int
    trip_s: Floats
    steps: Ints
    energy: Ints
    need: Ints
    refill_steps: Ints
    idle_steps: int
    idle_to: Ints
    has_charger: Flags
    flight_cost: Floats
    slots: Floats
    margin: Floats
    seats: int


def make_outlook(plan: Plan, step_s: int = 150, levels: int = 22) -> Outlook:
    """The outlook of a plan.

    Raises
    ------
    InputError
        A step that does not divide the hour.
    """
    if step_s < 1 or 3600 % step_s:
        raise InputError(f"{step_s} s do not divide an hour", where="planner: step_s", remedy="give 150")
    if levels < 1:
        raise InputError(f"{levels} energy levels", where="planner: levels", remedy="give at least 1")
    aircraft = plan.profile.aircraft
    level_wh = plan.full_wh / levels
    trip = plan.block_s + expected_delays(plan)[:, None]
    held = [round(s * level_wh) for s in range(levels + 1)]
    idle = plan.profile.rules.idle_s
    return Outlook(
        step_s=step_s,
        num_steps=plan.horizon_s // step_s,
        steps_per_hour=3600 // step_s,
        level_wh=level_wh,
        top=levels,
        trip_s=trip,
        steps=np.where(plan.flyable, np.maximum(1, np.rint(trip / step_s)), -1).astype(np.int64),
        energy=np.rint(plan.energy_wh / level_wh).astype(np.int64),
        need=np.ceil(plan.need_wh / level_wh - 0.5).astype(np.int64),
        refill_steps=np.array([round(aircraft.seconds_to_full(e) / step_s) for e in held]),
        idle_steps=max(1, round(idle / step_s)),
        idle_to=np.array([min(levels, round(aircraft.charged_wh(e, idle) / level_wh)) for e in held]),
        has_charger=plan.network.chargers > 0,
        flight_cost=plan.flight_cost_mills / 1000.0,
        slots=slot_values(plan),
        margin=plan.margin_mills / 1000.0,
        seats=plan.seats,
    )


def expected_delays(plan: Plan) -> Floats:
    """Mean ``[N]`` of the take-off delay: a normal law clipped to ``[0, delay_max_s]``, s."""
    law = plan.profile.disruption
    mean = plan.expected_delay_s.astype(np.float64)
    if law.delay_sd_s == 0:
        return np.clip(mean, 0.0, law.delay_max_s)
    # E clip(X, 0, b) is the integral of P(X > x) over [0, b].
    grid = np.linspace(0.0, law.delay_max_s, 721)
    above = 0.5 * _erfc((grid[None, :] - mean[:, None]) / (law.delay_sd_s * math.sqrt(2.0)))
    return np.asarray(np.trapezoid(above, grid, axis=1))


def slot_values(plan: Plan) -> Floats:
    """What the n-th departure of a pair in an hour brings, expected over Poisson passengers, dollars.

    ``[N, N, H, M]``, falling in ``n``: the margin times the expectation of ``clip(D - seats (n - 1), 0, seats)``.
    """
    mean = plan.forecast
    largest = float(mean.max(initial=0.0))
    flights = max(1, math.ceil((largest + 5 * math.sqrt(largest) + 5) / plan.seats))
    # P(D > k) for k = 0, 1, ...
    chance = np.exp(-mean)
    above = np.empty((*mean.shape, flights * plan.seats))
    tail = 1.0 - chance
    for k in range(above.shape[-1]):
        above[..., k] = np.maximum(tail, 0.0)
        chance = chance * mean / (k + 1)
        tail = tail - chance
    carried = above.reshape(*mean.shape, flights, plan.seats).sum(axis=-1)
    return np.asarray(carried * (plan.margin_mills / 1000.0)[..., None])


def _erfc(x: Floats) -> Floats:
    return np.vectorize(math.erfc, otypes=[np.float64])(x)
