"""``sched list``, ``sched doctor``, ``sched completion`` and ``--version``."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from support.toy import install_toy

from schedcore import __version__, registry


def test_domains_are_listed(sched, toy_domain) -> None:
    items = sched("list", "--json").json()["data"]["items"]
    toy = next(item for item in items if item["name"] == "toy")
    assert toy == {
        "name": "toy",
        "summary": "Two blocks.",
        "instances": 2,
        "suites": ["broken", "figures", "sleepy", "warning"],
    }
    assert "Two blocks." in sched("list").out


def test_instances_are_listed(sched, toy_domain) -> None:
    items = sched("list", "instances", "toy", "--json").json()["data"]["items"]
    assert items == [{"domain": "toy", "name": "one"}, {"domain": "toy", "name": "two"}]
    everything = sched("list", "instances", "--json").json()["data"]["items"]
    assert all(item in everything for item in items)


def test_suites_are_listed(sched, toy_domain) -> None:
    items = sched("list", "suites", "toy", "--json").json()["data"]["items"]
    assert {"domain": "toy", "name": "figures", "summary": "Three figures."} in items


def test_experiments_are_those_of_the_configuration(sched, tmp_path) -> None:
    folder = tmp_path / "mine"
    (folder / "experiment" / "jssp").mkdir(parents=True)
    (folder / ".sched-configs").touch()
    for name in ("quick.yaml", "jssp/taillard.yaml", "_base.yaml"):
        (folder / "experiment" / name).touch()
    data = sched("list", "experiments", "--config-dir", str(folder), "--json").json()["data"]
    assert [item["name"] for item in data["items"]] == ["jssp/taillard", "quick"]


def test_list_of_nothing_says_so(sched, tmp_path) -> None:
    (tmp_path / ".sched-configs").touch()
    assert sched("list", "experiments", "--config-dir", str(tmp_path)).out == "no experiments\n"


@pytest.fixture
def broken_domain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = install_toy(tmp_path / "site", entry="toy_sched_gone:domain")
    monkeypatch.syspath_prepend(str(folder))
    registry._entry_points.cache_clear()
    yield folder
    registry._entry_points.cache_clear()


def test_broken_domain_does_not_hide_the_others(sched, broken_domain) -> None:
    ran = sched("list", "--json")
    assert ran.code == 0
    assert "domain 'toy' cannot be loaded" in ran.json()["warnings"][0]
    assert sched("list", "domains", "toy").code == 2


def test_doctor_names_the_broken_domain(sched, broken_domain) -> None:
    ran = sched("doctor", "--json")
    assert ran.code == 2
    checks = {check["name"]: check for check in ran.json()["data"]["checks"]}
    assert checks["domain toy"]["status"] == "fail"
    assert checks["domain toy"]["detail"] == "no module named 'toy_sched_gone'"
    assert "checks failed: domain toy" in ran.err


def test_doctor_is_content_here(sched, toy_domain) -> None:
    ran = sched("doctor", "--json")
    assert ran.code == 0, ran.out
    data = ran.json()["data"]
    assert data["ok"]
    names = [check["name"] for check in data["checks"]]
    assert {"python", "installation", "torch build", "domain toy", "configuration", "processors", "disk"} <= set(names)
    assert "2 instances, 4 suites" in sched("doctor").out


def test_doctor_reports_a_wrong_configuration_folder(sched, tmp_path) -> None:
    ran = sched("doctor", "--config-dir", str(tmp_path))
    assert ran.code == 2
    assert "fail  configuration" in ran.out
    assert "lacks the file .sched-configs" in ran.out


def test_doctor_imports_libraries_in_processes_of_their_own() -> None:
    from schedcore.cli import checkup

    good = checkup._import("json")
    assert good.status == "ok"
    bad = checkup._import("no_such_library")
    assert bad.status == "fail"
    assert bad.detail == "ModuleNotFoundError: No module named 'no_such_library'"


def test_doctor_compiles_the_kernels() -> None:
    from schedcore.cli import checkup

    check = checkup._kernels()
    assert check.status == "ok"
    assert "cpsat " in check.detail


def test_kernels_that_do_not_compile_are_told(monkeypatch) -> None:
    from schedcore.cli import checkup
    from schedcore.experiments import warm_up

    def broken():
        raise RuntimeError("no cache")

    monkeypatch.setattr(warm_up, "compile_kernels", broken)
    check = checkup._kernels()
    assert (check.status, check.detail) == ("fail", "RuntimeError: no cache")
    assert "NUMBA_CACHE_DIR" in (check.remedy or "")


def test_granted_processors_are_at_least_one() -> None:
    from schedcore.cli.checkup import granted_cpus

    assert granted_cpus() >= 1


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script_is_printed(sched, shell) -> None:
    ran = sched("completion", shell)
    assert ran.code == 0
    assert "_SCHED_COMPLETE" in ran.out


def test_completion_script_is_valid_bash(sched) -> None:
    subprocess.run(["bash", "-n"], input=sched("completion", "bash").out, text=True, check=True)


def test_unknown_shell_is_suggested(sched) -> None:
    assert "did you mean 'bash'?" in sched("completion", "bahs").err


@pytest.mark.parametrize(
    ("words", "index", "expected"),
    [
        ("sched be", 1, {"bench"}),
        ("sched bench to", 2, {"toy"}),
        ("sched list ins", 2, {"instances"}),
        ("sched bench --su", 2, {"--suite"}),
        ("sched solve to", 2, {"toy"}),
        ("sched solve toy o", 3, {"one"}),
        ("sched validate a.json to", 3, {"toy"}),
        ("sched run quickst", 2, {"quickstart"}),
        ("sched --ve", 1, {"--verbose", "--version"}),
    ],
)
def test_completion_answers(sched_process, toy_domain, words, index, expected) -> None:
    ran = sched_process(env={"_SCHED_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(index)})
    assert {line.partition(",")[2] for line in ran.out.splitlines()} == expected


def test_version_tells_what_results_depend_on(sched) -> None:
    data = sched("--version", "--json").json()["data"]
    assert data["version"] == __version__
    assert set(data["libraries"]) == {"numpy", "scipy", "ortools", "torch", "ray"}
    assert sched("--version").out.startswith(f"sched {__version__}")
