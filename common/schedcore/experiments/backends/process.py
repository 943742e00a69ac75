"""The backend ``process``: worker processes on this machine, ended by force when a trial runs over its limits.

A worker that crashes, hangs, leaks or is killed costs the trial that it had, and no other.
"""

from __future__ import annotations

import dataclasses
import time
from collections import deque
from collections.abc import Iterable
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from schedcore.errors import InputError, SchedError
from schedcore.experiments.backends.memory import available_mb, kernel_kills
from schedcore.experiments.backends.protocol import DEFAULT_GRACE_S, Finished
from schedcore.experiments.backends.resources import Resources
from schedcore.experiments.backends.worker_process import Task, WorkerProcess
from schedcore.experiments.trial import Trial, TrialRecord, failed_record

if TYPE_CHECKING:
    from schedcore.registry import LoadedInstance

WATCH_S = 0.25
"""Seconds between looks at limits and memory while trials run."""
PREPARE_S = 120.0
"""Seconds that a worker may take to start, or to load and compile what a method needs."""
_LINES = 40


class ProcessBackend:
    """Runs trials in worker processes.

    Parameters
    ----------
    slots
        Processors to use at a time; by default all that this process may use.
    grace_s
        Seconds beyond its own limit after which a trial is ended.
    memory_mb
        Memory for all trials that declare what they need, together; by default what is free now.
    warm_up
        Let every method solve tiny instances once in each worker, so that loading libraries is not counted as its time.
    recycle_after
        Trials after which a worker is replaced, so that what libraries leak does not add up.
    recycle_growth_mb
        A worker that has grown by this much since its first trial is replaced too.
    reserve_mb
        When less memory than this is left on the machine, the largest trial is ended before the kernel ends something.
    """

    name = "process"

    def __init__(
        self,
        slots: int | None = None,
        grace_s: float = DEFAULT_GRACE_S,
        *,
        memory_mb: float | None = None,
        warm_up: bool = True,
        recycle_after: int = 500,
        recycle_growth_mb: float = 512.0,
        reserve_mb: float = 200.0,
    ) -> None:
        self.resources = Resources.of_machine(slots, memory_mb)
        self.window = 2 * self.resources.slots
        self.grace_s = grace_s
        self.warm_up = warm_up
        self.recycle_after = recycle_after
        self.recycle_growth_mb = recycle_growth_mb
        self.reserve_mb = reserve_mb
        self._waiting: deque[Task] = deque()
        self._workers: list[WorkerProcess] = []
        self._finished: list[Finished] = []
        self._watched = 0.0
        self._kernel_kills = kernel_kills()
        self._failed_starts = 0
        self._not_warmed: set[tuple[str, ...]] = set()

    def start(self) -> None:
        """Nothing to do: workers start when they are needed."""

    def fits(self, trial: Trial) -> str:
        """Whether the machine has what ``trial`` asks for."""
        return self.resources.lacks(trial)

    def submit(self, trial: Trial, attempt: int, loaded: LoadedInstance | None) -> None:
        """Take ``trial``.

        Raises
        ------
        InputError
            It asks for more than the machine has.
        """
        if lack := self.fits(trial):
            raise InputError(
                f"{trial.label} can never run here: {lack}", where="backend process", remedy="ask for less"
            )
        warm = self.warm_up and _method(trial) not in self._not_warmed
        self._waiting.append(Task(trial, attempt, loaded, (), warm))
        self._dispatch()

    def poll(self, timeout_s: float) -> list[Finished]:
        """What has finished."""
        end = time.monotonic() + timeout_s
        while True:
            self._dispatch()
            busy = [worker for worker in self._workers if worker.task is not None]
            left = max(0.0, end - time.monotonic())
            if self._finished or not busy:
                left = 0.0
            now = time.monotonic()
            until_watch = max(0.0, self._watched + WATCH_S - now)
            ready = wait([worker.connection for worker in busy], min(left, until_watch)) if busy else []
            for worker in [worker for worker in busy if worker.connection in ready]:
                self._hear(worker)
            if time.monotonic() - self._watched >= WATCH_S:
                self._watch()
            if self._finished or not busy or time.monotonic() >= end:
                self._dispatch()
                found, self._finished = self._finished, []
                return found

    def cancel(self, keys: Iterable[str] | None = None) -> None:
        """Give up trials; the workers that run them are killed."""
        gone = None if keys is None else set(keys)
        self._waiting = deque(task for task in self._waiting if gone is not None and task.trial.key not in gone)
        self._finished = [item for item in self._finished if gone is not None and item.key not in gone]
        for worker in list(self._workers):
            if worker.task is not None and (gone is None or worker.task.trial.key in gone):
                self._drop(worker)

    def close(self) -> None:
        """Kill all workers."""
        self.cancel()
        for worker in list(self._workers):
            self._drop(worker)

    # ---- workers ---------------------------------------------------------------------------------

    def _dispatch(self) -> None:
        """Give waiting trials, in their order, to workers as far as there is room."""
        while self._waiting:
            task = self._waiting[0]
            gpus = self.resources.take(task.trial)
            if gpus is None:
                return
            self._waiting.popleft()
            task.gpus = gpus
            self._assign(task)

    def _assign(self, task: Task) -> None:
        profile = (task.trial.workers, task.gpus)
        idle = [worker for worker in self._workers if worker.task is None]
        for worker in idle:
            if worker.profile == profile:
                worker.task = task
                self._send(worker)
                return
        # Idle ones of another kind are kept for later, but not more than there are slots.
        for worker in idle[: max(0, len(idle) + 1 - self.resources.slots)]:
            self._drop(worker)
        try:
            worker = WorkerProcess(*profile)
        except SchedError:
            self.resources.give_back(task.trial, task.gpus)
            raise
        worker.task = task
        task.began = time.monotonic()
        self._workers.append(worker)

    def _send(self, worker: WorkerProcess) -> None:
        try:
            worker.send()
        except OSError:
            # It died while it had nothing to do, so no trial is to blame: another worker takes over.
            task = worker.task
            assert task is not None
            worker.task = None
            self._drop(worker)
            self._assign(task)

    def _hear(self, worker: WorkerProcess) -> None:
        task = worker.task
        assert task is not None
        try:
            record = worker.receive()
        except (EOFError, OSError) as error:
            self._lost(worker, "" if isinstance(error, (EOFError, ConnectionError)) else str(error))
            return
        if record is None:
            self._failed_starts = 0
            return
        worker.served += 1
        self._finish(worker, record)
        rss_mb = worker.rss_mb()
        worker.base_mb = worker.base_mb or rss_mb
        if worker.served >= self.recycle_after or rss_mb > worker.base_mb + self.recycle_growth_mb:
            self._drop(worker)

    def _finish(self, worker: WorkerProcess, record: TrialRecord) -> None:
        task = worker.task
        assert task is not None
        worker.task = None
        self.resources.give_back(task.trial, task.gpus)
        peak = max(record.peak_rss_mb or 0.0, task.peak_mb) or None
        record = dataclasses.replace(record, attempt=task.attempt, backend=self.name, peak_rss_mb=peak)
        self._finished.append(Finished(task.trial.key, task.attempt, record))

    def _lost(self, worker: WorkerProcess, text: str) -> None:
        """A worker is gone, and the trial that it had with it."""
        ending = text or worker.ending()
        if not worker.ready:
            self._failed_start(worker, ending)
            return
        kills, self._kernel_kills = self._kernel_kills, kernel_kills()
        if "SIGKILL" in ending and self._kernel_kills > kills:
            self._fail(worker, "out-of-memory", "the kernel killed it for want of memory")
        else:
            self._fail(worker, "crash", ending)

    def _failed_start(self, worker: WorkerProcess, ending: str) -> None:
        task, log = worker.task, worker.log_text()
        assert task is not None
        self._drop(worker)
        self._failed_starts += 1
        if self._failed_starts >= 3:
            lines = log.strip().splitlines()
            raise SchedError(
                f"worker processes cannot be started: {lines[-1] if lines else ending}",
                where="backend process",
                remedy="try --backend inline, which shows the whole error",
            )
        self._waiting.appendleft(task)

    def _fail(self, worker: WorkerProcess, error_type: str, text: str) -> None:
        """The trial of ``worker`` failed from outside; the worker is ended."""
        task, log = worker.task, worker.log_text()
        assert task is not None
        if task.warm and not task.prepared:
            # It has not begun: what goes wrong before decides nothing, and is left out from now on.
            self._not_warmed.add(_method(task.trial))
            self._drop(worker)
            for waiting in (task, *self._waiting):
                waiting.warm = waiting.warm and _method(waiting.trial) not in self._not_warmed
            self._waiting.appendleft(task)
            return
        wall_s = round(time.monotonic() - task.began, 4)
        last = "\n".join(log.strip().splitlines()[-_LINES:])
        error_text = f"{text}\n{last}".rstrip()
        record = failed_record(task.trial, error_type, text, wall_s=wall_s, log=log, error_text=error_text)
        self._finish(worker, record)
        self._drop(worker)

    def _drop(self, worker: WorkerProcess) -> None:
        if worker.task is not None:
            self.resources.give_back(worker.task.trial, worker.task.gpus)
            worker.task = None
        self._workers.remove(worker)
        worker.kill()

    # ---- limits ----------------------------------------------------------------------------------

    def _watch(self) -> None:
        """End trials that run over their limits of time or memory."""
        now = self._watched = time.monotonic()
        busy = [worker for worker in self._workers if worker.task is not None]
        for worker in list(busy):
            task = worker.task
            assert task is not None
            worker.tend_log()
            rss_mb = worker.rss_mb()
            task.peak_mb = max(task.peak_mb, round(rss_mb, 1))
            limit_s = task.trial.outer_limit_s(self.grace_s)
            limit_mb = task.trial.memory_mb
            if worker.process.poll() is not None and not worker.connection.poll():
                self._lost(worker, "")  # what it has started keeps the socket open
            elif task.prepared and now - task.began > limit_s:
                self._fail(worker, "timeout", f"ended after its limit of {limit_s:g} s")
            elif worker.ready and now - task.began > max(PREPARE_S, limit_s):
                self._fail(worker, "timeout", f"its method was not loaded within {PREPARE_S:.0f} s")
            elif not worker.ready and now - task.began > max(PREPARE_S, limit_s):
                self._failed_start(worker, "a worker process does not start")
            elif limit_mb is not None and rss_mb > limit_mb:
                self._fail(worker, "out-of-memory", f"used {rss_mb:.0f} MiB, more than its {limit_mb} MiB of memory")
            else:
                continue
            busy.remove(worker)
        left_mb = available_mb()
        if busy and left_mb is not None and left_mb < self.reserve_mb:
            largest = max(busy, key=WorkerProcess.rss_mb)
            text = f"ended at {largest.rss_mb():.0f} MiB: the machine had {left_mb:.0f} MiB of memory left"
            self._fail(largest, "out-of-memory", text)


def _method(trial: Trial) -> tuple[str, ...]:
    return trial.domain, trial.solver, repr(trial.parameters)
