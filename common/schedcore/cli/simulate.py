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

DEFAULT_SCENARIOS = 1000


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
@click.option("--scenarios", type=click.IntRange(min=1), metavar="N", help="How many (default: 1000).")
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
@click.option(
    "--metric",
    metavar="NAME",
    help="What the table shows (default: makespan; of a cyclic problem round_ticks, the mean length of a round).",
)
@click.option(
    "--rounds",
    type=click.IntRange(min=2),
    metavar="N",
    help="Rounds of a cyclic schedule that are executed (default: 10).",
)
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
    scenarios: int | None,
    law: str | None,
    breakdowns: tuple[str, ...],
    uncertainty_file: Path | None,
    metric: str | None,
    rounds: int | None,
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

    A domain may have a simulation of its own: it runs unless one of --schedule, --law, --breakdown and
    --uncertainty asks for the plain replay. 'sched simulate DOMAIN --help' shows the domain's options.

    Laws: fixed:VALUE, uniform:LO,HI, triangular:LO,MODE,HI, lognormal:MEAN,CV, exponential:MEAN,
    gamma:MEAN,CV, geometric:P,SLOT, empirical:V1,V2,...
    """
    from schedcore.cli.domain_answers import simulate_in_domain
    from schedcore.cli.files import read_schedule
    from schedcore.cli.laws import uncertainty_of

    if plot_file is not None and plot_file.suffix.lower() not in (".png", ".svg", ".html"):
        raise InputError(
            f"cannot draw a picture as {plot_file.suffix}", where="--plot", remedy="end the name in .png, .svg or .html"
        )
    if not (files or law or breakdowns or uncertainty_file or format_name):
        request = {
            "data_dirs": data_dirs,
            "policies": policies,
            "solvers": solvers,
            "scenarios": scenarios,
            "metric": metric,
            "rounds": rounds,
            "time_limit_s": time_limit_s,
            "seed": seed,
            "workers": workers,
            "plot": plot_file,
        }
        answer = simulate_in_domain(session, target, request)
        if answer is not None:
            return answer
    scenarios = scenarios or DEFAULT_SCENARIOS
    loaded, own = _load(target, data_dirs, format_name)
    problem = loaded.problem
    rounds = _rounds(problem, rounds)
    metric = metric or ("makespan" if rounds is None else "round_ticks")
    uncertainty = uncertainty_of(problem, law, breakdowns, uncertainty_file)
    if own is None and not files and not solvers and not policies:
        solvers = ("auto",)
    plans = [] if own is None or files else [(Path(target.instance).name, own)]
    plans += [(path.name, read_schedule(path, problem)) for path in files]
    plans += _solve(session, target, loaded, solvers, {"time_limit_s": time_limit_s, "seed": seed, "workers": workers})
    _check_names(plans)
    options: dict[str, Any] = {"scenarios": scenarios, "seed": seed}
    results: dict[str, ReplayResult] = {}
    planned: dict[str, int] = {}
    for name, schedule in plans:
        session.detail(f"{name}: {scenarios} scenarios")
        results[name] = _replay(problem, schedule, uncertainty, not roadrunner, {**options, "rounds": rounds})
        # Nothing goes wrong and no task starts early: the plan itself, over the same rounds.
        as_planned = _replay(problem, schedule, None, True, {"scenarios": 1, "rounds": rounds})
        planned[name] = int(as_planned.values(metric)[0])
    for name in policies:
        session.detail(f"policy {name}: {scenarios} scenarios")
        results[f"policy {name}"] = _replay_policy(problem, name, target.domain, uncertainty, options)
    first = next(iter(results))
    for result in results.values():
        result.values(metric)  # a metric that is none is refused before anything is compared
    comparisons = {
        name: results[first].compare(result, metric)
        for name, result in results.items()
        if name != first and (results[first].finished & result.finished).any()
    }
    data: dict[str, Any] = {
        "domain": target.domain,
        "instance": target.instance,
        "scenarios": scenarios,
        "seed": seed,
        "metric": metric,
        "rounds": rounds,
        "uncertainty": uncertainty.as_dict(),
        "planned": planned,
        "results": {name: result.as_dict() for name, result in results.items()},
        "compared_with": first,
        "differences": {name: comparison.as_dict() for name, comparison in comparisons.items()},
        "written": [],
    }
    if plot_file is not None:
        from schedcore.plot import distribution, save

        samples = {
            name: result.values(metric)[result.finished].tolist()
            for name, result in results.items()
            if result.finished.any()
        }
        if not samples:
            raise NoScheduleError(
                "every scenario of every method is a dead end", where="--plot", remedy="leave --plot away to see why"
            )
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


def _rounds(problem: Problem, given: int | None) -> int | None:
    """Rounds to execute; ``None`` for a problem without cycle."""
    if problem.cycle is None:
        if given is not None:
            raise InputError("the problem has no cycle", where="--rounds", remedy="leave --rounds away")
        return None
    from schedcore.replay.fixed_order import DEFAULT_ROUNDS

    return DEFAULT_ROUNDS if given is None else given


def _replay(
    problem: Problem, schedule: Schedule, uncertainty: Uncertainty | None, keep_starts: bool, options: dict[str, Any]
) -> ReplayResult:
    from schedcore.replay import replay

    return replay(problem, schedule, uncertainty, keep_starts=keep_starts, **options)


def _replay_policy(
    problem: Problem, name: str, domain: str | None, uncertainty: Uncertainty, options: dict[str, Any]
) -> ReplayResult:
    from schedcore.experiments.methods import find_policy
    from schedcore.replay import replay_policy

    return replay_policy(problem, find_policy(name, domain), uncertainty, **options)


def _text(data: dict[str, Any], results: dict[str, Any], comparisons: dict[str, Any], metric: str) -> str:
    header = ["method", "planned", "mean", "+-", "5 %", "50 %", "95 %", "CVaR 95 %", "rules broken"]
    rows = [[name, data["planned"].get(name), *_figures(result, metric)] for name, result in results.items()]
    rounds = "" if data["rounds"] is None else f", {data['rounds']} rounds each"
    lines = [f"{metric} in {data['scenarios']} scenarios, seed {data['seed']}{rounds}", table(header, rows)]
    for name, comparison in comparisons.items():
        difference = comparison.difference
        count = difference.count
        among = "" if count == data["scenarios"] else f" (the {count} scenarios that both finished)"
        lines.append(
            f"{name} against {data['compared_with']}{among}: {difference.mean:+.1f} "
            f"[{difference.interval.low:+.1f}, {difference.interval.high:+.1f}] per scenario; lower in "
            f"{100 * comparison.better / count:.0f} %, equal in {100 * comparison.equal / count:.0f} %"
        )
    for name in results:
        if name != data["compared_with"] and name not in comparisons:
            lines.append(f"{name} against {data['compared_with']}: no scenario that both finished")
    for name, result in results.items():
        if result.dead_ends:
            reason = next(iter(result.dead_ends.values()))
            lines.append(
                f"{name} reached a dead end in {len(result.dead_ends)} of {len(result)} scenarios, which its figures "
                f"leave out; the first: {reason}"
            )
    lines += [f"written  {name}" for name in data["written"]]
    return "\n".join(lines)


def _figures(result: ReplayResult, metric: str) -> list[Any]:
    """Mean to CVaR over the scenarios that were finished, and the share of all that break a rule."""
    broken = f"{100 * result.violation_rate().value:.1f} %"
    if not result.finished.any():
        return [None] * 6 + [broken]
    summary = result.summary(metric)
    half = (summary.interval.high - summary.interval.low) / 2
    return [
        round(summary.mean, 1),
        number(half) if half == half and half != float("inf") else "-",
        *(round(summary.quantile(level), 1) for level in (0.05, 0.5, 0.95)),
        round(summary.cvar, 1),
        broken,
    ]
