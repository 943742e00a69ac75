"""Parameters of a solver or policy from ``key=value`` words or a configuration."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, TypeVar, get_args, get_type_hints

from schedcore.errors import InputError, SchedError, UnknownNameError, did_you_mean

T = TypeVar("T")


def with_parameters(method: T, values: Mapping[str, Any]) -> T:
    """A copy of ``method`` with some parameters changed.

    A parameter is a field of a dataclass, or a public attribute of an object that is none; a dot leads
    into a parameter that has parameters of its own (``inner.population``), or into a dictionary.  Those of a
    field called ``parameters`` or ``policy`` go by their own name too.  Text is converted to the type that the
    parameter has now.

    Raises
    ------
    UnknownNameError
        There is no such parameter; near misses are suggested.
    InputError
        The value does not fit.
    """
    name = str(getattr(method, "name", type(method).__name__))
    for key, value in values.items():
        method = _changed(method, full_name(method, key).split("."), value, name, key)
    return method


def parameter_names(method: object) -> tuple[str, ...]:
    """Names of the parameters of ``method``, those inside parameters with a dot.

    Those inside a field called ``parameters`` or ``policy`` have no prefix, unless the method has one of that name
    itself.
    """
    found: list[str] = []
    own = _own(method)
    for name in own:
        value = getattr(method, name)
        bundle = name in _BUNDLES and _is_bundle(value)
        inner = parameter_names(value) if bundle or _has_fields(value) else ()
        bare = {part for part in inner if bundle and part.partition(".")[0] not in own}
        found += [part if part in bare else f"{name}.{part}" for part in inner] if inner else [name]
    return tuple(found)


def full_name(method: object, key: str) -> str:
    """``key`` with the prefix that a parameter inside a field called ``parameters`` or ``policy`` may go without."""
    own = _own(method)
    first = key.partition(".")[0]
    if first in own:
        return key
    for name in _BUNDLES:
        if name in own and _is_bundle(inner := getattr(method, name)):
            full = full_name(inner, key)
            if full.partition(".")[0] in _own(inner):
                return f"{name}.{full}"
    return key


def parameter_value(method: object, key: str) -> Any:
    """What the parameter ``key`` of :func:`parameter_names` is now."""
    value: Any = method
    for part in full_name(method, key).split("."):
        value = getattr(value, part)
    return value


_BUNDLES = ("parameters", "policy")
"""Fields in which a method may keep all its parameters as one object, or the policy that it carries out."""


def _is_bundle(value: object) -> bool:
    return value is not None and not isinstance(value, (str, int, float, list, tuple, dict, type))


def _has_fields(value: object) -> bool:
    """Whether ``value`` is made of parameters: a dataclass that could be made without any."""
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return False
    return all(
        field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
        for field in dataclasses.fields(value)
        if field.init
    )


def _own(method: object) -> tuple[str, ...]:
    if dataclasses.is_dataclass(method):
        return tuple(field.name for field in dataclasses.fields(method) if field.init)
    return tuple(
        name
        for name in getattr(method, "__dict__", {})
        if not name.startswith("_") and name not in ("name", "features", "summary")
    )


def unknown_parameter(method: object, key: str, value: Any) -> UnknownNameError:
    """The error for a parameter ``key`` that ``method`` lacks.

    What is called so in another place is suggested first.
    """
    name = str(getattr(method, "name", type(method).__name__))
    known = parameter_names(method)
    last = key.rpartition(".")[2]
    inside = next((full for full in known if full.rpartition(".")[2] == last), None)
    if inside is not None:
        remedy = f"did you mean {inside!r}?"
    elif not known:
        remedy = f"{name} has no parameters; leave it away"
    else:
        remedy = _near(key, last, known)
    return UnknownNameError(f"unknown parameter {key!r}", where=f"method {name}", remedy=remedy)


def _near(key: str, last: str, known: tuple[str, ...]) -> str:
    """Near misses of its last part, else of the whole name."""
    near = get_close_matches(last, [full.rpartition(".")[2] for full in known], n=3, cutoff=0.6)
    named = [full for part in dict.fromkeys(near) for full in known if full.rpartition(".")[2] == part]
    return "did you mean " + " or ".join(map(repr, named[:3])) + "?" if named else did_you_mean(key, known)


def _changed(method: T, path: list[str], value: Any, name: str, key: str, whole: object = None) -> T:
    """``method`` with the parameter at ``path`` changed; ``whole`` is what ``path`` began in."""
    if isinstance(method, dict):
        inner = _changed(method[path[0]], path[1:], value, name, key, whole) if path[1:] else _literal(value)
        return {**method, path[0]: inner}  # type: ignore[return-value]
    whole = method if whole is None else whole
    if path[0] not in _own(method):
        raise unknown_parameter(whole, key, value)
    old = getattr(method, path[0])
    if path[1:]:
        new = _changed(old, path[1:], value, name, key, whole)
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
