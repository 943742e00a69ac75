"""Synthesised conversations of several rounds, for the reuse of KV pages."""

from __future__ import annotations

import math

import numpy as np

from llmserve.workload.arrivals import Arrivals
from llmserve.workload.lengths import LengthLaw
from llmserve.workload.workload import MAX_TOKENS, Workload
from schedcore.errors import InputError


def conversations(
    law: LengthLaw,
    count: int,
    *,
    mean_rounds: float = 3.0,
    think_s: float = 30.0,
    arrivals: Arrivals | None = None,
    context_limit: int = 4096,
    seed: int = 0,
) -> Workload:
    """``count`` conversations whose rounds have lengths from ``law``.

    The number of rounds is geometric with mean ``mean_rounds``; round r + 1 begins with all that was said, comes after
    round r has ended and an exponential time with mean ``think_s``, and ends the conversation early where it would
    exceed ``context_limit`` tokens.

    Raises
    ------
    InputError
        A count or mean below 1, or a negative thinking time.
    """
    if count < 1 or not (math.isfinite(mean_rounds) and mean_rounds >= 1):
        raise InputError(
            f"{count} conversations of {mean_rounds} rounds", where="conversations", remedy="use at least 1 of each"
        )
    if not (math.isfinite(think_s) and think_s >= 0) or not 1 <= context_limit <= MAX_TOKENS:
        raise InputError(
            f"thinking time {think_s} s, context {context_limit}", where="conversations", remedy="use numbers >= 0"
        )
    begins = (arrivals or Arrivals()).times(count, np.random.default_rng([seed, 1]))
    rng = np.random.default_rng([seed, 2])
    rounds = rng.geometric(1 / mean_rounds, count)
    new, output = law.draw(int(rounds.sum()), np.random.default_rng([seed, 0]))
    thinking = rng.exponential(think_s, len(new)) if think_s else np.zeros(len(new))
    kept: list[tuple[int, int, float, int, float]] = []
    at = 0
    for conversation in range(count):
        said, before = 0, -1
        for i in range(at, at + int(rounds[conversation])):
            prompt = said + int(new[i])
            if before >= 0 and prompt + output[i] > context_limit:
                break
            kept.append((prompt, int(output[i]), float(begins[conversation]), before, float(thinking[i])))
            before = len(kept) - 1
            said = prompt + int(output[i])
        at += int(rounds[conversation])
    prompts, outputs, times, follows, thinks = zip(*kept)
    return Workload(
        f"{law.name} conversations",
        np.array(prompts, dtype=np.int64),
        np.array(outputs, dtype=np.int64),
        np.array(times),
        np.array(follows, dtype=np.int64),
        np.array(thinks),
    )
