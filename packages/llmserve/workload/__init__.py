"""Workloads: lengths of prompts and answers, arrivals, conversations; published ones, synthesised ones, traces."""

from __future__ import annotations

from llmserve.workload.arrivals import Arrivals, parse_arrivals
from llmserve.workload.conversations import conversations
from llmserve.workload.lengths import LENGTH_LAWS, Constant, LengthLaw, Quantiles, find_law
from llmserve.workload.trace import read_trace
from llmserve.workload.workload import MAX_TOKENS, Workload, make_workload

__all__ = [
    "LENGTH_LAWS",
    "MAX_TOKENS",
    "Arrivals",
    "Constant",
    "LengthLaw",
    "Quantiles",
    "Workload",
    "conversations",
    "find_law",
    "make_workload",
    "parse_arrivals",
    "read_trace",
]
