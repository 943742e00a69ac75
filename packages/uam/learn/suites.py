"""Suites of the learned policies: ``sched eval uam``, and generalisation and ablation of ``sched bench uam``.

All policies of a suite play the same days.  ``days=N`` and ``policies=A,B`` change what is played.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from schedcore.bench import BenchRow, Sense, SuiteOptions
from schedcore.errors import InputError, did_you_mean
from uam._checks import Floats
from uam.compiled.batch import BatchSimulator
from uam.compiled.rules import CODES
from uam.generate import generate
from uam.policies.registry import make_policy
from uam.scenario import Scenario
from uam.seeds import HELD_OUT
from uam.simulator import play

CELLS: dict[str, str] = {
    "20 aircraft": "fixed8:aircraft=20",
    "30 aircraft": "fixed8:aircraft=30",
    "50 aircraft": "fixed8:aircraft=50",
    "60 aircraft": "fixed8:aircraft=60",
    "6 vertiports": "six",
    "10 vertiports": "ten",
    "demand x 0.5": "fixed8:scale=0.5",
    "demand x 2": "fixed8:scale=2",
    "closures doubled": "fixed8:closure=0.1",
    "failures doubled": "fixed8:failure=0.01",
    "another map": "map01",
    "gravity demand": "fixed8:demand=gravity",
}
"""The twelve cells of the generalisation suite: one thing differs from the fixed map at demand scale 1."""

MAIN = "captain"
EVALUATED = (MAIN, "random", "greedy", "greedy-rate", "two-step", "tuned-rule")
EVALUATED_ON = ("fixed8", "fixed8:scale=2")
GENERALISATION_AGAINST = ("random", "tuned-rule")


class Played:
    """Profits of policies on days, each played once however often it is asked for."""

    def __init__(self, kind: str, days: int, seed: int) -> None:
        self.kind, self.seed = kind, seed
        self.scenarios: list[Scenario] = [generate(f"{kind}:{number}") for number in HELD_OUT[:days]]
        self.decisions: dict[str, int] = {}
        self.seconds: dict[str, float] = {}
        self._profits: dict[str, Floats] = {}

    def __call__(self, name: str) -> Floats:
        """Profits ``[D]`` of a policy, dollars."""
        if name not in self._profits:
            if name in CODES:
                batch = BatchSimulator(self.scenarios)
                begun = time.process_time()
                self._profits[name] = batch.play(name, self.seed) / 1000.0
                self.seconds[name] = time.process_time() - begun
                self.decisions[name] = int(batch.days.decisions.sum())
            else:
                policy = make_policy(name)
                begun = time.process_time()
                logs = [play(scenario, policy, seed=self.seed + scenario.seed) for scenario in self.scenarios]
                self.seconds[name] = time.process_time() - begun
                self._profits[name] = np.array([log.profit for log in logs])
                self.decisions[name] = sum(len(log.decisions) for log in logs)
        return self._profits[name]


def evaluation_rows(options: SuiteOptions) -> Iterator[BenchRow]:
    """Mean, spread and tail of policies, their paired differences to the first one, and the time of a decision."""
    words = _words(options.overrides, ("policies", "on", "days"))
    names = words.get("policies", ",".join(EVALUATED)).split(",")
    kinds = words.get("on", "+".join(EVALUATED_ON)).split("+")
    days = _days(words, len(HELD_OUT))
    total, done = len(kinds) * len(names), 0
    for kind in kinds:
        played = Played(kind, days, options.seed)
        for name in names:
            options.progress(done, total, f"{kind} {name}")
            profits = played(name)
            done += 1
            note = f"{days} held-out days, sd {_sd(profits):.0f}, min {profits.min():.0f}"
            yield BenchRow(f"{kind} {name}", "mean profit", float(profits.mean()), unit="$", note=note)
            yield BenchRow(f"{kind} {name}", "5th percentile", float(np.percentile(profits, 5)), unit="$")
            yield BenchRow(
                f"{kind} {name}",
                "processor time of a decision",
                1000 * played.seconds[name] / max(1, played.decisions[name]),
                unit="ms",
                note="the day's share of encoding included",
            )
            if name != names[0]:
                gain, note = paired(played(names[0]), profits)
                yield BenchRow(f"{kind} {names[0]} - {name}", "mean difference", gain, unit="$", note=note)
    options.progress(total, total, "done")


def generalisation_rows(options: SuiteOptions) -> Iterator[BenchRow]:
    """The policy on twelve kinds of days that it was not trained on, beside random and the tuned rule."""
    words = _words(options.overrides, ("policies", "days", "cells"))
    policy = words.get("policies", MAIN)
    days = _days(words, 20)
    cells = list(CELLS)
    if "cells" in words:
        cells = words["cells"].split(",")
        for cell in cells:
            if cell not in CELLS:
                raise InputError(f"unknown cell {cell!r}", where="cells", remedy=did_you_mean(cell, CELLS))
    wins = 0
    for done, cell in enumerate(cells):
        options.progress(done, len(cells), cell)
        played = Played(CELLS[cell], days, options.seed)
        profits = played(policy)
        for other in GENERALISATION_AGAINST:
            reference = played(other)
            gain, note = paired(profits, reference)
            yield BenchRow(
                f"{cell} {policy}",
                f"mean profit against {other}",
                float(profits.mean()),
                float(reference.mean()),
                "$",
                f"{other} on the same {days} days",
                sense=Sense.AT_LEAST,
                note=f"difference {gain:.0f}, {note}",
            )
        wins += int(profits.mean() > played("tuned-rule").mean())
    yield BenchRow(
        f"{policy}",
        "cells won against the tuned rule",
        wins,
        len(cells) // 2 + 1,
        "cells",
        "most of them: bar of this project",
        sense=Sense.AT_LEAST,
    )
    options.progress(len(cells), len(cells), "done")


def ablation_rows(options: SuiteOptions) -> Iterator[BenchRow]:
    """The network against those without a part of it, trained alike, and against other kinds of training."""
    words = _words(options.overrides, ("policies", "days", "on"))
    names = words["policies"].split(",") if "policies" in words else ablations()
    kinds = words.get("on", "+".join(EVALUATED_ON)).split("+")
    days = _days(words, len(HELD_OUT))
    total, done = len(kinds) * len(names), 0
    for kind in kinds:
        played = Played(kind, days, options.seed)
        full = played(MAIN)
        yield BenchRow(f"{kind} {MAIN}", "mean profit", float(full.mean()), unit="$", note=f"sd {_sd(full):.0f}")
        for name in names:
            options.progress(done, total, f"{kind} {name}")
            profits = played(name)
            done += 1
            gain, note = paired(profits, full)
            yield BenchRow(
                f"{kind} {name}",
                "mean profit",
                float(profits.mean()),
                float(full.mean()),
                "$",
                f"{MAIN} on the same {days} days",
                sense=Sense.AT_MOST,
                note=f"difference {gain:.0f}, {note}",
            )
    options.progress(total, total, "done")


def ablations() -> list[str]:
    """Shipped networks besides the main one."""
    from uam.learn.checkpoint import shipped_names

    return [name for name in shipped_names() if name != MAIN]


def paired(a: Floats, b: Floats) -> tuple[float, str]:
    """Mean of ``a - b``, and its paired t and Wilcoxon tests in words."""
    from scipy import stats

    difference = a - b
    gain = float(difference.mean())
    if len(a) < 2 or not difference.any():
        return gain, f"better on {int((difference > 0).sum())} of {len(a)}"
    error = _sd(difference) / len(a) ** 0.5
    if error == 0:
        return gain, f"better on {int((difference > 0).sum())} of {len(a)}"
    t = stats.ttest_rel(a, b).pvalue
    w = stats.wilcoxon(a, b).pvalue
    return gain, (
        f"standard error {error:.0f}, paired t p {t:.2g}, Wilcoxon p {w:.2g}, "
        f"better on {int((difference > 0).sum())} of {len(a)}"
    )


def _sd(values: Floats) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else 0.0


def _words(overrides: Mapping[str, str], known: Sequence[str]) -> dict[str, str]:
    for key in overrides:
        if key not in known:
            raise InputError(f"unknown key {key!r}", where="suite", remedy=did_you_mean(key, known))
    return dict(overrides)


def _days(words: Mapping[str, str], default: int) -> int:
    text = words.get("days", str(default))
    if not text.isdecimal() or not 1 <= int(text) <= len(HELD_OUT):
        raise InputError(f"days is {text!r}", where="suite", remedy=f"give a whole number from 1 to {len(HELD_OUT)}")
    return int(text)
