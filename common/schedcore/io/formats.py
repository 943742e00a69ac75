"""The file formats of problems: what they are called, how they are recognised, read and written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from schedcore.errors import FormatError, InputError, ModelError, SchedError, unknown_name
from schedcore.io.document import document_from_dict
from schedcore.io.fjsplib import fjsplib_text, parse_fjsplib
from schedcore.io.job_shop import flexible_shop_of, flexible_shop_problem, job_shop_of, job_shop_problem
from schedcore.io.json_text import json_text, parse_json
from schedcore.io.jsplib import jsplib_text, parse_jsplib
from schedcore.io.lines import data_lines
from schedcore.io.patterson import parse_patterson, patterson_text
from schedcore.io.project import project_of, project_problem
from schedcore.io.psplib import looks_like_psplib, parse_psplib, psplib_text
from schedcore.io.taillard import looks_like_taillard, parse_taillard
from schedcore.model import DOCUMENT_SCHEMA, PROBLEM_SCHEMA, Problem, problem_from_dict, problem_to_dict


@dataclass(frozen=True)
class Format:
    """A file format of problems.

    Parameters
    ----------
    name
        What ``--format`` takes.
    suffixes
        File name endings that stand for it.
    doc
        One line for ``sched list``.
    read
        ``read(text, source, name)`` gives the problem; ``source`` is named in errors, ``name`` is the name of the
        problem (``None``: the name in the file).  ``None`` if the format cannot be read.
    write
        ``write(problem)`` gives the text.  ``None`` if the format cannot be written.
    """

    name: str
    suffixes: tuple[str, ...]
    doc: str
    read: Callable[[str, str, str | None], Problem] | None = None
    write: Callable[[Problem], str] | None = None

    @property
    def can_read(self) -> bool:
        """Whether problems can be read from this format."""
        return self.read is not None

    @property
    def can_write(self) -> bool:
        """Whether problems can be written in this format."""
        return self.write is not None


def _read_json(text: str, source: str, name: str | None) -> Problem:
    data = parse_json(text, source)
    schema = data.get("schema") if isinstance(data, dict) else None
    if isinstance(schema, str) and schema.startswith(DOCUMENT_SCHEMA.split("/")[0] + "/"):
        problem = document_from_dict(data, where=f"{source}: document").problem
    elif isinstance(data, dict) and schema is None:
        raise FormatError(
            "a JSON object without the key 'schema'",
            where=source,
            remedy=f'problems have "schema": "{PROBLEM_SCHEMA}"',
        )
    else:
        problem = problem_from_dict(data, where=f"{source}: problem")
    return problem if name is None else problem.replace(name=name)


def _read_taillard(text: str, source: str, name: str | None) -> Problem:
    instances = parse_taillard(text, source)
    if len(instances) > 1:
        raise FormatError(
            f"the file holds {len(instances)} instances",
            where=source,
            remedy="split it, or choose one in Python with schedcore.io.parse_taillard",
        )
    return job_shop_problem(instances[0].shop, name or _stem(source)).replace(metadata=instances[0].header)


def _stem(source: str) -> str:
    return Path(source).stem or "problem"


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        f.name: f
        for f in (
            Format(
                "json",
                (".json",),
                "native JSON: every problem, without loss",
                _read_json,
                lambda problem: json_text(problem_to_dict(problem)),
            ),
            Format(
                "jsplib",
                (".jsp", ".jss"),
                "job shops: 'jobs machines', then pairs machine duration, machines from 0",
                lambda text, source, name: job_shop_problem(parse_jsplib(text, source), name or _stem(source)),
                lambda problem: jsplib_text(job_shop_of(problem)),
            ),
            Format("taillard", (), "job shops: Taillard's matrices of times and machines, from 1", _read_taillard),
            Format(
                "fjsplib",
                (".fjs",),
                "flexible job shops: alternatives as pairs machine duration, machines from 1",
                lambda text, source, name: flexible_shop_problem(parse_fjsplib(text, source), name or _stem(source)),
                lambda problem: fjsplib_text(flexible_shop_of(problem)),
            ),
            Format(
                "patterson",
                (".rcp",),
                "projects with one mode per activity (Patterson)",
                lambda text, source, name: project_problem(parse_patterson(text, source), name or _stem(source)),
                lambda problem: patterson_text(project_of(problem, "patterson")),
            ),
            Format(
                "psplib",
                (".sm", ".mm"),
                "projects with one or several modes and non-renewable resources (PSPLIB)",
                lambda text, source, name: project_problem(parse_psplib(text, source), name or _stem(source)),
                lambda problem: psplib_text(project_of(problem, "psplib")),
            ),
        )
    }
)
"""All formats by name."""

_BY_CONTENT = ("jsplib", "fjsplib", "patterson")
"""Formats that hold nothing but numbers: only reading them tells which one a text is of."""


def format_named(name: str) -> Format:
    """The format called ``name``; raises :class:`~schedcore.errors.UnknownNameError` with near misses."""
    if name not in FORMATS:
        raise unknown_name("format", name, FORMATS, where="format")
    return FORMATS[name]


def format_of_suffix(path: str) -> Format | None:
    """The format that the ending of ``path`` stands for, if it stands for one."""
    suffix = Path(path).suffix.lower()
    return next((f for f in FORMATS.values() if suffix in f.suffixes), None)


def format_to_write(path: str, name: str | None) -> Format:
    """The format in which ``path`` is to be written.

    Raises
    ------
    InputError
        If the format is unknown, cannot be written, or the ending of ``path`` stands for none.
    """
    writable = ", ".join(f.name for f in FORMATS.values() if f.can_write)
    if name is not None:
        found = format_named(name)
        if not found.can_write:
            raise InputError(f"{found.name} can only be read", where="format", remedy=f"write one of: {writable}")
        return found
    by_suffix = format_of_suffix(path)
    if by_suffix is None:
        endings = ", ".join(suffix for f in FORMATS.values() for suffix in f.suffixes)
        raise InputError(
            f"the ending {Path(path).suffix!r} stands for no format",
            where=path,
            remedy=f"use one of {endings}; or name the format: {writable}",
        )
    return by_suffix


def read_problem_text(text: str, source: str, format_name: str | None = None, name: str | None = None) -> Problem:
    """The problem in ``text``.

    Parameters
    ----------
    source
        Named in errors; its ending stands for a format, its stem names the problem.
    format_name
        Name of the format; ``None``: told by the ending of ``source`` and by the content.
    name
        Name of the problem; ``None``: the name in the text, or else the stem of ``source``.

    Raises
    ------
    FormatError
        With the line or key of the fault; if the format cannot be told, with what each candidate says.
    ModelError
        For well-formed text that makes no problem.
    """
    given = None if format_name is None else format_named(format_name)
    chosen = given or format_of_suffix(source)
    if chosen is None:
        chosen = _by_marks(text)
    if chosen is None:
        return _read_by_content(text, source, name)
    assert chosen.read is not None
    try:
        return chosen.read(text, source, name)
    except SchedError as error:
        other = _other_format(text, source, chosen)
        if other is None:
            raise
        raise FormatError(
            f"not of format {chosen.name}: {error.what}",
            where=error.where,
            remedy=f"the content is of format {other.name}: name that format, or rename the file",
        ) from None


def _by_marks(text: str) -> Format | None:
    """The format that says so itself: JSON by its brackets, others by their titles."""
    if text.lstrip()[:1] in ("{", "["):
        return FORMATS["json"]
    if looks_like_psplib(text):
        return FORMATS["psplib"]
    if looks_like_taillard(text):
        return FORMATS["taillard"]
    return None


def _read_by_content(text: str, source: str, name: str | None) -> Problem:
    """Try all formats of mere numbers; exactly one must fit."""
    problems: dict[str, Problem] = {}
    errors: dict[str, SchedError] = {}
    for candidate in _BY_CONTENT:
        read = FORMATS[candidate].read
        assert read is not None
        try:
            problems[candidate] = read(text, source, name)
        except (FormatError, ModelError) as error:
            errors[candidate] = error
    if len(problems) == 1:
        return next(iter(problems.values()))
    if problems:
        raise FormatError(
            f"the content fits the formats {' and '.join(problems)}", where=source, remedy="name the format"
        )
    # The format in which most of the text makes sense is the one that was meant.  A stream of numbers makes sense for
    # longer than lines do, so the formats of lines go first where they get as far.
    reached = {candidate: _line(error) for candidate, error in errors.items()}
    ranked = sorted(reached, key=lambda c: (-reached[c], c == "patterson"))
    if _looks_like_jsplib(text) and reached["jsplib"] >= reached["fjsplib"]:
        ranked.remove("jsplib")
        ranked = ["jsplib", "patterson", *ranked]
    first, second = ranked[:2]
    if reached[first] > 1 and (reached[first] > reached[second] or second == "patterson"):
        best = errors[first]
        remedy = f"{best.remedy}; read as {first}, the format that fits best"
        raise FormatError(best.what, where=best.where, remedy=remedy)
    tried = "; ".join(f"{candidate}: line {reached[candidate]}: {fault.what}" for candidate, fault in errors.items())
    raise FormatError(
        f"the content is of no known format ({tried})",
        where=source,
        remedy=f"correct it, or name the format: {', '.join(FORMATS)}",
    )


def _looks_like_jsplib(text: str) -> bool:
    """Whether the first line has two numbers and every other line as many pairs as the second of them says."""
    rows = [content.split() for _, content in data_lines(text)]
    if len(rows) < 2 or len(rows[0]) != 2 or not rows[0][1].isdecimal() or len(rows[0][1]) > 9:
        return False
    return all(len(row) == 2 * int(rows[0][1]) for row in rows[1:])


def _line(error: SchedError) -> int:
    line = (error.where or "").rpartition(":")[2]
    return int(line) if line.isdigit() else 0


def _other_format(text: str, source: str, chosen: Format) -> Format | None:
    """A format other than ``chosen`` of which the text is without fault."""
    marked = _by_marks(text)
    candidates = [f for f in (FORMATS[c] for c in _BY_CONTENT) if f is not chosen] if marked is None else [marked]
    for candidate in candidates:
        if candidate is chosen or candidate.read is None:
            continue
        try:
            candidate.read(text, source, None)
        except SchedError:
            continue
        return candidate
    return None
