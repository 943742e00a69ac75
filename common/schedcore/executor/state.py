"""What a policy sees: a live, read-only view of an executor."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from schedcore.executor.objection import Objection
from schedcore.model import Placement, Problem, Tick

if TYPE_CHECKING:
    from schedcore.executor.engine import Executor


class Candidate(NamedTuple):
    """A start that is legal now."""

    task: int
    mode: int


class Running(NamedTuple):
    """A task under way; ``end`` is the expected end (the next tick at the earliest, if it is late)."""

    task: int
    mode: int
    start: Tick
    end: Tick
    attempt: int


class State:
    """Live view of a run: always shows the present, changes nothing.

    Copy what you want to keep; a ``State`` itself moves on with the run.
    """

    __slots__ = ("_run",)

    def __init__(self, run: Executor) -> None:
        self._run = run

    @property
    def problem(self) -> Problem:
        """The problem."""
        return self._run.problem

    @property
    def now(self) -> Tick:
        """The present tick."""
        return self._run.now

    @property
    def done(self) -> bool:
        """Whether the run has ended."""
        return self._run.done

    @property
    def finished(self) -> tuple[Placement, ...]:
        """What has ended, in order of task id (holds included)."""
        return self._run.finished_placements()

    @property
    def running(self) -> tuple[Running, ...]:
        """What is under way, in order of task id (without holds)."""
        return self._run.running_tasks()

    @property
    def waiting(self) -> tuple[int, ...]:
        """Ids of the known tasks that have not started and may still run, in order of id (without holds)."""
        return self._run.waiting_tasks()

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """Every ``(task, mode)`` that may start now, in order of task, then mode.

        Elastic modes are listed if they may start with some duration that the default finds.
        """
        return self._run.candidates()

    def objection(self, task: int, mode: int = 0, duration: Tick | None = None) -> Objection | None:
        """Why ``task`` may not start now in ``mode``; ``None`` if it may."""
        return self._run.objection(task, mode, duration)

    def attempt(self, task: int) -> int:
        """How many attempts of ``task`` have failed or been aborted so far."""
        return self._run.attempt_of(task)

    def is_required(self, task: int) -> bool:
        """Whether ``task`` must run: it is mandatory, or a selection with what has started demands it."""
        return self._run.is_required(task)

    def start_of(self, task: int) -> Tick | None:
        """Start of a task that has started, else ``None``."""
        return self._run.start_of(task)

    def end_of(self, task: int) -> Tick | None:
        """End of a task that has started (expected while it runs), else ``None``."""
        return self._run.end_of(task)

    def available_since(self, task: int) -> Tick:
        """Earliest start of ``task`` by release and the lags that are decided: when it joined the queue."""
        return self._run.available_since(task)

    def open_predecessors(self, task: int) -> tuple[int, ...]:
        """Tasks that have not started, still may, and that a minimum lag puts before ``task``."""
        return self._run.open_predecessors(task)

    def level(self, reservoir: int) -> int:
        """Present level of a reservoir."""
        return self._run.level_of(reservoir)

    def free(self, resource: int) -> int:
        """Units of a unary or renewable resource that are free now (negative after a loss of capacity)."""
        return self._run.free_of(resource)

    def resource_state(self, resource: int) -> int | None:
        """State label that a unary resource with transitions is in (or will be left in), if known."""
        return self._run.resource_state_of(resource)

    @property
    def next_event(self) -> Tick | None:
        """The next tick at which something is expected to happen, ``None`` if nothing is."""
        return self._run.next_expected_event()
