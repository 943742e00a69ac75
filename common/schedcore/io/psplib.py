"""Projects in the PSPLIB format: ``.sm`` with one mode per activity, ``.mm`` with several.

Sections with titles: a header with counts, ``PROJECT INFORMATION``, ``PRECEDENCE RELATIONS``,
``REQUESTS/DURATIONS`` and ``RESOURCEAVAILABILITIES``.  Activities are numbered from 1, with dummies first and last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from schedcore.io.lines import check_count, data_lines, fail, whole_numbers
from schedcore.io.project import ParsedMode, ParsedProject

_SECTIONS = {
    "PROJECT INFORMATION": "information",
    "PRECEDENCE RELATIONS": "precedence",
    "REQUESTS/DURATIONS": "requests",
    "RESOURCEAVAILABILITIES": "availabilities",
}
_COUNTS = {
    "jobs": r"jobs\s*\(.*\)\s*:\s*(\S+)",
    "renewable": r"-\s*renewable\s*:\s*(\S+)",
    "nonrenewable": r"-\s*nonrenewable\s*:\s*(\S+)",
    "doubly": r"-\s*doubly constrained\s*:\s*(\S+)",
}
_RULE = "*" * 72


@dataclass(frozen=True)
class _Row:
    line: int
    numbers: list[int]


def looks_like_psplib(text: str) -> bool:
    """Whether the text has the titles of this format."""
    return re.search(r"^\s*(PRECEDENCE RELATIONS|REQUESTS/DURATIONS)", text, re.IGNORECASE | re.MULTILINE) is not None


def parse_psplib(text: str, source: str = "text") -> ParsedProject:
    """The project in ``text``; ``source`` is named in errors.

    Raises
    ------
    FormatError
        With the line, what was found there and what to do.
    """
    counts, sections, last = _split(text, source)
    jobs, renewable, nonrenewable = counts["jobs"], counts["renewable"], counts["nonrenewable"]
    release, due, cost = _information(sections["information"], source)
    mode_counts, successors = _precedence(sections["precedence"], jobs, source, last)
    activities = _requests(sections["requests"], mode_counts, renewable, nonrenewable, source, last)
    rows = sections["availabilities"]
    if not rows and renewable + nonrenewable:
        fail(source, last, "no line with the availabilities", "the file is cut off")
    capacities = rows[0].numbers if rows else []
    if len(capacities) != renewable + nonrenewable or min(capacities, default=0) < 0:
        expected = f"{renewable + nonrenewable} numbers of 0 or more"
        fail(source, rows[0].line, f"availabilities are {capacities}", f"expected {expected}, one per resource")
    if len(rows) > 1:
        fail(source, rows[1].line, "a second line of availabilities", "one line holds them all")
    return ParsedProject(
        tuple(capacities[:renewable]), tuple(capacities[renewable:]), activities, successors, release, due, cost
    )


def _split(text: str, source: str) -> tuple[dict[str, int], dict[str, list[_Row]], int]:
    """Counts of the header, rows of numbers by section, and the last line."""
    counts: dict[str, int] = {}
    sections: dict[str, list[_Row]] = {}
    current: list[_Row] | None = None
    last = 1
    for last, content in data_lines(text.replace("#", " ")):  # titles such as "#modes" are no comments
        if set(content) <= {"*", "-"}:
            continue
        title = next((key for key in _SECTIONS if content.upper().startswith(key)), None)
        if title is not None:
            current = sections.setdefault(_SECTIONS[title], [])
        elif current is not None:
            if content[0].isdigit() or content[0] in "+-":
                current.append(_Row(last, whole_numbers(content, source, last)))
            # else the names of columns
        else:
            for name, pattern in _COUNTS.items():
                match = re.search(pattern, content, re.IGNORECASE)
                if match is not None:
                    counts[name] = whole_numbers(match[1], source, last)[0]
                    if counts[name] < 0:
                        fail(source, last, f"{counts[name]} of {name}", "counts are 0 or more")
                    if name == "jobs":
                        check_count(counts[name], "jobs", source, last)
                    if name == "doubly" and counts[name]:
                        remedy = "state each of them as a renewable and a non-renewable resource"
                        fail(source, last, f"{counts[name]} doubly constrained resources are not supported", remedy)
    for name in ("jobs", "renewable", "nonrenewable"):
        if name not in counts:
            fail(source, last, f"the header has no line with the number of {name}", "the file is cut off or damaged")
    for title, section in _SECTIONS.items():
        if section not in sections:
            fail(source, last, f"the section {title!r} is missing", "the file is cut off")
    return counts, sections, last


def _information(rows: list[_Row], source: str) -> tuple[int, int, int]:
    if not rows:
        return 0, 0, 0
    if len(rows) > 1:
        fail(source, rows[1].line, "a second project", "files with several projects are not supported")
    if len(rows[0].numbers) != 6:
        remedy = "it must be: pronr. #jobs rel.date duedate tardcost MPM-Time"
        fail(source, rows[0].line, f"{len(rows[0].numbers)} numbers of project information", remedy)
    release, due, cost = rows[0].numbers[2:5]
    if min(release, due, cost) < 0:
        fail(source, rows[0].line, "a negative date or cost", "they are 0 or more")
    return release, due, cost


def _precedence(rows: list[_Row], jobs: int, source: str, last: int) -> tuple[list[int], tuple[tuple[int, ...], ...]]:
    mode_counts, successors = [], []
    for i, row in enumerate(rows[:jobs], start=1):
        numbers = row.numbers
        if numbers[0] != i:
            fail(source, row.line, f"precedence of job {numbers[0]} where job {i} is expected", "number jobs from 1")
        if len(numbers) < 3 or numbers[1] < 1 or numbers[2] < 0:
            fail(source, row.line, f"precedence of job {i} is {numbers}", "it must be: job modes successors ...")
        following = numbers[3:]
        if len(following) != numbers[2]:
            remedy = "complete the line, or correct the count"
            fail(source, row.line, f"job {i} has {numbers[2]} successors, but names {len(following)}", remedy)
        for successor in following:
            if not 1 <= successor <= jobs or successor == i:
                fail(source, row.line, f"successor {successor} of job {i} is not possible", f"jobs are 1 to {jobs}")
        if len(set(following)) < len(following):
            fail(source, row.line, f"job {i} names a successor twice", "name it once")
        mode_counts.append(numbers[1])
        successors.append(tuple(s - 1 for s in following))
    if len(rows) < jobs:
        line = rows[-1].line if rows else last
        fail(source, line, f"precedence of {len(rows)} jobs, the header says {jobs}", "lines are missing")
    if len(rows) > jobs:
        fail(source, rows[jobs].line, f"precedence of more than {jobs} jobs", "the number of jobs is wrong")
    return mode_counts, tuple(successors)


def _requests(
    rows: list[_Row], mode_counts: list[int], renewable: int, nonrenewable: int, source: str, last: int
) -> tuple[tuple[ParsedMode, ...], ...]:
    width = renewable + nonrenewable
    remaining: Iterator[_Row] = iter(rows)
    line = rows[0].line if rows else last
    activities = []
    for i, modes in enumerate(mode_counts, start=1):
        parsed = []
        for m in range(1, modes + 1):
            row = next(remaining, None)
            if row is None:
                fail(source, line, f"no requests of job {i} in mode {m}", "lines are missing, or a mode count is wrong")
            line = row.line
            key, expected = ([i, m], 3 + width) if m == 1 else ([m], 2 + width)
            numbers = row.numbers
            if len(numbers) != expected or numbers[: len(key)] != key:
                remedy = f"it must be: {'job ' if m == 1 else ''}mode duration and {width} requests"
                fail(source, line, f"requests are {numbers} where job {i} in mode {m} is expected", remedy)
            values = numbers[len(key) :]
            if min(values) < 0:
                fail(source, line, f"a duration or request of job {i} is negative", "they are 0 or more")
            parsed.append(ParsedMode(values[0], tuple(values[1 : 1 + renewable]), tuple(values[1 + renewable :])))
        activities.append(tuple(parsed))
    row = next(remaining, None)
    if row is not None:
        fail(source, row.line, "requests after those of the last job", "a number of modes or jobs is wrong")
    return tuple(activities)


def psplib_text(project: ParsedProject) -> str:
    """``project`` as text."""
    jobs, path = len(project.activities), _longest_path(project)
    names = [f"R {i + 1}" for i in range(len(project.renewable))]
    names += [f"N {i + 1}" for i in range(len(project.nonrenewable))]
    lines = [
        _RULE,
        "projects                      :  1",
        f"jobs (incl. supersource/sink ):  {jobs}",
        f"horizon                       :  {sum(max(m.duration for m in modes) for modes in project.activities)}",
        "RESOURCES",
        f"  - renewable                 :  {len(project.renewable)}   R",
        f"  - nonrenewable              :  {len(project.nonrenewable)}   N",
        "  - doubly constrained        :  0   D",
        _RULE,
        "PROJECT INFORMATION:",
        "pronr.  #jobs rel.date duedate tardcost  MPM-Time",
        "  ".join(map(str, ("    1", max(jobs - 2, 0), project.release, project.due, project.tardiness_cost, path))),
        _RULE,
        "PRECEDENCE RELATIONS:",
        "jobnr.    #modes  #successors   successors",
    ]
    for i, (modes, following) in enumerate(zip(project.activities, project.successors, strict=True), start=1):
        lines.append("  ".join(map(str, (i, len(modes), len(following), *(s + 1 for s in following)))))
    lines += [_RULE, "REQUESTS/DURATIONS:", "  ".join(("jobnr. mode duration", *names)), "-" * 72]
    for i, modes in enumerate(project.activities, start=1):
        for m, mode in enumerate(modes, start=1):
            head = f"{i}  {m}" if m == 1 else f"   {m}"
            lines.append("  ".join(map(str, (head, mode.duration, *mode.renewable, *mode.nonrenewable))))
    capacities = (*project.renewable, *project.nonrenewable)
    lines += [_RULE, "RESOURCEAVAILABILITIES:", "  ".join(names), "  ".join(map(str, capacities)), _RULE]
    return "\n".join(lines) + "\n"


def _longest_path(project: ParsedProject) -> int:
    """Makespan without resources, each activity in its shortest mode (0 if the precedences have a cycle)."""
    waiting = [0] * len(project.activities)
    for following in project.successors:
        for b in following:
            waiting[b] += 1
    ready = [i for i, count in enumerate(waiting) if count == 0]
    ends = [0] * len(waiting)
    for i in ready:
        ends[i] += min(mode.duration for mode in project.activities[i])
        for b in project.successors[i]:
            ends[b] = max(ends[b], ends[i])
            waiting[b] -= 1
            if waiting[b] == 0:
                ready.append(b)
    return max(ends) if len(ready) == len(waiting) else 0
