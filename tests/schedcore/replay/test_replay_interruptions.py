"""Work that is interrupted: single intervals and columns of them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from schedcore.replay import OnBreak
from schedcore.replay.interruptions import Closures, Downs, Stretch, earliest, merge, work
from schedcore.replay.scenario import NEVER, Intervals


def test_intervals_are_merged():
    assert merge([(5, 7), (1, 3), (3, 4), (6, 9), (12, 12)]) == [(1, 4), (5, 9)]
    assert merge([]) == []


def test_resumed_work_waits_where_it_is():
    # 4 ticks from 1 on: 1-3, 5-6, 8-9.
    assert work(1, [4], [(3, 5), (6, 8)], [], OnBreak.RESUME) == [Stretch(1, 9, False)]
    # Two attempts of 2 ticks: the second begins at 3, where the machine goes down.
    assert work(1, [2, 2], [(3, 5)], [], OnBreak.RESUME) == [Stretch(1, 3, False), Stretch(3, 7, False)]


def test_restarted_work_begins_again():
    assert work(1, [4], [(3, 5), (6, 8)], [], OnBreak.RESTART) == [
        Stretch(1, 3, True),
        Stretch(5, 6, True),
        Stretch(8, 12, False),
    ]
    # Again in one piece, it does not fit before the closure at 10.
    assert work(1, [4], [(3, 7)], [(10, 20)], OnBreak.RESTART) == [Stretch(1, 3, True), Stretch(20, 24, False)]


def test_work_of_no_length_is_never_interrupted():
    assert work(4, [0], [(3, 5)], [(2, 9)], OnBreak.RESUME) == [Stretch(4, 4, False)]
    assert work(4, [0], [(3, 5)], [(2, 9)], OnBreak.RESTART) == [Stretch(4, 4, False)]


def test_work_that_is_never_done_ends_never():
    assert work(1, [4], [(3, NEVER)], [], OnBreak.RESUME)[-1].end == NEVER
    assert work(1, [4], [(3, NEVER)], [], OnBreak.RESTART)[-1] == Stretch(NEVER, NEVER, False)


def test_the_earliest_start_is_up_and_fits():
    assert earliest(0, 3, [(0, 2)], [(4, 6)]) == 6
    assert earliest(0, 3, [(6, 9)], [(2, 6)]) == 9
    assert earliest(0, 3, [], []) == 0
    assert earliest(0, 3, [], [(2, NEVER)]) == NEVER


TICKS = st.integers(0, 30)
SOME = st.lists(st.tuples(TICKS, st.integers(1, 6)).map(lambda t: (t[0], t[0] + t[1])), max_size=5)


@given(TICKS, st.integers(1, 8), SOME, SOME)
def test_resumed_work_takes_its_ticks_outside_of_every_interval(start, ticks, downs, closed):
    blocks = merge([*downs, *closed])
    end = work(start, [ticks], merge(downs), merge(closed), OnBreak.RESUME)[0].end
    free = [t for t in range(start, end) if not any(b <= t < e for b, e in blocks)]
    assert len(free) == ticks
    assert free[-1] == end - 1


@given(st.lists(TICKS, min_size=1, max_size=6), st.integers(1, 8), SOME)
def test_columns_of_closures_agree_with_single_ones(now, ticks, closed):
    closures = Closures(closed)
    column = np.array(now, dtype=np.int64)
    while True:
        moved = closures.open_for(column, np.full(len(now), ticks))
        if (moved == column).all():
            break
        column = moved
    assert column.tolist() == [earliest(t, ticks, [], merge(closed)) for t in now]


@given(st.lists(st.tuples(TICKS, SOME), min_size=1, max_size=5), st.integers(1, 8))
def test_columns_of_down_intervals_agree_with_single_ones(rows, ticks):
    width = max(len(downs) for _, downs in rows)
    table = np.full((2, len(rows), width), NEVER, dtype=np.int64)
    for s, (_, downs) in enumerate(rows):
        for k, (begin, end) in enumerate(sorted(downs)):
            table[:, s, k] = begin, end
    columns = Downs([(Intervals(table[0], table[1], np.zeros(table.shape[1:], dtype=np.int64)), 0)])
    now = np.array([t for t, _ in rows], dtype=np.int64)
    assert columns.up_again(now).tolist() == [earliest(t, 1, merge(downs), []) for t, downs in rows]
    struck = columns.within(now, now + ticks).tolist()
    assert struck == [any(b < t + ticks and e > t for b, e in downs) for t, downs in rows]
    assert [columns.of(s) for s in range(len(rows))] == [merge(downs) for _, downs in rows]


def test_only_intervals_of_held_units_concern_a_task():
    one = np.array([[4]], dtype=np.int64)
    intervals = Intervals(one, one + 3, np.array([[2]]))
    assert Downs([(intervals, 1)]).of(0) == []
    assert Downs([(intervals, 2)]).of(0) == [(4, 7)]
