"""Projects with one mode per activity in the Patterson format (``.rcp``).

Numbers only, line breaks mean nothing: activities, resources; the capacity of each resource; then per activity its
duration, its demand of each resource, the number of its successors and their numbers, counted from 1.
"""

from __future__ import annotations

from schedcore.io.lines import NumberStream, check_count
from schedcore.io.project import ParsedMode, ParsedProject


def parse_patterson(text: str, source: str = "text") -> ParsedProject:
    """The project in ``text``; ``source`` is named in errors.

    Raises
    ------
    FormatError
        With the line, what was found there and what to do.
    """
    stream = NumberStream(text, source)
    count = stream.next("the number of activities")
    check_count(count, "activities", source, stream.line)
    resources = stream.next("the number of resources")
    if resources < 0:
        stream.fail(f"{resources} resources", "the number of resources is 0 or more")
    capacities = tuple(_amount(stream, f"the capacity of resource {r + 1}") for r in range(resources))
    activities, successors = [], []
    for i in range(1, count + 1):
        duration = _amount(stream, f"the duration of activity {i}")
        demands = tuple(_amount(stream, f"the demand of activity {i} of resource {r + 1}") for r in range(resources))
        activities.append((ParsedMode(duration, demands),))
        following: list[int] = []
        for _ in range(_amount(stream, f"the number of successors of activity {i}")):
            successor = stream.next(f"a successor of activity {i}")
            if not 1 <= successor <= count:
                stream.fail(f"successor {successor} of activity {i} does not exist", f"activities are 1 to {count}")
            if successor == i:
                stream.fail(f"activity {i} is its own successor", "take it out")
            if successor - 1 in following:
                stream.fail(f"successor {successor} of activity {i} is named twice", "name it once")
            following.append(successor - 1)
        successors.append(tuple(following))
    stream.end()
    return ParsedProject(capacities, (), tuple(activities), tuple(successors))


def _amount(stream: NumberStream, what: str) -> int:
    value = stream.next(what)
    if value < 0:
        stream.fail(f"{what} is {value}", "it must be 0 or more")
    return value


def patterson_text(project: ParsedProject) -> str:
    """``project`` as text; its activities must have one mode each."""
    lines = [f"{len(project.activities)} {len(project.renewable)}", " ".join(map(str, project.renewable))]
    for (mode,), following in zip(project.activities, project.successors, strict=True):
        numbers = (mode.duration, *mode.renewable, len(following), *(s + 1 for s in following))
        lines.append(" ".join(map(str, numbers)))
    return "\n".join(lines) + "\n"
