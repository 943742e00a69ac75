"""Fingerprint of what a problem says, whatever its format, names and dummy activities.

A file called ``mk01`` gets the published bounds of mk01 only if it holds mk01.
"""

from __future__ import annotations

import hashlib
from functools import cache

import numpy as np

from jssp.tables import table
from schedcore.model import Problem
from schedcore.model.arrays import UNARY


def content_digest(problem: Problem) -> str:
    """16 hexadecimal digits over durations, demands, capacities and precedences.

    Tasks without duration and demands (the dummy start and end of project files) are skipped, with their lags; names do
    not count, nor does the order of the modes of a task.  A unary resource equals a renewable one of capacity 1.
    """
    arrays = problem.arrays
    numbers: list[tuple[int, ...]] = []
    rank: dict[int, int] = {}
    for task in range(arrays.num_tasks):
        modes = []
        for mode in range(int(arrays.mode_ptr[task]), int(arrays.mode_ptr[task + 1])):
            demands = slice(int(arrays.demand_ptr[mode]), int(arrays.demand_ptr[mode + 1]))
            pairs = zip(arrays.demand_resource[demands].tolist(), arrays.demand_amount[demands].tolist())
            flat = [number for pair in sorted(pairs) for number in pair]
            modes.append((int(arrays.duration[mode]), *flat))
        if modes != [(0,)]:
            rank[task] = len(rank)
            numbers += [(-1,), *sorted(modes)]
    lags = zip(arrays.lag_a.tolist(), arrays.lag_b.tolist(), arrays.lag_min.tolist(), arrays.lag_max.tolist())
    numbers += [(-2,), *sorted({(rank[a], rank[b], low, high) for a, b, low, high in lags if a in rank and b in rank})]
    capacity = np.where(arrays.resource_kind == UNARY, 1, arrays.resource_capacity)
    numbers.append((-3, *capacity.tolist()))
    return hashlib.blake2b(repr(numbers).encode(), digest_size=8).hexdigest()


@cache
def _published() -> dict[str, str]:
    return {row["instance"]: row["digest"] for row in table("digests.csv")}


def published_digest(name: str) -> str | None:
    """Digest of the published instance ``name`` that the package doesn't carry (mk, j30), or ``None``."""
    return _published().get(name.lower())
