"""The day on a grid of time steps and energy levels, rounded so that every real day has its image on it.

The rules that make the relaxation valid (``Rounding.OPTIMISTIC``), for a step ``dt`` and a level ``q``:

* an event at second ``x`` belongs to step ``x // dt``; a flight takes ``(delay + block) // dt`` steps with the least
  delay of the slots that its step overlaps, so it never arrives later than in reality;
* a level ``s`` on the grid stands for *at most* ``s * q`` Wh: batteries are rounded up, the energy of a flight down,
  the energy needed to leave up (a whole level that is at least ``x`` is at least ``x`` rounded up);
* an aircraft charges on the grid in the steps whose last instant it spends on a charger, so chargers are never
  overbooked; the part of a step that is lost this way is granted on landing, and a battery that one step would fill
  is filled by standing at a charger;
* an aircraft counts at its vertiport, or at the one that it is flying to, in the steps whose last instant it does so,
  so the limit on places holds on the grid as it does in reality;
* failures are ignored, and nothing forces an aircraft to charge.

``Rounding.PESSIMISTIC`` rounds everything the other way.  It is no bound: the distance between the two shows how
much of the bound is due to the grid.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np

from schedcore.errors import InputError
from uam._checks import Floats, Ints
from uam.aircraft import Aircraft
from uam.scenario import Scenario


class Rounding(enum.Enum):
    """Which way durations and energies are rounded to the grid."""

    OPTIMISTIC = "floor"
    PESSIMISTIC = "ceiling"


@dataclass(frozen=True, slots=True, eq=False)
class DayGrid:
    """A scenario on the grid; money in dollars.

    Parameters
    ----------
    step_s, level_wh
        Size of a step and of an energy level.
    num_steps, top
        Number of steps ``T``, and the level of a full battery (levels are ``0..top``).
    steps
        Steps ``[N, N, T]`` of a flight that leaves in a step; -1 where it must not leave.
    energy, need
        Levels ``[N, N]`` that a flight takes, and that it asks for.
    charge
        Level ``[top + 1]`` after one step on a charger.
    land
        Level ``[top + 1]`` after landing at a charger: :attr:`charge` when the step is granted.
    park
        Level ``[top + 1]`` after one step beside a charger.
    chargers, capacity
        Chargers and places ``[N]``.
    fleet
        Aircraft ``[N, top + 1]`` at the start.
    flight_cost
        Cost ``[N, N]`` of a flight.
    full, full_value
        Flights ``[N, N, H]`` with every seat sold that the hour's passengers fill, and what one brings.
    rest_value
        What the one flight ``[N, N, H]`` with the remaining passengers brings (0: nobody is left).
    steps_per_hour
        Steps of an hour.
    lane_limit
        Departures of a pair in one step, at most.
    """

    step_s: int
    level_wh: int
    num_steps: int
    top: int
    steps: Ints
    energy: Ints
    need: Ints
    charge: Ints
    land: Ints
    park: Ints
    chargers: Ints
    capacity: Ints
    fleet: Floats
    flight_cost: Floats
    full: Floats
    full_value: Floats
    rest_value: Floats
    steps_per_hour: int
    lane_limit: int

    @property
    def num_vertiports(self) -> int:
        """N."""
        return len(self.chargers)

    @property
    def hour(self) -> Ints:
        """Hour ``[T]`` of every step."""
        return np.arange(self.num_steps, dtype=np.int64) // self.steps_per_hour

    def level_of(self, energy_wh: float) -> int:
        """The lowest level that stands for at least ``energy_wh``."""
        return min(self.top, -int(-energy_wh // self.level_wh))


def natural_level_wh(aircraft: Aircraft, step_s: int) -> int:
    """The energy of one step at full power, and one Wh more for the rounding of the charging curve."""
    return int(np.ceil(aircraft.charger_w * step_s / 3600.0)) + 1


def make_grid(
    scenario: Scenario,
    step_s: int,
    *,
    level_wh: int | None = None,
    rounding: Rounding = Rounding.OPTIMISTIC,
) -> DayGrid:
    """``scenario`` on a grid of ``step_s`` seconds and ``level_wh`` (default: one step's charge).

    Raises
    ------
    InputError
        A step that does not divide the hour, the wait of a "stay" and (or is divided by) the slot of the delays.
    """
    plan, real = scenario.plan, scenario.realised
    rules, aircraft = plan.profile.rules, plan.profile.aircraft
    _check_step(step_s, rules.idle_s, rules.delay_slot_s)
    level = natural_level_wh(aircraft, step_s) if level_wh is None else level_wh
    if level < 1:
        raise InputError(f"a level of {level} Wh", where="bound: level_wh", remedy="give at least 1")
    optimistic = rounding is Rounding.OPTIMISTIC
    n, steps = plan.num_vertiports, plan.horizon_s // step_s

    def levels(energy: Ints, *, up: bool) -> Ints:
        return np.asarray(-(-energy // level) if up else energy // level, dtype=np.int64)

    top = int(levels(np.array(plan.full_wh), up=optimistic))
    charge = _charge_map(aircraft, step_s, level, top, optimistic)
    if optimistic:
        land = charge
        park = np.where(charge == top, top, np.arange(top + 1))
    else:
        land = park = np.arange(top + 1)
    fleet = np.zeros((n, top + 1))
    np.add.at(fleet, (plan.start_location, np.minimum(top, levels(plan.start_energy_wh, up=optimistic))), 1)
    seats, margin = plan.seats, plan.margin_mills / 1000.0
    headway = rules.headway_s
    return DayGrid(
        step_s=step_s,
        level_wh=level,
        num_steps=steps,
        top=top,
        steps=_flight_steps(scenario, step_s, steps, optimistic),
        energy=levels(plan.energy_wh, up=not optimistic),
        need=levels(plan.need_wh, up=True),
        charge=charge,
        land=land,
        park=park,
        chargers=plan.network.chargers,
        capacity=plan.capacity,
        fleet=fleet,
        flight_cost=plan.flight_cost_mills / 1000.0,
        full=(real.demand // seats).astype(np.float64),
        full_value=seats * margin,
        rest_value=(real.demand % seats) * margin,
        steps_per_hour=3600 // step_s,
        lane_limit=plan.network.lanes * (-(-step_s // headway) if headway else step_s),
    )


def _check_step(step_s: int, idle_s: int, slot_s: int) -> None:
    fits = step_s >= 1 and 3600 % step_s == 0 and idle_s % step_s == 0
    if not fits or (slot_s % step_s and step_s % slot_s):
        raise InputError(
            f"steps of {step_s} s do not fit an hour, a wait of {idle_s} s and delay slots of {slot_s} s",
            where="bound: step_s",
            remedy="give 60 or 300",
        )


def _flight_steps(scenario: Scenario, step_s: int, steps: int, optimistic: bool) -> Ints:
    """Steps ``[N, N, T]`` of every flight; -1 where the pair is closed or out of reach."""
    plan, real = scenario.plan, scenario.realised
    slot = plan.profile.rules.delay_slot_s
    if step_s <= slot:
        delay = real.delay_s[:, np.arange(steps) * step_s // slot]
    else:
        grouped = real.delay_s.reshape(len(real.delay_s), steps, step_s // slot)
        delay = grouped.min(axis=2) if optimistic else grouped.max(axis=2)
    total = delay[:, None, :] + plan.block_s[:, :, None]
    result = total // step_s if optimistic else -(-total // step_s)
    if (result[plan.flyable] < 1).any():
        raise InputError(
            f"a flight takes less than a step of {step_s} s", where="bound: step_s", remedy="give a shorter step"
        )
    hour = np.arange(steps) * step_s // 3600
    result[real.closed[:, :, hour] | ~plan.flyable[:, :, None]] = -1
    return np.ascontiguousarray(result, dtype=np.int64)


def _charge_map(aircraft: Aircraft, step_s: int, level_wh: int, top: int, optimistic: bool) -> Ints:
    """Level after one step on the charger, from every level; in the optimistic grid never below reality.

    While an aircraft charges, its energy stays within one increment of the curve above the point ``r`` that the
    curve has reached, so the most that it can have after a step is the maximum over all ``r`` of what such an
    energy, at most that of the level, becomes.
    """
    curve = aircraft.charge_curve_wh
    last = len(curve) - 1
    after = curve[np.minimum(np.arange(last + 1) + step_s, last)]
    largest = int(np.diff(curve).max(initial=0))
    result = np.empty(top + 1, dtype=np.int64)
    for s in range(top + 1):
        energy = min(s * level_wh, aircraft.full_wh)
        below = int(np.searchsorted(curve, energy, side="right"))
        if optimistic:
            most = int((np.minimum(energy, curve[:below] + largest) + (after - curve)[:below]).max())
            result[s] = min(top, -(-min(most, aircraft.full_wh) // level_wh))
        else:
            result[s] = min(top, max(s, int(after[below - 1]) // level_wh))
    return result
