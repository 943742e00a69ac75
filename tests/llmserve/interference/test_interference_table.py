"""R -> P tables."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmserve.interference import PAPER, PAPER_TEXT, REPOSITORY, Interference, find_interference
from llmserve.interference.table import Stream
from schedcore.errors import InputError, UnknownNameError


def test_printed_columns() -> None:
    assert [PAPER.speed(Stream.GEMV, r) for r in (0.1, 0.2, 0.8, 0.9, 1.0)] == [0.2, 0.3, 0.85, 0.95, 1.0]
    assert PAPER.speed(Stream.GEMV, 0.5) == pytest.approx(0.575)  # not printed: interpolated
    assert PAPER_TEXT.speed(Stream.GEMV, 0.4) == pytest.approx(0.8)
    assert REPOSITORY.speed(Stream.NETWORK, 0.75) == pytest.approx(0.95)


def test_exchange_rates() -> None:
    assert PAPER.exchange(Stream.GEMV, 0.2) == pytest.approx(2 / 3)
    assert PAPER.exchange(Stream.NETWORK, 0.1) == pytest.approx(1 / 3)
    assert REPOSITORY.exchange(Stream.GEMM, 0.7) == pytest.approx(1.0)


@given(
    st.sampled_from([PAPER, PAPER_TEXT, REPOSITORY]), st.sampled_from(list(Stream)), st.floats(0, 1), st.floats(0, 1)
)
@settings(max_examples=60, deadline=None)
def test_more_share_is_never_slower_and_never_beats_alone(table, stream, a, b) -> None:
    low, high = sorted((a, b))
    assert 0 <= table.speed(stream, low) <= table.speed(stream, high) <= 1


def test_curves_round_rates_down() -> None:
    points = dict(REPOSITORY.curve(Stream.GEMV).points)
    assert points[100] == 250
    assert points[1000] == 1000
    fine = dict(PAPER.curve(Stream.NETWORK, 20).points)
    assert fine[150] == 400
    with pytest.raises(InputError, match="steps is 7"):
        PAPER.curve(Stream.GEMV, 7)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (((0.0, 0.5),), "between 0 and 1"),
        (((0.2, 1.5),), "above 0, at most 1"),
        (((0.3, 0.5), (0.2, 0.6)), "shares must increase"),
        (((0.2, 0.5), (0.3, 0.4)), "speeds must not fall"),
        ((), "between 0 and 1"),
    ],
)
def test_bad_points_are_refused(rows, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Interference("mine", {Stream.GEMV: rows, Stream.NETWORK: ((0.1, 0.2),)})


def test_streams_and_names() -> None:
    with pytest.raises(InputError, match="no points for network"):
        Interference("mine", {Stream.GEMV: ((0.1, 0.2),)})
    with pytest.raises(UnknownNameError, match="did you mean 'repository'"):
        find_interference("repositry")
    with pytest.raises(InputError, match="outside 0..1"):
        PAPER.speed(Stream.GEMV, 1.5)
