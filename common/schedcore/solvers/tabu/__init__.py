"""Tabu search for job shops, compiled; see ``search.TabuSolver``."""

from schedcore.solvers.tabu.search import TabuParameters, TabuSolver
from schedcore.solvers.tabu.structure import JobShopStructure

__all__ = ["JobShopStructure", "TabuParameters", "TabuSolver"]
