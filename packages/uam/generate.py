"""Scenarios from names: ``fixed8:7`` is the fixed map with seed 7; ``fixed8:scale=2,aircraft=60:7`` has options.

===========  =============================================================================================
``scale``    factor on the demand (1)
``aircraft`` size of the fleet (40)
``profile``  ``paper`` (default), ``realistic``, ``joby``, ``archer``, ``beta``, or a TOML file
``demand``   ``peaks`` (default), ``gravity``, ``airport``
``closure``  largest closure probability of a pair, per hour
``failure``  largest failure probability of an aircraft, per decision
``delay``    mean take-off delay of every vertiport, minutes (default: drawn up to 6 minutes)
``noise``    half width of the factor by which a pair's demand differs from day to day (0.2)
``calm``     1: no delay, no closure, no failure
===========  =============================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from schedcore.errors import InputError, unknown_name
from uam._checks import Ints, fraction, positive, whole
from uam.demand import DEMANDS
from uam.maps import load_network
from uam.network import Network
from uam.plan import make_plan
from uam.profile import Disruption, load_profile
from uam.scenario import Realised, Scenario


@dataclass(frozen=True)
class ScenarioOptions:
    """What a scenario is made of besides map and seed; see the table above."""

    scale: float = 1.0
    aircraft: int = 40
    profile: str = "paper"
    demand: str = "peaks"
    closure: float | None = None
    failure: float | None = None
    delay: float | None = None
    noise: float | None = None
    calm: int = 0

    def __post_init__(self) -> None:
        positive(self.scale, "scenario option scale", zero=True)
        whole(self.aircraft, "scenario option aircraft", least=1)
        if self.demand not in DEMANDS:
            raise unknown_name("demand", self.demand, DEMANDS, where="scenario option demand")
        for name in ("closure", "failure", "noise"):
            if getattr(self, name) is not None:
                fraction(getattr(self, name), f"scenario option {name}")
        if self.delay is not None:
            positive(self.delay, "scenario option delay", zero=True)
        whole(self.calm, "scenario option calm", most=1)


_TYPES: dict[str, type] = {
    "scale": float,
    "aircraft": int,
    "profile": str,
    "demand": str,
    "closure": float,
    "failure": float,
    "delay": float,
    "noise": float,
    "calm": int,
}


def options_from(values: Mapping[str, object], *, where: str = "scenario") -> ScenarioOptions:
    """Options from texts or numbers by name.

    Raises
    ------
    UnknownNameError
        No such option.
    InputError
        A value that is no number where one is needed, or out of its range.
    """
    made: dict[str, Any] = {}
    for key, value in values.items():
        if key not in _TYPES:
            raise unknown_name("scenario option", key, _TYPES, where=where)
        try:
            made[key] = _TYPES[key](value)
        except (TypeError, ValueError):
            kind = "a whole number" if _TYPES[key] is int else "a number"
            raise InputError(f"{value!r} is not {kind}", where=f"{where}: {key}", remedy=f"give {kind}") from None
    return ScenarioOptions(**made)


def is_expression(text: str) -> bool:
    """Whether ``text`` has the form ``NETWORK[:OPTIONS][:SEED]`` with a last part that is a seed."""
    head, colon, seed = text.rpartition(":")
    return bool(colon and head and seed.isdecimal())


def generate(expression: str, **changes: object) -> Scenario:
    """The scenario that ``NETWORK[:OPTIONS]:SEED`` stands for; ``changes`` are options that win over those in it.

    >>> generate("fixed8:scale=0.5:3").plan.num_aircraft
    40

    Raises
    ------
    InputError
        Not of this form, or anything that :func:`make_scenario` refuses.
    """
    if not is_expression(expression):
        raise InputError(
            f"{expression!r} is not NETWORK[:OPTIONS]:SEED", where="scenario", remedy="for example fixed8:7"
        )
    head, _, seed = expression.rpartition(":")
    network, _, text = head.partition(":")
    given: dict[str, object] = {}
    for part in filter(None, text.split(",")):
        key, equals, value = part.partition("=")
        if not equals:
            raise InputError(
                f"{part!r} is not KEY=VALUE", where=f"scenario {expression!r}", remedy="for example scale=2"
            )
        given[key] = value
    given.update({key: value for key, value in changes.items() if value is not None})
    return make_scenario(load_network(network), int(seed), options_from(given, where=f"scenario {expression!r}"))


def make_scenario(network: Network, seed: int, options: ScenarioOptions | None = None) -> Scenario:
    """The day with this ``seed`` on this ``network``.

    Every kind of chance has a generator of its own, derived from the seed, so that for instance another closure
    probability leaves the demand as it is.

    Raises
    ------
    InputError
        More aircraft than places, or a network that the aircraft cannot serve.
    """
    options = options or ScenarioOptions()
    whole(seed, "seed", most=2**62)
    profile = load_profile(options.profile)
    if options.noise is not None:
        profile = replace(profile, demand=replace(profile.demand, noise=options.noise))
    profile = replace(profile, disruption=_disruption(profile.disruption, options))
    rules, law = profile.rules, profile.disruption
    n, k, hours = network.num_vertiports, options.aircraft, rules.hours
    places = int(network.capacity.sum())
    if k > places:
        raise InputError(
            f"{k} aircraft, but only {places} places at the {n} vertiports of {network.name!r}",
            where="scenario option aircraft",
            remedy=f"give at most {places}, or a network with more stands",
        )
    streams = np.random.SeedSequence(seed).spawn(6)
    noise_rng, demand_rng, delay_rng, closure_rng, failure_rng, start_rng = map(np.random.default_rng, streams)

    means = DEMANDS[options.demand](network, profile, k) * options.scale
    noise = noise_rng.uniform(1 - profile.demand.noise, 1 + profile.demand.noise, (n, n))
    forecast_milli = np.round(1000 * means * noise[:, :, None]).astype(np.int64)
    mean_delay = delay_rng.uniform(law.mean_delay_min_s, law.mean_delay_max_s, n)
    slots = hours * 3600 // rules.delay_slot_s
    delay = delay_rng.normal(mean_delay[:, None], law.delay_sd_s, (n, slots))
    closure_probability = closure_rng.uniform(0, 1, (n, n)) * law.closure_max
    np.fill_diagonal(closure_probability, 0)
    failure_probability = failure_rng.uniform(0, 1, k) * law.failure_max
    hourly_failure = 1 - (1 - failure_probability) ** law.failure_epochs

    plan = make_plan(
        network,
        profile,
        forecast_milli=forecast_milli,
        start_location=_start(network.capacity, k, start_rng),
        expected_delay_s=np.round(mean_delay).astype(np.int64),
        closure_probability=closure_probability,
        failure_probability=failure_probability,
    )
    realised = Realised(
        demand=demand_rng.poisson(forecast_milli / 1000.0),
        closed=closure_rng.random((n, n, hours)) < closure_probability[:, :, None],
        delay_s=np.round(np.clip(delay, 0, law.delay_max_s)).astype(np.int64),
        failing=failure_rng.random((k, hours)) < hourly_failure[:, None],
    )
    default = ScenarioOptions()
    asked = {key: getattr(options, key) for key in _TYPES if getattr(options, key) != getattr(default, key)}
    text = ",".join(
        f"{key}={value:g}" if isinstance(value, float) else f"{key}={value}" for key, value in asked.items()
    )
    name = f"{network.name}:{text}:{seed}" if text else f"{network.name}:{seed}"
    return Scenario(name, plan, realised, seed, asked)


def _disruption(law: Disruption, options: ScenarioOptions) -> Disruption:
    changes: dict[str, float] = {}
    if options.closure is not None:
        changes["closure_max"] = options.closure
    if options.failure is not None:
        changes["failure_max"] = options.failure
    if options.delay is not None:
        changes["mean_delay_min_s"] = changes["mean_delay_max_s"] = 60.0 * options.delay
        changes["delay_max_s"] = max(law.delay_max_s, 60.0 * options.delay)
    if options.calm:
        changes = dict.fromkeys(
            ("mean_delay_min_s", "mean_delay_max_s", "delay_sd_s", "closure_max", "failure_max"), 0.0
        )
    return replace(law, **changes)


def _start(capacity: Ints, num_aircraft: int, rng: np.random.Generator) -> Ints:
    """A vertiport for every aircraft, drawn uniformly among those that have a place left."""
    free = capacity.copy()
    where = np.empty(num_aircraft, dtype=np.int64)
    for k in range(num_aircraft):
        where[k] = rng.choice(np.flatnonzero(free > 0))
        free[where[k]] -= 1
    return where
