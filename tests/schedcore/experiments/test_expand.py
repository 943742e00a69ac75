"""From target, words and grid to trials."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from support.experiment import SMALL, config_folder

from schedcore.configdir import ConfigDir, find_config_dir
from schedcore.errors import InputError, UnknownNameError
from schedcore.experiments.config import skipped_charts
from schedcore.experiments.expand import Expansion, expand


@pytest.fixture
def configs(tmp_path) -> ConfigDir:
    return find_config_dir(config_folder(tmp_path / "configs"))


def table(found: Expansion) -> list[str]:
    """Instance, label and seed of every trial."""
    return [f"{p.config.instance} {p.method} {p.config.seed}" for p in found.points]


def small(folder: Path, *words: str, text: str = SMALL, **options) -> Expansion:
    return expand(find_config_dir(config_folder(folder / "configs", text)), "small", words, **options)


def grid_file(folder: Path, text: str) -> Path:
    path = folder / "grid.yaml"
    path.write_text(text, encoding="utf-8")
    return path


# ---- words on a domain ---------------------------------------------------------------------------


def test_the_sweep_of_the_manual(configs) -> None:
    words = ["solver=cpsat,lns,mwkr", "instance=ft06,ft10,la01", "seed=range(0,3)", "time_limit_s=2"]
    found = expand(configs, "jssp", words)
    assert len(found.points) == 27
    assert found.estimated_cpu_s == 54
    assert table(found)[:4] == ["ft06 cpsat 0", "ft06 cpsat 1", "ft06 cpsat 2", "ft10 cpsat 0"]
    assert table(found)[-1] == "la01 mwkr 2"
    assert found.points[0].factors == (("solver", "cpsat"),)
    assert {p.group for p in found.points} == {"jssp"}
    assert all(p.config.domain.name == "jssp" and p.config.time_limit_s == 2 for p in found.points)
    assert list(found.experiment.methods) == ["cpsat", "lns", "mwkr"]
    assert found.experiment.groups["jssp"].instances == ["ft06", "ft10", "la01"]
    assert found.experiment.seeds == [0, 1, 2]
    assert (found.name, found.title, found.notes) == ("jssp", "jssp", ())


def test_one_trial_and_what_is_not_said(configs) -> None:
    (point,) = expand(configs, "jssp", ["instance=ft06"]).points
    assert (point.config.solver.name, point.config.policy, point.config.seed) == ("auto", None, 0)
    assert (point.method, point.factors) == ("auto", ())


def test_classes_and_policies_are_methods(configs) -> None:
    found = expand(configs, "jssp", ["solver=support.my_solvers:Serial,spt", "instance=ft06"])
    assert table(found) == ["ft06 support.my_solvers:Serial 0", "ft06 spt 0"]
    found = expand(configs, "jssp", ["policy=spt,support.my_solvers:LowestTask", "instance=ft06"])
    assert [p.config.policy.name for p in found.points] == ["spt", "support.my_solvers:LowestTask"]
    assert all(p.config.solver is None for p in found.points)
    assert found.points[0].factors == (("policy", "spt"),)


def test_other_keys_that_vary_are_in_the_label(configs) -> None:
    words = ["solver=lns", "instance=ft06", "time_limit_s=1,2.5", "solver.parameters.parameters.first_size=20,40"]
    found = expand(configs, "jssp", words)
    assert [p.method for p in found.points] == [
        "lns time_limit_s=1 first_size=20",
        "lns time_limit_s=1 first_size=40",
        "lns time_limit_s=2.5 first_size=20",
        "lns time_limit_s=2.5 first_size=40",
    ]
    assert found.points[3].factors == (("time_limit_s", 2.5), ("solver.parameters.parameters.first_size", 40))
    assert found.points[3].config.solver.parameters == {"parameters": {"first_size": 40}}


def test_patterns_of_instances_and_methods(configs) -> None:
    found = expand(configs, "jssp", ["instance=glob(la0*)", "solver=glob([nondelay-m*,mw*])"])
    assert list(found.experiment.methods) == ["mwkr", "nondelay-mor", "nondelay-mwkr"]
    assert found.experiment.groups["jssp"].instances == [f"la0{i}" for i in range(1, 10)]


def test_quoted_values_and_lists(configs) -> None:
    words = ["instance='taillard:4x3:1',ft06", "data_dirs=[a,b],[c]", "settings={x:1}", "policy=null"]
    found = expand(configs, "jssp", words)
    assert [p.config.instance for p in found.points[::2]] == ["taillard:4x3:1", "ft06"]
    assert [p.config.data_dirs for p in found.points[:2]] == [("a", "b"), ("c",)]
    assert found.points[1].method == "auto data_dirs=[c]"
    assert found.points[0].config.settings == {"x": 1}


def test_duplicates_run_once_and_are_said(configs) -> None:
    found = expand(configs, "jssp", ["instance=ft06,ft06,la01", "solver=spt"])
    assert table(found) == ["ft06 spt 0", "la01 spt 0"]
    assert found.notes == ("1 trial is the same as another and runs once (the first: ft06 spt)",)
    found = expand(configs, "jssp", ["instance=ft06", "seed=1,1,1", "solver=spt"])
    assert found.notes == ("2 trials are the same as others and run once (the first: ft06 spt)",)


def test_seeds_and_samples(configs) -> None:
    words = ["instance=ft06,la01", "solver=spt,mwkr"]
    found = expand(configs, "jssp", words, seeds=5)
    assert [p.config.seed for p in found.points[:6]] == [0, 1, 2, 3, 4, 0]
    samples = [table(expand(configs, "jssp", words, seeds=5, sample=7, rng_seed=s)) for s in (0, 0, 1)]
    assert samples[0] == samples[1] != samples[2]
    assert len(samples[0]) == len(set(samples[0])) == 7
    assert [row for row in table(found) if row in samples[0]] == samples[0]
    more = expand(configs, "jssp", words, sample=99)
    assert (len(more.points), more.notes) == (4, ("a sample of 99 from 4 trials is all of them",))


# ---- words on an experiment ----------------------------------------------------------------------


def test_groups_methods_and_seeds(tmp_path) -> None:
    found = small(tmp_path, "seeds=[3,4]")
    assert table(found) == [
        "ft06 spt 3",
        "ft06 spt 4",
        "ft06 serial 3",
        "ft06 serial 4",
        "taillard:4x3:1 spt 3",
        "taillard:4x3:1 spt 4",
        "taillard:4x3:1 serial 3",
        "taillard:4x3:1 serial 4",
    ]
    assert found.title == "Small"
    assert {p.group for p in found.points} == {"shops"}
    assert found.points[2].config.solver.parameters == {"factor": 2.0}
    assert found.points[0].factors == (("method", "spt"),)
    assert found.experiment.groups["shops"].title == "Job shops"


def test_methods_have_their_own_limits_and_groups(tmp_path) -> None:
    words = [
        "methods.spt.time_limit_s=5",
        "methods.spt.workers=2",
        "+methods.spt.settings.a=1",
        "settings.b=2",
        "+groups.more={domain:jssp,instances:[la01]}",
        "methods.serial.groups=[more]",
    ]
    found = small(tmp_path, *words)
    assert table(found) == ["ft06 spt 0", "taillard:4x3:1 spt 0", "la01 spt 0", "la01 serial 0"]
    spt, serial = found.points[2].config, found.points[3].config
    assert (spt.time_limit_s, spt.workers, spt.settings) == (5, 2, {"b": 2, "a": 1})
    assert (serial.time_limit_s, serial.workers, serial.settings) == (1, 1, {"b": 2})


def test_words_that_vary_what_holds_for_all_methods(tmp_path) -> None:
    found = small(tmp_path, "time_limit_s=1,2", "groups.shops.instances=[ft06]")
    assert [p.method for p in found.points] == [
        "spt time_limit_s=1",
        "serial time_limit_s=1",
        "spt time_limit_s=2",
        "serial time_limit_s=2",
    ]
    assert found.points[0].factors == (("method", "spt"), ("time_limit_s", 1.0))


def test_a_key_of_one_method_leaves_the_others_alone(tmp_path) -> None:
    found = small(tmp_path, "methods.serial.parameters.factor=1.0,3.0", "groups.shops.instances=[ft06]")
    assert table(found) == ["ft06 spt 0", "ft06 serial factor=1 0", "ft06 serial factor=3 0"]
    assert [dict(p.factors)["methods.serial.parameters.factor"] for p in found.points] == [None, 1.0, 3.0]
    assert found.notes == ("1 trial is the same as another and runs once (the first: ft06 spt)",)


def test_words_win_over_groups_methods_and_seeds(tmp_path) -> None:
    assert table(small(tmp_path, "solver=lns", "seed=7")) == ["ft06 lns 7", "taillard:4x3:1 lns 7"]
    found = small(tmp_path, "instance=ft06,la02", "seeds=[1,2]", seeds=None)
    assert [p.config.instance for p in found.points[::4]] == ["ft06", "la02"]
    assert {p.group for p in found.points} == {"shops", "jssp"}
    assert table(small(tmp_path, "policy=spt", "instance=ft06")) == ["ft06 spt 0"]


def test_a_file_with_one_instance_and_method(tmp_path) -> None:
    text = (
        "defaults:\n  - override /domain: jssp\n  - override /solver: lns\n  - _self_\n"
        "instance: ft06\nseed: 3\ntitle: '${instance} with ${solver.name}'\n"
    )
    found = small(tmp_path, text=text)
    assert (table(found), found.title) == (["ft06 lns 3"], "ft06 with lns")
    assert table(small(tmp_path, "policy=spt", text=text)) == ["ft06 spt 3"]
    text = text.replace("/solver: lns", "/policy: spt").replace("solver.name", "policy.name")
    assert table(small(tmp_path, text=text)) == ["ft06 spt 3"]
    assert table(small(tmp_path, "solver=tabu", text=text)) == ["ft06 tabu 3"]


def test_files_of_groups_have_their_own_name_in_tables(tmp_path) -> None:
    folder = config_folder(tmp_path / "configs")
    (folder / "solver").mkdir()
    (folder / "solver" / "quick.yaml").write_text("name: lns\nparameters: {parameters.step_s: 0.1}\n")
    found = expand(find_config_dir(folder), "jssp", ["solver=lns,quick", "instance=ft06"])
    assert table(found) == ["ft06 lns 0", "ft06 quick 0"]
    assert [p.config.solver.name for p in found.points] == ["lns", "lns"]
    text = SMALL[: SMALL.index("methods:")] + "methods:\n  a: {solver: quick, parameters: {x: 1}}\n"
    found = small(tmp_path, text=text)
    assert found.points[0].config.solver.parameters == {"parameters.step_s": 0.1, "x": 1}


def test_patterns_in_groups(tmp_path) -> None:
    text = SMALL.replace('[ft06, "taillard:4x3:1"]', '["glob(ft*,la0[12])", "taillard:4x3:1"]')
    found = small(tmp_path, text=text)
    assert found.experiment.groups["shops"].instances == ["ft06", "ft10", "ft20", "la01", "la02", "taillard:4x3:1"]
    assert len(small(tmp_path, "instance=glob(ft*)").points) == 6


def test_different_trials_never_share_a_name(configs) -> None:
    words = ["instance=ft06", "solver={name:lns},{name:lns,parameters:{a:1}},{name:lns,parameters:{a:2}}"]
    assert [p.method for p in expand(configs, "jssp", words).points] == ["lns", "lns a=1", "lns a=2"]


def test_whole_sweep_keys(tmp_path) -> None:
    words = ["backend=process", "backend.slots=3", "retries=2", "fail_fast=true", "title=Mine", "gantt=[ft66,ft06]"]
    found = small(tmp_path, *words)
    whole = found.experiment
    assert (whole.backend.name, whole.backend.slots, whole.retries, whole.fail_fast) == ("process", 3, 2, True)
    assert (found.title, len(found.points)) == ("Mine", 4)
    (warning,) = skipped_charts(whole)
    assert warning.endswith("did you mean 'ft06'?")


# ---- grids ---------------------------------------------------------------------------------------


def test_grids(configs, tmp_path) -> None:
    text = """\
- product:
    solver: [lns, tabu]
    instance: [ft06, la01]
  zip:
    time_limit_s: [1, 10]
    workers: [2, 1]
  exclude:
    - {solver: tabu, time_limit_s: [10]}
- {policy: spt, instance: glob(ft*)}
"""
    found = expand(configs, "jssp", grid=grid_file(tmp_path, text))
    assert table(found) == [
        "ft06 lns time_limit_s=1 workers=2 0",
        "ft06 lns time_limit_s=10 workers=1 0",
        "la01 lns time_limit_s=1 workers=2 0",
        "la01 lns time_limit_s=10 workers=1 0",
        "ft06 tabu time_limit_s=1 workers=2 0",
        "la01 tabu time_limit_s=1 workers=2 0",
        "ft06 spt 0",
        "ft10 spt 0",
        "ft20 spt 0",
    ]
    assert dict(found.points[0].factors) == {"solver": "lns", "policy": None, "time_limit_s": 1.0, "workers": 2}
    assert dict(found.points[8].factors) == {"solver": None, "policy": "spt", "time_limit_s": 10.0, "workers": 1}


def test_words_win_over_a_grid_and_say_so(configs, tmp_path) -> None:
    file = grid_file(tmp_path, "instance: [ft06, la01]\nseed: range(0, 3)\n")
    found = expand(configs, "jssp", ["seed=9", "solver=spt"], grid=file)
    assert table(found) == ["ft06 spt 9", "la01 spt 9"]
    assert f"seed=9 wins over seed at {file}:2" in found.notes


def test_lists_in_grids(configs, tmp_path) -> None:
    file = grid_file(tmp_path, "list:\n- {instance: ft06, seed: [1, 2]}\n- {instance: la01}\n")
    assert table(expand(configs, "jssp", ["solver=spt"], grid=file)) == ["ft06 spt 1", "ft06 spt 2", "la01 spt 0"]


def test_an_exclusion_that_excludes_nothing_is_said(configs, tmp_path) -> None:
    file = grid_file(tmp_path, "product: {instance: [ft06, la01]}\nexclude:\n- {instance: ft10}\n")
    assert expand(configs, "jssp", grid=file).notes == (f"exclude at {file}:3 takes nothing away",)


# ---- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "what", "where", "remedy"),
    [
        ([], "which instance?", "instance", "give instance=NAME"),
        (["instance=ft06", "solver=cpsta"], "unknown solver 'cpsta'", "word 'solver=cpsta'", "did you mean 'cpsat'"),
        (["instance=ft06", "policy=sptt"], "unknown policy 'sptt'", "word 'policy=sptt'", "did you mean 'spt'"),
        (["instance=ft06", "solver.name=cpsta"], "unknown solver 'cpsta'", "word 'solver.name=cpsta'", "cpsat"),
        (["instance=ft06", "backend=rey"], "unknown backend 'rey'", "word 'backend=rey'", "did you mean 'ray'?"),
        (["domain=jssp"], "the domain is given twice", "word 'domain=jssp'", "leave the word away"),
        (["instance=ft06", "solver=3"], "3 is no solver", "word 'solver=3'", "write a name"),
        (["instance=ft06", "solver=lns", "policy=spt"], "two methods are given", "word 'policy=spt'", "one method"),
        (["instance=ft06", "sede=1"], "unknown key 'sede'", "word 'sede=1'", "did you mean 'seed'"),
        (["instance=ft06", "seed=one"], "'one' is not a whole number", "word 'seed=one'", "write a whole number"),
        (["instance=ft06", "seed=1,x"], "'x' is not a whole number", "word 'seed=1,x'", "write a whole number"),
        (["instance=ft06", "seed=-1"], "seed is -1", "word 'seed=-1'", "use at least 0"),
        (["instance=ft06", "time_limit_s=0,1"], "time_limit_s is 0.0", "word 'time_limit_s=0,1'", "use a number > 0"),
        (["instance=ft06", "time_limit_s=inf"], "time_limit_s is inf", "word 'time_limit_s=inf'", "use a number > 0"),
        (["instance=ft06", "deterministic_limit=-1"], "deterministic_limit is -1.0", "word", "use a number > 0"),
        (["instance=ft06", "timeout_s=0"], "timeout_s is 0.0", "word 'timeout_s=0'", "use a number > 0"),
        (["instance=ft06", "workers=0"], "workers is 0", "word 'workers=0'", "use at least 1"),
        (["instance=ft06", "gpus=-1"], "gpus is -1.0", "word 'gpus=-1'", "use at least 0"),
        (["instance=ft06", "memory_mb=0"], "memory_mb is 0", "word 'memory_mb=0'", "use at least 1"),
        (["instance=ft06", "backend=process,ray"], "backend holds for the whole sweep", "word", "give one value"),
        (["instance=ft06", "backend.slots=1,2"], "backend.slots holds for the whole sweep", "word", "give one value"),
        (["instance=ft06", "backend.slots=0"], "backend.slots is 0", "word 'backend.slots=0'", "use at least 1"),
        (["instance=ft06", "backend.grace_s=-1"], "backend.grace_s is -1.0", "word", "use seconds >= 0"),
        (["instance=ft06", "retries=-1"], "retries is -1", "word 'retries=-1'", "use at least 0"),
        (["instance=???"], "instance is ???", "word 'instance=???'", "give instance=..."),
        (["instance=ft06,???"], "instance is ???", "word 'instance=ft06,???'", "give a value"),
        (["instance=glob(zz*)"], "no name matches zz*", "word 'instance=glob(zz*)'", "known: "),
        (["seed=glob(1*)"], "glob(...) is for instances and groups", "word 'seed=glob(1*)'", "a choice or a range"),
        (["title='${nothing}'"], "Interpolation key 'nothing' not found", "title", "${a.b}"),
        (["instance=ft06", "seed=1,2", "~seed"], "'seed' is given twice", "word '~seed'", "give it once"),
        (["instance=ft06", "settings.a=1,2", "~settings"], "~settings takes away what", "word", "one of the two"),
        (["data_dirs=[a]", "instance=ft06", "data_dirs.3=x,y"], "no such place in a list", "data_dirs", "from 0"),
    ],
)
def test_words_that_make_no_sense(configs, words, what, where, remedy) -> None:
    with pytest.raises(InputError) as caught:
        expand(configs, "jssp", words)
    assert what in caught.value.what
    assert (caught.value.where or "").startswith(where)
    assert remedy in (caught.value.remedy or "")


@pytest.mark.parametrize(
    ("words", "what", "where", "remedy"),
    [
        (["time_limit_s=fast"], "'fast' is not a number", "word 'time_limit_s=fast'", "write a number"),
        (["methods.spt.sovler=x"], "unknown key 'methods.spt.sovler'", "word", "did you mean 'methods.spt.solver'"),
        (["methods.spt.workers=-1"], "workers is -1", "word 'methods.spt.workers=-1'", "use at least 1"),
        (["warm_up=maybe"], "'maybe' is not true or false", "word 'warm_up=maybe'", "true or false"),
        (["seeds=3"], "3 is not a list", "word 'seeds=3'", "write a list"),
        (["seeds=[1,1]"], "seeds are [1, 1]", "word 'seeds=[1,1]'", "different numbers"),
        (["seeds=[-1]"], "seeds are [-1]", "word 'seeds=[-1]'", "different numbers"),
        (["seeds=[1]", "seed=2"], "seed and seeds are both given", "word 'seed=2'", "one of them"),
        (["methods.spt.groups=[shops],[shps]"], "unknown group 'shps'", "word", "did you mean 'shops'?"),
        (["seeds=[0],[1,1]"], "seeds are [1, 1]", "word 'seeds=[0],[1,1]'", "different numbers"),
        (["methods.spt.groups=[shps]"], "unknown group 'shps'", "word", "did you mean 'shops'?"),
        (["methods.spt.solver=null"], "the method 'spt' needs a solver or a policy", "word", "one of the two"),
        (["methods.spt.policy=spt"], "the method 'spt' needs a solver or a policy", "word", "one of the two"),
        (["methods.spt.solver=cpsta"], "unknown solver 'cpsta'", "word 'methods.spt.solver=cpsta'", "'cpsat'"),
        (["+methods.new={policy:sptt}"], "unknown policy 'sptt'", "word", "did you mean 'spt'"),
        (["methods.spt=3"], "3 is not keys and values", "word 'methods.spt=3'", "write keys and values"),
        (["groups.shops.instances=[]"], "the group 'shops' has no instances", "word", "leave it away"),
        (["groups.shops.instances=[a,a]"], "instance 'a' occurs twice", "word", "name it once"),
        (["groups.shops.domain=jsp"], "unknown domain 'jsp'", "word 'groups.shops.domain=jsp'", "jssp"),
        (["groups.shops.instances=['glob(z*)']"], "no instance of jssp matches glob(z*)", "word", "known"),
        (["+groups.b={instances:[a]}"], "the key 'groups.b.domain' is missing", "word", "write domain: ..."),
        (["domain=jssp"], "both groups and domain are set", "word 'domain=jssp'", "groups name their own"),
        (["~methods.gone"], "unknown key 'methods.gone'", "word '~methods.gone'", "leave it away"),
        (["title=[1]"], "[1] is not text", "word 'title=[1]'", "write text"),
        (["solver=spt", "instance=[ft06,la01]"], "is not text", "word 'instance=", "brackets:  instance=ft06,la01"),
        (["solver=spt", "seed=0..3"], "'0..3' is not a whole", "word 'seed=0..3'", "written  seed='range(0,4)'"),
        (["title=???"], "title is ???, a value still to be given", "word 'title=???'", "give title=..."),
    ],
)
def test_words_that_do_not_fit_an_experiment(tmp_path, words, what, where, remedy) -> None:
    with pytest.raises(InputError) as caught:
        small(tmp_path, *words)
    assert what in caught.value.what
    assert (caught.value.where or "").startswith(where)
    assert remedy in (caught.value.remedy or "")


@pytest.mark.parametrize(
    ("change", "what", "line", "remedy"),
    [
        (("time_limit_s: 1", "time_limt_s: 1"), "unknown key 'time_limt_s'", 15, "did you mean 'time_limit_s'"),
        (("time_limit_s: 1", "time_limit_s: x"), "'x' is not a number", 15, "write a number"),
        (("time_limit_s: 1", "time_limit_s: -1"), "time_limit_s is -1.0", 15, "use a number > 0"),
        (("time_limit_s: 1", "time_limit_s: ???"), "time_limit_s is ???", 15, "give time_limit_s=..."),
        (("solver: nondelay-spt", "solver: nondelay-stp"), "unknown solver 'nondelay-stp'", 11, "nondelay-spt"),
        (("solver: nondelay-spt", "solvre: x"), "unknown key 'methods.spt.solvre'", 11, "did you mean 'solver'"),
        (("domain: jssp", "domain: jsp"), "unknown domain 'jsp'", 7, "jssp"),
        (("time_limit_s: 1", "solver: {name: lns}"), "both methods and solver are set", 15, "keep one of them"),
        (("time_limit_s: 1", "instance: ft06"), "both groups and instance are set", 15, "groups name their own"),
    ],
)
def test_mistakes_in_files_are_told_with_their_line(tmp_path, change, what, line, remedy) -> None:
    with pytest.raises(InputError) as caught:
        small(tmp_path, text=SMALL.replace(*change))
    assert what in caught.value.what
    assert f"small.yaml:{line}" in (caught.value.where or "")
    assert remedy in (caught.value.remedy or "")


def test_choices_that_a_file_would_undo_are_refused(tmp_path) -> None:
    text = "defaults:\n  - override /domain: jssp\n  - _self_\ninstance: ft06\nsolver: {name: lns}\n"
    assert table(small(tmp_path, text=text)) == ["ft06 lns 0"]
    with pytest.raises(InputError, match="solver=tabu has no effect") as caught:
        small(tmp_path, "solver=tabu", text=text)
    assert "small.yaml:5" in (caught.value.where or "")
    assert "override /solver: NAME" in (caught.value.remedy or "")
    assert table(small(tmp_path, "solver.name=tabu", text=text)) == ["ft06 tabu 0"]


def test_a_chosen_file_that_the_experiment_would_undo_is_refused(tmp_path) -> None:
    text = "defaults:\n  - override /domain: jssp\n  - _self_\ninstance: ft06\nsolver: {name: lns}\n"
    folder = config_folder(tmp_path / "configs", text)
    (folder / "solver").mkdir()
    (folder / "solver" / "quick.yaml").write_text("name: tabu\n")
    with pytest.raises(InputError, match="solver=quick has no effect"):
        expand(find_config_dir(folder), "small", ["solver=quick"])


def test_a_word_wins_over_the_backend_of_a_file(tmp_path) -> None:
    text = SMALL.replace("backend: {name: inline}\n", "") + "backend: {name: inline, slots: 3}\n"
    backend = small(tmp_path, "backend=process", text=text).experiment.backend
    assert (backend.name, backend.slots) == ("process", 3)
    (tmp_path / "configs" / "backend").mkdir()
    (tmp_path / "configs" / "backend" / "process.yaml").write_text("name: process\nslots: null\ngrace_s: 7\n")
    backend = small(tmp_path, "backend=process", "backend.slots=2").experiment.backend
    assert (backend.name, backend.slots, backend.grace_s) == ("process", 2, 7.0)


def test_a_file_of_a_group_is_no_name(tmp_path) -> None:
    folder = config_folder(tmp_path / "configs")
    (folder / "solver").mkdir()
    (folder / "solver" / "quick.yaml").write_text("name: lns\n")
    with pytest.raises(InputError, match="'quick' is a file of configs/solver") as caught:
        expand(find_config_dir(folder), "jssp", ["solver.name=quick", "instance=ft06"])
    assert "solver=quick" in (caught.value.remedy or "")


@pytest.mark.parametrize(
    ("text", "what", "line", "remedy"),
    [
        ("sede: [1]\n", "unknown key 'sede'", 1, "did you mean 'seed'"),
        ("prodct: {seed: [1]}\n", "unknown key 'prodct'", 1, "did you mean 'product'?"),
        ("cells: {seed: [1]}\n", "unknown key 'cells'", 1, "a block has product, zip, list, exclude; known: "),
        ("instance: ft06\nsolver: [cpsta]\n", "unknown solver 'cpsta'", 2, "did you mean 'cpsat'"),
        ("instance: ft06\nseed: [1, x]\n", "'x' is not a whole number", 2, "write a whole number"),
        ("instance: ft06\nbackend: [ray]\n", "backend holds for the whole sweep", 2, "give the word backend=..."),
        ("instance: ft06\ndomain: jssp\n", "the domain is given twice", 2, "leave it away in the grid"),
        ("product: {instance: ft06}\nexclude:\n- {instance: ft06}\n", "nothing is left of the block", 1, "exclude"),
    ],
)
def test_mistakes_in_grids_are_told_with_their_line(configs, tmp_path, text, what, line, remedy) -> None:
    with pytest.raises(InputError) as caught:
        expand(configs, "jssp", grid=grid_file(tmp_path, text))
    assert what in caught.value.what
    assert caught.value.where == f"{tmp_path}/grid.yaml:{line}"
    assert remedy in (caught.value.remedy or "")


def test_targets_and_options_that_make_no_sense(configs, tmp_path) -> None:
    with pytest.raises(UnknownNameError) as caught:
        expand(configs, "smal")
    assert caught.value.remedy == "did you mean 'small'?"
    with pytest.raises(InputError, match="0 seeds"):
        expand(configs, "jssp", ["instance=ft06"], seeds=0)
    with pytest.raises(InputError, match="seeds are given twice") as twice:
        expand(configs, "jssp", ["instance=ft06", "seed=1"], seeds=2)
    assert twice.value.where == "word 'seed=1'"
    with pytest.raises(InputError, match="seeds are given twice"):
        expand(configs, "jssp", grid=grid_file(tmp_path, "instance: ft06\nseed: [1]\n"), seeds=2)
    with pytest.raises(InputError, match="a sample of 0"):
        expand(configs, "jssp", ["instance=ft06"], sample=0)
    with pytest.raises(InputError, match="1001000 combinations"):
        expand(configs, "jssp", ["instance=ft06", "seed=range(0,1001)", "workers=range(1,1001)"])
    folder = config_folder(tmp_path / "other", "title: x\n")
    with pytest.raises(InputError, match="the names of which domain"):
        expand(find_config_dir(folder), "small", ["instance=glob(ft*)"])
    with pytest.raises(InputError, match="'ft06' of which domain"):
        expand(find_config_dir(folder), "small", ["instance=ft06"])


def test_ten_thousand_trials_are_expanded_in_time(configs) -> None:
    words = ["solver=cpsat,lns,tabu,mwkr,sgs", "instance=glob(la*)", "time_limit_s=1,10", "seed=range(0,25)"]
    expand(configs, "jssp", ["instance=ft06"])  # imports
    begin = time.process_time()
    assert len(expand(configs, "jssp", words).points) == 10_000
    assert time.process_time() - begin < 3


def test_charts_of_the_groups_that_are_left_are_drawn(tmp_path) -> None:
    """Parts of an experiment name charts of their own: a list of the whole would be replaced by the last of them."""
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "two.yaml").write_text(
        "groups:\n"
        "  a: {domain: jssp, instances: [ft06, ft10], gantt: [ft06]}\n"
        "  b: {domain: jssp, instances: [la01], gantt: [la01]}\n"
        "methods: {spt: {policy: spt}}\n"
        "gantt: [ft10]\n"
    )
    configs = ConfigDir(tmp_path, "test")
    assert expand(configs, "two").experiment.gantt == ["ft10", "ft06", "la01"]
    assert expand(configs, "two", ["instance=la01"]).experiment.gantt == ["ft10", "la01"]
