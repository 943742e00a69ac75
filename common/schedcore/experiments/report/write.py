"""The files of a report in the folder of a run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from schedcore.errors import InputError
from schedcore.experiments.report.analysis import Analysis
from schedcore.experiments.report.from_store import run_data_of
from schedcore.experiments.report.render import FORMATS, analyses_of, digest
from schedcore.experiments.report.run_data import RunData
from schedcore.experiments.store import Store
from schedcore.io.atomic import atomic_write_text

FILES: dict[str, str] = {"html": "report.html", "md": "results.md", "csv": "results.csv", "json": "results.json"}
"""Name of the file of every format."""


@dataclass(frozen=True)
class WrittenReport:
    """The files by format, the comparison they show, and whether they had to be written."""

    run: RunData
    analyses: tuple[Analysis, ...]
    files: dict[str, Path]
    fresh: bool


def write_report(run: RunData | Store, folder: Path | None = None, *, force: bool = False) -> WrittenReport:
    """Write report and tables of ``run`` into ``folder``; what shows exactly these results already is left alone.

    The folder of a store needs not be given.  ``results.json`` comes last and says that the others are whole.

    Raises
    ------
    InputError
        The files cannot be written.
    """
    if isinstance(run, Store):
        folder = run.path if folder is None else folder
        run = run_data_of(run)
    if folder is None:
        raise InputError("no folder to write to", where="write_report", remedy="give one")
    files = {name: folder / file for name, file in FILES.items()}
    analyses = tuple(analyses_of(run))
    fresh = force or not is_current(run, folder)
    if fresh:
        for name, file in files.items():
            atomic_write_text(file, render(run, analyses, name))
    return WrittenReport(run, analyses, files, fresh)


def render(run: RunData, analyses: Sequence[Analysis], name: str, gantt: Sequence[str] | None = None) -> str:
    """The report in the format called ``name``."""
    return FORMATS[name](run, analyses, gantt)


def is_current(run: RunData, folder: Path) -> bool:
    """Whether the files in ``folder`` show exactly the results of ``run``."""
    if not all((folder / file).is_file() for file in FILES.values()):
        return False
    try:
        stored = json.loads((folder / FILES["json"]).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(stored, dict) and stored.get("digest") == digest(run)
