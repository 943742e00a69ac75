"""Speed of the job-shop environment: one SPT episode, and 256 side by side.

    python benchmarks/jssp_env.py

Bars: one episode of ta10 (225 operations) in at most 2.6 ms and of ta80 (2000) in at most 83 ms, which is what the
README of cp-scheduling 0.9 states for its compiled environment; batched at 256, per episode at most 0.13 ms and 4 ms.
All on one thread.  The columns "stepped" go through the public ``step`` once per decision time, with the ranking and
without or with the full observation: what a learner in Python pays.  SPT's makespans are checked against the rule.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from _machine import figure, machine

from jssp import dispatch, standard_instance
from jssp.env.batch import BatchJobShopEnv
from jssp.rules import priorities

BARS = {"ta10": (2.6, 0.13), "ta80": (83.0, 4.0)}
BATCH = 256


def best_of(run: Callable[[], object], repeats: int = 5) -> float:
    """Smallest wall time of ``run`` in milliseconds."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return 1e3 * min(times)


def stepped(env: BatchJobShopEnv, static: np.ndarray, observe: bool) -> None:
    """An episode through the public interface, one step per decision time."""
    env.reset()
    rows = np.arange(env.num_jobs)
    keys = np.empty((env.num_envs, env.num_jobs + 1))
    last = static.shape[1] - 1
    while not env.done.all():
        if observe:
            env.raw_observation()
        keys[:, :-1] = -static[rows, np.minimum(env.upcoming, last)]
        keys[:, -1] = -np.inf
        env.step_keys(keys)


def main() -> None:
    print(machine())
    missed = 0
    for name, (single_bar, batch_bar) in BARS.items():
        shop = standard_instance(name)
        static = shop.to_matrix(priorities(shop, "spt")).astype(float)
        one = BatchJobShopEnv([shop], mode="nondelay")
        many = BatchJobShopEnv([shop], BATCH, mode="nondelay")
        expected = shop.makespan(dispatch(shop, "spt"))
        if one.run_static(static)[0] != expected or (many.run_static(static) != expected).any():
            raise SystemExit(f"SPT on {name} does not give {expected}")
        single = best_of(lambda: one.run_static(static))  # noqa: B023
        batched = best_of(lambda: many.run_static(static), 3) / BATCH  # noqa: B023
        missed += (single > single_bar) + (batched > batch_bar)
        print(figure(name, "one SPT episode", f"{single:.3f} ms", f"<= {single_bar:g} ms", single <= single_bar))
        print(
            figure(
                name,
                f"one of {BATCH} SPT episodes side by side",
                f"{batched:.4f} ms",
                f"<= {batch_bar:g} ms",
                batched <= batch_bar,
            )
        )
        for observe in (False, True):
            label = "with observations" if observe else "without observations"
            alone = best_of(lambda: stepped(one, static, observe), 2)  # noqa: B023
            together = best_of(lambda: stepped(many, static, observe), 1) / BATCH  # noqa: B023
            print(f"{name:<4} stepped from Python, {label:<22} single {alone:8.2f} ms   batched {together:8.4f} ms")
    if missed:
        raise SystemExit(f"{missed} bars missed")


if __name__ == "__main__":
    main()
