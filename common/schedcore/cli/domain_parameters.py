"""The options of a domain as parameters of a verb: they exist once the domain is named on the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from schedcore.domain_options import VERBS_WITH_OPTIONS
from schedcore.errors import InputError

if TYPE_CHECKING:
    from schedcore.domain_options import DomainOption

_FOUND = "schedcore.domain_parameters"
_GIVEN = "schedcore.domain_options"
_DOMAIN = "schedcore.named_domain"


class DomainParameter(click.Option):
    """An option of a domain; its value goes to :func:`given_options`, not to the verb."""


def find_domain_parameters(ctx: click.Context, command: click.Command, args: Sequence[str]) -> list[str]:
    """Look for a domain among the words and remember its options for this invocation; the words to parse.

    An option that is another name of one of the verb's is replaced by that.
    """
    words = list(args)
    if command.name not in VERBS_WITH_OPTIONS:
        return words
    from schedcore.registry import domain_names, get_domain

    before_dashes = words[: words.index("--")] if "--" in words else words
    names = domain_names()
    domain = next((word for word in before_dashes if word in names), None)
    if domain is None:
        return words
    found: list[click.Parameter] = []
    taken = {opt for parameter in command.params for opt in (*parameter.opts, *parameter.secondary_opts)}
    for option in get_domain(domain).options:
        if command.name not in option.verbs:
            continue
        flag = f"--{option.name}"
        if flag in taken:
            raise InputError(
                f"domain {domain} and verb {command.name} both have {flag}",
                where=f"domain {domain}",
                remedy="give the option of the domain another name",
            )
        found.append(_parameter(option))
        if option.instead_of is not None:
            words = [_renamed(word, flag, f"--{option.instead_of}") for word in words]
    ctx.meta[_FOUND] = found
    ctx.meta[_DOMAIN] = domain
    return words


def domain_parameters(ctx: click.Context) -> list[click.Parameter]:
    """The parameters that the named domain adds; empty without a domain."""
    found: list[click.Parameter] = ctx.meta.get(_FOUND, [])
    return found


def named_domain(ctx: click.Context) -> str | None:
    """The domain that is named on the command line."""
    return ctx.meta.get(_DOMAIN)


def given_options(ctx: click.Context) -> Mapping[str, Any]:
    """The domain's options that were given, by key; filled while the command line is processed."""
    return _given(ctx)


def _renamed(word: str, flag: str, other: str) -> str:
    if word == flag:
        return other
    return other + word[len(flag) :] if word.startswith(flag + "=") else word


def _parameter(option: DomainOption) -> DomainParameter:
    def store(ctx: click.Context, parameter: click.Parameter, value: Any) -> Any:
        if value is not None and value is not False and value != ():
            _given(ctx)[option.key] = value
        return value

    text = option.help if option.instead_of is None else f"{option.help} The same as --{option.instead_of}."
    if option.kind is bool:
        return DomainParameter([f"--{option.name}"], is_flag=True, expose_value=False, callback=store, help=text)
    return DomainParameter(
        [f"--{option.name}"],
        type=_type(option),
        metavar=option.metavar,
        multiple=option.multiple,
        expose_value=False,
        callback=store,
        help=text,
    )


def _given(ctx: click.Context) -> dict[str, Any]:
    """The mutable mapping behind :func:`given_options`."""
    given: dict[str, Any] = ctx.meta.setdefault(_GIVEN, {})
    return given


def _type(option: DomainOption) -> Any:
    if option.choices:
        return click.Choice(list(option.choices))
    if option.kind is int:
        low = None if option.minimum is None else int(option.minimum)
        return click.IntRange(low, None if option.maximum is None else int(option.maximum))
    if option.kind is float:
        return click.FloatRange(option.minimum, option.maximum)
    if option.kind is Path:
        return click.Path(path_type=Path)
    return str
