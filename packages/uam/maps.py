"""Maps by name: the fixed one, ten more, smaller and larger, Los Angeles, Seoul, random ones, and files.

A network file is JSON::

    {"name": "two towns", "vertiports": [
        {"name": "A", "x_miles": 0, "y_miles": 0, "stands": 10, "chargers": 6, "business": true},
        {"name": "B", "x_miles": 20, "y_miles": 5, "stands": 10, "chargers": 0}],
     "lanes": 2, "hub": "A", "distance_miles": [[0, 21], [21, 0]], "source": "..."}

Instead of ``x_miles`` and ``y_miles`` all vertiports may carry ``lat`` and ``lon`` (degrees).  ``weight``,
``business``, ``lanes``, ``hub``, ``distance_miles`` and ``source`` may be left out; ``stands`` and ``chargers``
default to 10 and 6.
"""

from __future__ import annotations

import json
import math
import re
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from schedcore.errors import FormatError, InputError, UnknownNameError, did_you_mean, unknown_name
from uam.network import Network

STANDS, CHARGERS, SIDE_MILES = 10, 6, 50.0
"""Defaults: places and chargers of a vertiport, and side of the square of random maps."""

_EARTH_RADIUS_MILES = 3958.76
_RANDOM = re.compile(r"random-(\d+)-(\d+)")
_VERTIPORT_KEYS = ("name", "x_miles", "y_miles", "lat", "lon", "stands", "chargers", "business", "weight")
_NETWORK_KEYS = ("name", "vertiports", "lanes", "hub", "distance_miles", "source")


@cache
def network_names() -> tuple[str, ...]:
    """Names of the shipped maps; ``random-N-SEED`` makes others."""
    folder = resources.files("uam") / "data" / "networks"
    names = {entry.name.removesuffix(".json") for entry in folder.iterdir() if entry.name.endswith(".json")}
    return (*(["fixed8"] if "fixed8" in names else []), *sorted(names - {"fixed8"}))


@cache
def load_network(name: str) -> Network:
    """The map called ``name``: shipped, ``random-N-SEED``, or the path of a JSON file.

    Raises
    ------
    UnknownNameError
        No such map or file.
    FormatError
        A file that is not a network: broken JSON, unknown or missing keys, values of another type.
    InputError
        A network that makes no sense; see :class:`~uam.network.Network`.
    """
    if name.endswith(".json"):
        path = Path(name).expanduser()
        if not path.is_file():
            raise UnknownNameError(f"there is no file {name!r}", where="network", remedy="check the path")
        return parse_network(path.read_text(encoding="utf-8"), where=str(path))
    if found := _RANDOM.fullmatch(name):
        return random_network(int(found[1]), int(found[2]), name=name)
    if name not in network_names():
        raise unknown_name("network", name, (*network_names(), "random-8-1"), where="network")
    file = resources.files("uam") / "data" / "networks" / f"{name}.json"
    return parse_network(file.read_text(encoding="utf-8"), where=f"network {name}")


def parse_network(text: str, *, where: str) -> Network:
    """The network written in ``text`` (JSON); errors name ``where``."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise FormatError(f"not JSON: {error.msg}", where=f"{where}:{error.lineno}", remedy="see docs/uam.md") from None
    return network_from_dict(data, where=where)


def network_from_dict(data: Any, *, where: str) -> Network:
    """The network in ``data``, as read from JSON."""
    _check_keys(data, _NETWORK_KEYS, ("name", "vertiports"), where)
    entries = data["vertiports"]
    if not isinstance(entries, list) or not entries:
        raise FormatError("vertiports is no list of vertiports", where=where, remedy="give at least two")
    for number, entry in enumerate(entries):
        _check_keys(entry, _VERTIPORT_KEYS, ("name",), f"{where}: vertiports[{number}]")
    names = tuple(str(entry["name"]) for entry in entries)

    def column(key: str, default: float | None) -> list[Any]:
        values = [entry.get(key, default) for entry in entries]
        for number, value in enumerate(values):
            if not isinstance(value, int | float):
                problem = f"no {key}" if value is None else f"{key} is {value!r}, not a number"
                raise FormatError(problem, where=f"{where}: vertiports[{number}]", remedy=f"give {key} as a number")
        return values

    if any("lat" in entry or "lon" in entry for entry in entries):
        x, y = _project(np.array(column("lat", None), float), np.array(column("lon", None), float))
    else:
        x, y = np.array(column("x_miles", None), float), np.array(column("y_miles", None), float)
    hub = data.get("hub")
    if hub is not None and hub not in names:
        raise unknown_name("vertiport", str(hub), names, where=f"{where}: hub")
    return Network(
        name=str(data["name"]),
        vertiports=names,
        x_miles=x,
        y_miles=y,
        stands=np.array(column("stands", STANDS)),
        chargers=np.array(column("chargers", CHARGERS)),
        business=np.array([bool(entry.get("business", False)) for entry in entries]),
        lanes=data.get("lanes", 2),
        distance_miles=data.get("distance_miles"),
        weights=np.array(column("weight", 1.0), float),
        hub=None if hub is None else names.index(hub),
        source=str(data.get("source", "")),
    )


def network_to_dict(network: Network) -> dict[str, Any]:
    """``network`` as plain data that :func:`network_from_dict` reads back."""
    vertiports = [
        {
            "name": name,
            "x_miles": float(network.x_miles[i]),
            "y_miles": float(network.y_miles[i]),
            "stands": int(network.stands[i]),
            "chargers": int(network.chargers[i]),
            "business": bool(network.business[i]),
            "weight": float(network.weights[i]),
        }
        for i, name in enumerate(network.vertiports)
    ]
    data: dict[str, Any] = {"name": network.name, "vertiports": vertiports, "lanes": network.lanes}
    if network.hub is not None:
        data["hub"] = network.vertiports[network.hub]
    data["distance_miles"] = network.distance_miles.tolist()
    data["source"] = network.source
    return data


def random_network(num_vertiports: int, seed: int, *, name: str | None = None) -> Network:
    """Vertiports uniform in a square of 50 miles, drawn again until any two are apart and all can be served.

    Apart is 2 miles (half a mile in maps of more than ten), and served means by an aircraft with 50 miles of range
    that must be able to go on from a vertistop to a charger.  The three nearest the centre are business vertiports, two
    farthest from it vertistops (a quarter and a fifth of them, rounded up, in maps of more than ten).

    Raises
    ------
    InputError
        Fewer than four vertiports.
    """
    if num_vertiports < 4:
        raise InputError(
            f"{num_vertiports} vertiports", where="network random-N-SEED", remedy="give N of at least 4, or a file"
        )
    rng = np.random.default_rng([20240108, seed, num_vertiports])
    large = num_vertiports > 10
    num_business = math.ceil(num_vertiports / 4) if large else 3
    num_stops = math.ceil(num_vertiports / 5) if large else min(2, num_vertiports - 3)
    for _ in range(1000):
        x, y = np.round(rng.uniform(0, SIDE_MILES, (2, num_vertiports)), 2)
        from_centre = np.argsort(np.hypot(x - SIDE_MILES / 2, y - SIDE_MILES / 2), kind="stable")
        if _is_usable(x, y, from_centre[num_vertiports - num_stops :], 0.5 if large else 2.0):
            break
    else:
        raise InputError(
            "no usable positions in 1000 drawings",
            where=f"network random-{num_vertiports}-{seed}",
            remedy="fewer vertiports",
        )
    business = np.zeros(num_vertiports, bool)
    business[from_centre[:num_business]] = True
    chargers = np.full(num_vertiports, CHARGERS)
    chargers[from_centre[num_vertiports - num_stops :]] = 0
    return Network(
        name=name or f"random-{num_vertiports}-{seed}",
        vertiports=tuple(f"V{i + 1}" for i in range(num_vertiports)),
        x_miles=x,
        y_miles=y,
        stands=np.full(num_vertiports, STANDS),
        chargers=chargers,
        business=business,
        source=f"drawn uniformly in a square of {SIDE_MILES:g} miles, seed {seed}",
    )


def _is_usable(x: np.ndarray, y: np.ndarray, stops: np.ndarray, apart_miles: float) -> bool:
    n = len(x)
    distance = np.hypot(x[:, None] - x[None, :], y[:, None] - y[None, :])
    if distance[~np.eye(n, dtype=bool)].min() < apart_miles:
        return False
    way_out = np.zeros(n)
    way_out[stops] = np.delete(distance, stops, axis=1)[stops].min(axis=1)
    reach = distance + way_out[None, :] <= SIDE_MILES
    for _ in range(n.bit_length()):
        reach = (reach.astype(int) @ reach.astype(int)) > 0
    return bool(reach.all())


def _project(lat: np.ndarray, lon: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Miles east and north of the south-west corner, on the plane that touches the globe in the middle."""
    scale = math.pi / 180 * _EARTH_RADIUS_MILES
    middle = math.radians(float(lat.min() + lat.max()) / 2)
    return np.round((lon - lon.min()) * scale * math.cos(middle), 3), np.round((lat - lat.min()) * scale, 3)


def _check_keys(data: Any, known: tuple[str, ...], needed: tuple[str, ...], where: str) -> None:
    if not isinstance(data, dict):
        raise FormatError(f"{type(data).__name__} instead of an object", where=where, remedy="see docs/uam.md")
    for key in data:
        if key not in known:
            raise FormatError(f"unknown key {key!r}", where=where, remedy=did_you_mean(key, known))
    for key in needed:
        if key not in data:
            raise FormatError(f"no {key!r}", where=where, remedy=f"add {key}")
