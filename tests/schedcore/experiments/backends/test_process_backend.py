"""The backend ``process``: equal results, limits enforced, trials that harm their process."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time

import pytest
from support.command import environment_of_tests
from support.trials import FT06, comparable, mine, run, trial

from schedcore.errors import InputError, SchedError
from schedcore.experiments.backends import process as process_module
from schedcore.experiments.backends.inline import InlineBackend
from schedcore.experiments.backends.process import ProcessBackend
from schedcore.experiments.backends.resources import Resources, gpu_ids
from schedcore.experiments.driver import DriverOptions


@pytest.fixture
def backend():
    """Two workers; nothing may be left of them."""
    made = ProcessBackend(2, grace_s=5.0)
    yield made
    made.close()
    assert made._workers == []


def drain(backend, count):
    found = []
    end = time.monotonic() + 60
    while len(found) < count and time.monotonic() < end:
        found += backend.poll(0.5)
    return {item.key: item.record for item in found}


def test_keys_and_results_are_those_of_inline(tmp_path, backend) -> None:
    trials = [trial(name, seed) for name in ("spt", "mwkr", "random") for seed in (0, 1)]
    trials += [mine("Crashing"), mine("Wrong"), mine("Nothing"), mine("deadly_solvers:NotANumber")]
    _, inline = run(trials, tmp_path / "a", InlineBackend())
    _, process = run(trials, tmp_path / "b", backend)
    assert {k: comparable(r) for k, r in inline.items()} == {k: comparable(r) for k, r in process.items()}
    assert {r.backend for r in process.values()} == {"process"}


def test_trials_that_harm_their_process_are_named_and_the_others_run(tmp_path, backend) -> None:
    good = [trial("spt", seed) for seed in range(4)]
    bad = {
        "Segfault": ("crash", "its process died of signal 11 (SIGSEGV)"),
        "Leaving": ("crash", "it ended its process with exit code 7"),
        "Hanging": ("timeout", "ended after its limit of 1 s"),
        "Leaking": ("out-of-memory", "more than its 300 MiB of memory"),
        "Quitting": ("exception", "SystemExit(3)"),
        "Garbage": ("", ""),
    }
    harmful = {
        name: mine(f"deadly_solvers:{name}", timeout_s=1.0 if name == "Hanging" else None, time_limit_s=20.0,
                   memory_mb=300 if name == "Leaking" else None)
        for name in bad
    }  # fmt: skip
    mixed = [x for pair in zip(harmful.values(), [*good, *good]) for x in pair][:12]
    backend.warm_up = False  # most of them would not survive it
    outcome, records = run(list(dict.fromkeys(mixed)), tmp_path, backend)
    assert outcome.ran == len(harmful) + 4
    for name, (error_type, text) in bad.items():
        found = records[harmful[name].key]
        assert (name, found.error_type) == (name, error_type)
        assert text in found.message
        if error_type:
            assert text in found.error_text or error_type == "exception"
    assert all(records[t.key].value == 88 for t in good)
    segfault = records[harmful["Segfault"].key]
    assert "Fatal Python error: Segmentation fault" in segfault.error_text
    assert "deadly_solvers.py" in segfault.error_text
    garbage = records[harmful["Garbage"].key]
    assert garbage.value == 197
    assert garbage.log.endswith("the end\n")
    leaking = records[harmful["Leaking"].key]
    assert leaking.peak_rss_mb is not None
    assert leaking.peak_rss_mb > 300


def test_another_try_may_succeed(tmp_path, backend, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    flaky = mine("deadly_solvers:Flaky", 5)
    outcome, records = run([flaky], tmp_path, backend, options=DriverOptions(retries=1))
    assert outcome.failed == []
    assert (records[flaky.key].value, records[flaky.key].attempt) == (197, 2)


def test_warming_up_decides_nothing(backend, monkeypatch) -> None:
    monkeypatch.setattr(process_module, "PREPARE_S", 2.0)
    crash, hang = mine("deadly_solvers:Segfault"), mine("deadly_solvers:Hanging", timeout_s=0.5)
    for bad in (crash, hang):
        backend.submit(bad, 1, FT06)
    found = drain(backend, 2)
    assert (found[crash.key].error_type, found[hang.key].error_type) == ("crash", "timeout")
    assert found[hang.key].message == "ended after its limit of 0.5 s"


def test_what_a_killed_trial_started_goes_with_it(backend) -> None:
    from support.deadly_solvers import OtherParent

    backend.warm_up = False
    backend.submit(mine("deadly_solvers:OtherParent", timeout_s=1.0), 1, FT06)
    (found,) = drain(backend, 1).values()
    assert found.error_type == "timeout"
    assert OtherParent.mark not in _processes()


def test_cancelled_trials_are_not_reported(backend) -> None:
    slow, waiting, other = mine("Patient", time_limit_s=60.0), trial("spt", 1, workers=2), trial("spt", 2)
    backend.submit(slow, 1, FT06)
    backend.submit(waiting, 1, FT06)
    backend.submit(other, 1, FT06)
    backend.poll(0.5)
    backend.cancel([slow.key, waiting.key])
    assert list(drain(backend, 1)) == [other.key]
    backend.cancel()
    assert backend.poll(0.0) == []
    assert backend.resources.used_slots == 0


def test_grants_are_obeyed_and_told_to_libraries(tmp_path, backend) -> None:
    one, two = mine("deadly_solvers:Threads"), mine("deadly_solvers:Threads", workers=2)
    _, records = run([one, two], tmp_path, backend)
    assert "'OMP_NUM_THREADS': '1'" in records[one.key].log
    assert "'OMP_NUM_THREADS': '2'" in records[two.key].log


def test_more_than_there_is_is_refused(backend) -> None:
    for asks, text in (
        ({"workers": 3}, "asks for 3 processors; there are 2"),
        ({"memory_mb": 10**9}, "asks for 1000000000 MiB of memory"),
        ({"gpus": 99.0}, "asks for 99 GPUs"),
    ):
        assert text in backend.fits(trial("spt", **asks))
        with pytest.raises(InputError, match="can never run here"):
            backend.submit(trial("spt", **asks), 1, None)


def test_workers_are_replaced_after_a_while(tmp_path) -> None:
    backend = ProcessBackend(1, recycle_after=2)
    pids = set()
    backend.start()
    for seed in range(5):
        backend.submit(trial("spt", seed), 1, FT06)
        pids |= {worker.process.pid for worker in backend._workers}
        drain(backend, 1)
    backend.close()
    backend.close()
    assert len(pids) == 3


def test_an_idle_worker_that_dies_costs_nothing(backend) -> None:
    backend.submit(trial("spt", 0), 1, FT06)
    drain(backend, 1)
    (worker,) = backend._workers
    os.kill(worker.process.pid, signal.SIGKILL)
    worker.process.wait()
    backend.submit(trial("spt", 1), 1, FT06)
    (found,) = drain(backend, 1).values()
    assert (found.value, found.attempt) == (88, 1)


def test_little_memory_on_the_machine_ends_the_largest(backend, monkeypatch) -> None:
    backend.submit(mine("Patient", time_limit_s=60.0), 1, FT06)
    while not backend._workers or backend._workers[0].task is None or not backend._workers[0].task.prepared:
        backend.poll(0.1)
    monkeypatch.setattr(process_module, "available_mb", lambda: 10.0)
    (found,) = drain(backend, 1).values()
    assert found.error_type == "out-of-memory"
    assert "the machine had 10 MiB of memory left" in found.message


def test_workers_that_cannot_start_are_told(monkeypatch) -> None:
    monkeypatch.setattr("schedcore.experiments.backends.worker_process._CODE", "raise SystemExit('no module here')")
    backend = ProcessBackend(1)
    backend.submit(trial("spt"), 1, FT06)
    with pytest.raises(SchedError, match="worker processes cannot be started: no module here"):
        drain(backend, 1)
    backend.close()


DRIVER = """
import sys, time
from support.trials import FT06, mine
from schedcore.experiments.backends.process import ProcessBackend
backend = ProcessBackend(1, warm_up=False)
backend.submit(mine("deadly_solvers:Hanging", time_limit_s=600.0), 1, FT06)
while not (backend._workers[0].task and backend._workers[0].task.prepared):
    backend.poll(0.1)
print(backend._workers[0].process.pid, flush=True)
time.sleep(60)
"""


def test_workers_end_with_their_driver() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", DRIVER], stdout=subprocess.PIPE, text=True, env=environment_of_tests()
    ) as driver:
        assert driver.stdout is not None
        worker = int(driver.stdout.readline())
        assert _alive(worker)
        driver.kill()
    end = time.monotonic() + 10
    while _alive(worker) and time.monotonic() < end:
        time.sleep(0.05)
    assert not _alive(worker)


def test_accounts_of_resources() -> None:
    have = Resources(4, 1000.0, ("0", "1"), free_gpus={"0": 1.0, "1": 1.0})
    half, whole = trial("spt", workers=1, gpus=0.5, memory_mb=400), trial("spt", workers=1, gpus=1.0)
    assert have.take(half) == ("0",)
    assert have.take(half) == ("0",)  # the fuller one first
    assert have.take(half) is None  # memory
    assert have.take(whole) == ("1",)
    assert have.take(whole) is None
    have.give_back(half, ("0",))
    assert have.take(dataclasses.replace(half, memory_mb=None)) == ("0",)
    assert have.take(trial("spt", workers=2)) is None
    assert "more than one can only be given whole" in have.lacks(trial("spt", gpus=1.5))


def test_gpus_are_those_that_are_visible(monkeypatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2, 5")
    assert gpu_ids() == ("2", "5")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert gpu_ids() == ()


def _alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _processes() -> str:
    return subprocess.run(["ps", "-axo", "args"], capture_output=True, text=True, check=True).stdout
