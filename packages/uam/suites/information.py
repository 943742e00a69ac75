"""The suite ``information``: what the passengers in sight are worth to each method."""

from __future__ import annotations

from collections.abc import Iterator

from schedcore.bench import BenchRow, SuiteOptions
from uam.seeds import HELD_OUT
from uam.suites.compare import Bench, held_out
from uam.suites.methods import FAST, method
from uam.suites.plan import read_words
from uam.suites.statistics import paired, spread


def rows(options: SuiteOptions) -> Iterator[BenchRow]:
    """Every method with the passengers left in the hour in sight, and with the forecast only."""
    words = read_words(options.overrides, "suite information", methods=FAST, scenarios=100)
    bench = Bench.open(words, options.progress, 2 * words.scenarios * len(words.methods) * len(words.scales))
    for scale in words.scales:
        scenarios = held_out(words, HELD_OUT[: words.scenarios], scale)
        for name in words.methods:
            label = f"scale {scale:g}/{name}"
            chosen = method(name)
            days = scenarios[: words.slow_scenarios] if chosen.slow else scenarios
            seen = [bench.day(day, chosen).profit for day in days]
            blind = [bench.day(day, chosen, sees_remaining=False).profit for day in days]
            for quantity, profits in (("passengers in sight", seen), ("forecast only", blind)):
                s = spread(profits)
                note = f"{s.days} days; sd {s.sd:.0f}, 5th percentile {s.p5:.0f}"
                yield BenchRow(label, f"mean profit, {quantity}", s.mean, unit="$", note=note)
            difference = paired(seen, blind)
            yield BenchRow(
                label,
                "value of seeing them",
                difference.mean,
                unit="$",
                note=f"standard error {difference.error:.0f}, better on {difference.better}, p {difference.t_p:.2g}",
            )
    options.progress(bench.total, bench.total, "")
