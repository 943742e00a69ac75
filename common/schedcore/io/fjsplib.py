"""The standard text of flexible job shops.

First line ``jobs machines``, optionally followed by the average number of alternatives (ignored); then one line per
job: the number of its operations, then for each the number of alternatives and that many pairs ``machine duration``,
machines from 1.  ``#`` begins a comment.
"""

from __future__ import annotations

import math

from schedcore.io.job_shop import ParsedFlexibleShop
from schedcore.io.lines import check_count, check_duration, data_lines, fail, whole_numbers

_CUT = "the line is cut off, or the count is wrong"


def parse_fjsplib(text: str, source: str = "text") -> ParsedFlexibleShop:
    """The flexible job shop in ``text``; ``source`` is named in errors.

    Raises
    ------
    FormatError
        With the line, what was found there and what to do.
    """
    lines = data_lines(text)
    if not lines:
        fail(source, 1, "no numbers, only comments or empty lines", "check how the file was made")
    header_line, content = lines[0]
    tokens = content.split()
    if len(tokens) not in (2, 3):
        remedy = "it must be: jobs machines [average alternatives]"
        fail(source, header_line, f"{len(tokens)} numbers in the first line", remedy)
    jobs, machines = whole_numbers(" ".join(tokens[:2]), source, header_line)
    check_count(jobs, "jobs", source, header_line)
    check_count(machines, "machines", source, header_line)
    if len(tokens) == 3:
        _check_average(tokens[2], source, header_line)
    parsed = tuple(_job(content, machines, j, source, line) for j, (line, content) in enumerate(lines[1 : jobs + 1]))
    if len(parsed) < jobs:
        fail(
            source,
            lines[-1][0],
            f"the file ends after {len(parsed)} jobs, line {header_line} says {jobs}",
            "the file is cut off, or the number of jobs is wrong",
        )
    if len(lines) > jobs + 1:
        fail(source, lines[jobs + 1][0], f"a line after the last of {jobs} jobs", "the number of jobs is wrong")
    return ParsedFlexibleShop(machines, parsed)


def _check_average(token: str, source: str, line: int) -> None:
    try:
        average = float(token)
    except ValueError:
        average = math.nan
    if not (math.isfinite(average) and average >= 0):
        fail(source, line, f"{token[:40]!r} is no average number of alternatives", "leave it out, or give a number")


def _job(content: str, machines: int, job: int, source: str, line: int) -> tuple[tuple[tuple[int, int], ...], ...]:
    numbers = whole_numbers(content, source, line)
    if numbers[0] < 1:
        fail(source, line, f"job j{job} has {numbers[0]} operations", "a job needs at least one")
    operations = []
    at = 1
    for k in range(numbers[0]):
        name = f"operation j{job}.o{k}"
        if at >= len(numbers):
            fail(source, line, f"the line ends before {name}, the job says {numbers[0]} operations", _CUT)
        count = numbers[at]
        if count < 1:
            fail(source, line, f"{name} has {count} alternatives", "an operation needs at least one machine")
        pairs = numbers[at + 1 : at + 1 + 2 * count]
        if len(pairs) < 2 * count:
            fail(source, line, f"{name} has {count} alternatives, but only {len(pairs)} numbers follow", _CUT)
        alternatives = tuple((m - 1, d) for m, d in zip(pairs[0::2], pairs[1::2], strict=True))
        _check(alternatives, machines, name, source, line)
        operations.append(alternatives)
        at += 1 + 2 * count
    if at < len(numbers):
        left = len(numbers) - at
        fail(
            source,
            line,
            f"{left} numbers are left over after the {numbers[0]} operations of job j{job}",
            "one of the counts in the line is wrong",
        )
    return tuple(operations)


def _check(alternatives: tuple[tuple[int, int], ...], machines: int, name: str, source: str, line: int) -> None:
    for machine, time in alternatives:
        if not 0 <= machine < machines:
            remedy = f"machines are numbered 1 to {machines}"
            fail(source, line, f"machine {machine + 1} of {name} does not exist", remedy)
        check_duration(time, name, source, line)
    if len({machine for machine, _ in alternatives}) < len(alternatives):
        fail(source, line, f"{name} names a machine twice", "keep the faster alternative")


def fjsplib_text(shop: ParsedFlexibleShop) -> str:
    """``shop`` as text."""
    counts = [len(alternatives) for job in shop.jobs for alternatives in job]
    lines = [f"{len(shop.jobs)} {shop.num_machines} {sum(counts) / max(1, len(counts)):.3g}"]
    for job in shop.jobs:
        numbers = [len(job)]
        for alternatives in job:
            numbers.append(len(alternatives))
            for machine, time in alternatives:
                numbers += [machine + 1, time]
        lines.append(" ".join(map(str, numbers)))
    return "\n".join(lines) + "\n"
