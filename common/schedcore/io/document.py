"""The document: one JSON object with a problem, a schedule of it and what is known about the schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from schedcore.errors import FormatError, InputError
from schedcore.model import (
    DOCUMENT_SCHEMA,
    Problem,
    Schedule,
    canonical_json,
    problem_from_dict,
    problem_to_dict,
    schedule_from_dict,
    schedule_to_dict,
)
from schedcore.model.decode import schedule_fingerprint
from schedcore.model.json_object import JsonObject, expect_schema


@dataclass(frozen=True)
class Document:
    """What ``sched solve --out`` writes, and what ``sched validate`` and ``sched plot`` need.

    Parameters
    ----------
    problem
        The problem.
    schedule
        A schedule of it, or ``None`` if none was found.
    result
        How it was found: plain JSON data such as solver, status, objective, seed.  Free in form.

    Raises
    ------
    InputError
        If ``result`` is no JSON data.
    """

    problem: Problem
    schedule: Schedule | None = None
    result: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.result, Mapping) or any(not isinstance(key, str) for key in self.result):
            raise InputError("result is no mapping with text as keys", where="document.result", remedy="give a dict")
        try:
            canonical_json(dict(self.result))
        except (TypeError, ValueError) as error:
            raise InputError(
                f"result cannot be written as JSON: {error}",
                where="document.result",
                remedy="use text, whole or finite numbers, truth values, None, lists and dicts",
            ) from None


def document_to_dict(document: Document) -> dict[str, Any]:
    """``document`` as JSON data."""
    data: dict[str, Any] = {"schema": DOCUMENT_SCHEMA, "problem": problem_to_dict(document.problem)}
    if document.schedule is not None:
        data["schedule"] = schedule_to_dict(document.schedule, document.problem)
    if document.result:
        data["result"] = dict(document.result)
    return data


def document_from_dict(data: object, *, where: str = "document") -> Document:
    """The document that ``data`` describes.

    Raises
    ------
    FormatError
        With the place, for anything that is not of the format; also if the schedule was made for another problem.
    ModelError
        For well-formed data that makes no problem.
    """
    top = JsonObject(data, where, "schema problem schedule result")
    expect_schema(top, DOCUMENT_SCHEMA)
    problem = problem_from_dict(top.required("problem"), where=f"{where}.problem")
    schedule = None
    if "schedule" in top.data:
        schedule = schedule_from_dict(top.data["schedule"], where=f"{where}.schedule")
        check_made_for(problem, top.data["schedule"], f"{where}.schedule")
    return Document(problem, schedule, top.mapping("result"))


def check_made_for(problem: Problem, schedule_data: object, where: str) -> None:
    """Refuse a schedule that was made for a problem of another content; its name and metadata do not matter."""
    recorded = schedule_fingerprint(schedule_data)
    if recorded is not None and recorded != problem.meaning_fingerprint():
        raise FormatError(
            f"the schedule was made for the problem with fingerprint {recorded}, not for {problem.name!r} "
            f"({problem.meaning_fingerprint()})",
            where=where,
            remedy="use the problem that it was made for, or take the key 'problem' out of the schedule",
        )
