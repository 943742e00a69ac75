"""Ticks and seconds: exact, and conservative wherever something must be rounded."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.refusals import refusal

from schedcore.model import TimeUnit


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: TimeUnit(0), "unit: seconds_per_tick is 0 (give a positive fraction)"),
        (lambda: TimeUnit(-1), "unit: seconds_per_tick is -1 (give a positive fraction)"),
        (lambda: TimeUnit("abc"), "unit: 'abc' is not a time (give a finite number of seconds)"),
        (lambda: TimeUnit("1/0"), "unit: '1/0' is not a time (give a finite number of seconds)"),
        (lambda: TimeUnit(math.nan), "unit: nan is not a time (give a finite number of seconds)"),
        (lambda: TimeUnit(math.inf), "unit: inf is not a time (give a finite number of seconds)"),
        (lambda: TimeUnit(True), "unit: True is not a time (give a finite number of seconds)"),
        (lambda: TimeUnit(None, ""), "unit.label: label is '' (give a non-empty string)"),
        (lambda: TimeUnit(None, 5), "unit.label: label is 5 (give a non-empty string)"),
        (
            lambda: TimeUnit().to_ticks_up(1),
            "unit: this unit has no length in seconds (give TimeUnit(seconds_per_tick=...))",
        ),
        (
            lambda: TimeUnit().to_seconds(1),
            "unit: this unit has no length in seconds (give TimeUnit(seconds_per_tick=...))",
        ),
        (lambda: TimeUnit(1).to_ticks_down(math.inf), "unit: inf is not a time (give a finite number of seconds)"),
        (lambda: TimeUnit(1).to_ticks_up(None), "unit: None is not a time (give a finite number of seconds)"),
        (
            lambda: TimeUnit("0.01").to_ticks_exact("1/30"),
            "unit: 1/30 s is not a whole number of ticks of 1/100 s (a tick of 1/300 s divides both)",
        ),
    ],
)
def test_impossible_units_and_times_are_refused(call: Callable[[], object], text: str) -> None:
    assert refusal(call) == text


def test_floats_count_as_the_decimal_number_that_prints_them() -> None:
    assert TimeUnit(0.001).seconds_per_tick == Fraction(1, 1000)
    assert TimeUnit(0.1).to_ticks_exact(0.3) == 3
    assert TimeUnit("0.1").to_ticks_up(np.float64(0.3)) == 3
    assert TimeUnit(Fraction(1, 30)).to_ticks_exact("1/15") == 2
    assert TimeUnit(0.1).to_ticks_up(0.1 + 0.2) == 4  # prints as 0.30000000000000004


def test_rounding_by_hand() -> None:
    unit = TimeUnit("0.25", "quarter")
    assert unit.to_ticks_up("0.3") == 2
    assert unit.to_ticks_down("0.7") == 2
    assert unit.to_ticks_max_lag("0.7") == 1
    assert unit.to_ticks_min_lag("0.3") == 3
    assert unit.to_seconds(6) == Fraction(3, 2)


seconds = st.fractions(min_value=0, max_value=20, max_denominator=60)
units = st.fractions(min_value=Fraction(1, 50), max_value=3, max_denominator=50).map(TimeUnit)


@given(units, seconds, seconds, seconds, st.integers(0, 40), st.integers(0, 40))
def test_what_is_feasible_in_ticks_is_feasible_in_real_time(
    unit: TimeUnit, duration_a: Fraction, duration_b: Fraction, limit: Fraction, start_a: int, gap: int
) -> None:
    """Two real activities run for their real durations from the real instants of their start ticks."""
    ticks_a, ticks_b = unit.to_ticks_up(duration_a), unit.to_ticks_up(duration_b)
    end_a = start_a + ticks_a
    start_b = end_a + gap
    end_b = start_b + ticks_b
    real_start_a, real_start_b = unit.to_seconds(start_a), unit.to_seconds(start_b)
    real_end_a, real_end_b = real_start_a + duration_a, real_start_b + duration_b
    if start_a >= unit.to_ticks_up(limit):  # a release
        assert real_start_a >= limit
    if end_b <= unit.to_ticks_down(limit):  # a deadline
        assert real_end_b <= limit
    assert real_start_b >= real_end_a  # precedence, and the use of one resource
    if start_b - start_a <= unit.to_ticks_down(limit):
        assert real_start_b - real_start_a <= limit
    if start_b - end_a <= unit.to_ticks_max_lag(limit):
        assert real_start_b - real_end_a <= limit
    if end_b - end_a <= unit.to_ticks_max_lag(limit):
        assert real_end_b - real_end_a <= limit
    if end_b - start_a <= unit.to_ticks_down(limit):
        assert real_end_b - real_start_a <= limit
    if start_b - end_a >= unit.to_ticks_up(limit):
        assert real_start_b - real_end_a >= limit
    if end_b - start_a >= unit.to_ticks_min_lag(limit):
        assert real_end_b - real_start_a >= limit
    if end_b - end_a >= unit.to_ticks_min_lag(limit):
        assert real_end_b - real_end_a >= limit


def test_plain_rounding_is_not_enough_for_lags_at_rounded_ends() -> None:
    """The two traps: with ticks of 1 s an activity of 0.1 s really ends 0.9 s before its last tick does."""
    unit = TimeUnit(1)
    end = unit.to_ticks_up("0.1")
    real_end = Fraction(1, 10)
    # Coherence of 2 s after the end: plain rounding would allow a use at tick 3, 2.9 s after the real end.
    assert 3 - end <= unit.to_ticks_down(2)
    assert 3 - real_end > 2
    assert not 3 - end <= unit.to_ticks_max_lag(2)
    # At least 1 s from tick 0 to the end: plain rounding would accept the end after 0.1 s.
    assert end >= unit.to_ticks_up(1)
    assert real_end < 1
    assert not end >= unit.to_ticks_min_lag(1)


@given(units, seconds)
def test_exact_conversion_is_exact_or_names_a_tick_that_works(unit: TimeUnit, period: Fraction) -> None:
    assert unit.seconds_per_tick is not None
    if (period / unit.seconds_per_tick).denominator == 1:
        assert unit.to_seconds(unit.to_ticks_exact(period)) == period
        return
    text = refusal(lambda: unit.to_ticks_exact(period))
    needed = Fraction(text.rpartition("a tick of ")[2].partition(" s")[0])
    finer = TimeUnit(needed)
    assert finer.to_seconds(finer.to_ticks_exact(period)) == period
    assert finer.to_seconds(finer.to_ticks_exact(unit.seconds_per_tick)) == unit.seconds_per_tick
