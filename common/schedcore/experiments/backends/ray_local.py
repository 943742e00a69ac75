"""An embedded Ray: started by the command, for itself alone, and gone with it.

Ray leaves its session folder behind, and after a SIGKILL of the driver some processes for a while.  Every session of
ours therefore lives in a folder ``sched-ray-*`` that says whose it is; the next start removes those of dead owners,
and ``sched doctor`` lists them.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import json
import logging
import os
import secrets
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schedcore.errors import InputError, SchedError

PREFIX = "sched-ray-"
OWNER = "owner.json"

# Ray's own folder within ours (it lets everybody write there), and what it puts behind that:
# /session_2026-01-31_23-59-59_123456_1234567/sockets/plasma_store
_INNER = "r"
_SOCKET_TAIL = 68
_SOCKET_LIMIT = 107
_MB = 1 << 20

_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    # Workers would yield to every other process, and their times compare with nothing.
    "RAY_worker_niceness": "0",
    # On a machine with much else to do Ray starts slowly; by default it would give up after 30 s.
    "RAY_raylet_start_wait_time_s": "120",
    # What a trial started ends with its worker.
    "RAY_process_group_cleanup_enabled": "1",
}


@dataclass(frozen=True, slots=True)
class Leftover:
    """The folder of a session whose owner is dead, and the processes that still use it."""

    path: Path
    pids: tuple[int, ...]


class LocalRay:
    """A Ray of its own for this process.

    Parameters
    ----------
    cpus
        Processors that Ray hands out.
    object_store_mb
        Shared memory for instances and results.
    say
        Told what the user should know.
    memory_mb
        Memory that Ray hands out; default: what the machine has.
    """

    def __init__(
        self, cpus: int, object_store_mb: int, say: Callable[[str], None], *, memory_mb: int | None = None
    ) -> None:
        self.cpus = cpus
        self.object_store_mb = object_store_mb
        self.memory_mb = memory_mb
        self.folder: Path | None = None
        self._say = say

    def start(self) -> None:
        """Start Ray; what dead sessions of ours left is removed first.

        Raises
        ------
        InputError
            There is no folder with a path short enough for sockets.
        SchedError
            Ray does not start.
        """
        for leftover in leftovers():
            remove(leftover)
        warning = shared_memory_warning(self.object_store_mb)
        if warning:
            self._say(warning)
        prepare_environment()
        try:
            self._init()
        except Exception as error:
            self.close()
            if "timed out" not in str(error):
                raise _not_started(error) from error
            # A machine with much else to do; the second time its files are in memory.
            self._say("Ray started too slowly and is started again")
            try:
                self._init()
            except Exception as again:
                self.close()
                raise _not_started(again) from again

    def _init(self) -> None:
        self.folder = _new_folder()
        atexit.register(self.close)
        import ray

        with own_signals():
            ray.init(
                address="local",
                num_cpus=self.cpus,
                include_dashboard=False,
                log_to_driver=False,
                object_store_memory=self.object_store_mb * _MB,
                _memory=None if self.memory_mb is None else self.memory_mb * _MB,
                configure_logging=False,
                logging_level=logging.ERROR,
                _temp_dir=str(self.folder / _INNER),
            )

    def missing_process(self) -> str:
        """Name of a process that the session cannot live without and that has died; empty while all is well."""
        from ray._private import worker

        node = getattr(worker, "_global_node", None)
        processes = getattr(node, "all_processes", {}) if node is not None else {}
        for kind in ("gcs_server", "raylet"):
            for info in processes.get(kind, ()):
                if info.process.poll() is not None:
                    return kind
        return ""

    def close(self) -> None:
        """Stop Ray and remove its folder; may be called twice."""
        folder, self.folder = self.folder, None
        if folder is None:
            return
        atexit.unregister(self.close)
        import ray

        with contextlib.suppress(Exception), own_signals():
            ray.shutdown()
        remove(Leftover(folder, tuple(_users(folder))))


def _not_started(error: Exception) -> SchedError:
    if isinstance(error, SchedError):
        return error
    return SchedError(
        f"Ray did not start: {type(error).__name__}: {error}",
        where="backend ray",
        remedy="see  sched doctor;  --backend process needs no Ray",
    )


def join_environment() -> None:
    """Settings of Ray that are read when it is imported; what the user has set stays."""
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)


def prepare_environment() -> None:
    """Settings for a Ray that is started here, and a token by which nobody else can use it."""
    join_environment()
    if "RAY_AUTH_MODE" not in os.environ:
        # Otherwise Ray makes a token in the home folder and says so at length.
        os.environ["RAY_AUTH_MODE"] = "token"
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
        if "ray" in sys.modules:
            _read_settings_again()


def _read_settings_again() -> None:
    """Let a Ray that is imported already see the settings; there is no public way."""
    with contextlib.suppress(ImportError, AttributeError):
        core = importlib.import_module("ray._raylet")
        core.Config.initialize("")
        core.AuthenticationTokenLoader.instance().reset_cache()


def shared_memory_warning(object_store_mb: int, folder: str = "/dev/shm") -> str:
    """What to do about a shared memory that is too small for the object store; empty where it is not."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return ""
    if free >= 1.05 * object_store_mb * _MB:
        return ""
    return (
        f"{folder} has {free // _MB} MB free, Ray wants {object_store_mb} MB and uses slower files instead; "
        "with docker:  --shm-size=1g  (or backend.object_store_mb=80)"
    )


@contextlib.contextmanager
def own_signals() -> Iterator[None]:
    """Keep our signal handlers; Ray installs one for SIGTERM that ends the process."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


# ---- folders and their owners ------------------------------------------------------------------------


def _bases() -> list[Path]:
    """Where sessions may lie: the folder for temporary files, else /tmp when that one's path is too long."""
    found: list[Path] = []
    for base in (Path(tempfile.gettempdir()), Path("/tmp")):
        base = base.resolve()
        if base not in found and base.is_dir():
            found.append(base)
    return found


def _new_folder() -> Path:
    for base in _bases():
        if len(os.fsencode(base)) + len(PREFIX) + 9 + _SOCKET_TAIL > _SOCKET_LIMIT:
            continue
        try:
            folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
            (folder / OWNER).write_text(json.dumps(_identity(os.getpid())), encoding="utf-8")
        except OSError:
            continue
        return folder
    raise InputError(
        "no folder for Ray: it must be writable, and its path short enough for Unix sockets",
        where=f"temporary folder {tempfile.gettempdir()}",
        remedy="set TMPDIR to a folder with a short path (/tmp)",
    )


def _identity(pid: int) -> dict[str, Any]:
    """What tells a process from a later one with the same number."""
    start = ""
    with contextlib.suppress(OSError, IndexError):
        # Field 22 of stat; the name in field 2 may hold blanks and brackets.
        start = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    boot = ""
    with contextlib.suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return {"pid": pid, "start": start, "boot": boot}


def _alive(owner: dict[str, Any]) -> bool:
    try:
        pid = int(owner["pid"])
        os.kill(pid, 0)
    except PermissionError:
        pass
    except (ProcessLookupError, KeyError, TypeError, ValueError, OverflowError):
        return False
    return pid > 0 and _identity(pid) == owner


def leftovers() -> list[Leftover]:
    """Sessions of this user whose owner is dead."""
    found = []
    for base in _bases():
        for folder in sorted(base.glob(PREFIX + "*")):
            with contextlib.suppress(OSError, ValueError):
                status = folder.lstat()
                if not folder.is_dir() or folder.is_symlink() or status.st_uid != os.getuid():
                    continue
                owner = folder / OWNER
                if owner.is_file():
                    if _alive(json.loads(owner.read_text(encoding="utf-8"))):
                        continue
                elif time.time() - status.st_mtime < 60:
                    continue  # perhaps it is just being made
                found.append(Leftover(folder, tuple(_users(folder))))
    return found


def remove(leftover: Leftover, patience_s: float = 3.0) -> None:
    """End the processes that still use the folder, after giving them time to end by themselves, and remove it."""
    deadline = time.monotonic() + (patience_s if leftover.pids else 0)
    while _users(leftover.path) and time.monotonic() < deadline:
        time.sleep(0.05)
    for _ in range(20):
        pids = _users(leftover.path)
        for pid in pids:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        if not pids:
            break
        time.sleep(0.05)
    shutil.rmtree(leftover.path, ignore_errors=True)


def _users(folder: Path) -> list[int]:
    """Processes of Ray that belong to the session in ``folder``, by their arguments or the logs they write.

    Workers replace their arguments by a title, so that only their open files tell where they belong.
    """
    mark = os.fsencode(folder) + b"/"
    found = []
    for entry in Path("/proc").glob("[0-9]*") if Path("/proc/self").exists() else ():
        pid = int(entry.name)
        if pid == os.getpid():
            continue
        with contextlib.suppress(OSError):
            if entry.stat().st_uid != os.getuid():
                continue
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if any(word.partition(b"=")[2].startswith(mark) or word.startswith(mark) for word in words):
                found.append(pid)
                continue
            # Workers and agents have replaced their arguments by a title.
            files = os.listdir(entry / "fd") if words[0].startswith(b"ray::") else ("1", "2")
            if any(_file_of(entry / "fd" / number).startswith(mark) for number in files):
                found.append(pid)
    return found


def _file_of(link: Path) -> bytes:
    try:
        return os.fsencode(os.readlink(link))
    except OSError:
        return b""
