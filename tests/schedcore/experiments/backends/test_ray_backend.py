"""Trials on an embedded Ray: one for all tests here, since its start takes longer than all of them."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from support.ray_trials import running_with, small_trial

from schedcore.errors import InputError
from schedcore.experiments.backends import ray as ray_module
from schedcore.experiments.backends.protocol import Backend, Finished
from schedcore.experiments.backends.ray import RayBackend
from schedcore.experiments.run_trial import run_trial
from schedcore.experiments.trial import Trial, TrialRecord, TrialStatus, load_instance

pytestmark = pytest.mark.ray


@pytest.fixture(scope="module")
def backend() -> Iterator[RayBackend]:
    """A backend with two processors."""
    made = RayBackend(slots=2, grace_s=20, warm_up=False)
    made.start()
    yield made
    made.close()


def run(backend: RayBackend, trials: Sequence[Trial], limit_s: float = 60) -> dict[str, Finished]:
    loaded = {name: load_instance("jssp", name) for name in {trial.instance for trial in trials}}
    for trial in trials:
        backend.submit(trial, 1, loaded[trial.instance])
    found: dict[str, Finished] = {}
    deadline = time.monotonic() + limit_s
    while len(found) < len(trials):
        assert time.monotonic() < deadline, f"only {sorted(found)}"
        found |= {done.key: done for done in backend.poll(1.0)}
    return found


def outcome(record: TrialRecord) -> dict[str, Any]:
    """What must not depend on where a trial ran."""
    timing = {"wall_s", "cpu_s", "peak_rss_mb", "load", "host", "backend", "started", "trace", "message", "log"}
    return {key: value for key, value in record.as_dict().items() if key not in timing}


def test_it_is_a_backend(backend: RayBackend) -> None:
    assert isinstance(backend, Backend)
    assert (backend.name, backend.window) == ("ray", 4)


def test_results_are_those_of_this_process(backend: RayBackend) -> None:
    trials = [
        small_trial(instance=name, solver=solver) for name in ("ft06", "la01") for solver in ("spt", "mwkr", "sgs")
    ]
    found = run(backend, [dataclasses.replace(trial, deterministic_limit=1.0) for trial in trials])
    for trial in trials:
        expected = run_trial(dataclasses.replace(trial, deterministic_limit=1.0), load_instance("jssp", trial.instance))
        record = found[trial.key].record
        assert outcome(record) == outcome(expected)
        assert record.value is not None
        assert (record.backend, record.attempt, found[trial.key].attempt) == ("ray", 1, 1)


def test_a_thousand_trials_cost_little(backend: RayBackend) -> None:
    loaded = load_instance("jssp", "ft06")
    trials = [small_trial(solver="support.my_solvers:Serial", seed=seed) for seed in range(300)]
    run(backend, trials[:4])
    begin = time.perf_counter()
    waiting, done = list(trials), 0
    held = 0
    while done < len(trials):
        while waiting and held < backend.window:
            backend.submit(waiting.pop(), 1, loaded)
            held += 1
        finished = backend.poll(5.0)
        done += len(finished)
        held -= len(finished)
    each_ms = 1000 * (time.perf_counter() - begin) / len(trials)
    # The bar is 10 ms for what Ray adds; here the trials' own work is counted too, on a machine that is shared.
    assert each_ms < 40


def test_each_way_to_fail_has_its_name_and_the_others_go_on(backend: RayBackend) -> None:
    of = "support.deadly_solvers:"
    bad = {
        "crash": small_trial(solver=of + "Segfault"),
        "crash ": small_trial(solver=of + "Leaving"),
        "timeout": small_trial(solver=of + "Hanging", timeout_s=1.0),
        "timeout ": small_trial(solver=of + "Parent", timeout_s=1.5),
        "out-of-memory": small_trial(solver=of + "Leaking", memory_mb=500),
        "exception": small_trial(solver="support.my_solvers:Crashing"),
    }
    good = [small_trial(solver="spt", seed=seed) for seed in range(4)]
    found = run(backend, [*bad.values(), *good])
    for name, trial in bad.items():
        record = found[trial.key].record
        assert (record.status, record.error_type) == (TrialStatus.FAILED, name.strip()), record
    assert [found[trial.key].record.error_text for trial in good] == [""] * 4
    assert (
        "exit code 7" in found[bad["crash "].key].record.message or "ended" in found[bad["crash "].key].record.message
    )
    assert found[bad["timeout"].key].record.message == "ended after its limit of 1 s"
    assert "Segmentation fault" in found[bad["crash"].key].record.error_text
    over = found[bad["out-of-memory"].key].record
    assert "more than its memory_mb" in over.message
    assert over.host == os.uname().nodename
    time.sleep(0.5)
    assert not running_with("31557.25"), "what a trial started ends with it"


def test_waiting_for_a_processor_is_no_time_of_the_trial(backend: RayBackend) -> None:
    slow = [
        small_trial(
            solver="support.deadly_solvers:Sleeping", parameters=(("factor", 1.2),), seed=seed, workers=2, timeout_s=3.0
        )
        for seed in range(4)
    ]
    found = run(backend, slow)
    assert [found[trial.key].record.error_type for trial in slow] == [""] * 4


def test_libraries_are_told_how_many_threads(backend: RayBackend) -> None:
    trials = [small_trial(solver="support.deadly_solvers:Threads", workers=workers) for workers in (1, 2)]
    found = run(backend, trials)
    for trial in trials:
        log = found[trial.key].record.log
        assert f"'OMP_NUM_THREADS': '{trial.workers}'" in log
        assert f"'OPENBLAS_NUM_THREADS': '{trial.workers}'" in log


def test_cancelled_trials_are_not_reported(backend: RayBackend) -> None:
    slow = [small_trial(solver="support.deadly_solvers:Hanging", seed=seed) for seed in range(2)]
    for trial in slow:
        backend.submit(trial, 1, load_instance("jssp", "ft06"))
    assert backend.poll(1.0) == []
    backend.cancel([slow[0].key])
    backend.cancel()
    quick = small_trial(solver="spt", seed=99)
    assert set(run(backend, [quick])) == {quick.key}


def test_what_can_never_fit_is_refused(backend: RayBackend) -> None:
    wide = small_trial(workers=3)
    assert "it asks for 3 processors; no node has that: 2 processors" in backend.fits(wide)
    with pytest.raises(InputError, match="ask for less"):
        backend.submit(wide, 1, None)
    assert "1e" not in backend.fits(small_trial(memory_mb=10**9))
    assert backend.fits(small_trial(memory_mb=10**9)) != ""
    assert backend.fits(small_trial(gpus=64)) != ""
    assert backend.fits(small_trial()) == ""


def test_nothing_to_do_is_no_wait_without_end(backend: RayBackend) -> None:
    begin = time.monotonic()
    assert backend.poll(0.0) == []
    assert backend.poll(0.1) == []
    assert time.monotonic() - begin < 1


def test_notes_are_thrown_away(backend: RayBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_module, "_NOTES_TOGETHER", 2)
    slow = {"solver": "support.deadly_solvers:Sleeping", "parameters": (("factor", 0.7),)}
    run(backend, [small_trial(seed=seed, **slow) for seed in range(6)])
    assert len(backend._notes) <= 3
    for notes in backend._notes.values():
        assert notes.names() != []
        notes.clear()
        assert notes.names() == []


def test_a_running_ray_is_used_and_left_alone(backend: RayBackend) -> None:
    import ray

    other = RayBackend()
    other.start()
    try:
        (done,) = run(other, [small_trial(solver="spt")]).values()
        assert done.record.value is not None
    finally:
        other.close()
        other.close()
    assert ray.is_initialized()


def test_the_folder_is_short_and_private(backend: RayBackend) -> None:
    assert backend._local is not None
    folder = backend._local.folder
    assert folder is not None
    assert len(str(folder / "r")) < 60
    assert folder.stat().st_mode & 0o077 == 0
    assert Path(folder / "owner.json").is_file()
