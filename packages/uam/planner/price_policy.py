"""Fly where the passengers' money and the value of the aircraft afterwards are highest, at balanced prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from schedcore.errors import InputError
from uam._checks import Floats, Ints
from uam.plan import Plan
from uam.planner.kernels import at, balance
from uam.planner.outlook import make_outlook
from uam.scenario import Realised
from uam.state import FLYING, DayState


@dataclass(frozen=True)
class PriceSettings:
    """Parameters of :class:`PricePolicy`.

    ``step_s`` and ``levels`` make the grid; ``opening`` iterations find the prices of the day, ``iterations`` keep
    them in balance at every decision, with steps of ``opening_size`` (first half; a fifth in the second) and ``size``
    dollars.  ``cash`` is the weight of the money in sight against the price of the flight (0 to 1).
    """

    step_s: int = 150
    levels: int = 22
    opening: int = 400
    opening_size: float = 0.5
    iterations: int = 10
    size: float = 0.4
    cash: float = 0.0

    def __post_init__(self) -> None:
        if self.iterations < 0 or self.opening < 0:
            raise InputError("a number of iterations is negative", where="planner", remedy="give at least 0")
        if not self.size > 0 or not self.opening_size > 0:
            raise InputError("a step size is not above 0", where="planner", remedy="give 0.1")
        if not 0 <= self.cash <= 1:
            raise InputError(f"cash is {self.cash}", where="planner", remedy="give a weight from 0 to 1")


class PricePolicy:
    """Every flight of a pair and hour has a price, every aircraft at every place and time a value.

    The prices are the dual of a flow of the whole fleet over the rest of the day: passengers as forecast (those of the
    current hour as seen), flights as long as expected.  They are corrected a little at every decision, for the fleet
    as it then is.  The deciding aircraft takes the destination with the highest sum of what the flight is worth and
    what the aircraft is worth when it can leave again.
    """

    name = "prices"
    clairvoyant = False

    def __init__(self, settings: PriceSettings | None = None) -> None:
        self.settings = settings or PriceSettings()

    def reset(self, plan: Plan, realised: Realised | None, seed: int) -> None:
        settings = self.settings
        look = make_outlook(plan, settings.step_s, settings.levels)
        self.plan, self.look = plan, look
        n, hours = plan.num_vertiports, plan.hours
        self._slots = look.slots.copy()
        self.price: Floats = look.slots[..., 0] * 0.75
        self._momentum, self._square = np.zeros((2, n, n, hours))
        shape = (look.num_steps + look.idle_steps + 1, n, look.top + 1)
        self.value, self._landed, self._mass, self._fleet = np.zeros((4, *shape))
        self._flights = np.zeros((n, n, hours))
        self._refill_s = [plan.profile.aircraft.seconds_to_full(round(s * look.level_wh)) for s in range(look.top + 1)]
        self._opened = False

    def act(self, state: DayState) -> int:
        """The destination of highest worth."""
        self.observe(state)
        return int(np.argmax(self.worths(state)))

    def observe(self, state: DayState) -> None:
        """Bring prices and values up to date with ``state``."""
        settings = self.settings
        self._see_passengers(state)
        self._see_fleet(state)
        if not self._opened:
            self._balance(state, settings.opening, settings.opening_size)
            self._balance(state, settings.opening, settings.opening_size / 5)
            self._opened = True
        self._balance(state, settings.iterations, settings.size)

    def worths(self, state: DayState) -> Floats:
        """Dollars ``[N]`` of every action; minus infinity where it is not allowed."""
        look, plan, i, hour = self.look, self.plan, state.vertiport, state.hour
        energy = int(state.energy_wh[state.aircraft])
        result = np.full(plan.num_vertiports, -np.inf)
        aircraft = plan.profile.aircraft
        for j in np.flatnonzero(state.mask).tolist():
            if j == i:
                idle = plan.profile.rules.idle_s
                charges = look.has_charger[i] and state.charging[i] < plan.network.chargers[i]
                after = aircraft.charged_wh(energy, idle) if charges else energy
                result[j] = self._at(state.now_s + idle, i, after)
                continue
            left = energy - int(plan.energy_wh[i, j])
            ready = state.now_s + look.trip_s[i, j]
            if look.has_charger[j]:
                ready += aircraft.seconds_to_full(left)
                left = plan.full_wh
            cash = min(look.seats, int(state.remaining[i, j])) * look.margin[i, j, hour]
            price = min(cash, self.price[i, j, hour])
            worth = self.settings.cash * cash + (1 - self.settings.cash) * price
            result[j] = worth - look.flight_cost[i, j] + self._at(ready, j, left)
        return result

    def _at(self, seconds: float, vertiport: int, energy_wh: int) -> float:
        look = self.look
        level = round(energy_wh / look.level_wh)
        return float(at(self.value, look.num_steps, look.step_s, look.top, seconds, vertiport, level))

    def _balance(self, state: DayState, iterations: int, size: float) -> None:
        look = self.look
        balance(
            look.steps,
            look.energy,
            look.need,
            look.refill_steps,
            look.idle_steps,
            look.idle_to,
            look.has_charger,
            look.flight_cost,
            self._slots,
            state.closed,
            self._first,
            state.hour,
            look.steps_per_hour,
            self._fleet,
            self.price,
            self._momentum,
            self._square,
            iterations,
            size,
            self.value,
            self._landed,
            self._mass,
            self._flights,
        )

    def _see_passengers(self, state: DayState) -> None:
        look = self.look
        many = self._slots.shape[-1]
        left = state.remaining[:, :, None] - look.seats * np.arange(many)
        self._slots[:, :, state.hour] = np.clip(left, 0, look.seats) * look.margin[:, :, state.hour, None]

    def _see_fleet(self, state: DayState) -> None:
        look, fleet = self.look, self._fleet
        self._first = min(look.num_steps - 1, state.now_s // look.step_s)
        level = np.minimum(look.top, np.rint(state.energy_wh / look.level_wh)).astype(np.int64)
        ready = state.available_s.astype(np.float64)
        for k in np.flatnonzero((state.status == FLYING) & look.has_charger[state.location]):
            ready[k] += self._refill_s[level[k]]
            level[k] = look.top
        step: Ints = np.maximum(self._first, np.rint(ready / look.step_s).astype(np.int64))
        in_time = step < look.num_steps
        fleet[:] = 0.0
        np.add.at(fleet, (step[in_time], state.location[in_time], level[in_time]), 1.0)


def prices(**parameters: Any) -> PricePolicy:
    """The policy with these :class:`PriceSettings`."""
    return PricePolicy(PriceSettings(**parameters))
