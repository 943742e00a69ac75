"""The suite ``headline``: every method on the same held-out days of the fixed map, beside the upper bound."""

from __future__ import annotations

from collections.abc import Iterator

from schedcore.bench import BenchRow, SuiteOptions
from uam.seeds import HELD_OUT
from uam.suites.compare import Bench, held_out, rows_of_group
from uam.suites.methods import FAST, SLOW, method
from uam.suites.plan import read_words

SCALES = (1.0, 2.0)


def rows(options: SuiteOptions) -> Iterator[BenchRow]:
    """Rows by demand scale; slow methods run on the first ``slow_scenarios`` days."""
    words = read_words(options.overrides, "suite headline", methods=(*FAST, *SLOW), scales=SCALES)
    days = sum(min(words.slow_scenarios, words.scenarios) if method(m).slow else words.scenarios for m in words.methods)
    bench = Bench.open(words, options.progress, days * len(words.scales))
    for scale in words.scales:
        scenarios = held_out(words, HELD_OUT[: words.scenarios], scale)
        yield from rows_of_group(bench, f"scale {scale:g}", scenarios, words)
    options.progress(bench.total, bench.total, "")
