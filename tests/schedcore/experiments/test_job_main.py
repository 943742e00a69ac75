"""The head of a job: it runs the command and lays the results among Ray's logs."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from schedcore.experiments.job_main import OUTCOME, lay_out, laying_out, log_folder, main, results_name
from schedcore.experiments.job_package import unpack


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a Ray session; the test works where jobs do."""
    folder = tmp_path / "session_2026"
    (folder / "logs").mkdir(parents=True)
    work = folder / "runtime_resources" / "working_dir_files" / "_ray_pkg_1"
    work.mkdir(parents=True)
    monkeypatch.chdir(work)
    return folder


def test_the_results_are_laid_among_the_logs_whatever_the_exit_code(session: Path, tmp_path: Path) -> None:
    def command(words: list[str]) -> int:
        assert words == ["sweep", "--resume", "runs/x"]
        Path("runs/x").mkdir(parents=True)
        Path("runs/x/sweep.json").write_text("{}", encoding="utf-8")
        return 5

    assert main(["--job", "j1", "--run", "runs/x", "--", "sweep", "--resume", "runs/x"], command) == 5
    text = (session / "logs" / results_name("j1")).read_text(encoding="utf-8")
    unpack(text, tmp_path / "x")
    assert (tmp_path / "x" / "sweep.json").read_text(encoding="utf-8") == "{}"


def test_they_are_laid_down_too_when_the_command_dies(session: Path) -> None:
    def command(words: list[str]) -> int:
        Path("runs/x").mkdir(parents=True)
        Path("runs/x/sweep.json").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        main(["--job", "j2", "--run", "runs/x", "--", "sweep"], command)
    assert (session / "logs" / results_name("j2")).is_file()


def test_a_job_outside_a_session_says_where_its_results_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert log_folder() is None
    assert main(["--job", "j", "--run", "runs/x", "--", "sweep"], lambda words: 0) == 0
    assert "the results stay in runs/x on" in capsys.readouterr().err


def test_results_that_cannot_be_packed_are_told(session: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (session / "logs" / results_name("j3")).mkdir()
    Path("runs/x").mkdir(parents=True)
    assert main(["--job", "j3", "--run", "runs/x", "--", "sweep"], lambda words: 0) == 1
    assert "the results could not be packed" in capsys.readouterr().err


def test_results_are_laid_down_now_and_then(tmp_path: Path) -> None:
    run, target = tmp_path / "run", tmp_path / "results.txt"
    with laying_out(run, target, every_s=0.02):
        assert not lay_out(run, target)
        run.mkdir()
        end = time.monotonic() + 10
        while not target.exists() and time.monotonic() < end:
            time.sleep(0.02)
        assert target.exists()


def test_what_the_command_prints_comes_last_and_marked(session: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def command(words: list[str]) -> int:
        print("table")
        print("progress", file=sys.stderr)
        return 0

    main(["--job", "j4", "--run", "runs/x", "--", "sweep"], command)
    told = capsys.readouterr()
    assert (told.out, told.err) == (f"{OUTCOME}\ntable\n", "progress\n")
    main(["--job", "j5", "--run", "runs/x", "--", "sweep"], lambda words: 0)
    assert capsys.readouterr().out == ""
