"""Settings of a recipe from a mapping of names to values or texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from schedcore.errors import InputError, unknown_name

_KINDS: dict[str, Callable[[Any], Any]] = {"int": int, "float": float, "str": str}


def settings(kind: type, values: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The values for the fields of the dataclass ``kind`` (numbers and texts), converted.

    Raises
    ------
    UnknownNameError
        ``kind`` has no such field; near misses are suggested.
    InputError
        A value is no number of the kind that the field has.
    """
    known = {field.name: str(field.type) for field in fields(kind)}
    found = {}
    for key, value in values.items():
        if key not in known:
            raise unknown_name("setting", key, known, where=where)
        try:
            found[key] = _KINDS[known[key]](value)
        except (TypeError, ValueError):
            word = "a whole number" if known[key] == "int" else "a number"
            raise InputError(f"{key} is {value!r}", where=where, remedy=f"give {word}") from None
    return found
