"""Large-neighbourhood search on top of CP-SAT; see ``solver.LnsSolver``."""

from schedcore.solvers.lns.parameters import LnsParameters
from schedcore.solvers.lns.solver import LnsSolver

__all__ = ["LnsParameters", "LnsSolver"]
