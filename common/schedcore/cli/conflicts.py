"""Why a problem has no schedule, where the reason is visible."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schedcore.model import Problem


def conflicts_of(problem: Problem) -> list[str]:
    """The conflicts of ``problem`` in words; empty if none is visible (a schedule may still not exist)."""
    try:
        from schedcore.check import explain
    except ImportError:
        return []
    return [str(conflict) for conflict in explain(problem)]
