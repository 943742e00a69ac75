"""The group and command classes behind ``sched``: lazy verbs, options that every verb has."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from schedcore.cli.domain_parameters import (
    DomainParameter,
    domain_parameters,
    find_domain_parameters,
    named_domain,
)
from schedcore.cli.session import Finished, Outcome, Session
from schedcore.cli.timeout import time_limit
from schedcore.cli.verbs import VERBS
from schedcore.errors import UnknownNameError, did_you_mean

F = TypeVar("F", bound=Callable[..., Any])

ENV_PREFIX = "SCHED"


def _setting(attribute: str) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """A callback that stores an option in the session, unless it only has its default."""

    def store(ctx: click.Context, parameter: click.Parameter, value: Any) -> Any:
        source = ctx.get_parameter_source(parameter.name or "")
        if source not in (None, ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP) and not ctx.resilient_parsing:
            session = ctx.find_object(Session)
            if session is not None:
                setattr(session, attribute, value)
        return value

    return store


def common_options() -> list[click.Parameter]:
    """The options of every verb, fresh objects; ``sched`` itself takes them too."""
    return [
        click.Option(
            ["--json"], is_flag=True, expose_value=False, callback=_setting("json"), help="One JSON object on stdout."
        ),
        click.Option(
            ["--jsonl"],
            is_flag=True,
            expose_value=False,
            callback=_setting("jsonl"),
            help="A stream of JSON lines on stdout: events, then the result.",
        ),
        click.Option(
            ["-q", "--quiet"],
            is_flag=True,
            expose_value=False,
            callback=_setting("quiet"),
            help="No progress and no warnings on stderr.",
        ),
        click.Option(
            ["-v", "--verbose", "verbosity"],
            count=True,
            expose_value=False,
            callback=_setting("verbosity"),
            help="More on stderr; -vv for all of it.",
        ),
        click.Option(
            ["--color"],
            type=click.Choice(["auto", "always", "never"]),
            default="auto",
            show_default=True,
            expose_value=False,
            callback=_setting("color"),
            help="Colours; auto heeds the terminal and NO_COLOR.",
        ),
        click.Option(
            ["--timeout"],
            type=click.FloatRange(min=0, min_open=True),
            metavar="SECONDS",
            expose_value=False,
            callback=_setting("timeout_s"),
            help="Give the whole command up after this time (exit code 124).",
        ),
        click.Option(
            ["--debug"],
            is_flag=True,
            expose_value=False,
            callback=_setting("debug"),
            help="Show the traceback of an error.",
        ),
    ]


COMMON_NAMES = frozenset(parameter.opts[-1] for parameter in common_options()) | {"--help"}


class _WithHelp(click.Command):
    """A command whose ``--help`` keeps to the chosen form of output."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        names = self.get_help_option_names(ctx)
        if not names or not self.add_help_option:
            return None

        def show(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
            if value and not ctx.resilient_parsing:
                text = ctx.get_help()
                raise Finished(Outcome({"help": text}, text))

        return click.Option(
            names, is_flag=True, is_eager=True, expose_value=False, callback=show, help="Show this message and exit."
        )

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own: list[tuple[str, str]] = []
        common: list[tuple[str, str]] = []
        of_domain: list[tuple[str, str]] = []
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                extra = isinstance(parameter, DomainParameter)
                (of_domain if extra else common if parameter.opts[-1] in COMMON_NAMES else own).append(record)
        title_of_domain = f"Options of {named_domain(ctx)}"
        for title, records in ((title_of_domain, of_domain), ("Options", own), ("Common options", common)):
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


class Verb(_WithHelp):
    """A verb: its own parameters, those of the domain that is named, then the common ones.

    Parameters
    ----------
    names
        Heading and rows that ``--help`` shows before the options, made when it is asked for: names that the
        domains add.
    """

    def __init__(
        self, *arguments: Any, names: Callable[[], tuple[str, list[tuple[str, str]]]] | None = None, **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        self.params.extend(common_options())
        self.names = names

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        title, rows = self.names() if self.names is not None else ("", [])
        if rows:
            with formatter.section(title):
                formatter.write_dl(rows)
        super().format_options(ctx, formatter)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        return super().get_params(ctx) + domain_parameters(ctx)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, find_domain_parameters(ctx, self, args))

    def invoke(self, ctx: click.Context) -> Any:
        session: Session = ctx.find_object(Session)  # type: ignore[assignment]
        check_settings(session, ctx)
        with time_limit(session):
            return super().invoke(ctx)


class Verbs(_WithHelp, click.Group):
    """The group behind ``sched``: verbs come from the table and are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = VERBS.get(cmd_name)
        if entry is None:
            return None
        import importlib

        module, _, attribute = entry.target.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        word = args[0]
        if word not in VERBS and not ctx.resilient_parsing and not word.startswith("-"):
            raise _unknown_verb(word, args[1:])
        session = ctx.find_object(Session)
        if session is not None and word in VERBS:
            session.command = word
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl([(name, entry.summary) for name, entry in VERBS.items()])
        _WithHelp.format_options(self, ctx, formatter)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(name, help=entry.summary) for name, entry in VERBS.items() if name.startswith(incomplete)
        ]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]


def _unknown_verb(word: str, rest: Sequence[str]) -> UnknownNameError:
    from schedcore.registry import domain_names

    if word in domain_names():
        verb = rest[0] if rest and rest[0] in VERBS else "VERB"
        remedy = f"the verb comes first:  sched {verb} {word}"
    else:
        remedy = did_you_mean(word, VERBS)
    return UnknownNameError(f"unknown verb {word!r}", where="sched", remedy=remedy)


def check_settings(session: Session, ctx: click.Context | None = None) -> None:
    """Refuse common options that contradict each other."""
    if session.json and session.jsonl:
        raise click.UsageError("--json and --jsonl exclude each other", ctx)
    if session.quiet and session.verbosity:
        raise click.UsageError("--quiet and --verbose exclude each other", ctx)


def verb(name: str, **options: Any) -> Callable[[F], click.Command]:
    """Make a function a verb.  It is called with the session first and returns an ``Outcome``."""

    def decorate(function: F) -> click.Command:
        return click.command(name, cls=Verb, **options)(click.make_pass_decorator(Session)(function))

    return decorate


def wants_json(arguments: Sequence[str]) -> tuple[bool, bool]:
    """Whether ``--json`` and ``--jsonl`` are asked for, found before anything is parsed.

    A usage error must come in the form that was asked for, although parsing never got that far.
    """
    before_dashes = arguments[: arguments.index("--")] if "--" in arguments else arguments

    def asked(option: str) -> bool:
        variable = os.environ.get(f"{ENV_PREFIX}_{option.upper()}", "").lower()
        return f"--{option}" in before_dashes or variable in {"1", "true", "t", "yes", "y", "on"}

    return asked("json"), asked("jsonl")
