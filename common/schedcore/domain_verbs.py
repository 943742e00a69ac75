"""What a domain does itself behind the verbs ``simulate`` and ``info``, and what it adds to ``solve``.

A :class:`~schedcore.registry.Domain` names three functions, as ``package.module:name``, each of which may be missing:

``simulate(request) -> Answer``
    Takes the place of the replay of the core for instances of this domain, unless a plain schedule is replayed
    (``--schedule``, ``--law``, ``--breakdown``, ``--uncertainty``).
``info(request) -> Answer``
    What the domain has to say of an instance, in front of what the core says of its problem.
``describe(loaded, result, options) -> Answer``
    What a solution means in the nouns of the domain: joins the output of ``solve``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schedcore.errors import SchedError


def _no_progress(done: int, total: int, label: str) -> None:
    """The default of ``progress``: say nothing."""


def _never() -> bool:
    """The default of ``should_stop``."""
    return False


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked of ``simulate`` or ``info``.

    ``options`` holds the domain's own options that were given, by :attr:`~schedcore.domain_options.DomainOption.key`.
    ``None`` or empty means that the option was not given: the domain has its own default then.  ``progress`` takes
    steps done, steps in all, and a line of text; ``should_stop`` turns true after Ctrl-C.
    """

    instance: str
    options: Mapping[str, Any] = field(default_factory=dict)
    data_dirs: tuple[Path, ...] = ()
    policies: tuple[str, ...] = ()
    solvers: tuple[str, ...] = ()
    scenarios: int | None = None
    metric: str | None = None
    rounds: int | None = None
    time_limit_s: float = 10.0
    seed: int = 0
    workers: int = 1
    plot: Path | None = None
    progress: Callable[[int, int, str], None] = _no_progress
    should_stop: Callable[[], bool] = _never


@dataclass(frozen=True, slots=True)
class Answer:
    """What a domain answers: ``data`` for ``--json``, ``text`` for people, the files written, and an error if it is
    no success (its exit code is used; data and text are printed all the same).

    ``whole`` is for ``info``: nothing of the core is added (for a thing of the domain that has no problem).
    """

    data: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""
    written: tuple[Path, ...] = ()
    error: SchedError | None = None
    warnings: tuple[str, ...] = ()
    whole: bool = False
