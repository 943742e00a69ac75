"""The driver: hands trials to a backend, keeps what comes back, tries again, stops when asked."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from schedcore.errors import InputError
from schedcore.experiments.backends.protocol import Backend
from schedcore.experiments.store import Store
from schedcore.experiments.trial import Trial, TrialRecord

if TYPE_CHECKING:
    from schedcore.registry import LoadedInstance

POLL_S = 0.5
"""How long the driver waits at a time; also how soon it hears a request to stop."""
PATIENCE_S = 10.0
"""Seconds that running trials have to finish after a request to stop."""
NOT_RETRIED = frozenset({"invalid-schedule", "invalid-result"})
"""What another try does not mend."""
LOST_TRIES = 3
"""A trial that is gone with its machine is no failure of its own: it is tried so often at least."""


class Observer:
    """Is told what happens; the base class listens and says nothing."""

    def begun(self, trial: Trial, attempt: int) -> None:
        """A trial was handed to the backend."""

    def ended(self, trial: Trial, record: TrialRecord, *, again: bool) -> None:
        """A trial ended and is stored; ``again`` says that it failed and gets another try."""

    def waiting(self) -> None:
        """Called about twice a second while nothing happens."""


@dataclass(frozen=True)
class DriverOptions:
    """How a driver deals with failure and with requests to stop.

    Parameters
    ----------
    retries
        Further tries of a trial that failed.
    fail_fast
        The first trial that failed for good ends the run.
    force
        Run everything, whatever is stored.
    """

    retries: int = 0
    fail_fast: bool = False
    force: bool = False


@dataclass
class Outcome:
    """How a run went.

    Parameters
    ----------
    total, resumed, ran
        Trials of the plan; those that were there already; those that ended now.
    failed
        Keys of the trials that failed now, in the order of their ends.
    stopped
        Why it ended early: empty, ``stop`` or ``fail-fast``.
    """

    total: int = 0
    resumed: int = 0
    ran: int = 0
    failed: list[str] = field(default_factory=list)
    stopped: str = ""


def tried_again(record: TrialRecord, tries: int, retries: int) -> bool:
    """Whether a trial that ended as ``record`` says gets another try after ``tries`` of them."""
    if not record.failed:
        return False
    if record.error_type == "lost":
        return tries <= max(retries, LOST_TRIES - 1)
    return record.error_type not in NOT_RETRIED and tries <= retries


def check_resources(trials: Iterable[Trial], backend: Backend) -> None:
    """Make sure that every trial can run on ``backend``.

    Raises
    ------
    InputError
        One asks for more than there is.
    """
    seen: set[tuple[int, float, int | None]] = set()
    for trial in trials:
        wants = (trial.workers, trial.gpus, trial.memory_mb)
        if wants not in seen and (lack := backend.fits(trial)):
            raise InputError(
                f"the trial {trial.label!r} can never run on backend {backend.name}: {lack}",
                where=f"workers={trial.workers} gpus={trial.gpus:g} memory_mb={trial.memory_mb}",
                remedy="ask for less, or use a larger machine or cluster",
            )
        seen.add(wants)


def run_trials(
    trials: Sequence[Trial],
    store: Store,
    backend: Backend,
    *,
    instance_of: Callable[[Trial], LoadedInstance | None],
    options: DriverOptions | None = None,
    observer: Observer | None = None,
    stop: Callable[[], bool] | None = None,
    give_up: Callable[[], bool] | None = None,
) -> Outcome:
    """Run the trials that ``store`` has no result of, and store what comes of them.

    The backend is started and closed here.

    Parameters
    ----------
    instance_of
        The instance of a trial; ``None`` lets the worker load it.
    stop
        When it turns true, nothing begins any more; what runs may finish.
    give_up
        When it turns true, what still runs is given up; by default :data:`PATIENCE_S` after ``stop`` was seen.

    Raises
    ------
    InputError
        A trial asks for more than the backend has; nothing has run then.
    SchedError
        The store cannot be written; what was stored before is safe.
    """
    plan = _Run(store, backend, instance_of, options or DriverOptions(), observer or Observer())
    plan.prepare(trials)
    if not plan.left:
        return plan.outcome
    try:
        backend.start()
        plan.run(stop or _never, give_up or _never)
    finally:
        backend.close()
    return plan.outcome


class _Run:
    """The state of a run of the driver."""

    def __init__(
        self,
        store: Store,
        backend: Backend,
        instance_of: Callable[[Trial], LoadedInstance | None],
        options: DriverOptions,
        observer: Observer,
    ) -> None:
        self.store = store
        self.backend = backend
        self.instance_of = instance_of
        self.options = options
        self.observer = observer
        self.outcome = Outcome()
        self.left: deque[Trial] = deque()
        self.running: dict[str, Trial] = {}
        self.tries: dict[str, int] = {}
        self.attempts: Mapping[str, int] = {}
        self._begun: list[tuple[str, int]] = []

    def prepare(self, trials: Sequence[Trial]) -> None:
        by_key = {trial.key: trial for trial in trials}
        plan = list(by_key.values())
        self.store.add(plan)
        self.store.reset_running()
        if self.options.force:
            self.store.forget(by_key)
        finished = self.store.finished_keys()
        self.left = deque(trial for trial in plan if trial.key not in finished)
        self.attempts = self.store.attempts()
        self.outcome.total, self.outcome.resumed = len(plan), len(finished)
        check_resources(self.left, self.backend)

    def run(self, stop: Callable[[], bool], give_up: Callable[[], bool]) -> None:
        patient_until = float("inf")
        while self.left or self.running:
            if not self.outcome.stopped and stop():
                self.outcome.stopped = "stop"
                patient_until = time.monotonic() + PATIENCE_S
            if self.outcome.stopped:
                impatient = give_up() or time.monotonic() >= patient_until
                if not self.running or impatient or self.outcome.stopped == "fail-fast":
                    break
            else:
                self._fill()
            found = self.backend.poll(POLL_S)
            ended = [(self.running.pop(item.key), item.record) for item in found]
            again = {trial.key for trial, record in ended if self._tried_again(trial, record)}
            # What begins in place of what ended is noted in the same transaction.
            if not self.outcome.stopped and not stop():
                self._fill(flush=False)
            begun, self._begun = self._begun, []
            if found or begun:
                self.store.write([record for _, record in ended], begun)
            for trial, record in ended:
                self.observer.ended(trial, record, again=trial.key in again)
            if not found:
                self.observer.waiting()
        if self.running:
            self.backend.cancel()

    def _fill(self, *, flush: bool = True) -> None:
        """Hand out trials up to the window of the backend; ``flush`` notes at once that they have begun."""
        while self.left and len(self.running) < self.backend.window:
            trial = self.left.popleft()
            self.tries[trial.key] = self.tries.get(trial.key, 0) + 1
            attempt = self.attempts.get(trial.key, 0) + self.tries[trial.key]
            self.running[trial.key] = trial
            self._begun.append((trial.key, attempt))
            self.backend.submit(trial, attempt, self.instance_of(trial))
            self.observer.begun(trial, attempt)
        if flush and self._begun:
            begun, self._begun = self._begun, []
            self.store.write((), begun)

    def _tried_again(self, trial: Trial, record: TrialRecord) -> bool:
        """Count a trial that ended; whether it gets another try."""
        if record.failed:
            if tried_again(record, self.tries[trial.key], self.options.retries):
                self.left.append(trial)
                return True
            self.outcome.failed.append(trial.key)
            if self.options.fail_fast and not self.outcome.stopped:
                self.outcome.stopped = "fail-fast"
        self.outcome.ran += 1
        return False


def _never() -> bool:
    return False
