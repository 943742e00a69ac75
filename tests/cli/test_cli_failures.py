"""Exit codes, and errors that say what, where, and what to do."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time

import click
import pytest
from support.command import environment, run_process

from schedcore import errors
from schedcore.cli.app import expected_error
from schedcore.cli.verbs import EXIT_CODES


def lines(what: str, where: str, do: str) -> str:
    return f"error: {what}\n  where: {where}\n  do:    {do}\n"


def test_unknown_verb_is_suggested(sched) -> None:
    ran = sched("doctr")
    assert ran.code == 2
    assert ran.err == lines("unknown verb 'doctr'", "sched", "did you mean 'doctor'?")
    assert ran.out == ""


def test_unknown_verb_without_near_miss_lists_the_known_ones(sched) -> None:
    assert "known: bench, " in sched("xyzzy").err


def test_domain_before_the_verb_is_explained(sched, toy_domain) -> None:
    ran = sched("toy", "bench")
    assert ran.err == lines("unknown verb 'toy'", "sched", "the verb comes first:  sched bench toy")


@pytest.mark.parametrize(
    ("words", "what", "remedy"),
    [
        (
            ("convert", "jssp", "ft06"),
            "the instance or the file to write is missing",
            "sched convert jssp INSTANCE OUT",
        ),
        (("info", "jssp", "taillard:0x5:1"), "jobs is 0", "use a whole number >= 1"),
        (("solve", "jssp", "ft06", "time_limit=5"), "unknown parameter 'time_limit'", "--time-limit 5"),
        (("solve", "jssp", "./"), "'./' is a folder", "name a file in it"),
    ],
)
def test_slips_are_told_where_they_are(sched, tmp_path, monkeypatch, words, what, remedy) -> None:
    monkeypatch.chdir(tmp_path)
    ran = sched(*words)
    assert ran.code == 2
    assert what in ran.err
    assert remedy in ran.err


def test_unknown_option_is_suggested(sched) -> None:
    ran = sched("bench", "toy", "--siut", "figures")
    assert ran.code == 2
    assert ran.err.startswith("error: unknown option '--siut'\n  where: sched bench\n  do:    did you mean '--suite'")


def test_unknown_option_without_near_miss_points_to_help(sched) -> None:
    assert "sched list --help  explains the usage" in sched("list", "--xyzzy").err


def test_unknown_domain_is_suggested(sched, toy_domain) -> None:
    ran = sched("bench", "tpy", "--suite", "figures")
    assert ran.err == lines("unknown domain 'tpy'", "DOMAIN", "did you mean 'toy'?")


def test_unknown_choice_is_suggested(sched) -> None:
    ran = sched("list", "domain")
    assert "  do:    did you mean 'domains'?" in ran.err
    assert "  where: sched list [TOPIC]" in ran.err


def test_wrong_value_names_its_option(sched, toy_domain) -> None:
    ran = sched("bench", "toy", "--suite", "figures", "--workers", "0")
    assert ran.code == 2
    assert "  where: sched bench --workers" in ran.err
    assert "0 is not in the range x>=1" in ran.err


def test_missing_option_is_named(sched, toy_domain) -> None:
    assert "error: Missing option '--suite'\n  where: sched bench\n" in sched("bench", "toy").err


def test_bare_command_shows_help(sched) -> None:
    ran = sched()
    assert ran.code == 0
    assert ran.out.startswith("Usage: sched [OPTIONS] VERB")


def test_internal_error_is_one_and_names_the_place(sched, toy_domain) -> None:
    ran = sched("bench", "toy", "--suite", "broken")
    assert ran.code == 1
    assert "error: internal error: KeyError: 'nobody expected this'" in ran.err
    assert "--debug" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("words", [("bench", "toy", "--suite", "broken"), ("lits",)])
def test_debug_shows_the_traceback(sched, toy_domain, words) -> None:
    ran = sched("--debug", *words)
    assert "Traceback (most recent call last)" in ran.err
    assert "\nerror: " in ran.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.SchedError("x"), 1),
        (errors.InputError("x"), 2),
        (errors.UnsupportedFeatureError.of("spt", ["setups"]), 2),
        (errors.NoScheduleError("x"), 3),
        (errors.ViolationError("x"), 4),
        (errors.TrialsFailedError("x"), 5),
        (errors.TimeOutError("x"), 124),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
        (click.UsageError("x"), 2),
        (FileNotFoundError(2, "No such file or directory", "a.json"), 2),
        (PermissionError(13, "Permission denied", "a.json"), 2),
        (MemoryError(), 1),
        (RuntimeError("x"), 1),
    ],
)
def test_every_error_has_its_exit_code(error, code) -> None:
    assert expected_error(error, "list").exit_code == code
    assert code in EXIT_CODES


def test_operating_system_error_names_the_file() -> None:
    found = expected_error(PermissionError(13, "Permission denied", "out/a.json"), "solve")
    assert (found.what, found.where) == ("Permission denied", "out/a.json")
    assert found.remedy == "check the path and its permissions"


def test_out_of_memory_is_named() -> None:
    assert expected_error(MemoryError(), "solve").what == "out of memory"


def test_timeout_ends_the_command_with_124(sched, toy_domain) -> None:
    start = time.monotonic()
    ran = sched("bench", "toy", "--suite", "sleepy", "--timeout", "0.2", "--json")
    assert ran.code == 124
    assert time.monotonic() - start < 10
    assert ran.json()["data"]["error"]["what"] == "the command ran past its time-out of 0.2 s"


def test_timeout_is_not_taken_for_a_failure_of_something_else(sched) -> None:
    ran = sched("solve", "jssp", "ft06", "--solver", "support.my_solvers:Patient", "--timeout", "0.3", "--json")
    assert ran.code == 124
    assert ran.json()["data"]["error"]["type"] == "TimeOutError"


def test_timeout_while_the_domain_is_imported() -> None:
    ran = run_process("--timeout", "0.05", "solve", "jssp", "ft06")
    assert ran.code == 124
    assert ran.err == lines("the command ran past its time-out of 0.05 s", "--timeout", "allow more time")


def test_timeout_of_an_experiment_leaves_what_is_done(sched, tmp_path, monkeypatch) -> None:
    from support.experiment import SMALL, config_folder

    from schedcore.experiments.store import Store

    text = SMALL.replace("support.my_solvers:Serial", "support.my_solvers:Patient").replace("{factor: 2.0}", "{}")
    configs = config_folder(tmp_path / "configs", text)
    monkeypatch.chdir(tmp_path)
    words = ("run", "small", "--config-dir", str(configs), "time_limit_s=30", "--timeout", "2")
    assert sched(*words).code == 124
    with Store.read(tmp_path / "runs" / "small") as store:
        assert store.statuses() == {"planned": 2, "running": 1, "done": 1, "failed": 0}


def test_timeout_must_be_positive(sched) -> None:
    assert sched("list", "--timeout", "0").code == 2


@pytest.mark.parametrize(("number", "word"), [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated")])
def test_signal_ends_the_command_with_130(toy_domain, number, word) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "schedcore", "bench", "toy", "--suite", "sleepy"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert child.stderr is not None
    try:
        assert child.stderr.readline() == "sleeping\n"
        child.send_signal(number)
        _, err = child.communicate(timeout=30)
    finally:
        child.kill()
    assert child.returncode == 130
    assert f"error: {word}" in err
    assert "Traceback" not in err


def test_reader_that_goes_away_is_no_error(toy_domain) -> None:
    script = f"{sys.executable} -m schedcore completion bash | true; echo ${{PIPESTATUS[0]}}"
    answer = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, env=environment(), timeout=60, check=True
    )
    assert answer.stdout.strip() == "0"
    assert answer.stderr == ""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")
@pytest.mark.parametrize("words", [("list", "formats"), ("list", "formats", "--json"), ("--help",)])
def test_full_disk_behind_stdout_is_one_line(words) -> None:
    with open("/dev/full", "wb") as full:
        answer = subprocess.run(
            [sys.executable, "-m", "schedcore", *words],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
            timeout=60,
        )
    assert answer.returncode == 1
    assert answer.stderr == "error: the output could not be written: No space left on device\n"


def test_closed_stdout_is_one_line() -> None:
    words = ["bash", "-c", f"{sys.executable} -m schedcore list formats >&-"]
    answer = subprocess.run(words, capture_output=True, text=True, env=environment(), timeout=60)
    assert answer.returncode == 1
    assert answer.stderr == "error: the output could not be written: Bad file descriptor\n"


def test_closed_stderr_is_survived() -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        answer = subprocess.run(
            [sys.executable, "-m", "schedcore", "lits"],
            stdout=subprocess.PIPE,
            stderr=write,
            env=environment(),
            timeout=60,
        )
    finally:
        with contextlib.suppress(OSError):
            os.close(write)
    assert answer.returncode in (2, 120)  # 120: the interpreter's own last flush failed


def test_colour_follows_option_then_environment_then_terminal(sched, monkeypatch) -> None:
    assert "\x1b[" not in sched("lits").err
    assert "\x1b[" in sched("--color", "always", "lits").err
    monkeypatch.setenv("SCHED_COLOR", "always")
    assert "\x1b[" in sched("lits").err
    assert "\x1b[" not in sched("--color", "never", "lits").err


def test_no_color_is_heeded() -> None:
    import io

    from schedcore.cli.session import Session

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    session = Session(out=Terminal(), err=Terminal())
    assert session.colours(session.err) is (os.environ.get("TERM") != "dumb")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TERM", "xterm")
        assert session.colours(session.err)
        patch.setenv("NO_COLOR", "1")
        assert not session.colours(session.err)
        session.color = "always"
        assert session.colours(session.err)
