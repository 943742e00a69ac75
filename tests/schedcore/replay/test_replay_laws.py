"""Laws: quantile functions, means, rounding, JSON."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from schedcore.errors import FormatError, InputError
from schedcore.replay import (
    LAWS,
    Empirical,
    Exponential,
    Fixed,
    Gamma,
    Geometric,
    Law,
    LogNormal,
    Triangular,
    Uniform,
)
from schedcore.replay.laws import law_from_dict, law_to_dict, to_ticks
from schedcore.replay.random_streams import Kind, uniforms

EXAMPLES = [
    Fixed(4.5),
    Uniform(2, 9),
    Triangular(1, 2, 10),
    LogNormal(20.0, 0.4),
    Exponential(7.0),
    Gamma(12.0, 0.5),
    Geometric(0.3, 2.0),
    Empirical((3, 1, 8)),
]
STD = {
    "fixed": 0.0,
    "uniform": 7 / math.sqrt(12),
    "triangular": math.sqrt((1 + 4 + 100 - 2 - 10 - 20) / 18),
    "lognormal": 8.0,
    "exponential": 7.0,
    "gamma": 6.0,
    "geometric": 2 * math.sqrt(0.7) / 0.3,
    "empirical": math.sqrt((9 + 1 + 64) / 3 - 16),
}


def by_kind(law):
    return law.kind


def test_every_known_law_has_an_example():
    assert {law.kind for law in EXAMPLES} == set(LAWS)
    assert all(isinstance(law, Law) for law in EXAMPLES)


@pytest.mark.parametrize("law", EXAMPLES, ids=by_kind)
def test_samples_have_the_mean_and_the_spread_of_the_law(law):
    # Five standard errors of the mean, and of the standard deviation with a kurtosis of at most 12: a false alarm
    # in more than a million for a new seed; with the seed fixed, none.
    n = 100_000
    x = law.quantile(uniforms(11, 0, Kind.TASK, 0, np.arange(n))[0])
    std = STD[law.kind]
    assert abs(x.mean() - law.mean) <= 5 * std / math.sqrt(n)
    assert abs(x.std() - std) <= 5 * std * math.sqrt(11 / (4 * n))


@pytest.mark.parametrize("law", EXAMPLES, ids=by_kind)
def test_quantiles_never_decrease_and_are_no_less_than_zero(law):
    u = np.linspace(1e-9, 1 - 1e-9, 1001)
    x = law.quantile(u)
    assert x.shape == u.shape
    assert (np.diff(x) >= 0).all()
    assert (x >= 0).all()


@pytest.mark.parametrize("law", EXAMPLES, ids=by_kind)
def test_a_law_survives_json(law):
    assert law_from_dict(json.loads(json.dumps(law_to_dict(law)))) == law


def test_quantiles_by_hand():
    half = np.array([0.5])
    assert Uniform(2, 4).quantile(half) == 3
    # Triangular on [0, 4] with mode 4: F(x) = x^2 / 16, so the median is sqrt(8).
    assert Triangular(0, 4, 4).quantile(half) == pytest.approx(math.sqrt(8))
    assert Triangular(2, 2, 2).quantile(half) == 2
    # The median of a log-normal is mean / sqrt(1 + cv^2).
    assert LogNormal(10, 0.75).quantile(half) == pytest.approx(8)
    assert Exponential(3).quantile(half) == pytest.approx(3 * math.log(2))
    # cv = 1 is the exponential law.
    assert Gamma(3, 1).quantile(half) == pytest.approx(3 * math.log(2))
    # P(1 trial) = 0.4, P(at most 2) = 0.64: the median takes two.
    assert Geometric(0.4, 5).quantile(half) == 10
    assert Geometric(1, 5).quantile(half) == 5
    assert Empirical((5, 1, 3, 7)).quantile(np.array([0.1, 0.3, 0.6, 0.9999])).tolist() == [1, 3, 5, 7]


def test_ticks_are_rounded_to_the_nearest_halves_up_and_never_negative():
    assert to_ticks(np.array([-3.0, 0.49, 0.5, 1.49, 1.5, 1e30])).tolist() == [0, 0, 1, 1, 2, 2**42]


def test_equal_weights_on_whole_ticks_take_half_a_tick_more_on_both_sides():
    u = (np.arange(4000) + 0.5) / 4000
    values, counts = np.unique(to_ticks(Uniform(1.5, 5.5).quantile(u)), return_counts=True)
    assert values.tolist() == [2, 3, 4, 5]
    assert set(counts.tolist()) == {1000}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Fixed(-1), "fixed.value: -1 is out of range"),
        (lambda: Fixed(float("nan")), "fixed.value: nan is out of range"),
        (lambda: Fixed("3"), "fixed.value: '3' is not a number"),
        (lambda: Uniform(3, 2), "uniform.hi: 2 is out of range .*at least 3"),
        (lambda: Uniform(-1, 2), "uniform.lo"),
        (lambda: Triangular(1, 0, 2), "triangular.mode"),
        (lambda: Triangular(1, 2, 1), "triangular.hi"),
        (lambda: LogNormal(0, 1), "lognormal.mean: 0 is out of range .*above 0"),
        (lambda: LogNormal(1, -1), "lognormal.cv"),
        (lambda: Exponential(float("inf")), "exponential.mean: inf is out of range"),
        (lambda: Gamma(1, 0), "gamma.cv"),
        (lambda: Geometric(0), "geometric.p"),
        (lambda: Geometric(1.5), "geometric.p: p is 1.5 .*a probability is at most 1"),
        (lambda: Geometric(0.5, 0), "geometric.slot"),
        (lambda: Empirical(()), "empirical.values: there are no values"),
        (lambda: Empirical((1, -2)), "empirical.values: -2 is out of range"),
        (lambda: Empirical((1, "a")), "empirical.values"),
        (lambda: Empirical((True,)), "empirical.values: True is not a number"),
    ],
)
def test_parameters_out_of_range_are_refused(make, words):
    with pytest.raises(InputError, match=words):
        make()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (3, "3 is not a law"),
        ({"lo": 1}, "is not a law"),
        ({"type": "unifrom", "lo": 1, "hi": 2}, "unknown law 'unifrom' .*did you mean 'uniform'"),
        ({"type": "uniform", "lo": 1}, "uniform lacks hi"),
        ({"type": "geometric"}, "geometric lacks p"),
        ({"type": "uniform", "lo": 1, "hi": 2, "high": 3}, "uniform has no 'high' .*did you mean 'hi'"),
        ({"type": "uniform", "lo": 4, "hi": 2}, "law.uniform.hi: 2 is out of range"),
        ({"type": "empirical", "values": 3}, "empirical.values"),
    ],
)
def test_json_that_is_no_law_is_refused(data, words):
    with pytest.raises(FormatError, match=words):
        law_from_dict(data)


def test_a_law_of_the_users_own_has_no_json_form():
    class Constant:
        mean = 1.0

        def quantile(self, u):
            return np.ones_like(u)

    assert isinstance(Constant(), Law)
    with pytest.raises(InputError, match="has no JSON form"):
        law_to_dict(Constant())
