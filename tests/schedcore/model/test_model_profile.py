"""Step profiles against a function that is evaluated tick by tick."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.refusals import refusal

from schedcore.model import StepProfile


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: StepProfile(()), "points: a step profile has no points (give at least (0, value))"),
        (lambda: StepProfile(5), "points: 5 is not a sequence (give a tuple or a list)"),
        (lambda: StepProfile((1, 2)), "points[0]: 1 is not a sequence (give a tuple or a list)"),
        (lambda: StepProfile(((0, 1, 2),)), "points[0]: (0, 1, 2) has 3 entries (give 2)"),
        (
            lambda: StepProfile(((0, 1), (5, 0.5))),
            "points: point (5, 0.5) is not a pair of integers (give whole ticks and units)",
        ),
        (lambda: StepProfile(((0, 1), (0, 2))), "points: tick 0 does not come after 0 (ticks must increase strictly)"),
        (
            lambda: StepProfile(((0, 1), (7, 2), (5, 1))),
            "points: tick 5 does not come after 7 (ticks must increase strictly)",
        ),
        (lambda: StepProfile(((1, 1),)), "points: the first tick is 1 (say what holds from tick 0)"),
        (lambda: StepProfile(((0, 2**43),)), "points: point (0, 8796093022208) exceeds 4398046511104 (check units)"),
        (lambda: StepProfile(((-1, 1),)), "points: tick -1 is negative (profiles begin at tick 0)"),
        (
            lambda: StepProfile.closed(1, [(5, 5)]),
            "breaks: break [5, 5) is empty, negative or overlaps another one (give disjoint intervals with 0 <= "
            "begin < end)",
        ),
        (
            lambda: StepProfile.closed(1, [(5, 8), (7, 9)]),
            "breaks: break [7, 9) is empty, negative or overlaps another one (give disjoint intervals with 0 <= "
            "begin < end)",
        ),
        (
            lambda: StepProfile.closed(1, [(-5, 8)]),
            "breaks: break [-5, 8) is empty, negative or overlaps another one (give disjoint intervals with 0 <= "
            "begin < end)",
        ),
        (
            lambda: StepProfile.closed(1, [(5, None)]),
            "breaks: None is not an integer (give a whole number (ticks, units))",
        ),
        (lambda: StepProfile.closed(1, [5]), "breaks[0]: 5 is not a sequence (give a tuple or a list)"),
        (lambda: StepProfile.constant(1).at(-1), "tick: tick -1 is negative (profiles begin at tick 0)"),
        (lambda: StepProfile.constant(1).minimum_on(-1, 4), "tick: tick -1 is negative (profiles begin at tick 0)"),
        (lambda: StepProfile.constant(1).minimum_on(4, 4), "interval: [4, 4) is empty (give start < end)"),
    ],
)
def test_malformed_profiles_and_questions_are_refused(call: Callable[[], object], text: str) -> None:
    assert refusal(call) == text


@st.composite
def profiles(draw: st.DrawFn) -> StepProfile:
    ticks = sorted(draw(st.sets(st.integers(1, 20), max_size=6)))
    return StepProfile(tuple((t, draw(st.integers(-3, 5))) for t in (0, *ticks)))


def plain(profile: StepProfile, tick: int) -> int:
    value = 0
    for begin, step in profile.points:
        if begin <= tick:
            value = step
    return value


@given(profiles(), st.integers(0, 25), st.integers(1, 10))
def test_values_minima_and_segments_agree_with_the_tick_by_tick_function(
    profile: StepProfile, start: int, length: int
) -> None:
    values = [plain(profile, t) for t in range(start, start + length)]
    assert profile.at(start) == values[0]
    assert profile.minimum_on(start, start + length) == min(values)
    by_segments = [v for begin, end, v in profile.segments(start + length) for _ in range(begin, end)]
    assert by_segments[start:] == values
    assert profile.maximum == max(v for _, v in profile.points)
    assert profile.minimum == min(v for _, v in profile.points)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 4)), max_size=4))
def test_breaks_close_exactly_their_intervals(gaps: list[tuple[int, int]]) -> None:
    breaks, at = [], 0
    for gap, length in gaps:
        breaks.append((at + gap, at + gap + length))
        at += gap + length
    profile = StepProfile.closed(3, reversed(breaks), during=1)
    for tick in range(at + 3):
        assert profile.at(tick) == (1 if any(b <= tick < e for b, e in breaks) else 3)


def test_adjacent_breaks_join_without_a_point_of_normal_capacity() -> None:
    assert StepProfile.closed(2, [(0, 3), (3, 5)]).points == ((0, 0), (3, 0), (5, 2))


def test_no_segments_up_to_tick_zero() -> None:
    assert list(StepProfile.constant(4).segments(0)) == []
