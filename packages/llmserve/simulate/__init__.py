"""The serving simulator: what a deployment does with a workload, iteration by iteration."""

from __future__ import annotations

from llmserve.simulate.result import SimulationResult
from llmserve.simulate.simulator import simulate
from llmserve.simulate.times import BulkTime, LinearTime, TransferRates

__all__ = ["BulkTime", "LinearTime", "SimulationResult", "TransferRates", "simulate"]
