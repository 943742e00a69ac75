"""Profiles in files: what is written is read; what is malformed is refused with its place."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from llmserve.interference import REPOSITORY
from llmserve.profile.files import MachineProfile, profile_from_dict, profile_to_dict, read_profile, write_profile
from llmserve.profile.published import LLAMA_70B_TP8_A100
from schedcore.errors import FormatError, InputError

PROFILE = MachineProfile(LLAMA_70B_TP8_A100, REPOSITORY)


def test_json_and_csv_keep_the_durations(tmp_path: Path) -> None:
    for suffix in (".json", ".csv"):
        path = tmp_path / f"profile{suffix}"
        write_profile(PROFILE, path)
        back = read_profile(path)
        assert dict(back.times.tables) == dict(LLAMA_70B_TP8_A100.tables)
        assert back.times.attention == LLAMA_70B_TP8_A100.attention
        assert (back.interference is None) == (suffix == ".csv")
    whole = read_profile(tmp_path / "profile.json")
    assert profile_to_dict(whole) == profile_to_dict(PROFILE)


def test_one_gpu_needs_no_network_points() -> None:
    data = profile_to_dict(PROFILE)
    del data["interference"]["network"]
    found = profile_from_dict(data)
    assert found.interference is not None
    assert found.interference.points["network"] == REPOSITORY.points["network"]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("schema",), "llmserve.profile/9", "schema is 'llmserve.profile/9'"),
        (("colour",), 1, "unknown key 'colour'"),
        (("operations",), [], "operations is a list"),
        (("operations", "UG"), [[1]], r"\[1\] is no pair"),
        (("operations", "UG"), [], "no list of pairs"),
        (("operations", "UG"), [[640, 0.1], [128, 0.2]], "numbers that increase"),
        (("operations", "UG"), [[640, -0.1]], "a duration of UG is -0.1"),
        (("operations", "UG"), [[640, "x"]], "'x' is no finite number"),
        (("operations", "XY"), [[640, 0.1]], "unknown operation 'XY'"),
        (("decode attention", "seconds"), 3, "seconds is no list of rows"),
        (("decode attention", "contexts"), [512], "the table is not"),
        (("interference",), [], "no object with lists"),
        (("interference", "gemm"), [[0.1, 0.1]], "unknown stream 'gemm'"),
        (("interference", "gemv"), [[0.2, 0.5], [0.3, 0.4]], "speeds must not fall"),
    ],
)
def test_malformed_json(path: tuple[str, ...], value: object, message: str) -> None:
    data = copy.deepcopy(profile_to_dict(PROFILE))
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(FormatError, match=message):
        profile_from_dict(data)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n", ":1: the header is"),
        ("operation,tokens,context,seconds\nUG,1\n", ":2: 2 columns"),
        ("operation,tokens,context,seconds\nUG,one,,1\n", ":2: 'one' is no number"),
        ("operation,tokens,context,seconds\nUG,inf,,1\n", ":2: 'inf' is not finite"),
        ("operation,tokens,context,seconds\nUG,1,,1\n", "no grid of 0 x 0"),
        (
            "operation,tokens,context,seconds\ndecode attention,1,1,1\ndecode attention,2,2,1\n",
            "2 rows of decode attention are no grid of 2 x 2",
        ),
        ("operation,tokens,context,seconds\nUG,1,,0\ndecode attention,1,1,1\n", "a duration of UG is 0"),
    ],
)
def test_malformed_csv(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "p.csv"
    path.write_text(text)
    with pytest.raises(FormatError, match=message):
        read_profile(path)


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_profile(tmp_path / "none.json")
    path = tmp_path / "p.json"
    path.write_text("{")
    with pytest.raises(FormatError, match=r"p\.json:1: is no JSON"):
        read_profile(path)
    path.write_text(json.dumps([1]))
    with pytest.raises(FormatError, match="is no JSON object"):
        read_profile(path)
