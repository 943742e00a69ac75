"""``sched sweep``: grids on a backend, failures, interrupts, resuming."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from support.command import environment_of_tests, run_here
from support.experiment import config_folder

from schedcore.cli.sweep_progress import result_text
from schedcore.experiments.store import Store
from schedcore.experiments.trial import TrialRecord, TrialStatus

WORDS = ("solver=spt,mwkr", "instance=ft06,la01", "time_limit_s=1")


@pytest.fixture
def sweep(sched, tmp_path, monkeypatch):
    """Run ``sched sweep`` in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)

    def run(*words: str):
        return sched("sweep", *words)

    return run


def test_a_grid_is_run_and_reported(sweep, tmp_path) -> None:
    ran = sweep("jssp", *WORDS, "--seeds", "2", "--out", "runs/x", "--backend", "inline", "--json")
    assert ran.code == 0, ran.err
    data = ran.json()["data"]
    assert (data["trials"], data["ran"], data["failed"], data["backend"]) == (8, 8, 0, "inline")
    assert (tmp_path / "runs" / "x" / "report.html").is_file()
    with Store.read(tmp_path / "runs" / "x") as store:
        assert [(t.instance, t.solver, t.seed) for t in store.trials()][:3] == [
            ("ft06", "spt", 0),
            ("ft06", "spt", 1),
            ("la01", "spt", 0),
        ]
        assert store.manifest.asked["words"] == list(WORDS)
        assert store.manifest.environment["python"]


def test_backends_agree(sweep, tmp_path) -> None:
    tables = []
    for backend in ("inline", "process"):
        assert sweep("jssp", *WORDS, "--out", backend, "--backend", backend, "--slots", "2").code == 0
        with Store.read(tmp_path / backend) as store:
            tables.append({key: (r.value, r.metrics, r.status) for key, r in store.records().items()})
    assert tables[0] == tables[1]


def test_the_same_words_go_on_in_the_same_folder(sweep, tmp_path) -> None:
    first = sweep("jssp", *WORDS, "--backend", "inline", "--json").json()["data"]
    again = sweep("jssp", *WORDS, "--backend", "inline", "--json").json()["data"]
    assert first["folder"] == again["folder"]
    assert (again["ran"], again["resumed"]) == (0, 4)
    other = sweep("jssp", *WORDS, "--seeds", "2", "--backend", "inline", "--json").json()["data"]
    assert other["folder"] != first["folder"]
    forced = sweep("jssp", *WORDS, "--backend", "inline", "--force", "--json").json()["data"]
    assert (forced["ran"], forced["resumed"]) == (4, 0)


def test_resume_needs_no_words(sweep, tmp_path) -> None:
    assert sweep("jssp", *WORDS, "--out", "r", "--backend", "inline").code == 0
    with Store.open(tmp_path / "r") as store:
        store.forget([store.trials()[1].key])
    ran = sweep("--resume", "r", "--json")
    assert (ran.code, ran.json()["data"]["ran"]) == (0, 1)
    assert "3 of 4 trials are in r; 1 to go" in ran.err
    assert "backend inline: asked for" in ran.err  # as it was the first time
    assert sweep("--resume", "r").code == 0


def test_resume_tells_of_changed_code(sweep, monkeypatch) -> None:
    assert sweep("jssp", *WORDS, "--out", "r", "--backend", "inline").code == 0
    monkeypatch.setattr("schedcore.experiments.plan.code_version", lambda package: "other")
    ran = sweep("--resume", "r", "--backend", "inline", "--json")
    assert "changed since: 4 of 4 trials count as new" in ran.err
    assert ran.json()["data"]["ran"] == 4


def test_dry_run_runs_nothing(sweep, tmp_path) -> None:
    ran = sweep("jssp", *WORDS, "--dry-run")
    assert "4 trials: 2 methods, 2 instances, 1 seed" in ran.out
    assert "backend process: 4 trials, at most " in ran.out
    assert "results would go to runs/jssp-" in ran.out
    assert not (tmp_path / "runs").exists()
    sweep("jssp", *WORDS, "--out", "r", "--backend", "inline")
    data = sweep("--resume", "r", "--dry-run", "--json").json()["data"]
    assert (data["count"], data["done"]) == (4, 4)


def test_grid_file_and_sample(sweep, tmp_path) -> None:
    (tmp_path / "g.yaml").write_text("solver: [spt, mwkr, lpt]\ninstance: [ft06, la01, la02]\n", encoding="utf-8")
    data = sweep("jssp", "--grid", "g.yaml", "--sample", "4", "--dry-run", "--json").json()["data"]
    assert data["count"] == 4
    other = sweep("jssp", "--grid", "g.yaml", "--sample", "4", "--sample-seed", "1", "--dry-run", "--json")
    assert [t["key"] for t in other.json()["data"]["trials"]] != [t["key"] for t in data["trials"]]


@pytest.mark.parametrize("backend", ["inline", "process"])
def test_failures_are_told_and_the_others_run(sweep, backend) -> None:
    solvers = "solver=spt,support.my_solvers:Crashing,support.deadly_solvers:NotANumber"
    ran = sweep("jssp", solvers, "instance=ft06", "--out", "r", "--backend", backend, "--retries", "1", "--json")
    assert ran.code == 5
    data = ran.json()["data"]
    assert (data["ran"], data["failed"]) == (3, 2)
    assert {(f["error_type"], f["attempts"]) for f in data["failures"]} == {("exception", 2), ("invalid-result", 1)}
    assert "2 of 3 trials failed; the first: ft06 with support.my_solvers:Crashing" in ran.err
    assert "sched sweep --resume r" in ran.err


def test_fail_fast(sweep) -> None:
    words = ("jssp", "solver=support.my_solvers:Crashing,spt", "instance=ft06,la01", "--backend", "inline")
    ran = sweep(*words, "--fail-fast", "--json")
    assert (ran.code, ran.json()["data"]["ran"]) == (5, 1)
    assert "and 3 were not run any more" in ran.err


def test_events_are_a_line_each(sweep) -> None:
    ran = sweep("jssp", *WORDS, "--backend", "inline", "--jsonl")
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert [line["event"] for line in lines] == ["sweep", *["begin", "trial"] * 4, "result"] or sorted(
        line["event"] for line in lines
    ) == sorted(["sweep", *["begin", "trial"] * 4, "result"])
    trial = next(line for line in lines if line["event"] == "trial")
    assert (trial["instance"], trial["value"], trial["done"], trial["total"]) == ("ft06", 88, 1, 4)
    assert lines[0]["reason"] == "asked for"


@pytest.mark.parametrize(
    ("words", "what", "remedy"),
    [
        ((), "nothing to run", "name a domain or experiment"),
        (("jsp", *WORDS), "unknown experiment or domain 'jsp'", "did you mean 'jssp'?"),
        (("jssp", *WORDS, "--backend", "proces"), "unknown backend 'proces'", "did you mean 'process'?"),
        (("jssp", *WORDS, "--backend", "process", "--address", "auto"), "takes no address", "--backend ray"),
        (("--resume", "nowhere"), "there is no run here", "give the folder that a sweep wrote"),
        (("jssp", "--resume", "nowhere"), "a target cannot be given with it", "leave it away"),
        (("--resume", "nowhere", "--seeds", "2"), "--seeds cannot be given with it", "leave it away"),
        (("jssp", *WORDS, "workers=99", "--backend", "process"), "can never run on backend process", "ask for less"),
        (("jssp", *WORDS, "--grid", "missing.yaml"), "missing.yaml", ""),
        (("jssp", *WORDS, "--out", "/proc/nothing/x"), "cannot use the folder", "give another folder"),
        (("jssp", *WORDS, "time_limit_s=soon"), "", ""),
    ],
)
def test_wrong_words(sweep, tmp_path, words, what, remedy) -> None:
    ran = sweep(*words)
    assert ran.code == 2, ran.err
    assert what in ran.err
    assert remedy in ran.err
    assert not (tmp_path / "runs").exists()  # nothing is left of what is refused


def test_progress_is_a_table_on_a_terminal(tmp_path, monkeypatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    from schedcore.cli.app import run

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERM", "xterm")
    out, err = io.StringIO(), Terminal()
    solvers = "solver=spt,support.my_solvers:Crashing"
    assert run(["sweep", "jssp", solvers, "instance=ft06,la01", "--backend", "inline"], out=out, err=err) == 5
    text = err.getvalue()
    for word in ("method", "4 of 4 done, 0 running, 2 failed", "so far", "to go", "best so far: "):
        assert word in text, word
    assert "[1/4]" not in text


def _start(tmp_path, *words):
    command = [sys.executable, "-m", "schedcore", "sweep", *words]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment_of_tests(), cwd=tmp_path
    )


def _until(stream, start) -> list[str]:
    lines = []
    while not lines or not lines[-1].startswith(start):
        lines.append(stream.readline())
        assert lines[-1], lines
    return lines


def test_two_drivers_on_one_run_are_refused_and_ctrl_c_prints_the_way_back(tmp_path, monkeypatch) -> None:
    words = ("jssp", "solver=spt,support.my_solvers:Patient", "instance=ft06", "time_limit_s=60", "warm_up=false")
    child = _start(tmp_path, *words, "--out", "r", "--backend", "process", "--slots", "1")
    assert child.stderr is not None
    _until(child.stderr, "[1/2] ft06 spt")
    monkeypatch.chdir(tmp_path)
    ran = run_here("sweep", *words, "--out", "r")
    assert (ran.code, f"another driver works on this run: process {child.pid}" in ran.err) == (2, True)
    child.send_signal(signal.SIGINT)
    _until(child.stderr, "stopping; what runs has 10 s to finish")
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=60)
    assert (child.returncode, "continue:  sched sweep --resume r" in err) == (130, True)


def test_sigkill_at_any_moment_loses_nothing(tmp_path) -> None:
    # The long version, with 20 kills, is benchmarks/sweep_kill.py.
    words = ("jssp", "solver=support.deadly_solvers:Sleeping", "solver.parameters.factor=0.02", "instance=ft06",
             "--seeds", "30", "warm_up=false")  # fmt: skip
    whole = _start(tmp_path, *words, "--out", "whole", "--backend", "process")
    _, err = whole.communicate(timeout=120)
    assert whole.returncode == 0, err
    seen: set[str] = set()
    child = _start(tmp_path, *words, "--out", "r", "--backend", "process")
    for wait_s in (0.3, 0.9):
        assert child.stderr is not None
        _until(child.stderr, "backend process")
        time.sleep(wait_s)
        child.kill()
        child.communicate(timeout=60)
        with Store.read(tmp_path / "r") as store:
            done = store.finished_keys()
        assert seen <= done
        seen = done
        child = _start(tmp_path, "--resume", "r", "--backend", "process")
    _, err = child.communicate(timeout=120)
    assert child.returncode == 0, err
    assert _table(tmp_path / "r") == _table(tmp_path / "whole")
    assert not [name for name in os.listdir(tmp_path / "r") if name.startswith(".sched-tmp")]


def _table(path):
    with Store.read(path) as store:
        return {key: (r.value, r.metrics, r.status, store.schedule(key)) for key, r in store.records().items()}


def test_experiments_are_swept_too(sweep, tmp_path) -> None:
    configs = config_folder(tmp_path / "configs")
    ran = sweep("small", "--config-dir", str(configs), "--json")
    assert (ran.code, ran.json()["data"]["folder"]) == (0, "runs/small")


@pytest.mark.parametrize(("number", "word"), [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated")])
def test_what_runs_may_finish_after_the_first_signal(tmp_path, number, word) -> None:
    words = ("jssp", "solver=support.deadly_solvers:Sleeping", "solver.parameters.factor=0.5", "instance=ft06")
    child = _start(tmp_path, *words, "--seeds", "9", "warm_up=false", "--out", "r", "--backend", "process")
    assert child.stderr is not None
    _until(child.stderr, "[1/9]")
    child.send_signal(number)
    _, err = child.communicate(timeout=60)
    assert (child.returncode, f"error: {word}" in err) == (130, True), err
    assert "continue:  sched sweep --resume r" in err
    with Store.read(tmp_path / "r") as store:
        counts = store.statuses()
    # Nothing was given up, and not all has run.
    assert (counts["running"], counts["failed"]) == (0, 0)
    assert 1 < counts["done"] < 9


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"upper": 50}, "60 (+20.0%) feasible, 0.0 s"),
        ({"lower": 80, "direction": "max"}, "60 (-25.0%) feasible, 0.0 s"),  # the best known value bounds from below
        ({"upper": 50, "direction": "max"}, "60 feasible, 0.0 s"),
        ({"upper": -50}, "60 (+220.0%) feasible, 0.0 s"),
    ],
)
def test_the_gap_of_a_line_is_from_the_best_known_value(more, text) -> None:
    record = TrialRecord("k", "d", "i", "s", 0, TrialStatus.FEASIBLE, objective=(60.0,), **more)
    assert result_text(record) == text
