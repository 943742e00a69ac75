"""Tabu search for job shops, compiled; see ``search.TabuSolver``.

``TabuSolver`` and ``TabuParameters`` are imported when first used, because they load numba.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schedcore.solvers.tabu.structure import JobShopStructure

if TYPE_CHECKING:
    from schedcore.solvers.tabu.search import TabuParameters, TabuSolver

__all__ = ["JobShopStructure", "TabuParameters", "TabuSolver"]


def __getattr__(name: str) -> Any:
    if name in ("TabuParameters", "TabuSolver"):
        from schedcore.solvers.tabu import search

        return getattr(search, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
