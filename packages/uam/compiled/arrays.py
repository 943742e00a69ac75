"""What the compiled simulator works on: the tables of scenarios, and the state of days, as tuples of arrays.

Day ``b`` plays the scenario in row ``s = days.scenario[b]``.  Every array is 64-bit integer unless noted.  The
meaning of a name is that of :class:`uam.plan.Plan`, :class:`uam.scenario.Realised` and
:class:`uam.state.DayState`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from schedcore.errors import InputError
from uam.scenario import Scenario

Array = np.ndarray[Any, np.dtype[Any]]


class Tables(NamedTuple):
    """Tables of S scenarios of one shape, and the numbers that they share."""

    fare: Array  # [S, N, N, H] mills
    cost: Array  # [S, N, N] mills per passenger
    flight_cost: Array  # [S, N, N] mills per flight
    energy: Array  # [S, N, N] Wh
    need: Array  # [S, N, N] Wh
    block: Array  # [S, N, N] s
    flyable: Array  # [S, N, N] bool
    capacity: Array  # [S, N]
    chargers: Array  # [S, N]
    start_location: Array  # [S, K]
    start_energy: Array  # [S, K]
    forecast_milli: Array  # [S, N, N, H]
    x: Array  # [S, N] float, miles
    y: Array  # [S, N] float, miles
    expected_delay: Array  # [S, N] s
    closure_probability: Array  # [S, N, N] float
    failure_probability: Array  # [S, K] float
    demand: Array  # [S, N, N, H]
    closed: Array  # [S, N, N, H] bool
    delay: Array  # [S, N, slots] s
    failing: Array  # [S, K, H] bool
    charge_curve: Array  # [C] Wh
    cycle: Array  # [S, N, N] float: expected delay, block time and time to recharge, s
    seats: int
    full: int
    plug: int
    horizon: int
    charger_w: float
    idle: int
    headway: int
    slot: int
    repair: int
    lanes: int


class Days(NamedTuple):
    """State of B days.  ``due[b, k]`` is ``time * 4 + kind`` of the only coming event of an aircraft."""

    scenario: Array  # [B] row of Tables
    now: Array  # [B] s
    aircraft: Array  # [B] who decides; -1: the day is over
    due: Array  # [B, K]
    status: Array  # [B, K]
    location: Array  # [B, K]
    available: Array  # [B, K] s
    energy: Array  # [B, K] Wh
    failures_seen: Array  # [B, K] hour
    present: Array  # [B, N]
    inbound: Array  # [B, N]
    charging: Array  # [B, N]
    remaining: Array  # [B, N, N, H]
    lane_free: Array  # [B, N, N, lanes] s
    profit: Array  # [B] mills
    decisions: Array  # [B]
    sees: Array  # [B] 1: policies and observations see who is really left; 0: the forecast less those carried
    flights: Array  # [B]
    passengers: Array  # [B]


def make_tables(scenarios: Sequence[Scenario]) -> Tables:
    """The tables of ``scenarios``, which must have the same size, aircraft and rules.

    Raises
    ------
    InputError
        No scenario, or two that differ in one of these.
    """
    if not scenarios:
        raise InputError("no scenario", where="scenarios", remedy="give at least one")
    first = scenarios[0].plan
    for scenario in scenarios[1:]:
        _check_alike(scenarios[0], scenario)
    plans = [scenario.plan for scenario in scenarios]
    real = [scenario.realised for scenario in scenarios]

    def plan_rows(name: str) -> Array:
        return np.stack([getattr(plan, name) for plan in plans])

    def real_rows(name: str) -> Array:
        return np.stack([getattr(item, name) for item in real])

    from uam.policies.simple import cycle_times

    rules, aircraft = first.profile.rules, first.profile.aircraft
    return Tables(
        fare=plan_rows("fare_mills"),
        cost=plan_rows("cost_mills"),
        flight_cost=plan_rows("flight_cost_mills"),
        energy=plan_rows("energy_wh"),
        need=plan_rows("need_wh"),
        block=plan_rows("block_s"),
        flyable=plan_rows("flyable"),
        capacity=plan_rows("capacity"),
        chargers=np.stack([plan.network.chargers for plan in plans]),
        start_location=plan_rows("start_location"),
        start_energy=plan_rows("start_energy_wh"),
        forecast_milli=plan_rows("forecast_milli"),
        x=np.stack([plan.network.x_miles for plan in plans]),
        y=np.stack([plan.network.y_miles for plan in plans]),
        expected_delay=plan_rows("expected_delay_s"),
        closure_probability=plan_rows("closure_probability"),
        failure_probability=plan_rows("failure_probability"),
        demand=real_rows("demand"),
        closed=real_rows("closed"),
        delay=real_rows("delay_s"),
        failing=real_rows("failing"),
        charge_curve=aircraft.charge_curve_wh,
        cycle=np.stack([cycle_times(plan) for plan in plans]),
        seats=aircraft.seats,
        full=aircraft.full_wh,
        plug=aircraft.plug_s,
        horizon=first.horizon_s,
        charger_w=float(aircraft.charger_w),
        idle=rules.idle_s,
        headway=rules.headway_s,
        slot=rules.delay_slot_s,
        repair=rules.repair_s,
        lanes=first.network.lanes,
    )


def make_days(tables: Tables, rows: Sequence[int] | Array, *, sees_remaining: bool = True) -> Days:
    """Days that play the scenarios in ``rows`` (one may occur often), not yet started."""
    scenario = np.asarray(rows, dtype=np.int64)
    s, n, _, hours = tables.demand.shape
    if scenario.ndim != 1 or not len(scenario) or scenario.min() < 0 or scenario.max() >= s:
        raise InputError("rows are no list of scenarios", where="rows", remedy=f"give numbers from 0 to {s - 1}")
    b, k = len(scenario), tables.start_location.shape[1]

    def zeros(*shape: int) -> Array:
        return np.zeros((b, *shape), dtype=np.int64)

    return Days(
        scenario=scenario.copy(),
        now=zeros(),
        aircraft=np.full(b, -1, dtype=np.int64),
        due=zeros(k),
        status=zeros(k),
        location=zeros(k),
        available=zeros(k),
        energy=zeros(k),
        failures_seen=zeros(k),
        present=zeros(n),
        inbound=zeros(n),
        charging=zeros(n),
        remaining=zeros(n, n, hours),
        lane_free=zeros(n, n, tables.lanes),
        profit=zeros(),
        decisions=zeros(),
        sees=np.full(b, int(sees_remaining), dtype=np.int64),
        flights=zeros(),
        passengers=zeros(),
    )


def put_scenario(tables: Tables, row: int, scenario: Scenario, alike: Scenario) -> None:
    """Overwrite row ``row`` of ``tables`` with ``scenario``, which must be of the kind of ``alike``."""
    _check_alike(alike, scenario)
    shared = {"charge_curve"}
    made = make_tables([scenario])._asdict()
    for name, target in tables._asdict().items():
        if isinstance(target, np.ndarray) and name not in shared:
            target[row] = made[name][0]


def _check_alike(a: Scenario, b: Scenario) -> None:
    kinds = (
        ("number of vertiports", a.plan.num_vertiports, b.plan.num_vertiports),
        ("number of aircraft", a.plan.num_aircraft, b.plan.num_aircraft),
        ("aircraft type", a.plan.profile.aircraft, b.plan.profile.aircraft),
        ("rules", a.plan.profile.rules, b.plan.profile.rules),
        ("number of lanes", a.plan.network.lanes, b.plan.network.lanes),
    )
    for what, left, right in kinds:
        if left != right:
            raise InputError(
                f"{a.name} and {b.name} differ in the {what}: {left} and {right}",
                where="batch of scenarios",
                remedy="simulate them in separate batches",
            )
