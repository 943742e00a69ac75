"""The search order of the configuration folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from schedcore.configdir import MARKER, find_config_dir
from schedcore.errors import InputError, UnknownNameError


def make(folder: Path, *experiments: str) -> Path:
    folder.mkdir(parents=True)
    (folder / MARKER).touch()
    for name in experiments:
        file = folder / "experiment" / f"{name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return folder


def test_flag_then_variable_then_upward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flag, variable = make(tmp_path / "flag"), make(tmp_path / "variable")
    upward = make(tmp_path / "clone" / "configs")
    deep = tmp_path / "clone" / "a" / "b"
    deep.mkdir(parents=True)
    monkeypatch.setenv("SCHED_CONFIG_DIR", str(variable))
    assert find_config_dir(flag, start=deep).path == flag
    found = find_config_dir(start=deep)
    assert (found.path, found.found_by) == (variable, "SCHED_CONFIG_DIR")
    monkeypatch.delenv("SCHED_CONFIG_DIR")
    found = find_config_dir(start=deep)
    assert (found.path, found.found_by) == (upward, "working directory")


def test_folder_of_that_name_without_the_marker_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    assert find_config_dir(start=tmp_path).path != tmp_path / "configs"


def test_wrong_flag_or_variable_is_an_error_not_a_fallback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="--config-dir: .*nowhere' is not a folder"):
        find_config_dir(tmp_path / "nowhere")
    monkeypatch.setenv("SCHED_CONFIG_DIR", str(tmp_path))
    with pytest.raises(InputError, match="SCHED_CONFIG_DIR: .*lacks the file .sched-configs"):
        find_config_dir()


def test_outside_a_clone_the_installed_copy_is_used(tmp_path: Path) -> None:
    assert find_config_dir(start=tmp_path).found_by in {"clone", "wheel"}


def test_no_place_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from schedcore import configdir

    monkeypatch.setattr(configdir, "__file__", str(tmp_path / "x" / "y" / "configdir.py"))
    with pytest.raises(InputError, match="no configuration folder found"):
        find_config_dir(start=tmp_path)


def test_experiments_are_found_and_near_misses_suggested(tmp_path: Path) -> None:
    found = find_config_dir(make(tmp_path / "c", "quickstart", "jssp/taillard", "_defaults"))
    assert found.experiments() == ("jssp/taillard", "quickstart")
    assert found.experiment_file("quickstart").name == "quickstart.yaml"
    with pytest.raises(UnknownNameError, match="unknown experiment 'quikstart'.*did you mean 'quickstart'"):
        found.experiment_file("quikstart")
