"""The process that runs trials for the backend ``process``.

It reads a trial, runs it, answers with the record, and so on until the socket ends.  What the trials print, compiled
code included, goes to a file, of which the driver reads the end if the process dies.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from schedcore.registry import LoadedInstance

PARENT_CHECK_S = 1.0
BEGUN = b""
"""Sent when the instance is there and libraries are loaded, so that the time of the trial counts from now."""


def main(socket: int, parent: int) -> None:
    """Serve trials from the descriptor ``socket`` until it is closed."""
    _die_with(parent)
    connection = Connection(socket)
    os.set_inheritable(socket, False)
    import faulthandler

    faulthandler.enable()
    from schedcore.experiments import run_trial

    instances: dict[str, LoadedInstance] = {}
    connection.send("ready")
    while True:
        try:
            task = connection.recv_bytes()
        except (EOFError, OSError):
            return
        connection.send_bytes(_answer(task, instances, run_trial, lambda: connection.send_bytes(BEGUN)))


def _answer(task: bytes, instances: dict[str, LoadedInstance], module: Any, begun: Callable[[], None]) -> bytes:
    import dataclasses
    import pickle

    trial, name, payload, forget, warm = pickle.loads(task)
    if forget:
        instances.clear()
    _empty_log()
    loaded = None
    try:
        if payload is not None:
            instances[name] = pickle.loads(payload)
        loaded = instances.get(name)
    except Exception:
        loaded = None  # cannot be unpickled here: the runner loads it by its name, or says why that fails
    try:
        if warm:
            from schedcore.experiments.warm_up import warm_worker

            warm_worker(trial, loaded)
            _empty_log()
        begun()
        record = module.run_trial(trial, loaded)
    except KeyboardInterrupt:  # somebody's signal; the trial has no other way to end
        from schedcore.experiments.trial import failed_record

        record = failed_record(trial, "exception", "KeyboardInterrupt in the trial")
    record = dataclasses.replace(record, log=_read_log())
    try:
        return pickle.dumps(record)
    except Exception as error:
        from schedcore.experiments.trial import failed_record

        text = f"the result cannot be sent: {type(error).__name__}: {error}"
        return pickle.dumps(failed_record(trial, "invalid-result", text))


def _empty_log() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    with contextlib.suppress(OSError):
        os.ftruncate(1, 0)


def _read_log() -> str:
    from schedcore.experiments.capture import LOG_LIMIT

    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    try:
        size = os.fstat(1).st_size
        return os.pread(1, LOG_LIMIT, max(0, size - LOG_LIMIT)).decode("utf-8", "replace")
    except OSError:
        return ""


def _die_with(parent: int) -> None:
    """End this process when the driver ends, even by SIGKILL and in the middle of compiled code."""
    import ctypes
    import signal

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG, Linux
    if os.getppid() != parent:
        os._exit(1)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(PARENT_CHECK_S)
        os._exit(1)

    threading.Thread(target=watch, name="watch of the driver", daemon=True).start()
