"""Workloads: random demands with their protocols, rates and qubits."""

from qnet.workload.balanced import balanced_workload
from qnet.workload.load import load_workload
from qnet.workload.menu import MENU_PERIODS
from qnet.workload.packing import QubitPacking

__all__ = ["MENU_PERIODS", "QubitPacking", "balanced_workload", "load_workload"]
