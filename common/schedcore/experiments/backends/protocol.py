"""The protocol of backends: trials go in, finished ones come out, in any order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from schedcore.experiments.trial import Trial, TrialRecord

if TYPE_CHECKING:
    from schedcore.registry import LoadedInstance

DEFAULT_GRACE_S = 30.0
"""Seconds beyond its own time limit after which a trial is ended from outside."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A trial that ended, well or not; a failure has a record with an ``error_type``."""

    key: str
    attempt: int
    record: TrialRecord


@runtime_checkable
class Backend(Protocol):
    """Runs trials.

    A backend never lets the sums of ``workers``, ``gpus`` and ``memory_mb`` of running trials exceed what it has;
    :meth:`submit` refuses a trial that can never fit.  ``window`` is how many trials it wants to hold at a time,
    running or about to.
    """

    name: str

    @property
    def window(self) -> int:
        """How many trials to hand over at a time."""
        ...

    def start(self) -> None:
        """Make ready to take trials."""
        ...

    def fits(self, trial: Trial) -> str:
        """Empty if ``trial`` can run here, else what it asks for and what there is; callable before :meth:`start`."""
        ...

    def submit(self, trial: Trial, attempt: int, loaded: LoadedInstance | None) -> None:
        """Take ``trial``; returns at once."""
        ...

    def poll(self, timeout_s: float) -> list[Finished]:
        """What has finished; waits for the first, but no longer than ``timeout_s`` (which may be 0)."""
        ...

    def cancel(self, keys: Iterable[str] | None = None) -> None:
        """Give up trials (all by default); they are not reported any more."""
        ...

    def close(self) -> None:
        """Give up everything and leave nothing behind; may be called twice, and without :meth:`start`."""
        ...
