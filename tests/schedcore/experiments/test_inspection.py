"""Where the values of a configuration come from."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.experiment import config_folder

from schedcore.configdir import ConfigDir, find_config_dir
from schedcore.errors import InputError, UnknownNameError
from schedcore.experiments.inspection import inspect, inspection_text, is_config_word

FILE = """\
# @package _global_
defaults:
  - _base
  - override /solver: quick
  - _self_
title: Mine
instance: ft06
seed: ${oc.env:MY_SEED}
description: "seed ${seed}"
data_dirs:
  - one
  - two
"""


@pytest.fixture
def configs(tmp_path, monkeypatch) -> ConfigDir:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MY_SEED", "17")
    folder = config_folder(tmp_path / "configs", FILE, "mine")
    for name, text in (
        ("experiment/_base.yaml", "# @package _global_\ntime_limit_s: 4\ntitle: Base\n"),
        ("solver/quick.yaml", "name: lns\nparameters:\n  parameters: {step_s: 0.5}\n"),
        ("policy/wide.yaml", "name: packer\nparameters: {breadth: 5}\n"),
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return find_config_dir(folder)


def test_every_value_of_an_experiment_has_an_origin(configs) -> None:
    found = inspect(configs, ["experiment=mine", "workers=3", "backend=process"])
    origins = {source.key: (source.value, source.origin, source.place) for source in found.sources}
    file = "configs/experiment/mine.yaml"
    assert origins["title"] == ("Mine", "file", f"{file}:6")
    assert origins["time_limit_s"] == (4.0, "file", "configs/experiment/_base.yaml:2")
    assert origins["seed"] == (17, "environment", f"MY_SEED, by {file}:8")
    assert origins["description"] == ("seed 17", "file", f"{file}:9: seed ${{seed}}")
    assert origins["data_dirs[1]"] == ("two", "file", f"{file}:12")
    assert origins["workers"] == (3, "word", "word 'workers=3'")
    assert origins["backend.name"] == ("process", "word", "word 'backend=process'")
    assert origins["solver.name"] == ("lns", "file", "configs/solver/quick.yaml:1")
    assert origins["solver.parameters.parameters.step_s"] == (0.5, "file", "configs/solver/quick.yaml:3")
    assert origins["gpus"] == (0.0, "default", "default")
    assert (found.kind, found.name, found.file) == ("experiment", "mine", file)
    assert found.as_dict()["values"][0] == {"key": "title", "value": "Mine", "origin": "file", "place": f"{file}:6"}


def test_text_shows_what_was_set_first(configs) -> None:
    lines = inspection_text(inspect(configs, ["experiment=mine"])).splitlines()
    assert lines[0] == "experiment mine  (configs/experiment/mine.yaml)"
    assert lines[1].split() == ["key", "value", "from"]
    assert lines[3].split() == ["title", "Mine", "configs/experiment/mine.yaml:6"]
    (row,) = [line for line in lines if line.startswith("data_dirs")]
    assert row.split() == ["data_dirs", "[one,", "two]", "configs/experiment/mine.yaml:11", "to", "12"]
    assert lines[-1].split() == ["fail_fast", "false", "default"]


def test_methods_show_their_parameters(configs) -> None:
    found = inspect(configs, ["solver=quick", "solver.parameters.parameters.first_size=9"])
    shown = {source.key.removeprefix("solver."): (source.value, source.place) for source in found.sources}
    assert shown["parameters.parameters.step_s"] == (0.5, "configs/solver/quick.yaml:3")
    assert shown["parameters.parameters.first_size"] == (9, "word 'solver.parameters.parameters.first_size=9'")
    assert shown["parameters.floor"] == (0.05, "default of LnsSolver")
    found = inspect(configs, ["policy=wide"])
    assert ("policy.parameters.breadth", 5) in [(source.key, source.value) for source in found.sources]


def test_names_without_a_file(configs) -> None:
    for words, place in (
        (["solver=cpsat"], "registered solver"),
        (["domain=jssp"], "registered domain"),
        (["backend=ray"], "registered backend"),
        (["solver=support.my_solvers:Serial"], "class of your own"),
    ):
        found = inspect(configs, words)
        assert found.file is None
        assert found.sources[0].place == place


def test_words_that_name_a_configuration() -> None:
    words = ["experiment=x", "solver=a", "policy=a", "domain=a", "backend=a"]
    assert all(map(is_config_word, words))
    assert not any(map(is_config_word, ["jssp", "seed=1", "solver", "solver=", "./solver=a", "ft06"]))


@pytest.mark.parametrize(
    ("words", "what", "where", "remedy"),
    [
        (["experiment=mien"], "unknown experiment 'mien'", "experiment", "did you mean 'mine'?"),
        (["solver=quik"], "unknown solver 'quik'", "word 'solver=quik'", "did you mean 'quick'?"),
        (["experiment=mine", "seed=1,2"], "seed=1,2 is a sweep", "word 'seed=1,2'", "--dry-run"),
        (["experiment=mine", "sede=1"], "unknown key 'sede'", "word 'sede=1'", "did you mean 'seed'"),
        (["experiment=mine", "seed=x"], "'x' is not a whole number", "word 'seed=x'", "a whole number"),
        (["experiment=mine", "solver=lsn"], "unknown solver 'lsn'", "solver", "did you mean 'lns'"),
        (["solver=cpsat", "solver.parameters.x=1"], "unknown parameter 'x'", "word 'solver.parameters.x=1'", "known: "),
        (["policy=pkg:Class"], "no module named 'pkg'", "word 'policy=pkg:Class'", "PYTHONPATH"),
        (["solver=json:JSONDecoder"], "neither a solver nor a policy", "word 'solver=json:JSONDecoder'", "solve()"),
        (["policy=cpsat"], "unknown policy 'cpsat'", "word 'policy=cpsat'", "cpsat is a solver:  solver=cpsat"),
    ],
)
def test_mistakes(configs, words, what, where, remedy) -> None:
    with pytest.raises((InputError, UnknownNameError)) as caught:
        inspect(configs, words)
    assert what in caught.value.what
    assert where in (caught.value.where or "")
    assert remedy in (caught.value.remedy or "")


def test_a_variable_that_is_not_set(configs, monkeypatch) -> None:
    monkeypatch.delenv("MY_SEED")
    with pytest.raises(InputError, match="MY_SEED") as caught:
        inspect(configs, ["experiment=mine"])
    assert caught.value.remedy


def test_paths_outside_of_the_working_directory(configs, monkeypatch) -> None:
    monkeypatch.chdir("/")
    found = inspect(configs, ["experiment=mine"])
    assert found.file is not None
    assert Path(found.file).is_absolute() or found.file.startswith("tmp")
