"""Methods side by side on the same days: the rows that all suites are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from schedcore.bench import BenchRow, Sense
from uam.bound.cache import BoundCache
from uam.generate import generate
from uam.scenario import Scenario
from uam.suites.methods import KNOWN, OURS, Method, method
from uam.suites.plan import SuiteWords
from uam.suites.records import DayRecord, Records
from uam.suites.statistics import paired, spread

ISSUE = "bar of this project"


@dataclass(slots=True)
class Bench:
    """Records and bounds of one call of a suite, and the progress line."""

    records: Records
    bounds: BoundCache | None
    method: str
    report: Callable[[int, int, str], None]
    total: int
    done: int = 0

    @classmethod
    def open(cls, words: SuiteWords, report: Callable[[int, int, str], None], total: int) -> Bench:
        """The records of ``store``, with its bounds in a file beside it."""
        store = words.store
        file: Path | None = None if store is None else store.with_name(store.name + ".bounds.json")
        bounds = None if words.bound == "none" else BoundCache(file)
        return cls(Records(store), bounds, words.bound, report, total)

    def day(self, scenario: Scenario, chosen: Method, *, sees_remaining: bool = True) -> DayRecord:
        """A day, with progress."""
        self.report(self.done, self.total, f"{scenario.name} {chosen.name}")
        record = self.records.get(scenario, chosen, sees_remaining=sees_remaining)
        self.done += 1
        return record

    def bound(self, scenario: Scenario) -> float | None:
        """The upper bound of a day, or ``None`` without bounds."""
        return None if self.bounds is None else self.bounds.get(scenario, self.method)


def held_out(words: SuiteWords, seeds: Sequence[int], scale: float) -> list[Scenario]:
    """The scenarios of these seeds."""
    return [generate(f"{words.map}:scale={scale:g}:{seed}") for seed in seeds]


def rows_of_group(bench: Bench, label: str, scenarios: Sequence[Scenario], words: SuiteWords) -> Iterator[BenchRow]:
    """All methods of ``words`` on ``scenarios`` (slow ones on the first few): spread, share of the bound, time."""
    played: dict[str, list[DayRecord]] = {}
    bounds: list[float] = []
    exceeded = 0
    for number, name in enumerate(words.methods):
        chosen = method(name)
        days = scenarios[: words.slow_scenarios] if chosen.slow else scenarios
        if not days:
            continue
        played[name] = [bench.day(scenario, chosen) for scenario in days]
        if not number or len(days) > len(bounds):
            found = [bench.bound(scenario) for scenario in days[len(bounds) :]]
            bounds += [value for value in found if value is not None]
        exceeded += sum(r.profit > limit for r, limit in zip(played[name], bounds, strict=False))
        yield from method_rows(label, name, played[name], bounds)
    yield from comparison_rows(label, played)
    if bounds:
        yield BenchRow(f"{label}/all", "days above the bound", exceeded, 0, "", "a bound is never exceeded")


def method_rows(label: str, name: str, played: Sequence[DayRecord], bounds: Sequence[float]) -> Iterator[BenchRow]:
    """Profit, share of the bound and time of one method."""
    known = KNOWN.get(name)
    s = spread([record.profit for record in played])
    remark = ", clairvoyant" if known is not None and known.clairvoyant else ""
    note = (
        f"{s.days} days{remark}; sd {s.sd:.0f}, min {s.minimum:.0f}, 5th percentile {s.p5:.0f}, CVaR10 {s.cvar10:.0f}"
    )
    yield BenchRow(f"{label}/{name}", "mean profit", s.mean, unit="$", note=note)
    yield BenchRow(f"{label}/{name}", "standard deviation", s.sd, unit="$", note=f"{s.days} days")
    yield BenchRow(f"{label}/{name}", "5th percentile", s.p5, unit="$", note=f"{s.days} days")
    use = {
        "passengers": np.mean([r.passengers for r in played]),
        "load": 100 * np.mean([r.load_factor for r in played]),
        "empty flights": np.mean([r.empty_flights for r in played]),
        "idle hours": np.mean([r.idle_hours for r in played]),
    }
    if bounds:
        shares = [record.profit / limit for record, limit in zip(played, bounds, strict=False)]
        at_one = label.startswith("scale 1/") or label == "scale 1"
        bar = 0.74 if name == OURS and at_one else None
        yield BenchRow(
            f"{label}/{name}",
            "share of the bound",
            float(np.mean(shares)),
            bar,
            source=ISSUE if bar is not None else "",
            sense=Sense.AT_LEAST,
            note=", ".join(f"{key} {value:.0f}" for key, value in use.items()),
        )
    decisions = sum(record.decisions for record in played)
    milliseconds = 1000 * sum(record.policy_s for record in played) / max(1, decisions)
    simulated = sum(record.simulated_decisions for record in played) / len(played)
    bar = 50.0 if name == OURS else None
    yield BenchRow(
        f"{label}/{name}",
        "time per decision",
        milliseconds,
        bar,
        "ms",
        ISSUE if bar is not None else "",
        sense=Sense.AT_MOST,
        note=f"slowest {1000 * max(r.slowest_s for r in played):.1f} ms, "
        f"{sum(r.policy_s for r in played) / len(played):.2f} s a day"
        + (f", {simulated:.3g} simulated decisions a day" if simulated else ""),
    )


def comparison_rows(label: str, played: dict[str, list[DayRecord]], challenger: str = OURS) -> Iterator[BenchRow]:
    """``challenger`` against every other method, day by day."""
    if challenger not in played:
        return
    for name, other in played.items():
        if name == challenger:
            continue
        days = min(len(other), len(played[challenger]))
        identity = f"{label}/{challenger} - {name}"
        result = paired([r.profit for r in played[challenger][:days]], [r.profit for r in other[:days]])
        yield BenchRow(
            identity,
            "paired difference",
            result.mean,
            0.0,
            "$",
            f"{ISSUE}: better",
            sense=Sense.AT_LEAST,
            note=f"{days} days, standard error {result.error:.0f}, better on {result.better}, "
            f"t test p {result.t_p:.2g}, Wilcoxon p {result.wilcoxon_p:.2g}",
        )
        if days > 2:
            worse = max(result.t_p, result.wilcoxon_p)
            yield BenchRow(
                identity,
                "p, larger of t and Wilcoxon",
                worse,
                0.01,
                source=ISSUE,
                sense=Sense.AT_MOST,
                note=f"{days} days",
            )
