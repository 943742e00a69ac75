"""What the engine and the simulator share: requests, batch forming, KV memory.  Standard library and numpy only."""

from __future__ import annotations

from llmserve.serving.batch import Batch, Chunk
from llmserve.serving.forecast import PeakForecast
from llmserve.serving.keys import PageKeys, page_keys
from llmserve.serving.kv import KVConfig, KVManager, Match
from llmserve.serving.out_of_pages import OutOfPagesError
from llmserve.serving.pages import PagePool
from llmserve.serving.policy import (
    POLICY_NAMES,
    Admission,
    BatchPolicy,
    Preemption,
    batch_policy,
    fastgen,
    nanoflow,
    sarathi,
    vllm,
)
from llmserve.serving.quiet_run import QuietRun
from llmserve.serving.request import Request, Sequence, State
from llmserve.serving.scheduler import Scheduler
from llmserve.serving.tiers import LruStore, Tiers

__all__ = [
    "POLICY_NAMES",
    "Admission",
    "Batch",
    "BatchPolicy",
    "Chunk",
    "KVConfig",
    "KVManager",
    "LruStore",
    "Match",
    "OutOfPagesError",
    "PageKeys",
    "PagePool",
    "PeakForecast",
    "Preemption",
    "QuietRun",
    "Request",
    "Scheduler",
    "Sequence",
    "State",
    "Tiers",
    "batch_policy",
    "fastgen",
    "nanoflow",
    "page_keys",
    "sarathi",
    "vllm",
]
