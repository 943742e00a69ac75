"""``sched simulate``: schedules and policies in many scenarios on common random numbers."""

from __future__ import annotations

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
from schedcore.cli.text import number, table
from schedcore.errors import InputError, NoScheduleError

if TYPE_CHECKING:
    from schedcore.model import Problem, Schedule
    from schedcore.registry import LoadedInstance
    from schedcore.replay import ReplayResult, Uncertainty


@verb("simulate", short_help="Run schedules and policies under uncertainty.")
@target_argument(overrides=False)
@click.option(
    "--schedule",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Replay the schedule in this file.",
)
@click.option("--solver", "solvers", multiple=True, metavar="NAME", help="Replay the schedule that this solver makes.")
@click.option("--policy", "policies", multiple=True, metavar="NAME", help="Let this policy decide while time passes.")
@click.option("--scenarios", type=click.IntRange(min=1), default=1000, show_default=True, metavar="N", help="How many.")
@click.option("--law", metavar="LAW", help="Factor on every duration, such as lognormal:1,0.3 or uniform:0.8,1.5.")
@click.option(
    "--breakdown",
    "breakdowns",
    multiple=True,
    metavar="RESOURCE:UP:DOWN",
    help="Exponential failures with these mean ticks up and down; * for all resources.",
)
@click.option(
    "--uncertainty",
    "uncertainty_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Everything that is uncertain, as JSON.",
)
@click.option("--metric", default="makespan", show_default=True, metavar="NAME", help="What the table shows.")
@click.option(
    "--roadrunner",
    is_flag=True,
    help="Tasks of a schedule start as soon as they can, not before their planned start otherwise.",
)
@time_limit_option(10.0)
@seed_option()
@workers_option()
@data_dir_option()
@format_option()
@click.option("--plot", "plot_file", type=OutputFile(), help="Draw the distributions (.png, .svg, .html).")
def simulate(
    session: Session,
    target: Target,
    files: tuple[Path, ...],
    solvers: tuple[str, ...],
    policies: tuple[str, ...],
    scenarios: int,
    law: str | None,
    breakdowns: tuple[str, ...],
    uncertainty_file: Path | None,
    metric: str,
    roadrunner: bool,
    time_limit_s: float,
    seed: int,
    workers: int,
    data_dirs: tuple[Path, ...],
    format_name: str | None,
    plot_file: Path | None,
) -> Outcome:
    """Run schedules and policies of an instance in many scenarios.

    --schedule, --solver and --policy may be given several times; all see the same random numbers, so
    that the differences to the first are sharp. Without any of them the schedule in FILE is replayed,
    or the one of solver 'auto'. A schedule keeps its order and modes, and what depends on a late task
    shifts; a policy decides anew.

    Laws: fixed:VALUE, uniform:LO,HI, triangular:LO,MODE,HI, lognormal:MEAN,CV, exponential:MEAN,
    gamma:MEAN,CV, geometric:P,SLOT, empirical:V1,V2,...
    """
    from schedcore.cli.files import read_schedule
    from schedcore.cli.laws import uncertainty_of

    if plot_file is not None and plot_file.suffix.lower() not in (".png", ".svg", ".html"):
        raise InputError(
            f"cannot draw a picture as {plot_file.suffix}", where="--plot", remedy="end the name in .png, .svg or .html"
        )
    loaded, own = _load(target, data_dirs, format_name)
    problem = loaded.problem
    uncertainty = uncertainty_of(problem, law, breakdowns, uncertainty_file)
    if own is None and not files and not solvers and not policies:
        solvers = ("auto",)
    plans = [] if own is None or files else [(Path(target.instance).name, own)]
    plans += [(path.name, read_schedule(path, problem)) for path in files]
    plans += _solve(session, target, loaded, solvers, {"time_limit_s": time_limit_s, "seed": seed, "workers": workers})
    _check_names(plans)
    options: dict[str, Any] = {"scenarios": scenarios, "seed": seed}
    results: dict[str, ReplayResult] = {}
    for name, schedule in plans:
        session.detail(f"{name}: {scenarios} scenarios")
        results[name] = _replay(problem, schedule, uncertainty, roadrunner, options)
    for name in policies:
        session.detail(f"policy {name}: {scenarios} scenarios")
        results[f"policy {name}"] = _replay_policy(problem, name, target.domain, uncertainty, options)
    first = next(iter(results))
    comparisons = {name: results[first].compare(result, metric) for name, result in results.items() if name != first}
    data: dict[str, Any] = {
        "domain": target.domain,
        "instance": target.instance,
        "scenarios": scenarios,
        "seed": seed,
        "metric": metric,
        "uncertainty": uncertainty.as_dict(),
        "planned": {name: schedule.makespan for name, schedule in plans},
        "results": {name: result.as_dict() for name, result in results.items()},
        "compared_with": first,
        "differences": {name: comparison.as_dict() for name, comparison in comparisons.items()},
        "written": [],
    }
    if plot_file is not None:
        from schedcore.plot import distribution, save

        samples = {name: result.values(metric).tolist() for name, result in results.items()}
        save(distribution(samples, title=f"{target.instance}: {metric} in {scenarios} scenarios"), plot_file)
        data["written"].append(str(plot_file))
    return Outcome(data, _text(data, results, comparisons, metric))


def _load(
    target: Target, data_dirs: tuple[Path, ...], format_name: str | None
) -> tuple[LoadedInstance, Schedule | None]:
    """The problem, and the schedule that came with it in a document."""
    from schedcore.cli.files import find_path, read_any
    from schedcore.registry import LoadedInstance

    if target.domain is not None:
        return target.load(data_dirs, format_name), None
    document = read_any(find_path(target.instance, data_dirs), format_name)
    return LoadedInstance(document.problem, document.problem.name), document.schedule


def _solve(
    session: Session, target: Target, loaded: LoadedInstance, solvers: tuple[str, ...], limits: dict[str, Any]
) -> list[tuple[str, Schedule]]:
    """Schedules by the name of the solver that made them."""
    from schedcore.cli.solve import find_solver, run_watched

    methods = [(name, find_solver(name, target.domain, {})) for name in solvers]
    found = []
    for name, method in methods:
        watch, result = run_watched(session, loaded, method, **limits)
        if result.schedule is None:
            raise NoScheduleError(
                f"{name} found no schedule: {result.message}", where=str(target), remedy=f"see  sched info {target}"
            )
        if watch.stop():
            session.warn(f"{watch.stop.word}; going on with the best schedule of {name}")
        found.append((name, result.schedule))
    return found


def _check_names(plans: list[tuple[str, Schedule]]) -> None:
    names = [name for name, _ in plans]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"{name!r} is given twice", where="--schedule, --solver", remedy="rename one of them")


def _replay(
    problem: Problem, schedule: Schedule, uncertainty: Uncertainty, roadrunner: bool, options: dict[str, Any]
) -> ReplayResult:
    from schedcore.replay import replay

    return replay(problem, schedule, uncertainty, keep_starts=not roadrunner, **options)


def _replay_policy(
    problem: Problem, name: str, domain: str | None, uncertainty: Uncertainty, options: dict[str, Any]
) -> ReplayResult:
    from schedcore.experiments.methods import find_policy
    from schedcore.replay import replay_policy

    return replay_policy(problem, find_policy(name, domain), uncertainty, **options)


def _text(data: dict[str, Any], results: dict[str, Any], comparisons: dict[str, Any], metric: str) -> str:
    header = ["method", "planned", "mean", "+-", "5 %", "50 %", "95 %", "CVaR 95 %", "rules broken"]
    rows = []
    for name, result in results.items():
        summary = result.summary(metric)
        half = (summary.interval.high - summary.interval.low) / 2
        rows.append(
            [
                name,
                data["planned"].get(name) if metric == "makespan" else None,
                round(summary.mean, 1),
                number(half) if half == half and half != float("inf") else "-",
                round(summary.quantile(0.05), 1),
                round(summary.quantile(0.5), 1),
                round(summary.quantile(0.95), 1),
                round(summary.cvar, 1),
                f"{100 * result.violation_rate().value:.1f} %",
            ]
        )
    lines = [f"{metric} in {data['scenarios']} scenarios, seed {data['seed']}", table(header, rows)]
    for name, comparison in comparisons.items():
        difference = comparison.difference
        count = difference.count
        lines.append(
            f"{name} against {data['compared_with']}: {difference.mean:+.1f} "
            f"[{difference.interval.low:+.1f}, {difference.interval.high:+.1f}] per scenario; lower in "
            f"{100 * comparison.better / count:.0f} %, equal in {100 * comparison.equal / count:.0f} %"
        )
    for name, result in results.items():
        if result.dead_ends:
            reason = next(iter(result.dead_ends.values()))
            lines.append(f"{name} reached a dead end in {len(result.dead_ends)} scenarios, the first: {reason}")
    lines += [f"written  {name}" for name in data["written"]]
    return "\n".join(lines)
