"""Sweeps as jobs on a cluster, submitted over HTTP: they go on when the submitter is gone.

The job runs the same command with ``--address auto`` on the head node.  Its results come back through the one door
that is open anyway, the dashboard's port: the job lays them among Ray's log files, which the dashboard serves.  Nothing
else is needed, neither shared storage nor another open port.  They stay there as long as the cluster's session does.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import secrets
import shlex
import tempfile
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schedcore.errors import InputError, MissingExtraError, SchedError
from schedcore.experiments.job_main import results_name

JOB = "job.json"
_ENDED = ("SUCCEEDED", "FAILED", "STOPPED")
_PATIENCE_S = 60.0
"""For how long a cluster that does not answer is asked again."""


@dataclass(frozen=True, slots=True)
class JobState:
    """Where a job stands: its status in Ray's words, what Ray says of it, and the exit code of the command."""

    status: str
    message: str = ""
    exit_code: int | None = None

    @property
    def ended(self) -> bool:
        """Whether it will not change any more."""
        return self.status in _ENDED


def is_job_address(address: str | None) -> bool:
    """Whether ``address`` is one that jobs are submitted to."""
    return address is not None and address.startswith(("http://", "https://"))


class Jobs:
    """The jobs of the cluster whose dashboard is at ``address``.

    Raises
    ------
    MissingExtraError
        The extra ``cluster`` is not installed.
    InputError
        Nothing answers at the address, or it wants a token.
    """

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self._client = _client(self.address)

    def submit(
        self,
        run: Path,
        options: Sequence[str] = (),
        files: Mapping[str, Path] | None = None,
    ) -> str:
        """Submit a job that carries out the plan in ``run`` from where it stands; returns the id of the job.

        Parameters
        ----------
        options
            More options of ``sched sweep --resume`` there.
        files
            What is sent along; see :func:`~schedcore.experiments.job_package.stage`.
        """
        from schedcore.experiments.job_package import stage

        name = re.sub(r"[^\w.-]+", "-", run.name).strip("-.") or "sweep"
        job = f"sched-{name[:40]}-{secrets.token_hex(4)}"
        there = f"runs/{run.name}"
        command = ["python", "-m", "schedcore.experiments.job_main", "--job", job, "--run", there, "--"]
        command += ["sweep", "--resume", there, "--backend", "ray", "--address", "auto", *options]
        with tempfile.TemporaryDirectory(prefix="sched-job-") as folder:
            stage(Path(folder), run, files)
            with _told(self.address), _silence():
                self._client.submit_job(
                    entrypoint=shlex.join(command),
                    submission_id=job,
                    runtime_env={"working_dir": folder, "env_vars": {"PYTHONUNBUFFERED": "1"}},
                    # Trials need the processors; the driver only waits for them.
                    entrypoint_num_cpus=0,
                    metadata={"sched": run.name},
                )
        return job

    def state(self, job: str) -> JobState:
        """Where ``job`` stands.

        Raises
        ------
        InputError
            There is no such job.
        """
        with _told(self.address, job):
            info = self._client.get_job_info(job)
        return JobState(str(info.status.value), info.message or "", info.driver_exit_code)

    def follow(self, job: str, line: Callable[[str], None], should_stop: Callable[[], bool]) -> JobState:
        """Pass on the lines that ``job`` prints until it ends or ``should_stop``; outages are sat out.

        Raises
        ------
        SchedError
            The cluster has not answered for a minute.
        """
        from schedcore.experiments.job_main import OUTCOME

        printed, heard, told = 0, time.monotonic(), False
        while True:
            try:
                state = self.state(job)
                log = self._client.get_job_logs(job)
                heard = time.monotonic()
            except InputError:
                raise
            except Exception as error:
                if time.monotonic() - heard > _PATIENCE_S:
                    raise SchedError(
                        f"{self.address} does not answer any more: {_first_line(error)}",
                        where=f"job {job}",
                        remedy="the job may still run; follow it again later",
                    ) from error
            else:
                # A line that is not whole yet waits for its rest.
                whole = len(log) if state.ended else log.rfind("\n") + 1
                for text in log[printed:whole].splitlines():
                    told = told or text == OUTCOME
                    if not told:
                        line(text)
                printed = max(printed, whole)
                if state.ended:
                    return state
            for _ in range(10):
                if should_stop():
                    return self.state(job)
                time.sleep(0.1)

    def stop(self, job: str) -> None:
        """Ask the cluster to end ``job``."""
        with _told(self.address, job):
            self._client.stop_job(job)

    def fetch(self, job: str, run: Path) -> None:
        """Bring the results of ``job`` to the folder ``run``, in place of what is there.

        Raises
        ------
        SchedError
            There are none yet, or no more.
        FormatError
            They did not arrive whole.
        """
        from schedcore.experiments.job_package import unpack

        with _told(self.address, job):
            node = self._client.get_job_info(job).driver_node_id
        query = {"node_id": node or "", "filename": results_name(job), "lines": -1}
        text = None
        for _ in range(3):
            with _told(self.address, job):
                answer = self._client._do_request("GET", f"/api/v0/logs/file?{urllib.parse.urlencode(query)}")
            if answer.status_code == 200 and answer.text:
                text = answer.text
                break
            time.sleep(1.0)  # a file that was just laid down is not always listed at once
        if text is None:
            raise SchedError(
                "the job has left no results that can be fetched",
                where=f"job {job} at {self.address}",
                remedy="see what it printed:  ray job logs " + job,
            )
        unpack(text, run)


@dataclass(frozen=True, slots=True)
class JobNote:
    """``job.json`` in the folder of a run: the job that works on it."""

    address: str
    job: str

    def write(self, run: Path) -> None:
        """Leave the note in ``run``."""
        from schedcore.io.atomic import atomic_write_text

        atomic_write_text(run / JOB, json.dumps({"address": self.address, "job": self.job}) + "\n")

    @classmethod
    def read(cls, run: Path) -> JobNote | None:
        """The note in ``run``, if there is one."""
        try:
            data = json.loads((run / JOB).read_text(encoding="utf-8"))
            return cls(str(data["address"]), str(data["job"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None


def _client(address: str) -> Any:
    try:
        import aiohttp  # noqa: F401
        import requests  # noqa: F401
        from ray.job_submission import JobSubmissionClient
    except ImportError as error:
        raise MissingExtraError(
            f"jobs need Ray's dashboard client ({error.name or error} is missing)",
            where="--address",
            remedy="pip install 'sched-research[cluster]'",
        ) from error
    from schedcore.experiments.backends.ray_local import join_environment

    join_environment()
    # Ray's client would prefer these to the address that it is given.
    hidden = {name: os.environ.pop(name) for name in ("RAY_ADDRESS", "RAY_API_SERVER_ADDRESS") if name in os.environ}
    try:
        with _told(address):
            return JobSubmissionClient(address)
    finally:
        os.environ.update(hidden)


@contextlib.contextmanager
def _told(address: str, job: str | None = None) -> Iterator[None]:
    """Errors of Ray's client in our terms."""
    try:
        yield
    except SchedError:
        raise
    except (ConnectionError, OSError) as error:
        raise InputError(
            f"no job server answers at {address}: {_first_line(error)}",
            where="--address",
            remedy="give the address of the dashboard (http://HEAD:8265); is its port reachable?",
        ) from error
    except RuntimeError as error:
        text = _first_line(error)
        if job is not None and ("404" in text or "does not exist" in str(error)):
            raise InputError(f"no job {job!r} at {address}", where="--job", remedy="see  ray job list") from error
        if "401" in text or "403" in text or "uthenticat" in text:
            raise InputError(
                f"{address} wants a token", where="--address", remedy="set RAY_AUTH_TOKEN to the token of the cluster"
            ) from error
        raise SchedError(f"the job server refuses: {text}", where=address, remedy="see the dashboard's log") from error


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keep Ray's client from writing lines about packages to the terminal."""
    old = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(old)


def _first_line(error: object) -> str:
    return (str(error).strip().splitlines() or [""])[0][:300]
