"""Statistics of replays."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy import stats

from schedcore.errors import InputError
from schedcore.replay import compare_pairs, cvar, mean_interval, rate, summarise
from schedcore.replay.random_streams import Kind, uniforms


def normal(count: int, seed: int) -> np.ndarray:
    return stats.norm.ppf(uniforms(seed, 0, Kind.TASK, 0, np.arange(count))[0])


def test_a_summary_by_hand():
    s = summarise([4, 8, 6, 2], cvar_level=0.5)
    assert (s.count, s.mean, s.minimum, s.maximum) == (4, 5, 2, 8)
    assert s.std == pytest.approx(math.sqrt((1 + 9 + 1 + 9) / 3))
    assert s.quantile(0.5) == 5
    assert s.cvar == 7  # mean of 8 and 6
    # t(0.975, 3) = 3.1824; half width 3.1824 * 2.5820 / 2.
    assert s.interval.high - s.mean == pytest.approx(3.182446 * math.sqrt(20 / 3) / 2, rel=1e-6)
    assert 5 in s.interval
    assert json.loads(json.dumps(s.as_dict()))["quantiles"]["0.95"] == pytest.approx(7.7)


def test_cvar_counts_the_border_in_part():
    values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert cvar(values, 0.9) == pytest.approx(10)
    assert cvar(values, 0.75) == pytest.approx((10 + 9 + 0.5 * 8) / 2.5)
    assert cvar(values, 0) == 5.5
    assert cvar([3], 0.99) == pytest.approx(3)
    assert cvar([5, 5, 5], 0.5) == 5


def test_the_wilson_interval_is_that_of_scipy():
    for hits, count in ((0, 10), (3, 10), (10, 10), (17, 400)):
        theirs = stats.binomtest(hits, count).proportion_ci(0.9, method="wilson")
        ours = rate(hits, count, confidence=0.9)
        assert ours.value == hits / count
        assert (ours.interval.low, ours.interval.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_the_t_interval_is_that_of_scipy():
    sample = normal(25, 1)
    theirs = stats.ttest_1samp(sample, 0).confidence_interval(0.8)
    ours = mean_interval(sample, confidence=0.8)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))


def test_intervals_cover_the_mean_as_often_as_they_say():
    # 400 samples of 20: the number of hits is binomial with p = 0.9.  360 +- 5 * 6: a false alarm in 1.7 million.
    hits = sum(0 in mean_interval(normal(20, seed), confidence=0.9) for seed in range(400))
    assert abs(hits - 360) < 30


def test_the_bootstrap_is_close_to_the_t_interval_and_repeats():
    sample = normal(400, 3)
    t, b = mean_interval(sample), mean_interval(sample, method="bootstrap", seed=1)
    assert (b.low, b.high) == pytest.approx((t.low, t.high), abs=0.02)
    assert b == mean_interval(sample, method="bootstrap", seed=1)
    assert b != mean_interval(sample, method="bootstrap", seed=2)


def test_a_single_value_says_nothing_about_the_mean():
    s = summarise([3])
    assert (s.mean, s.std) == (3, 0)
    assert s.interval.low == -math.inf
    assert 10**9 in s.interval


def test_paired_differences_by_hand():
    c = compare_pairs("makespan", [10, 12, 14, 20], [9, 12, 15, 16])
    assert c.difference.mean == -1
    assert (c.better, c.equal, c.worse) == (2, 1, 1)
    assert not c.significant
    assert c.correlation == pytest.approx(np.corrcoef([10, 12, 14, 20], [9, 12, 15, 16])[0, 1])
    assert json.loads(json.dumps(c.as_dict()))["significant"] is False


def test_pairs_show_what_unpaired_samples_hide():
    noise = 100 * normal(50, 5)
    c = compare_pairs("makespan", noise, noise - 1 + 0.1 * normal(50, 6))
    assert c.significant
    assert c.difference.interval.high < 0
    assert c.correlation > 0.999


def test_constants_have_no_correlation():
    c = compare_pairs("makespan", [3, 3], [4, 4])
    assert math.isnan(c.correlation)
    assert c.as_dict()["correlation"] is None
    assert c.significant


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: summarise([]), "there are no values"),
        (lambda: summarise([[1]]), "there are no values"),
        (lambda: cvar([1], 1), "level is 1"),
        (lambda: mean_interval([1, 2], confidence=1), "confidence is 1"),
        (lambda: mean_interval([1, 2], method="z"), "unknown method 'z'"),
        (lambda: rate(3, 2), "3 of 2"),
        (lambda: rate(0, 0), "0 of 0"),
        (lambda: rate(1, 2, confidence=0), "confidence is 0"),
        (lambda: compare_pairs("makespan", [1], [1, 2]), "1 and 2 scenarios"),
    ],
)
def test_unusable_samples_and_levels_are_refused(call, words):
    with pytest.raises(InputError, match=words):
        call()
