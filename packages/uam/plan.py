"""What is known at the start of a day: network, fleet, rules, forecast and prices, in integer seconds, Wh and mills.

Money is counted in *mills*, thousandths of a dollar, so that profits are exact.  Index conventions everywhere: ``i``
origin, ``j`` destination, ``h`` hour of the day's clock counted from its start, ``k`` aircraft.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from schedcore.errors import InputError
from uam._checks import Flags, Floats, Ints, frozen, whole
from uam.network import Network
from uam.profile import Profile

MILLS_PER_DOLLAR = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What every planner may know at the start of the day.  Arrays are read-only.

    Parameters
    ----------
    network, profile
        The map, and all numbers of the model.
    forecast_milli
        Expected passengers ``[N, N, H]`` who want to go from ``i`` to ``j`` in hour ``h``, in thousandths.
    fare_mills
        Ticket ``[N, N, H]``, mills.
    cost_mills
        Operating cost ``[N, N]`` per carried passenger, mills.
    electricity_mills
        Electricity ``[N, N]`` of a flight, mills.
    landing_fee_mills
        Fee per landing, mills.
    energy_wh
        Energy ``[N, N]`` of a flight, Wh.
    need_wh
        Energy ``[N, N]`` that an aircraft must have to leave ``i`` for ``j``: the flight, the reserve, and, where
        ``j`` is a vertistop, the flight from there to the nearest vertiport with chargers.
    block_s
        Time ``[N, N]`` from the end of the take-off delay to the landing, s.
    flyable
        Flags ``[N, N]``: a full aircraft may fly the pair; false on the diagonal.
    start_location, start_energy_wh
        Vertiport and energy ``[K]`` of every aircraft at the start.
    expected_delay_s
        Mean ``[N]`` of the normal law of a vertiport's take-off delays, s.
    closure_probability
        ``[N, N]``, per hour.
    failure_probability
        ``[K]``, per decision.
    """

    network: Network
    profile: Profile
    forecast_milli: Ints
    fare_mills: Ints
    cost_mills: Ints
    electricity_mills: Ints
    landing_fee_mills: int
    energy_wh: Ints
    need_wh: Ints
    block_s: Ints
    flyable: Flags
    start_location: Ints
    start_energy_wh: Ints
    expected_delay_s: Ints
    closure_probability: Floats
    failure_probability: Floats

    def __post_init__(self) -> None:
        n, h, k = self.num_vertiports, self.hours, len(self.start_location)
        whole(k, "fleet: number of aircraft", least=1)
        shapes: dict[str, tuple[tuple[int, ...], type, float | None]] = {
            "forecast_milli": ((n, n, h), np.int64, 0),
            "fare_mills": ((n, n, h), np.int64, 0),
            "cost_mills": ((n, n), np.int64, 0),
            "electricity_mills": ((n, n), np.int64, 0),
            "energy_wh": ((n, n), np.int64, 0),
            "need_wh": ((n, n), np.int64, 0),
            "block_s": ((n, n), np.int64, 0),
            "flyable": ((n, n), np.bool_, None),
            "start_location": ((k,), np.int64, 0),
            "start_energy_wh": ((k,), np.int64, 0),
            "expected_delay_s": ((n,), np.int64, 0),
            "closure_probability": ((n, n), np.float64, 0.0),
            "failure_probability": ((k,), np.float64, 0.0),
        }
        for name, (shape, dtype, least) in shapes.items():
            object.__setattr__(self, name, frozen(getattr(self, name), dtype, shape, name, least=least))
        if (self.start_location >= n).any():
            raise InputError(
                f"{int(self.start_location.max())} is no vertiport",
                where="start_location",
                remedy=f"give numbers from 0 to {n - 1}",
            )
        if (self.start_energy_wh > self.profile.aircraft.full_wh).any():
            raise InputError(
                f"{int(self.start_energy_wh.max())} Wh is more than a full battery",
                where="start_energy_wh",
                remedy=f"give at most {self.profile.aircraft.full_wh}",
            )
        crowded = np.bincount(self.start_location, minlength=n) - self.network.capacity
        if (crowded > 0).any():
            i = int(np.argmax(crowded))
            raise InputError(
                f"{crowded[i] + self.network.capacity[i]} aircraft start at {self.network.vertiports[i]!r}, "
                f"which has {self.network.capacity[i]} places",
                where="start_location",
                remedy="spread them, or add places",
            )

    @property
    def num_vertiports(self) -> int:
        """N."""
        return self.network.num_vertiports

    @property
    def num_aircraft(self) -> int:
        """K."""
        return len(self.start_location)

    @property
    def hours(self) -> int:
        """H, hours of operation."""
        return self.profile.rules.hours

    @property
    def horizon_s(self) -> int:
        """End of operation, s after the start; no decision is made at or after it."""
        return self.hours * 3600

    @property
    def seats(self) -> int:
        """Seats of an aircraft."""
        return self.profile.aircraft.seats

    @property
    def full_wh(self) -> int:
        """Energy of a full aircraft, Wh."""
        return self.profile.aircraft.full_wh

    @property
    def capacity(self) -> Ints:
        """Aircraft ``[N]`` that may stand at or be under way to a vertiport."""
        return self.network.capacity

    @property
    def forecast(self) -> Floats:
        """Expected passengers ``[N, N, H]``."""
        return self.forecast_milli / 1000.0

    @property
    def flight_cost_mills(self) -> Ints:
        """What a flight costs ``[N, N]`` whatever it carries: electricity and landing fee, mills."""
        return self.electricity_mills + self.landing_fee_mills

    @property
    def margin_mills(self) -> Ints:
        """Ticket less operating cost ``[N, N, H]``: what a passenger brings, mills."""
        return self.fare_mills - self.cost_mills[:, :, None]

    @property
    def revenue_scale_mills(self) -> int:
        """Denominator of the reward: the revenue if all expected passengers flew, mills."""
        total = (self.forecast_milli.astype(object) * self.fare_mills.astype(object)).sum()
        return max(1, int(total) // 1000)


def make_plan(
    network: Network,
    profile: Profile,
    *,
    forecast_milli: Ints,
    start_location: Ints,
    start_energy_wh: Ints | None = None,
    expected_delay_s: Ints | None = None,
    closure_probability: Floats | None = None,
    failure_probability: Floats | None = None,
) -> Plan:
    """The plan of a day: times, energies, fares and costs follow from ``network`` and ``profile``.

    The fare is ``base + R * max(ln(Q / 10), 1)`` with the expected demand ``Q`` of the hour and ``R``, the
    operating cost of the distance.  Without the other tables: full aircraft, and nothing ever goes wrong.

    Raises
    ------
    InputError
        Negative demand, more aircraft than places, or a network that this aircraft cannot serve: a pair of
        vertiports without a chain of flights between them, or a vertistop from which no charger can be reached.
    """
    n, aircraft, money = network.num_vertiports, profile.aircraft, profile.economics
    forecast = frozen(forecast_milli, np.int64, (n, n, profile.rules.hours), "demand forecast", least=0)
    distance = network.distance_miles
    energy = aircraft.flight_energy_wh(distance)
    np.fill_diagonal(energy, 0)
    block = aircraft.block_time_s(distance)
    np.fill_diagonal(block, 0)
    need = _needed_energy(network, energy, aircraft.reserve_wh)
    flyable = (need <= aircraft.full_wh) & ~np.eye(n, dtype=bool)
    _check_connected(network, profile, flyable)
    trip_cost = money.cost_per_mile * distance
    with np.errstate(divide="ignore"):
        factor = np.maximum(np.log(forecast / 1000.0 / money.fare_demand), 1.0)
    fare = np.round(MILLS_PER_DOLLAR * (money.base_fare + trip_cost[:, :, None] * factor)).astype(np.int64)
    k = len(start_location)
    return Plan(
        network,
        profile,
        forecast_milli=forecast,
        fare_mills=fare,
        cost_mills=np.round(MILLS_PER_DOLLAR * trip_cost).astype(np.int64),
        electricity_mills=np.round(money.electricity_per_kwh * energy).astype(np.int64),  # $/kWh is mills per Wh
        landing_fee_mills=round(MILLS_PER_DOLLAR * money.landing_fee),
        energy_wh=energy,
        need_wh=need,
        block_s=block,
        flyable=flyable,
        start_location=start_location,
        start_energy_wh=np.full(k, aircraft.full_wh) if start_energy_wh is None else start_energy_wh,
        expected_delay_s=np.zeros(n, np.int64) if expected_delay_s is None else expected_delay_s,
        closure_probability=np.zeros((n, n)) if closure_probability is None else closure_probability,
        failure_probability=np.zeros(k) if failure_probability is None else failure_probability,
    )


def _needed_energy(network: Network, energy_wh: Ints, reserve_wh: int) -> Ints:
    """Energy ``[N, N]`` before leaving: flight, reserve, and the way out of a vertistop."""
    way_out = np.where(network.vertistops, energy_wh[:, ~network.vertistops].min(axis=1), 0)
    return np.asarray(energy_wh + reserve_wh + way_out[None, :], dtype=np.int64)


def _check_connected(network: Network, profile: Profile, flyable: Flags) -> None:
    for stop in np.flatnonzero(network.vertistops):
        if not (flyable[stop] & ~network.vertistops).any():
            raise InputError(
                f"from vertistop {network.vertiports[stop]!r} no charger is within reach of {profile.aircraft.name!r}",
                where=f"network {network.name!r}",
                remedy="give it chargers, or choose an aircraft with more range",
            )
    reach = flyable | np.eye(len(flyable), dtype=bool)
    for _ in range(len(flyable)):
        reach = (reach.astype(np.int64) @ reach.astype(np.int64)) > 0
    if not reach.all():
        i, j = (network.vertiports[int(v)] for v in np.argwhere(~reach)[0])
        raise InputError(
            f"vertiport {j!r} cannot be reached from {i!r}: the flights are beyond the range of "
            f"{profile.aircraft.name!r}",
            where=f"network {network.name!r}",
            remedy="move it, add a vertiport between, or choose an aircraft with more range",
        )
