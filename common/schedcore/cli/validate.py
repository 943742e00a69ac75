"""``sched validate``: does a schedule keep the problem's rules?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from schedcore.cli.command import verb
from schedcore.cli.options import OutputFile, data_dir_option, format_option
from schedcore.cli.session import Outcome, Session
from schedcore.cli.target import Target, target_argument
from schedcore.cli.text import number
from schedcore.errors import InputError, SchedError, ViolationError

if TYPE_CHECKING:
    from schedcore.check import Report
    from schedcore.model import Problem, Schedule


@verb("validate", short_help="Check a schedule and name every violation.")
@click.argument("file", type=click.Path(path_type=Path))
@target_argument("problem_words", optional=True, overrides=False, metavar="[[DOMAIN] INSTANCE|FILE]")
@data_dir_option()
@format_option()
@click.option("--limit", type=click.IntRange(min=0), default=50, show_default=True, help="Violations to print; 0: all.")
@click.option("--plot", "plot_file", type=OutputFile(), help="Draw the schedule with its violations highlighted.")
def validate(
    session: Session,
    file: Path,
    problem_words: Target | None,
    data_dirs: tuple[Path, ...],
    format_name: str | None,
    limit: int,
    plot_file: Path | None,
) -> Outcome:
    """Check the schedule in FILE and name every violation.

    FILE is what 'sched solve --out' writes. A FILE with a schedule alone needs its problem after it: a
    file of any format, or DOMAIN INSTANCE. The exit code is 4 if a rule is broken; --json lists all
    violations whatever --limit says.
    """
    from schedcore.check import check
    from schedcore.cli.drawing import check_plot_file, draw

    check_plot_file(plot_file)
    problem, schedule = _read(session, file, problem_words, data_dirs, format_name)
    report = check(problem, schedule)
    data = {
        "file": str(file),
        "problem": {"name": problem.name, "tasks": len(problem.tasks), "fingerprint": problem.fingerprint()},
        "placements": len(schedule),
        **report.as_dict(),
        "metrics": report.metrics if report.ok else None,
    }
    if plot_file is not None:
        draw(plot_file, problem, schedule, report=report)
        data["written"] = [str(plot_file)]
    text = report.to_text(limit=limit or None)
    if report.ok:
        return Outcome(data, text + "\n" + _metrics_text(report))
    return Outcome(data, text, _error(report, file))


def _read(
    session: Session, file: Path, words: Target | None, data_dirs: tuple[Path, ...], format_name: str | None
) -> tuple[Problem, Schedule]:
    from schedcore.cli.files import find_path, schema_of
    from schedcore.io import read_document, read_schedule

    path = find_path(str(file), data_dirs)
    kind = schema_of(path)
    if words is not None:
        problem = words.load(data_dirs, format_name).problem
        return problem, read_schedule(path, problem)
    if kind == "schedule":
        raise InputError(
            "the file holds a schedule alone",
            where=str(path),
            remedy=f"name its problem:  sched validate {file} PROBLEM  (a file, or DOMAIN INSTANCE)",
        )
    if kind == "problem" or (kind is None and _is_problem_text(path, format_name)):
        raise InputError(
            "the file holds a problem without a schedule",
            where=str(path),
            remedy=f"find one:  sched solve {file} --out FILE",
        )
    document = read_document(path)  # says what is wrong: broken JSON, or another schema
    if document.schedule is None:
        raise InputError(
            "the document holds no schedule", where=str(path), remedy=f"find one:  sched solve {file} --out FILE"
        )
    return document.problem, document.schedule


def _is_problem_text(path: Path, format_name: str | None) -> bool:
    from schedcore.io import read_problem

    try:
        read_problem(path, format_name)
    except SchedError:
        return False
    return True


def _error(report: Report, file: Path) -> ViolationError:
    count = len(report)
    return ViolationError(
        f"the schedule breaks {count} rule{'s' if count > 1 else ''}",
        where=str(file),
        remedy="'sched validate --plot FILE.html' shows where",
    )


def _metrics_text(report: Report) -> str:
    """The single figures that are not zero; --json has all, also those per resource."""
    shown = {name: value for name, value in report.metrics.items() if not isinstance(value, dict) and value}
    width = max((len(name) for name in shown), default=0)
    return "\n".join(f"  {name:<{width}}  {number(value)}" for name, value in shown.items())
