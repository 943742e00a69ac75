"""What a user asks of the network: pairs of two nodes with at least this fidelity, at least at this rate."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from qnet.network import Network
from schedcore.errors import FormatError, InputError, did_you_mean


@dataclass(frozen=True, slots=True)
class Demand:
    """One request.

    Parameters
    ----------
    source, destination
        End nodes.
    fidelity
        Least fidelity of the delivered pairs (not its root), in (0.25, 1).
    rate_hz
        Least number of pairs per second.
    name
        For people; unique within a list of demands.
    jitter_max_s
        Bound on the standard deviation of the distance between consecutive starts; ``None``: none.
    max_latency_s
        Bound on the time from the release of a window to its end; ``None``: the period.
    start_s, expiry_s
        When it arrives and when it leaves, for the controller; ``None``: from the beginning, never.
    priority
        Larger goes first where an order is to be chosen.
    period_s
        Distance of the windows; ``None``: as the rate needs.
    """

    source: str
    destination: str
    fidelity: float
    rate_hz: float
    name: str = ""
    jitter_max_s: float | None = None
    max_latency_s: float | None = None
    start_s: float = 0.0
    expiry_s: float | None = None
    priority: int = 0
    period_s: float | None = None

    def __post_init__(self) -> None:
        where = f"demand {self.label}"
        if self.source == self.destination:
            raise InputError(f"source and destination are both {self.source}", where=where, remedy="name two nodes")
        if not 0.25 < self.fidelity < 1.0:
            raise InputError(
                f"a fidelity of {self.fidelity}",
                where=where,
                remedy="give more than 0.25 (that is noise) and less than 1 (that is never reached)",
            )
        if not (self.rate_hz > 0 and math.isfinite(self.rate_hz)):
            raise InputError(f"a rate of {self.rate_hz} Hz", where=where, remedy="give pairs per second > 0")
        for key in ("jitter_max_s", "max_latency_s", "period_s"):
            value = getattr(self, key)
            if value is not None and not (value >= 0 and math.isfinite(value)):
                raise InputError(f"{key} is {value}", where=where, remedy="give seconds >= 0")
        if self.expiry_s is not None and self.expiry_s <= self.start_s:
            raise InputError(
                f"it expires at {self.expiry_s} s and starts at {self.start_s} s",
                where=where,
                remedy="let it expire after its start",
            )

    @property
    def label(self) -> str:
        """Its name, or its ends."""
        return self.name or f"{self.source}-{self.destination}"

    def period_slots(self, slot_s: float) -> int:
        """Slots between windows: ``period_s`` if given, else ``ceil(1 / (rate * slot))``.

        Raises
        ------
        InputError
            ``period_s`` is no multiple of the slot, or fewer windows than the rate needs; or the rate is above one pair
            per slot.
        """
        where = f"demand {self.label}"
        needed = 1.0 / (self.rate_hz * slot_s)
        if needed < 1.0 - 1e-9:
            raise InputError(
                f"{self.rate_hz:g} Hz is more than one pair per slot of {slot_s:g} s",
                where=where,
                remedy=f"ask for at most {1 / slot_s:g} Hz, or use shorter slots",
            )
        if self.period_s is None:
            return max(1, math.ceil(needed - 1e-9))
        slots = self.period_s / slot_s
        if abs(slots - round(slots)) > 1e-6 or round(slots) < 1:
            raise InputError(
                f"a slot of {slot_s:g} s does not divide the period of {self.period_s:g} s",
                where=where,
                remedy="choose a period that is a whole number of slots",
            )
        if round(slots) > needed + 1e-6:
            raise InputError(
                f"a window every {self.period_s:g} s cannot give {self.rate_hz:g} Hz",
                where=where,
                remedy=f"choose a period of at most {1 / self.rate_hz:g} s",
            )
        return round(slots)

    def check_against(self, network: Network) -> None:
        """Raise if its nodes do not exist, are no end nodes, or no path joins them."""
        for name in (self.source, self.destination):
            if not network.node(name).is_end:
                raise InputError(
                    f"{name} is a repeater", where=f"demand {self.label}", remedy="demands join end nodes only"
                )
        network.path(self.source, self.destination)


_FIELDS = tuple(Demand.__dataclass_fields__)
_ALIASES = {"F_min": "fidelity", "f_min": "fidelity", "R_min": "rate_hz", "rate": "rate_hz", "dest": "destination"}


def read_demands(path: Path) -> tuple[Demand, ...]:
    """Demands from a JSON file (a list of objects, or an object with ``demands``) or a CSV file with a heading.

    Raises
    ------
    FormatError
        Another form, an unknown or missing field; place and remedy are named.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FormatError(f"cannot be read: {error}", where=str(path), remedy="check the path") from None
    rows: Iterable[Mapping[str, Any]]
    if path.suffix.lower() == ".csv":
        rows = [{k: v for k, v in row.items() if v not in ("", None)} for row in csv.DictReader(text.splitlines())]
    else:
        try:
            data = json.loads(text)
        except ValueError as error:
            raise FormatError(f"no JSON: {error}", where=str(path), remedy="use JSON or CSV") from None
        rows = data.get("demands", ()) if isinstance(data, dict) else data
    demands = tuple(_demand(row, f"{path}: demand {i + 1}") for i, row in enumerate(rows))
    if not demands:
        raise FormatError("no demands", where=str(path), remedy="give at least one")
    return demands


def demands_to_list(demands: Sequence[Demand]) -> list[dict[str, Any]]:
    """Demands as plain data that :func:`read_demands` gives back; fields at their default are left out."""
    defaults = {name: f.default for name, f in Demand.__dataclass_fields__.items()}
    return [{k: v for k, v in asdict(d).items() if v != defaults[k]} for d in demands]


def _demand(row: Any, where: str) -> Demand:
    if not isinstance(row, Mapping):
        raise FormatError(f"{row!r} is no object", where=where, remedy="give source, destination, fidelity, rate_hz")
    values: dict[str, Any] = {}
    for key, value in row.items():
        name = _ALIASES.get(key, key)
        if name not in _FIELDS:
            raise FormatError(f"unknown field {key!r}", where=where, remedy=did_you_mean(key, _FIELDS))
        values[name] = value
    for name in ("source", "destination", "fidelity", "rate_hz"):
        if name not in values:
            raise FormatError(f"{name} is missing", where=where, remedy="give source, destination, fidelity, rate_hz")
    for name, value in values.items():
        if name in ("source", "destination", "name"):
            values[name] = str(value)
        elif value is not None:
            try:
                values[name] = int(value) if name == "priority" else float(value)
            except (TypeError, ValueError):
                raise FormatError(f"{name} is {value!r}", where=where, remedy="give a number") from None
    try:
        return Demand(**values)
    except InputError as error:
        raise FormatError(error.what, where=f"{where}, {error.where}", remedy=error.remedy) from None
