"""The forecast against its definition."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from llmserve.serving import PeakForecast


def by_definition(lengths: list[int], page: int, p: int, d: int, prefilling: int) -> int:
    horizon = p + d + 2
    all_of_them = lengths + [p] * prefilling
    return max(sum(math.ceil((n + 1 + k) / page) for n in all_of_them if n + 1 + k < horizon) for k in range(horizon))


def test_a_worked_example() -> None:
    # p = 2, d = 3, pages of 2: H = 7.  One request with 4 tokens: 5 -> 3 pages, 6 -> 3, then it is gone.
    forecast = PeakForecast(2, 2, 3)
    forecast.add(0, 4)
    assert forecast.peak(0, 0) == 3
    # Two more in prefill, from 3 tokens on: 2, 2, 3, 3 pages; with the other 3 + 4, 3 + 4, 6, 6.
    assert forecast.peak(0, 2) == 7
    assert forecast.headroom_pages == 3.5  # (2 + 3 + 2) / 2


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.integers(1, 4),
    st.integers(1, 8),
    st.integers(1, 8),
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 20)), max_size=60),
)
def test_incremental_and_by_definition_agree(page: int, p: int, d: int, moves: list[tuple[int, int]]) -> None:
    forecast = PeakForecast(page, p, d)
    lengths: list[int] = []
    step = 0
    for kind, number in moves:
        if kind == 0:
            forecast.add(step, number)
            lengths.append(number)
        elif kind == 1 and lengths:
            forecast.remove(step, lengths.pop(number % len(lengths)))
        elif kind == 2:
            step += number
            lengths = [n + number for n in lengths]
        else:
            step += 1
            lengths = [n + 1 for n in lengths]
        assert forecast.peak(step, number % 3) == by_definition(lengths, page, p, d, number % 3)
