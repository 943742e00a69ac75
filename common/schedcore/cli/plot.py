"""``sched plot``: a picture of a schedule."""

from __future__ import annotations

from pathlib import Path

import click

from schedcore.cli.command import verb
from schedcore.cli.drawing import KINDS
from schedcore.cli.options import OutputFile, data_dir_option, format_option, seed_option, time_limit_option
from schedcore.cli.session import Outcome, Session
from schedcore.cli.target import Target, target_argument
from schedcore.cli.text import counted
from schedcore.errors import InputError, NoScheduleError


@verb("plot", short_help="Draw a schedule, its resources, or the trace of a solve.")
@target_argument(overrides=False)
@click.option(
    "--out",
    type=OutputFile(),
    required=True,
    help="The picture (.png, .svg; .html: interactive; .json: trace events for Perfetto).",
)
@click.option(
    "--kind",
    type=click.Choice(list(KINDS)),
    default="gantt",
    show_default=True,
    help="What to draw; the text above explains each.",
)
@click.option("--schedule", type=click.Path(path_type=Path), metavar="FILE", help="Take the schedule from this file.")
@click.option(
    "--solver", default="auto", show_default=True, metavar="NAME", help="Who makes a schedule where none is given."
)
@time_limit_option(10.0)
@seed_option()
@click.option("--title", metavar="TEXT", help="Heading, instead of the problem's name.")
@data_dir_option()
@format_option()
def plot(
    session: Session,
    target: Target,
    out: Path,
    kind: str,
    schedule: Path | None,
    solver: str,
    time_limit_s: float,
    seed: int,
    title: str | None,
    data_dirs: tuple[Path, ...],
    format_name: str | None,
) -> Outcome:
    """Draw the schedule in FILE (what 'sched solve --out' writes).

    A problem without a schedule is solved first, or takes the one of --schedule. Violations are
    highlighted.

    \b
    gantt     a row per resource
    overview  a row per resource, usage and levels underneath
    tasks     a row per task, grouped by job
    usage     usage of resources over time
    levels    levels of reservoirs over time
    trace     best value and bound over the time of the solve
    """
    from schedcore.check import check
    from schedcore.cli.drawing import check_plot_file, draw, draw_trace
    from schedcore.cli.files import document_of, find_path, read_any, read_schedule
    from schedcore.io import Document

    check_plot_file(out, "--out")
    if target.domain is None:
        document = read_any(find_path(target.instance, data_dirs), format_name)
        loaded = None
    else:
        loaded = target.load(data_dirs, format_name)
        document = Document(loaded.problem)
    if schedule is not None:
        document = Document(document.problem, read_schedule(schedule, document.problem), document.result)
    if document.schedule is None:
        from schedcore.cli.solve import find_solver, run_watched
        from schedcore.registry import LoadedInstance

        loaded = loaded or LoadedInstance(document.problem, document.problem.name)
        method = find_solver(solver, target.domain, {})
        session.note(f"no schedule given; solving with {method.name} for at most {time_limit_s:g} s")
        _, result = run_watched(session, loaded, method, time_limit_s=time_limit_s, seed=seed)
        if result.schedule is None:
            raise NoScheduleError(
                f"{result.solver} found no schedule to draw: {result.message}",
                where=str(target),
                remedy="allow more time (--time-limit), or see  sched info",
            )
        document = document_of(loaded, result)
    if document.schedule is None:  # pragma: no cover - the lines above see to it
        raise InputError("there is no schedule", where=str(target), remedy="give one with --schedule")
    report = check(document.problem, document.schedule)
    if not report.ok:
        session.warn(f"the schedule breaks {counted(len(report), 'rules')}; they are marked")
    if kind == "trace":
        draw_trace(out, document)
    else:
        draw(out, document.problem, document.schedule, kind, title=title, report=report)
    size = out.stat().st_size
    data = {
        "written": [str(out)],
        "kind": kind,
        "bytes": size,
        "placements": len(document.schedule),
        "violations": len(report),
    }
    return Outcome(data, f"{out}  ({kind}, {counted(len(document.schedule), 'placements')}, {size / 1000:.0f} kB)")
