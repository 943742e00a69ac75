"""The lock that keeps two drivers off one store.

The file ``lock`` of a run is locked in the kernel, which ends with the process however that ends, and holds who has it
and a heartbeat.  The heartbeat decides where the kernel's lock does not reach: a driver on another machine, or a file
system without locks.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import platform
import secrets
import threading
import time
from pathlib import Path
from typing import Any

from schedcore.errors import InputError, SchedError

BEAT_S = 5.0
STALE_S = 60.0
"""A lock without a heartbeat for this long belongs to nobody."""

_held: set[str] = set()
_guard = threading.Lock()


class LockedError(InputError):
    """Another driver works on the run."""


class StoreLock:
    """The right to write to the run in ``folder``; see :meth:`take`."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "lock"
        self.token = secrets.token_hex(8)
        self.taken_over = False
        """Whether a driver that is no more had left it behind."""
        self._descriptor: int | None = None
        self._over = threading.Event()
        self._lost = False

    def take(self) -> None:
        """Take the lock; a dead driver's is taken over.

        Raises
        ------
        LockedError
            Another driver has it; the message says which.
        OSError
            The file cannot be written.
        """
        name = os.path.realpath(self.path)
        with _guard:
            # Within a process the kernel's lock does not count.
            if name in _held:
                raise self._refusal({"pid": os.getpid(), "host": platform.node()})
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                self._take(descriptor)
            except BaseException:
                os.close(descriptor)
                raise
            self._descriptor = descriptor
            _held.add(name)
        threading.Thread(target=self._beat, name="lock heartbeat", daemon=True).start()

    def _take(self, descriptor: int) -> None:
        reaches = True
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EACCES):
                raise self._refusal(_content(descriptor)) from None
            reaches = False  # a file system without locks
        owner = _content(descriptor)
        if owner:
            fresh = time.time() - float(owner.get("beat", 0)) < STALE_S
            here = owner.get("host") == platform.node()
            if fresh and ((not here) or (not reaches and _alive(int(owner.get("pid", 0))))):
                raise self._refusal(owner)
            self.taken_over = True
        self._write(descriptor)

    def _refusal(self, owner: dict[str, Any]) -> LockedError:
        who = f"process {owner.get('pid', '?')} on {owner.get('host', '?')}"
        since = f", since {owner['since']}" if owner.get("since") else ""
        return LockedError(
            f"another driver works on this run: {who}{since}",
            where=str(self.path.parent),
            remedy="let it finish, stop it, or give another --out",
        )

    def _write(self, descriptor: int) -> None:
        now = time.time()
        if not hasattr(self, "_since"):
            self._since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now))
        owner = {"pid": os.getpid(), "host": platform.node(), "since": self._since, "beat": now, "token": self.token}
        text = json.dumps(owner).encode().ljust(256)
        os.pwrite(descriptor, text, 0)
        os.ftruncate(descriptor, len(text))

    def _beat(self) -> None:
        while not self._over.wait(BEAT_S):
            with _guard:
                descriptor = self._descriptor
                if descriptor is None:
                    return
                # A full disk must not end the heartbeat; a lock that somebody took over must end the driver.
                with contextlib.suppress(OSError):
                    owner = _content(descriptor)
                    if owner and owner.get("token") != self.token:
                        self._lost = True
                        return
                    self._write(descriptor)

    def check(self) -> None:
        """Make sure that the lock is still ours.

        Raises
        ------
        SchedError
            Another driver took it over, because this one gave no sign of life for too long.
        """
        if self._lost:
            raise SchedError(
                "another driver has taken this run over while this one was stopped",
                where=str(self.path.parent),
                remedy="leave it to that one",
            )

    def release(self) -> None:
        """Give the lock back; may be called twice."""
        self._over.set()
        with _guard:
            descriptor, self._descriptor = self._descriptor, None
            if descriptor is None:
                return
            if not self._lost:
                with contextlib.suppress(OSError):
                    os.ftruncate(descriptor, 0)
            os.close(descriptor)
            _held.discard(os.path.realpath(self.path))


def _content(descriptor: int) -> dict[str, Any]:
    try:
        found = json.loads(os.pread(descriptor, 4096, 0) or b"{}")
    except (ValueError, OSError):
        return {}
    return found if isinstance(found, dict) else {}


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid > 0
