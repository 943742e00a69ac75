"""The backend ``inline``: this process, one trial after the other; for debuggers, tests and single trials."""

from __future__ import annotations

import dataclasses
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from schedcore.experiments.backends.protocol import DEFAULT_GRACE_S, Finished
from schedcore.experiments.run_trial import run_trial
from schedcore.experiments.trial import Trial, failed_record

if TYPE_CHECKING:
    from schedcore.registry import LoadedInstance


class InlineBackend:
    """Runs a trial inside :meth:`poll`, which takes as long as the trial does.

    A limit of time cannot be enforced from outside here: a method that runs over it is asked to stop, and the trial
    counts as timed out when it returns.  A trial that crashes takes the driver along; limits of memory are ignored.
    GPUs are those that the process sees.

    Parameters
    ----------
    grace_s
        Seconds beyond the limit of the method after which it is asked to stop.
    should_stop
        Gives up the running trial, which is then not reported.
    """

    name = "inline"
    window = 1

    def __init__(self, grace_s: float = DEFAULT_GRACE_S, should_stop: Callable[[], bool] | None = None) -> None:
        self.grace_s = grace_s
        self.should_stop = should_stop
        self._waiting: deque[tuple[Trial, int, LoadedInstance | None]] = deque()

    def start(self) -> None:
        """Nothing to do."""

    def fits(self, trial: Trial) -> str:
        """Everything fits: nothing runs beside it."""
        return ""

    def submit(self, trial: Trial, attempt: int, loaded: LoadedInstance | None) -> None:
        """Take ``trial``."""
        self._waiting.append((trial, attempt, loaded))

    def poll(self, timeout_s: float) -> list[Finished]:
        """Run the next trial."""
        if not self._waiting:
            return []
        trial, attempt, loaded = self._waiting.popleft()
        limit_s = trial.outer_limit_s(self.grace_s)
        end = time.monotonic() + limit_s
        given_up = self.should_stop or _never

        def should_stop() -> bool:
            return time.monotonic() > end or given_up()

        record = run_trial(trial, loaded, should_stop)
        if given_up():
            return []
        if time.monotonic() > end:
            text = f"ran over its limit of {limit_s:g} s"
            record = failed_record(
                trial, "timeout", text, wall_s=record.wall_s, log=record.log, cpu_s=record.cpu_s, host=record.host,
                started=record.started, load=record.load, peak_rss_mb=record.peak_rss_mb, tasks=record.tasks,
            )  # fmt: skip
        return [Finished(trial.key, attempt, dataclasses.replace(record, attempt=attempt, backend=self.name))]

    def cancel(self, keys: Iterable[str] | None = None) -> None:
        """Forget what waits."""
        gone = None if keys is None else set(keys)
        self._waiting = deque(item for item in self._waiting if gone is not None and item[0].key not in gone)

    def close(self) -> None:
        """Forget everything."""
        self.cancel()


def _never() -> bool:
    return False
