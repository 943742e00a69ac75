"""The standard text of job shops, as in JSPLIB and the files that follow Taillard's specification.

First line ``jobs machines``; then one line per job with pairs ``machine duration`` in processing order, machines
from 0, every machine once.  ``#`` begins a comment.
"""

from __future__ import annotations

import numpy as np

from schedcore.io.job_shop import ParsedJobShop
from schedcore.io.lines import check_count, check_duration, data_lines, fail, whole_numbers


def parse_jsplib(text: str, source: str = "text") -> ParsedJobShop:
    """The job shop in ``text``; ``source`` is named in errors.

    Raises
    ------
    FormatError
        With the line, what was found there and what to do.
    """
    lines = data_lines(text)
    if not lines:
        fail(source, 1, "no numbers, only comments or empty lines", "check how the file was made")
    header_line, content = lines[0]
    header = whole_numbers(content, source, header_line)
    if len(header) != 2:
        fail(source, header_line, f"{len(header)} numbers in the first line", "it must be: jobs machines")
    jobs, machines = header
    check_count(jobs, "jobs", source, header_line)
    check_count(machines, "machines", source, header_line)
    rows = [_job(content, machines, j, source, line) for j, (line, content) in enumerate(lines[1 : jobs + 1])]
    if len(rows) < jobs:
        fail(
            source,
            lines[-1][0],
            f"the file ends after {len(rows)} jobs, line {header_line} says {jobs}",
            "the file is cut off, or the number of jobs is wrong",
        )
    if len(lines) > jobs + 1:
        fail(source, lines[jobs + 1][0], f"a line after the last of {jobs} jobs", "the number of jobs is wrong")
    table = np.array(rows, dtype=np.int64).reshape(jobs, machines, 2)
    return ParsedJobShop(table[:, :, 0].copy(), table[:, :, 1].copy())


def _job(content: str, machines: int, job: int, source: str, line: int) -> list[int]:
    numbers = whole_numbers(content, source, line)
    if len(numbers) != 2 * machines:
        fail(
            source,
            line,
            f"job j{job} has {len(numbers)} numbers, expected {2 * machines}: {machines} pairs machine duration",
            "complete the line, or correct the number of machines",
        )
    route = numbers[0::2]
    if len(set(route)) < machines or min(route) < 0 or max(route) >= machines:
        _refuse_route(route, machines, job, source, line)
    if min(numbers[1::2]) < 0:
        for k, time in enumerate(numbers[1::2]):
            check_duration(time, f"operation j{job}.o{k}", source, line)
    return numbers


def _refuse_route(route: list[int], machines: int, job: int, source: str, line: int) -> None:
    for machine in route:
        if not 0 <= machine < machines:
            hint = "; in this file they seem to count from 1" if machine == machines and 0 not in route else ""
            remedy = f"machines are numbered 0 to {machines - 1}{hint}"
            fail(source, line, f"machine {machine} of job j{job} does not exist", remedy)
    for machine in route:
        if route.count(machine) > 1:
            remedy = "every job visits every machine once; use the fjsplib format for other shops"
            fail(source, line, f"job j{job} visits machine {machine} {route.count(machine)} times", remedy)


def jsplib_text(shop: ParsedJobShop) -> str:
    """``shop`` as text."""
    lines = [f"{shop.num_jobs} {shop.num_machines}"]
    for route, times in zip(shop.machines.tolist(), shop.durations.tolist(), strict=True):
        lines.append(" ".join(f"{machine} {time}" for machine, time in zip(route, times, strict=True)))
    return "\n".join(lines) + "\n"
