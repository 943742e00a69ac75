"""What is done in a trial: ``solve``, which is built in, or a runner that a domain adds.

A domain names its runners in ``Domain.runners`` (name to ``package.module:Name``): a planner, a simulator of a day, a
training.  A runner says how good the outcome is in numbers; it is not asked how long it took or what it printed.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from schedcore.errors import InputError, SchedError, unknown_name
from schedcore.experiments.trial import Trial, TrialStatus

if TYPE_CHECKING:
    from schedcore.registry import LoadedInstance

SOLVE = "solve"


class InvalidResultError(SchedError):
    """A runner returned what is no result: another type, or numbers that are none."""


class InvalidScheduleError(SchedError):
    """A method returned a schedule that breaks the rules of its problem."""


@dataclass(frozen=True, slots=True)
class RunnerResult:
    """What a runner hands back; all of it plain data.

    Parameters
    ----------
    status
        How it ended; a runner that decides nothing says ``FEASIBLE``.
    objective
        Values that tables compare, the most important first.
    metrics, units
        Further figures by name, none of which depends on the machine where the method does not.
    bound
        A proven bound of the first value.
    wall_s
        Seconds of the method itself.
    message
        What a person should know.
    trace
        ``(seconds, value, bound)`` for each improvement.
    schedule
        A schedule as JSON data.
    artifacts
        Texts to keep, by file name.
    deterministic_time
        Work in the method's own units.
    quantity, unit
        What the first value is, and its unit, in words for tables: ``profit``, ``USD``.
    """

    status: TrialStatus
    objective: tuple[float, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    bound: float | None = None
    wall_s: float = 0.0
    message: str = ""
    trace: tuple[tuple[float, float, float | None], ...] = ()
    schedule: Mapping[str, Any] | None = None
    artifacts: Mapping[str, str] = field(default_factory=dict)
    deterministic_time: float | None = None
    quantity: str = ""
    unit: str = ""


@runtime_checkable
class Runner(Protocol):
    """Something that can be done in a trial.

    ``direction`` (``min`` or ``max``) says which values of the objective are better; ``needs_problem`` whether the
    instance is loaded as a :class:`~schedcore.registry.LoadedInstance` beforehand.
    """

    name: str
    summary: str
    direction: str
    needs_problem: bool

    def fingerprint(self, trial: Trial) -> str:
        """Hash of the content that ``trial`` works on, where that is no problem of the core."""
        ...

    def run(self, trial: Trial, loaded: LoadedInstance | None, should_stop: Callable[[], bool] | None) -> RunnerResult:
        """Do it.  ``loaded`` is ``None`` unless ``needs_problem``."""
        ...


def runner_names(domain: str) -> tuple[str, ...]:
    """Names of the runners of ``domain``, ``solve`` first."""
    from schedcore.registry import get_domain

    return (SOLVE, *sorted(get_domain(domain).runners))


def get_runner(domain: str, name: str = SOLVE) -> Runner:
    """The runner called ``name`` of ``domain``.

    Raises
    ------
    UnknownNameError
        There is none; near misses are suggested.
    InputError
        What the domain registered is no runner.
    """
    if name == SOLVE:
        from schedcore.experiments.solve_runner import SolveRunner

        return SolveRunner()
    from schedcore.registry import get_domain, load_reference

    runners = get_domain(domain).runners
    if name not in runners:
        raise unknown_name("runner", name, (SOLVE, *runners), where=f"domain {domain}: runner")
    place = f"runner {name!r} of domain {domain}"
    found = load_reference(runners[name], where=place)
    made = found() if isinstance(found, type) else found
    if not isinstance(made, Runner) or made.direction not in ("min", "max"):
        raise InputError(
            f"{runners[name]} is no runner",
            where=place,
            remedy="a runner has name, summary, direction ('min' or 'max'), needs_problem, fingerprint() and run()",
        )
    return made


def check_result(result: object, runner: str) -> RunnerResult:
    """``result`` with plain numbers, if it is a result and they are numbers.

    Raises
    ------
    InvalidResultError
        It has another type, a value, bound or metric is NaN, infinite or no number at all, or an artifact no text.
    """
    from schedcore.experiments.store import check_artifact_name

    if not isinstance(result, RunnerResult):
        raise InvalidResultError(f"runner {runner} returned {type(result).__name__}, not RunnerResult")
    if not isinstance(result.status, TrialStatus):
        raise InvalidResultError(f"{result.status!r} is no status")
    for name, text in result.artifacts.items():
        if not isinstance(text, str):
            raise InvalidResultError(f"the artifact {name} is {type(text).__name__}, not text")
        try:
            check_artifact_name(name)
        except SchedError as error:
            raise InvalidResultError(error.what) from None
    return dataclasses.replace(
        result,
        objective=tuple(_number(f"objective {i + 1}", value) for i, value in enumerate(result.objective)),
        metrics={name: _number(f"metric {name}", value) for name, value in result.metrics.items()},
        bound=None if result.bound is None else _number("bound", result.bound),
        trace=tuple(
            (
                float(t),
                _number("value in the trace", value),
                # A bound of infinity is how solvers say that they have none yet.
                None if bound is None or math.isinf(bound) else _number("bound in the trace", bound),
            )
            for t, value, bound in result.trace
        ),
    )


def _number(name: str, value: Any) -> float:
    if hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        value = value.item()  # of numpy
    # bool is an int, but no figure.
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidResultError(f"the {name} is {value!r}, which is no number")
    if not math.isfinite(value):
        raise InvalidResultError(f"the {name} is {value}, which is no finite number")
    return value
