"""Workloads as a whole, and conversations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from llmserve.workload import Arrivals, Workload, conversations, find_law, make_workload
from schedcore.errors import InputError


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def test_same_seed_same_requests_and_lengths_do_not_depend_on_the_rate() -> None:
    one = make_workload("lmsys", requests=50, arrivals=Arrivals("poisson", 2.0), seed=7)
    two = make_workload("lmsys", requests=50, arrivals=Arrivals("poisson", 4.0), seed=7)
    other = make_workload("lmsys", requests=50, seed=8)
    assert (one.prompt_tokens == two.prompt_tokens).all()
    assert np.allclose(one.arrival_s, 2 * two.arrival_s)
    assert (one.prompt_tokens != other.prompt_tokens).any()
    assert other.offline
    assert not one.offline


def test_a_duration_bounds_arrivals() -> None:
    workload = make_workload("512-512", duration_s=100, arrivals=Arrivals("poisson", 5.0))
    assert workload.arrival_s.max() <= 100
    assert 400 < len(workload) < 600  # 500 expected, deviation 22


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "number of requests is not clear"),
        ({"requests": 5, "duration_s": 5.0}, "not clear"),
        ({"duration_s": 5.0}, "not clear"),
        ({"requests": 0}, "0 requests"),
        ({"duration_s": -1.0}, "duration of -1"),
        ({"duration_s": 1e-6, "arrivals": Arrivals("uniform", 1.0)}, "no request arrives"),
    ],
)
def test_unclear_numbers_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make_workload("512-512", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("prompt", "output", "arrival", "message"),
    [
        (ints(), ints(), [], "no requests"),
        (ints(5, 0), ints(5, 5), [0, 0], "request 1: prompt_tokens is 0"),
        (ints(5), ints(3_000_000), [0], "output_tokens is 3000000"),
        (ints(5), ints(5), [-1], "arrival at -1"),
        (ints(5), ints(5), [float("inf")], "arrival at inf"),
        (ints(5), ints(5, 6), [0], "output_tokens has 2 entries"),
    ],
)
def test_zero_and_absurd_numbers_are_refused(
    prompt: np.ndarray, output: np.ndarray, arrival: list[float], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        Workload("x", prompt, output, np.array(arrival))


def test_followers_come_later_and_contain_what_was_said() -> None:
    with pytest.raises(InputError, match="comes later"):
        Workload("x", ints(9, 9), ints(1, 1), np.zeros(2), follows=ints(1, -1))
    with pytest.raises(InputError, match="does not contain its text and answer \\(10 tokens\\)"):
        Workload("x", ints(9, 10), ints(1, 1), np.zeros(2), follows=ints(-1, 0))
    with pytest.raises(InputError, match="belong together"):
        Workload("x", ints(9), ints(1), np.zeros(1), prefix=ints(0))


def test_conversations_grow_round_by_round() -> None:
    chats = conversations(find_law("sharegpt"), 200, mean_rounds=3, think_s=5, seed=3)
    later = np.flatnonzero(chats.follows >= 0)
    assert 200 < len(chats) <= 900
    before = chats.follows[later]
    assert (chats.prompt_tokens[later] > chats.prompt_tokens[before] + chats.output_tokens[before]).all()
    assert (chats.prompt_tokens[later] + chats.output_tokens[later] <= 4096).all()
    assert not chats.offline
    with pytest.raises(InputError, match="0 conversations"):
        conversations(find_law("lmsys"), 0)
    with pytest.raises(InputError, match="thinking time -1"):
        conversations(find_law("lmsys"), 1, think_s=-1)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no file 'nowhere.csv'"):
        make_workload("nowhere.csv", data_dirs=(tmp_path,))
