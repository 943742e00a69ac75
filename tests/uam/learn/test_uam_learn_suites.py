"""Suites of the learned policies: their rows on one day, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

from schedcore.bench import SuiteOptions
from schedcore.errors import InputError
from uam.learn.suites import CELLS, ablation_rows, evaluation_rows, generalisation_rows, paired


def test_there_are_twelve_cells() -> None:
    assert len(CELLS) == 12


def test_paired_differences_by_hand() -> None:
    # Differences 1, 1, 4: mean 2, deviation sqrt(3), so a standard error of 1.
    gain, note = paired(np.array([2.0, 3.0, 7.0]), np.array([1.0, 2.0, 3.0]))
    assert gain == 2.0
    assert note.startswith("standard error 1, paired t p ")
    assert note.endswith("better on 3 of 3")
    assert paired(np.array([5.0]), np.array([4.0])) == (1.0, "better on 1 of 1")


def test_the_evaluation_measures_every_policy() -> None:
    rows = list(evaluation_rows(SuiteOptions(overrides={"policies": "greedy-rate,random", "on": "six", "days": "2"})))
    assert [(row.id, row.quantity) for row in rows if row.quantity == "mean profit"] == [
        ("six greedy-rate", "mean profit"),
        ("six random", "mean profit"),
    ]
    difference = next(row for row in rows if row.quantity == "mean difference")
    means = [row.ours for row in rows if row.quantity == "mean profit"]
    assert difference.ours == pytest.approx(means[0] - means[1])


def test_generalisation_stands_beside_random_and_the_tuned_rule() -> None:
    words = {"policies": "greedy-rate", "days": "1", "cells": "20 aircraft,6 vertiports"}
    rows = list(generalisation_rows(SuiteOptions(overrides=words)))
    assert len(rows) == 5
    assert rows[0].within is True
    assert rows[-1].unit == "cells"


def test_the_ablation_stands_beside_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uam.learn.suites.MAIN", "greedy-rate")
    rows = list(ablation_rows(SuiteOptions(overrides={"policies": "random", "days": "1", "on": "six"})))
    assert [row.within for row in rows] == [None, True]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ({"day": "1"}, "unknown key 'day'"),
        ({"days": "0"}, "days is '0'"),
        ({"days": "101"}, "days is '101'"),
    ],
)
def test_wrong_words_are_refused(words: dict[str, str], text: str) -> None:
    for suite in (evaluation_rows, generalisation_rows, ablation_rows):
        with pytest.raises(InputError, match=text):
            list(suite(SuiteOptions(overrides=words)))


def test_an_unknown_cell_is_refused() -> None:
    with pytest.raises(InputError, match="unknown cell '8 vertiports'"):
        list(generalisation_rows(SuiteOptions(overrides={"cells": "8 vertiports"})))
