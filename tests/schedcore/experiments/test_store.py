"""The store of a run."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
import subprocess
import sys

import pytest
from support.command import environment_of_tests
from support.trials import record, store, trial

from schedcore.errors import FormatError, InputError, SchedError, UnknownNameError
from schedcore.experiments.database import file_system
from schedcore.experiments.manifest import Manifest
from schedcore.experiments.store import Store
from schedcore.experiments.trial import Trial, TrialRecord, TrialStatus

A, B, C = (trial("spt", seed) for seed in range(3))
FULL = record(
    A,
    55,
    status=TrialStatus.OPTIMAL,
    bound=55.0,
    makespan=55,
    metrics={"makespan": 55, "mean_flow": 3.25},
    units={"makespan": "ticks"},
    trace=((0.1, 60, None), (0.4, 55, 55.0)),
    schedule={"placements": [[0, 0, 0, 1]]},
    sizes={"jobs": 6},
    log="said\n",
    artifacts={"notes.txt": "ä"},
    cpu_s=0.25,
    attempt=2,
)


def test_what_is_stored_comes_back(tmp_path) -> None:
    with store(tmp_path) as kept:
        kept.add([A, B])
        kept.begin(A.key, 2)
        assert kept.statuses() == {"planned": 1, "running": 1, "done": 0, "failed": 0}
        kept.finish(FULL)
    with Store.read(tmp_path / "run") as kept:
        assert kept.trials() == [A, B]
        # Without schedules, logs and artifacts, which are files.
        assert kept.records() == {A.key: dataclasses.replace(FULL, schedule=None, log="", artifacts={})}
        assert kept.get(A.key) == dataclasses.replace(FULL, artifacts={})
        assert kept.get(B.key) is None
        assert kept.artifact_names(A.key) == ("log.txt", "notes.txt", "schedule.json")
        assert kept.artifact_path(A.key, "notes.txt").read_text(encoding="utf-8") == "ä"
        assert kept.finished_keys() == {A.key}
        assert kept.attempts() == {A.key: 2, B.key: 0}


def test_trials_survive_json() -> None:
    odd = trial(
        parameters=(("p", (1, (2, "x"))), ("q", None)), factors=(("a.b", 1.5),), settings=(("s", {"k": [1]}),),
        data_dirs=("x",), gpus=0.5, memory_mb=10,
    )  # fmt: skip
    data = json.loads(json.dumps(odd.as_dict()))
    assert Trial.from_dict(data).as_dict() == odd.as_dict()
    assert Trial.from_dict(data).parameters == odd.parameters


def test_people_can_ask_in_sql(tmp_path) -> None:
    with store(tmp_path) as kept:
        kept.add([A])
        kept.finish(FULL)
        asked = sqlite3.connect(tmp_path / "run" / "results.sqlite")
        (row,) = asked.execute("SELECT status, value, bound, wall_s, error_type FROM trial").fetchall()
        assert row == ("OPTIMAL", 55, 55.0, 0.5, "")
        assert asked.execute("SELECT name, value, unit FROM metric ORDER BY name").fetchall() == [
            ("makespan", 55.0, "ticks"),
            ("mean_flow", 3.25, ""),
        ]
        assert asked.execute("SELECT t, objective, bound FROM trace").fetchall() == [(0.1, 60, None), (0.4, 55, 55.0)]
        asked.close()


def test_a_new_plan_keeps_the_results_of_the_old(tmp_path) -> None:
    with store(tmp_path) as kept:
        kept.add([A, B])
        kept.finish(record(A))
        kept.add([C, B])
        assert (kept.trials(), kept.records()) == ([C, B], {})
        assert kept.finished_keys(everything=True) == {A.key}
        kept.add([B, A])
        assert list(kept.records()) == [A.key]


def test_failed_and_running_trials_are_run_again(tmp_path) -> None:
    with store(tmp_path) as kept:
        kept.add([A, B, C])
        kept.write([record(A, None, status=TrialStatus.FAILED, error_type="crash")], [(B.key, 1)])
        assert kept.statuses() == {"planned": 1, "running": 1, "done": 0, "failed": 1}
        assert kept.running_keys() == {B.key}
        assert kept.reset_running() == 1
        assert kept.finished_keys() == set()


def test_forgotten_results_are_gone(tmp_path) -> None:
    with store(tmp_path) as kept:
        kept.add([A])
        kept.finish(FULL)
        kept.forget([A.key])
        assert (kept.records(), kept.artifact_names(A.key), kept.attempts()) == ({}, (), {A.key: 0})


def test_another_try_replaces_what_the_first_left(tmp_path) -> None:
    with store(tmp_path) as kept:
        kept.add([A])
        kept.finish(dataclasses.replace(FULL, attempt=1))
        kept.finish(record(A, 60, attempt=2))
        assert kept.get(A.key) == record(A, 60, attempt=2)
        assert kept.artifact_names(A.key) == ()


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "x" * 200])
def test_artifacts_stay_in_their_folder(tmp_path, name) -> None:
    with store(tmp_path) as kept:
        kept.add([A])
        with pytest.raises(UnknownNameError, match="cannot name an artifact"):
            kept.finish(record(A, artifacts={name: "x"}))


def test_unknown_trial_is_refused(tmp_path) -> None:
    with store(tmp_path) as kept, pytest.raises(SchedError, match="no trial"):
        kept.finish(record(A))


def test_reading_writes_nothing(tmp_path) -> None:
    with store(tmp_path) as kept:
        kept.add([A])
    with Store.read(tmp_path / "run") as kept, pytest.raises(SchedError, match="for reading only"):
        kept.finish(record(A))


def test_a_run_at_work_can_be_read(tmp_path) -> None:
    with store(tmp_path) as kept:
        kept.add([A])
        kept.finish(record(A))
        with Store.read(tmp_path / "run") as other:
            assert list(other.records()) == [A.key]


def test_log_of_writes_of_a_killed_driver_is_read(tmp_path) -> None:
    with store(tmp_path) as kept:
        kept.add([A])
        kept.finish(record(A))
        copy = tmp_path / "copy"
        copy.mkdir()
        for name in ("results.sqlite", "results.sqlite-wal", "sweep.json"):
            (copy / name).write_bytes((tmp_path / "run" / name).read_bytes())
    with Store.read(copy) as read:
        assert list(read.records()) == [A.key]


def test_manifest_keeps_its_birthday(tmp_path) -> None:
    with store(tmp_path) as kept:
        created = kept.manifest.created
        assert created.endswith("Z")
        kept.update_manifest(dataclasses.replace(kept.manifest, created="2020-01-01T00:00:00Z"))
    with Store.create(tmp_path / "run", Manifest("run", ("sched", "sweep"), {"target": "jssp"})) as kept:
        assert kept.manifest.created == "2020-01-01T00:00:00Z"
        assert kept.manifest.argv == ("sched", "sweep")
    assert Manifest.read(tmp_path / "run").asked == {"target": "jssp"}


def test_no_run_here(tmp_path) -> None:
    with store(tmp_path, "other"):
        pass
    for opened in (Store.open, Store.read):
        with pytest.raises(InputError, match="there is no run here") as caught:
            opened(tmp_path / "run")
        assert caught.value.remedy == "there are: other"


def _break(folder, what) -> None:
    file = folder / "results.sqlite"
    if what == "text":
        file.write_text("hello " * 500, encoding="utf-8")
    elif what == "hole":
        file.write_bytes(file.read_bytes()[:4096] + b"\xff" * 20000)
    elif what == "other":
        file.unlink()
        with sqlite3.connect(file) as made:
            made.execute("CREATE TABLE t (x)")
        made.close()
    elif what == "version":
        with sqlite3.connect(file) as made:
            made.execute("PRAGMA user_version=99")
        made.close()
    elif what == "content":
        with sqlite3.connect(file) as made:
            made.execute("UPDATE trial SET config_json = '[1]', record_json = '{\"status\": 3}'")
        made.close()
    elif what == "manifest":
        (folder / "sweep.json").write_text("{", encoding="utf-8")


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("text", "is damaged|not a database"),
        ("hole", "is damaged"),
        ("other", "not a database of results"),
        ("version", "has version 99; this is version 1"),
        ("content", "something else than trials|no record of a trial"),
        ("manifest", "no manifest of a run"),
    ],
)
def test_damage_is_told(tmp_path, what, text) -> None:
    with store(tmp_path) as kept:
        kept.add([A])
        kept.finish(record(A))
    _break(tmp_path / "run", what)

    def reading() -> None:
        with Store.read(tmp_path / "run") as read:
            read.trials()
            read.records()

    with pytest.raises(FormatError, match=text):
        reading()


def test_damaged_schedule_is_told(tmp_path) -> None:
    with store(tmp_path) as kept:
        kept.add([A])
        kept.finish(FULL)
        kept.artifact_path(A.key, "schedule.json").write_text("{", encoding="utf-8")
        with pytest.raises(FormatError, match="the schedule is damaged"):
            kept.get(A.key)


def test_a_folder_that_cannot_be_made(tmp_path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot use the folder"):
        Store.create(tmp_path / "file" / "run", Manifest("x"))


def test_network_file_systems_are_refused(tmp_path, monkeypatch) -> None:
    import schedcore.experiments.database as database

    assert file_system(tmp_path) != ""
    monkeypatch.setattr(database, "file_system", lambda folder: "nfs4")
    with pytest.raises(InputError, match=r"network file system \(nfs4\)"):
        store(tmp_path)
    monkeypatch.undo()
    store(tmp_path).close()  # the lock was given back


FILL = """
import resource, sys
from pathlib import Path
from support.trials import record, store, trial
from schedcore.errors import SchedError
from schedcore.experiments.store import Store
folder = Path(sys.argv[1])
trials = [trial("spt", seed) for seed in range(400)]
with store(folder) as kept:
    kept.add(trials)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
    done = 0
    try:
        for t in trials:
            kept.finish(record(t, message="x" * 3000))
            done += 1
    except SchedError as error:
        print(type(error).__name__, error.what, "|", error.remedy)
with Store.read(folder / "run") as read:
    print(done, len(read.records()), read.statuses()["done"])
"""


def test_full_disk_is_told_and_costs_nothing_that_was_stored(tmp_path) -> None:
    # A limit on the size of files stands for the disk: the same calls of the system fail.
    env = environment_of_tests()
    answer = subprocess.run(
        [sys.executable, "-c", FILL, str(tmp_path)], capture_output=True, text=True, env=env, timeout=120, check=False
    )
    told, counts = answer.stdout.splitlines()
    assert told.startswith("SchedError the d"), answer
    assert "disk" in told
    assert "make room" in told
    done, read, counted = map(int, counts.split())
    assert 0 < done == read == counted


def test_records_have_all_fields_of_the_schema(tmp_path) -> None:
    with store(tmp_path) as kept:
        kept.add([A])
        kept.finish(FULL)
        found = kept.get(A.key)
    assert found is not None
    defaults = TrialRecord("k", "d", "i", "s", 0, TrialStatus.UNKNOWN)
    for field in dataclasses.fields(TrialRecord):
        if field.name not in ("artifacts",) and getattr(FULL, field.name) != getattr(defaults, field.name):
            assert getattr(found, field.name) == getattr(FULL, field.name), field.name
