"""Problems, schedules and documents in files."""

from __future__ import annotations

import os
from typing import Any

from schedcore.errors import FormatError
from schedcore.io.document import Document, check_made_for, document_from_dict, document_to_dict
from schedcore.io.formats import format_to_write, read_problem_text
from schedcore.io.json_text import json_text, parse_json
from schedcore.io.text_file import PathLike, read_text, write_text
from schedcore.model import (
    DOCUMENT_SCHEMA,
    PROBLEM_SCHEMA,
    SCHEDULE_SCHEMA,
    Problem,
    Schedule,
    schedule_from_dict,
    schedule_to_dict,
)


def read_problem(path: PathLike, format: str | None = None, name: str | None = None) -> Problem:
    """The problem in the file at ``path``; a document gives its problem.

    Parameters
    ----------
    format
        One of :data:`~schedcore.io.formats.FORMATS`; ``None``: told by the ending of the file and its content.
    name
        Name of the problem; ``None``: the name in the file, or else the stem of its path.

    Raises
    ------
    InputError
        The file cannot be read, or the format is unknown.
    FormatError
        The file does not follow its format; ``where`` has the line or the key.
    ModelError
        The file follows its format, but makes no problem.
    """
    return read_problem_text(read_text(path), os.fspath(path), format, name)


def write_problem(problem: Problem, path: PathLike, format: str | None = None) -> None:
    """Write ``problem`` to ``path``, whole or not at all.

    Text formats keep what they can say: names, unit and metadata are lost.  Problems whose meaning they cannot say are
    refused.

    Parameters
    ----------
    format
        One of :data:`~schedcore.io.formats.FORMATS`; ``None``: told by the ending of ``path``.

    Raises
    ------
    UnsupportedFeatureError
        The problem has features that the format lacks.
    InputError
        The format is unknown or cannot say the problem, or nothing can be written there.
    """
    write = format_to_write(os.fspath(path), format).write
    assert write is not None
    write_text(path, write(problem))


def read_schedule(path: PathLike, problem: Problem | None = None) -> Schedule:
    """The schedule in the file at ``path``, which is a schedule or a document.

    Parameters
    ----------
    problem
        If given, a schedule that was made for another problem is refused (where the file says so).

    Raises
    ------
    InputError
        The file cannot be read.
    FormatError
        The file does not follow its format, has no schedule, or was made for another problem.
    """
    source = os.fspath(path)
    data, kind = _load(path)
    if kind == _family(DOCUMENT_SCHEMA):
        document = document_from_dict(data, where=f"{source}: document")
        if document.schedule is None:
            raise FormatError("the document has no schedule", where=source, remedy="solve the problem first")
        if problem is not None:
            check_made_for(problem, data["schedule"], f"{source}: document.schedule")
        return document.schedule
    if kind == _family(PROBLEM_SCHEMA):
        raise FormatError(
            "a problem, a schedule is needed",
            where=source,
            remedy="give a file with a schedule, as sched solve --out writes it",
        )
    schedule = schedule_from_dict(data, where=f"{source}: schedule")
    if problem is not None:
        check_made_for(problem, data, f"{source}: schedule")
    return schedule


def write_schedule(schedule: Schedule, path: PathLike, problem: Problem | None = None) -> None:
    """Write ``schedule`` to ``path``, whole or not at all; with ``problem`` its ``meaning_fingerprint`` is recorded.

    Raises
    ------
    InputError
        Nothing can be written there.
    """
    write_text(path, json_text(schedule_to_dict(schedule, problem)))


def read_document(path: PathLike) -> Document:
    """The document in the file at ``path``.

    Raises
    ------
    InputError
        The file cannot be read.
    FormatError
        The file does not follow its format, or its schedule was made for another problem.
    ModelError
        The file follows its format, but makes no problem.
    """
    data, kind = _load(path)
    source = os.fspath(path)
    if kind in (_family(PROBLEM_SCHEMA), _family(SCHEDULE_SCHEMA)):
        raise FormatError(
            f"a file of kind {kind}, a document is needed",
            where=source,
            remedy="give a file with problem and schedule, as sched solve --out writes it",
        )
    return document_from_dict(data, where=f"{source}: document")


def write_document(document: Document, path: PathLike) -> None:
    """Write ``document`` to ``path``, whole or not at all.

    Raises
    ------
    InputError
        Nothing can be written there.
    """
    write_text(path, json_text(document_to_dict(document)))


def _load(path: PathLike) -> tuple[Any, str]:
    """The JSON data in a file, and the family of its schema (``"sched.problem"``; empty if there is none)."""
    data = parse_json(read_text(path), os.fspath(path))
    schema = data.get("schema") if isinstance(data, dict) else None
    return data, _family(schema) if isinstance(schema, str) else ""


def _family(schema: str) -> str:
    return schema.split("/", maxsplit=1)[0]
