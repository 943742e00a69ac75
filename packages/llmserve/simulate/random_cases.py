"""Small random cases over everything that the simulators know, to hold one against the other."""

from __future__ import annotations

from typing import Any

import numpy as np

from llmserve.serving.kv import KVConfig
from llmserve.serving.policy import Admission, BatchPolicy, Preemption
from llmserve.simulate.times import LinearTime, TransferRates
from llmserve.workload import Workload

MODEL = LinearTime(base_s=1e-3, token_s=1e-4, context_s=1e-6, pair_s=1e-7)


def random_case(rng: np.random.Generator) -> tuple[Workload, BatchPolicy, KVConfig, LinearTime, dict[str, Any]]:
    """A workload, a policy, a memory, iteration times, and further arguments of ``simulate``."""

    def one_of(*values: Any) -> Any:
        return values[int(rng.integers(len(values)))]

    count = int(rng.integers(1, 15))
    longest = one_of(6, 30)
    prompt, output = rng.integers(1, longest + 1, (2, count))
    follows = np.empty(0, dtype=np.int64)
    think: Any = np.empty(0)
    if rng.random() < 0.5:
        follows = np.full(count, -1, dtype=np.int64)
        think = 0.01 * rng.integers(0, 4, count)
        for i in range(1, count):
            before = int(rng.integers(-1, i))
            if before >= 0 and before not in follows and prompt[before] + output[before] < 50:
                follows[i] = before
                prompt[i] += prompt[before] + output[before]
    prefix = prefix_tokens = np.empty(0, dtype=np.int64)
    if rng.random() < 0.5:
        prefix = rng.integers(-1, 2, count)
        prefix_tokens = np.full(count, int(rng.integers(1, 13)))
    arrival = one_of(0.0, 0.02, 0.5) * rng.random(count)
    workload = Workload("random", prompt, output, arrival, follows, think, prefix, prefix_tokens)
    page = one_of(1, 3, 4)
    chunked = bool(rng.random() < 0.5)
    budget = int(rng.integers(1, 41))
    policy = BatchPolicy(
        "random",
        budget if chunked else max(budget, int(prompt.max())),
        one_of(None, 1, 3),
        mixed=bool(rng.random() < 0.6),
        chunked=chunked,
        admission=one_of(*Admission),
        preemption=one_of(*Preemption),
        asynchronous=bool(rng.random() < 0.5),
        watermark=one_of(0.0, 0.2),
        expected_prompt_tokens=int(rng.integers(1, 21)),
        expected_output_tokens=int(rng.integers(1, 21)),
        reserve_output_tokens=int(rng.integers(1, 21)),
    )
    kv = KVConfig(
        -(-int((prompt + output).max() + 1) // page) + one_of(0, 1, 5, 200),
        page,
        swap_pages=one_of(0, 5, 1000),
        host_pages=one_of(0, 0, 4, 100),
        disk_pages=one_of(0, 3, 100),
        reuse=bool(rng.random() < 0.5),
    )
    more = {
        "transfers": one_of(None, TransferRates(1e6, 1e9, 1e8), TransferRates(1e6, 1e9, 1e8, True)),
        "cpu_s": one_of(0.0, 0.0005, 0.01),
        "lengths_known": bool(rng.random() < 0.5),
        "max_iterations": one_of(None, None, 7),
    }
    return workload, policy, kv, MODEL, more
