"""Learned policies, recipes and suites by name, as the domain hands them to the command; imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator

from schedcore.bench import BenchRow, Suite, SuiteOptions

LEARNED: dict[str, str] = {name: f"uam.learn.shipped:{name.replace('-', '_')}" for name in ("captain",)}
"""Policies whose checkpoints come with the package; one of another training goes by the path of its file."""

TRAINERS: dict[str, str] = {
    "captain": "uam.learn.trainer:captain",
    "cloning": "uam.learn.trainer:cloning",
    "gail": "uam.learn.trainer:gail",
    "ppo": "uam.learn.trainer:ppo",
    "maskable": "uam.learn.maskable:MaskableTrainer",
}
"""Recipes of ``sched train uam``."""


def _evaluation(options: SuiteOptions) -> Iterator[BenchRow]:
    from uam.learn.suites import evaluation_rows

    return evaluation_rows(options)


def _generalisation(options: SuiteOptions) -> Iterator[BenchRow]:
    from uam.learn.suites import generalisation_rows

    return generalisation_rows(options)


def _ablation(options: SuiteOptions) -> Iterator[BenchRow]:
    from uam.learn.suites import ablation_rows

    return ablation_rows(options)


EVALUATION = Suite("policies on held-out days: mean, spread, tail, paired tests, time of a decision", _evaluation)

LEARNED_SUITES = {
    "generalisation": Suite("the learned policy on twelve kinds of days that it was not trained on", _generalisation),
    "ablation": Suite("the learned policy without parts of it, and from other training", _ablation),
}
