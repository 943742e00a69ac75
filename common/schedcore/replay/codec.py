"""Uncertainty as JSON data, and back (schema ``sched.uncertainty/1``); times are ticks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields
from typing import Any

from schedcore.errors import FormatError, InputError, did_you_mean
from schedcore.replay.disruptions import (
    Breakdowns,
    CapacityStep,
    Disruption,
    LawChange,
    OnBreak,
    ResourceDown,
    TaskArrival,
    TaskCancelled,
)
from schedcore.replay.laws import law_from_dict, law_to_dict
from schedcore.replay.noise import Noise
from schedcore.replay.uncertainty import Uncertainty

UNCERTAINTY_SCHEMA = "sched.uncertainty/1"

_DISRUPTIONS: dict[str, type[Disruption]] = {
    "resource_down": ResourceDown,
    "capacity_step": CapacityStep,
    "task_cancelled": TaskCancelled,
    "task_arrival": TaskArrival,
    "law_change": LawChange,
}
_TYPE_OF = {cls: name for name, cls in _DISRUPTIONS.items()}


def uncertainty_to_dict(uncertainty: Uncertainty) -> dict[str, Any]:
    """``uncertainty`` as JSON data; what is empty or default is left out.

    Raises
    ------
    InputError
        If a law is none of the known ones.
    """
    u = uncertainty
    data: dict[str, Any] = {"schema": UNCERTAINTY_SCHEMA}
    if u.default is not None:
        data["default"] = _noise_to_dict(u.default)
    for name, table in (("tags", u.tags), ("tasks", u.tasks)):
        if table:
            data[name] = {key: _noise_to_dict(noise) for key, noise in table.items()}
    if u.modes:
        data["modes"] = [{"task": t, "mode": m, "noise": _noise_to_dict(noise)} for (t, m), noise in u.modes.items()]
    if u.breakdowns:
        data["breakdowns"] = [
            {"resource": b.resource, "up": law_to_dict(b.up), "down": law_to_dict(b.down)} | _given(units=b.units)
            for b in u.breakdowns
        ]
    if u.disruptions:
        data["disruptions"] = [_disruption_to_dict(event) for event in u.disruptions]
    if u.on_break is not OnBreak.RESUME:
        data["on_break"] = u.on_break.value
    return data


def uncertainty_from_dict(data: object) -> Uncertainty:
    """Inverse of :func:`uncertainty_to_dict`.

    Raises
    ------
    FormatError
        With the place of the first fault.
    """
    top = _mapping(data, "uncertainty")
    if top.get("schema") != UNCERTAINTY_SCHEMA:
        raise FormatError(
            f"schema is {top.get('schema')!r}", where="uncertainty.schema", remedy=f"expected {UNCERTAINTY_SCHEMA!r}"
        )
    known = ["schema", "default", "tags", "tasks", "modes", "breakdowns", "disruptions", "on_break"]
    _refuse_unknown(top, known, "uncertainty")
    return _made(
        Uncertainty,
        "uncertainty",
        default=None if top.get("default") is None else _noise_from_dict(top["default"], "default"),
        tags={k: _noise_from_dict(v, f"tags[{k!r}]") for k, v in _mapping(top.get("tags", {}), "tags").items()},
        tasks={k: _noise_from_dict(v, f"tasks[{k!r}]") for k, v in _mapping(top.get("tasks", {}), "tasks").items()},
        modes=dict(_mode_noise(row, f"modes[{i}]") for i, row in enumerate(_list(top.get("modes", []), "modes"))),
        breakdowns=tuple(
            _breakdowns_from_dict(row, f"breakdowns[{i}]")
            for i, row in enumerate(_list(top.get("breakdowns", []), "breakdowns"))
        ),
        disruptions=tuple(
            _disruption_from_dict(row, f"disruptions[{i}]")
            for i, row in enumerate(_list(top.get("disruptions", []), "disruptions"))
        ),
        on_break=top.get("on_break", OnBreak.RESUME),
    )


def _noise_to_dict(noise: Noise) -> dict[str, Any]:
    data: dict[str, Any] = {} if noise.law is None else {"law": law_to_dict(noise.law)}
    if noise.relative:
        data["relative"] = True
    if noise.success != 1:
        data |= {"success": noise.success, "attempts": noise.attempts}
    return data


def _noise_from_dict(data: object, where: str) -> Noise:
    row = _mapping(data, where)
    _refuse_unknown(row, ["law", "relative", "success", "attempts"], where)
    if not isinstance(row.get("relative", False), bool):
        raise FormatError(f"{row['relative']!r} is not true or false", where=f"{where}.relative")
    law = None if row.get("law") is None else law_from_dict(row["law"], where=f"{where}.law")
    rest = {k: row[k] for k in ("relative", "success", "attempts") if k in row}
    return _made(Noise, where, law=law, **rest)


def _mode_noise(data: object, where: str) -> tuple[tuple[str, int], Noise]:
    row = _mapping(data, where)
    _refuse_unknown(row, ["task", "mode", "noise"], where)
    _require(row, ["task", "mode", "noise"], where)
    if not isinstance(row["task"], str) or type(row["mode"]) is not int:
        raise FormatError(
            f"task {row['task']!r} with mode {row['mode']!r}", where=where, remedy="give the task's name and a mode id"
        )
    return (row["task"], row["mode"]), _noise_from_dict(row["noise"], f"{where}.noise")


def _breakdowns_from_dict(data: object, where: str) -> Breakdowns:
    row = _mapping(data, where)
    _refuse_unknown(row, ["resource", "up", "down", "units"], where)
    _require(row, ["resource", "up", "down"], where)
    return _made(
        Breakdowns,
        where,
        resource=_text(row["resource"], f"{where}.resource"),
        up=law_from_dict(row["up"], where=f"{where}.up"),
        down=law_from_dict(row["down"], where=f"{where}.down"),
        units=row.get("units"),
    )


def _disruption_to_dict(event: Disruption) -> dict[str, Any]:
    data: dict[str, Any] = {"type": _TYPE_OF[type(event)]}
    for field in fields(event):
        value = getattr(event, field.name)
        if field.default is not MISSING and value == field.default:
            continue
        if isinstance(value, Noise):
            value = _noise_to_dict(value)
        data[field.name] = list(value) if isinstance(value, tuple) else value
    return data


def _disruption_from_dict(data: object, where: str) -> Disruption:
    row = _mapping(data, where)
    kind = row.get("type")
    if not isinstance(kind, str) or kind not in _DISRUPTIONS:
        raise FormatError(
            f"unknown disruption {kind!r}", where=f"{where}.type", remedy=did_you_mean(str(kind), _DISRUPTIONS)
        )
    cls = _DISRUPTIONS[kind]
    names = [f.name for f in fields(cls)]
    _refuse_unknown(row, ["type", *names], where)
    _require(row, [f.name for f in fields(cls) if f.default is MISSING], where)
    values = {k: row[k] for k in names if k in row}
    for name in ("resource", "task"):
        if name in values:
            _text(values[name], f"{where}.{name}")
    for name in ("tasks", "tags"):
        if name in values:
            values[name] = tuple(_text(v, f"{where}.{name}") for v in _list(values[name], f"{where}.{name}"))
    if "noise" in values:
        values["noise"] = _noise_from_dict(values["noise"], f"{where}.noise")
    made: Disruption = _made(cls, where, **values)
    return made


def _made(cls: Callable[..., Any], where: str, **values: Any) -> Any:
    """``cls(**values)``, with faults reported as faults of the data at ``where``."""
    try:
        return cls(**values)
    except FormatError:
        raise
    except InputError as error:
        raise FormatError(error.what, where=f"{where} ({error.where})", remedy=error.remedy) from None


def _given(**values: Any) -> dict[str, Any]:
    return {k: v for k, v in values.items() if v is not None}


def _mapping(data: object, where: str) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise FormatError(f"{data!r} is not an object", where=where, remedy="give a JSON object")
    return data


def _list(data: object, where: str) -> Sequence[Any]:
    if not isinstance(data, Sequence) or isinstance(data, str):
        raise FormatError(f"{data!r} is not a list", where=where, remedy="give a JSON list")
    return data


def _text(data: object, where: str) -> str:
    if not isinstance(data, str):
        raise FormatError(f"{data!r} is not a name", where=where, remedy="give text")
    return data


def _refuse_unknown(row: Mapping[str, Any], known: list[str], where: str) -> None:
    for key in row:
        if key not in known:
            raise FormatError(f"unknown key {key!r}", where=where, remedy=did_you_mean(str(key), known))


def _require(row: Mapping[str, Any], names: list[str], where: str) -> None:
    missing = [name for name in names if name not in row]
    if missing:
        raise FormatError(f"{', '.join(missing)} missing", where=where, remedy=f"give {', '.join(names)}")
