"""Trainers of ``sched train``: what a domain registers so that the command can train its learned methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable


def _no_progress(done: int, total: int, label: str) -> None:
    """The default of :attr:`TrainOptions.progress`: say nothing."""


def _never() -> bool:
    """The default of :attr:`TrainOptions.should_stop`."""
    return False


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """What the user asked of a training run on the command line.

    Parameters
    ----------
    out
        Folder of the run; it may not exist yet.
    resume
        Go on with the run in ``out``.
    seed
        Root of all randomness.
    workers, backend
        How many processes may help, and where they run: ``inline``, ``process`` or ``ray``.
    overrides
        The trailing ``key=value`` words; a trainer refuses keys that it does not know.
    progress
        Called with steps done, steps in all, and a line of text.
    should_stop
        Polled between steps; when it turns true the trainer stores what it has and returns.
    """

    out: Path
    resume: bool = False
    seed: int = 0
    workers: int = 1
    backend: str = "inline"
    overrides: Mapping[str, str] = field(default_factory=dict)
    progress: Callable[[int, int, str], None] = _no_progress
    should_stop: Callable[[], bool] = _never


@runtime_checkable
class Trainer(Protocol):
    """Trains something and leaves it in a folder.

    A trainer has a ``summary`` of one line.  ``train`` returns plain data about the run: at least ``checkpoint`` (the
    file to use), ``updates`` and ``of`` (steps done and planned).
    """

    summary: str

    def train(self, options: TrainOptions) -> dict[str, Any]:
        """Train until done or until ``options.should_stop``."""
        ...
