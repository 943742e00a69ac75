"""Composing with Hydra: files, groups, names without a file, errors in our words."""

from __future__ import annotations

from pathlib import Path

import pytest
from omegaconf import OmegaConf
from support.experiment import SMALL, config_folder

from schedcore.configdir import ConfigDir, find_config_dir
from schedcore.errors import InputError, UnknownNameError
from schedcore.experiments.choices import file_of, is_registered, options, registered
from schedcore.experiments.compose import Composer, leaves


def configs(folder: Path, text: str = SMALL, **files: str) -> ConfigDir:
    found = find_config_dir(config_folder(folder, text))
    for name, content in files.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return found


def composed(found: ConfigDir, *words: str, experiment: str | None = "small", **choices: str):
    with Composer(found, experiment) as composer:
        return OmegaConf.to_container(composer.compose(choices, list(words)), resolve=True)


def test_file_and_words(tmp_path) -> None:
    plain = composed(configs(tmp_path), "++time_limit_s=3", "~methods.serial")
    assert (plain["title"], plain["time_limit_s"], list(plain["methods"])) == ("Small", 3, ["spt"])


def test_package_header_may_be_missing_or_another(tmp_path) -> None:
    for header in ("", "# @package somewhere.else\n"):
        text = SMALL.replace("# @package _global_\n", header)
        plain = composed(configs(tmp_path, text), "++methods.spt.workers=2")
        assert plain["methods"]["spt"] == {"solver": "nondelay-spt", "workers": 2}


def test_experiments_in_folders_and_their_defaults(tmp_path) -> None:
    text = "# @package _global_\ndefaults:\n  - _base\n  - _self_\ntitle: Other\n"
    found = configs(tmp_path, experiment__sub__inner=text, experiment__sub___base=SMALL)
    plain = composed(found, experiment="sub/inner")
    assert (plain["title"], list(plain["methods"])) == ("Other", ["spt", "serial"])
    assert found.names("experiment") == ("small", "sub/inner")


def test_choices_from_files_names_and_references(tmp_path) -> None:
    found = configs(tmp_path, solver__quick="name: lns\nparameters: {a: 1}\n", solver__sub__other="name: tabu\n")
    assert composed(found, solver="quick")["solver"] == {"name": "lns", "parameters": {"a": 1}}
    assert composed(found, solver="sub/other")["solver"] == {"name": "tabu"}
    assert composed(found, solver="cpsat")["solver"] == {"name": "cpsat"}
    reference = "support.my_solvers:Serial"
    assert composed(found, solver=reference, experiment=None) == {"solver": {"name": reference}}
    assert composed(found, domain="jssp", backend="process", policy="spt", experiment=None) == {
        "domain": {"name": "jssp"},
        "policy": {"name": "spt"},
        "backend": {"name": "process"},
    }


def test_a_file_chooses_under_its_defaults(tmp_path) -> None:
    text = "# @package _global_\ndefaults:\n  - override /solver: mwkr\n  - _self_\ntime_limit_s: 1\n"
    assert composed(configs(tmp_path, text)) == {"solver": {"name": "mwkr"}, "time_limit_s": 1}
    assert composed(configs(tmp_path, text), solver="lns")["solver"] == {"name": "lns"}


def test_what_may_be_chosen(tmp_path) -> None:
    found = configs(tmp_path, solver__quick="name: lns\n")
    assert options(found, "solver")[0] == "quick"
    assert {"cpsat", "spt", "nondelay-spt"} <= set(registered("solver"))
    assert {"spt", "packer"} <= set(registered("policy"))
    assert "cpsat" not in registered("policy")
    assert registered("backend") == ("auto", "inline", "process", "ray")
    assert "jssp" in registered("domain")
    assert file_of(found, "solver", "quick") == tmp_path / "solver" / "quick.yaml"
    assert file_of(found, "solver", "lns") is None
    assert not is_registered(found, "solver", "quick")
    with pytest.raises(UnknownNameError) as caught:
        is_registered(found, "solver", "quik")
    assert caught.value.remedy == "did you mean 'quick'?"


def test_hydras_state_is_given_back(tmp_path) -> None:
    from hydra.core.config_store import ConfigStore
    from hydra.core.global_hydra import GlobalHydra

    before = dict(ConfigStore.instance().repo)
    with pytest.raises(UnknownNameError):
        composed(configs(tmp_path), solver="nothing")
    assert ConfigStore.instance().repo == before
    assert not GlobalHydra.instance().is_initialized()


def test_a_group_file_by_itself(tmp_path) -> None:
    text = "name: lns\nparameters: {a: 1}\n"
    found = configs(tmp_path, solver__quick=text, solver__sub__other=text)
    with Composer(found) as composer:
        assert composer.group_file("solver", "quick") == {"name": "lns", "parameters": {"a": 1}}
        assert composer.group_file("solver", "sub/other") == {"name": "lns", "parameters": {"a": 1}}
        assert composer.group_file("solver", "cpsat") == {"name": "cpsat"}


def test_leaves() -> None:
    data = {"a": {"b": 1, "c": []}, "d": [2, {"e": 3}], "f": {}}
    assert dict(leaves(data)) == {"a.b": 1, "a.c": [], "d[0]": 2, "d[1].e": 3, "f": {}}


@pytest.mark.parametrize(
    ("text", "what", "where", "remedy"),
    [
        ("a: [1, 2\nb: 3\n", "expected ',' or ']'", "small.yaml:2", "correct the file"),
        ("a: 1\na: 2\n", "found duplicate key a", "small.yaml:2", "correct the file"),
        ("defaults: [{override /solver: cpsta}]\n", "unknown solver 'cpsta'", "small.yaml", "did you mean 'cpsat'"),
        ("defaults: [nothing]\n", "unknown experiment 'nothing'", "small.yaml", "known: small"),
        (
            "title: ${now:%Y}\n",
            "title is '${now:%Y}': the resolver 'now' does not work here",
            "small.yaml:1",
            "results",
        ),
        (
            "a: 1\nsettings:\n  run: x ${hydra:job.name}\n",
            "settings.run is 'x ${hydra:job.name}': the resolver 'hydra'",
            "small.yaml:3",
            "write the value",
        ),
        ("- a\n- b\n", "", "small.yaml", "configuration.md"),
    ],
)
def test_broken_files_name_their_place(tmp_path, text, what, where, remedy) -> None:
    with pytest.raises(InputError) as caught:
        composed(configs(tmp_path, text))
    assert what in caught.value.what
    assert (caught.value.where or "").endswith(where)
    assert remedy in (caught.value.remedy or "")


def test_a_deleted_key_must_be_there(tmp_path) -> None:
    with pytest.raises(UnknownNameError) as caught:
        composed(configs(tmp_path), "~methods.gone")
    assert caught.value.what == "unknown key 'methods.gone'"
    assert (caught.value.where, caught.value.remedy) == ("word '~methods.gone'", "leave it away")


def test_unknown_experiment_is_suggested(tmp_path) -> None:
    with pytest.raises(UnknownNameError, match="smal") as caught:
        Composer(configs(tmp_path), "smal")
    assert caught.value.remedy == "did you mean 'small'?"
