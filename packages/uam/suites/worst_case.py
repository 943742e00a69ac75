"""The suite ``worst-case``: the hardest days, chosen by a rule that is not under test, and a stress set.

The hardest days are the lowest decile of 1 000 seeds by the profit of two-step look-ahead.  The stress set has
closures up to 0.2 per hour, failures up to 0.02 per decision and delays of 15 minutes on average.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from schedcore.bench import BenchRow, SuiteOptions
from uam.baselines.linear_rule import batch_of, profits_of_rule
from uam.baselines.two_step import TwoStepPolicy
from uam.generate import generate
from uam.seeds import HELD_OUT, WORST_CASE_POOL
from uam.suites.compare import Bench, rows_of_group
from uam.suites.methods import FAST, method
from uam.suites.plan import KEYS, read_words

STRESS = "closure=0.2,failure=0.02,delay=15"


def rows(options: SuiteOptions) -> Iterator[BenchRow]:
    """Rows of the hardest days (``pool`` seeds are looked at), then of the stress set."""
    words = read_words(
        {key: value for key, value in options.overrides.items() if key != "pool"},
        "suite worst-case",
        methods=FAST,
        keys=(*KEYS, "pool"),
    )
    pool = read_pool(options.overrides.get("pool"))
    per_set = sum(
        min(words.slow_scenarios, words.scenarios) if method(m).slow else words.scenarios for m in words.methods
    )
    bench = Bench.open(words, options.progress, 2 * per_set)
    for scale in words.scales:
        seeds = hardest_seeds(words.map, scale, pool)[: words.scenarios]
        hardest = [generate(f"{words.map}:scale={scale:g}:{seed}") for seed in seeds]
        yield from rows_of_group(bench, f"hardest, scale {scale:g}", hardest, words)
        stress = [generate(f"{words.map}:scale={scale:g},{STRESS}:{seed}") for seed in HELD_OUT[: words.scenarios]]
        yield from rows_of_group(bench, f"stress, scale {scale:g}", stress, words)
    options.progress(bench.total, bench.total, "")


def read_pool(text: str | None) -> int:
    """How many seeds of the pool are looked at.

    Raises
    ------
    InputError
        Not a number from 10 to 1 000.
    """
    from schedcore.errors import InputError

    most = len(WORST_CASE_POOL)
    if text is None:
        return most
    if not text.isdecimal() or not 10 <= int(text) <= most:
        raise InputError(f"pool is {text!r}", where="suite worst-case", remedy=f"give a number from 10 to {most}")
    return int(text)


def hardest_seeds(map_name: str, scale: float, pool: int) -> list[int]:
    """The tenth of the pool's seeds with the lowest profit of two-step look-ahead, lowest first."""
    weights = TwoStepPolicy().weights
    profits: list[int] = []
    seeds = list(WORST_CASE_POOL[:pool])
    for first in range(0, pool, 50):
        days = batch_of([generate(f"{map_name}:scale={scale:g}:{seed}") for seed in seeds[first : first + 50]])
        profits += profits_of_rule(weights, days).tolist()
    order = np.argsort(profits, kind="stable")[: pool // 10]
    return [seeds[int(k)] for k in order]
