"""``sched convert``: a problem from one file format into another."""

from __future__ import annotations

from pathlib import Path

import click

from schedcore.cli.command import verb
from schedcore.cli.options import OutputFile, data_dir_option
from schedcore.cli.session import Outcome, Session
from schedcore.cli.target import Target, target_argument
from schedcore.cli.text import counted


@verb("convert", short_help="Write a problem in another file format.")
@target_argument("source", overrides=False)
@click.argument("out", type=OutputFile(), metavar="OUT")
@click.option("--to", "to_format", metavar="NAME", help="Format of OUT (default: by its ending).")
@click.option("--from", "from_format", metavar="NAME", help="Format of the input (default: recognised).")
@data_dir_option()
def convert(
    session: Session,
    source: Target,
    out: Path,
    to_format: str | None,
    from_format: str | None,
    data_dirs: tuple[Path, ...],
) -> Outcome:
    """Write the problem of an INSTANCE or FILE to OUT in another format.

    'sched list formats' shows the formats and the endings that stand for them. A format that cannot
    say what the problem means is refused, with the features that it lacks.
    """
    from schedcore.io import write_problem

    problem = source.load(data_dirs, from_format).problem
    write_problem(problem, out, to_format)
    size = out.stat().st_size
    data = {"written": [str(out)], "problem": problem.name, "tasks": len(problem.tasks), "bytes": size}
    return Outcome(data, f"{out}  ({problem.name}, {counted(len(problem.tasks), 'tasks')}, {size / 1000:.1f} kB)")
