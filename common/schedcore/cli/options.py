"""Arguments and options that several verbs share."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from schedcore.errors import InputError, did_you_mean

_OVERRIDE = re.compile(r"(?P<sign>\+\+|\+|~)?(?P<key>[A-Za-z_][\w./@:-]*)(?P<rest>=(?P<value>.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Overrides:
    """Trailing ``key=value`` words in the grammar of Hydra: ``a.b=1``, ``+new=2``, ``~gone``."""

    words: tuple[str, ...] = ()

    def plain(self, known: Iterable[str], *, where: str) -> dict[str, str]:
        """The words as a dictionary, for a verb without a configuration file.

        Raises
        ------
        InputError
            A key is none of ``known``, or a word adds or deletes a key.
        """
        names = tuple(known)
        found: dict[str, str] = {}
        for word in self.words:
            match = _OVERRIDE.fullmatch(word)
            if match is None or match["sign"] or match["rest"] is None:
                raise InputError(f"{word!r} is not of the form key=value", where=where, remedy="write key=value")
            if match["key"] not in names:
                remedy = did_you_mean(match["key"], names) if names else "this takes no key=value words"
                raise InputError(f"unknown key {match['key']!r}", where=where, remedy=remedy)
            found[match["key"]] = match["value"]
        return found

    def as_dict(self) -> Mapping[str, str]:
        """Keys and values as they stand, for a callee that judges the keys itself."""
        return self.plain((word.partition("=")[0] for word in self.words), where="key=value words")


class OverrideWord(click.ParamType):
    """One word ``key=value`` of Hydra's grammar."""

    name = "key=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        match = _OVERRIDE.fullmatch(value)
        if match is None or (match["rest"] is None and match["sign"] != "~"):
            self.fail(f"unexpected word {value!r}: trailing words have the form key=value", param, ctx)
        return str(value)


class _Collected(click.Argument):
    """An argument that gathers the trailing words into :class:`Overrides`."""

    def process_value(self, ctx: click.Context, value: Any) -> Any:
        words: tuple[str, ...] = super().process_value(ctx, value) or ()
        return as_overrides(words, ctx, self)


class _Completed(_Collected):
    """The words of a verb with a configuration, whose keys and choices complete."""

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        from schedcore.cli.completing import complete_word

        return complete_word(ctx, incomplete)


def as_overrides(words: tuple[str, ...], ctx: click.Context | None, param: click.Parameter | None) -> Overrides:
    """The words as :class:`Overrides`; a key that is given twice is refused."""
    keys = [word.lstrip("+~").partition("=")[0] for word in words]
    for key in keys:
        if keys.count(key) > 1:
            raise click.BadParameter(f"{key!r} is given twice", ctx=ctx, param=param)
    return Overrides(words)


def overrides_argument(name: str = "overrides", *, configured: bool = False) -> Any:
    """The trailing ``key=value`` words of a verb, passed to it as :class:`Overrides`.

    ``configured`` says that they are keys of a configuration.
    """
    kind = _Completed if configured else _Collected
    return click.argument(name, cls=kind, nargs=-1, type=OverrideWord(), metavar="[KEY=VALUE]...")


class DomainName(click.ParamType):
    """The name of a registered domain; completes, and suggests near misses."""

    name = "DOMAIN"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from schedcore.registry import domain_names

        if value not in domain_names():
            known = domain_names()
            raise InputError(f"unknown domain {value!r}", where="DOMAIN", remedy=did_you_mean(value, known))
        return str(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        from schedcore.registry import domain_names

        return [CompletionItem(name) for name in domain_names() if name.startswith(incomplete)]


class OutputFile(click.ParamType):
    """A file to write; that it can be written is checked before any work begins."""

    name = "FILE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        from schedcore.io.atomic import check_writable

        where = param.opts[-1] if isinstance(param, click.Option) else str(value)
        return check_writable(os.path.expanduser(value), where=where)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type="file")]


def data_dir_option() -> Any:
    """``--data-dir``: where instance files are looked for besides the working directory."""
    return click.option(
        "--data-dir",
        "data_dirs",
        multiple=True,
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        metavar="FOLDER",
        envvar="SCHED_DATA_DIR",
        help="Look for instance files here too; may be given several times (SCHED_DATA_DIR: separated by ':').",
    )


def config_dir_option() -> Any:
    """``--config-dir``: the configuration to use instead of the one found."""
    return click.option(
        "--config-dir",
        type=click.Path(path_type=Path),
        metavar="FOLDER",
        help="Configuration folder (default: SCHED_CONFIG_DIR, then configs/ upward from here, then the built-in one).",
    )


def workers_option() -> Any:
    """``--workers``: threads of a solver; never more than was granted."""
    return click.option(
        "--workers",
        type=click.IntRange(min=1),
        metavar="N",
        default=1,
        show_default=True,
        help="Solver threads. One thread and a seed give the same answer every time.",
    )


def seed_option() -> Any:
    """``--seed``: the root of all randomness of a command."""
    return click.option(
        "--seed",
        type=click.IntRange(0, 2**31 - 1),
        metavar="N",
        default=0,
        show_default=True,
        help="Root of all randomness.",
    )


def time_limit_option(default: float) -> Any:
    """``--time-limit``: seconds for one solver call."""
    return click.option(
        "--time-limit",
        "time_limit_s",
        type=click.FloatRange(min=0, min_open=True),
        default=default,
        show_default=True,
        metavar="SECONDS",
        help="Time for one solver call.",
    )


def format_option() -> Any:
    """``--format``: the format of an input file, where its content leaves doubts."""
    return click.option(
        "--format",
        "format_name",
        metavar="NAME",
        help="Format of the input file, instead of recognising it; 'sched list formats' shows them.",
    )
