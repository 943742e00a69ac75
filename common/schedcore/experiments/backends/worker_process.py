"""A worker process seen from the driver: start, send, receive, kill."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from schedcore.errors import SchedError
from schedcore.experiments.backends.memory import tree_rss_mb
from schedcore.experiments.backends.worker import BEGUN
from schedcore.experiments.capture import LOG_LIMIT
from schedcore.experiments.trial import Trial, TrialRecord

if TYPE_CHECKING:
    from schedcore.registry import LoadedInstance

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "NUMBA_NUM_THREADS")
"""Variables from which numerical libraries learn how many threads they may use."""
_INSTANCES = 32
_LOG_FILE_LIMIT = 16 * 1024 * 1024
_CODE = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[3]); "
    "from schedcore.experiments.backends.worker import main; main(int(sys.argv[1]), int(sys.argv[2]))"
)


@dataclass
class Task:
    """A trial that a worker has, or is to get when it has started.

    ``warm`` lets the method solve tiny instances first.
    ``began`` is when it was handed over, by the monotonic clock, and then when it began (``prepared``).
    """

    trial: Trial
    attempt: int
    loaded: LoadedInstance | None
    gpus: tuple[str, ...]
    warm: bool = False
    began: float = 0.0
    prepared: bool = False
    peak_mb: float = 0.0


class WorkerProcess:
    """A process for trials that were granted ``workers`` processors and the GPUs ``gpus``.

    It leads a session of its own: a Ctrl-C in the terminal does not reach it, and killing it takes along what its
    trial has started.
    """

    def __init__(self, workers: int, gpus: tuple[str, ...]) -> None:
        self.profile = (workers, gpus)
        self.task: Task | None = None
        self.ready = False
        self.served = 0
        self.base_mb = 0.0
        self._known: set[str] = set()
        ours, theirs = socket.socketpair()
        log, name = tempfile.mkstemp(prefix="sched-worker-")
        os.unlink(name)
        # Appending, so that the file can be emptied while it is written.
        fcntl.fcntl(log, fcntl.F_SETFL, os.O_APPEND | os.O_RDWR)
        self.log = log
        environment = {**os.environ, **dict.fromkeys(THREADS, str(workers)), "CUDA_VISIBLE_DEVICES": ",".join(gpus)}
        path = json.dumps([os.path.abspath(place) for place in sys.path])
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _CODE, str(theirs.fileno()), str(os.getpid()), path],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
                env=environment,
            )
        except OSError as error:
            os.close(log)
            ours.close()
            raise SchedError(
                f"a worker process cannot be started: {error.strerror}",
                where="backend process",
                remedy="use fewer --slots, or --backend inline",
            ) from error
        finally:
            theirs.close()
        self.connection = Connection(ours.detach())

    def send(self) -> None:
        """Hand the task over.

        Raises
        ------
        OSError
            The process is gone.
        """
        task = self.task
        assert task is not None
        name = json.dumps([task.trial.domain, task.trial.instance, task.trial.data_dirs])
        forget, payload = False, None
        if task.loaded is not None and name not in self._known:
            forget = len(self._known) >= _INSTANCES
            if forget:
                self._known.clear()
            payload = _pickled(task.loaded)
            self._known.add(name)
        task.began, task.prepared = time.monotonic(), False
        self.connection.send_bytes(
            pickle.dumps((task.trial, name, payload, forget, task.warm), pickle.HIGHEST_PROTOCOL)
        )

    def receive(self) -> TrialRecord | None:
        """What the process has sent: a record, or ``None`` when it says that it or its trial has started.

        A process that has started gets its task here.

        Raises
        ------
        EOFError, OSError
            The process is gone, or what came is no message of a worker.
        """
        if not self.ready:
            if self.connection.recv() != "ready":
                raise OSError("the worker sent something else than it should")
            self.send()  # if that fails, the process counts as one that did not start
            self.ready = True
            return None
        message = self.connection.recv_bytes(1 << 30)
        if message == BEGUN and self.task is not None:
            self.task.began, self.task.prepared = time.monotonic(), True
            return None
        try:
            record = pickle.loads(message)
        except Exception as error:
            raise OSError(f"what the worker sent cannot be read: {type(error).__name__}: {error}") from error
        if not isinstance(record, TrialRecord):
            raise OSError(f"the worker sent a {type(record).__name__}")
        return record

    def rss_mb(self) -> float:
        """Resident memory of the process and what it has started."""
        return tree_rss_mb(self.process.pid)

    def tend_log(self) -> None:
        """Empty the file of what was printed when it grows large: the end alone is kept."""
        with contextlib.suppress(OSError):
            if os.fstat(self.log).st_size > _LOG_FILE_LIMIT:
                os.ftruncate(self.log, 0)

    def log_text(self) -> str:
        """The end of what was printed."""
        try:
            size = os.fstat(self.log).st_size
            return os.pread(self.log, LOG_LIMIT, max(0, size - LOG_LIMIT)).decode("utf-8", "replace")
        except OSError:
            return ""

    def ending(self) -> str:
        """How the process ended, in words."""
        try:
            code = self.process.wait(timeout=2.0)
        except subprocess.TimeoutExpired:
            return "its worker stopped answering"
        if code >= 0:
            return f"it ended its process with exit code {code}"
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = "unknown"
        return f"its process died of signal {-code} ({name})"

    def kill(self) -> None:
        """End the process and all that it has started; may be called twice."""
        with contextlib.suppress(OSError):
            os.killpg(self.process.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            # Longer only if the kernel cannot end it (a dead network disk); then it is left to the kernel.
            self.process.wait(timeout=5.0)
        self.connection.close()
        if self.log >= 0:
            os.close(self.log)
            self.log = -1


def _pickled(loaded: LoadedInstance) -> bytes | None:
    """``loaded`` in bytes; ``None`` if it has parts that cannot be sent, so that the worker loads it by its name."""
    try:
        return pickle.dumps(loaded, pickle.HIGHEST_PROTOCOL)
    except Exception:
        return None
