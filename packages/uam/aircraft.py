"""A type of aircraft: seats, speed, what a flight takes in time and energy, and how its battery charges."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from schedcore.errors import InputError
from uam._checks import Floats, Ints, fraction, positive, whole


@dataclass(frozen=True)
class Aircraft:
    """A type of aircraft.

    Parameters
    ----------
    name
        Its name.
    seats
        Passengers per flight.
    speed_mph
        Cruise speed, miles per hour.
    battery_wh
        Capacity of the battery, Wh.
    full_fraction
        Charging stops at this share of the capacity; an aircraft with that much is *full*.
    flight_wh, mile_wh
        A flight of ``d`` miles takes ``flight_wh + mile_wh * d``, rounded up to a whole Wh.
    reserve_fraction
        Share of the capacity that must be left after every landing.
    takeoff_s, landing_s, boarding_s
        Parts of the block time besides cruise, s (boarding: getting in and out together).
    plug_s
        Time on the charger without charging (connecting and tests), s.
    charger_w
        Power into the battery, W, up to ``taper_from``.
    taper_from
        State of charge from which the power falls linearly, to zero at 100 percent; 1: never.

    Raises
    ------
    InputError
        A value out of its range, or a taper that never reaches ``full_fraction``.
    """

    name: str
    seats: int
    speed_mph: float
    battery_wh: int
    mile_wh: float
    flight_wh: float = 0.0
    full_fraction: float = 1.0
    reserve_fraction: float = 0.0
    takeoff_s: int = 360
    landing_s: int = 360
    boarding_s: int = 0
    plug_s: int = 0
    charger_w: float = 150_000.0
    taper_from: float = 1.0

    def __post_init__(self) -> None:
        where = f"aircraft {self.name!r}"
        whole(self.seats, f"{where}: seats", least=1)
        whole(self.battery_wh, f"{where}: battery_wh", least=1)
        for name in ("speed_mph", "mile_wh", "charger_w"):
            positive(getattr(self, name), f"{where}: {name}")
        positive(self.flight_wh, f"{where}: flight_wh", zero=True)
        for name in ("takeoff_s", "landing_s", "boarding_s", "plug_s"):
            whole(getattr(self, name), f"{where}: {name}")
        for name in ("full_fraction", "reserve_fraction", "taper_from"):
            fraction(getattr(self, name), f"{where}: {name}")
        if self.taper_from < 1 <= self.full_fraction:
            raise InputError(
                "with a taper a battery is never charged to 100 percent",
                where=f"{where}: full_fraction",
                remedy="stop at 0.95 or less",
            )
        if self.reserve_wh >= self.full_wh:
            raise InputError(
                f"the reserve ({self.reserve_wh} Wh) is not below a full battery ({self.full_wh} Wh)",
                where=f"{where}: reserve_fraction",
                remedy="lower reserve_fraction or raise full_fraction",
            )

    @property
    def full_wh(self) -> int:
        """Energy at which charging stops, Wh."""
        return math.floor(self.battery_wh * self.full_fraction)

    @property
    def reserve_wh(self) -> int:
        """Energy that must be left after a landing, Wh."""
        return math.ceil(self.battery_wh * self.reserve_fraction)

    def flight_energy_wh(self, miles: Floats) -> Ints:
        """Energy of flights of these lengths, rounded up, Wh."""
        return np.ceil(np.round(self.flight_wh + self.mile_wh * miles, 6)).astype(np.int64)

    def block_time_s(self, miles: Floats) -> Ints:
        """Time from the end of the delay to the next decision after landing, rounded up, s."""
        cruise = np.ceil(np.round(3600.0 * miles / self.speed_mph, 6)).astype(np.int64)
        return cruise + (self.takeoff_s + self.landing_s + self.boarding_s)

    @cached_property
    def charge_curve_wh(self) -> Ints:
        """Energy ``[s]`` after ``s`` seconds of charging from empty, floored; the last value is :attr:`full_wh`.

        Constant power up to ``taper_from``, then ``dE/dt = P (1 - E/B) / (1 - taper_from)`` with battery ``B``,
        the law of the public VertiSim tables.
        """
        knee_wh = self.battery_wh * self.taper_from
        rate = self.charger_w / 3600.0
        if self.full_wh <= knee_wh:
            seconds = math.ceil(self.full_wh / rate)
            curve = np.floor(np.round(rate * np.arange(seconds + 1), 6))
        else:
            knee_s = knee_wh / rate
            scale_s = (self.battery_wh - knee_wh) / rate
            left = (self.battery_wh - self.full_wh) / (self.battery_wh - knee_wh)
            seconds = math.ceil(knee_s - scale_s * math.log(left))
            time = np.arange(seconds + 1)
            tail = self.battery_wh - (self.battery_wh - knee_wh) * np.exp(-np.maximum(time - knee_s, 0) / scale_s)
            curve = np.floor(np.round(np.where(time <= knee_s, rate * time, tail), 6))
        result = np.minimum(curve, self.full_wh).astype(np.int64)
        result[-1] = self.full_wh
        result.flags.writeable = False
        return result

    def seconds_to_full(self, energy_wh: int) -> int:
        """Time on the charger from ``energy_wh`` until full, s; 0 when full already."""
        if energy_wh >= self.full_wh:
            return 0
        curve = self.charge_curve_wh
        reached = int(np.searchsorted(curve, energy_wh, side="right")) - 1
        return self.plug_s + len(curve) - 1 - reached

    def charged_wh(self, energy_wh: int, seconds: int) -> int:
        """Energy after ``seconds`` on the charger from ``energy_wh``, Wh.

        The increment is read off the curve from the last second at which the curve was at most ``energy_wh``.
        """
        if energy_wh >= self.full_wh or seconds <= self.plug_s:
            return energy_wh
        curve = self.charge_curve_wh
        reached = int(np.searchsorted(curve, energy_wh, side="right")) - 1
        then = reached + seconds - self.plug_s
        if then >= len(curve) - 1:
            return self.full_wh
        return min(self.full_wh, energy_wh + int(curve[then] - curve[reached]))
