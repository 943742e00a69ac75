"""Typed access to parsed JSON: every fault is reported with its place, what was found and what was expected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from schedcore.errors import FormatError, did_you_mean
from schedcore.model.fields import shown

_MISSING: Any = object()
_REMEDY = "correct it; docs/formats.md describes the format"


class JsonObject:
    """One JSON object at ``where``; refuses keys outside ``keys`` (separated by spaces).

    Raises
    ------
    FormatError
        From the constructor and from every getter, if the data is not what is asked for.
    """

    __slots__ = ("data", "where")

    def __init__(self, data: object, where: str, keys: str) -> None:
        self.where = where
        if not isinstance(data, Mapping):
            raise FormatError(f"expected an object, found {shown(data)}", where=where, remedy=_REMEDY)
        self.data = data
        known = keys.split()
        for key in data:
            if key not in known:
                raise FormatError(f"unknown key {key!r}", where=where, remedy=did_you_mean(str(key), known))

    def fail(self, key: str, expected: str) -> NoReturn:
        """Raise the error for a value at ``key`` that is not what was ``expected``."""
        found = shown(self.data.get(key))
        raise FormatError(f"expected {expected}, found {found}", where=f"{self.where}.{key}", remedy=_REMEDY)

    def required(self, key: str) -> Any:
        """The value of ``key``, whatever it is."""
        value = self.data.get(key, _MISSING)
        if value is _MISSING:
            raise FormatError(f"key {key!r} is missing", where=self.where, remedy="add it")
        return value

    def integer(self, key: str, default: int | None = _MISSING) -> Any:
        """An integer, or ``default`` where the key is absent (without default it is required)."""
        value = self.data.get(key, _MISSING)
        if value is _MISSING:
            return self.required(key) if default is _MISSING else default
        if type(value) is not int:
            self.fail(key, "an integer")
        return value

    def text(self, key: str, default: str = _MISSING) -> str:
        """A string."""
        value = self.required(key) if default is _MISSING else self.data.get(key, default)
        if not isinstance(value, str):
            self.fail(key, "a string")
        return value

    def flag(self, key: str) -> bool:
        """True or false; absent means false."""
        value = self.data.get(key, False)
        if not isinstance(value, bool):
            self.fail(key, "true or false")
        return value

    def items(self, key: str, *, required: bool = False) -> list[Any]:
        """A list; absent means empty unless it is ``required``."""
        value = self.required(key) if required else self.data.get(key, _MISSING)
        if value is _MISSING:
            return []
        if not isinstance(value, list):
            self.fail(key, "a list")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings; absent means empty."""
        value = self.items(key)
        if not all(isinstance(v, str) for v in value):
            self.fail(key, "a list of strings")
        return tuple(value)

    def integers(self, key: str, length: int | None = None) -> list[int]:
        """A list of integers, of the given length."""
        value = self.items(key, required=True)
        if any(type(v) is not int for v in value) or (length is not None and len(value) != length):
            self.fail(key, "a list of integers" if length is None else f"a list of {length} integers")
        return value

    def pairs(self, key: str, expected: str) -> list[list[Any]]:
        """A list of two-element lists; absent means empty."""
        value = self.items(key)
        if any(not isinstance(p, list) or len(p) != 2 for p in value):
            self.fail(key, expected)
        return value

    def mapping(self, key: str) -> Mapping[str, Any]:
        """An object with any keys; absent means empty."""
        value = self.data.get(key, {})
        if not isinstance(value, Mapping):
            self.fail(key, "an object")
        return value


def expect_schema(top: JsonObject, expected: str) -> None:
    """Check the key ``schema``: another version and another kind of file get different advice."""
    schema = top.text("schema")
    if schema == expected:
        return
    family = expected.split("/", maxsplit=1)[0]
    if schema.startswith(family + "/"):
        remedy = "this file was written by another version of the format; use the version of sched that wrote it"
    else:
        remedy = f"a file of kind {family} is needed here"
    raise FormatError(f"schema is {schema!r}, expected {expected!r}", where=f"{top.where}.schema", remedy=remedy)
