"""The files that an experiment leaves behind: results as JSON, CSV and Markdown, charts, a report page."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from schedcore.experiments.plan import Plan
from schedcore.experiments.results import Row, Summary, rows_of, summaries
from schedcore.experiments.tables import LEGEND, cell_text, csv_text, instance_table, markdown, summary_table
from schedcore.experiments.trial import TrialRecord
from schedcore.io.atomic import atomic_write_text

RESULTS_SCHEMA = "sched.results/1"


class Results:
    """Records of a plan as rows and summaries."""

    def __init__(self, plan: Plan, records: Mapping[str, TrialRecord]) -> None:
        self.plan = plan
        self.records = records
        self.methods = list(plan.config.methods)
        self.rows: list[Row] = rows_of(plan, records)
        self.summaries: list[Summary] = summaries(self.rows, self.methods)

    def digest(self) -> str:
        """Hash of the results and of what the pages show besides; equal digests give equal files."""
        from schedcore import __version__

        keys = [trial.key + str(trial.key in self.records) for trial in self.plan.trials]
        text = json.dumps([keys, asdict(self.plan.config), __version__], sort_keys=True, default=str)
        return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()

    def as_dict(self) -> dict[str, Any]:
        """Everything but the schedules, as plain data."""
        trials = [
            {"group": trial.group, "method": trial.method, **self.records[trial.key].as_dict(schedule=False)}
            for trial in self.plan.trials
            if trial.key in self.records
        ]
        return {
            "schema": RESULTS_SCHEMA,
            "experiment": self.plan.name,
            "config": asdict(self.plan.config),
            "digest": self.digest(),
            "summary": [summary.as_dict() for summary in self.summaries],
            "rows": [row.as_dict() for row in self.rows],
            "trials": trials,
        }

    def notes(self) -> list[str]:
        """What a reader must know to read the tables."""
        config = self.plan.config
        limit = f"{config.time_limit_s:g} s and {config.workers} worker{'s' if config.workers > 1 else ''}"
        lines = [
            f"Every solver call has {limit} unless the configuration says otherwise; seeds {config.seeds}.",
            "Gaps are measured from the best known value; * marks values proven optimal by the method itself.",
        ]
        if any(row.own for row in self.rows):
            names = ", ".join(row.instance for row in self.rows if row.own)
            lines.append(f"No best known value: {names}; gaps from the best value of this run.")
        shown = {cell_text(cell) for row in self.rows for cell in row.cells.values()}
        lines += [f"{word}: {meaning}." for word, meaning in LEGEND.items() if word in shown]
        if any(item.partial and item.mean_gap is not None for item in self.summaries):
            lines.append(
                "(of N): the mean is over those N instances alone, and does not compare with means over others."
            )
        sources = {row.source for row in self.rows if row.source and not row.own}
        lines += sorted(f"Best known values: {source}" for source in sources)
        return lines


def is_current(results: Results, folder: Path) -> bool:
    """Whether the files of ``folder`` show exactly these results."""
    file = folder / "results.json"
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    names = [*_gantt_files(results).values()]
    wanted = [folder / "results.csv", folder / "results.md", folder / "report.html"]
    wanted += [folder / name for pair in names for name in pair]
    return isinstance(stored, dict) and stored.get("digest") == results.digest() and all(w.is_file() for w in wanted)


def write_outputs(results: Results, folder: Path, machine: Mapping[str, Any], said: Callable[[str], None]) -> None:
    """Write all files into ``folder``; ``results.json`` comes last and says that the others are whole."""
    from schedcore.cli.session import json_text
    from schedcore.experiments.report import report_page

    (folder / "gantt").mkdir(exist_ok=True)
    for row, names in _gantt_files(results).items():
        said(f"drawing {row}")
        _draw(results, row, folder, names)
    said("writing the tables and the report page")
    atomic_write_text(folder / "results.csv", csv_text(results.plan, results.records))
    atomic_write_text(folder / "results.md", _markdown_page(results))
    report_page(results, machine).save(folder / "report.html")
    data = {**results.as_dict(), "machine": dict(machine)}
    atomic_write_text(folder / "results.json", json_text(data, indent=1) + "\n")


def _gantt_files(results: Results) -> dict[str, tuple[str, str]]:
    """Names of the charts by instance: picture and interactive page, relative to the folder."""
    solved = {row.instance for row in results.rows if row.best is not None}
    chosen = [name for name in results.plan.config.gantt if name in solved]
    return {name: (f"gantt/{file_stem(name)}.png", f"gantt/{file_stem(name)}.html") for name in chosen}


def file_stem(name: str) -> str:
    """``name`` as the name of a file: ``progen:30x4:1`` becomes ``progen-30x4-1``."""
    return "".join(c if c.isalnum() or c in "._" else "-" for c in Path(name).name).strip("-.") or "instance"


def _draw(results: Results, instance: str, folder: Path, names: tuple[str, str]) -> None:
    from schedcore.model import schedule_from_dict
    from schedcore.plot import plot_schedule

    row = next(row for row in results.rows if row.instance == instance)
    assert row.best is not None
    problem = results.plan.loaded[row.domain, instance].problem
    schedule = schedule_from_dict(row.best.schedule)
    title = f"{instance}, {method_of(results, row)}: {row.best.value}"
    for name in names:
        plot_schedule(problem, schedule, folder / name, title=title)


def method_of(results: Results, row: Row) -> str:
    """The method that found the best schedule of ``row``; the first of several."""
    return next(trial.method for trial in results.plan.trials if row.best and trial.key == row.best.key)


def _markdown_page(results: Results) -> str:
    config = results.plan.config
    lines = [f"# {config.title or results.plan.name}", ""]
    if config.description:
        lines += [config.description.strip(), ""]
    lines += ["```console", f"$ sched run {results.plan.name}", "```", ""]
    lines += ["## Methods", "", markdown(summary_table(results.summaries)), ""]
    for name, group in config.groups.items():
        rows = [row for row in results.rows if row.group == name]
        lines += [f"## {group.title or name}", "", markdown(instance_table(rows, results.methods)), ""]
    return "\n".join([*lines, *(f"- {note}" for note in results.notes())]) + "\n"
