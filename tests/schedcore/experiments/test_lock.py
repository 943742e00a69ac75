"""The lock of a store."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from support.command import environment
from support.trials import store

from schedcore.errors import SchedError
from schedcore.experiments import lock as lock_module
from schedcore.experiments.lock import LockedError, StoreLock

HOLD = """
import sys, time
from pathlib import Path
from schedcore.experiments.lock import StoreLock
lock = StoreLock(Path(sys.argv[1]))
lock.take()
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True, env=environment()
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        yield child
        child.kill()


def test_two_drivers_are_refused_and_told_of_each_other(tmp_path, holder) -> None:
    with pytest.raises(LockedError, match=f"process {holder.pid} on .*, since 20") as caught:
        StoreLock(tmp_path).take()
    assert caught.value.exit_code == 2


def test_two_stores_in_one_process_are_refused(tmp_path) -> None:
    with store(tmp_path), pytest.raises(LockedError, match=f"process {os.getpid()}"):
        store(tmp_path)
    with store(tmp_path) as kept:
        assert not kept.taken_over


def test_lock_of_a_killed_driver_is_taken_over(tmp_path, holder) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    lock = StoreLock(tmp_path)
    lock.take()
    assert lock.taken_over
    lock.release()
    lock.release()
    assert (tmp_path / "lock").read_text(encoding="utf-8") == ""


@pytest.mark.parametrize(("age_s", "refused"), [(5, True), (120, False)])
def test_heartbeat_decides_for_another_machine(tmp_path, age_s, refused) -> None:
    owner = {"pid": 1, "host": "elsewhere", "since": "then", "beat": time.time() - age_s, "token": "t"}
    (tmp_path / "lock").write_text(json.dumps(owner), encoding="utf-8")
    lock = StoreLock(tmp_path)
    if refused:
        with pytest.raises(LockedError, match="process 1 on elsewhere, since then"):
            lock.take()
    else:
        lock.take()
        assert lock.taken_over
        lock.release()


def test_heartbeat_goes_on_and_sees_a_rival(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(lock_module, "BEAT_S", 0.02)
    lock = StoreLock(tmp_path)
    lock.take()
    first = json.loads((tmp_path / "lock").read_text(encoding="utf-8"))["beat"]
    _until(lambda: json.loads((tmp_path / "lock").read_text(encoding="utf-8"))["beat"] > first)
    lock.check()
    (tmp_path / "lock").write_text(json.dumps({"token": "rival"}), encoding="utf-8")
    _until(lambda: lock._lost)
    with pytest.raises(SchedError, match="another driver has taken this run over"):
        lock.check()
    lock.release()
    assert "rival" in (tmp_path / "lock").read_text(encoding="utf-8")


def test_damaged_lock_belongs_to_nobody(tmp_path) -> None:
    (tmp_path / "lock").write_text("{{{", encoding="utf-8")
    lock = StoreLock(tmp_path)
    lock.take()
    lock.release()


def _until(condition) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            if condition():
                return
        except ValueError:  # read while it was written
            pass
        time.sleep(0.01)
    raise AssertionError("it does not happen")
