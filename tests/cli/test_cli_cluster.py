"""Addresses, jobs and leftovers on the command line; nothing here starts Ray."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.command import Ran

from schedcore.experiments import job_package, jobs
from schedcore.experiments.backends import ray_local
from schedcore.experiments.job_main import results_name
from schedcore.experiments.jobs import JobNote, JobState
from schedcore.experiments.store import Store

WORDS = ("sweep", "jssp", "solver=spt", "instance=ft06", "--seeds", "2", "time_limit_s=1")
HEAD = "http://head:8265"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--address", "head"), "'head' is no address of a Ray cluster"),
        (("--address", "auto", "--backend", "process"), "backend process takes no address"),
        (("--no-follow", "--backend", "inline"), "--no-follow is for jobs"),
        (("--ship", "x.py", "--backend", "inline"), "--ship is for jobs"),
        (("--job", "j1"), "a job is found by the address of its cluster"),
        (("--job", "j1", "--address", "auto", "--out", "x"), "a job is found by the address of its cluster"),
    ],
)
def test_options_that_make_no_sense(
    sched: Callable[..., Ran], tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    answer = sched(*WORDS, *options, *(() if "--out" in options else ("--out", str(tmp_path / "run"))))
    assert answer.code == 2
    assert message in answer.err


class FakeJobs:
    """A cluster that carries jobs out at once, in this process."""

    address = HEAD
    state_of = JobState("SUCCEEDED", exit_code=0)
    submitted: list[str]
    text = ""

    def __init__(self, address: str) -> None:
        assert address == HEAD
        type(self).submitted = []

    def submit(self, run: Path, options: Any, files: Any) -> str:
        from support.command import run_here

        copy = run.parent / "there"
        job_package.unpack(job_package.pack(run), copy)
        run_here("sweep", "--resume", str(copy), "--backend", "inline", *options)
        type(self).text = job_package.pack(copy)
        self.submitted.append("j1")
        return "j1"

    def state(self, job: str) -> JobState:
        return self.state_of

    def follow(self, job: str, line: Callable[[str], None], should_stop: Callable[[], bool]) -> JobState:
        line("a line of the job")
        return self.state_of

    def fetch(self, job: str, run: Path) -> None:
        job_package.unpack(self.text, run)


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> type[FakeJobs]:
    monkeypatch.setattr(jobs, "Jobs", FakeJobs)
    monkeypatch.setattr(FakeJobs, "state_of", JobState("SUCCEEDED", exit_code=0))
    return FakeJobs


def test_a_job_is_followed_and_reported(sched: Callable[..., Ran], tmp_path: Path, cluster: type[FakeJobs]) -> None:
    out = tmp_path / "run"
    answer = sched(*WORDS, "--address", HEAD, "--out", str(out), "--json")
    assert answer.code == 0, answer.err
    data = answer.json()["data"]
    assert (data["job"], data["trials"], data["failed"]) == ("j1", 2, 0)
    assert "a line of the job" in answer.err
    assert f"results fetched to {out}" in answer.err
    with Store.read(out) as store:
        assert store.statuses()["done"] == 2
    again = sched("sweep", "--resume", str(out), "--address", HEAD)
    assert again.code == 0, again.err
    assert "nothing to run" in again.err
    assert cluster.submitted == []


def test_a_job_need_not_be_followed(sched: Callable[..., Ran], tmp_path: Path, cluster: type[FakeJobs]) -> None:
    out = tmp_path / "run"
    answer = sched(*WORDS, "--address", HEAD, "--out", str(out), "--no-follow")
    assert answer.code == 0, answer.err
    assert "job j1 at http://head:8265" in answer.out
    assert f"sched sweep --resume {out} --address {HEAD}" in answer.out
    assert JobNote.read(out) == JobNote(HEAD, "j1")
    # It has ended meanwhile: its results are fetched, and nothing is submitted.
    answer = sched("sweep", "--resume", str(out), "--address", HEAD)
    assert answer.code == 0, answer.err
    assert "results of job j1 (succeeded) fetched" in answer.err


def test_trials_of_a_job_that_failed(sched: Callable[..., Ran], tmp_path: Path, cluster: type[FakeJobs]) -> None:
    cluster.state_of = JobState("FAILED", "exit code 5", 5)
    words = [word.replace("spt", "support.my_solvers:Crashing") for word in WORDS]
    answer = sched(*words, "--address", HEAD, "--out", str(tmp_path / "run"), "--json")
    assert answer.code == 5
    assert answer.json()["data"]["failed"] == 2


def test_a_job_that_failed_as_a_whole(sched: Callable[..., Ran], tmp_path: Path, cluster: type[FakeJobs]) -> None:
    cluster.state_of = JobState("FAILED", "exit code 1, last available logs (truncated)", 1)
    answer = sched(*WORDS, "--address", HEAD, "--out", str(tmp_path / "run"))
    assert answer.code == 1
    assert "the job ended with status FAILED: exit code 1" in answer.err


def test_ctrl_c_leaves_the_job_running(sched: Callable[..., Ran], tmp_path: Path, cluster: type[FakeJobs]) -> None:
    cluster.state_of = JobState("RUNNING")
    answer = sched(*WORDS, "--address", HEAD, "--out", str(tmp_path / "run"))
    assert answer.code == 130
    assert "the job goes on" in answer.err
    assert "ray job stop j1" in answer.err


def test_a_job_is_attached_by_its_id(sched: Callable[..., Ran], tmp_path: Path, cluster: type[FakeJobs]) -> None:
    sched(*WORDS, "--address", HEAD, "--out", str(tmp_path / "run"))
    answer = sched("sweep", "--job", "j1", "--address", HEAD, "--out", str(tmp_path / "other"))
    assert answer.code == 0, answer.err
    assert (tmp_path / "other" / "report.html").is_file()


def test_leftovers_of_killed_commands_are_listed(
    sched: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = tmp_path / (ray_local.PREFIX + "x")
    dead.mkdir()
    (dead / ray_local.OWNER).write_text(json.dumps({"pid": 2**22 + 9}), encoding="utf-8")
    monkeypatch.setattr(ray_local, "_bases", lambda: [tmp_path])
    answer = sched("doctor", "--json")
    (check,) = [c for c in answer.json()["data"]["checks"] if "killed command" in c["detail"]]
    assert (check["name"], check["status"]) == ("ray", "warn")
    assert str(dead) in check["detail"]
    assert dead.exists(), "doctor changes nothing"


def test_the_name_of_the_results_is_that_of_the_job() -> None:
    assert results_name("j1") == "sched-results-j1.txt"


# ---- sched tune ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "nothing to search"),
        (("jssp", "solver=spt", "instance=ft06"), "no word stands for several values"),
        (("jssp", "--resume", "x"), "a target cannot be given with it"),
        (
            ("jssp", "solver=sgs", "solver.parameters.parameters.nois=interval(0,1)", "instance=ft06"),
            "did you mean",
        ),
        (
            ("jssp", "solver=sgs", "solver.parameters.parameters.noise=interval(0,1)", "instance=glob(nothing*)"),
            "nothing",
        ),
    ],
)
def test_searches_that_make_no_sense(
    sched: Callable[..., Ran], tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    pytest.importorskip("optuna", reason="needs the extra tune")
    answer = sched("tune", *words, *(() if "--resume" in words else ("--out", str(tmp_path / "run"))))
    assert answer.code == 2, answer.err
    assert message in answer.err


def test_a_search_without_its_extra_says_which(sched: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "optuna", None)
    answer = sched("tune", "jssp", "solver=sgs", "solver.parameters.parameters.noise=interval(0,1)", "instance=ft06")
    assert answer.code == 2
    assert "pip install 'sched-research[tune]'" in answer.err


def test_a_folder_holds_one_search(sched: Callable[..., Ran], tmp_path: Path) -> None:
    pytest.importorskip("optuna", reason="needs the extra tune")
    out = tmp_path / "run"
    assert sched(*WORDS, "--backend", "inline", "--out", str(out)).code == 0
    answer = sched("tune", "--resume", str(out))
    assert answer.code == 2
    assert "the run is no search" in answer.err
