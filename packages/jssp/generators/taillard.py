"""Taillard's generator of job shops.

E. Taillard, Benchmarks for basic scheduling problems, European Journal of Operational Research 64 (1993) 278-285.
Durations are uniform in 1 … 99 and every job visits all machines in a random order.
"""

from __future__ import annotations

import numpy as np

from jssp.generators.streams import fresh_seeds, lehmer_states, philox, positive, unit_floats
from jssp.instance import JobShopInstance
from jssp.tables import published_seeds


def taillard(
    jobs: int, machines: int, time_seed: int, machine_seed: int, *, name: str | None = None
) -> JobShopInstance:
    """The instance of two seeds; with the published seeds exactly ta01 to ta80.

    The machine order of a job starts as 0 … m - 1; entry ``i`` is swapped in turn with entry U(i, m - 1).
    """
    n, m = positive(jobs, "jobs"), positive(machines, "machines")
    durations = 1 + (unit_floats(lehmer_states(time_seed, n * m)) * 99).astype(np.int64)
    draws = unit_floats(lehmer_states(machine_seed, n * m)).reshape(n, m)
    routes = np.tile(np.arange(m), (n, 1))
    rows = np.arange(n)
    for i in range(m):
        swap = i + (draws[:, i] * (m - i)).astype(np.int64)
        moved = routes[:, i].copy()
        routes[:, i] = routes[rows, swap]
        routes[rows, swap] = moved
    label = name or f"taillard_{n}x{m}_{time_seed}_{machine_seed}"
    return JobShopInstance(label, routes, durations.reshape(n, m), num_machines=m)


def new_taillard(jobs: int, machines: int, seed: int) -> JobShopInstance:
    """A new instance of Taillard's distribution; its two seeds are drawn from ``seed`` and none is a published one."""
    rng = philox(seed, "taillard")
    time_seed, machine_seed = fresh_seeds(rng, 2, published_seeds())
    return taillard(jobs, machines, time_seed, machine_seed, name=f"taillard:{jobs}x{machines}:{seed}")
