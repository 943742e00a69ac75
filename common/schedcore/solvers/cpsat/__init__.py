"""The CP-SAT backend: an exact solver for every feature of the model."""

from schedcore.solvers.cpsat.build import CpsatModel, build_model
from schedcore.solvers.cpsat.solver import CpsatSolver
from schedcore.solvers.cpsat.variables import Infeasible

__all__ = ["CpsatModel", "CpsatSolver", "Infeasible", "build_model"]
