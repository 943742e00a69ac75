from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.plot_cases import cyclic_layer, job_shop

from schedcore.errors import InputError
from schedcore.model import Schedule
from schedcore.plot.folding import fold, period_of, unrolled


def test_pieces_of_an_interval_longer_than_the_period() -> None:
    # [3, 12) with period 4: [3, 4), the whole round [4, 8) and [8, 12) as [0, 4) twice.
    pieces = fold(np.array([3]), np.array([12]), 4)
    assert list(zip(pieces.start.tolist(), pieces.end.tolist(), strict=True)) == [(3, 4), (0, 4), (0, 4)]
    assert pieces.shift.tolist() == [0, -1, -2]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 25)), max_size=8), st.integers(1, 11))
def test_folding_keeps_the_load_of_every_phase(intervals: list[tuple[int, int]], period: int) -> None:
    start = np.array([s for s, _ in intervals], dtype=np.int64)
    end = start + np.array([d for _, d in intervals], dtype=np.int64)
    pieces = fold(start, end, period)
    for phase in range(period):
        rounds = sum(1 for s, e in zip(start, end, strict=True) for t in range(s, e) if t % period == phase)
        assert ((pieces.start <= phase) & (phase < pieces.end)).sum() == rounds
    # Every piece is the interval, moved by whole periods and clipped to the period.
    low = np.maximum(0, start[pieces.owner] + pieces.shift * period)
    high = np.minimum(period, end[pieces.owner] + pieces.shift * period)
    assert pieces.start.tolist() == low.tolist()
    assert pieces.end.tolist() == np.maximum(low, high).tolist()


def test_an_interval_without_length_is_one_piece_at_its_phase() -> None:
    pieces = fold(np.array([9]), np.array([9]), 4)
    assert (pieces.start.tolist(), pieces.end.tolist()) == ([1], [1])


def test_a_tiny_period_is_refused_with_the_remedy() -> None:
    with pytest.raises(InputError, match="folding needs 2000000 pieces, the limit is 1000000.*unrolled"):
        fold(np.array([0]), np.array([2_000_000]), 1)


def test_unrolled_rounds_are_shifted_by_the_period() -> None:
    pieces = unrolled(np.array([1, 3]), np.array([2, 7]), 5, 2)
    assert pieces.start.tolist() == [1, 3, 6, 8]
    assert pieces.end.tolist() == [2, 7, 7, 12]
    assert pieces.shift.tolist() == [0, 0, 1, 1]


def test_period_counts_only_where_problem_and_schedule_agree() -> None:
    problem, schedule = cyclic_layer()
    assert period_of(problem, schedule) == 4
    assert period_of(problem, Schedule(schedule.placements)) is None
    assert period_of(problem, Schedule(schedule.placements, cycle=0)) is None
    plain, other = job_shop()
    assert period_of(plain, Schedule(other.placements, cycle=60)) is None
