"""Running one trial: the only thing that a worker calls."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from schedcore.errors import SchedError, UnsupportedFeatureError
from schedcore.experiments.trial import Trial, TrialRecord, TrialStatus, load_instance

if TYPE_CHECKING:
    from schedcore.registry import LoadedInstance


def run_trial(
    trial: Trial, loaded: LoadedInstance | None = None, should_stop: Callable[[], bool] | None = None
) -> TrialRecord:
    """Run ``trial`` and check its schedule; errors end up in the record.

    Parameters
    ----------
    loaded
        The instance, if it is at hand; it is loaded otherwise.
    should_stop
        Ends the solve early; the record is then that of an unfinished trial and must not be stored.
    """
    common: dict[str, Any] = {
        "key": trial.key,
        "domain": trial.domain,
        "instance": trial.instance,
        "solver": trial.solver,
        "seed": trial.seed,
    }
    begin = time.perf_counter()
    try:
        loaded = loaded or load_instance(trial.domain, trial.instance, trial.data_dirs)
        common |= {
            "tasks": len(loaded.problem.tasks),
            "lower": loaded.lower_bound,
            "upper": loaded.upper_bound,
            "bound_source": loaded.bound_source,
            "sizes": {k: v for k, v in loaded.info.items() if isinstance(v, int) and not isinstance(v, bool)},
        }
        return _solve(trial, loaded, common, should_stop)
    except UnsupportedFeatureError as error:
        return TrialRecord(status=TrialStatus.REFUSED, message=error.what, **common)
    except KeyboardInterrupt:
        raise
    except Exception as error:
        from schedcore.solvers import SolverFailedError

        text = str(error) if isinstance(error, SchedError) else f"{type(error).__name__}: {error}"
        if isinstance(error, SolverFailedError):
            text = error.what  # names the file; its folder says something of this machine only
        wall_s = round(time.perf_counter() - begin, 4)
        return TrialRecord(status=TrialStatus.FAILED, message=text, wall_s=wall_s, **common)


def _solve(
    trial: Trial, loaded: LoadedInstance, common: dict[str, Any], should_stop: Callable[[], bool] | None
) -> TrialRecord:
    from schedcore.check import check
    from schedcore.experiments.methods import get_method
    from schedcore.experiments.parameters import with_parameters
    from schedcore.model import schedule_to_dict
    from schedcore.solvers import Limits, solve_verified

    solver = with_parameters(get_method(trial.solver, trial.domain), dict(trial.parameters))
    limits = Limits(trial.time_limit_s, trial.deterministic_limit, trial.workers)
    result = solve_verified(
        solver,
        loaded.problem,
        limits=limits,
        seed=trial.seed,
        should_stop=should_stop,
        best_known=loaded.upper_bound,
    )
    found: dict[str, Any] = {
        "bound": result.bound,
        "wall_s": round(result.wall_s, 4),
        "message": result.message,
        "trace": tuple(result.trace),
    }
    if result.schedule is None:
        return TrialRecord(status=TrialStatus(str(result.status)), **common, **found)
    report = check(loaded.problem, result.schedule)
    if not report.ok:
        found["message"] = f"the schedule breaks rules: {report.to_text(limit=3)}"
        return TrialRecord(status=TrialStatus.FAILED, **common, **found)
    return TrialRecord(
        status=TrialStatus(str(result.status)),
        objective=result.objective,
        makespan=result.schedule.makespan,
        schedule=schedule_to_dict(result.schedule, loaded.problem),
        **common,
        **found,
    )
