"""CP-SAT for cyclic problems by phases in one window, with a free period and nothing but linear constraints.

A task that starts at ``phase + stage * P`` with ``0 <= phase < P`` is modelled by its phase and its stage.  In the
window of phases folding is linear: on a unary resource the tasks run one after another and the last ends at most P
after the first starts, a renewable resource sees every task twice, P apart.  A precedence over k rounds (k counts its
own iterations and the difference of the stages) binds the phases as it is for k = 0, with P added for k = 1, not at
all for k >= 2, and cannot hold for k < 0.  So P stays a variable, with no product, and the disjunctive and energetic
reasoning of CP-SAT applies directly.

With one stage all tasks of a round start within one period ("single-stage" schedules), and the search is fastest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schedcore.errors import InputError, UnsupportedFeatureError
from schedcore.model import Edge, Placement, Problem, Renewable, Schedule, Unary
from schedcore.solvers import Status

Orders = Mapping[int, Sequence[int]]
"""Order of the tasks of unary resources: resource id to task ids, the first in the window first."""


@dataclass(frozen=True)
class WindowResult:
    """What the search found.

    ``bound`` bounds the period of schedules with as many stages (and with the given orders, if there were any).
    """

    status: Status
    schedule: Schedule | None
    bound: float
    wall_s: float
    trace: tuple[tuple[float, float, float], ...] = ()

    @property
    def period(self) -> int | None:
        """Period of the schedule."""
        return None if self.schedule is None else self.schedule.cycle


@dataclass
class WindowModel:
    """The model of a problem; the parts are public, so that a search can add structure to it."""

    model: Any
    period: Any
    starts: list[Any]
    ends: list[Any]
    modes: list[list[Any]]
    """One literal per mode of every task."""
    stages: list[Any]
    """Stage of every task: the number 0, or a literal that is true for the second stage."""


def window_model(
    problem: Problem,
    *,
    orders: Orders | None = None,
    longest: int | None = None,
    stages: int = 1,
    with_lags: bool = True,
) -> WindowModel:
    """The model of ``problem``.

    Parameters
    ----------
    orders
        Orders on unary resources that the schedule must keep; the others are free.
    longest
        Largest period of interest; ``None``: that of the problem.
    stages
        1 or 2: by how many periods the starts of a round may be spread.
    with_lags
        Without, the caller states what waits for what.

    Raises
    ------
    UnsupportedFeatureError
        Anything but mandatory tasks, unary and renewable resources without calendars, and minimum lags from an end
        to a start.
    """
    from ortools.sat.python import cp_model

    check_window_features(problem)
    if stages not in (1, 2):
        raise InputError(f"stages is {stages}", where="window model", remedy="give 1 or 2")
    assert problem.cycle is not None
    model = cp_model.CpModel()
    low, high = problem.cycle.minimum, min(problem.cycle.maximum, longest or problem.cycle.maximum)
    period = model.new_int_var(low, max(low, high), "period")
    if high < low:
        model.add_bool_or([])
    starts: list[Any] = []
    ends: list[Any] = []
    intervals: list[Any] = []
    second: list[Any] = []
    modes: list[list[Any]] = []
    sizes: list[Any] = []
    for task in problem.tasks:
        start = model.new_int_var(0, high, task.name)
        literals = [model.new_bool_var("") for _ in task.modes]
        model.add_exactly_one(literals)
        if len(task.modes) == 1:
            size: Any = task.modes[0].duration
            end: Any = start + size
        else:
            durations = [mode.duration for mode in task.modes]
            size = model.new_int_var_from_domain(cp_model.Domain.from_values(sorted(set(durations))), "")
            model.add(size == sum(d * x for d, x in zip(durations, literals, strict=True)))
            end = model.new_int_var(0, 2 * high, "")
            model.add(end == start + size)
        model.add(start <= period - 1)
        model.add(size <= period)
        starts.append(start)
        ends.append(end)
        sizes.append(size)
        modes.append(literals)
        intervals.append(model.new_interval_var(start, size, end, ""))
    late = [0 if stages == 1 else model.new_bool_var("") for _ in problem.tasks]
    built = WindowModel(model, period, starts, ends, modes, late)
    for r, resource in enumerate(problem.resources):
        users = [i for i, task in enumerate(problem.tasks) if any(d.resource == r for d in task.modes[0].demands)]
        if not users:
            continue
        if isinstance(resource, Unary):
            model.add_no_overlap([intervals[i] for i in users])
            first, last = model.new_int_var(0, high, ""), model.new_int_var(0, 2 * high, "")
            for i in users:
                model.add(first <= starts[i])
                model.add(last >= ends[i])
            model.add(last <= first + period)
            model.add(sum(sizes[i] for i in users) <= period)
            if orders is not None and r in orders:
                for i, j in zip(orders[r], orders[r][1:], strict=False):
                    model.add(starts[j] >= ends[i])
        else:
            assert isinstance(resource, Renewable)
            demands = []
            energy = []
            for i in users:
                amounts = [next(d.amount for d in mode.demands if d.resource == r) for mode in problem.tasks[i].modes]
                if len(amounts) == 1:
                    demand: Any = amounts[0]
                else:
                    demand = model.new_int_var_from_domain(cp_model.Domain.from_values(sorted(set(amounts))), "")
                    model.add(demand == sum(a * x for a, x in zip(amounts, modes[i], strict=True)))
                demands.append(demand)
                energy.append(
                    sum(
                        a * mode.duration * x
                        for a, mode, x in zip(amounts, problem.tasks[i].modes, modes[i], strict=True)
                    )
                )
            model.add(sum(energy) <= resource.capacity * period)
            if not second:
                for i in range(len(problem.tasks)):
                    s, e = model.new_int_var(0, 2 * high, ""), model.new_int_var(0, 3 * high, "")
                    model.add(s == starts[i] + period)
                    model.add(e == ends[i] + period)
                    second.append(model.new_interval_var(s, sizes[i], e, ""))
            model.add_cumulative(
                [*(intervals[i] for i in users), *(second[i] for i in users)], [*demands, *demands], resource.capacity
            )
    if with_lags:
        for lag in problem.lags:
            add_precedence(built, lag.a, lag.b, lag.iterations, lag.min or 0)
    model.minimize(period)
    return built


def add_precedence(
    built: WindowModel, a: int, b: int, iterations: int = 0, lag: int = 0, *, only_if: Sequence[Any] = ()
) -> None:
    """``b``, ``iterations`` rounds later, starts ``lag`` after the end of ``a``, if all of ``only_if`` are true."""
    model, late_a, late_b = built.model, built.stages[a], built.stages[b]
    end = built.ends[a] + lag
    if late_a is late_b or isinstance(late_a, int):
        _bind(model, built.starts[b] + iterations * built.period >= end, only_if)
        return
    for rounds, conditions in (
        (iterations - 1, (late_a, ~late_b)),
        (iterations + 1, (~late_a, late_b)),
        (iterations, (late_a, late_b)),
        (iterations, (~late_a, ~late_b)),
    ):
        if rounds < 0:
            model.add_bool_or([*(~x for x in conditions), *(~x for x in only_if)])
        else:
            _bind(model, built.starts[b] + rounds * built.period >= end, (*conditions, *only_if))


def _bind(model: Any, constraint: Any, only_if: Sequence[Any]) -> None:
    bound = model.add(constraint)
    if only_if:
        bound.only_enforce_if(list(only_if))


def check_window_features(problem: Problem) -> None:
    """Refuse by name what the window search does not understand.

    Raises
    ------
    UnsupportedFeatureError
        See :func:`window_model`.
    """
    missing = []
    if problem.cycle is None:
        missing.append("problems without cycle")
    if any(task.optional or task.release or task.deadline is not None for task in problem.tasks):
        missing.append("optional tasks, releases and deadlines")
    if any(mode.effects or mode.longest != mode.duration for task in problem.tasks for mode in task.modes):
        missing.append("effects and elastic durations")
    if any(
        {d.resource for d in mode.demands} != {d.resource for d in task.modes[0].demands}
        for task in problem.tasks
        for mode in task.modes
    ):
        missing.append("modes on different resources")
    if any(not isinstance(r, Unary | Renewable) for r in problem.resources):
        missing.append("reservoirs")
    if any(lag.max is not None or lag.a_edge is not Edge.END or lag.b_edge is not Edge.START for lag in problem.lags):
        missing.append("lags other than precedences")
    if problem.selections or problem.mode_links:
        missing.append("selections and mode links")
    if missing:
        raise UnsupportedFeatureError.of("the window search", missing)


def solve_window(
    problem: Problem,
    *,
    orders: Orders | None = None,
    longest: int | None = None,
    stages: int = 1,
    hint: Schedule | None = None,
    time_limit_s: float = 10.0,
    deterministic_limit: float | None = None,
    workers: int = 1,
    seed: int = 0,
    on_solution: Callable[[Schedule, float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> WindowResult:
    """The best schedule of ``problem`` within the limits; parameters as in :func:`window_model`.

    ``on_solution`` gets every improvement with its bound.
    """
    built = window_model(problem, orders=orders, longest=longest, stages=stages)
    if hint is not None:
        hint_window(built, hint)
    return run_window(
        built,
        time_limit_s=time_limit_s,
        deterministic_limit=deterministic_limit,
        workers=workers,
        seed=seed,
        on_solution=on_solution,
        should_stop=should_stop,
    )


def hint_window(built: WindowModel, hint: Schedule) -> None:
    """Start the search from ``hint``, shifted so that its first task starts the window."""
    first = min(p.start for p in hint.placements)
    for placement in hint.placements:
        phase, late = placement.start - first, 0
        if hint.cycle is not None and phase >= hint.cycle:
            phase, late = phase - hint.cycle, 1
        built.model.add_hint(built.starts[placement.task], phase)
        if not isinstance(built.stages[placement.task], int):
            built.model.add_hint(built.stages[placement.task], late)
        for m, literal in enumerate(built.modes[placement.task]):
            built.model.add_hint(literal, m == placement.mode)
    if hint.cycle is not None:
        built.model.add_hint(built.period, hint.cycle)


def run_window(
    built: WindowModel,
    *,
    time_limit_s: float = 10.0,
    deterministic_limit: float | None = None,
    workers: int = 1,
    seed: int = 0,
    on_solution: Callable[[Schedule, float], None] | None = None,
    on_values: Callable[[Callable[[Any], int]], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> WindowResult:
    """Solve ``built``; ``on_values`` gets a function from variables to values, for every improvement."""
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    parameters = solver.parameters
    parameters.num_workers = workers
    parameters.random_seed = seed
    if deterministic_limit is None:
        parameters.max_time_in_seconds = time_limit_s
    else:
        parameters.max_deterministic_time = deterministic_limit
        parameters.interleave_search = workers > 1
    trace: list[tuple[float, float, float]] = []

    class Watch(cp_model.CpSolverSolutionCallback):
        def on_solution_callback(self) -> None:
            trace.append((self.wall_time, self.objective_value, self.best_objective_bound))
            if on_values is not None:
                on_values(self.value)
            if on_solution is not None:
                on_solution(_schedule(built, self.value), self.best_objective_bound)
            if should_stop is not None and should_stop():
                self.stop_search()

    if should_stop is not None:
        solver.best_bound_callback = lambda _: solver.stop_search() if should_stop() else None
    status = solver.solve(built.model, Watch())
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    return WindowResult(
        {
            cp_model.OPTIMAL: Status.OPTIMAL,
            cp_model.FEASIBLE: Status.FEASIBLE,
            cp_model.INFEASIBLE: Status.INFEASIBLE,
        }.get(status, Status.UNKNOWN),
        _schedule(built, solver.value) if found else None,
        math.inf if status == cp_model.INFEASIBLE else math.ceil(solver.best_objective_bound - 1e-6),
        solver.wall_time,
        tuple(trace),
    )


def _schedule(built: WindowModel, value: Callable[[Any], int]) -> Schedule:
    period = value(built.period)
    late = [stage if isinstance(stage, int) else value(stage) for stage in built.stages]
    placements = []
    for i, (start, end, literals) in enumerate(zip(built.starts, built.ends, built.modes, strict=True)):
        mode = next(m for m, literal in enumerate(literals) if value(literal))
        shift = late[i] * period
        placements.append(Placement(i, mode, value(start) + shift, value(end) + shift))
    return Schedule(tuple(placements), cycle=period)


def orders_of(problem: Problem, schedule: Schedule) -> dict[int, list[int]]:
    """The order of the tasks of every unary resource by their phases in ``schedule``."""
    first = min((p.start for p in schedule.placements), default=0)
    period = schedule.cycle or 1 << 62
    starts = {p.task: (p.start - first) % period for p in schedule.placements}
    orders: dict[int, list[int]] = {}
    for r, resource in enumerate(problem.resources):
        if isinstance(resource, Unary):
            users = [i for i, t in enumerate(problem.tasks) if any(d.resource == r for d in t.modes[0].demands)]
            orders[r] = sorted(users, key=starts.__getitem__)
    return orders
