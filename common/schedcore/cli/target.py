"""What a verb works on: ``DOMAIN INSTANCE``, or a plain ``FILE`` of any format; then ``KEY=VALUE`` words.

The rule is simple.  If the first word is the name of a domain, the second is an instance of it (a name,
a generator expression or a file, as the domain likes).  Otherwise the first word is a file, read without
a domain; ``./jssp`` is a file whatever domains there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from schedcore.cli.domain_parameters import given_options
from schedcore.cli.options import Overrides, OverrideWord, as_overrides
from schedcore.errors import InputError, UnknownNameError, did_you_mean

if TYPE_CHECKING:
    from schedcore.registry import LoadedInstance


@dataclass(frozen=True, slots=True)
class Target:
    """The parsed words; ``domain`` is ``None`` for a plain file, ``options`` are the domain's own that were given."""

    domain: str | None
    instance: str
    overrides: Overrides = field(default_factory=Overrides)
    options: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.instance if self.domain is None else f"{self.domain} {self.instance}"

    def load(self, data_dirs: Sequence[Path] = (), format_name: str | None = None) -> LoadedInstance:
        """The problem with what is known about it.

        Raises
        ------
        InputError
            No such domain, instance or file; or a file that cannot be read.
        """
        if self.domain is None:
            from schedcore.cli.files import load_file

            return load_file(self.instance, data_dirs, format_name)
        from schedcore.registry import get_domain

        domain = get_domain(self.domain)
        own: dict[str, Any] = {"options": dict(self.options)} if domain.options else {}
        if format_name is None:
            return domain.load(self.instance, tuple(data_dirs), **own)
        if not domain.takes_format:
            raise InputError(
                f"domain {self.domain} recognises the formats of its files itself",
                where="--format",
                remedy=f"leave --format away, or read the file without the domain:  {self.instance}",
            )
        return domain.load(self.instance, tuple(data_dirs), format_name, **own)


class TargetArgument(click.Argument):
    """The words ``[DOMAIN] INSTANCE|FILE [KEY=VALUE]...`` as a :class:`Target`.

    Parameters
    ----------
    optional
        Whether the whole may be missing (then ``None``).
    overrides
        Whether ``KEY=VALUE`` words may follow.
    """

    def __init__(self, *arguments: Any, optional: bool = False, overrides: bool = True, **options: Any) -> None:
        self.optional_target = optional
        self.takes_overrides = overrides
        words = "[DOMAIN] INSTANCE|FILE" if not optional else "[[DOMAIN] INSTANCE|FILE]"
        options.setdefault("metavar", words + (" [KEY=VALUE]..." if overrides else ""))
        super().__init__(*arguments, nargs=-1, required=not optional, **options)  # type: ignore[misc]

    def process_value(self, ctx: click.Context, value: Any) -> Target | None:
        words: tuple[str, ...] = super().process_value(ctx, value) or ()
        if not words:
            return None
        from schedcore.registry import domain_names

        if ctx.resilient_parsing:  # completion: what is typed so far
            return Target(words[0], words[1]) if len(words) > 1 else Target(None, words[0])
        if words[0] in domain_names():
            if len(words) == 1 or (self.takes_overrides and _only_override(words[1])):
                verb = ctx.info_name
                if verb == "convert":
                    raise InputError(
                        "the instance or the file to write is missing",
                        where=ctx.command_path,
                        remedy=f"sched convert {words[0]} INSTANCE OUT  (a file such as out.json)",
                    )
                raise InputError(
                    f"which instance of {words[0]}?",
                    where=ctx.command_path,
                    remedy=f"sched list instances {words[0]}  shows the names; then:  sched {verb} {words[0]} NAME",
                )
            return Target(words[0], words[1], self._overrides(ctx, words[2:]), given_options(ctx))
        if len(words) > 1 and not Path(words[0]).expanduser().exists() and not _only_override(words[1]):
            # Two names and the first is no file: it was meant as a domain.
            raise UnknownNameError(
                f"unknown domain {words[0]!r}", where="DOMAIN", remedy=did_you_mean(words[0], domain_names())
            )
        _refuse_experiment(words[0], ctx)
        return Target(None, words[0], self._overrides(ctx, words[1:]))

    def _overrides(self, ctx: click.Context, words: tuple[str, ...]) -> Overrides:
        if words and not self.takes_overrides:
            raise click.BadParameter(f"unexpected word {words[0]!r}", ctx=ctx, param=self)
        kind = OverrideWord()
        return as_overrides(tuple(kind.convert(word, self, ctx) for word in words), ctx, self)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        from schedcore.registry import domain_names, get_domain

        typed = ctx.params.get(self.name or "")
        if isinstance(typed, Target):
            if typed.domain is not None or typed.instance not in domain_names():
                return []
            names = get_domain(typed.instance).instance_names()
            found = [CompletionItem(name) for name in names if name.startswith(incomplete)]
        else:
            found = [CompletionItem(name) for name in domain_names() if name.startswith(incomplete)]
        return found or [CompletionItem(incomplete, type="file")]


def _refuse_experiment(word: str, ctx: click.Context) -> None:
    """A word that is no file but an experiment was meant as one."""
    if Path(word).suffix or Path(word).expanduser().exists():
        return
    from schedcore.configdir import find_config_dir
    from schedcore.errors import SchedError

    try:
        known = find_config_dir().experiments()
    except SchedError:
        return
    if word in known:
        remedy = f"sched info experiment={word}  shows it,  sched run {word}  runs it"
        raise InputError(f"{word!r} is an experiment, and no file", where=ctx.command_path, remedy=remedy)


def target_argument(name: str = "target", **options: Any) -> Any:
    """The words ``[DOMAIN] INSTANCE|FILE [KEY=VALUE]...``, passed as a :class:`Target`."""
    return click.argument(name, cls=TargetArgument, **options)


def _only_override(word: str) -> bool:
    """Whether ``word`` can only be ``key=value``: a generator expression may hold ``=`` behind a colon."""
    key, equals, _ = word.partition("=")
    return bool(equals) and ":" not in key and not Path(word).exists()
