"""Every method against every other: wins, ties, losses, and what they are worth."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from schedcore.experiments.report.arena import Arena, CellRuns, Scale
from schedcore.experiments.report.means import as_gaps
from schedcore.experiments.statistics import (
    Interval,
    WinTieLoss,
    bootstrap_mean_difference,
    holm,
    signed_rank_test,
    win_tie_loss,
)
from schedcore.experiments.trial import TrialStatus

ALPHA: float = 0.05
"""Corrected p-values up to this are called significant."""
FEW_INSTANCES: int = 6
"""With fewer pairs no signed-rank test can give p <= 0.05 (2 / 2^5 = 0.0625)."""
ALL_PAIRS_UP_TO: int = 16
"""With more methods only the best is compared with every other, and Holm corrects for these comparisons."""


@dataclass(frozen=True)
class Pair:
    """Two methods on the instances that both were run on.

    ``gap`` says how much worse the first is in the mean (negative: better) where both have values; ``p_value``
    is of the signed-rank test, ``corrected`` the same after Holm over all pairs of the arena.
    """

    first: str
    second: str
    counts: WinTieLoss
    gap: float | None
    interval: Interval | None
    p_value: float
    corrected: float

    @property
    def significant(self) -> bool:
        """Whether the corrected p-value is at most 0.05."""
        return self.corrected <= ALPHA

    def as_dict(self) -> dict[str, Any]:
        """The pair as plain data."""
        return {**asdict(self), "significant": self.significant}


def pairs_of(arena: Arena, ranking: Sequence[str]) -> tuple[Pair, ...]:
    """The comparisons of ``arena``: of all pairs, or of the best with every other where there are too many."""
    if len(arena.methods) <= ALL_PAIRS_UP_TO:
        wanted = list(itertools.combinations(arena.methods, 2))
    else:
        wanted = [(ranking[0], other) for other in ranking[1:]]
    compared = (_compared(arena, first, second) for first, second in wanted)
    found = [pair for pair in compared if pair is not None]
    corrected = holm([pair.p_value for pair in found])
    return tuple(dataclasses.replace(pair, corrected=q) for pair, q in zip(found, corrected))


def _compared(arena: Arena, first: str, second: str) -> Pair | None:
    """``first`` against ``second`` on the instances where both have finished runs; ``None`` if there is none.

    Seeds that both have finished are compared, or all of each if they share none.  Who has a value on more of
    them is ahead whatever the values are: the difference counts as infinite.
    """
    differences: list[float] = []
    both: tuple[list[list[float]], list[list[float]]] = ([], [])
    for name in arena.instances:
        a, b = _counted_slots(arena.cell(first, name)), _counted_slots(arena.cell(second, name))
        if not a or not b:
            continue
        shared = a & b
        one, two = arena.cell(first, name), arena.cell(second, name)
        mine = [one.measure[slot] for slot in sorted(shared or a) if slot in one.measure]
        theirs = [two.measure[slot] for slot in sorted(shared or b) if slot in two.measure]
        share = len(mine) / len(shared or a) - len(theirs) / len(shared or b)
        if share != 0:
            differences.append(-math.inf if share > 0 else math.inf)
        elif not mine:
            differences.append(0.0)
        else:
            difference = math.fsum(mine) / len(mine) - math.fsum(theirs) / len(theirs)
            differences.append(round(difference, 12) + 0.0)
        if mine and theirs:
            both[0].append(mine)
            both[1].append(theirs)
    if not differences:
        return None
    gap, interval = None, None
    if both[0]:
        means = [math.fsum(math.fsum(s) / len(s) for s in side) / len(side) for side in both]
        gap = arena.percent(means[0] - means[1])
        interval = as_gaps(arena, bootstrap_mean_difference(*both))
    p_value = signed_rank_test(differences).p_value
    return Pair(first, second, win_tie_loss(differences), gap, interval, p_value, p_value)


def _counted_slots(cell: CellRuns) -> set[tuple[int, int]]:
    """The finished runs of a cell that the method did not refuse."""
    return {slot for slot, record in cell.records.items() if record.status is not TrialStatus.REFUSED}


def turned_pair(pair: Pair, scale: Scale) -> Pair:
    """The comparison seen from the second method."""

    def turned(gap: float) -> float:
        return 1 / (1 + gap) - 1 if scale == "ratio" else -gap

    return Pair(
        pair.second,
        pair.first,
        WinTieLoss(pair.counts.losses, pair.counts.ties, pair.counts.wins),
        None if pair.gap is None else turned(pair.gap),
        None
        if pair.interval is None
        else Interval(turned(pair.interval.high), turned(pair.interval.low), pair.interval.level),
        pair.p_value,
        pair.corrected,
    )
