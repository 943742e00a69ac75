"""Housekeeping: what runs there are in a folder, and removing those that may go."""

from __future__ import annotations

import calendar
import json
import os
import platform
import shlex
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from schedcore.errors import InputError, SchedError
from schedcore.experiments.lock import STALE_S, LockedError, StoreLock
from schedcore.experiments.manifest import MANIFEST, Manifest
from schedcore.experiments.run_folder import run_folders
from schedcore.experiments.store import DATABASE, Store

_OURS = ("artifacts", "export")
"""Folders inside a run that belong to it."""


@dataclass(frozen=True)
class RunEntry:
    """A run in a folder.

    ``left`` counts trials without a result, running ones included; ``fault`` says why a run cannot be read, and its
    counts are then 0.
    """

    name: str
    path: Path
    created: str
    updated: str
    asked: str
    done: int
    failed: int
    left: int
    size_bytes: int
    locked: bool
    fault: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The entry as plain data."""
        return {**asdict(self), "path": str(self.path)}


@dataclass(frozen=True)
class PruneOutcome:
    """What was removed (or would be), what could not be and why, and how many runs there were."""

    removed: tuple[RunEntry, ...]
    total: int
    refused: dict[str, str] = field(default_factory=dict)


def list_runs(runs_dir: Path) -> list[RunEntry]:
    """The runs in ``runs_dir``, those used last first."""
    found = [_entry(path, runs_dir) for path in run_folders(runs_dir)]
    return sorted(found, key=lambda entry: (entry.updated, entry.name), reverse=True)


def prune_runs(
    runs_dir: Path, *, keep: int | None = None, older_than_s: float | None = None, dry_run: bool = False
) -> PruneOutcome:
    """Remove runs that are neither among the ``keep`` used last nor used within ``older_than_s`` seconds.

    A run that a driver works on stays, and so does a folder that holds what no run has written.

    Raises
    ------
    InputError
        Neither limit is given.
    """
    if keep is None and older_than_s is None:
        raise InputError("nothing says which runs may go", where="prune", remedy="give keep or older_than_s")
    entries = list_runs(runs_dir)
    candidates = entries if keep is None else entries[keep:]
    now = time.time()
    removed: list[RunEntry] = []
    refused: dict[str, str] = {}
    for entry in candidates:
        if older_than_s is not None and now - _seconds(entry) < older_than_s:
            continue
        reason = _reason_to_stay(entry)
        if reason is None and not dry_run:
            reason = _remove(entry.path)
        if reason is None:
            removed.append(entry)
        else:
            refused[entry.name] = reason
    return PruneOutcome(tuple(removed), len(entries), refused)


def _entry(path: Path, runs_dir: Path) -> RunEntry:
    name = path.relative_to(runs_dir).as_posix()
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file() and not file.is_symlink())
    counts = {"planned": 0, "running": 0, "done": 0, "failed": 0}
    manifest, fault = Manifest(name), ""
    try:
        manifest = Manifest.read(path)
        with Store.read(path) as store:
            counts = store.statuses()
    except (SchedError, OSError) as error:
        fault = error.what if isinstance(error, SchedError) else str(error)
    return RunEntry(
        name,
        path,
        manifest.created,
        manifest.updated or time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime((path / MANIFEST).stat().st_mtime)),
        asked_text(manifest.asked),
        counts["done"],
        counts["failed"],
        counts["planned"] + counts["running"],
        size,
        _locked(path),
        fault,
    )


def asked_text(asked: Mapping[str, Any]) -> str:
    """What a run was asked for, as words of a command: target, words, grid, seeds, sample."""
    search = asked.get("tune")
    if isinstance(search, Mapping):
        return "tune " + asked_text(search)
    words = [str(asked.get("target") or ""), *map(str, asked.get("words") or ())]
    for name in ("grid", "seeds", "sample"):
        if asked.get(name) is not None:
            words += [f"--{name}", str(asked[name])]
    if asked.get("sample") is not None and asked.get("sample_seed"):
        words += ["--sample-seed", str(asked["sample_seed"])]
    return shlex.join(word for word in words if word)


def _seconds(entry: RunEntry) -> float:
    try:
        return float(calendar.timegm(time.strptime(entry.updated, "%Y-%m-%dT%H:%M:%SZ")))
    except ValueError:
        return (entry.path / MANIFEST).stat().st_mtime


def _locked(path: Path) -> bool:
    """Whether a driver works on the run, from what its lock file says: looking must not take the lock."""
    try:
        owner = json.loads((path / "lock").read_text(encoding="utf-8") or "{}")
        fresh = time.time() - float(owner["beat"]) < STALE_S
        return fresh and (owner["host"] != platform.node() or _alive(int(owner["pid"])))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid > 0


def _reason_to_stay(entry: RunEntry) -> str | None:
    if entry.locked:
        return "a driver works on it"
    strangers = [p.name for p in entry.path.iterdir() if p.is_dir() and not p.is_symlink() and p.name not in _OURS]
    if strangers:
        return f"it holds a folder that no run has written: {strangers[0]}"
    return None


def _remove(path: Path) -> str | None:
    """Remove a run while holding its lock; says why it could not be done."""
    lock = StoreLock(path)
    try:
        lock.take()
    except LockedError as error:
        return error.what
    except OSError as error:
        return str(error.strerror or error)
    try:
        # The manifest goes first: what a kill leaves of it is no run any more.
        os.unlink(path / MANIFEST)
        (path / DATABASE).unlink(missing_ok=True)
        shutil.rmtree(path)
    except OSError as error:
        return str(error.strerror or error)
    finally:
        lock.release()
    return None
