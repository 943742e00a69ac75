"""The trace: every attempt that was made, of which a schedule is the summary."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from schedcore.model import Problem, Schedule, Tick
from schedcore.replay.interruptions import Outcome


class Attempt(NamedTuple):
    """Attempt ``number`` (from 0) at ``task`` in ``mode`` took ``[begin, end)``, waiting times within included."""

    task: int
    mode: int
    number: int
    begin: Tick
    end: Tick
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Trace:
    """The attempts of one run, by begin, then task, then number."""

    attempts: tuple[Attempt, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "attempts", tuple(sorted(self.attempts, key=lambda a: (a.begin, a.task, a.number))))

    def __iter__(self) -> Iterator[Attempt]:
        return iter(self.attempts)

    def __len__(self) -> int:
        return len(self.attempts)

    def count(self, task: int) -> int:
        """Number of attempts at ``task``."""
        return sum(a.task == task for a in self.attempts)

    def failed(self) -> tuple[int, ...]:
        """Tasks that were given up after their last attempt, by id."""
        return tuple(sorted(t for t, a in self._last().items() if a.outcome is Outcome.GIVEN_UP))

    def schedule(self, *, keep_resources: bool = True) -> Schedule:
        """The schedule that these attempts make.

        Tasks that were cancelled, or were left with a broken attempt, have no placement.  The mode is
        that of the last attempt.

        Parameters
        ----------
        keep_resources
            A task keeps its resources from its first attempt to the end of its last (fixed-order
            replay): the placement covers all attempts.  Otherwise it returns them in between (the
            executor): the placement is the last attempt.
        """
        first: dict[int, Tick] = {}
        for a in self.attempts:
            first.setdefault(a.task, a.begin)
        return Schedule(
            (task, a.mode, first[task] if keep_resources else a.begin, a.end)
            for task, a in sorted(self._last().items())
            if a.outcome in (Outcome.DONE, Outcome.GIVEN_UP)
        )

    def as_dict(self, problem: Problem) -> list[dict[str, Any]]:
        """The attempts as plain data with names."""
        return [a._asdict() | {"task": problem.tasks[a.task].name, "outcome": a.outcome.value} for a in self.attempts]

    def _last(self) -> dict[int, Attempt]:
        last: dict[int, Attempt] = {}
        for a in self.attempts:
            if a.task not in last or a.number > last[a.task].number:
                last[a.task] = a
        return last
