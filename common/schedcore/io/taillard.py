"""Taillard's own layout of job shops: a header, a matrix of times and a matrix of machines.

The header is a line of words and a line with the numbers of jobs and machines, and optionally the two seeds and
the upper and lower bound.  Row ``j`` of ``Times`` has the durations of job ``j`` in processing order, row ``j`` of
``Machines`` its machines, numbered from 1.  One file may hold several instances one after the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from schedcore.io.job_shop import ParsedJobShop
from schedcore.io.lines import check_count, check_duration, data_lines, fail, whole_numbers

_HEADER_NAMES = ("jobs", "machines", "time_seed", "machine_seed", "upper_bound", "lower_bound")


@dataclass(frozen=True)
class TaillardInstance:
    """A job shop and the rest of its header (``time_seed``, ``machine_seed``, ``upper_bound``, ``lower_bound``)."""

    shop: ParsedJobShop
    header: dict[str, int]


def looks_like_taillard(text: str) -> bool:
    """Whether the text has the titles of both matrices."""
    return all(re.search(rf"^\s*{title}\s*$", text, re.IGNORECASE | re.MULTILINE) for title in ("times", "machines"))


def parse_taillard(text: str, source: str = "text") -> tuple[TaillardInstance, ...]:
    """All instances in ``text``, at least one; ``source`` is named in errors.

    Raises
    ------
    FormatError
        With the line, what was found there and what to do.
    """
    lines = data_lines(text)
    instances: list[TaillardInstance] = []
    at = 0
    while at < len(lines) or not instances:
        at, instance = _instance(lines, at, source)
        instances.append(instance)
    return tuple(instances)


def _instance(lines: list[tuple[int, str]], at: int, source: str) -> tuple[int, TaillardInstance]:
    while at < len(lines) and not lines[at][1][0].isdigit():
        at += 1  # words above the header
    if at == len(lines):
        last = lines[-1][0] if lines else 1
        fail(source, last, "no line with the numbers of jobs and machines", "the file is cut off or of another format")
    line, content = lines[at]
    header = whole_numbers(content, source, line)
    if not 2 <= len(header) <= len(_HEADER_NAMES):
        fail(source, line, f"{len(header)} numbers in the header", "it must be: " + " ".join(_HEADER_NAMES))
    jobs, machines = header[:2]
    check_count(jobs, "jobs", source, line)
    check_count(machines, "machines", source, line)
    at, times = _matrix(lines, at + 1, "Times", jobs, machines, source)
    at, routes = _matrix(lines, at, "Machines", jobs, machines, source)
    for j, (number, row) in enumerate(times):
        for k, time in enumerate(row):
            check_duration(time, f"operation j{j}.o{k}", source, number)
    for j, (number, row) in enumerate(routes):
        if sorted(row) != list(range(1, machines + 1)):
            remedy = f"every job visits each of the machines 1 to {machines} once"
            fail(source, number, f"the machines of job j{j} are no permutation", remedy)
    shop = ParsedJobShop(
        np.array([row for _, row in routes], dtype=np.int64) - 1, np.array([row for _, row in times], dtype=np.int64)
    )
    return at, TaillardInstance(shop, dict(zip(_HEADER_NAMES[2:], header[2:], strict=False)))


def _matrix(
    lines: list[tuple[int, str]], at: int, title: str, rows: int, columns: int, source: str
) -> tuple[int, list[tuple[int, list[int]]]]:
    last = lines[-1][0]
    if at == len(lines) or lines[at][1].lower() != title.lower():
        found = "the file ends" if at == len(lines) else f"{lines[at][1][:40]!r} stands"
        line = last if at == len(lines) else lines[at][0]
        fail(source, line, f"{found} where the title {title!r} is expected", "a matrix has one row per job")
    matrix = []
    for j, (line, content) in enumerate(lines[at + 1 : at + 1 + rows]):
        row = whole_numbers(content, source, line)
        if len(row) != columns:
            fail(source, line, f"row {j} of {title} has {len(row)} numbers, expected {columns}", "one per machine")
        matrix.append((line, row))
    if len(matrix) < rows:
        fail(source, last, f"the file ends after {len(matrix)} of {rows} rows of {title}", "the file is cut off")
    return at + 1 + rows, matrix
