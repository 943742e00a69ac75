"""Projects with limited resources (RCPSP, one or several modes) between files and problems."""

from __future__ import annotations

from dataclasses import dataclass

from schedcore.errors import InputError, UnsupportedFeatureError
from schedcore.io.job_shop import MAKESPAN, check_makespan
from schedcore.model import Demand, Edge, Effect, Mode, Problem, Renewable, Reservoir, Resource, Task, TimeLag, Unary

_SINGLE_MODE = frozenset({"unary", "renewable", "precedence", "objective:makespan"})
_MULTI_MODE = _SINGLE_MODE | {"reservoir", "multi_mode", "release"}

_DUE, _COST = "psplib_due", "psplib_tardiness_cost"


@dataclass(frozen=True)
class ParsedMode:
    """A mode of an activity: its duration (ticks) and its units of every resource."""

    duration: int
    renewable: tuple[int, ...] = ()
    nonrenewable: tuple[int, ...] = ()


@dataclass(frozen=True)
class ParsedProject:
    """A project.

    Parameters
    ----------
    renewable, nonrenewable
        Capacities of the resources that are given back, and of those that are used up.
    activities
        Modes of each activity; the first and the last activity are usually dummies of no duration.
    successors
        Direct successors of each activity (from 0).
    release
        Earliest start of the project.
    due, tardiness_cost
        Header fields of PSPLIB files; they have no influence on the makespan.
    """

    renewable: tuple[int, ...]
    nonrenewable: tuple[int, ...]
    activities: tuple[tuple[ParsedMode, ...], ...]
    successors: tuple[tuple[int, ...], ...]
    release: int = 0
    due: int = 0
    tardiness_cost: int = 0


def project_problem(project: ParsedProject, name: str) -> Problem:
    """The problem of ``project``; the makespan is minimised.

    Tasks are called ``a1``, ``a2``, ... as activities are numbered in files, renewable resources ``r1``, ...; a
    non-renewable resource becomes a reservoir ``n1``, ... that begins full and that modes empty when they start.
    """
    count = len(project.renewable)
    resources: list[Resource] = [Renewable(f"r{i + 1}", capacity) for i, capacity in enumerate(project.renewable)]
    resources += [Reservoir(f"n{i + 1}", units, 0, units) for i, units in enumerate(project.nonrenewable)]

    def mode(parsed: ParsedMode) -> Mode:
        demands = tuple(Demand(r, amount) for r, amount in enumerate(parsed.renewable) if amount)
        used = enumerate(parsed.nonrenewable, start=count)
        return Mode(parsed.duration, demands, tuple(Effect(r, -amount, Edge.START) for r, amount in used if amount))

    tasks = [
        Task(f"a{i + 1}", tuple(mode(m) for m in modes), release=project.release)
        for i, modes in enumerate(project.activities)
    ]
    metadata = {_DUE: project.due, _COST: project.tardiness_cost}
    return Problem(
        name=name,
        resources=tuple(resources),
        tasks=tuple(tasks),
        lags=tuple(TimeLag(a, b) for a, following in enumerate(project.successors) for b in following),
        objective=MAKESPAN,
        metadata=tuple((key, value) for key, value in metadata.items() if value),
    )


def project_of(problem: Problem, format_name: str) -> ParsedProject:
    """The project that ``problem`` is, for a writer of ``format_name`` (``"patterson"`` or ``"psplib"``).

    Unary resources are written as resources of capacity 1.  Where the first or last task is no dummy that all others
    follow or precede, dummies are added.

    Raises
    ------
    UnsupportedFeatureError
        If the problem has features that such projects lack.
    InputError
        If it is no project for another reason.
    """
    supported = _SINGLE_MODE if format_name == "patterson" else _MULTI_MODE
    missing = problem.features() - supported
    if missing:
        raise UnsupportedFeatureError.of(f"format {format_name}", missing, remedy="write it as json")
    check_makespan(problem, format_name)
    if not problem.tasks:
        raise _refusal("the problem has no tasks", format_name)
    release = problem.tasks[0].release
    for task in problem.tasks:
        if task.release != release:
            raise _refusal(f"task {task.name!r} has a release of its own", format_name)
    stocks = [i for i, r in enumerate(problem.resources) if isinstance(r, Reservoir)]
    if format_name == "patterson":
        stocks = []  # unused ones, or there would be the feature "reservoir"
    for i in stocks:
        stock = problem.resources[i]
        assert isinstance(stock, Reservoir)
        if stock.minimum != 0 or stock.initial != stock.maximum:
            raise _refusal(f"reservoir {stock.name!r} does not begin full and end above 0", format_name)
    shared = [i for i, r in enumerate(problem.resources) if not isinstance(r, Reservoir)]
    capacities = []
    for i in shared:
        resource = problem.resources[i]
        capacities.append(resource.capacity if isinstance(resource, Renewable) else int(isinstance(resource, Unary)))

    def parsed(task: Task, mode: Mode) -> ParsedMode:
        for effect in mode.effects:
            if effect.delta > 0 or effect.edge is not Edge.START or effect.per_tick:
                raise _refusal(f"an effect of task {task.name!r} is no consumption at its start", format_name)
        demands = {d.resource: d.amount for d in mode.demands}
        used = [-sum(e.delta for e in mode.effects if e.reservoir == i) for i in stocks]
        return ParsedMode(mode.duration, tuple(demands.get(i, 0) for i in shared), tuple(used))

    activities = [tuple(parsed(task, mode) for mode in task.modes) for task in problem.tasks]
    following: list[list[int]] = [[] for _ in problem.tasks]
    for lag in problem.lags:
        if lag.b not in following[lag.a]:
            following[lag.a].append(lag.b)
    meta = problem.meta
    levels = [problem.resources[i] for i in stocks]
    return _with_dummies(
        ParsedProject(
            tuple(capacities),
            tuple(r.initial for r in levels if isinstance(r, Reservoir)),
            tuple(activities),
            tuple(map(tuple, following)),
            release,
            _header(meta.get(_DUE)),
            _header(meta.get(_COST)),
        )
    )


def _refusal(what: str, format_name: str) -> InputError:
    return InputError(what, where=f"format {format_name}", remedy="write it as json")


def _header(value: object) -> int:
    return value if type(value) is int and value > 0 else 0


def _with_dummies(project: ParsedProject) -> ParsedProject:
    """``project`` with a first activity that precedes, and a last one that follows all others."""
    nothing = ParsedMode(0, (0,) * len(project.renewable), (0,) * len(project.nonrenewable))
    activities, successors = list(project.activities), [list(s) for s in project.successors]
    preceded = {b for row in successors for b in row}
    heads = [i for i in range(len(activities)) if i not in preceded]
    if heads != [0] or activities[0] != (nothing,) or len(activities) == 1:
        activities.insert(0, (nothing,))
        successors = [[h + 1 for h in heads], *([b + 1 for b in row] for row in successors)]
    ends = [i for i, row in enumerate(successors) if not row]
    if ends != [len(activities) - 1] or activities[-1] != (nothing,):
        for i in ends:
            successors[i].append(len(activities))
        activities.append((nothing,))
        successors.append([])
    return ParsedProject(
        project.renewable,
        project.nonrenewable,
        tuple(activities),
        tuple(map(tuple, successors)),
        project.release,
        project.due,
        project.tardiness_cost,
    )
