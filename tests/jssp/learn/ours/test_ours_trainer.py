"""Training: it learns, it resumes exactly, and it refuses bad settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jssp.learn.ours import recipe
from jssp.learn.ours.checkpoint import load_checkpoint
from jssp.learn.ours.control import ControlConfig, parameter_count, train_control
from jssp.learn.ours.instances import TRAINING, VALIDATION, draw
from jssp.learn.ours.trainer import OursConfig, advantages, train
from schedcore.errors import InputError, UnknownNameError
from schedcore.training import Trainer, TrainOptions

SMALL = {
    "hidden": 8,
    "updates": 6,
    "batch": 2,
    "samples": 8,
    "keep": 4,
    "validate_every": 2,
    "validation": 1,
    "largest": 150,
}


def weights(path: Path) -> list[float]:
    return [float(value) for array in load_checkpoint(path).network for value in array.ravel()]


def test_training_reports_learns_and_resumes_exactly(tmp_path: Path) -> None:
    rows: list[Mapping[str, Any]] = []
    whole = train(SMALL, tmp_path / "whole", report=rows.append).out / "ours.npz"
    assert [row["update"] for row in rows] == [0, 2, 4, 6]
    assert rows[-1]["greedy_taillard"] < rows[0]["greedy_taillard"]
    assert load_checkpoint(whole).provenance["config"]["hidden"] == 8

    class Interrupted(Exception):
        pass

    def interrupt(row: Mapping[str, Any]) -> None:
        if row["update"] == 4:
            raise Interrupted

    with pytest.raises(Interrupted):
        train(SMALL, tmp_path / "parts", report=interrupt)
    with pytest.raises(InputError, match="a training is here already"):
        train(SMALL, tmp_path / "parts")
    with pytest.raises(InputError, match="other settings"):
        train({**SMALL, "seed": 2}, tmp_path / "parts", resume=True)
    again = train(SMALL, tmp_path / "parts", resume=True).out / "ours.npz"
    assert weights(again) == weights(whole)


def test_start_from_a_checkpoint_and_imitate(tmp_path: Path) -> None:
    first = train({**SMALL, "updates": 0}, tmp_path / "first").out / "ours.npz"
    rows: list[Mapping[str, Any]] = []
    settings = {**SMALL, "updates": 0, "start": str(first), "imitation": 17, "imitation_rounds": 2, "imitation_size": 4}
    train({**settings, "imitation_limit_s": 20.0, "updates": 0}, tmp_path / "second", report=rows.append)
    assert [row["stage"] for row in rows] == ["imitation", "imitation", "training"]
    with pytest.raises(InputError, match="set hidden to match"):
        train({**settings, "hidden": 9}, tmp_path / "third")


def test_self_labelling_runs(tmp_path: Path) -> None:
    train({**SMALL, "updates": 2, "signal": "best", "entropy": 0.01}, tmp_path / "best")


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"hiden": 3}, UnknownNameError),
        ({"hidden": 0}, InputError),
        ({"samples": 1}, InputError),
        ({"keep": 99}, InputError),
        ({"updates": -1}, InputError),
        ({"average": 1.0}, InputError),
        ({"signal": "bset"}, UnknownNameError),
        ({"family": "open"}, UnknownNameError),
        ({"learning_rate": "fast"}, InputError),
    ],
)
def test_settings_are_checked(settings: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        OursConfig.of(settings)


def test_advantages() -> None:
    makespans = np.array([10.0, 12.0, 14.0, 12.0])
    group = advantages(makespans, "group", 4)
    assert group.sum() == pytest.approx(0)
    assert group[0] == pytest.approx(np.sqrt(2) / 4)  # (12 - 10) / sqrt(2) / 4
    assert np.count_nonzero(advantages(makespans, "group", 2)) == 2
    assert advantages(makespans, "best", 4).tolist() == [1, 0, 0, 0]
    assert advantages(np.full(3, 7.0), "group", 2).tolist() == [0, 0, 0]


def test_training_and_validation_never_share_an_instance() -> None:
    rng = np.random.default_rng(0)
    names = {draw(TRAINING, rng).name for _ in range(30)}
    assert len(names) == 30
    assert not names & {c.instance(seed).name for c in VALIDATION for seed in range(4)}


def test_the_control_is_small_and_trains(tmp_path: Path) -> None:
    assert parameter_count() <= 200
    assert train_control(ControlConfig(seconds=1.0, instances=2, population=6), tmp_path) >= 1
    path = tmp_path / "control.npz"
    found = load_checkpoint(path)
    assert found.provenance["parameters"] == parameter_count()
    assert np.isfinite(weights(path)).all()


def test_recipes_of_the_command(tmp_path: Path) -> None:
    lines: list[tuple[int, int, str]] = []
    words = {key: str(value) for key, value in {**SMALL, "updates": 2}.items()}
    options = TrainOptions(tmp_path / "ours", seed=3, overrides=words, progress=lambda *line: lines.append(line))
    told = recipe.ours.train(options)
    assert (told["updates"], told["of"]) == (2, 2)
    assert load_checkpoint(Path(told["checkpoint"])).provenance["seed"] == 3
    assert lines[-1][:2] == (2, 2)
    assert (tmp_path / "ours" / "curve.png").stat().st_size > 1000
    stopped = recipe.ours.train(TrainOptions(tmp_path / "stop", overrides=words, should_stop=lambda: True))
    assert stopped["updates"] == 0
    assert recipe.ours.train(TrainOptions(tmp_path / "stop", resume=True, overrides=words))["updates"] == 2
    small = {"seconds": "0.5", "instances": "2", "population": "6"}
    told = recipe.control.train(TrainOptions(tmp_path / "control", overrides=small))
    assert Path(told["checkpoint"]).exists()
    with pytest.raises(InputError, match="not resumed"):
        recipe.control.train(TrainOptions(tmp_path / "control", resume=True))
    for method in (recipe.ours, recipe.control):
        assert isinstance(method, Trainer)
        with pytest.raises(InputError, match="write --seed 4"):
            method.train(TrainOptions(tmp_path / "x", overrides={"seed": "4"}))
    with pytest.raises(InputError, match="population"):
        recipe.control.train(TrainOptions(tmp_path / "x", overrides={"population": "1"}))


@pytest.mark.parametrize(("family", "kind"), [("flexible", "brandimarte"), ("project", "progen")])
def test_other_families_train_by_the_same_code(tmp_path: Path, family: str, kind: str) -> None:
    rows: list[Mapping[str, Any]] = []
    train({**SMALL, "family": family, "updates": 10, "validate_every": 10}, tmp_path, report=rows.append)
    assert rows[-1][f"greedy_{kind}"] < rows[0][f"greedy_{kind}"]
    inputs = load_checkpoint(tmp_path / "ours.npz").inputs
    assert inputs == ("project" if family == "project" else "shop")
    other = "job" if family == "project" else "project"
    with pytest.raises(InputError, match="set family to match"):
        train({**SMALL, "family": other, "start": str(tmp_path / "ours.npz")}, tmp_path / "next")
