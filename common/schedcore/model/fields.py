"""Checks of single fields, shared by the classes of the model: each says what was given, where, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from schedcore.errors import FormatError, ModelError

T = TypeVar("T")


def shown(value: object) -> str:
    """``repr(value)``, cut to a length that fits a message."""
    try:
        text = repr(value)
    except ValueError:  # an integer with more digits than Python is willing to print
        text = f"{type(value).__name__} with thousands of digits"
    return text if len(text) <= 60 else text[:57] + "..."


def check_int(value: object, low: int, high: int, where: str) -> None:
    """Refuse anything but an ``int`` (no bool, float or numpy integer) in ``[low, high]``."""
    if type(value) is not int:
        remedy = "give a whole number (ticks, units)"
        if hasattr(value, "__index__") and not isinstance(value, bool):
            remedy = "convert it with int(...)"
        raise ModelError(f"{shown(value)} is not an integer", where=where, remedy=remedy)
    if not low <= value <= high:
        raise ModelError(
            f"{shown(value)} is outside [{low}, {high}]", where=where, remedy="check the unit and the sign"
        )


def check_name(name: object, kind: str, where: str | None = None) -> None:
    """Refuse anything but a non-empty string as the name of a ``kind``."""
    if not isinstance(name, str) or not name:
        raise ModelError(
            f"the name of a {kind} is {shown(name)}", where=where or kind, remedy="give a non-empty string"
        )


def check_flag(value: object, where: str) -> None:
    """Refuse anything but ``True`` and ``False``."""
    if type(value) is not bool:
        raise ModelError(f"{shown(value)} is not a truth value", where=where, remedy="give True or False")


def check_items(items: Iterable[Any], kind: type[Any] | tuple[type[Any], ...], where: str) -> None:
    """Refuse items that are no instances of ``kind``."""
    for i, item in enumerate(items):
        if not isinstance(item, kind):
            names = " or ".join(k.__name__ for k in (kind if isinstance(kind, tuple) else (kind,)))
            raise ModelError(f"{shown(item)} is no {names}", where=f"{where}[{i}]", remedy=f"give objects of {names}")


def as_tuple(value: object, where: str) -> tuple[Any, ...]:
    """``value`` as a tuple; strings and mappings do not count as sequences here."""
    if type(value) is tuple:
        return value
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise ModelError(f"{shown(value)} is not a sequence", where=where, remedy="give a tuple or a list")
    return tuple(value)


def as_rows(value: object, width: int | None, where: str) -> tuple[tuple[Any, ...], ...]:
    """``value`` as a tuple of tuples, each with ``width`` entries (``None``: any number)."""
    rows = tuple(as_tuple(row, f"{where}[{i}]") for i, row in enumerate(as_tuple(value, where)))
    for i, row in enumerate(rows):
        if width is not None and len(row) != width:
            raise ModelError(f"{shown(row)} has {len(row)} entries", where=f"{where}[{i}]", remedy=f"give {width}")
    return rows


def placed(build: Callable[[], T], where: str) -> T:
    """Run a constructor and put ``where`` before the place that its error names, if it is not there yet."""
    try:
        return build()
    except FormatError:
        raise
    except ModelError as error:
        inner = error.where or where
        if not inner.startswith(where):
            inner = f"{where}: {inner}"
        raise ModelError(error.what, where=inner, remedy=error.remedy) from None
