"""Bootstrap intervals: against scipy, coverage, and the two stages."""

from __future__ import annotations

import math

import numpy as np
import pytest

from schedcore.errors import InputError
from schedcore.experiments.statistics import bootstrap as bootstrap_names
from schedcore.experiments.statistics import bootstrap_geometric_mean, bootstrap_ratio


def test_interval_agrees_with_scipy() -> None:
    scipy_stats = pytest.importorskip("scipy.stats")
    logs = np.random.default_rng(1).normal(0.05, 0.08, size=40)
    own = bootstrap_geometric_mean([[x] for x in logs], resamples=20_000)
    theirs = scipy_stats.bootstrap(
        (logs,), np.mean, method="percentile", n_resamples=20_000, rng=np.random.default_rng(2), vectorized=True
    ).confidence_interval
    assert own is not None
    # The ends of 20,000 resamples scatter by some 2 % of the half width; 0.002 is about five times that.
    assert math.log(own.low) == pytest.approx(theirs.low, abs=2e-3)
    assert math.log(own.high) == pytest.approx(theirs.high, abs=2e-3)


def test_interval_covers_as_often_as_it_says() -> None:
    # 200 samples of 40 instances: the percentile interval covers a little less than 95 %; the chance of
    # fewer than 172 of 200 is below 1e-4 at a true coverage of 93 %.
    generator = np.random.default_rng(7)
    hits = 0
    for seed in range(200):
        logs = generator.normal(0.1, 0.2, size=40)
        found = bootstrap_geometric_mean([[x] for x in logs], resamples=400, seed=seed)
        assert found is not None
        hits += found.low <= math.exp(0.1) <= found.high
    assert 172 <= hits < 200


def test_equal_data_and_seed_give_equal_intervals() -> None:
    logs = [[0.01 * k * k, 0.3 / (k + 1)] for k in range(9)]
    assert bootstrap_geometric_mean(logs) == bootstrap_geometric_mean(logs)
    assert bootstrap_geometric_mean(logs) != bootstrap_geometric_mean(logs, seed=1)


def test_steps_do_not_change_the_level_of_the_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    logs = [[0.1 * k, 0.1 * k + 0.05] for k in range(10)]
    whole = bootstrap_geometric_mean(logs, resamples=4000)
    monkeypatch.setattr(bootstrap_names, "_DRAWS_AT_ONCE", 5000)
    parts = bootstrap_geometric_mean(logs, resamples=4000)
    assert whole is not None
    assert parts is not None
    assert parts.low == pytest.approx(whole.low, rel=0.02)
    assert parts.high == pytest.approx(whole.high, rel=0.02)


def test_seeds_within_an_instance_count() -> None:
    # One instance, two seeds 0 and 1: the mean of two redrawn seeds is 0, 1/2 or 1.
    found = bootstrap_geometric_mean([[0.0, 1.0]])
    assert found is not None
    assert (found.low, found.high) == (1.0, math.e)
    # Ten equal instances with those seeds: much narrower, but no point.
    ten = bootstrap_geometric_mean([[0.0, 1.0]] * 10)
    assert ten is not None
    assert 1.0 < ten.low < ten.high < math.e


def test_nothing_that_varies_has_no_interval() -> None:
    assert bootstrap_geometric_mean([[0.3]]) is None
    equal = bootstrap_geometric_mean([[0.0]] * 5)
    assert equal is not None
    assert (equal.low, equal.high) == (1.0, 1.0)


def test_ratio_draws_an_instance_for_both() -> None:
    # The two differ by exactly log 2 on every instance, so the paired ratio does not vary at all.
    first = [[0.1 * k] for k in range(8)]
    second = [[0.1 * k + math.log(2)] for k in range(8)]
    found = bootstrap_ratio(first, second)
    assert found is not None
    assert (found.low, found.high) == (pytest.approx(0.5), pytest.approx(0.5))
    assert bootstrap_ratio([[1.0]], [[2.0]]) is None


@pytest.mark.parametrize(
    ("logs", "options", "message"),
    [
        ([], {}, "an instance without a value"),
        ([[0.1], []], {}, "an instance without a value"),
        ([[math.inf], [0.1]], {}, "not finite"),
        ([[0.1], [0.2]], {"level": 1.0}, "level 1.0"),
        ([[0.1], [0.2]], {"resamples": 0}, "resamples 0"),
    ],
)
def test_bad_input(logs: list[list[float]], options: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        bootstrap_geometric_mean(logs, **options)  # type: ignore[arg-type]


def test_ratio_needs_pairs() -> None:
    with pytest.raises(InputError, match="1 against 2 instances"):
        bootstrap_ratio([[0.1]], [[0.1], [0.2]])
