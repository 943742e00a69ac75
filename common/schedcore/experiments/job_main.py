"""The head of a job on a cluster: runs ``sched`` with the given words and lays the results where they are fetched.

    python -m schedcore.experiments.job_main --job ID --run runs/demo -- sweep jssp ... --address auto --out runs/demo

The results are packed into a file among Ray's logs, from where the submitter reads them over HTTP: at the end, and now
and then before it, so that a job that is killed leaves something, too.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from schedcore.errors import SchedError

_EVERY_S = 60.0
_SHARE = 20
"""Packing may take one part in so many of the time."""


def results_name(job: str) -> str:
    """Name of the file among Ray's logs with the results of ``job``."""
    return f"sched-results-{job}.txt"


OUTCOME = "sched: what the job prints on standard output"
"""The line before the outcome in the log of a job: who follows the job makes the report of its own copy."""


@contextlib.contextmanager
def outcome_last() -> Iterator[None]:
    """Keep what the block prints on standard output, and print it behind :data:`OUTCOME` when it ends."""
    kept = io.StringIO()
    try:
        with contextlib.redirect_stdout(kept):
            yield
    finally:
        if kept.getvalue():
            print(OUTCOME, kept.getvalue(), sep="\n", end="", flush=True)


def log_folder(start: Path | None = None) -> Path | None:
    """The folder with the logs of the Ray session that this job runs in; jobs work in a folder inside it."""
    for folder in (start or Path.cwd()).resolve().parents:
        if folder.name.startswith("session_") and (folder / "logs").is_dir():
            return folder / "logs"
    return None


def lay_out(run: Path, target: Path) -> bool:
    """Pack ``run`` into the file ``target``; whether there was anything to pack."""
    from schedcore.experiments.job_package import pack
    from schedcore.io.atomic import atomic_write_text

    if not run.is_dir():
        return False
    atomic_write_text(target, pack(run))
    return True


@contextlib.contextmanager
def laying_out(run: Path, target: Path, every_s: float = _EVERY_S) -> Iterator[None]:
    """Pack now and then while the block runs, and once when it ends, however it ends."""
    done = threading.Event()

    def work() -> None:
        pause_s = every_s
        while not done.wait(pause_s):
            begin = time.monotonic()
            with contextlib.suppress(Exception):  # the next time, or the one at the end, will do
                lay_out(run, target)
            pause_s = max(every_s, _SHARE * (time.monotonic() - begin))

    thread = threading.Thread(target=work, name="sched-results", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        lay_out(run, target)


def main(arguments: list[str], command: Callable[[list[str]], int] | None = None) -> int:
    """Run the job; returns the exit code of the command."""
    parser = argparse.ArgumentParser(prog="sched-job", add_help=False)
    parser.add_argument("--job", required=True)
    parser.add_argument("--run", required=True, type=Path)
    parser.add_argument("words", nargs="+")
    given = parser.parse_args(arguments)
    if command is None:
        from schedcore.cli.app import run_process

        command = run_process
    logs = log_folder()
    if logs is None:
        print(
            f"job: no folder of Ray's logs; the results stay in {given.run} on {os.uname().nodename}", file=sys.stderr
        )
        return command(given.words)
    try:
        with laying_out(given.run, logs / results_name(given.job)), outcome_last():
            return command(given.words)
    except (OSError, SchedError) as error:
        print(f"job: the results could not be packed ({error}); they stay in {given.run}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
