"""Where an environment takes its problems from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from schedcore.errors import InputError, UnsupportedFeatureError
from schedcore.model import Problem

ProblemSource: TypeAlias = Problem | Sequence[Problem] | Callable[[int], Problem]
"""One problem for all episodes, several of which one is drawn, or a generator that is called with a seed."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes to which observations are padded: tasks, modes per task, resources."""

    tasks: int
    modes: int
    resources: int

    @classmethod
    def of(cls, source: ProblemSource, tasks: int | None, modes: int | None, resources: int | None) -> Sizes:
        """The sizes given, or else the largest in ``source``, which then must not be a generator.

        Raises
        ------
        InputError
            If sizes are missing for a generator, or are too small, or the source is empty.
        """
        for name, size in (("max_tasks", tasks), ("max_modes", modes), ("max_resources", resources)):
            if size is not None and size < 1:
                raise InputError(f"{name} is {size}", where="SchedEnv", remedy="give at least 1")
        problems = problems_of(source)
        if problems is None:
            if tasks is None or modes is None or resources is None:
                raise InputError(
                    "the sizes of generated problems are not known",
                    where="SchedEnv",
                    remedy="give max_tasks, max_modes and max_resources",
                )
            return cls(tasks, modes, resources)
        most = [cls.needed(p) for p in problems]
        found = cls(
            max(s.tasks for s in most) if tasks is None else tasks,
            max(s.modes for s in most) if modes is None else modes,
            max(s.resources for s in most) if resources is None else resources,
        )
        for problem in problems:
            found.require(problem)
        return found

    @classmethod
    def needed(cls, problem: Problem) -> Sizes:
        """The sizes of one problem, at least 1 each."""
        return cls(
            max(1, len(problem.tasks)),
            max((len(t.modes) for t in problem.tasks), default=1),
            max(1, len(problem.resources)),
        )

    def require(self, problem: Problem) -> None:
        """Raise ``InputError`` if ``problem`` does not fit, or is none at all."""
        if not isinstance(problem, Problem):
            raise InputError(
                f"the source gave {type(problem).__name__}", where="SchedEnv", remedy="give a schedcore.model.Problem"
            )
        needed = self.needed(problem)
        for what in ("tasks", "modes", "resources"):
            if getattr(needed, what) > getattr(self, what):
                raise InputError(
                    f"problem {problem.name!r} has {getattr(needed, what)} {what}, the environment has room for "
                    f"{getattr(self, what)}",
                    where="SchedEnv",
                    remedy=f"raise max_{what}",
                )
        if problem.cycle is not None:
            raise UnsupportedFeatureError.of("SchedEnv", ("cyclic",), remedy="unroll the problem")


def problems_of(source: ProblemSource) -> list[Problem] | None:
    """The problems of a source, ``None`` for a generator."""
    if isinstance(source, Problem):
        return [source]
    if callable(source):
        return None
    problems = list(source)
    if not problems or not all(isinstance(p, Problem) for p in problems):
        raise InputError("the source has no problems", where="SchedEnv", remedy="give at least one Problem")
    return problems
