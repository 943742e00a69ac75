"""What must hold in every schedule of a problem: who is present, in which modes, and when."""

from __future__ import annotations

from collections.abc import Iterator

from schedcore.check.words import Words
from schedcore.model import Mode, Problem

INFINITY = 2**60
"""Later than any tick."""
PRESENT, ABSENT, OPEN = 1, 0, -1
"""States of a task: in every schedule, in none, or not known."""


class Facts:
    """Deductions about ``problem``, filled in by the steps of :func:`schedcore.check.explain`.

    Attributes
    ----------
    presence
        Per task ``PRESENT``, ``ABSENT`` or ``OPEN``.
    cause
        Per task why it is present or absent, in words; empty for mandatory tasks.
    modes
        Per task the modes that are still possible.
    earliest_start, earliest_end, latest_start, latest_end
        Bounds per task in every schedule in which it is present; ``INFINITY`` if there is none.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.words = Words(problem)
        self.presence = [OPEN if task.optional else PRESENT for task in problem.tasks]
        self.cause = [""] * len(problem.tasks)
        self.modes = [list(range(len(task.modes))) for task in problem.tasks]
        limit = INFINITY if problem.horizon is None else problem.horizon
        self.limit = [limit if task.deadline is None else min(limit, task.deadline) for task in problem.tasks]
        self.earliest_start = [task.release for task in problem.tasks]
        self.earliest_end = list(self.earliest_start)
        self.latest_end = list(self.limit)
        self.latest_start = list(self.limit)
        self.tighten_by_durations()

    @property
    def cyclic(self) -> bool:
        """Whether resources fold."""
        return self.problem.cycle is not None

    def allowed(self, task: int) -> Iterator[Mode]:
        """The modes of ``task`` that are still possible."""
        modes = self.problem.tasks[task].modes
        return (modes[m] for m in self.modes[task])

    def shortest(self, task: int) -> int:
        """Least duration over the possible modes."""
        return min((mode.duration for mode in self.allowed(task)), default=0)

    def longest(self, task: int) -> int:
        """Largest duration over the possible modes."""
        return max((mode.longest for mode in self.allowed(task)), default=0)

    def tighten_by_durations(self) -> None:
        """Relate the bounds of both edges by the shortest duration."""
        for task in range(len(self.problem.tasks)):
            shortest = self.shortest(task)
            self.earliest_end[task] = max(self.earliest_end[task], self.earliest_start[task] + shortest)
            self.latest_start[task] = min(self.latest_start[task], self.latest_end[task] - shortest)

    def mandatory(self) -> list[int]:
        """Tasks that every schedule contains."""
        return [task for task, state in enumerate(self.presence) if state == PRESENT]

    def possible(self) -> list[int]:
        """Tasks that some schedule may contain."""
        return [task for task, state in enumerate(self.presence) if state != ABSENT]

    def limit_text(self, task: int) -> str:
        """Name and value of what limits the end of ``task``."""
        deadline = self.problem.tasks[task].deadline
        if deadline is not None and deadline == self.limit[task]:
            return f"the deadline of {self.words.task(task)} at {self.words.at(deadline)}"
        return f"the horizon at {self.words.at(self.limit[task])}"
