"""The generator of Demirkol, Mehta and Uzsoy.

E. Demirkol, S. Mehta, R. Uzsoy, Benchmarks for shop scheduling problems, European Journal of Operational Research 109
(1998) 137-141.  Durations are uniform in 1 … 200.  In the harder half (``split``) every job visits the first half of
the machines before the second half.
"""

from __future__ import annotations

import numpy as np

from jssp.generators.streams import fresh_seeds, lehmer_states, philox, positive
from jssp.instance import JobShopInstance
from jssp.tables import published_seeds


def demirkol(jobs: int, machines: int, seed: int, *, split: bool = False, name: str | None = None) -> JobShopInstance:
    """The instance of one seed; with the published seeds exactly dmu01 to dmu40, or dmu41 to dmu80 with ``split``.

    Draws are states / 2^31 rounded to single precision: per job one per machine for the route, which is their argsort,
    then one per operation for the duration 1 + floor(200 u).
    """
    n, m = positive(jobs, "jobs"), positive(machines, "machines")
    draws = (lehmer_states(seed, 2 * n * m) / 2**31).astype(np.float32).reshape(n, 2, m)
    keys = draws[:, 0]
    if split:
        half = m // 2
        first = np.argsort(keys[:, :half], axis=1, kind="stable")
        second = half + np.argsort(keys[:, half:], axis=1, kind="stable")
        routes = np.concatenate((first, second), axis=1)
    else:
        routes = np.argsort(keys, axis=1, kind="stable")
    durations = 1 + (200 * draws[:, 1].astype(np.float64)).astype(np.int64)
    label = name or f"demirkol{'_split' if split else ''}_{n}x{m}_{seed}"
    return JobShopInstance(label, routes, durations, num_machines=m)


def new_demirkol(jobs: int, machines: int, seed: int, *, split: bool = False) -> JobShopInstance:
    """A new instance of Demirkol's distribution; its inner seed is drawn from ``seed`` and is no published one."""
    kind = "demirkol_split" if split else "demirkol"
    inner = fresh_seeds(philox(seed, kind), 1, published_seeds())[0]
    return demirkol(jobs, machines, inner, split=split, name=f"{kind}:{jobs}x{machines}:{seed}")
