"""The suite ``rules``: five non-delay rules on the 242 standard job shops, each makespan beside its reference."""

from __future__ import annotations

from collections.abc import Iterator

from jssp.adapter import to_problem, to_schedule
from jssp.bounds import rule_reference
from jssp.rules import RULES, dispatch_many
from jssp.standard import standard_instance, standard_names
from schedcore.bench import BenchRow, SuiteOptions
from schedcore.check import check
from schedcore.errors import unknown_name

# fmt: off
GOLDEN = (
    "ft06", "ft10", "ft20", "la01", "la21", "abz7", "orb01", "swv01", "yn1", "ta01",
    "ta11", "ta21", "ta31", "ta41", "ta51", "ta61", "ta71", "dmu01", "dmu41", "dmu80",
)
# fmt: on
"""The instances of the golden table; their rows come first, and the checker judges their schedules."""

SOURCE = "independent implementation, data/rule_makespans.csv"


def rows(options: SuiteOptions) -> Iterator[BenchRow]:
    """Makespans of the golden table, its violations, then those of the other instances.

    Deterministic: the time limit, the seed and the number of workers change nothing.
    """
    for key in options.overrides:
        raise unknown_name("key", key, (), where="suite rules")
    names = (*GOLDEN, *(name for name in standard_names() if name not in GOLDEN))
    shops = [standard_instance(name) for name in names]
    starts = {rule: dispatch_many(shops, rule) for rule in RULES}
    violations = 0
    for index, (name, shop) in enumerate(zip(names, shops)):
        for rule in RULES:
            yield BenchRow(
                f"{name}/{rule}",
                "makespan",
                shop.makespan(starts[rule][index]),
                rule_reference(name, rule),
                "ticks",
                SOURCE,
                note="golden table" if name in GOLDEN else "",
            )
        if name in GOLDEN:
            problem = to_problem(shop)
            for rule in RULES:
                violations += len(check(problem, to_schedule(shop, starts[rule][index])).violations)
        if index == len(GOLDEN) - 1:
            yield BenchRow("golden table", "violations", violations, 0, "", "the independent checker")
        options.progress(index + 1, len(names), name)
