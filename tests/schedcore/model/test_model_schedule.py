"""Schedules: order, equality, immutability, exactness."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.refusals import refusal

from schedcore.model import Placement, Schedule


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: Schedule([(0, 0, 0)]), "placements[0]: (0, 0, 0) is no placement (give (task, mode, start, end))"),
        (lambda: Schedule([5]), "placements[0]: 5 is no placement (give (task, mode, start, end))"),
        (
            lambda: Schedule([(0, 0, 0.5, 1)]),
            "schedule.placements: [(0, 0, 0.5, 1)] is not made of whole numbers of 64 bits (round before making the "
            "schedule, and check the unit)",
        ),
        (
            lambda: Schedule([(0, 0, 0, math.nan)]),
            "schedule.placements: [(0, 0, 0, nan)] is not made of whole numbers of 64 bits (round before making the "
            "schedule, and check the unit)",
        ),
        (
            lambda: Schedule([(0, 0, 0, 2**63)]),
            "schedule.placements: [(0, 0, 0, 9223372036854775808)] is not made of whole numbers of 64 bits (round "
            "before making the schedule, and check the unit)",
        ),
        (
            lambda: Schedule([(0, 0, 0, "1")]),
            "schedule.placements: [(0, 0, 0, '1')] is not made of whole numbers of 64 bits (round before making the "
            "schedule, and check the unit)",
        ),
        (
            lambda: Schedule([(True, False, True, True)]),
            "schedule.placements: [(True, False, True, True)] is not made of whole numbers of 64 bits (round before "
            "making the schedule, and check the unit)",
        ),
        (lambda: Schedule([], cycle=2.5), "schedule.cycle: 2.5 is not an integer (give a whole number (ticks, units))"),
        (
            lambda: Schedule.from_arrays(np.array([0]), np.array([0]), np.array([0.5]), np.array([1])),
            "schedule.start: array([0.5]) is not made of whole numbers of 64 bits (round before making the schedule, "
            "and check the unit)",
        ),
        (
            lambda: Schedule.from_arrays(np.array([0]), np.array([0]), np.array([0]), np.array([1, 2])),
            "schedule: the columns have shapes (1,), (1,), (1,), (2,) (give one row per placement)",
        ),
        (
            lambda: Schedule.from_arrays(np.array([[0]]), np.array([[0]]), np.array([[0]]), np.array([[1]])),
            "schedule: the columns have shapes (1, 1), (1, 1), (1, 1), (1, 1) (give one row per placement)",
        ),
    ],
)
def test_malformed_schedules_are_refused(call: Callable[[], object], text: str) -> None:
    assert refusal(call) == text


rows = st.lists(st.tuples(*[st.integers(-3, 9)] * 4), max_size=8)


@given(rows, st.randoms(use_true_random=False))
def test_the_order_in_which_placements_are_given_does_not_matter(given_rows: list[tuple[int, ...]], random) -> None:
    shuffled = list(given_rows)
    random.shuffle(shuffled)
    a, b = Schedule(given_rows, cycle=3), Schedule(shuffled, cycle=3)
    assert a == b
    assert hash(a) == hash(b)
    assert a.placements == b.placements
    assert list(a.task) == sorted(r[0] for r in given_rows)
    assert sorted(map(tuple, a)) == sorted(given_rows)
    assert len(a) == len(given_rows)


@given(rows)
def test_columns_and_rows_make_the_same_schedule(given_rows: list[tuple[int, ...]]) -> None:
    schedule = Schedule(given_rows)
    columns = [np.array([r[k] for r in given_rows], dtype=np.int32) for k in range(4)]
    assert Schedule.from_arrays(*columns) == schedule
    assert Schedule.from_arrays(schedule.task, schedule.mode, schedule.start, schedule.end) == schedule


@given(rows, st.none() | st.integers(1, 9))
def test_pickling_keeps_everything(given_rows: list[tuple[int, ...]], cycle: int | None) -> None:
    schedule = Schedule(given_rows, cycle)
    schedule.placements  # noqa: B018  (fills the cache)
    again = pickle.loads(pickle.dumps(schedule))
    assert again == schedule
    assert again.cycle == cycle
    assert not again.start.flags.writeable


def test_of_finds_the_first_placement_by_start_or_none() -> None:
    schedule = Schedule([(4, 0, 9, 10), (2, 1, 0, 3), (4, 1, 5, 6)])
    assert schedule.of(2) == Placement(2, 1, 0, 3)
    assert schedule.of(4) == Placement(4, 1, 5, 6)
    assert schedule.of(3) is None
    assert schedule.of(5) is None
    assert type(schedule.of(2).start) is int  # type: ignore[union-attr]


def test_a_schedule_cannot_be_changed() -> None:
    schedule = Schedule([(0, 0, 0, 5)])
    with pytest.raises(ValueError, match="read-only"):
        schedule.start[0] = 1
    with pytest.raises(AttributeError, match="cannot be changed; make a new one to change 'cycle'"):
        schedule.cycle = 5
    with pytest.raises(AttributeError, match="cannot be changed; 'cycle' stays"):
        del schedule.cycle


def test_columns_are_copies() -> None:
    start = np.array([0, 5])
    schedule = Schedule.from_arrays(np.array([0, 1]), np.array([0, 0]), start, np.array([5, 6]))
    start[0] = 4
    assert schedule.of(0) == Placement(0, 0, 0, 5)
    assert start.flags.writeable


def test_different_schedules_differ() -> None:
    base = Schedule([(0, 0, 0, 5)])
    assert base != Schedule([(0, 0, 0, 6)])
    assert base != Schedule([(0, 0, 0, 5)], cycle=5)
    assert base != Schedule([(0, 0, 0, 5), (0, 0, 0, 5)])
    assert base != [(0, 0, 0, 5)]


def test_the_makespan_is_the_latest_end() -> None:
    assert Schedule().makespan == 0
    assert Schedule([(0, 0, 0, 5), (1, 0, 2, 4)]).makespan == 5
    assert repr(Schedule([(0, 0, 0, 5)], cycle=3)) == "Schedule(1 placements, makespan=5, cycle=3)"


def test_numbers_of_numpy_are_taken_as_they_are() -> None:
    schedule = Schedule([(np.int64(0), 0, np.int32(1), 2)], cycle=np.int64(4))
    assert schedule == Schedule([(0, 0, 1, 2)], cycle=4)
    assert type(schedule.cycle) is int
    assert Schedule.from_arrays(*[np.array([1], dtype=np.uint64)] * 4) == Schedule([(1, 1, 1, 1)])
