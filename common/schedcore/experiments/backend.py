"""Who runs trials.  Now: this process, one after the other; other backends follow the same protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from schedcore.errors import unknown_name
from schedcore.experiments.run_trial import run_trial
from schedcore.experiments.trial import Trial, TrialRecord

if TYPE_CHECKING:
    from schedcore.registry import LoadedInstance


class Backend(Protocol):
    """Runs trials and yields ``(trial, record)`` as they finish, in any order.

    A trial is plain data and :func:`~schedcore.experiments.run_trial.run_trial` a module-level function, so
    that a backend may ship both to another process.  ``begun`` is called when a trial is handed out.
    When ``should_stop`` turns true no further trial begins, and unfinished ones are not yielded.
    """

    name: str

    def run(
        self,
        trials: Sequence[Trial],
        *,
        instance_of: Callable[[Trial], LoadedInstance],
        begun: Callable[[Trial], None],
        should_stop: Callable[[], bool],
    ) -> Iterator[tuple[Trial, TrialRecord]]:
        """Run ``trials``."""
        ...


class InlineBackend:
    """In this process, in the given order."""

    name = "inline"

    def run(
        self,
        trials: Sequence[Trial],
        *,
        instance_of: Callable[[Trial], LoadedInstance],
        begun: Callable[[Trial], None],
        should_stop: Callable[[], bool],
    ) -> Iterator[tuple[Trial, TrialRecord]]:
        """Run ``trials`` one after the other."""
        for trial in trials:
            if should_stop():
                return
            begun(trial)
            record = run_trial(trial, instance_of(trial), should_stop)
            if should_stop():
                return
            yield trial, record


BACKENDS: dict[str, type[InlineBackend]] = {"inline": InlineBackend}
"""Backends by name."""


def get_backend(name: str) -> Backend:
    """The backend called ``name``; near misses are suggested when there is none."""
    if name not in BACKENDS:
        raise unknown_name("backend", name, BACKENDS, where="backend")
    return BACKENDS[name]()
