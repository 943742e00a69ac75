"""``sched run``: experiments."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.command import environment
from support.experiment import SMALL, config_folder


@pytest.fixture
def small(sched, tmp_path, monkeypatch):
    """Run the small experiment in a folder of its own."""
    configs = config_folder(tmp_path / "configs")
    monkeypatch.chdir(tmp_path)

    def run(*words: str):
        return sched("run", "small", "--config-dir", str(configs), *words)

    return run


def test_tables_and_files(small, tmp_path) -> None:
    ran = small()
    assert ran.code == 0, ran.err
    assert "Job shops\ninstance        tasks  best known" in ran.out
    assert "ft06               36          55  88 +60.0%  197 +258.2%\n" in ran.out
    assert "report  runs/small/report.html" in ran.out
    assert "[1/4] ft06 spt: 88 (+60.0%) feasible" in ran.err
    for name in ("results.json", "results.csv", "results.md", "report.html", "gantt/ft06.png", "gantt/ft06.html"):
        assert (tmp_path / "runs" / "small" / name).is_file()


def test_second_run_resumes_and_says_so(small) -> None:
    first, second = small("--json"), small("--json")
    assert "4 of 4 trials are in runs/small; nothing to run (--fresh starts over)" in second.err
    data, again = first.json()["data"], second.json()["data"]
    assert (data["ran"], data["resumed"]) == (4, 0)
    assert (again["ran"], again["resumed"]) == (0, 4)
    assert again["rows"] == data["rows"]


def test_outputs_are_left_alone_when_nothing_changed(small, tmp_path) -> None:
    small()
    report = tmp_path / "runs" / "small" / "report.html"
    before = report.stat().st_mtime_ns
    small()
    assert report.stat().st_mtime_ns == before
    report.unlink()
    small()
    assert report.is_file()


def test_fresh_starts_over(small) -> None:
    small()
    assert small("--fresh", "--json").json()["data"]["ran"] == 4


def test_changed_words_run_what_is_new(small) -> None:
    small()
    ran = small("+methods.mor.solver=nondelay-mor", "--json")
    assert ran.json()["data"]["ran"] == 2
    assert "4 of 6 trials are in runs/small; 2 to go" in ran.err


def test_dry_run_runs_nothing(small, tmp_path) -> None:
    ran = small("--dry-run")
    assert ran.out.splitlines()[2].split() == ["shops", "ft06", "spt", "0", "1", "1"]
    assert ran.out.splitlines()[-2:] == [
        "4 trials: 2 methods, 2 instances, 1 seed",
        "at most 4 CPU seconds: time limits times workers",
    ]
    assert not (tmp_path / "runs").exists()
    assert len(small("--dry-run", "--json").json()["data"]["trials"]) == 4


def test_failed_trials_are_told(small) -> None:
    words = ("methods.serial.solver=support.my_solvers:Crashing", "~methods.serial.parameters")
    ran = small(*words, "--json")
    assert ran.code == 5
    data = ran.json()["data"]
    assert data["failed"] == 2
    assert data["rows"][0]["methods"]["spt"]["value"] == 88
    assert "2 of 4 trials failed; the first: ft06 with support.my_solvers:Crashing: solver support" in ran.err
    assert "failed at my_solvers.py:59: ZeroDivisionError: the solver divides by nothing" in ran.err
    assert "only the failed ones are repeated" in ran.err
    assert small(*words).code == 5


def test_a_crash_while_warming_up_spares_the_other_methods(small) -> None:
    words = ("methods.serial.solver=support.my_solvers:Crashing", "~methods.serial.parameters", "warm_up=true")
    ran = small(*words, "--json")
    assert ran.code == 5, ran.err
    data = ran.json()["data"]
    assert (data["ran"], data["failed"]) == (4, 2)
    assert data["rows"][0]["methods"]["spt"]["value"] == 88


def test_charts_of_instances_that_are_not_run_are_skipped(small) -> None:
    ran = small("groups.shops.instances=[la01]", "--json")
    assert ran.code == 0, ran.err
    (warning,) = ran.json()["warnings"]
    assert warning.startswith("gantt: 'ft06' is no instance of this run and is not drawn")
    ran = small("groups.shops.instances=[la999]")
    assert (ran.code, "unknown instance 'la999'" in ran.err) == (2, True)


def test_unknown_solver_is_told_where_it_stands(small) -> None:
    assert "where: word 'methods.spt.solver=cpsta'\n" in small("methods.spt.solver=cpsta").err


def test_report_names_date_and_total_time(small, tmp_path) -> None:
    small()
    page = (tmp_path / "runs" / "small" / "report.html").read_text(encoding="utf-8")
    assert " · date 20" in page
    assert "total s" in page


def test_events_are_streamed(small) -> None:
    lines = [json.loads(line) for line in small("--jsonl").out.splitlines()]
    trials = [line for line in lines if line["event"] == "trial"]
    assert [(t["instance"], t["method"], t["value"]) for t in trials[:2]] == [
        ("ft06", "spt", 88),
        ("ft06", "serial", 197),
    ]
    assert lines[-1]["event"] == "result"


@pytest.mark.parametrize(
    ("words", "what", "remedy"),
    [
        (("time_limt_s=1",), "unknown key 'time_limt_s'", "did you mean 'time_limit_s'"),
        (("methods.spt.solver=nondelay-stp",), "unknown solver 'nondelay-stp'", "did you mean 'nondelay-spt'"),
        (("backend=inlin",), "unknown backend 'inlin'", "did you mean 'inline'?"),
        (("spam",), "unexpected word 'spam'", ""),
        (("--runs-dir", "file"), "file", ""),
    ],
)
def test_wrong_words(small, tmp_path, words, what, remedy) -> None:
    (tmp_path / "file").touch()
    ran = small(*words)
    assert ran.code == 2
    assert what in ran.err
    assert remedy in ran.err
    assert not (tmp_path / "runs").exists()


def test_unknown_experiment(sched) -> None:
    ran = sched("run", "quikstart")
    assert (ran.code, "did you mean 'quickstart'?" in ran.err) == (2, True)


def test_killed_run_resumes(tmp_path) -> None:
    text = SMALL.replace("support.my_solvers:Serial", "support.my_solvers:Patient").replace(
        "    parameters: {factor: 2.0}\n", ""
    )
    configs = config_folder(tmp_path / "configs", text)
    command = [sys.executable, "-m", "schedcore", "run", "small", "--config-dir", str(configs), "gantt=[]"]
    tests = str(Path(__file__).resolve().parents[1])
    env = environment()
    env["PYTHONPATH"] = env["PYTHONPATH"] + os.pathsep + tests
    slow = [*command, "time_limit_s=60"]
    for number, code in ((signal.SIGKILL, -9), (signal.SIGTERM, 130)):
        child = subprocess.Popen(slow, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env, cwd=tmp_path)
        assert child.stderr is not None
        while child.stderr.readline() != "waiting\n":
            pass
        child.send_signal(number)
        _, err = child.communicate(timeout=60)
        assert child.returncode == code, err
        stored = list((tmp_path / "runs" / "small" / "trials").iterdir())
        assert [p.suffix for p in stored] == [".json"]
    assert "continue with the same command" in err
    assert not (tmp_path / "runs" / "small" / "report.html").exists()
