"""One trial: a method on an instance with a seed, and the record of how it went."""

from __future__ import annotations

import dataclasses
import enum
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from schedcore.errors import FormatError, SchedError, UnsupportedFeatureError

if TYPE_CHECKING:
    from schedcore.registry import LoadedInstance

RECORD_SCHEMA = "sched.trial/1"


class TrialStatus(enum.StrEnum):
    """How a trial ended: the four of a solver, or one of its own."""

    OPTIMAL = "OPTIMAL"
    FEASIBLE = "FEASIBLE"
    INFEASIBLE = "INFEASIBLE"
    UNKNOWN = "UNKNOWN"
    REFUSED = "REFUSED"
    """The method does not understand a feature of the instance, and says so."""
    FAILED = "FAILED"
    """An error, or a schedule that breaks the rules."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What is run; plain data, so that any process or machine can run it.

    ``key`` is the hash of everything that decides the outcome; ``method`` and ``group`` are names for
    tables and no part of it.
    """

    key: str
    group: str
    domain: str
    instance: str
    method: str
    solver: str
    seed: int
    time_limit_s: float
    workers: int
    deterministic_limit: float | None = None
    parameters: tuple[tuple[str, Any], ...] = ()
    data_dirs: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Instance, method and seed in one line."""
        return f"{self.instance} {self.method}" + (f" seed {self.seed}" if self.seed else "")


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """What a trial gave.

    ``lower`` and ``upper`` are what the domain knew of the optimum; ``schedule`` is the schedule as JSON
    data.  All schedules have passed the checker.
    """

    key: str
    domain: str
    instance: str
    solver: str
    seed: int
    status: TrialStatus
    tasks: int = 0
    objective: tuple[int, ...] = ()
    bound: float | None = None
    makespan: int | None = None
    wall_s: float = 0.0
    lower: int | None = None
    upper: int | None = None
    bound_source: str | None = None
    message: str = ""
    trace: tuple[tuple[float, float, float | None], ...] = ()
    schedule: Mapping[str, Any] | None = None
    sizes: Mapping[str, int] = field(default_factory=dict)

    @property
    def value(self) -> int | None:
        """Value of the first stage of the objective."""
        return self.objective[0] if self.objective else None

    def as_dict(self, *, schedule: bool = True) -> dict[str, Any]:
        """The record as JSON data."""
        data = {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}
        data |= {"schema": RECORD_SCHEMA, "status": str(self.status), "value": self.value}
        data |= {"objective": list(self.objective), "trace": [list(point) for point in self.trace]}
        if not schedule:
            del data["schedule"], data["trace"], data["schema"]
        return data

    @classmethod
    def from_dict(cls, data: Any, where: str) -> TrialRecord:
        """The record that :meth:`as_dict` wrote.

        Raises
        ------
        FormatError
            The data is something else.
        """
        try:
            if data["schema"] != RECORD_SCHEMA:
                raise ValueError(f"schema {data['schema']!r}")
            names = {item.name for item in dataclasses.fields(cls)}
            known = {name: value for name, value in data.items() if name in names}
            known["status"] = TrialStatus(known["status"])
            known["objective"] = tuple(known["objective"])
            known["trace"] = tuple(tuple(point) for point in known["trace"])
            return cls(**known)
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise FormatError(f"no record of a trial: {error}", where=where, remedy="start over with --fresh") from None


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


def load_instance(domain: str, instance: str, data_dirs: tuple[str, ...] = ()) -> LoadedInstance:
    """The instance called ``instance`` of ``domain``."""
    from pathlib import Path

    from schedcore.registry import get_domain

    return get_domain(domain).load(instance, tuple(Path(folder).expanduser() for folder in data_dirs))
