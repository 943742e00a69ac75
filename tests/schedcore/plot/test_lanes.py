from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from schedcore.plot.folding import fold
from schedcore.plot.lanes import first_fit, first_fit_circular

INTERVALS = st.lists(st.tuples(st.integers(-5, 30), st.integers(0, 9)), max_size=25)


def columns(intervals: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    start = np.array([s for s, _ in intervals], dtype=np.int64)
    return start, start + np.array([d for _, d in intervals], dtype=np.int64)


def test_the_lowest_free_lane_is_taken() -> None:
    # [0,4) lane 0, [1,3) lane 1, [2,6) lane 2, [3,5) lane 1 again, [4,7) lane 0 again
    lane, count = first_fit(np.array([0, 1, 2, 3, 4]), np.array([4, 3, 6, 5, 7]))
    assert lane.tolist() == [0, 1, 2, 1, 0]
    assert count == 3


def test_no_intervals_need_one_lane() -> None:
    empty = np.zeros(0, dtype=np.int64)
    assert first_fit(empty, empty)[1] == 1
    assert first_fit_circular(empty, empty, empty, 5)[1] == 1


@settings(max_examples=60, deadline=None)
@given(INTERVALS)
def test_lanes_are_as_many_as_overlap_and_nothing_overlaps_on_a_lane(intervals: list[tuple[int, int]]) -> None:
    start, end = columns(intervals)
    lane, count = first_fit(start, end)
    load = {t: int(((start <= t) & (t < end)).sum()) for t in range(-5, 40)}
    assert count == max(1, *load.values())
    assert not len(lane) or lane.max() < count
    for k in range(count):
        for t in load:
            assert ((lane == k) & (start <= t) & (t < end)).sum() <= 1


@settings(max_examples=60, deadline=None)
@given(INTERVALS, st.integers(1, 12))
def test_nothing_overlaps_on_a_lane_of_a_folded_period(intervals: list[tuple[int, int]], period: int) -> None:
    start, end = columns(intervals)
    pieces = fold(start, end, period)
    lane, count = first_fit_circular(pieces.start, pieces.end, pieces.owner, period)
    for k in range(count):
        for t in range(period):
            assert ((lane == k) & (pieces.start <= t) & (t < pieces.end)).sum() <= 1


def test_work_across_the_seam_keeps_its_lane() -> None:
    # Period 10: a runs [8, 12), b runs [1, 5) of the same round, c runs [3, 7).
    pieces = fold(np.array([8, 1, 3]), np.array([12, 5, 7]), 10)
    lane, count = first_fit_circular(pieces.start, pieces.end, pieces.owner, 10)
    of_a = lane[pieces.owner == 0]
    assert of_a.tolist() == [0, 0]
    assert count == 2
