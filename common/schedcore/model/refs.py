"""What a :class:`~schedcore.model.builder.ProblemBuilder` hands out: references with names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from schedcore.errors import ModelError
from schedcore.model.fields import shown
from schedcore.model.task import Edge


@dataclass(frozen=True, slots=True)
class ResourceRef:
    """A resource of a builder."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class JobRef:
    """A job of a builder."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class TaskRef:
    """A task of a builder; ``.start`` and ``.end`` name its edges in lags and holds."""

    id: int
    name: str
    template: str | None = None

    @property
    def start(self) -> EdgeRef:
        """The start of this task."""
        return EdgeRef(self, Edge.START)

    @property
    def end(self) -> EdgeRef:
        """The end of this task."""
        return EdgeRef(self, Edge.END)


@dataclass(frozen=True, slots=True)
class EdgeRef:
    """An edge of a task of a builder."""

    task: TaskRef
    edge: Edge


def own_id(ref: Any, kind: type[Any], things: Sequence[Any], where: str) -> int:
    """The id of ``ref``, if it is a ``kind`` that the builder with ``things`` handed out."""
    check_ref(ref, kind, where)
    known = things[ref.id] if ref.id < len(things) else None
    if known is None or (known if isinstance(known, str) else known.name) != ref.name:
        raise ModelError(f"{ref.name!r} belongs to another builder", where=where, remedy="do not mix builders")
    return int(ref.id)


def check_ref(ref: Any, kind: type[Any], where: str) -> None:
    """Refuse ``ref`` if it is no ``kind`` (a name, for example)."""
    if not isinstance(ref, kind):
        noun = kind.__name__.removesuffix("Ref").lower()
        raise ModelError(
            f"{shown(ref)} is no {noun} of a builder",
            where=where,
            remedy=f"give what the builder returned for a {noun}",
        )


def start_of(task: Any, where: str) -> EdgeRef:
    """The start of ``task``, if it is a task of a builder."""
    check_ref(task, TaskRef, where)
    return EdgeRef(task, Edge.START)


def end_of(task: Any, where: str) -> EdgeRef:
    """The end of ``task``, if it is a task of a builder."""
    check_ref(task, TaskRef, where)
    return EdgeRef(task, Edge.END)
