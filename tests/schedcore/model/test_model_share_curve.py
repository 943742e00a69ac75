"""Share curves: rounding, dominated points, monotony."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.refusals import refusal

from schedcore.model import Demand, ShareCurve


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: ShareCurve(()), "share curve: no points (give at least (1000, 1000))"),
        (lambda: ShareCurve(5), "share curve: 5 is not a sequence (give a tuple or a list)"),
        (lambda: ShareCurve(((0, 100),)), "share curve: 0 is outside [1, 1000] (check the unit and the sign)"),
        (
            lambda: ShareCurve(((500, 100), (500, 200))),
            "share curve: share 500 after 500 (increase strictly within 1..1000)",
        ),
        (
            lambda: ShareCurve(((500, 100), (1001, 200))),
            "share curve: 1001 is outside [1, 1000] (check the unit and the sign)",
        ),
        (
            lambda: ShareCurve(((500, 300), (600, 200))),
            "share curve: rate 200 at share 600 is below 300 (a larger share must not be slower, and rates start at 1)",
        ),
        (lambda: ShareCurve(((500, 0),)), "share curve: 0 is outside [1, 4398046511104] (check the unit and the sign)"),
        (lambda: ShareCurve(((500, 0.5),)), "share curve: 0.5 is not an integer (give a whole number (ticks, units))"),
        (
            lambda: ShareCurve(((500, 500),)).to_modes(-1, 0),
            "work_ticks: -1 is outside [0, 4398046511104] (check the unit and the sign)",
        ),
        (
            lambda: ShareCurve(((500, 500),)).to_modes(1.5, 0),
            "work_ticks: 1.5 is not an integer (give a whole number (ticks, units))",
        ),
        (
            lambda: ShareCurve(((500, 500),)).to_modes(10, 0, capacity=0),
            "capacity: 0 is outside [1, 4398046511104] (check the unit and the sign)",
        ),
    ],
)
def test_malformed_curves_and_work_are_refused(call: Callable[[], object], text: str) -> None:
    assert refusal(call) == text


def test_durations_and_units_are_rounded_up_by_hand() -> None:
    curve = ShareCurve(((300, 400), (600, 750), (1000, 1000)))
    modes = curve.to_modes(10, 2, capacity=5, extra=(Demand(7, 3),), cost=4)
    # 10 / 0.4 = 25; 10 / 0.75 = 13.33 -> 14; 10.  Units of 5: 1.5 -> 2; 3; 5.
    assert [(m.duration, m.demands, m.cost) for m in modes] == [
        (25, (Demand(2, 2), Demand(7, 3)), 4),
        (14, (Demand(2, 3), Demand(7, 3)), 4),
        (10, (Demand(2, 5), Demand(7, 3)), 4),
    ]


def test_a_larger_share_that_saves_no_whole_tick_is_dropped() -> None:
    assert [m.demands[0].amount for m in ShareCurve(((500, 900), (800, 950))).to_modes(5, 0)] == [500]


def test_a_slower_point_of_as_many_units_is_dropped() -> None:
    # Both shares are one of two units; the faster point remains.
    (mode,) = ShareCurve(((200, 300), (500, 500))).to_modes(30, 0, capacity=2)
    assert (mode.duration, mode.demands) == (60, (Demand(0, 1),))


@st.composite
def curves(draw: st.DrawFn) -> ShareCurve:
    shares = sorted(draw(st.sets(st.integers(1, 1000), min_size=1, max_size=8)))
    rates = sorted(draw(st.lists(st.integers(1, 1500), min_size=len(shares), max_size=len(shares))))
    return ShareCurve(tuple(zip(shares, rates, strict=True)))


@given(curves(), st.integers(0, 5000), st.integers(1, 1200))
def test_modes_are_undominated_and_no_point_of_the_curve_is_better_than_all_of_them(
    curve: ShareCurve, work: int, capacity: int
) -> None:
    modes = [(m.duration, m.demands[0].amount) for m in curve.to_modes(work, 0, capacity=capacity)]
    assert all(a[0] > b[0] and a[1] < b[1] for a, b in itertools.pairwise(modes))
    for share, rate in curve.points:
        duration, units = -(-work * 1000 // rate), -(-share * capacity // 1000)
        assert any(d <= duration and u <= units for d, u in modes)
