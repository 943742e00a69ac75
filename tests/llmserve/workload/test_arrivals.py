"""Arrival processes."""

from __future__ import annotations

import numpy as np
import pytest

from llmserve.workload import Arrivals, parse_arrivals
from schedcore.errors import InputError, UnknownNameError


@pytest.mark.parametrize(("text", "cv"), [("poisson", 1.0), ("gamma:3", 3.0), ("gamma:0.5", 0.5), ("uniform", 0.0)])
def test_gaps_have_the_asked_mean_and_variation(text: str, cv: float) -> None:
    times = parse_arrivals(text, 4.0).times(40_000, np.random.default_rng(2))
    gaps = np.diff(times)
    assert (gaps >= 0).all()
    assert gaps.mean() == pytest.approx(0.25, rel=0.06)
    assert gaps.std() / gaps.mean() == pytest.approx(cv, rel=0.06, abs=1e-9)


def test_offline_is_all_at_once() -> None:
    assert Arrivals().times(3, np.random.default_rng(0)).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("text", "rate", "message"),
    [
        ("poisson", None, "rate None"),
        ("poisson", 0.0, "rate 0"),
        ("poisson", float("nan"), "rate nan"),
        ("offline", 2.0, "have no rate"),
        ("gamma:x", 1.0, "'x' is no number"),
        ("gamma:-1", 1.0, "coefficient of variation -1"),
        ("poisson:2", 1.0, "takes no number"),
    ],
)
def test_nonsense_is_refused(text: str, rate: float | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_arrivals(text, rate)


def test_unknown_process() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'poisson'"):
        parse_arrivals("poison", 1.0)
