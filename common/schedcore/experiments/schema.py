"""Plain data as typed configuration: unknown keys and wrong types are refused with their place and near misses."""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from schedcore.errors import InputError, UnknownNameError, did_you_mean

Place = Callable[[str], str]
"""Where a key of the configuration was set, in words."""


class Builder:
    """Builds configuration objects from plain data.

    Parts that were built before are found again by the identity of their data, so that thousands of
    configurations which share most parts cost little.

    Parameters
    ----------
    place
        Tells where a key was set, for messages.
    """

    def __init__(self, place: Place = str) -> None:
        self._place = place
        self._built: dict[tuple[int, Any], tuple[Any, Any]] = {}

    def build(self, kind: Any, data: Any, key: str = "") -> Any:
        """``data`` as a value of type ``kind``.

        Raises
        ------
        UnknownNameError
            A key that the schema lacks.
        InputError
            A value of a wrong type, or a key that is missing.
        """
        origin, arguments = _parts(kind)
        if kind is Any:
            return data
        if origin is types.UnionType:
            if data is None:
                return None
            return self.build(arguments[0], data, key)
        if isinstance(data, (dict, list)):
            memo = (id(data), kind)
            found = self._built.get(memo)
            if found is None:
                # The data is kept with the result: its identity must not be given to something else.
                found = self._built[memo] = (data, self._container(kind, origin, arguments, data, key))
            return found[1]
        if kind is float and type(data) is int:
            return float(data)
        if kind is str and type(data) in (int, float):
            return str(data)
        if type(data) is str and kind in _SPELT and _SPELT[kind].fullmatch(data):
            # Text from the environment: all that there is has the type text.
            return {"true": True, "false": False}[data.lower()] if kind is bool else kind(data)
        if origin is not None or dataclasses.is_dataclass(kind):
            raise self._wrong(data, "a list" if origin in (list, tuple) else "keys and values", key)
        if not isinstance(data, kind) or (isinstance(data, bool) and kind is not bool):
            raise self._wrong(data, _WORDS[kind], key)
        return data

    def _container(self, kind: Any, origin: Any, arguments: tuple[Any, ...], data: Any, key: str) -> Any:
        if dataclasses.is_dataclass(kind):
            return self._dataclass(typing.cast(type, kind), data, key)
        if origin in (list, tuple):
            if not isinstance(data, list):
                raise self._wrong(data, "a list", key)
            return origin(self.build(arguments[0], item, f"{key}[{i}]") for i, item in enumerate(data))
        if origin is dict:
            if not isinstance(data, Mapping):
                raise self._wrong(data, "keys and values", key)
            return {str(k): self.build(arguments[1], v, f"{key}.{k}") for k, v in data.items()}
        raise self._wrong(data, _WORDS[kind], key)

    def _dataclass(self, kind: type, data: Any, key: str) -> Any:
        if not isinstance(data, Mapping):
            raise self._wrong(data, "keys and values", key)
        kinds, needed = _fields(kind)
        inside = f"{key}." if key else ""
        values: dict[str, Any] = {}
        for name, value in data.items():
            if name not in kinds:
                where = self._place(f"{inside}{name}")
                raise UnknownNameError(
                    f"unknown key {f'{inside}{name}'!r}", where=where, remedy=did_you_mean(str(name), kinds)
                )
            values[name] = self.build(kinds[name], value, f"{inside}{name}")
        for name in needed:
            if name not in data:
                where = self._place(key or name)
                raise InputError(f"the key {f'{inside}{name}'!r} is missing", where=where, remedy=f"write {name}: ...")
        return kind(**values)

    def _wrong(self, data: Any, expected: str, key: str) -> InputError:
        shown = repr(data) if len(repr(data)) < 60 else repr(data)[:57] + "..."
        return InputError(f"{shown} is not {expected}", where=self._place(key), remedy=_correction(data, expected, key))


def _correction(data: Any, expected: str, key: str) -> str:
    """What was probably meant by a value of a wrong type."""
    between = re.fullmatch(r"(\d+)\s*(?:\.\.|-)\s*(\d+)", data) if isinstance(data, str) else None
    if between and expected == "a whole number":
        return f"a range is written  {key}='range({between[1]},{int(between[2]) + 1})'"
    if isinstance(data, list) and expected in _WORDS.values():
        values = ",".join(str(item) for item in data)
        return f"write {expected}; several values to vary stand without brackets:  {key}={values}"
    return f"write {expected}"


_SPELT = {
    int: re.compile(r"[+-]?\d+"),
    float: re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"),
    bool: re.compile(r"true|false", re.IGNORECASE),
}

_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


@cache
def _parts(kind: Any) -> tuple[Any, tuple[Any, ...]]:
    """What a type is made of; optional types lose their ``None``."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return types.UnionType, tuple(item for item in arguments if item is not type(None))
    return origin, arguments


@cache
def _fields(kind: type) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Types of the fields of a dataclass, and the fields without default."""
    hints = typing.get_type_hints(kind)
    fields = dataclasses.fields(kind)
    needed = tuple(
        item.name
        for item in fields
        if item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING
    )
    return {item.name: hints[item.name] for item in fields}, needed


def check_key(kind: Any, key: str, where: str) -> None:
    """Refuse a dotted ``key`` that no value of type ``kind`` can have.

    Raises
    ------
    UnknownNameError
        Near misses are suggested.
    """
    here = kind
    parts = key.split(".")
    for i, part in enumerate(parts):
        origin, arguments = _parts(here)
        if origin is types.UnionType:
            here = arguments[0]
            origin, arguments = _parts(here)
        if here is Any:
            return
        if origin is dict:
            here = arguments[1]
        elif origin in (list, tuple) and part.isdigit():
            here = arguments[0]
        elif dataclasses.is_dataclass(here):
            kinds, _ = _fields(typing.cast(type, here))
            if part not in kinds:
                known = [".".join([*parts[:i], name]) for name in kinds]
                raise UnknownNameError(f"unknown key {key!r}", where=where, remedy=_near(key, part, kinds, known))
            here = kinds[part]
        else:
            above = ".".join(parts[:i])
            raise UnknownNameError(f"unknown key {key!r}", where=where, remedy=f"{above} has no keys")


def _near(key: str, part: str, kinds: Mapping[str, Any], known: list[str]) -> str:
    return did_you_mean(part, kinds) if "." not in key else did_you_mean(key, known)


def default_of(kind: Any, key: str) -> Any:
    """The default of the dotted ``key``; ``None`` where there is none."""
    here = kind
    value: Any = None
    for part in key.split("."):
        origin, arguments = _parts(here)
        if origin is types.UnionType:
            here = arguments[0]
        if not dataclasses.is_dataclass(here):
            return None
        item = next((f for f in dataclasses.fields(here) if f.name == part), None)
        if item is None:
            return None
        if item.default is not dataclasses.MISSING:
            value = item.default
        elif item.default_factory is not dataclasses.MISSING:
            value = item.default_factory()
        else:
            value = None
        here = _fields(typing.cast(type, here))[0][part]
    return value
