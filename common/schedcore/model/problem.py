"""The problem: everything that a schedule must respect, as frozen data with dense ids."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from schedcore.errors import ModelError, did_you_mean, unknown_name
from schedcore.model.arrays import ProblemArrays
from schedcore.model.cycle import Cycle
from schedcore.model.fields import as_rows, as_tuple, shown
from schedcore.model.objective import Objective
from schedcore.model.relations import ModeLink, Selection, TimeLag
from schedcore.model.resources import Resource
from schedcore.model.task import Task
from schedcore.model.time import Tick, TimeUnit

Scalar: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True)
class Problem:
    """A scheduling problem.

    Tasks, resources and jobs are referred to by their position (dense ids).  Humans build problems
    with :class:`~schedcore.model.builder.ProblemBuilder`, which works with names.

    Parameters
    ----------
    name
        For tables and plots.
    resources, tasks
        Position is id.
    jobs
        Names of the jobs.
    lags, selections, mode_links
        Relations between tasks.
    objective
        What is minimised; ``None`` asks for any feasible schedule.
    unit
        Length of a tick.
    horizon
        Latest end of any task, or ``None``.
    cycle
        Range of the period of a cyclic problem, or ``None``.
    metadata
        JSON scalars by key: provenance, known bounds.  No influence on meaning.

    Raises
    ------
    ModelError
        If anything refers to what does not exist, or contradicts itself.
    """

    name: str = "problem"
    resources: tuple[Resource, ...] = ()
    tasks: tuple[Task, ...] = ()
    jobs: tuple[str, ...] = ()
    lags: tuple[TimeLag, ...] = ()
    selections: tuple[Selection, ...] = ()
    mode_links: tuple[ModeLink, ...] = ()
    objective: Objective | None = None
    unit: TimeUnit = dataclasses.field(default_factory=TimeUnit)
    horizon: Tick | None = None
    cycle: Cycle | None = None
    metadata: tuple[tuple[str, Scalar], ...] = ()

    def __post_init__(self) -> None:
        from schedcore.model.validation import validate

        for field in ("resources", "tasks", "jobs", "lags", "selections", "mode_links"):
            object.__setattr__(self, field, as_tuple(getattr(self, field), field))
        object.__setattr__(self, "metadata", _sorted_items(self.metadata))
        validate(self)

    def __getstate__(self) -> dict[str, Any]:
        # Without the cached arrays and indices: they are cheap to make again, and unpickled arrays are writable.
        return {field.name: self.__dict__[field.name] for field in dataclasses.fields(self)}

    @cached_property
    def arrays(self) -> ProblemArrays:
        """The problem as flat read-only numpy arrays, for vectorised and compiled code."""
        return ProblemArrays.of(self)

    @cached_property
    def _features(self) -> frozenset[str]:
        from schedcore.model.features import features_of

        return features_of(self)

    def features(self) -> frozenset[str]:
        """Names of the model features that this problem uses (see ``model.features.FEATURES``)."""
        return self._features

    @cached_property
    def _fingerprint(self) -> str:
        from schedcore.model.encode import fingerprint_of

        return fingerprint_of(self)

    def fingerprint(self) -> str:
        """Content hash: blake2b-128 of the canonical JSON, as 32 hexadecimal digits."""
        return self._fingerprint

    def replace(self, **changes: Any) -> Problem:
        """A copy with some fields changed, validated again."""
        unknown = sorted(set(changes) - {f.name for f in dataclasses.fields(self)})
        if unknown:
            known = [f.name for f in dataclasses.fields(self)]
            raise ModelError(
                f"Problem has no field {unknown[0]!r}", where="replace", remedy=did_you_mean(unknown[0], known)
            )
        return dataclasses.replace(self, **changes)

    @cached_property
    def _meaning_fingerprint(self) -> str:
        from schedcore.model.encode import meaning_fingerprint_of

        return meaning_fingerprint_of(self)

    def meaning_fingerprint(self) -> str:
        """The same hash without name and metadata: equal for problems whose schedules are interchangeable."""
        return self._meaning_fingerprint

    @property
    def meta(self) -> dict[str, Scalar]:
        """Metadata as a dictionary."""
        return dict(self.metadata)

    @cached_property
    def _task_ids(self) -> dict[str, int]:
        return {task.name: i for i, task in enumerate(self.tasks)}

    @cached_property
    def _resource_ids(self) -> dict[str, int]:
        return {resource.name: i for i, resource in enumerate(self.resources)}

    def task_id(self, name: str) -> int:
        """Id of the task called ``name``; raises ``UnknownNameError`` with near misses."""
        try:
            return self._task_ids[name]
        except KeyError:
            raise unknown_name("task", name, self._task_ids, where=f"problem {self.name!r}") from None

    def resource_id(self, name: str) -> int:
        """Id of the resource called ``name``; raises ``UnknownNameError`` with near misses."""
        try:
            return self._resource_ids[name]
        except KeyError:
            raise unknown_name("resource", name, self._resource_ids, where=f"problem {self.name!r}") from None


def _sorted_items(metadata: object) -> tuple[tuple[str, Scalar], ...]:
    items = as_rows(metadata.items() if isinstance(metadata, Mapping) else metadata, 2, "metadata")
    for key, _ in items:
        if not isinstance(key, str):
            raise ModelError(f"key {shown(key)} is not a string", where="metadata", remedy="use text as key")
    ordered = tuple(sorted(items, key=lambda item: item[0]))
    for (before, _), (key, _) in itertools.pairwise(ordered):
        if key == before:
            raise ModelError(f"key {key!r} occurs twice", where="metadata", remedy="give each key once")
    return ordered
