"""Parameters of a solver or policy from ``key=value`` words or a configuration."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar, get_args, get_type_hints

from schedcore.errors import InputError, SchedError, unknown_name

T = TypeVar("T")


def with_parameters(method: T, values: Mapping[str, Any]) -> T:
    """A copy of ``method`` with some parameters changed.

    A parameter is a field of a dataclass, or a public attribute of an object that is none; a dot leads
    into a parameter that has parameters of its own (``parameters.population``), or into a dictionary.
    Text is converted to the type that the parameter has now.

    Raises
    ------
    UnknownNameError
        There is no such parameter; near misses are suggested.
    InputError
        The value does not fit.
    """
    name = str(getattr(method, "name", type(method).__name__))
    for key, value in values.items():
        method = _changed(method, key.split("."), value, name, key, parameter_names(method))
    return method


def parameter_names(method: object) -> tuple[str, ...]:
    """Names of the parameters of ``method``, those inside parameters with a dot."""
    found: list[str] = []
    for name in _own(method):
        value = getattr(method, name)
        inner = parameter_names(value) if dataclasses.is_dataclass(value) and not isinstance(value, type) else ()
        found += [f"{name}.{part}" for part in inner] if inner else [name]
    return tuple(found)


def _own(method: object) -> tuple[str, ...]:
    if dataclasses.is_dataclass(method):
        return tuple(field.name for field in dataclasses.fields(method) if field.init)
    return tuple(
        name
        for name in getattr(method, "__dict__", {})
        if not name.startswith("_") and name not in ("name", "features", "summary")
    )


def _changed(method: T, path: list[str], value: Any, name: str, key: str, names: tuple[str, ...]) -> T:
    if isinstance(method, dict):
        inner = _changed(method[path[0]], path[1:], value, name, key, names) if path[1:] else _literal(value)
        return {**method, path[0]: inner}  # type: ignore[return-value]
    known = _own(method)
    if path[0] not in known:
        raise unknown_name("parameter", key, names, where=f"method {name}")
    old = getattr(method, path[0])
    if path[1:]:
        new = _changed(old, path[1:], value, name, key, names)
    elif old is None and _literal(value) is None:
        new = None
    else:
        new = _converted(value, _example(method, path[0]), name, key)
    try:
        if dataclasses.is_dataclass(method):
            return dataclasses.replace(method, **{path[0]: new})  # type: ignore[type-var]
    except SchedError:
        raise
    except (TypeError, ValueError) as error:
        raise InputError(str(error), where=f"method {name}, {key}", remedy="choose another value") from error
    changed = copy.copy(method)
    setattr(changed, path[0], new)
    return changed


def _example(method: object, field: str) -> Any:
    """A value of the type that the parameter has: its present one, or for ``None`` one that its annotation allows."""
    old = getattr(method, field)
    if old is not None or not dataclasses.is_dataclass(method):
        return old
    examples: dict[Any, Any] = {bool: False, int: 0, float: 0.0, str: ""}
    allowed = get_args(get_type_hints(type(method)).get(field))
    return next((examples[kind] for kind in allowed if kind in examples), None)


def _converted(value: Any, old: Any, name: str, key: str) -> Any:
    new = _literal(value)
    if old is None or (isinstance(new, type(old)) and not (isinstance(new, bool) and not isinstance(old, bool))):
        return new
    if isinstance(old, float) and isinstance(new, int) and not isinstance(new, bool):
        return float(new)
    if isinstance(old, str) and isinstance(value, str):
        return value
    if isinstance(old, tuple) and isinstance(new, list):
        return tuple(new)
    expected = {bool: "true or false", int: "a whole number", float: "a number"}.get(type(old), type(old).__name__)
    raise InputError(f"{key} is {value!r}", where=f"method {name}", remedy=f"use {expected}")


def _literal(value: Any) -> Any:
    """Text as the value that it spells in YAML; anything else as it is."""
    if not isinstance(value, str):
        return value
    plain = {"true": True, "false": False, "null": None, "none": None}
    if value.lower() in plain:
        return plain[value.lower()]
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    if value.startswith("[") and value.endswith("]"):
        return [_literal(part.strip()) for part in value[1:-1].split(",") if part.strip()]
    return value
