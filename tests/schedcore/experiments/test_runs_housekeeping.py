"""Finding, listing and removing runs."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
from support.made_runs import a_failure, a_record, a_run, a_trial, stored

from schedcore.errors import InputError
from schedcore.experiments.manifest import MANIFEST
from schedcore.experiments.run_folder import find_run, run_folders
from schedcore.experiments.runs import asked_text, list_runs, prune_runs
from schedcore.experiments.store import Store


def three_trials():
    a, b, c = (a_trial(n, "a") for n in ("ft06", "ft10", "la01"))
    return a_run([(a, a_record(a, 60)), (b, a_failure(b)), (c, None)])


def aged(folder: Path, updated: str) -> Path:
    """``folder`` as if it had been used last at ``updated``."""
    data = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    (folder / MANIFEST).write_text(json.dumps({**data, "updated": updated}), encoding="utf-8")
    return folder


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Three runs of different ages, and things that are no runs."""
    folder = tmp_path / "runs"
    aged(stored(three_trials(), folder / "old"), "2020-01-01T00:00:00Z")
    aged(stored(three_trials(), folder / "deep" / "middle"), "2021-01-01T00:00:00Z")
    stored(three_trials(), folder / "new")
    (folder / "notes").mkdir()
    (folder / "notes" / "a.txt").write_text("mine", encoding="utf-8")
    return folder


def test_runs_are_found_by_folder_or_name(runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_run("runs/old") == Path("runs/old")
    assert find_run("old") == Path("runs/old")
    assert find_run("deep/middle", runs) == runs / "deep" / "middle"
    assert find_run(str(runs / "old" / MANIFEST)) == runs / "old"
    with pytest.raises(InputError, match="there is no run 'olt'") as caught:
        find_run("olt")
    assert caught.value.remedy == "did you mean 'old'?"
    with pytest.raises(InputError, match="there is no run in this folder"):
        find_run("runs/notes")
    with pytest.raises(InputError, match="no run 'x'") as caught:
        find_run("x", tmp_path / "nowhere")
    assert "the folder that 'sched sweep'" in str(caught.value.remedy)
    assert run_folders(tmp_path / "nowhere") == []


def test_runs_are_listed_by_age_with_their_counts(runs: Path) -> None:
    entries = list_runs(runs)
    assert [entry.name for entry in entries] == ["new", "deep/middle", "old"]
    first = entries[0]
    assert (first.done, first.failed, first.left, first.locked, first.fault) == (1, 1, 1, False, "")
    assert first.asked == "jssp solver=cpsat,lns"
    for more, shown in (
        ({"seeds": 5, "grid": None}, "jssp --seeds 5"),
        (
            {"grid": "my grid.yaml", "sample": 3, "sample_seed": 7},
            "jssp --grid 'my grid.yaml' --sample 3 --sample-seed 7",
        ),
        ({"sample": 3, "sample_seed": 0}, "jssp --sample 3"),
    ):
        assert asked_text({"target": "jssp", "words": [], **more}) == shown
    assert asked_text({"tune": {"target": "jssp", "words": ["a=1,2"], "seeds": 2}}) == "tune jssp a=1,2 --seeds 2"
    assert first.size_bytes > 10_000
    assert first.as_dict()["path"] == str(runs / "new")


def test_damaged_runs_are_listed_with_their_fault(runs: Path) -> None:
    (runs / "old" / "results.sqlite").write_bytes(b"nothing of the sort" * 100)
    (runs / "deep" / "middle" / MANIFEST).write_text("{", encoding="utf-8")
    faults = {entry.name: entry.fault for entry in list_runs(runs)}
    assert faults["new"] == ""
    assert faults["old"]
    assert "no manifest" in faults["deep/middle"]


def test_prune_keeps_the_latest(runs: Path) -> None:
    dry = prune_runs(runs, keep=1, dry_run=True)
    assert [entry.name for entry in dry.removed] == ["deep/middle", "old"]
    assert (runs / "old").is_dir()
    done = prune_runs(runs, keep=1)
    assert ([entry.name for entry in done.removed], done.total, done.refused) == (["deep/middle", "old"], 3, {})
    assert sorted(p.name for p in runs.iterdir()) == ["deep", "new", "notes"]


def test_prune_by_age(runs: Path) -> None:
    assert [e.name for e in prune_runs(runs, older_than_s=3600).removed] == ["deep/middle", "old"]
    assert prune_runs(runs, older_than_s=3600).removed == ()


def test_both_limits_must_allow_it(runs: Path) -> None:
    assert [e.name for e in prune_runs(runs, keep=2, older_than_s=3600, dry_run=True).removed] == ["old"]
    assert prune_runs(runs, keep=0, older_than_s=1e12).removed == ()
    with pytest.raises(InputError, match="nothing says which runs may go"):
        prune_runs(runs)


def test_locked_runs_stay(runs: Path) -> None:
    with Store.open(runs / "old"):
        aged(runs / "old", "2020-01-01T00:00:00Z")
        assert next(e for e in list_runs(runs) if e.name == "old").locked
        outcome = prune_runs(runs, keep=0)
    assert outcome.refused == {"old": "a driver works on it"}
    assert (runs / "old").is_dir()
    assert [e.name for e in prune_runs(runs, keep=0).removed] == ["old"]


def test_folders_of_strangers_stay(runs: Path) -> None:
    (runs / "old" / "thesis").mkdir()
    outcome = prune_runs(runs, keep=2)
    assert outcome.refused == {"old": "it holds a folder that no run has written: thesis"}
    shutil.rmtree(runs / "old" / "thesis")
    (runs / "old" / "export").mkdir()
    assert len(prune_runs(runs, keep=2).removed) == 1


def test_runs_that_cannot_be_removed_are_named(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(shutil, "rmtree", refuse)
    assert prune_runs(runs, keep=2).refused == {"old": "Permission denied"}


def test_listing_does_not_disturb_a_dead_lock(runs: Path) -> None:
    lock = runs / "old" / "lock"
    owner = {"pid": 2**22 + 5, "host": __import__("platform").node(), "beat": 0, "token": "x"}
    for content in (json.dumps(owner), "", "{", "[]", json.dumps({**owner, "beat": 9e12})):
        lock.write_text(content, encoding="utf-8")
        assert not next(e for e in list_runs(runs) if e.name == "old").locked
        assert lock.read_text(encoding="utf-8") == content
    lock.write_text(json.dumps({**owner, "host": "elsewhere", "beat": 9e12}), encoding="utf-8")
    assert next(e for e in list_runs(runs) if e.name == "old").locked


def test_entries_without_dates_use_that_of_the_file(runs: Path) -> None:
    aged(runs / "old", "")
    entry = next(e for e in list_runs(runs) if e.name == "old")
    assert entry.updated.startswith("20")
    changed = dataclasses.replace(entry, updated="yesterday")
    from schedcore.experiments.runs import _seconds

    assert _seconds(changed) == (runs / "old" / MANIFEST).stat().st_mtime
