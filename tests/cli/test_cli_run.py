"""``sched run``: experiments."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest
from support.command import environment_of_tests
from support.experiment import SMALL, config_folder

from schedcore.experiments.store import Store


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
    for name in ("results.json", "results.csv", "results.md", "report.html", "results.sqlite", "sweep.json"):
        assert (tmp_path / "runs" / "small" / name).is_file()


def test_second_run_resumes_and_says_so(small) -> None:
    first, second = small("--json"), small("--json")
    assert "4 of 4 trials are in runs/small; nothing to run" in second.err
    data, again = first.json()["data"], second.json()["data"]
    assert (data["ran"], data["resumed"]) == (4, 0)
    assert (again["ran"], again["resumed"]) == (0, 4)
    assert again["arenas"] == data["arenas"]


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
    assert {(f["method"], f["error_type"]) for f in data["failures"]} == {("serial", "exception")}
    assert "2 of 4 trials failed; the first: ft06 with support.my_solvers:Crashing: exception: solver" in ran.err
    assert "failed at my_solvers.py:59: ZeroDivisionError: the solver divides by nothing" in ran.err
    assert "repeat the failed ones alone:  sched run small" in ran.err
    assert small(*words).code == 5


def test_a_crash_while_warming_up_spares_the_other_methods(small) -> None:
    words = ("methods.serial.solver=support.my_solvers:Crashing", "~methods.serial.parameters", "warm_up=true")
    ran = small(*words, "--json")
    assert ran.code == 5, ran.err
    data = ran.json()["data"]
    assert (data["ran"], data["failed"]) == (4, 2)


def test_charts_of_instances_that_are_not_run_are_skipped(small) -> None:
    ran = small("groups.shops.instances=[la01]", "--json")
    assert ran.code == 0, ran.err
    (warning,) = ran.json()["warnings"]
    assert warning.startswith("gantt: 'ft06' is no instance of this run and is not drawn")
    ran = small("groups.shops.instances=[la999]")
    assert (ran.code, "unknown instance 'la999'" in ran.err) == (2, True)


def test_unknown_solver_is_told_where_it_stands(small) -> None:
    assert "where: word 'methods.spt.solver=cpsta'\n" in small("methods.spt.solver=cpsta").err


def test_report_names_its_date(small, tmp_path) -> None:
    small()
    page = (tmp_path / "runs" / "small" / "report.html").read_text(encoding="utf-8")
    assert "<h1" in page
    assert time.strftime("%Y-") in page


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
    assert "unknown experiment 'quikstart'" in ran.err
    assert "jssp is a domain:  sched sweep jssp" in sched("run", "jssp").err


def test_an_experiment_where_a_file_is_expected(sched, tmp_path, monkeypatch) -> None:
    ran = sched("info", "quickstart")
    assert (ran.code, "'quickstart' is an experiment, and no file" in ran.err) == (2, True)
    assert "sched info experiment=quickstart" in ran.err
    monkeypatch.setenv("SCHED_CONFIG_DIR", str(tmp_path / "nowhere"))
    assert "there is no file 'quickstart'" in sched("info", "quickstart").err


def test_killed_run_resumes(tmp_path) -> None:
    text = SMALL.replace("support.my_solvers:Serial", "support.my_solvers:Patient").replace(
        "    parameters: {factor: 2.0}\n", ""
    )
    configs = config_folder(tmp_path / "configs", text)
    command = [sys.executable, "-m", "schedcore", "run", "small", "--config-dir", str(configs), "gantt=[]"]
    slow = [*command, "time_limit_s=60"]
    for signals, code in (([signal.SIGKILL], -9), ([signal.SIGTERM, signal.SIGINT], 130)):
        child = subprocess.Popen(
            slow, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment_of_tests(), cwd=tmp_path
        )
        assert child.stderr is not None
        while child.stderr.readline() != "waiting\n":
            pass
        for number in signals:
            child.send_signal(number)
            if len(signals) > 1 and number == signals[0]:
                while not child.stderr.readline().startswith("stopping;"):
                    pass
        _, err = child.communicate(timeout=60)
        assert child.returncode == code, err
        with Store.read(tmp_path / "runs" / "small") as store:
            counts = store.statuses()
            assert (counts["done"], counts["done"] + counts["running"] + counts["planned"]) == (1, 4)
    assert "continue:  sched run small" in err
    assert not (tmp_path / "runs" / "small" / "report.html").exists()
