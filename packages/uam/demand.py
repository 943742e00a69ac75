"""Demand generators: expected passengers of every pair and hour, before the day's noise.

Each takes the network, the profile and the size of the fleet and gives means ``[N, N, H]`` with a zero diagonal.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from schedcore.errors import InputError
from uam._checks import Floats
from uam.network import Network
from uam.profile import Profile

# Share of a day's passengers by hour of the clock, percent: hourly profile of the public VertiSim file for flights
# between Los Angeles airport and downtown (2 916 passengers in 24 hours).
AIRPORT_PERCENT = (
    1.82, 0.65, 0.65, 1.54, 2.71, 3.22, 3.77, 4.46, 4.25, 5.90, 5.66, 6.52,
    4.60, 6.28, 5.35, 5.11, 4.53, 5.21, 3.50, 4.36, 5.80, 5.59, 5.25, 3.29,
)  # fmt: skip

# Commuters of the Dallas study: three normal laws over the hours of the day, with centre and deviation in hours.
COMMUTER_PEAKS = ((8.0, 2.0), (16.0, 2.0), (12.0, 6.0))


def peaks(network: Network, profile: Profile, num_aircraft: int) -> Floats:
    """Two peaks towards and from the business vertiports; the default of the specification (section 5).

    ``base + peak * w(h)`` where ``w`` is the morning peak if only the destination is a business vertiport, the
    evening peak if only the origin is, both if both are, and 0 otherwise.  Does not depend on the fleet.
    """
    level = profile.demand
    middle = _clock(profile) + 0.5
    morning, evening = (
        np.exp(-((middle - at) ** 2) / (2 * level.peak_width_hours**2))
        for at in (level.morning_hour, level.evening_hour)
    )
    into = network.business[None, :, None] * morning
    out = network.business[:, None, None] * evening
    # A pair of two business vertiports gets both peaks: one from each end.
    return _off_diagonal(np.asarray(level.base + level.peak * (into + out), dtype=np.float64))


def gravity(network: Network, profile: Profile, num_aircraft: int) -> Floats:
    """``weight_i * weight_j * exp(-d / gravity_miles)``, spread over the day as commuters travel.

    Scaled to ``seats_share`` times the seats that the fleet can fly in a day.
    """
    pull = network.weights[:, None] * network.weights[None, :]
    pull = pull * np.exp(-network.distance_miles / profile.demand.gravity_miles)
    middle = _clock(profile) + 0.5
    course = sum(np.exp(-((middle - at) ** 2) / (2 * width**2)) / width for at, width in COMMUTER_PEAKS)
    return _scaled(_off_diagonal(pull[:, :, None] * course), network, profile, num_aircraft)


def airport(network: Network, profile: Profile, num_aircraft: int) -> Floats:
    """Passengers from and to the hub alone, by weight of the other end, with an airport's hourly course.

    Raises
    ------
    InputError
        The network names no hub.
    """
    if network.hub is None:
        raise InputError(
            f"network {network.name!r} has no hub", where="demand=airport", remedy="name one, or use demand=gravity"
        )
    n = network.num_vertiports
    star = np.zeros((n, n))
    star[network.hub, :] = star[:, network.hub] = network.weights
    course = np.array([AIRPORT_PERCENT[int(h) % 24] for h in _clock(profile)])
    return _scaled(_off_diagonal(star[:, :, None] * course), network, profile, num_aircraft)


DEMANDS: dict[str, Callable[[Network, Profile, int], Floats]] = {
    "peaks": peaks,
    "gravity": gravity,
    "airport": airport,
}


def seats_per_day(network: Network, profile: Profile, num_aircraft: int) -> float:
    """Seats that the fleet can fly in a day if it flies average legs all the time and recharges what they take."""
    aircraft = profile.aircraft
    apart = ~np.eye(network.num_vertiports, dtype=bool)
    block_s = float(aircraft.block_time_s(network.distance_miles)[apart].mean())
    energy_wh = float(aircraft.flight_energy_wh(network.distance_miles)[apart].mean())
    charge_s = aircraft.plug_s + energy_wh * 3600.0 / aircraft.charger_w
    return num_aircraft * aircraft.seats * profile.rules.hours * 3600.0 / (block_s + charge_s)


def _clock(profile: Profile) -> Floats:
    return np.arange(profile.rules.hours, dtype=np.float64) + profile.rules.start_hour


def _off_diagonal(means: Floats) -> Floats:
    n = len(means)
    means[np.arange(n), np.arange(n)] = 0.0
    return means


def _scaled(means: Floats, network: Network, profile: Profile, num_aircraft: int) -> Floats:
    total = float(means.sum())
    if total <= 0:
        raise InputError("all weights are 0", where=f"network {network.name!r}: weights", remedy="give some weight")
    return means * (profile.demand.seats_share * seats_per_day(network, profile, num_aircraft) / total)
