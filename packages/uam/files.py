"""Scenario files: a map, options and a seed, or all tables written out.

::

    {"format": "uam-scenario", "version": 1,
     "network": "fixed8",                     (a name, or the object of a network file)
     "seed": 7,
     "options": {"scale": 2, "aircraft": 20},
     "tables": {"forecast": ..., "demand": ..., "closed": ..., "delay_s": ..., "failing": ...,
                "start_location": ..., "start_energy_wh": ...}}

``options`` and ``tables`` may be left out; a table replaces the one that the seed would give.  ``forecast`` is in
passengers, the others as in :class:`uam.scenario.Realised` and :class:`uam.plan.Plan`.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from schedcore.errors import FormatError, InputError, did_you_mean
from uam.generate import make_scenario, options_from
from uam.maps import load_network, network_from_dict, network_to_dict
from uam.plan import make_plan
from uam.scenario import Realised, Scenario

FORMAT, VERSION = "uam-scenario", 1
_KEYS = ("format", "version", "name", "network", "seed", "options", "tables")
_REALISED = ("demand", "closed", "delay_s", "failing")
_PLANNED = ("forecast", "start_location", "start_energy_wh")


def read_scenario(path: str | Path) -> Scenario:
    """The scenario in a file.

    Raises
    ------
    FormatError
        Not JSON, another format, unknown keys, or tables that are none.
    InputError
        Values that make no sense, such as negative demand.
    """
    path = Path(path)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        line = getattr(error, "lineno", 1)
        message = getattr(error, "msg", "not text")
        raise FormatError(f"not JSON: {message}", where=f"{path}:{line}", remedy="see docs/uam.md") from None
    return scenario_from_dict(data, where=str(path), name=path.stem)


def scenario_from_dict(data: Any, *, where: str, name: str = "scenario") -> Scenario:
    """The scenario in ``data``, as read from JSON; errors name ``where``."""
    if not isinstance(data, dict):
        raise FormatError(f"{type(data).__name__} instead of an object", where=where, remedy="see docs/uam.md")
    if data.get("format") != FORMAT or data.get("version") != VERSION:
        found = f"format {data.get('format')!r}, version {data.get('version')!r}"
        raise FormatError(found, where=where, remedy=f"a scenario says format {FORMAT!r}, version {VERSION}")
    _check_keys(data, _KEYS, where)
    network = data.get("network")
    if isinstance(network, str):
        made = load_network(network)
    else:
        made = network_from_dict(network, where=f"{where}: network")
    seed, options, tables = data.get("seed", 0), data.get("options", {}), data.get("tables", {})
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise FormatError(f"seed {seed!r}", where=where, remedy="give a whole number of at least 0")
    for key, part in (("options", options), ("tables", tables)):
        if not isinstance(part, dict):
            raise FormatError(f"{key} is {type(part).__name__}", where=where, remedy="give an object")
    _check_keys(tables, (*_PLANNED, *_REALISED), f"{where}: tables")
    if "start_location" in tables:
        options = {**options, "aircraft": len(_table(tables, "start_location", where))}
    base = make_scenario(made, seed, options_from(options, where=f"{where}: options"))
    scenario = _with_tables(base, tables, where) if tables else base
    return replace(scenario, name=str(data.get("name", name)), seed=-1 if tables else seed)


def scenario_to_dict(scenario: Scenario) -> dict[str, Any]:
    """``scenario`` with all its tables as plain data.

    Options of the generator are kept for fleet, profile and the laws of chance.
    """
    plan, real = scenario.plan, scenario.realised
    options = {"aircraft": plan.num_aircraft, **scenario.options}
    return {
        "format": FORMAT,
        "version": VERSION,
        "name": scenario.name,
        "network": network_to_dict(plan.network),
        "seed": max(0, scenario.seed),
        "options": options,
        "tables": {
            "forecast": plan.forecast.tolist(),
            "start_location": plan.start_location.tolist(),
            "start_energy_wh": plan.start_energy_wh.tolist(),
            "demand": real.demand.tolist(),
            "closed": real.closed.astype(int).tolist(),
            "delay_s": real.delay_s.tolist(),
            "failing": real.failing.astype(int).tolist(),
        },
    }


def _with_tables(base: Scenario, tables: dict[str, Any], where: str) -> Scenario:
    plan, place = base.plan, f"{where}: tables"
    given = {key: _table(tables, key, where) for key in tables}
    if any(key in given for key in _PLANNED):
        forecast = plan.forecast_milli
        if "forecast" in given:
            if not np.isfinite(given["forecast"]).all():
                raise InputError("has values that are not finite", where=f"{place}.forecast", remedy="give numbers")
            forecast = np.round(1000 * given["forecast"]).astype(np.int64)
        plan = make_plan(
            plan.network,
            plan.profile,
            forecast_milli=forecast,
            start_location=given.get("start_location", plan.start_location),
            start_energy_wh=given.get("start_energy_wh", plan.start_energy_wh),
            expected_delay_s=plan.expected_delay_s,
            closure_probability=plan.closure_probability,
            failure_probability=plan.failure_probability,
        )
    real = Realised(**{key: given.get(key, getattr(base.realised, key)) for key in _REALISED})
    return Scenario(base.name, plan, real, base.seed, base.options)


def _table(tables: dict[str, Any], key: str, where: str) -> np.ndarray[Any, np.dtype[Any]]:
    try:
        array = np.array(tables[key])
    except ValueError:
        array = np.array(None)
    if array.dtype.kind not in "biuf":
        place = f"{where}: tables.{key}"
        raise FormatError("not a table of numbers with rows of one length", where=place, remedy="see docs/uam.md")
    return array


def _check_keys(data: dict[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in data:
        if key not in known:
            raise FormatError(f"unknown key {key!r}", where=where, remedy=did_you_mean(key, known))
