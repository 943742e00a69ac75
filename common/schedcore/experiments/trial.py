"""One trial: a method on an instance with a seed, and the record of how it went.  Plain data, nothing that runs."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from schedcore.errors import FormatError

if TYPE_CHECKING:
    from schedcore.registry import LoadedInstance

RECORD_SCHEMA = "sched.trial/2"

ERROR_TYPES = ("exception", "timeout", "crash", "out-of-memory", "invalid-schedule", "invalid-result", "lost")
"""Why a trial failed: an error of its code; over its time; its process ended; over its memory; a schedule that breaks
rules; a result that is none (NaN, a wrong type); gone with its worker or machine."""


class TrialStatus(enum.StrEnum):
    """How a trial ended: the four of a solver, or one of its own."""

    OPTIMAL = "OPTIMAL"
    FEASIBLE = "FEASIBLE"
    INFEASIBLE = "INFEASIBLE"
    UNKNOWN = "UNKNOWN"
    REFUSED = "REFUSED"
    """The method does not understand a feature of the instance, and says so."""
    FAILED = "FAILED"
    """An error, or a schedule that breaks the rules; ``error_type`` says which."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What is run; plain data, so that any process or machine can run it.

    Parameters
    ----------
    key
        Hash of everything that decides the outcome; see :mod:`schedcore.experiments.identity`.
    group, method
        Names for tables.
    domain, instance, solver, seed
        What is run: ``solver`` is a solver or policy by name or ``package.module:Class``.
    time_limit_s, deterministic_limit
        Limits that the method itself obeys, in seconds and in its own deterministic units.
    workers, gpus, memory_mb
        Processors, GPUs and memory granted; methods use no more threads than ``workers``.
    parameters
        Changes of the parameters of the method.
    data_dirs
        Folders in which instance files are looked for.
    runner
        What is done: ``solve``, or a runner that the domain adds.
    timeout_s
        Limit enforced from outside; ``None``: ``time_limit_s`` and the grace of the backend.
    factors
        Keys that vary in the sweep besides instance and seed, with this trial's values.
    settings
        Parameters of runners other than ``solve``.
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
    runner: str = "solve"
    gpus: float = 0.0
    memory_mb: int | None = None
    timeout_s: float | None = None
    factors: tuple[tuple[str, Any], ...] = ()
    settings: tuple[tuple[str, Any], ...] = ()

    @property
    def label(self) -> str:
        """Instance, method and seed in one line."""
        return f"{self.instance} {self.method}" + (f" seed {self.seed}" if self.seed else "")

    def outer_limit_s(self, grace_s: float) -> float:
        """Seconds after which the trial is ended from outside."""
        return self.time_limit_s + grace_s if self.timeout_s is None else self.timeout_s

    def as_dict(self) -> dict[str, Any]:
        """The trial as JSON data."""
        data = {name: getattr(self, name) for name in self.__slots__}
        data |= {name: [list(pair) for pair in data[name]] for name in _PAIRS}
        data["data_dirs"] = list(self.data_dirs)
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Trial:
        """The trial that :meth:`as_dict` wrote; its lists become tuples again.

        Raises
        ------
        TypeError, KeyError, ValueError
            The data is something else.
        """
        known: dict[str, Any] = dict(data)
        known |= {name: tuple((str(key), _tuples(value)) for key, value in known[name]) for name in _PAIRS}
        known["data_dirs"] = tuple(known["data_dirs"])
        return cls(**known)


_PAIRS = ("parameters", "factors", "settings")


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """What a trial gave.

    Parameters
    ----------
    objective
        Values of the stages of the objective; whole numbers for ``solve``.
    bound
        Proven bound of the first stage.
    lower, upper, bound_source
        What the domain knew of the optimum.
    schedule
        The schedule as JSON data; it has passed the checker.
    metrics, units
        Figures of the outcome, none of which depends on the machine where the method does not.
    direction
        ``min`` or ``max``: which values are better.
    attempt
        1 for the first try.
    started
        ISO time, UTC.
    wall_s, cpu_s, peak_rss_mb, load
        Seconds of the method; processor seconds and the largest resident memory of the process during the whole
        trial; load of the machine when it began.
    error_type, error_text
        One of :data:`ERROR_TYPES` or nothing; type, message and the last lines of the traceback.
    deterministic_time
        Work of the method in its own units, where it has such.
    log
        The end of what the trial printed.
    artifacts
        Texts by file name; the store moves them to files.
    quantity, unit
        What the value is, and its unit; empty where the runner does not say.
    """

    key: str
    domain: str
    instance: str
    solver: str
    seed: int
    status: TrialStatus
    tasks: int = 0
    objective: tuple[float, ...] = ()
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
    metrics: Mapping[str, float] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    direction: str = "min"
    attempt: int = 1
    started: str = ""
    cpu_s: float | None = None
    peak_rss_mb: float | None = None
    load: float | None = None
    host: str = ""
    backend: str = ""
    error_type: str = ""
    error_text: str = ""
    deterministic_time: float | None = None
    log: str = ""
    artifacts: Mapping[str, str] = field(default_factory=dict)
    quantity: str = ""
    unit: str = ""

    @property
    def value(self) -> float | None:
        """Value of the first stage of the objective."""
        return self.objective[0] if self.objective else None

    @property
    def failed(self) -> bool:
        """Whether the trial failed, so that it may be tried again."""
        return self.status is TrialStatus.FAILED

    def as_dict(self, *, schedule: bool = True) -> dict[str, Any]:
        """The record as JSON data; without the bulky parts unless ``schedule``."""
        data = {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}
        data |= {"schema": RECORD_SCHEMA, "status": str(self.status), "value": self.value}
        data |= {"objective": list(self.objective), "trace": [list(point) for point in self.trace]}
        if not schedule:
            for name in ("schedule", "trace", "schema", "artifacts", "log"):
                del data[name]
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
            raise FormatError(f"no record of a trial: {error}", where=where, remedy="run the sweep anew") from None


def failed_record(trial: Trial, error_type: str, message: str, **more: Any) -> TrialRecord:
    """The record of a ``trial`` that failed without saying how: its process is gone, or it ran over a limit."""
    return TrialRecord(
        key=trial.key,
        domain=trial.domain,
        instance=trial.instance,
        solver=trial.solver,
        seed=trial.seed,
        status=TrialStatus.FAILED,
        message=message,
        error_type=error_type,
        **{"error_text": message, **more},
    )


def load_instance(domain: str, instance: str, data_dirs: tuple[str, ...] = ()) -> LoadedInstance:
    """The instance called ``instance`` of ``domain``."""
    from pathlib import Path

    from schedcore.registry import get_domain

    return get_domain(domain).load(instance, tuple(Path(folder).expanduser() for folder in data_dirs))
