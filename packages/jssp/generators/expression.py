"""Generated instances by name, such as ``taillard:20x15:7`` or ``progen:30x4:1:resource_strength=0.5``.

The form is ``GENERATOR:AxB:SEED`` with an optional fourth part of ``parameter=value`` pairs separated by commas, for
the generators that have parameters.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from jssp.generators.brandimarte import BrandimarteParameters, brandimarte
from jssp.generators.demirkol import new_demirkol
from jssp.generators.progen import ProGenParameters, progen
from jssp.generators.taillard import new_taillard
from jssp.instance import FlexibleJobShopInstance, JobShopInstance
from jssp.project import ProjectInstance
from schedcore.errors import InputError, unknown_name

AnyInstance = JobShopInstance | FlexibleJobShopInstance | ProjectInstance

GENERATORS = {
    "taillard": "job shop, jobs x machines, durations 1 ... 99",
    "demirkol": "job shop, jobs x machines, durations 1 ... 200",
    "demirkol_split": "the same, with routes through the first half of the machines before the second",
    "brandimarte": "flexible job shop, jobs x machines",
    "progen": "resource-constrained project, activities x resources",
}
"""Generator names with what the two sizes are."""

MAX_OPERATIONS = 2_000_000
"""Largest generated instance; one operation takes some kilobytes until it is solved."""

_FORM = re.compile(r"([a-z_]+):(\d+)x(\d+):(\d+)(?::(.+))?")


def is_expression(text: str) -> bool:
    """Whether ``text`` names a generator before a colon (it may still be wrong behind it)."""
    return text.partition(":")[0] in GENERATORS and ":" in text


def generate(expression: str) -> AnyInstance:
    """The instance of an expression; the same expression gives the same instance everywhere.

    >>> generate("taillard:6x4:1")
    JobShopInstance('taillard:6x4:1', jobs=6, machines=4)

    Raises
    ------
    UnknownNameError
        There is no such generator.
    InputError
        The expression has another form, or a parameter is unknown or out of its range.
    """
    kind = expression.partition(":")[0]
    if kind not in GENERATORS:
        raise unknown_name("generator", kind, GENERATORS)
    match = _FORM.fullmatch(expression)
    if match is None:
        raise InputError(
            f"{expression!r} is not of the form GENERATOR:AxB:SEED",
            where="generated instance",
            remedy=f"for example {kind}:20x15:1",
        )
    first, second, seed = int(match[2]), int(match[3]), int(match[4])
    _check_size(kind, first, second, expression)
    if kind == "brandimarte":
        values = _values(match[5], BrandimarteParameters, expression, ("jobs", "machines"))
        shop = BrandimarteParameters(jobs=first, machines=second, **_capped(values, second))
        return brandimarte(shop, seed, name=expression)
    if kind == "progen":
        values = _values(match[5], ProGenParameters, expression, ("activities", "resources"))
        return progen(ProGenParameters(activities=first, resources=second, **values), seed, name=expression)
    if match[5] is not None:
        raise InputError(
            f"{kind} has no parameters but sizes and seed", where=expression, remedy=f"drop {':' + match[5]!r}"
        )
    plain: dict[str, Callable[[], AnyInstance]] = {
        "taillard": lambda: new_taillard(first, second, seed),
        "demirkol": lambda: new_demirkol(first, second, seed),
        "demirkol_split": lambda: new_demirkol(first, second, seed, split=True),
    }
    return plain[kind]()


def _check_size(kind: str, first: int, second: int, expression: str) -> None:
    """Refuse what would be killed for memory; sizes of 0 are left to the generators."""
    # A flexible job has at most as many operations by default, whatever the number of machines.
    per_job = BrandimarteParameters().max_operations if kind == "brandimarte" else second
    count = first * max(per_job, second)
    if count > MAX_OPERATIONS:
        word = "demands" if kind == "progen" else "operations"
        raise InputError(
            f"{first} x {second} gives {count:,} {word}, and {MAX_OPERATIONS:,} is the most",
            where=expression,
            remedy="choose smaller sizes",
        )


def _capped(values: dict[str, Any], machines: int) -> dict[str, Any]:
    """The default number of alternatives does not exceed the number of machines; a given one is checked as it is."""
    if "max_alternatives" in values:
        return values
    return {**values, "max_alternatives": min(BrandimarteParameters().max_alternatives, max(machines, 1))}


def _values(text: str | None, kind: type, expression: str, sizes: tuple[str, ...]) -> dict[str, Any]:
    known = {field.name: str(field.type) for field in fields(kind) if field.name not in sizes}
    values: dict[str, Any] = {}
    for part in text.split(",") if text else ():
        key, equals, value = part.partition("=")
        if not equals:
            raise InputError(f"{part!r} is not parameter=value", where=expression, remedy="separate pairs by commas")
        if key not in known:
            raise unknown_name("parameter", key, known, where=expression)
        convert = float if known[key] == "float" else int
        try:
            values[key] = convert(value)
        except ValueError:
            what = "a number" if convert is float else "a whole number"
            raise InputError(f"{key} is {value!r}", where=expression, remedy=f"use {what}") from None
    return values
