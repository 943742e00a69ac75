"""The solver ``as-flown``: the schedule that a day's problem was made from (see :func:`uam.core.to_core`)."""

from __future__ import annotations

import time
from collections.abc import Callable

from schedcore.errors import InputError
from schedcore.model import Problem, Schedule
from schedcore.solvers.protocol import Incumbent, Limits, SolveResult, Status, require_features

KEY = "as_flown"


class AsFlown:
    """The day as it was flown; the flights of another day are unknown to it."""

    name = "as-flown"
    summary = "days of uam: every flight and charge where the day had it"
    features = frozenset(
        {
            "elastic",
            "forbidden_transition",
            "max_lag",
            "min_lag",
            "objective:reward",
            "optional",
            "release",
            "deadline",
            "renewable",
            "reservoir",
            "selection",
            "setup",
            "unary",
        }
    )

    def solve(
        self,
        problem: Problem,
        *,
        limits: Limits,
        seed: int = 0,
        hint: Schedule | None = None,
        on_solution: Callable[[Incumbent], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> SolveResult:
        """The schedule; it is read off the problem, so the limits are not looked at.

        Raises
        ------
        InputError
            The problem was not made from a day.
        """
        begin = time.perf_counter()
        require_features(self.name, self.features, problem)
        text = dict(problem.metadata).get(KEY)
        if not isinstance(text, str):
            raise InputError(
                "the problem was not made from a day", where=self.name, remedy="solve an instance of the domain uam"
            )
        schedule = Schedule(read_placements(text))
        value = -sum(task.reward for task in problem.tasks)
        wall_s = time.perf_counter() - begin
        if on_solution is not None:
            on_solution(Incumbent(schedule, (value,), None, wall_s))
        trace = ((wall_s, float(value), None),)
        return SolveResult(Status.FEASIBLE, schedule, (value,), None, wall_s, self.name, seed, trace=trace)


def write_placements(placements: list[tuple[int, int, int, int]]) -> str:
    """Starts and ends of tasks 0, 1 and so on as one text."""
    return " ".join(f"{start}-{end}" for _, _, start, end in sorted(placements))


def read_placements(text: str) -> list[tuple[int, int, int, int]]:
    """Placements of tasks 0, 1 and so on from the text of :func:`write_placements`."""
    spans = (word.split("-") for word in text.split())
    return [(task, 0, int(start), int(end)) for task, (start, end) in enumerate(spans)]


as_flown = AsFlown()
