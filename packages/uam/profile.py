"""Profiles: every number of the model besides the map, read from TOML files that carry where each comes from.

``paper`` holds the values of the CapTAIN papers and the stated defaults for what they leave open; ``joby``,
``archer`` and ``beta`` are realistic aircraft with reserves, boarding and tapering chargers (``realistic`` is
``joby``).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from schedcore.errors import FormatError, InputError, did_you_mean, unknown_name
from uam._checks import fraction, positive, whole
from uam.aircraft import Aircraft

ALIASES = {"realistic": "joby"}
T = TypeVar("T")


@dataclass(frozen=True)
class DayRules:
    """Clock and rules of the day: first hour, hours of operation, and the fixed times, all in s."""

    start_hour: int = 6
    hours: int = 12
    idle_s: int = 900
    headway_s: int = 120
    delay_slot_s: int = 300
    repair_s: int = 7200

    def __post_init__(self) -> None:
        whole(self.start_hour, "rules.start_hour", most=23)
        whole(self.hours, "rules.hours", least=1, most=48)
        for name in ("idle_s", "delay_slot_s"):
            whole(getattr(self, name), f"rules.{name}", least=1)
        for name in ("headway_s", "repair_s"):
            whole(getattr(self, name), f"rules.{name}")
        if 3600 % self.delay_slot_s:
            raise InputError(
                f"{self.delay_slot_s} s does not divide an hour", where="rules.delay_slot_s", remedy="give 300"
            )


@dataclass(frozen=True)
class Economics:
    """Fares and costs, in dollars (per mile: per passenger and mile)."""

    base_fare: float = 5.0
    cost_per_mile: float = 0.64
    electricity_per_kwh: float = 0.20
    landing_fee: float = 0.0
    fare_demand: float = 10.0

    def __post_init__(self) -> None:
        for name in ("base_fare", "cost_per_mile", "electricity_per_kwh", "landing_fee"):
            positive(getattr(self, name), f"economics.{name}", zero=True)
        positive(self.fare_demand, "economics.fare_demand")


@dataclass(frozen=True)
class DemandLevel:
    """Parameters of the demand generators; see :mod:`uam.demand`."""

    base: float = 8.0
    peak: float = 30.0
    morning_hour: float = 8.5
    evening_hour: float = 16.5
    peak_width_hours: float = 1.0
    noise: float = 0.2
    gravity_miles: float = 20.0
    seats_share: float = 1.5

    def __post_init__(self) -> None:
        for name in ("base", "peak", "seats_share"):
            positive(getattr(self, name), f"demand.{name}", zero=True)
        for name in ("peak_width_hours", "gravity_miles"):
            positive(getattr(self, name), f"demand.{name}")
        fraction(self.noise, "demand.noise")


@dataclass(frozen=True)
class Disruption:
    """Laws of delays, closures and failures.

    A take-off delay is normal with the vertiport's mean, uniform up to ``mean_delay_max_s``, and deviation
    ``delay_sd_s``, clipped to ``[0, delay_max_s]``.  A route is closed in an hour with a probability that is
    uniform up to ``closure_max``.  An aircraft fails at a decision with a probability uniform up to
    ``failure_max``; ``failure_epochs`` decisions an hour turn it into one draw per hour.
    """

    mean_delay_min_s: float = 0.0
    mean_delay_max_s: float = 360.0
    delay_sd_s: float = 360.0
    delay_max_s: float = 1800.0
    closure_max: float = 0.05
    failure_max: float = 0.005
    failure_epochs: float = 5.0 / 3.0

    def __post_init__(self) -> None:
        for name in ("mean_delay_min_s", "mean_delay_max_s", "delay_sd_s", "delay_max_s", "failure_epochs"):
            positive(getattr(self, name), f"disruption.{name}", zero=True)
        for name in ("closure_max", "failure_max"):
            fraction(getattr(self, name), f"disruption.{name}")
        if self.mean_delay_min_s > self.mean_delay_max_s:
            raise InputError(
                f"{self.mean_delay_min_s} is above mean_delay_max_s = {self.mean_delay_max_s}",
                where="disruption.mean_delay_min_s",
                remedy="lower it",
            )


@dataclass(frozen=True)
class Profile:
    """All numbers of a model of the day besides the map."""

    name: str
    aircraft: Aircraft
    rules: DayRules = DayRules()
    economics: Economics = Economics()
    demand: DemandLevel = DemandLevel()
    disruption: Disruption = Disruption()


def profile_names() -> tuple[str, ...]:
    """Names of the shipped profiles, aliases included."""
    folder = resources.files("uam") / "data" / "profiles"
    shipped = sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return (*shipped, *ALIASES)


@cache
def load_profile(name: str) -> Profile:
    """The profile called ``name``, or in the TOML file of that path.

    Raises
    ------
    UnknownNameError
        No such profile.
    FormatError
        A file that is not a profile: broken TOML, unknown section or key.
    InputError
        A value out of its range.
    """
    if name.endswith(".toml"):
        path = Path(name).expanduser()
        if not path.is_file():
            raise InputError(f"there is no file {name!r}", where="profile", remedy="check the path")
        return parse_profile(path.read_text(encoding="utf-8"), path.stem, where=str(path))
    if name not in profile_names():
        raise unknown_name("profile", name, profile_names(), where="profile")
    file = resources.files("uam") / "data" / "profiles" / f"{ALIASES.get(name, name)}.toml"
    return parse_profile(file.read_text(encoding="utf-8"), name, where=f"profile {name}")


def parse_profile(text: str, name: str, *, where: str) -> Profile:
    """The profile written in ``text`` (TOML); errors name ``where``."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FormatError(f"not TOML: {error}", where=where, remedy="see the shipped profiles") from None
    sections = {"aircraft", "rules", "economics", "demand", "disruption"}
    for key in data:
        if key not in sections:
            raise FormatError(f"unknown section {key!r}", where=where, remedy=did_you_mean(key, sections))
    if "aircraft" not in data:
        raise FormatError("no section [aircraft]", where=where, remedy="add it: see the shipped profiles")
    return Profile(
        name,
        _section(Aircraft, {"name": name, **data["aircraft"]}, f"{where}: aircraft"),
        _section(DayRules, data.get("rules", {}), f"{where}: rules"),
        _section(Economics, data.get("economics", {}), f"{where}: economics"),
        _section(DemandLevel, data.get("demand", {}), f"{where}: demand"),
        _section(Disruption, data.get("disruption", {}), f"{where}: disruption"),
    )


def _section(kind: type[T], values: dict[str, Any], where: str) -> T:
    known = {item.name for item in fields(kind)}  # type: ignore[arg-type]
    for key in values:
        if key not in known:
            raise FormatError(f"unknown key {key!r}", where=where, remedy=did_you_mean(key, known))
    try:
        return kind(**values)
    except TypeError as error:
        raise FormatError(str(error), where=where, remedy="see the shipped profiles") from None
