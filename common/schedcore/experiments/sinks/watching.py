"""Sinks that watch a sweep: every trial is sent when it has ended for good."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from schedcore.experiments.driver import Observer
from schedcore.experiments.sinks.protocol import Sink
from schedcore.experiments.trial import Trial, TrialRecord


class SinkObserver(Observer):
    """Passes everything on to ``inner``, and finished trials to ``sinks``.

    A sink that fails is let go with a warning: a tracker must not end a sweep, whose results are in its store and can
    be sent later.

    Parameters
    ----------
    warn
        Told about a sink that failed.
    """

    def __init__(self, inner: Observer, sinks: Sequence[Sink], warn: Callable[[str], None]) -> None:
        self._inner = inner
        self._sinks = list(sinks)
        self._warn = warn

    def start(self, run_name: str, about: Mapping[str, Any]) -> None:
        """Begin with all sinks; what cannot begin is an error, for nothing has run yet."""
        for sink in self._sinks:
            sink.start(run_name, about)

    def begun(self, trial: Trial, attempt: int) -> None:
        """A trial begins."""
        self._inner.begun(trial, attempt)

    def ended(self, trial: Trial, record: TrialRecord, *, again: bool) -> None:
        """A trial ended."""
        self._inner.ended(trial, record, again=again)
        if again:
            return
        for sink in tuple(self._sinks):
            try:
                sink.trial(trial, record)
            except Exception as error:
                self._let_go(sink, error)

    def waiting(self) -> None:
        """Nothing happened."""
        self._inner.waiting()

    def close(self) -> None:
        """Close all sinks."""
        for sink in tuple(self._sinks):
            try:
                sink.close()
            except Exception as error:
                self._let_go(sink, error)

    def _let_go(self, sink: Sink, error: Exception) -> None:
        self._sinks.remove(sink)
        self._warn(f"{sink.name} takes no more trials: {error}; 'sched export --to {sink.name}' sends them later")
