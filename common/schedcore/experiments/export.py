"""The results of a run as flat tables: a wide one of trials, long ones of metrics and traces."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from schedcore.errors import InputError, MissingExtraError
from schedcore.experiments.report.arena import arenas_of
from schedcore.experiments.report.run_data import RunData
from schedcore.io.atomic import atomic_write_bytes, atomic_write_text

Kind: TypeAlias = Literal["text", "int", "float"]


@dataclass(frozen=True)
class Frame:
    """A table: columns with their kind, and rows; ``None`` is a missing value."""

    name: str
    columns: tuple[tuple[str, Kind], ...]
    rows: Sequence[Sequence[Any]]


_TRIAL: tuple[tuple[str, Kind], ...] = (
    ("key", "text"),
    ("domain", "text"),
    ("runner", "text"),
    ("group", "text"),
    ("instance", "text"),
    ("method", "text"),
    ("solver", "text"),
    ("seed", "int"),
    ("time_limit_s", "float"),
    ("deterministic_limit", "float"),
    ("workers", "int"),
    ("gpus", "float"),
    ("memory_mb", "int"),
    ("parameters", "text"),
    ("settings", "text"),
)
_RECORD: tuple[tuple[str, Kind], ...] = (
    ("status", "text"),
    ("value", "float"),
    ("direction", "text"),
    ("objective", "text"),
    ("makespan", "int"),
    ("bound", "float"),
    ("lower", "float"),
    ("upper", "float"),
    ("bound_source", "text"),
    ("tasks", "int"),
    ("wall_s", "float"),
    ("cpu_s", "float"),
    ("peak_rss_mb", "float"),
    ("load", "float"),
    ("deterministic_time", "float"),
    ("attempt", "int"),
    ("started", "text"),
    ("host", "text"),
    ("backend", "text"),
    ("error_type", "text"),
    ("message", "text"),
    ("error_text", "text"),
)


def frames_of(run: RunData) -> list[Frame]:
    """The tables ``trials``, ``metrics`` and ``traces`` of ``run``.

    ``trials`` has a row for every trial, finished or not, in the order of the plan: what it is, a column
    ``factor.NAME`` for every key that varied, and what came of it, with the ``reference`` of the instance and the
    ``gap`` to it as in the report.  ``metrics`` has a row per trial and metric, ``traces`` one per trial and
    improvement.
    """
    return [_trials(run), _metrics(run), _traces(run)]


def _trials(run: RunData) -> Frame:
    factors = run.factors
    measured: dict[str, tuple[float | None, float | None]] = {}
    for arena in arenas_of(run):
        for (_, instance), cell in arena.cells.items():
            reference = arena.instances[instance].reference
            for slot, key in cell.keys.items():
                measure = cell.measure.get(slot)
                measured[key] = (reference, None if measure is None else arena.percent(measure))
    rows = []
    for trial, record in run.pairs():
        own = dict(trial.factors)
        row: list[Any] = [_plain(getattr(trial, name)) for name, _ in _TRIAL]
        row += [None if (value := own.get(name)) is None else str(value) for name in factors]
        if record is None:
            row += ["PLANNED", *([None] * (len(_RECORD) - 1))]
        else:
            row += [_plain(getattr(record, name)) for name, _ in _RECORD]
        rows.append([*row, *measured.get(trial.key, (None, None))])
    columns = (
        *_TRIAL,
        *((f"factor.{name}", "text") for name in factors),
        *_RECORD,
        ("reference", "float"),
        ("gap", "float"),
    )
    return Frame("trials", columns, rows)  # type: ignore[arg-type]


def _plain(value: Any) -> Any:
    """A value for a cell: pairs and lists as JSON, empty ones and empty texts as nothing."""
    if isinstance(value, tuple):
        pairs = all(isinstance(item, tuple) and len(item) == 2 for item in value)
        return json.dumps(dict(value) if pairs else list(value), default=str) if value else None
    if isinstance(value, str):
        return str(value) or None
    return value


def _metrics(run: RunData) -> Frame:
    rows = [
        [trial.key, trial.instance, trial.method, trial.seed, name, float(value), record.units.get(name) or None]
        for trial, record in run.pairs()
        if record is not None
        for name, value in record.metrics.items()
    ]
    columns: tuple[tuple[str, Kind], ...] = (
        ("key", "text"),
        ("instance", "text"),
        ("method", "text"),
        ("seed", "int"),
        ("name", "text"),
        ("value", "float"),
        ("unit", "text"),
    )
    return Frame("metrics", columns, rows)


def _traces(run: RunData) -> Frame:
    rows = [
        [trial.key, trial.instance, trial.method, trial.seed, number, float(t), value, bound]
        for trial, record in run.pairs()
        if record is not None
        for number, (t, value, bound) in enumerate(record.trace)
    ]
    columns: tuple[tuple[str, Kind], ...] = (
        ("key", "text"),
        ("instance", "text"),
        ("method", "text"),
        ("seed", "int"),
        ("number", "int"),
        ("t_s", "float"),
        ("objective", "float"),
        ("bound", "float"),
    )
    return Frame("traces", columns, rows)


def write_frames(frames: Sequence[Frame], folder: Path, form: str) -> list[Path]:
    """Write every table as ``NAME.csv`` or ``NAME.parquet`` into ``folder``, which is made; returns the files.

    Raises
    ------
    InputError
        The format is none, or the folder cannot be written.
    MissingExtraError
        Parquet without pyarrow.
    """
    writers: dict[str, Callable[[Frame, Path], None]] = {"csv": _write_csv, "parquet": _write_parquet}
    if form not in writers:
        raise InputError(f"unknown format {form!r}", where="--format", remedy=f"use {' or '.join(writers)}")
    if form == "parquet":
        _pyarrow()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot make the folder: {error.strerror}", where=str(folder), remedy="give another with --out"
        ) from error
    files = []
    for frame in frames:
        file = folder / f"{frame.name}.{form}"
        writers[form](frame, file)
        files.append(file)
    return files


def csv_text(frame: Frame) -> str:
    """The table as CSV: missing values are empty, floats are written in full."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([name for name, _ in frame.columns])
    writer.writerows(["" if value is None else value for value in row] for row in frame.rows)
    return out.getvalue()


def _write_csv(frame: Frame, file: Path) -> None:
    atomic_write_text(file, csv_text(frame))


def _write_parquet(frame: Frame, file: Path) -> None:
    pyarrow, parquet = _pyarrow()
    types = {"text": pyarrow.string(), "int": pyarrow.int64(), "float": pyarrow.float64()}
    makers: dict[Kind, Callable[[Any], Any]] = {"text": str, "int": int, "float": float}
    arrays = []
    for k, (_, kind) in enumerate(frame.columns):
        make = makers[kind]
        values = [None if row[k] is None else make(row[k]) for row in frame.rows]
        arrays.append(pyarrow.array(values, type=types[kind]))
    table = pyarrow.table(dict(zip((name for name, _ in frame.columns), arrays)))
    sink = pyarrow.BufferOutputStream()
    parquet.write_table(table, sink)
    atomic_write_bytes(file, sink.getvalue().to_pybytes())


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtraError(
            "Parquet files need pyarrow, which is not installed",
            where="--format",
            remedy="pip install 'sched-research[parquet]', or use --format csv",
        ) from error
    return pyarrow, pyarrow.parquet
