"""``sched report``: tables, statistics and charts of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from schedcore.cli.command import verb
from schedcore.cli.options import OutputFile
from schedcore.cli.runs import run_argument, runs_dir_option
from schedcore.cli.session import Outcome, Session
from schedcore.errors import InputError, did_you_mean

SUFFIXES = {".html": "html", ".htm": "html", ".md": "md", ".csv": "csv", ".json": "json"}


@verb("report", short_help="Tables, statistics and charts of a run, as a page or text.")
@run_argument()
@click.option(
    "--format",
    "form",
    type=click.Choice(["html", "md", "csv", "json"]),
    help="Default: what the suffix of --out says, else html.",
)
@click.option("--out", type=OutputFile(), help="Default: RUN/report.html; the other formats go to standard output.")
@click.option(
    "--gantt",
    multiple=True,
    metavar="NAME",
    help="Draw the best schedule of this instance, or the schedule of the trial whose key begins so; repeatable.",
)
@click.option("--no-gantt", is_flag=True, help="Draw no schedules.")
@runs_dir_option()
def report(
    session: Session,
    run: str,
    form: str | None,
    out: Path | None,
    gantt: tuple[str, ...],
    no_gantt: bool,
    runs_dir: Path,
) -> Outcome:
    """Report on RUN: a folder that 'sched sweep' or 'sched run' wrote, or its name in runs/.

    The HTML page is one file without any outside reference: what ran and where, means with bootstrap
    intervals, wins and losses with corrected p-values, performance profiles, gaps over time, spread over
    seeds, every instance, schedules, failures with their reasons. A run that has not finished is reported
    as far as it is. md, csv and json hold the same figures.
    """
    from schedcore.experiments.report import analyses_of, read_run, render
    from schedcore.experiments.report.sections.overview import headline
    from schedcore.experiments.run_folder import find_run
    from schedcore.io.atomic import atomic_write_text, check_writable

    form = _format(form, out)
    if no_gantt and gantt:
        raise InputError("--gantt and --no-gantt exclude each other", where="--gantt", remedy="give one of them")
    folder = find_run(run, runs_dir)
    if out is None and form == "html":
        out = check_writable(folder / "report.html", where="--out")
    data = read_run(folder)
    analyses = analyses_of(data)
    _check_gantt(gantt, data)
    text = render(data, analyses, form, () if no_gantt else gantt or None)
    if out is not None:
        atomic_write_text(out, text)
    facts: dict[str, Any] = {
        "run": data.name,
        "folder": str(folder),
        "format": form,
        "trials": len(data.trials),
        "finished": data.finished,
        "headline": [headline(analysis).replace("`", "") for analysis in analyses],
    }
    if out is None:
        return Outcome({**facts, "text": text}, text)
    size = out.stat().st_size
    lines = [*facts["headline"], f"{out}  ({size / 1000:.0f} kB)"]
    if data.finished < len(data.trials):
        session.warn(f"{len(data.trials) - data.finished} of {len(data.trials)} trials have not finished")
    return Outcome({**facts, "written": [str(out)], "bytes": size}, "\n".join(lines))


def _format(form: str | None, out: Path | None) -> str:
    if out is None:
        return form or "html"
    of_suffix = SUFFIXES.get(out.suffix.lower())
    if form is None and of_suffix is None:
        raise InputError(
            f"no format of a report ends in {out.suffix or 'nothing'}",
            where="--out",
            remedy=f"use {', '.join(SUFFIXES)}, or give --format",
        )
    if form is not None and of_suffix not in (None, form):
        raise InputError(f"{out.name} is not a name for {form}", where="--out", remedy=f"end it in .{form}")
    return form or of_suffix or "html"


def _check_gantt(names: tuple[str, ...], data: Any) -> None:
    instances = {trial.instance for trial in data.trials}
    for name in names:
        if name not in instances and not (len(name) >= 4 and any(key.startswith(name) for key in data.records)):
            raise InputError(
                f"{name!r} is no instance and no key of a finished trial of this run",
                where="--gantt",
                remedy=did_you_mean(name, instances),
            )
