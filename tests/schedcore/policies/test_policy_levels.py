"""Longest paths level by level give what a plain loop over tasks gives."""

from __future__ import annotations

import random

import numpy as np
import pytest
from strategies_core import FEATURES, random_case

from schedcore.model import ProblemBuilder
from schedcore.policies import facts as module
from schedcore.policies import facts_of
from schedcore.policies.levels import levels_of


def ids(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def test_levels_of_a_diamond() -> None:
    # 0 -> 1, 0 -> 2, 1 -> 3, 2 -> 3, 0 -> 3: arcs out of level 0, then out of level 1, then none
    levels = levels_of(4, ids(0, 0, 1, 2, 0), ids(1, 2, 3, 3, 3))
    assert levels is not None
    assert [sorted(arcs.tolist()) for arcs in levels] == [[0, 1, 4], [2, 3], []]


def test_a_cycle_has_no_levels() -> None:
    assert levels_of(3, ids(0, 1, 2), ids(1, 2, 1)) is None


def test_a_long_chain_is_left_to_the_loop() -> None:
    assert levels_of(100, np.arange(99), np.arange(1, 100)) is None
    b = ProblemBuilder()
    b.chain(*(b.task(f"t{i}", 2) for i in range(100)))
    facts = facts_of(b.build())
    assert facts.head.tolist() == [2 * i for i in range(100)]
    assert facts.tail.tolist() == [200 - 2 * i for i in range(100)]
    assert facts.operations.tolist() == [100 - i for i in range(100)]


def test_levels_and_loop_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(150):
        rng = random.Random(seed)
        problem, _ = random_case(rng, rng.randint(1, 12), {"min_lag", *(f for f in FEATURES if rng.random() < 0.5)})
        found = facts_of(problem)
        with monkeypatch.context() as patch:
            patch.setattr(module, "levels_of", lambda *_: None)
            plain = facts_of(problem)
        for name in ("processing", "tail", "due", "deadline", "weight", "head", "work", "operations"):
            assert getattr(found, name).tolist() == getattr(plain, name).tolist(), (seed, name)
