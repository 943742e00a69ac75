"""Configurations on the command line: ``info GROUP=NAME``, ``list configs``, dry runs, completion."""

from __future__ import annotations

import click
import pytest
from support.experiment import config_folder

from schedcore.cli.completing import complete_word

WORDS = ("solver=cpsat,lns,mwkr", "instance=ft06,ft10,la01", "seed=range(0,3)", "time_limit_s=2")


def test_the_sweep_of_the_manual_has_27_trials(sched) -> None:
    ran = sched("sweep", "jssp", *WORDS, "--dry-run")
    assert ran.code == 0, ran.err
    assert "27 trials: 3 methods, 3 instances, 3 seeds\n" in ran.out
    data = sched("sweep", "jssp", *WORDS, "--dry-run", "--json").json()["data"]
    assert (data["count"], len(data["trials"])) == (27, 27)
    assert len({trial["key"] for trial in data["trials"]}) == 27


def test_info_of_configurations(sched, tmp_path, monkeypatch) -> None:
    folder = config_folder(tmp_path / "configs")
    monkeypatch.chdir(tmp_path)
    ran = sched("info", "experiment=small", "time_limit_s=5")
    assert ran.out.startswith("experiment small  (configs/experiment/small.yaml)\n")
    assert "word 'time_limit_s=5'" in ran.out
    data = sched("info", "solver=cpsat", "--json", "--config-dir", str(folder)).json()["data"]
    assert (data["kind"], data["name"], data["file"]) == ("solver", "cpsat", None)
    assert data["values"][0]["place"] == "registered solver"


def test_info_of_instances_is_as_before(sched) -> None:
    assert sched("info", "jssp", "ft06").out.startswith("ft06\n")
    ran = sched("info", "experiment=quikstart")
    assert (ran.code, "did you mean 'quickstart'?" in ran.err) == (2, True)
    assert sched("info", "solver=").code == 2


def test_list_of_configurations(sched, tmp_path) -> None:
    folder = config_folder(tmp_path / "configs", name="jssp/small")
    (folder / "solver").mkdir()
    (folder / "solver" / "quick.yaml").write_text("name: lns\n")
    rows = sched("list", "configs", "--config-dir", str(folder), "--json").json()["data"]["items"]
    shown = [(row["group"], row["name"], bool(row["file"])) for row in rows]
    assert shown[0] == ("experiment", "jssp/small", True)
    assert ("solver", "quick", True) in shown
    assert ("backend", "ray", False) in shown
    rows = sched("list", "configs", "jssp", "--config-dir", str(folder), "--json").json()["data"]["items"]
    assert [row["name"] for row in rows] == ["jssp/small"]


def test_grids_seeds_and_samples(sched, tmp_path) -> None:
    grid = tmp_path / "grid.yaml"
    grid.write_text("solver: [spt, mwkr]\ninstance: glob(la0*)\n")
    data = sched("sweep", "jssp", "--grid", str(grid), "--seeds", "2", "--sample", "5", "--dry-run", "--json").json()
    assert data["data"]["count"] == 5
    grid.write_text("solver: [spt\n")
    ran = sched("sweep", "jssp", "--grid", str(grid), "--dry-run")
    assert (ran.code, f"where: {grid}:" in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("incomplete", "expected"),
    [
        ("time_l", ["time_limit_s="]),
        ("sol", ["solver="]),
        ("solver=cps", ["solver=cpsat"]),
        ("solver=lns,tab", ["solver=lns,tabu"]),
        ("backend=r", ["backend=ray"]),
        ("instance=ft", ["instance=ft06", "instance=ft10", "instance=ft20"]),
        ("seed=", []),
        ("nothing", []),
    ],
)
def test_words_complete(tmp_path, incomplete, expected) -> None:
    context = click.Context(click.Command("sweep"))
    context.params = {"target": "jssp", "config_dir": config_folder(tmp_path / "configs")}
    assert [item.value for item in complete_word(context, incomplete)] == expected
    context.params["config_dir"] = tmp_path / "nowhere"
    assert complete_word(context, "solver=x") == []


def test_the_shell_is_told() -> None:
    from schedcore.cli.sweep import sweep

    parameter = next(item for item in sweep.params if item.name == "overrides")
    context = click.Context(sweep)
    context.params = {"target": "jssp"}
    assert [item.value for item in parameter.shell_complete(context, "polic")] == ["policy="]
