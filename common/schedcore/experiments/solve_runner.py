"""The runner ``solve``: a solver or policy on an instance; the schedule is checked before it counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from schedcore.experiments.runner import SOLVE, InvalidScheduleError, RunnerResult
from schedcore.experiments.trial import Trial, TrialStatus

if TYPE_CHECKING:
    from schedcore.model import Problem, Schedule
    from schedcore.registry import LoadedInstance


class SolveRunner:
    """Solve the instance and check the schedule."""

    name = SOLVE
    summary = "Solve the instance and check the schedule"
    direction = "min"
    needs_problem = True

    def fingerprint(self, trial: Trial) -> str:
        """That of the problem, which is loaded for it."""
        from schedcore.experiments.trial import load_instance

        return load_instance(trial.domain, trial.instance, trial.data_dirs).problem.fingerprint()

    def run(self, trial: Trial, loaded: LoadedInstance | None, should_stop: Callable[[], bool] | None) -> RunnerResult:
        """Solve.

        Raises
        ------
        InvalidScheduleError
            The schedule breaks rules of the problem.
        UnsupportedFeatureError
            The method does not understand a feature of the problem.
        """
        from schedcore.check import check
        from schedcore.experiments.methods import get_method
        from schedcore.experiments.parameters import with_parameters
        from schedcore.model import schedule_to_dict
        from schedcore.solvers import Limits, solve_verified

        if loaded is None:
            raise ValueError("the runner 'solve' needs the loaded instance")
        solver = with_parameters(get_method(trial.solver, trial.domain), dict(trial.parameters))
        result = solve_verified(
            solver,
            loaded.problem,
            limits=Limits(trial.time_limit_s, trial.deterministic_limit, trial.workers),
            seed=trial.seed,
            should_stop=should_stop,
            best_known=loaded.upper_bound,
        )
        schedule = result.schedule
        if schedule is not None and not (report := check(loaded.problem, schedule)).ok:
            raise InvalidScheduleError(f"the schedule breaks rules: {report.to_text(limit=3)}")
        metrics, units = ({}, {}) if schedule is None else _metrics(loaded.problem, schedule)
        quantity, unit = _value(loaded.problem, units)
        work = result.parameters.get("deterministic_time")
        return RunnerResult(
            status=TrialStatus(str(result.status)),
            objective=() if schedule is None else result.objective,
            metrics=metrics,
            units=units,
            bound=result.bound,
            wall_s=result.wall_s,
            message=result.message,
            trace=tuple(result.trace),
            schedule=None if schedule is None else schedule_to_dict(schedule, loaded.problem),
            deterministic_time=None if work is None else float(work),
            quantity=quantity,
            unit=unit,
        )


def _value(problem: Problem, units: dict[str, str]) -> tuple[str, str]:
    """What the first stage of the objective is, and its unit where it is a single metric."""
    stages = [] if problem.objective is None else list(problem.objective.stages)
    if not stages:
        return "", ""
    terms = dict(stages[0])
    names = [name if weight == 1 else f"{weight} {name}" for name, weight in terms.items()]
    return " + ".join(names), units.get(next(iter(terms)), "") if len(terms) == 1 else ""


def _metrics(problem: Problem, schedule: Schedule) -> tuple[dict[str, float], dict[str, str]]:
    """Everything that an objective can be made of; what is measured depends on the problem alone."""
    from schedcore.metrics import METRICS, evaluate
    from schedcore.model import OBJECTIVE_METRICS

    names = [name for name in OBJECTIVE_METRICS if name in METRICS and METRICS[name].applies_to(problem)]
    if schedule.cycle is None:
        names = [name for name in names if name != "period"]
    found = evaluate(problem, schedule, names)
    return {name: found[name] for name in names}, {name: METRICS[name].unit for name in names}  # type: ignore[misc]
