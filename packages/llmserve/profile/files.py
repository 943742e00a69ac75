"""Profiles in files: what a profiler of a machine writes and the planner reads.  JSON holds all, CSV the durations.

JSON (``llmserve.profile/1``)::

    {"schema": "llmserve.profile/1", "name": "llama-3-8b@1xh200", "source": "...", "machine": {"gpu": "..."},
     "operations": {"KQV": [[128, 1.9e-5], [256, 2.8e-5]], ...},
     "decode attention": {"batches": [128, 256], "contexts": [512, 1024], "seconds": [[..., ...], [..., ...]]},
     "interference": {"gemv": [[0.1, 0.25], ...], "network": [[0.1, 0.4], ...]}}

CSV: a header ``operation,tokens,context,seconds`` and one row per measurement; rows of ``decode attention`` form
a full grid of tokens (requests) and contexts, the others leave the context empty.  All durations are seconds of
one layer on one GPU; ``interference`` may be missing, and so may its ``network`` on one GPU.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmserve.cost import DECODE_ATTENTION
from llmserve.interference.table import Interference, Stream
from llmserve.profile.times import AttentionTable, ProfiledTimes
from schedcore.errors import FormatError, InputError

SCHEMA = "llmserve.profile/1"

_KEYS = {"schema", "name", "source", "machine", "operations", DECODE_ATTENTION, "interference"}
_COLUMNS = ("operation", "tokens", "context", "seconds")


@dataclass(frozen=True)
class MachineProfile:
    """Durations of operations, and the interference table of the same machine if it was measured."""

    times: ProfiledTimes
    interference: Interference | None = None


def read_profile(path: Path) -> MachineProfile:
    """The profile in the file at ``path`` (``.json`` or ``.csv``).

    Raises
    ------
    InputError
        The file cannot be read.
    FormatError
        It does not follow the format; ``where`` has the line or the key.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", where=str(path), remedy="check the path") from error
    if path.suffix.lower() == ".csv":
        return MachineProfile(_from_csv(text, path))
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise FormatError(
            f"is no JSON: {error.msg}", where=f"{path}:{error.lineno}", remedy="give a profile (.json or .csv)"
        ) from error
    return profile_from_dict(data, where=str(path))


def write_profile(profile: MachineProfile, path: Path) -> None:
    """Write ``profile`` to ``path``: ``.json`` keeps all of it, ``.csv`` the durations."""
    from schedcore.io import atomic_write_text

    if path.suffix.lower() == ".csv":
        atomic_write_text(path, _to_csv(profile.times))
    else:
        atomic_write_text(path, json.dumps(profile_to_dict(profile), indent=1) + "\n")


def profile_to_dict(profile: MachineProfile) -> dict[str, Any]:
    """``profile`` as JSON data."""
    times = profile.times
    data: dict[str, Any] = {
        "schema": SCHEMA,
        "name": times.name,
        "source": times.source,
        "machine": dict(times.machine),
        "operations": {name: [list(point) for point in points] for name, points in times.tables.items()},
        DECODE_ATTENTION: {
            "batches": list(times.attention.batches),
            "contexts": list(times.attention.contexts),
            "seconds": [list(row) for row in times.attention.seconds],
        },
    }
    if profile.interference is not None:
        data["interference"] = {
            str(stream): [list(point) for point in points] for stream, points in profile.interference.points.items()
        }
    return data


def profile_from_dict(data: Any, *, where: str = "profile") -> MachineProfile:
    """The profile that JSON data describes; :class:`FormatError` for anything else."""
    if not isinstance(data, dict):
        raise FormatError("is no JSON object", where=where, remedy=f"give a profile of schema {SCHEMA}")
    if data.get("schema") != SCHEMA:
        raise FormatError(f"schema is {data.get('schema')!r}", where=where, remedy=f"this version reads {SCHEMA}")
    for key in data:
        if key not in _KEYS:
            raise FormatError(f"unknown key {key!r}", where=where, remedy=f"known: {', '.join(sorted(_KEYS))}")
    operations = _mapping(data, "operations", where)
    name = str(data.get("name", "profile"))
    try:
        attention = _mapping(data, DECODE_ATTENTION, where)
        place = f"{where}: {DECODE_ATTENTION}"
        seconds = attention.get("seconds")
        if not isinstance(seconds, list):
            raise FormatError("seconds is no list of rows", where=place, remedy="give one row per batch size")
        times = ProfiledTimes(
            name,
            {key: _pairs(points, f"{where}: operations.{key}") for key, points in operations.items()},
            AttentionTable(
                _numbers(attention.get("batches"), f"{place}.batches"),
                _numbers(attention.get("contexts"), f"{place}.contexts"),
                tuple(_numbers(row, f"{place}.seconds") for row in seconds),
            ),
            source=str(data.get("source", "")),
            machine={str(k): str(v) for k, v in _mapping(data, "machine", where, optional=True).items()},
        )
        interference = None
        if "interference" in data:
            interference = interference_from_dict(data["interference"], name=name, where=f"{where}: interference")
    except FormatError:
        raise
    except InputError as error:
        raise FormatError(error.what, where=f"{where}: {error.where}", remedy=error.remedy) from error
    return MachineProfile(times, interference)


def interference_from_dict(data: Any, *, name: str, where: str = "interference") -> Interference:
    """The table that JSON data describes: lists of ``[share, speed]`` under ``gemv`` and ``network``.

    Without ``network`` (one GPU) the published table of the repository stands in; no collective is planned there.
    """
    from llmserve.interference.table import REPOSITORY

    if not isinstance(data, dict) or not data:
        raise FormatError("is no object with lists of [share, speed]", where=where, remedy="give 'gemv' and 'network'")
    points: dict[Stream, tuple[tuple[float, float], ...]] = {}
    for key, rows in data.items():
        if key not in (Stream.GEMV, Stream.NETWORK):
            raise FormatError(f"unknown stream {key!r}", where=where, remedy="give 'gemv' and 'network'")
        points[Stream(key)] = tuple(p for p in _pairs(rows, f"{where}.{key}") if p[0] < 1)
    points.setdefault(Stream.NETWORK, REPOSITORY.points[Stream.NETWORK])
    return Interference(name, points, source="measured")


def _mapping(data: Mapping[str, Any], key: str, where: str, *, optional: bool = False) -> Mapping[str, Any]:
    value = data.get(key, {} if optional else None)
    if not isinstance(value, dict):
        shown = "missing" if value is None else f"a {type(value).__name__}"
        raise FormatError(f"{key} is {shown}", where=where, remedy="give a JSON object")
    return value


def _numbers(row: Any, where: str) -> tuple[float, ...]:
    if not isinstance(row, list) or not row:
        raise FormatError(f"{row!r} is no list of numbers", where=where, remedy="give at least one number")
    for x in row:
        if isinstance(x, bool) or not isinstance(x, (int, float)) or not math.isfinite(x):
            raise FormatError(f"{x!r} is no finite number", where=where, remedy="give numbers")
    return tuple(float(x) for x in row)


def _pairs(rows: Any, where: str) -> tuple[tuple[float, float], ...]:
    if not isinstance(rows, list) or not rows:
        raise FormatError("is no list of pairs", where=where, remedy="give [[x, y], ...]")
    pairs = []
    for row in rows:
        pair = _numbers(row, where)
        if len(pair) != 2:
            raise FormatError(f"{row!r} is no pair", where=where, remedy="give [x, y]")
        pairs.append((pair[0], pair[1]))
    return tuple(pairs)


def _from_csv(text: str, path: Path) -> ProfiledTimes:
    reader = csv.reader(io.StringIO(text))
    header = next(reader, None)
    if header is None or tuple(word.strip() for word in header) != _COLUMNS:
        raise FormatError(f"the header is {header}", where=f"{path}:1", remedy=f"write {','.join(_COLUMNS)}")
    tables: dict[str, list[tuple[float, float]]] = {}
    grid: dict[tuple[float, float], float] = {}
    for number, row in enumerate(reader, start=2):
        if not row:
            continue
        place = f"{path}:{number}"
        if len(row) != len(_COLUMNS):
            raise FormatError(f"{len(row)} columns", where=place, remedy=f"write {','.join(_COLUMNS)}")
        operation = row[0].strip()
        tokens, seconds = _number(row[1], place), _number(row[3], place)
        if operation == DECODE_ATTENTION:
            grid[tokens, _number(row[2], place)] = seconds
        else:
            tables.setdefault(operation, []).append((tokens, seconds))
    batches, contexts = sorted({b for b, _ in grid}), sorted({c for _, c in grid})
    if not grid or len(grid) != len(batches) * len(contexts):
        raise FormatError(
            f"{len(grid)} rows of decode attention are no grid of {len(batches)} x {len(contexts)}",
            where=str(path),
            remedy="measure every batch size with every context",
        )
    try:
        return ProfiledTimes(
            path.stem,
            {name: tuple(sorted(points)) for name, points in tables.items()},
            AttentionTable(
                tuple(batches), tuple(contexts), tuple(tuple(grid[b, c] for c in contexts) for b in batches)
            ),
            source=str(path),
        )
    except InputError as error:
        raise FormatError(error.what, where=f"{path}: {error.where}", remedy=error.remedy) from error


def _number(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise FormatError(f"{text!r} is no number", where=where, remedy="give a number") from None
    if not math.isfinite(value):
        raise FormatError(f"{text!r} is not finite", where=where, remedy="give a number")
    return value


def _to_csv(times: ProfiledTimes) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for name, points in times.tables.items():
        writer.writerows((name, f"{tokens:g}", "", repr(seconds)) for tokens, seconds in points)
    table = times.attention
    for batch, row in zip(table.batches, table.seconds, strict=True):
        for context, seconds in zip(table.contexts, row, strict=True):
            writer.writerow((DECODE_ATTENTION, f"{batch:g}", f"{context:g}", repr(seconds)))
    return out.getvalue()
