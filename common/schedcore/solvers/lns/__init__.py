"""Large-neighbourhood search on top of CP-SAT; see ``solver.LnsSolver``."""

from schedcore.solvers.lns.solver import LnsParameters, LnsSolver

__all__ = ["LnsParameters", "LnsSolver"]
