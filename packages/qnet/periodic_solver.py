"""The periodic schedulers as solvers of the core, for problems made of windows (:mod:`qnet.convert`).

Optional windows make it an admission: demands are asked in their order by the published rule, or by ours.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from qnet.admission import admit_tasks
from qnet.convert import read_windows
from qnet.scheduling import CyclicSchedule, Miss, get_scheduler, try_schedule
from schedcore.model import Problem, Schedule
from schedcore.solvers.protocol import Incumbent, Limits, SolveResult, Status, require_features

_FEATURES = frozenset(
    {
        "unary",
        "hold",
        "release",
        "deadline",
        "precedence",
        "min_lag",
        "max_lag",
        "optional",
        "selection",
        "objective:reward",
    }
)


class PeriodicSolver:
    """One scheduler with one admission rule; deterministic, milliseconds: seed, limits and hint change nothing."""

    def __init__(self, label: str, rule: str = "published") -> None:
        self.label = label
        self.rule = rule
        self.name = label if rule == "published" else f"{label}-{rule}"
        self.summary = get_scheduler(label).summary + ("" if rule == "published" else "; the rejected are asked again")
        self.features = _FEATURES

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
        """The schedule of the accepted windows; without optional windows of all of them, or none.

        Raises
        ------
        InputError
            The problem is not made of windows.
        """
        begin = time.perf_counter()
        require_features(self.name, self.features, problem)
        windows = read_windows(problem)
        slot_s = float(problem.unit.to_seconds(1))
        message = ""
        found: CyclicSchedule | Miss
        chosen = list(range(len(windows.tasks)))
        if windows.optional:
            admission = admit_tasks(windows.tasks, self.label, rule=self.rule, slot_s=slot_s)
            found, chosen = admission.schedule, list(admission.accepted)
        else:
            found = try_schedule(windows.tasks, self.label, slot_s)
        wall_s = time.perf_counter() - begin
        if isinstance(found, Miss):
            return SolveResult(Status.UNKNOWN, None, (), None, wall_s, self.name, seed, message=str(found))
        if windows.optional:
            message = f"{len(chosen)} of {len(windows.tasks)} demands accepted"
        placements = windows.placements(found, chosen)
        schedule = Schedule(placements)
        objective: tuple[int, ...] = ()
        if problem.objective is not None:
            from schedcore.metrics import objective_values

            objective = objective_values(problem, schedule)
        wall_s = time.perf_counter() - begin
        if on_solution is not None:
            on_solution(Incumbent(schedule, objective, None, wall_s))
        return SolveResult(
            Status.FEASIBLE if problem.objective is not None else Status.OPTIMAL,
            schedule,
            objective,
            None,
            wall_s,
            self.name,
            seed,
            trace=((wall_s, float(objective[0]), None),) if objective else (),
            parameters={"scheduler": self.label, "admission": self.rule},
            message=message,
        )


def _solvers() -> dict[str, PeriodicSolver]:
    from qnet.scheduling import SCHEDULERS

    found = {label: PeriodicSolver(label) for label in SCHEDULERS}
    return found | {f"{label}-retry": PeriodicSolver(label, "retry") for label in ("rcpsp-np-edf", "pts-np-edf")}


SOLVERS = _solvers()
"""Every scheduler with the published admission, two with ours."""

globals().update({name.replace("-", "_"): solver for name, solver in SOLVERS.items()})
