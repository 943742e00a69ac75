"""Arguments of the main functions: a wrong kind is refused by name, not by an attribute that it lacks."""

from __future__ import annotations

from schedcore.errors import ModelError
from schedcore.model.fields import shown
from schedcore.model.problem import Problem
from schedcore.model.schedule import Schedule


def check_problem(value: object, where: str) -> None:
    """Refuse anything but a :class:`Problem` as the argument ``problem`` of ``where``."""
    if not isinstance(value, Problem):
        remedy = "call build() on it" if hasattr(value, "build") else "give a Problem"
        given = type(value).__name__ if hasattr(value, "build") else shown(value)
        raise ModelError(f"{given} is no Problem", where=where, remedy=remedy)


def check_schedule(value: object, where: str) -> None:
    """Refuse anything but a :class:`Schedule` as the argument ``schedule`` of ``where``."""
    if not isinstance(value, Schedule):
        raise ModelError(f"{shown(value)} is no Schedule", where=where, remedy="give a Schedule")
