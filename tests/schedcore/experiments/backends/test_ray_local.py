"""The embedded Ray: its folder, whose it is, and what becomes of it after a crash."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.command import environment
from support.ray_trials import running_with

from schedcore.errors import InputError, SchedError
from schedcore.experiments.backends import ray_local
from schedcore.experiments.backends.ray import RayBackend, is_address
from schedcore.experiments.backends.ray_faults import ClusterLostError, fault_of
from schedcore.experiments.backends.ray_local import (
    LocalRay,
    leftovers,
    prepare_environment,
    remove,
    shared_memory_warning,
)
from schedcore.experiments.backends.ray_task import Note, check_code, code_of


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files of its own."""
    monkeypatch.setattr(ray_local, "_bases", lambda: [tmp_path])
    return tmp_path


def session(base: Path, name: str, owner: object | None) -> Path:
    folder = base / (ray_local.PREFIX + name)
    folder.mkdir()
    if owner is not None:
        (folder / ray_local.OWNER).write_text(json.dumps(owner), encoding="utf-8")
    return folder


def test_sessions_of_the_dead_are_leftovers_and_those_of_the_living_are_not(base: Path) -> None:
    me = ray_local._identity(os.getpid())
    session(base, "mine", me)
    dead = session(base, "dead", {**me, "pid": 2**22 + 5})
    reused = session(base, "reused", {**me, "start": "1"})
    session(base, "new", None)
    old = session(base, "old", None)
    os.utime(old, (0, 0))
    (base / (ray_local.PREFIX + "file")).touch()
    assert [leftover.path for leftover in leftovers()] == [dead, old, reused]


def test_leftovers_are_removed_with_the_processes_that_use_them(base: Path) -> None:
    folder = session(base, "dead", {"pid": 2**22 + 5})
    by_argument = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", f"--dir={folder}/x"])
    with (folder / "log").open("w") as log:
        by_file = subprocess.Popen(["sleep", "60"], stdout=log)
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        time.sleep(0.3)
        (leftover,) = leftovers()
        assert set(leftover.pids) == {by_argument.pid, by_file.pid}
        remove(leftover, patience_s=0.1)
        assert by_argument.wait(5) == by_file.wait(5) == -signal.SIGKILL
        assert bystander.poll() is None
        assert not folder.exists()
    finally:
        for process in (by_argument, by_file, bystander):
            process.kill()
            process.wait()


def test_long_temporary_folders_are_avoided_or_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = tmp_path / ("x" * 60)
    long.mkdir()
    monkeypatch.setattr(ray_local, "_bases", lambda: [long, Path("/tmp")])
    folder = ray_local._new_folder()
    shutil.rmtree(folder)
    assert folder.parent == Path("/tmp")
    monkeypatch.setattr(ray_local, "_bases", lambda: [long])
    with pytest.raises(InputError, match="short enough for Unix sockets"):
        ray_local._new_folder()


def test_small_shared_memory_is_told_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=64 << 20))
    assert "64 MB free, Ray wants 256 MB" in shared_memory_warning(256)
    assert "--shm-size=1g" in shared_memory_warning(256)
    assert shared_memory_warning(50) == ""


def test_no_shared_memory_is_no_warning() -> None:
    assert shared_memory_warning(256, "/nowhere") == ""


def test_what_the_user_has_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*ray_local._SETTINGS, "RAY_AUTH_MODE", "RAY_AUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "1")
    prepare_environment()
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "1"
    assert os.environ["RAY_ENABLE_UV_RUN_RUNTIME_ENV"] == "0"
    assert len(os.environ["RAY_AUTH_TOKEN"]) == 64


def test_a_ray_that_does_not_start_is_told(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    def fail(**options: object) -> None:
        raise RuntimeError("no ports left")

    monkeypatch.setattr(ray_local, "_new_folder", lambda: session(base, "s", ray_local._identity(os.getpid())))
    monkeypatch.setattr(ray, "init", fail)
    with pytest.raises(SchedError, match="Ray did not start: RuntimeError: no ports left"):
        LocalRay(1, 256, lambda text: None).start()
    assert list(base.iterdir()) == []


def test_a_slow_start_is_tried_twice(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    calls: list[object] = []

    def slow(**options: object) -> None:
        calls.append(options["_temp_dir"])
        raise RuntimeError("The current node timed out during startup")

    said: list[str] = []
    names = iter("ab")
    monkeypatch.setattr(ray_local, "_new_folder", lambda: session(base, next(names), ray_local._identity(os.getpid())))
    monkeypatch.setattr(ray, "init", slow)
    with pytest.raises(SchedError, match="timed out during startup"):
        LocalRay(1, 256, said.append).start()
    assert len(set(map(str, calls))) == 2
    assert said[-1] == "Ray started too slowly and is started again"
    assert list(base.iterdir()) == []


# ---- what is decided without a cluster -----------------------------------------------------------------


def test_addresses() -> None:
    for address in ("auto", "10.0.0.1:6379", "head:6379", "ray://head:10001", "http://head:8265", "https://a.b/"):
        assert is_address(address), address
    for address in ("", "head", "ftp://head:1", "ray://", "a b:1"):
        assert not is_address(address), address
    with pytest.raises(InputError, match="address for jobs"):
        RayBackend(address="http://head:8265")
    with pytest.raises(InputError, match="too little for Ray"):
        RayBackend(object_store_mb=10)


def test_before_the_start_a_cluster_fits_all_and_this_machine_what_it_has() -> None:
    from support.ray_trials import small_trial

    assert RayBackend(address="auto").fits(small_trial(workers=999)) == ""
    assert "it asks for 3 processors; Ray gets 2 processors" in RayBackend(slots=2).fits(small_trial(workers=3))
    assert RayBackend(slots=2).fits(small_trial(workers=2)) == ""
    assert "it asks for 1 processors, 64 GPUs, 100000000 MiB of memory" in RayBackend(slots=2).fits(
        small_trial(gpus=64, memory_mb=10**8)
    )


def test_a_backend_that_never_started_is_closed_easily() -> None:
    backend = RayBackend(slots=1)
    backend.close()
    backend.close()


def test_errors_of_ray_have_our_names() -> None:
    from ray import exceptions

    note = Note("host-a", "n1", 7)
    told = [
        (
            exceptions.WorkerCrashedError(),
            note,
            False,
            "exit code 7",
            ("crash", "its process ended on host-a: exit code 7"),
        ),
        (exceptions.WorkerCrashedError(), note, True, "", ("lost", "its node is gone on host-a")),
        (exceptions.WorkerCrashedError(), Note("h", "n", 7, 900), False, "", ("out-of-memory", "used 900 MiB")),
        (exceptions.OutOfMemoryError("much"), None, False, "", ("out-of-memory", "the node ran out of memory")),
        (exceptions.NodeDiedError("gone"), note, False, "", ("lost", "its node is gone")),
        (exceptions.ObjectLostError("00", "addr", "stack"), None, False, "", ("lost", "its result is lost")),
        (exceptions.RuntimeEnvSetupError("no agent"), None, False, "", ("lost", "its result is lost")),
        (exceptions.TaskCancelledError(), note, False, "", ("exception", "it was interrupted on host-a")),
        (exceptions.RayTaskError("f", "trace", ValueError("odd")), None, False, "", ("exception", "ValueError: odd")),
        (exceptions.RayError("strange"), None, False, "", ("lost", "RayError: strange")),
    ]
    for error, known, dead, detail, (kind, text) in told:
        found = fault_of(error, known, dead, detail)
        assert found[0] == kind
        assert text in found[1]


def test_errors_of_the_whole_cluster_stop_the_sweep() -> None:
    from ray import exceptions

    for cause, text in (
        (InputError("this node runs sched 0", remedy="install"), "this node runs"),
        (ModuleNotFoundError("No module named 'schedcore'"), "the code is not on the nodes"),
    ):
        with pytest.raises(InputError, match=text):
            fault_of(exceptions.RayTaskError("f", "trace", cause), None, False, "")
    assert "sched sweep --resume RUN" in str(ClusterLostError.of("Ray has died"))


def test_other_code_on_a_node_is_refused() -> None:
    from support.ray_trials import small_trial

    check_code(small_trial(), code_of("jssp"))
    with pytest.raises(InputError, match="the driver 0.0.0"):
        check_code(small_trial(), "0.0.0+abc")


# ---- after a crash ---------------------------------------------------------------------------------------

_DRIVER = """
import sys, time
from schedcore.experiments.backends.ray import RayBackend
from support.ray_trials import small_trial
backend = RayBackend(slots=1)
backend.start()
backend.submit(small_trial(solver="support.deadly_solvers:Hanging"), 1, None)
backend.poll(2.0)
print(backend._local.folder, flush=True)
time.sleep(60)
"""


@pytest.mark.ray
@pytest.mark.slow
def test_a_killed_driver_leaves_nothing_that_the_next_start_does_not_remove(tmp_path: Path) -> None:
    env = environment()
    env["PYTHONPATH"] += os.pathsep + str(Path(__file__).parents[3])
    driver = subprocess.Popen(
        [sys.executable, "-c", _DRIVER], env=env, stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL
    )
    assert driver.stdout is not None
    folder = Path(driver.stdout.readline().strip())
    assert folder.is_dir()
    assert folder not in [leftover.path for leftover in leftovers()]
    driver.kill()
    driver.wait()
    driver.stdout.close()
    (mine,) = (leftover for leftover in leftovers() if leftover.path == folder)
    assert mine.pids
    remove(mine)
    assert not folder.exists()
    assert running_with(str(folder)) == []
