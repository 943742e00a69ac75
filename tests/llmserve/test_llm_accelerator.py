"""Accelerators by name."""

from __future__ import annotations

import dataclasses

import pytest

from llmserve.accelerator import ACCELERATORS, PAPER_ACCELERATORS, find_accelerator
from schedcore.errors import InputError, UnknownNameError


def test_spellings_of_the_a100() -> None:
    assert find_accelerator("A100-80GB") is find_accelerator("a100")
    assert find_accelerator("a100_40").memory_bytes == 40e9


def test_the_paper_keeps_its_own_h200() -> None:
    assert PAPER_ACCELERATORS["h200"].memory_bytes == 96e9
    assert ACCELERATORS["h200"].memory_bytes == 149.25e9
    assert len(PAPER_ACCELERATORS) == 13


def test_measured_rates_come_before_the_data_sheet() -> None:
    a100, v100 = ACCELERATORS["a100"], ACCELERATORS["v100"]
    assert (a100.best_flop_per_s, v100.best_flop_per_s) == (260e12, 125e12)
    assert a100.one_way_bytes_per_s == 300e9


def test_unknown_gpus_are_suggested() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'h100'"):
        find_accelerator("h10")


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_rates_are_positive(value: float) -> None:
    with pytest.raises(InputError, match="memory_bytes is"):
        dataclasses.replace(ACCELERATORS["a100"], memory_bytes=value)
