"""Names, instants and lengths of time in messages."""

from __future__ import annotations

from collections.abc import Sequence

from schedcore.model import Edge, Problem

_COUNTABLE = frozenset({"tick", "slot", "step", "second", "minute", "hour", "day", "week"})


class Words:
    """Wording for one problem: names instead of ids, ticks with the label of the unit.

    >>> words = Words(Problem())
    >>> words.at(7), words.span(1), words.span(3)
    ('tick 7', '1 tick', '3 ticks')
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._label = problem.unit.label

    def task(self, task: int) -> str:
        """Name of a task in quotes."""
        return f"'{self._problem.tasks[task].name}'"

    def tasks(self, tasks: Sequence[int], limit: int = 5) -> str:
        """Names of several tasks, the first ``limit`` of them."""
        shown = ", ".join(self.task(t) for t in tasks[:limit])
        return shown if len(tasks) <= limit else f"{shown} and {len(tasks) - limit} more"

    def resource(self, resource: int) -> str:
        """Name of a resource in quotes."""
        return f"'{self._problem.resources[resource].name}'"

    def at(self, tick: int) -> str:
        """An instant."""
        return f"{self._label} {tick}" if self._label in _COUNTABLE else f"{tick} {self._label}"

    def span(self, ticks: int) -> str:
        """A length of time."""
        plural = "s" if self._label in _COUNTABLE and ticks != 1 else ""
        return f"{ticks} {self._label}{plural}"

    def stretch(self, begin: int, end: int, period: int | None) -> str:
        """A stretch of time as :class:`~schedcore.check.steps.Runs` has it; of phases if ``period`` is given."""
        if period is None:
            return f"from {self.at(begin)} " + (f"to {self.at(end)}" if end > begin else "on")
        if end - begin == period:
            return "at all times"
        return f"from phase {begin} to phase {end}" + (" of the next round" if end < begin else "")

    @staticmethod
    def edge(edge: int) -> str:
        """An edge of a task."""
        return "start" if edge == Edge.START else "end"

    @staticmethod
    def units(amount: int) -> str:
        """A quantity of a resource."""
        return "1 unit" if amount == 1 else f"{amount} units"
