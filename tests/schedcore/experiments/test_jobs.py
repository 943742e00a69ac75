"""Jobs on a cluster, with a client that only pretends; the real one is in tests/integration."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from schedcore.errors import InputError, MissingExtraError, SchedError
from schedcore.experiments import job_package, jobs
from schedcore.experiments.job_main import OUTCOME, results_name
from schedcore.experiments.job_package import pack
from schedcore.experiments.jobs import JobNote, Jobs, JobState, is_job_address


class Client:
    """A cluster with one job."""

    def __init__(self) -> None:
        self.submitted: dict[str, Any] = {}
        self.states = [JobState("RUNNING"), JobState("SUCCEEDED", exit_code=0)]
        self.logs = ["one\ntw", "one\ntwo\nthree"]
        self.errors: list[Exception] = []
        self.results: dict[str, str] = {}
        self.stopped = ""

    def _now(self, values: list[Any]) -> Any:
        return values.pop(0) if len(values) > 1 else values[0]

    def submit_job(self, **options: Any) -> None:
        folder = Path(options["runtime_env"]["working_dir"])
        self.submitted = {**options, "files": sorted(path.name for path in folder.iterdir())}

    def get_job_info(self, job: str) -> Any:
        if job == "none":
            raise RuntimeError("Request failed with status code 404: job none does not exist")
        if self.errors:
            raise self.errors.pop(0)
        state = self._now(self.states)
        return SimpleNamespace(
            status=SimpleNamespace(value=state.status),
            message=state.message,
            driver_exit_code=state.exit_code,
            driver_node_id="n1",
        )

    def get_job_logs(self, job: str) -> str:
        return str(self._now(self.logs))

    def stop_job(self, job: str) -> None:
        self.stopped = job

    def _do_request(self, method: str, path: str) -> Any:
        assert method == "GET"
        assert "node_id=n1" in path
        for name, text in self.results.items():
            if name in path:
                return SimpleNamespace(status_code=200, text=text)
        return SimpleNamespace(status_code=404, text="no such file")


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    made = Client()
    monkeypatch.setattr(jobs, "_client", lambda address: made)
    monkeypatch.setattr(jobs.time, "sleep", lambda seconds: None)
    return made


def never() -> bool:
    return False


def test_a_job_continues_the_run_with_the_users_files(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "my run"
    run.mkdir()
    (run / "sweep.json").touch()
    (tmp_path / "rules.py").touch()

    def stage(folder: Path, given: Path, files: dict[str, Path]) -> None:
        assert (given, files) == (run, {"rules.py": tmp_path / "rules.py"})
        (folder / "schedcore").touch()

    monkeypatch.setattr(job_package, "stage", stage)
    job = Jobs("http://head:8265/").submit(run, ["--retries", "1"], {"rules.py": tmp_path / "rules.py"})
    assert job.startswith("sched-my-run-")
    command = client.submitted["entrypoint"]
    assert command == (
        f"python -m schedcore.experiments.job_main --job {job} --run 'runs/my run' -- "
        "sweep --resume 'runs/my run' --backend ray --address auto --retries 1"
    )
    assert client.submitted["entrypoint_num_cpus"] == 0
    assert client.submitted["files"] == ["schedcore"]


def test_following_prints_whole_lines_once_and_ends_with_the_job(client: Client) -> None:
    lines: list[str] = []
    state = Jobs("http://head:8265").follow("j", lines.append, never)
    assert lines == ["one", "two", "three"]
    assert (state.status, state.exit_code, state.ended) == ("SUCCEEDED", 0, True)


def test_following_leaves_out_what_the_job_prints_at_its_end(client: Client) -> None:
    """The submitter makes the report of the results that it fetches."""
    client.logs = ["one\n", f"one\ntwo\n{OUTCOME}\ntable\n"]
    lines: list[str] = []
    Jobs("http://head:8265").follow("j", lines.append, never)
    assert lines == ["one", "two"]


def test_following_ends_when_asked_and_the_job_goes_on(client: Client) -> None:
    client.states = [JobState("RUNNING")]
    state = Jobs("http://head:8265").follow("j", lambda line: None, lambda: True)
    assert not state.ended
    assert client.stopped == ""
    Jobs("http://head:8265").stop("j")
    assert client.stopped == "j"


def test_outages_are_sat_out_but_not_for_ever(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.errors = [RuntimeError("502 bad gateway"), RuntimeError("503")]
    assert Jobs("http://head:8265").follow("j", lambda line: None, never).status == "SUCCEEDED"
    monkeypatch.setattr(jobs, "_PATIENCE_S", -1.0)
    client.errors = [RuntimeError("502 bad gateway")]
    with pytest.raises(SchedError, match="does not answer any more"):
        Jobs("http://head:8265").follow("j", lambda line: None, never)


def test_results_are_fetched(client: Client, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "sweep.json").write_text("{}", encoding="utf-8")
    client.results[results_name("j")] = pack(run)
    Jobs("http://head:8265").fetch("j", tmp_path / "here")
    assert (tmp_path / "here" / "sweep.json").read_text(encoding="utf-8") == "{}"
    with pytest.raises(SchedError, match="no results that can be fetched"):
        Jobs("http://head:8265").fetch("other", tmp_path / "there")


def test_jobs_that_do_not_exist_and_errors_of_the_server(client: Client) -> None:
    with pytest.raises(InputError, match="no job 'none' at http://head:8265"):
        Jobs("http://head:8265").state("none")
    for error, kind, text in (
        (ConnectionError("refused"), InputError, "no job server answers"),
        (RuntimeError("status code 401: no token"), InputError, "wants a token"),
        (RuntimeError("status code 500"), SchedError, "the job server refuses"),
    ):
        client.errors = [error]
        with pytest.raises(kind, match=text):
            Jobs("http://head:8265").state("j")


def test_no_server_at_the_address() -> None:
    pytest.importorskip("aiohttp_cors")
    with pytest.raises(InputError, match="no job server answers at http://127.0.0.1:9"):
        Jobs("http://127.0.0.1:9")


def test_the_extra_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    with pytest.raises(MissingExtraError, match="sched-research\\[cluster\\]"):
        Jobs("http://head:8265")


def test_the_note_of_a_job(tmp_path: Path) -> None:
    assert JobNote.read(tmp_path) is None
    JobNote("http://head:8265", "j").write(tmp_path)
    assert JobNote.read(tmp_path) == JobNote("http://head:8265", "j")
    (tmp_path / "job.json").write_text("[]", encoding="utf-8")
    assert JobNote.read(tmp_path) is None


@pytest.mark.parametrize(
    ("address", "is_one"), [("http://h:1", True), ("https://h", True), ("ray://h:1", False), (None, False)]
)
def test_addresses_of_jobs(address: str | None, is_one: bool) -> None:
    assert is_job_address(address) is is_one


def test_ray_addresses_in_the_environment_do_not_win(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    pytest.importorskip("aiohttp_cors")
    import ray.job_submission

    seen: list[str | None] = []
    factory: Callable[[str], object] = lambda address: seen.append(os.environ.get("RAY_ADDRESS")) or object()  # noqa: E731
    monkeypatch.setattr(ray.job_submission, "JobSubmissionClient", factory)
    monkeypatch.setenv("RAY_ADDRESS", "http://elsewhere:1")
    Jobs("http://head:8265")
    assert seen == [None]
    assert os.environ["RAY_ADDRESS"] == "http://elsewhere:1"
