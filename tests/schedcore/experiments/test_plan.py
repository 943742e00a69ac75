"""Plans: trials with keys, instances at hand, mistakes found before anything runs."""

from __future__ import annotations

import time

import pytest
from support.experiment import SMALL, config_folder

from schedcore.configdir import ConfigDir, find_config_dir
from schedcore.errors import InputError, UnknownNameError
from schedcore.experiments.dry_run import cpu_hours_text, dry_run_data, dry_run_text
from schedcore.experiments.expand import expand
from schedcore.experiments.plan import Plan, dotted, make_plan


def planned(folder, *words: str, target: str = "jssp", text: str = SMALL, **options) -> Plan:
    return make_plan(expand(find_config_dir(config_folder(folder / "configs", text)), target, words, **options))


def test_trials_have_everything_that_was_decided(tmp_path) -> None:
    words = [
        "solver=lns,mwkr",
        "instance=ft06",
        "solver.parameters={b:[1,2],a:{x:1}}",
        "settings={z:1,y:2}",
        "seed=5",
        "time_limit_s=2",
        "deterministic_limit=3",
        "workers=2",
        "gpus=0.5",
        "memory_mb=100",
        "timeout_s=9",
        "data_dirs=[d]",
    ]
    with pytest.raises(UnknownNameError, match="unknown parameter"):
        planned(tmp_path, *words)
    words[2] = "solver.parameters.parameters.step_s=0.5"
    words[0] = "solver=lns"
    (trial,) = planned(tmp_path, *words).trials
    assert len(trial.key) == 24
    assert (trial.group, trial.domain, trial.instance, trial.method) == ("jssp", "jssp", "ft06", "lns")
    assert (trial.solver, trial.seed, trial.time_limit_s, trial.workers) == ("lns", 5, 2.0, 2)
    assert (trial.deterministic_limit, trial.gpus, trial.memory_mb, trial.timeout_s) == (3.0, 0.5, 100, 9.0)
    assert (trial.parameters, trial.data_dirs) == ((("parameters.step_s", 0.5),), ("d",))
    assert (trial.runner, trial.settings, trial.factors) == ("solve", (("y", 2), ("z", 1)), ())


def test_parameters_of_parameters_have_dots() -> None:
    assert dotted({"a": {"b": {"c": 1}, "d": {}}, "e": [2]}) == {"a.b.c": 1, "a.d": {}, "e": [2]}


def test_keys_tell_apart_what_decides_the_outcome(tmp_path) -> None:
    base = ("instance=ft06", "solver=lns")
    one = planned(tmp_path, *base).trials[0].key
    for word in ("seed=1", "time_limit_s=1", "workers=2", "solver.parameters.parameters.step_s=1"):
        assert planned(tmp_path, *base, word).trials[0].key != one
    assert planned(tmp_path, "instance=ft10", "solver=lns").trials[0].key != one
    for word in ("title=other", "backend=process", "retries=3", "timeout_s=99"):
        assert planned(tmp_path, *base, word).trials[0].key == one


def test_policies_run_as_the_solvers_that_carry_them_out(tmp_path) -> None:
    (trial,) = planned(tmp_path, "policy=packer", "policy.parameters.breadth=2", "instance=ft06").trials
    assert (trial.solver, trial.parameters) == ("packer", (("policy.breadth", 2),))
    (trial,) = planned(tmp_path, "policy=support.my_solvers:LowestTask", "instance=ft06").trials
    assert trial.solver == "support.my_solvers:LowestTask"
    with pytest.raises(InputError, match="is a solver and no policy") as caught:
        planned(tmp_path, "policy=support.my_solvers:Serial", "instance=ft06")
    assert caught.value.remedy == "give it as solver=support.my_solvers:Serial"


def test_one_instance_under_two_names_runs_once(tmp_path) -> None:
    from jssp.adapter import to_problem
    from jssp.standard import standard_instance
    from schedcore.io import write_problem

    write_problem(to_problem(standard_instance("ft06")), tmp_path / "ft06.json")
    (tmp_path / "sub").mkdir()
    write_problem(to_problem(standard_instance("ft06")), tmp_path / "sub" / "ft06.json")
    found = planned(tmp_path, f"instance={tmp_path}/ft06.json,{tmp_path}/sub/ft06.json", "solver=spt")
    assert len(found.trials) == 1
    assert found.notes == ("1 trial is the same as another under another name of its instance, and runs once",)


@pytest.mark.parametrize(
    ("words", "what", "where"),
    [
        (("instance=ft66", "solver=spt"), "unknown instance 'ft66'", "word 'instance=ft66'"),
        (("instance=ft06,la0*", "solver=spt"), "unknown instance 'la0*'", "word 'instance=ft06,la0*'"),
        (("instance=ft06", "solver=lns", "solver.parameters.x=1"), "unknown parameter 'x'", "word 'solver.para"),
        (("instance=ft06", "policy=packer", "policy.parameters.bredth=1"), "unknown parameter 'bredth'", "word 'pol"),
        (("instance=ft06", "solver=lns", "solver.parameters.parameters.step_s=a"), "'a'", "word 'solver.para"),
        (("instance=ft06", "domain.runner=slove"), "unknown runner 'slove'", "word 'domain.runner=slove'"),
        (("instance=progen:30", "solver=spt"), "not of the form", "word 'instance=progen:30'"),
        (("instance=ft06", "solver=no.such:Thing"), "no module named 'no'", "word 'solver=no.such:Thing'"),
        (("instance=ft06", "solver=json:JSONDecoder"), "neither a solver nor a policy", "word 'solver=json:JSON"),
        (
            ("instance=ft06", "solver=lns", "solver.parameters={step_s:1,parameters:{step_s:2}}"),
            "given twice",
            "word 'solver.parameters={",
        ),
    ],
)
def test_mistakes_are_found_before_anything_runs(tmp_path, words, what, where) -> None:
    with pytest.raises(InputError) as caught:
        planned(tmp_path, *words)
    assert what in caught.value.what
    assert (caught.value.where or "").startswith(where)


def test_dry_run(tmp_path) -> None:
    words = ("solver=cpsat,lns,mwkr", "instance=ft06,ft10,la01", "seed=range(0,3)", "time_limit_s=2")
    found = planned(tmp_path, *words)
    lines = dry_run_text(found).splitlines()
    assert lines[0].split() == ["group", "instance", "method", "seed", "limit", "s", "workers"]
    assert lines[2].split() == ["jssp", "ft06", "cpsat", "0", "2", "1"]
    assert lines[-2:] == [
        "27 trials: 3 methods, 3 instances, 3 seeds",
        "at most 54 CPU seconds: time limits times workers",
    ]
    data = dry_run_data(found, done={found.trials[0].key})
    assert (data["count"], data["done"], data["at_most_s"]) == (27, 1, 52.0)
    assert data["cpu_hours_at_most"] == round(52 / 3600, 6)
    assert (data["methods"], data["instances"], data["seeds"]) == (
        ["cpsat", "lns", "mwkr"],
        ["ft06", "ft10", "la01"],
        [0, 1, 2],
    )
    assert data["trials"][0]["done"]
    assert data["trials"][1]["factors"] == {"solver": "cpsat"}
    text = dry_run_text(found, done={found.trials[0].key})
    assert text.splitlines()[2].endswith("done")
    assert "1 done, 26 to go" in text


def test_long_tables_are_cut_and_times_are_told_in_their_unit(tmp_path) -> None:
    found = planned(tmp_path, "solver=spt", "instance=ft06", seeds=60)
    assert "... 20 more; --json has them all" in dry_run_text(found)
    assert cpu_hours_text(0.01) == "36 CPU seconds"
    assert cpu_hours_text(8) == "8.0 CPU hours"
    assert cpu_hours_text(12345.6) == "12,346 CPU hours"


def test_ten_thousand_keys_are_quick(tmp_path) -> None:
    expansion = expand(
        find_config_dir(config_folder(tmp_path / "configs")), "jssp", ["solver=spt,mwkr", "instance=ft06"], seeds=5000
    )
    make_plan(expansion)  # the code version is read once per process
    begin = time.process_time()
    assert len({trial.key for trial in make_plan(expansion).trials}) == 10_000
    assert time.process_time() - begin < 2


def test_policies_of_a_domain_are_methods(tmp_path, monkeypatch) -> None:
    import dataclasses

    import schedcore.registry as registry
    from schedcore.experiments.choices import registered

    own = dataclasses.replace(registry.get_domain("jssp"), policies={"lowest": "support.my_solvers:LowestTask"})
    monkeypatch.setattr(registry, "load_registered", lambda group, name: own)
    registered.cache_clear()
    try:
        for word in ("policy=lowest", "solver=lowest"):
            (trial,) = planned(tmp_path, word, "instance=ft06").trials
            assert (trial.solver, trial.method) == ("lowest", "lowest")
    finally:
        registered.cache_clear()


def test_a_prefix_that_goes_without_saying_makes_no_other_trial(tmp_path) -> None:
    common = ("instance=ft06", "seed=1")
    short = planned(tmp_path, *common, "solver=lns", "solver.parameters.step_s=0.5").trials
    long = planned(tmp_path, *common, "solver=lns", "solver.parameters.parameters.step_s=0.5").trials
    assert (short[0].key, short[0].parameters) == (long[0].key, (("parameters.step_s", 0.5),))
    as_solver = planned(tmp_path, *common, "solver=packer", "solver.parameters.breadth=4").trials
    as_policy = planned(tmp_path, *common, "policy=packer", "policy.parameters.breadth=4").trials
    assert (as_solver[0].key, as_solver[0].parameters) == (as_policy[0].key, (("policy.breadth", 4),))


def test_mistakes_in_a_file_name_their_line(tmp_path) -> None:
    """Of an experiment: the line of the parameter, of the method, of the instances."""
    (tmp_path / "experiment").mkdir()
    file = tmp_path / "experiment" / "mine.yaml"
    text = (
        "# @package _global_\ngroups:\n  a:\n    domain: jssp\n    instances: [ft06]\n"
        "methods:\n  wide: {policy: packer, parameters: {bredth: 5}}\n"
    )
    file.write_text(text)
    configs = ConfigDir(tmp_path, "test")
    with pytest.raises(UnknownNameError, match="unknown parameter 'bredth'") as caught:
        make_plan(expand(configs, "mine", ["time_limit_s=1,2"]))
    assert caught.value.where == f"{file}:7"
    assert caught.value.remedy == "did you mean 'breadth'?"
    file.write_text(text.replace("ft06", "ft66").replace("bredth", "breadth"))
    with pytest.raises(UnknownNameError, match="unknown instance 'ft66'") as caught:
        make_plan(expand(configs, "mine", []))
    assert caught.value.where == f"{file}:5"
    file.write_text(text.replace("policy: packer", "solver: nowhere.at.all:Thing"))
    with pytest.raises(UnknownNameError, match="no module named 'nowhere'") as caught:
        make_plan(expand(configs, "mine", []))
    assert caught.value.where == f"{file}:7"
