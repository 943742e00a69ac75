"""Running one trial: the only thing that a worker calls."""

from __future__ import annotations

import platform
import traceback
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from schedcore.errors import SchedError, UnsupportedFeatureError
from schedcore.experiments.capture import captured
from schedcore.experiments.runner import InvalidResultError, InvalidScheduleError, check_result, get_runner
from schedcore.experiments.trial import Trial, TrialRecord, TrialStatus, load_instance
from schedcore.experiments.usage import Usage

if TYPE_CHECKING:
    from schedcore.registry import LoadedInstance

_LINES = 40
"""Lines of a traceback that are kept."""


def run_trial(
    trial: Trial, loaded: LoadedInstance | None = None, should_stop: Callable[[], bool] | None = None
) -> TrialRecord:
    """Run ``trial``; whatever goes wrong ends up in the record, and what it prints too.

    Parameters
    ----------
    loaded
        The instance, if it is at hand; it is loaded otherwise, if the runner needs it.
    should_stop
        Ends the method early; whoever asked for that must judge what the record is worth.

    Raises
    ------
    KeyboardInterrupt
        From outside; nothing else.
    """
    common: dict[str, Any] = {
        "key": trial.key,
        "domain": trial.domain,
        "instance": trial.instance,
        "solver": trial.solver,
        "seed": trial.seed,
        "host": _host(),
    }
    usage = Usage()
    common["started"] = usage.started
    with captured() as output:
        try:
            found = _run(trial, loaded, should_stop, common)
        except UnsupportedFeatureError as error:
            found = {"status": TrialStatus.REFUSED, "message": error.what}
        except KeyboardInterrupt:
            raise
        except (Exception, SystemExit) as error:
            found = _failure(error) | {"status": TrialStatus.FAILED, "wall_s": usage.wall_s()}
    return TrialRecord(**common, **found, **usage.read(), log=output.text())  # type: ignore[arg-type]


def _run(
    trial: Trial, loaded: LoadedInstance | None, should_stop: Callable[[], bool] | None, common: dict[str, Any]
) -> dict[str, Any]:
    runner = get_runner(trial.domain, trial.runner)
    common["direction"] = runner.direction
    if runner.needs_problem:
        loaded = loaded or load_instance(trial.domain, trial.instance, trial.data_dirs)
        common |= {
            "tasks": len(loaded.problem.tasks),
            "lower": loaded.lower_bound,
            "upper": loaded.upper_bound,
            "bound_source": loaded.bound_source,
            "sizes": {k: v for k, v in loaded.info.items() if isinstance(v, int) and not isinstance(v, bool)},
        }
    result = check_result(runner.run(trial, loaded if runner.needs_problem else None, should_stop), runner.name)
    makespan = result.metrics.get("makespan")
    return {
        "status": result.status,
        "objective": tuple(result.objective),
        "bound": result.bound,
        "makespan": None if makespan is None else int(makespan),
        "wall_s": round(result.wall_s, 4),
        "message": result.message,
        "trace": tuple(result.trace),
        "schedule": result.schedule,
        "metrics": dict(result.metrics),
        "units": dict(result.units),
        "deterministic_time": result.deterministic_time,
        "artifacts": dict(result.artifacts),
        "quantity": str(result.quantity),
        "unit": str(result.unit),
    }


def _failure(error: BaseException) -> dict[str, str]:
    """Type, message and traceback of an error of the trial."""
    from schedcore.solvers import SolverFailedError

    if isinstance(error, MemoryError):
        kind, text = "out-of-memory", f"out of memory: {error}".rstrip(": ")
    elif isinstance(error, InvalidScheduleError):
        kind, text = "invalid-schedule", error.what
    elif isinstance(error, InvalidResultError):
        kind, text = "invalid-result", error.what
    elif isinstance(error, SolverFailedError):
        # Its place is a folder, which says something of this machine only; `what` names the file.
        kind, text = "exception" if error.__cause__ is not None else "invalid-result", error.what
    elif isinstance(error, SystemExit):
        kind, text = "exception", f"the method ended its process: SystemExit({error.code!r})"
    else:
        kind, text = "exception", str(error) if isinstance(error, SchedError) else f"{type(error).__name__}: {error}"
    lines = "".join(traceback.format_exception(error)).rstrip().splitlines()[-_LINES:]
    return {"error_type": kind, "message": text, "error_text": "\n".join(lines)}


@cache
def _host() -> str:
    return platform.node()
