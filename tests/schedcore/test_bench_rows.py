"""Rows of a bench: what counts as agreement."""

from __future__ import annotations

import pytest

from schedcore.bench import BenchRow, Sense
from schedcore.errors import InputError


@pytest.mark.parametrize(
    ("ours", "sense", "within"),
    [
        (10.0, Sense.EQUAL, True),
        (10.5, Sense.EQUAL, True),
        (9.4, Sense.EQUAL, False),
        (10.6, Sense.AT_MOST, False),
        (0.0, Sense.AT_MOST, True),
        (9.5, Sense.AT_LEAST, True),
        (9.4, Sense.AT_LEAST, False),
        (99.0, Sense.AT_LEAST, True),
    ],
)
def test_sense_and_tolerance(ours: float, sense: Sense, within: bool) -> None:
    assert BenchRow("x", "y", ours, 10.0, source="s", tolerance=0.5, sense=sense).within is within


def test_without_reference_there_is_no_verdict() -> None:
    assert BenchRow("x", "y", 1.0).within is None


def test_reference_needs_a_source() -> None:
    with pytest.raises(InputError, match="a reference without a source"):
        BenchRow("x", "y", 1.0, 1.0)


def test_tolerance_is_not_negative() -> None:
    with pytest.raises(InputError, match="tolerance -1 is negative"):
        BenchRow("x", "y", 1.0, 1.0, source="s", tolerance=-1)
