"""Composing and checking the configuration of an experiment."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.experiment import SMALL, config_folder

from schedcore.configdir import find_config_dir
from schedcore.errors import InputError, UnknownNameError
from schedcore.experiments.compose import compose_experiment
from schedcore.experiments.config import skipped_charts


def composed(folder: Path, *words: str, text: str = SMALL):
    return compose_experiment(find_config_dir(config_folder(folder, text)), "small", words)


def test_file_is_read_with_its_order_and_defaults(tmp_path) -> None:
    config = composed(tmp_path)
    assert (config.title, config.time_limit_s, config.workers, config.seeds) == ("Small", 1.0, 1, [0])
    assert list(config.methods) == ["spt", "serial"]
    assert config.methods["serial"].parameters == {"factor": 2.0}
    assert config.groups["shops"].instances == ["ft06", "taillard:4x3:1"]


def test_words_change_add_and_delete(tmp_path) -> None:
    config = composed(
        tmp_path,
        "time_limit_s=0.5",
        "methods.spt.workers=2",
        "seeds=[1,2]",
        "+methods.mor.solver=nondelay-mor",
        "~methods.serial",
        "groups.shops.instances=[ft06]",
        "backend=inline",
    )
    assert (config.time_limit_s, config.seeds) == (0.5, [1, 2])
    assert list(config.methods) == ["spt", "mor"]
    assert config.methods["spt"].workers == 2


def test_package_header_may_be_missing(tmp_path) -> None:
    text = SMALL.replace("# @package _global_\n", "")
    assert composed(tmp_path, "time_limit_s=3", text=text).time_limit_s == 3
    folder = config_folder(tmp_path, text, "sub/inner")
    assert compose_experiment(find_config_dir(folder), "sub/inner").title == "Small"


def test_defaults_list_of_hydra_works(tmp_path) -> None:
    config_folder(tmp_path, SMALL, "_base")
    text = "# @package _global_\ndefaults:\n  - _base\n  - _self_\ntitle: Other\n"
    config = composed(tmp_path, text=text)
    assert (config.title, config.workers, list(config.methods)) == ("Other", 1, ["spt", "serial"])


@pytest.mark.parametrize(
    ("word", "what", "remedy"),
    [
        ("time_limt_s=1", "unknown key 'time_limt_s'", "did you mean 'time_limit_s'?"),
        ("methods.spt.sovler=x", "unknown key 'methods.spt.sovler'", "did you mean 'solver'?"),
        ("~methods.gone", "unknown key 'methods.gone'", "leave it away"),
    ],
)
def test_unknown_keys_are_refused(tmp_path, word, what, remedy) -> None:
    with pytest.raises(UnknownNameError) as caught:
        composed(tmp_path, word)
    assert (caught.value.what, caught.value.remedy) == (what, remedy)


@pytest.mark.parametrize(
    ("word", "what"),
    [
        ("time_limit_s=fast", "'fast' is not a number"),
        ("time_limit_s=true", "True is not a number"),
        ("time_limit_s=0", "the time limit is 0.0"),
        ("time_limit_s=inf", "the time limit is inf"),
        ("workers=1.5", "1.5 is not a whole number"),
        ("workers=0", "workers is 0"),
        ("methods.spt.workers=-1", "workers is -1"),
        ("warm_up=maybe", "'maybe' is not true or false"),
        ("seeds=3", "3 is not a list"),
        ("seeds=[]", "the experiment has no seeds"),
        ("seeds=[1,1]", r"seeds are \[1, 1\]"),
        ("seeds=[-1]", r"seeds are \[-1\]"),
        ("methods.spt.groups=[shps]", "unknown group 'shps'"),
        ("methods.spt=3", "3 is not keys and values"),
        ("groups=3", "3 is not keys and values"),
        ("groups.shops.instances=[]", "the experiment has no instances"),
        ("+methods.a.parameters={b:1}", "the key 'methods.a.solver' is missing"),
        ("title=[1]", r"\[1\] is not text"),
        ("title=${nothing}", "nothing"),
        ("title=???", r"title is \?\?\?, a value still to be given"),
        ("seeds=[1,", "no viable alternative"),
    ],
)
def test_wrong_values_are_refused(tmp_path, word, what) -> None:
    with pytest.raises(InputError, match=what) as caught:
        composed(tmp_path, word)
    assert caught.value.remedy
    assert caught.value.where


def test_near_misses_of_names_in_the_configuration(tmp_path) -> None:
    (warning,) = skipped_charts(composed(tmp_path, "gantt=[ft66,ft06]"))
    assert warning.endswith("did you mean 'ft06'?")
    with pytest.raises(InputError) as caught:
        composed(tmp_path, "methods.spt.groups=[shps]")
    assert caught.value.remedy == "did you mean 'shops'?"


def test_empty_methods(tmp_path) -> None:
    with pytest.raises(InputError, match="the experiment has no methods"):
        composed(tmp_path, "~methods")


def test_unknown_experiment_is_suggested(tmp_path) -> None:
    with pytest.raises(UnknownNameError) as caught:
        compose_experiment(find_config_dir(config_folder(tmp_path)), "smal")
    assert caught.value.remedy == "did you mean 'small'?"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a: [1, 2\nb: 3\n", "expected"),
        ("time_limit_s: 1\nunknwon: 2\n", "unknown key"),
        ("# @package _global_\nmethods: {a: {solver: [1]}}\n", "is not text"),
    ],
)
def test_broken_files_name_their_place(tmp_path, text, what) -> None:
    with pytest.raises(InputError, match=what) as caught:
        composed(tmp_path, text=text)
    assert "small.yaml" in (caught.value.where or "")


def test_yaml_error_has_a_line(tmp_path) -> None:
    with pytest.raises(InputError) as caught:
        composed(tmp_path, text="a: 1\nb: [1, 2\nc: 3\n")
    assert (caught.value.where or "").endswith("small.yaml:3")


def test_shipped_experiments_are_whole(project_root) -> None:
    from schedcore.experiments.plan import make_plan

    configs = find_config_dir(project_root / "configs")
    for name in configs.experiments():
        plan = make_plan(name, compose_experiment(configs, name))
        assert plan.trials


def test_quickstart_is_what_it_promises(project_root) -> None:
    config = compose_experiment(find_config_dir(project_root / "configs"), "quickstart")
    assert len(config.groups["classic"].instances) == 20
    generated = config.groups["generated"].instances
    assert [name.partition(":")[0] for name in generated] == ["brandimarte", "progen"]
    assert len(config.methods) >= 4
