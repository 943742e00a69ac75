"""Options that a domain adds to ``solve``, ``simulate`` and ``info``: ``sched solve qnet star --load 0.5``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from schedcore.errors import InputError

VERBS_WITH_OPTIONS = ("solve", "simulate", "info")

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class DomainOption:
    """One option of a domain on the command line.

    Its value reaches :attr:`schedcore.registry.Domain.load`, ``simulate``, ``info`` and ``describe`` under ``key`` of
    the mapping ``options``, and only if the user gave it.

    Parameters
    ----------
    name
        Without dashes in front, such as ``dense-budget``.
    help
        One sentence for ``sched solve DOMAIN --help``; say the unit.
    kind
        ``str``, ``int``, ``float``, ``bool`` (a flag) or ``Path``.
    choices
        The words that are allowed, for a ``str``; empty for any.
    metavar
        What stands for the value in the help, such as ``HZ``.
    multiple
        Whether it may be given several times; its value is then a tuple.
    minimum, maximum
        Bounds of a number, inclusive.
    verbs
        The verbs that take it.
    instead_of
        The option of the verb that this one is another name of, such as ``solver``: it then has no value of its own.
    """

    name: str
    help: str
    kind: type = str
    choices: Sequence[str] = ()
    metavar: str | None = None
    multiple: bool = False
    minimum: float | None = None
    maximum: float | None = None
    verbs: Sequence[str] = VERBS_WITH_OPTIONS
    instead_of: str | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise InputError(
                f"{self.name!r} is no name of an option", where="DomainOption", remedy="use small letters and dashes"
            )
        unknown = [verb for verb in self.verbs if verb not in VERBS_WITH_OPTIONS]
        if unknown:
            raise InputError(
                f"verb {unknown[0]!r} takes no options of a domain",
                where=f"option --{self.name}",
                remedy=f"choose among {', '.join(VERBS_WITH_OPTIONS)}",
            )

    @property
    def key(self) -> str:
        """The name as a Python identifier."""
        return self.name.replace("-", "_")

    def __repr__(self) -> str:
        return f"DomainOption(--{self.name})"


def option_text(options: dict[str, Any]) -> str:
    """The options as they would be typed, for labels and notes: ``--load 0.5 --seed 3``."""
    words = []
    for key, value in sorted(options.items()):
        name = "--" + key.replace("_", "-")
        values = value if isinstance(value, tuple) else (value,)
        words += [name if value is True else f"{name} {one}" for one in values]
    return " ".join(words)
