"""Traces of requests from CSV or JSON-lines files.

A line has the lengths of prompt and answer, and optionally arrival and conversation.  Columns are found by name; the
names used by public traces are known (``ContextTokens`` and ``GeneratedTokens`` of Azure, ``num_prefill_tokens`` and
``num_decode_tokens`` of Vidur, ...).  Requests with the same conversation follow each other in the order of the file.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from llmserve.workload.workload import MAX_TOKENS, Workload
from schedcore.errors import FormatError, InputError

COLUMNS: dict[str, tuple[str, ...]] = {
    "prompt": ("prompt_tokens", "input_tokens", "prompt", "input", "num_prefill_tokens", "contexttokens", "prompt_len"),
    "output": ("output_tokens", "completion_tokens", "output", "num_decode_tokens", "generatedtokens", "output_len"),
    "arrival": ("arrival_s", "arrival", "arrived_at", "timestamp"),
    "conversation": ("conversation", "conversation_id", "session", "session_id"),
}
"""Known names of the columns, in small letters; the first is ours."""


def read_trace(path: Path, *, limit: int | None = None) -> Workload:
    """The requests of the file ``path`` (``.csv`` or ``.jsonl``), at most the first ``limit``.

    Arrivals are seconds, or dates in ISO form; they are shifted to begin at 0.  Without arrivals all come at time 0.
    In a conversation whose prompts do not contain what was said before, that is added to the prompt.

    Raises
    ------
    FormatError
        A missing column, a length that is no whole number of 1 to :data:`~llmserve.workload.workload.MAX_TOKENS`, or an
        arrival that is neither seconds nor a date; ``where`` names file and line.
    InputError
        A file that cannot be read, or has another suffix.
    """
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".jsonl"):
        raise InputError(f"suffix {suffix!r}", where=str(path), remedy="traces are .csv or .jsonl files")
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            lines = _csv_lines(stream, path) if suffix == ".csv" else _json_lines(stream, path)
            rows = list(islice(lines, limit))
    except OSError as error:
        raise InputError(f"cannot read: {error.strerror}", where=str(path), remedy="check the path") from error
    except UnicodeDecodeError as error:
        raise FormatError("not UTF-8 text", where=str(path), remedy="save it as UTF-8") from error
    if not rows:
        raise FormatError("no requests", where=str(path), remedy="give at least one line below the names")
    return _workload(path.stem, rows, path)


Line = tuple[int, Mapping[str, Any]]


def _csv_lines(stream: Any, path: Path) -> Iterator[Line]:
    reader = csv.reader(stream)
    names = [name.strip().lower() for name in next(reader, [])]
    for values in reader:
        if values:
            if len(values) != len(names):
                raise FormatError(
                    f"{len(values)} values for {len(names)} columns",
                    where=f"{path}:{reader.line_num}",
                    remedy="give one value per column",
                )
            yield reader.line_num, dict(zip(names, values))


def _json_lines(stream: Any, path: Path) -> Iterator[Line]:
    for number, text in enumerate(stream, 1):
        if not text.strip():
            continue
        where = f"{path}:{number}"
        try:
            data = json.loads(text)
        except ValueError as error:
            raise FormatError(f"no JSON: {error}", where=where, remedy="write one object per line") from error
        if not isinstance(data, dict):
            raise FormatError("no JSON object", where=where, remedy="write one object per line")
        yield number, {str(key).strip().lower(): value for key, value in data.items()}


def _workload(name: str, rows: list[Line], path: Path) -> Workload:
    first_line, first = rows[0]
    column = {kind: next((n for n in names if n in first), None) for kind, names in COLUMNS.items()}
    for kind in ("prompt", "output"):
        if column[kind] is None:
            raise FormatError(
                f"no column with the length of the {'prompt' if kind == 'prompt' else 'answer'}",
                where=f"{path}:{first_line}",
                remedy=f"call it {COLUMNS[kind][0]}; columns here: {', '.join(first)}",
            )
    count = len(rows)
    prompt, output = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    arrival = np.zeros(count)
    follows = np.full(count, -1, dtype=np.int64)
    latest: dict[Any, int] = {}
    for i, (number, row) in enumerate(rows):
        where = f"{path}:{number}"
        prompt[i] = _length(row, column["prompt"], where)
        output[i] = _length(row, column["output"], where)
        if column["arrival"] is not None:
            arrival[i] = _time(row.get(column["arrival"]), where)
        spoken = row.get(column["conversation"]) if column["conversation"] is not None else None
        if spoken not in (None, ""):
            before = latest.get(spoken)
            latest[spoken] = i
            if before is not None:
                follows[i] = before
                said = prompt[before] + output[before]
                if prompt[i] <= said:
                    prompt[i] += said
    order = np.arange(count)
    arrival -= arrival.min()
    if column["arrival"] is not None and not latest:
        order = np.argsort(arrival, kind="stable")
    return Workload(
        name,
        prompt[order],
        output[order],
        arrival[order],
        follows if (follows >= 0).any() else np.empty(0, dtype=np.int64),
    )


def _length(row: Mapping[str, Any], column: str | None, where: str) -> int:
    value = row.get(column or "")
    remedy = f"lengths are whole numbers from 1 to {MAX_TOKENS:,}; drop such lines or correct them"
    try:
        if isinstance(value, bool):
            raise ValueError
        number = float(value)  # type: ignore[arg-type]
        length = int(number)
    except (TypeError, ValueError, OverflowError):
        raise FormatError(f"{column} is {value!r}", where=where, remedy=remedy) from None
    if length != number or not 1 <= length <= MAX_TOKENS:
        raise FormatError(f"{column} is {value}", where=where, remedy=remedy)
    return length


def _time(value: Any, where: str) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        try:
            seconds = datetime.fromisoformat(str(value).strip()).timestamp()
        except ValueError:
            seconds = math.nan
    if not math.isfinite(seconds):
        raise FormatError(
            f"arrival {value!r}", where=where, remedy="give seconds, or a date such as 2026-01-31T12:00:00"
        )
    return seconds
