"""Candidates and their trials."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from schedcore.configdir import find_config_dir
from schedcore.errors import InputError, UnknownNameError
from schedcore.experiments.tuning.candidates import Candidates, interleaved
from schedcore.experiments.tuning.space import read_space

ROOT = Path(__file__).resolve().parents[4]


def candidates(*words: str) -> Candidates:
    return Candidates(find_config_dir(ROOT / "configs"), "jssp", read_space(words))


WORDS = ("solver=sgs", "solver.parameters.parameters.noise=interval(0.1,1)", "instance=ft06,la01", "seed=range(0,2)")
NOISE = "solver.parameters.parameters.noise"


def test_a_candidate_meets_all_instances_first_and_all_seeds_then() -> None:
    made = candidates(*WORDS)
    candidate = made.make({NOISE: 0.5})
    assert [(trial.instance, trial.seed) for trial in candidate.trials] == [
        ("ft06", 0),
        ("la01", 0),
        ("ft06", 1),
        ("la01", 1),
    ]
    assert {trial.method for trial in candidate.trials} == {"sgs #0"}
    assert {trial.factors for trial in candidate.trials} == {((NOISE, 0.5),)}
    assert dict(candidate.trials[0].parameters) == {"parameters.noise": 0.5}
    assert made.make({}).trials[0].key != candidate.trials[0].key
    assert made.make({NOISE: 0.5}, "again").trials[0].key == candidate.trials[0].key


def test_mistakes_show_before_anything_runs() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'noise'"):
        candidates("solver=sgs", "solver.parameters.parameters.nois=interval(0,1)", "instance=ft06").check()
    with pytest.raises(InputError):
        candidates("solver=sgs", "solver.parameters.parameters.noise=interval(-2,-1)", "instance=ft06").check()
    made = candidates(*WORDS)
    made.check()
    assert made.made == []
    assert made.plan is not None


def test_interleaving_keeps_the_order_within_an_instance() -> None:
    trial = candidates(*WORDS).make({}).trials[0]
    named = [dataclasses.replace(trial, instance=name, seed=seed) for name, seed in (("a", 1), ("a", 2), ("b", 3))]
    assert [one.seed for one in interleaved(tuple(named))] == [1, 3, 2]
