"""Stochastic execution of schedules with real links, memories and gates."""

from qnet.execution.execute import execute
from qnet.execution.result import DemandResult, ExecutionResult
from qnet.execution.windows import WindowOutcomes, draw_windows

__all__ = ["DemandResult", "ExecutionResult", "WindowOutcomes", "draw_windows", "execute"]
