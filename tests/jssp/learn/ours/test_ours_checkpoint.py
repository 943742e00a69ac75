"""Checkpoints: round trip, and every way in which a file can be wrong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from jssp.learn.ours.checkpoint import CheckpointError, load_checkpoint, save_checkpoint, shipped
from jssp.learn.ours.network import initial, view


def write(path: Path) -> Path:
    save_checkpoint(path, view(initial(4, 4, np.random.default_rng(0)), 4, 4), {"recipe": "test"})
    return path


def changed(path: Path, **fields: object) -> Path:
    with np.load(path) as data:
        content = {name: data[name] for name in data.files}
    for name, value in fields.items():
        if value is None:
            del content[name]
        else:
            content[name] = np.asarray(value)
    np.savez(path, **content)
    return path


def test_round_trip(tmp_path: Path) -> None:
    path = write(tmp_path / "deep" / "a.npz")
    found = load_checkpoint(path)
    assert found.provenance == {"recipe": "test"}
    assert found.network.widths == (4, 4)
    expected = initial(4, 4, np.random.default_rng(0))
    assert np.concatenate([array.ravel() for array in found.network]).tolist() == expected.tolist()
    assert json.loads(path.with_suffix(".json").read_text()) == {"recipe": "test"}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"version": 99}, "version 99, and this code reads 1"),
        ({"features": ["other"]}, "trained on other features"),
        ({"weights": np.zeros(3)}, "weights are damaged"),
        ({"widths": None}, "no widths in it"),
    ],
)
def test_wrong_content(tmp_path: Path, fields: dict[str, object], message: str) -> None:
    with pytest.raises(CheckpointError, match=message) as caught:
        load_checkpoint(changed(write(tmp_path / "a.npz"), **fields))
    assert "a.npz" in str(caught.value.where)
    assert caught.value.remedy


def test_weights_that_are_no_numbers(tmp_path: Path) -> None:
    path = write(tmp_path / "a.npz")
    with np.load(path) as data:
        weights = data["weights"].copy()
    weights[3] = np.nan
    with pytest.raises(CheckpointError, match="damaged"):
        load_checkpoint(changed(path, weights=weights))


def test_no_file_and_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no such file"):
        load_checkpoint(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(CheckpointError, match="no checkpoint"):
        load_checkpoint(tmp_path / "text.npz")
    (tmp_path / "empty.npz").write_bytes(b"")
    with pytest.raises(CheckpointError, match="no checkpoint"):
        load_checkpoint(tmp_path / "empty.npz")


def test_shipped_checkpoints_say_where_they_come_from() -> None:
    for name in ("ours", "control"):
        found = shipped(name)
        assert found.provenance["recipe"] == name
        for key in ("config", "seed", "code_version", "curve", "training_seconds", "trained_on"):
            assert key in found.provenance
        assert not any(part[:2] == "ta" and part[2:].isdigit() for part in found.provenance["trained_on"])
    assert shipped("control").provenance["parameters"] <= 200
    with pytest.raises(CheckpointError, match="no such file"):
        shipped("nothing")
