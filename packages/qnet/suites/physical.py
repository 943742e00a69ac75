"""The suite ``physical``: what honest protocols can promise.

``parts=a,b`` on the command line chooses parts, in the order of :data:`PARTS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from qnet.suites.promises import promise_rows
from qnet.suites.region import all_pairs_rows, decoherence_rows, region_rows, seed_terms_rows
from schedcore.bench import BenchRow, SuiteOptions
from schedcore.errors import InputError, unknown_name

PARTS: dict[str, Callable[[SuiteOptions], Iterator[BenchRow]]] = {
    "region": region_rows,
    "storage": decoherence_rows,
    "seed-terms": seed_terms_rows,
    "promises": promise_rows,
    "pairs": all_pairs_rows,
}
"""Part of the suite -> its rows: feasible region; the published protocols with storage; the published search on its own
terms; promises of accepted demands, played; time for all pairs of SURFnet."""


def rows(options: SuiteOptions) -> Iterator[BenchRow]:
    """Rows of the chosen parts, all by default.

    Raises
    ------
    InputError
        An unknown key or part.
    """
    unknown = set(options.overrides) - {"parts"}
    if unknown:
        raise InputError(f"unknown key {sorted(unknown)[0]!r}", where="suite physical", remedy="known: parts=A,B")
    chosen = options.overrides.get("parts", ",".join(PARTS)).split(",")
    for name in chosen:
        if name not in PARTS:
            raise unknown_name("part", name, PARTS, where="suite physical")
    for name, part in PARTS.items():
        if name in chosen:
            yield from part(options)
