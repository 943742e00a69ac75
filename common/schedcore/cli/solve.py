"""``sched solve``: an instance in, a checked schedule out."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from schedcore.cli.command import verb
from schedcore.cli.options import (
    OutputFile,
    data_dir_option,
    format_option,
    seed_option,
    time_limit_option,
    workers_option,
)
from schedcore.cli.session import Outcome, Session
from schedcore.cli.target import Target, target_argument
from schedcore.cli.text import counted
from schedcore.cli.watch import Watch, values_text
from schedcore.errors import ModelError, NoScheduleError, SchedError, UnknownNameError, ViolationError

if TYPE_CHECKING:
    from schedcore.check import Report
    from schedcore.model import Problem
    from schedcore.registry import LoadedInstance
    from schedcore.solvers.protocol import SolveResult

# Options that are easily written as key=value words.
_OPTIONS = ("time-limit", "deterministic-limit", "seed", "workers", "hint", "out", "plot", "solver")


@verb("solve", short_help="Find a schedule of an instance or a file.")
@target_argument()
@click.option(
    "--solver",
    default="auto",
    show_default=True,
    metavar="NAME",
    help="A solver or policy of 'sched list solvers', or package.module:Class.",
)
@time_limit_option(60.0)
@click.option(
    "--deterministic-limit",
    type=click.FloatRange(min=0, min_open=True),
    metavar="UNITS",
    help="Limit in the solver's own deterministic time instead of seconds: the same schedule on every machine.",
)
@seed_option()
@workers_option()
@data_dir_option()
@click.option("--hint", type=click.Path(path_type=Path), metavar="FILE", help="A schedule to start from.")
@format_option()
@click.option("--out", type=OutputFile(), help="Write problem and schedule to this file (.json).")
@click.option(
    "--plot", "plot_file", type=OutputFile(), help="Draw the schedule (.png, .svg, .html; .json: trace events)."
)
def solve(
    session: Session,
    target: Target,
    solver: str,
    time_limit_s: float,
    deterministic_limit: float | None,
    seed: int,
    workers: int,
    data_dirs: tuple[Path, ...],
    hint: Path | None,
    format_name: str | None,
    out: Path | None,
    plot_file: Path | None,
) -> Outcome:
    """Find a schedule of an instance of DOMAIN, or of the problem in FILE, and check it.

    INSTANCE is a name of 'sched list instances', an expression of one of the domain's generators, or a
    file. Without a domain, FILE is read as it is. KEY=VALUE words set parameters of the solver. A domain
    may have options of its own: 'sched solve DOMAIN --help' shows them.

    Ctrl-C and SIGTERM end the search with the best schedule so far. Without any schedule the exit code
    is 3, and the output says why.
    """
    from schedcore.cli.domain_answers import describe
    from schedcore.cli.drawing import check_plot_file, draw
    from schedcore.cli.files import check_document_file, read_schedule, write_document

    check_document_file(out)
    check_plot_file(plot_file)
    loaded = target.load(data_dirs, format_name)
    problem = loaded.problem
    start = None if hint is None else read_schedule(hint, problem)
    method = find_solver(solver, target.domain, target.overrides.as_dict())
    session.detail(
        f"{loaded.name}: {counted(len(problem.tasks), 'tasks')}, {counted(len(problem.resources), 'resources')}"
    )
    watch, result = run_watched(
        session,
        loaded,
        method,
        time_limit_s=time_limit_s,
        deterministic_limit=deterministic_limit,
        workers=workers,
        seed=seed,
        hint=start,
    )
    data = {
        "domain": target.domain,
        "instance": loaded.name,
        "problem": {"name": problem.name, "tasks": len(problem.tasks), "fingerprint": problem.fingerprint()},
        **result_data(loaded, result),
        "workers": workers,
        "time_limit_s": time_limit_s if deterministic_limit is None else None,
        "deterministic_limit": deterministic_limit,
        "schedule": None,
    }
    if result.schedule is None:
        return _without_schedule(watch, problem, result, data)
    from schedcore.check import check
    from schedcore.model import MAX_TICK, schedule_to_dict

    report = check(problem, result.schedule)
    if problem.horizon is None and result.schedule.makespan > MAX_TICK:
        raise ModelError(
            f"the durations are too large: the schedule of {result.solver} ends at tick {result.schedule.makespan}, "
            f"times go up to {MAX_TICK}",
            where=problem.name,
            remedy="use a coarser unit",
        )
    if not report.ok:
        return _broken(report, result, data)
    data["schedule"] = schedule_to_dict(result.schedule, problem)
    if watch.stop():
        session.warn(f"{watch.stop.word}; this is the best schedule found until then")
    contradiction = _below_known(loaded, result)
    if contradiction:
        session.warn(contradiction)
    written = []
    if out is not None:
        write_document(out, loaded, result)
        written.append(str(out))
    if plot_file is not None:
        draw(plot_file, problem, result.schedule, title=f"{loaded.name}, {result.solver}")
        written.append(str(plot_file))
    data["written"] = written
    answer = describe(session, target, loaded, result)
    if answer is None:
        return Outcome(data, solve_text(loaded, result, data))
    data["written"] += [str(path) for path in answer.written]
    data[str(target.domain)] = dict(answer.data)
    text = solve_text(loaded, result, data) + ("\n" + answer.text if answer.text else "")
    return Outcome(data, text, answer.error)


def find_solver(name: str, domain: str | None, parameters: dict[str, str] | Any) -> Any:
    """The solver called ``name`` (one of the domain's own, too), with its parameters set.

    Raises
    ------
    UnknownNameError
        There is no such solver or parameter.
    """
    from schedcore.experiments.methods import get_method
    from schedcore.experiments.parameters import parameter_names, with_parameters

    found = get_method(name, domain)
    own = parameter_names(found)
    for key in parameters:
        option = key.removesuffix("_s").replace("_", "-")
        if key not in own and option in _OPTIONS:
            raise UnknownNameError(
                f"unknown parameter {key!r}", where=str(found.name), remedy=f"write --{option} {parameters[key]}"
            )
    return with_parameters(found, parameters) if parameters else found


def run_watched(
    session: Session,
    loaded: LoadedInstance,
    method: Any,
    *,
    time_limit_s: float,
    deterministic_limit: float | None = None,
    workers: int = 1,
    seed: int = 0,
    hint: Any = None,
) -> tuple[Watch, SolveResult]:
    """Solve with progress on stderr; a signal ends it with the best schedule seen."""
    from schedcore.cli.kernels import compile_first
    from schedcore.solvers.protocol import Limits

    compile_first(session, method)
    watch = Watch(session, f"{loaded.name}  {method.name}")
    limits = Limits(time_limit_s, deterministic_limit, workers)
    with watch.running():
        result = _call(watch, method, loaded, hint, limits, seed)
    return watch, result


def _call(watch: Watch, method: Any, loaded: LoadedInstance, hint: Any, limits: Any, seed: int) -> SolveResult:
    from schedcore.solvers import solve_verified, verified
    from schedcore.solvers.protocol import SolveResult, Status

    try:
        return solve_verified(
            method,
            loaded.problem,
            limits=limits,
            seed=seed,
            hint=hint,
            on_solution=watch.on_solution,
            should_stop=watch.stop,
            best_known=loaded.upper_bound,
        )
    except KeyboardInterrupt:
        if not watch.stop():
            watch.stop.number = signal.SIGINT
        best = watch.best
        result = SolveResult(
            status=Status.UNKNOWN if best is None else Status.FEASIBLE,
            schedule=None if best is None else best.schedule,
            objective=() if best is None else best.objective,
            bound=None if best is None else best.bound,
            wall_s=watch.session.elapsed_s() if best is None else best.wall_s,
            solver=str(method.name),
            seed=seed,
            message="interrupted",
        )
        return verified(str(method.name), loaded.problem, result, best_known=loaded.upper_bound)


def result_data(loaded: LoadedInstance, result: SolveResult) -> dict[str, Any]:
    """The figures of a result, for programs."""
    objective = loaded.problem.objective
    return {
        "status": str(result.status),
        "objective": list(result.objective),
        "stages": [] if objective is None else [dict(stage) for stage in objective.stages],
        "value": result.value,
        "bound": result.bound,
        "gap": result.gap,
        "makespan": None if result.schedule is None else result.schedule.makespan,
        "solver": result.solver,
        "seed": result.seed,
        "message": result.message,
        "wall_s": round(result.wall_s, 4),
        "best_known": best_known(loaded, result.value),
        "parameters": result.parameters,
        "trace": [list(point) for point in result.trace],
    }


def best_known(loaded: LoadedInstance, value: int | None) -> dict[str, Any] | None:
    """What the domain knows of the optimum, and how far ``value`` is above the best known one."""
    lower, upper = loaded.lower_bound, loaded.upper_bound
    if lower is None and upper is None:
        return None
    gap = None if value is None or upper is None else (value - upper) / max(1, abs(upper))
    return {"lower": lower, "upper": upper, "source": loaded.bound_source, "gap": gap}


def _below_known(loaded: LoadedInstance, result: SolveResult) -> str | None:
    lower = loaded.lower_bound
    if lower is None or result.value is None or result.value >= lower:
        return None
    return (
        f"the value {result.value} is below the lower bound {lower} on record ({loaded.bound_source}): "
        "one of them is wrong"
    )


def _without_schedule(watch: Watch, problem: Problem, result: SolveResult, data: dict[str, Any]) -> Outcome:
    if watch.stop():
        from schedcore.cli.app import Interrupted

        return Outcome(data, error=Interrupted(f"{watch.stop.word} before a schedule was found"))
    from schedcore.check import explain
    from schedcore.solvers.protocol import Status

    conflicts = explain(problem)
    data["conflicts"] = [conflict.as_dict(problem) for conflict in conflicts]
    reason = f": {result.message}" if result.message else ""
    error: SchedError
    if result.status is Status.INFEASIBLE or conflicts:
        why = "; ".join(conflict.message for conflict in conflicts) or result.message
        error = NoScheduleError(
            f"no feasible schedule exists: {why}", where=problem.name, remedy="relax the rules named"
        )
    else:
        error = NoScheduleError(
            f"{result.solver} found no schedule{reason}",
            where=problem.name,
            remedy="allow more time (--time-limit), or try another solver; one may exist",
        )
    return Outcome(data, error=error)


def _broken(report: Report, result: SolveResult, data: dict[str, Any]) -> Outcome:
    data["violations"] = report.as_dict()
    error = ViolationError(
        f"the schedule of solver {result.solver!r} breaks the problem's rules",
        where=report.problem.name,
        remedy="this is a bug of that solver",
    )
    return Outcome(data, report.to_text(limit=20), error)


def solve_text(loaded: LoadedInstance, result: SolveResult, data: dict[str, Any]) -> str:
    """The result for people."""
    stages = [" + ".join(_term(name, weight) for name, weight in stage.items()) for stage in data["stages"]]
    rows = [("status", str(result.status))]
    rows += [(stage, str(value)) for stage, value in zip(stages, result.objective, strict=True)]
    if "makespan" not in stages:
        rows.append(("makespan", str(data["makespan"])))
    if result.bound is not None:
        rows.append(("bound", f"{result.bound:g}" + ("" if result.gap is None else f"  gap {100 * result.gap:.2f} %")))
    known = data["best_known"]
    if known is not None:
        rows += [("best known", _known_text(known)), ("source", str(known["source"]))]
    note = f"  ({result.message})" if result.message else ""
    rows.append(("solver", f"{result.solver}, seed {result.seed}, {result.wall_s:.2f} s{note}"))
    rows.append(("check", f"{counted(len(result.schedule or ()), 'placements')}, all rules kept"))
    rows += [("written", name) for name in data["written"]]
    width = max(len(name) for name, _ in rows)
    return "\n".join([loaded.name, *(f"  {name:<{width}}  {text}" for name, text in rows)])


def _term(name: str, weight: int) -> str:
    return name if weight == 1 else f"{weight} {name}"


def _known_text(known: dict[str, Any]) -> str:
    lower, upper, gap = known["lower"], known["upper"], known["gap"]
    if upper is None:
        return f"at least {lower}"
    text = f"{upper}, optimal" if lower == upper else f"{lower} to {upper}" if lower is not None else str(upper)
    return text + ("" if gap is None else "  gap " + f"{100 * gap:+.2f} %".replace("+0.00", "0.00"))


__all__ = ["best_known", "find_solver", "result_data", "solve", "solve_text", "values_text"]
