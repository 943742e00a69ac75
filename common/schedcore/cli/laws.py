"""Uncertainty from the command line: laws such as ``lognormal:1,0.3``, breakdowns such as ``m0:100:10``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING

from schedcore.errors import InputError, unknown_name

if TYPE_CHECKING:
    from schedcore.model import Problem
    from schedcore.replay import Breakdowns, Law, Uncertainty


def parse_law(text: str, where: str = "--law") -> Law:
    """The law that ``KIND:VALUES`` stands for; values in order, or as ``name=value``.

    Raises
    ------
    InputError
        Unknown kind or parameter, or a value out of range.
    """
    from schedcore.replay import LAWS

    kind, _, rest = text.partition(":")
    if kind not in LAWS:
        raise unknown_name("law", kind, LAWS, where=where)
    law = LAWS[kind]
    names = [item.name for item in fields(law)]
    words = [word.strip() for word in rest.split(",") if word.strip()]
    example = f"{kind}:" + ",".join(names)
    if kind == "empirical":
        return law(tuple(_number(word, where) for word in words))  # type: ignore[call-arg, arg-type]
    values: dict[str, float] = {}
    for i, word in enumerate(words):
        name, equals, value = word.partition("=")
        if not equals:
            if i >= len(names):
                raise InputError(f"{text!r} has too many values", where=where, remedy=f"write {example}")
            name, value = names[i], word
        if name not in names:
            raise unknown_name(f"parameter of {kind}", name, names, where=where)
        if name in values:
            raise InputError(f"{name} is given twice in {text!r}", where=where, remedy=f"write {example}")
        values[name] = _number(value, where)
    missing = [item.name for item in fields(law) if item.default is MISSING and item.name not in values]
    if missing:
        raise InputError(f"{text!r} lacks {', '.join(missing)}", where=where, remedy=f"write {example}")
    return law(**values)  # type: ignore[arg-type]


def parse_breakdowns(texts: Sequence[str], problem: Problem, where: str = "--breakdown") -> tuple[Breakdowns, ...]:
    """Failure processes ``RESOURCE:UP:DOWN`` with mean ticks of exponential laws; ``*`` stands for all resources.

    Raises
    ------
    InputError
        Another form, an unknown resource, or a resource named twice.
    """
    from schedcore.model import Reservoir
    from schedcore.replay import Breakdowns, Exponential

    found: dict[str, Breakdowns] = {}
    for text in texts:
        name, up, down = _three(text, where)
        law_up, law_down = Exponential(_number(up, where)), Exponential(_number(down, where))
        every = [resource.name for resource in problem.resources if not isinstance(resource, Reservoir)]
        if name != "*":
            problem.resource_id(name)
        for resource in every if name == "*" else [name]:
            found[resource] = Breakdowns(resource, law_up, law_down)
    return tuple(found.values())


def _three(text: str, where: str) -> tuple[str, str, str]:
    parts = text.rsplit(":", 2)
    if len(parts) != 3 or not parts[0]:
        raise InputError(
            f"{text!r} is not of the form RESOURCE:UP:DOWN", where=where, remedy="for example m0:100:10, or *:500:20"
        )
    return parts[0], parts[1], parts[2]


def _number(text: str, where: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{text!r} is not a number", where=where, remedy="give a number") from None


def uncertainty_of(problem: Problem, law: str | None, breakdowns: Sequence[str], file: Path | None) -> Uncertainty:
    """What the options say; a law gives factors on the planned durations.

    Raises
    ------
    InputError
        An option that cannot be understood, or a file together with the others.
    """
    from schedcore.replay import Noise, Uncertainty

    if file is None:
        default = None if law is None else Noise(parse_law(law), relative=True)
        return Uncertainty(default=default, breakdowns=parse_breakdowns(breakdowns, problem))
    if law is not None or breakdowns:
        raise InputError(
            "a file says all there is to say", where="--uncertainty", remedy="leave --law and --breakdown away"
        )
    from schedcore.cli.files import find_path
    from schedcore.io import read_text
    from schedcore.io.json_text import parse_json

    path = find_path(str(file))
    try:
        return Uncertainty.from_dict(parse_json(read_text(path), str(path)))
    except InputError as error:
        where = error.where if error.where and error.where.startswith(str(path)) else f"{path}: {error.where}"
        raise type(error)(error.what, where=where, remedy=error.remedy) from error
