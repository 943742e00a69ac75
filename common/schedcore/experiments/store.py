"""Where the results of a run are kept: ``results.sqlite``, ``artifacts/`` and ``sweep.json`` in a folder.

Only the driver writes, one transaction for what has finished since the last one.  A kill at any moment loses what was
running and nothing else.  Schedules, logs and other texts are files in ``artifacts/KEY/``, renamed into place before
the record that speaks of them is written.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from schedcore.errors import FormatError, InputError, SchedError, UnknownNameError
from schedcore.experiments.database import open_for_reading, open_for_writing, told
from schedcore.experiments.lock import StoreLock
from schedcore.experiments.manifest import MANIFEST, Manifest
from schedcore.experiments.trial import RECORD_SCHEMA, Trial, TrialRecord

DATABASE = "results.sqlite"
SCHEDULE = "schedule.json"
LOG = "log.txt"
_APART = ("schedule", "log", "artifacts", "trace", "metrics", "units")
"""Fields of a record that are kept outside ``record_json``."""
_NAME = re.compile(r"[\w][\w.+-]{0,127}")


class Store:
    """The results of a run; made by :meth:`create`, :meth:`open` or :meth:`read`, and a context manager."""

    def __init__(self, path: Path, manifest: Manifest, connection: sqlite3.Connection, lock: StoreLock | None) -> None:
        self.path = path
        self.manifest = manifest
        self._connection = connection
        self._lock = lock

    # ---- opening and closing ---------------------------------------------------------------------

    @classmethod
    def create(cls, path: Path, manifest: Manifest) -> Store:
        """The run in ``path`` for writing, made if there is none; ``manifest`` takes the place of an older one.

        Raises
        ------
        InputError
            The folder cannot be made or written, or another driver works on it.
        FormatError
            There is a run that is damaged or of another version.
        """
        with told(path / DATABASE):
            path.mkdir(parents=True, exist_ok=True)
        return cls._writing(path, manifest)

    @classmethod
    def open(cls, path: Path) -> Store:
        """The run in ``path`` for writing.

        Raises
        ------
        As :meth:`create`; and :class:`InputError` if there is no run.
        """
        _check_run(path)
        return cls._writing(path, None)

    @classmethod
    def _writing(cls, path: Path, manifest: Manifest | None) -> Store:
        lock = StoreLock(path)
        with told(path / DATABASE):
            lock.take()
        try:
            connection = open_for_writing(path / DATABASE)
            try:
                with told(path / DATABASE):
                    old = Manifest.read(path) if (path / MANIFEST).exists() else None
                    if manifest is None:
                        if old is None:
                            raise _no_run(path)
                        return cls(path, old, connection, lock)
                    if old is not None:
                        manifest = dataclasses.replace(manifest, created=old.created)
                    return cls(path, manifest.write(path), connection, lock)
            except BaseException:
                connection.close()
                raise
        except BaseException:
            lock.release()
            raise

    @classmethod
    def read(cls, path: Path) -> Store:
        """The run in ``path`` for reading; takes no lock, writes nothing, works while a driver is at it.

        Raises
        ------
        InputError
            There is no run.
        FormatError
            It is damaged or of another version.
        """
        _check_run(path)
        with told(path / DATABASE):
            manifest = Manifest.read(path)
        return cls(path, manifest, open_for_reading(path / DATABASE), None)

    def close(self) -> None:
        """Close; may be called twice."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def taken_over(self) -> bool:
        """Whether the driver before this one died at work."""
        return self._lock is not None and self._lock.taken_over

    def update_manifest(self, manifest: Manifest) -> None:
        """Replace the manifest."""
        with told(self.path / DATABASE):
            self.manifest = manifest.write(self.path)

    # ---- writing ---------------------------------------------------------------------------------

    def add(self, trials: Sequence[Trial]) -> None:
        """Make ``trials`` the plan, in this order; trials and results of earlier plans are kept, but no part of it."""
        rows = [
            (t.key, i, t.domain, t.group, t.instance, t.method, t.solver, t.seed, json.dumps(t.as_dict(), default=str))
            for i, t in enumerate(trials)
        ]
        with self._transaction() as run:
            run.execute("UPDATE trial SET position = NULL")
            run.executemany(
                'INSERT INTO trial (key, position, domain, "group", instance, method, solver, seed, config_json) '
                "VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT (key) DO UPDATE SET position = excluded.position, "
                '"group" = excluded."group", instance = excluded.instance, method = excluded.method, '
                "config_json = excluded.config_json",
                rows,
            )

    def begin(self, key: str, attempt: int) -> None:
        """Note that a trial runs."""
        self.write((), ((key, attempt),))

    def finish(self, record: TrialRecord) -> None:
        """Keep ``record``, in one transaction."""
        self.write((record,), ())

    def write(self, finished: Iterable[TrialRecord], begun: Iterable[tuple[str, int]]) -> None:
        """Keep what has finished and note what has begun, ``(key, attempt)``, in one transaction.

        Raises
        ------
        SchedError
            The disk is full or fails; another driver took the run over.
        """
        if self._lock is not None:
            self._lock.check()
        finished = list(finished)
        for record in finished:
            self._write_files(record)
        with self._transaction() as run:
            for record in finished:
                self._write_record(run, record)
            run.executemany(
                "UPDATE trial SET state = 'running', attempt = ? WHERE key = ?", ((n, key) for key, n in begun)
            )

    def reset_running(self) -> int:
        """Trials that a driver left running are to be run again; returns how many there were."""
        with self._transaction() as run:
            return run.execute("UPDATE trial SET state = 'planned' WHERE state = 'running'").rowcount

    def forget(self, keys: Iterable[str]) -> None:
        """Forget the results of trials, so that they are run again."""
        chosen = list(keys)
        with self._transaction() as run:
            for key in chosen:
                run.execute("UPDATE trial SET state = 'planned', attempt = 0, record_json = NULL WHERE key = ?", (key,))
                run.execute("DELETE FROM metric WHERE key = ?", (key,))
                run.execute("DELETE FROM trace WHERE key = ?", (key,))
        for key in chosen:
            shutil.rmtree(self.path / "artifacts" / key, ignore_errors=True)

    def _write_record(self, run: sqlite3.Connection, record: TrialRecord) -> None:
        data = {field.name: getattr(record, field.name) for field in _KEPT}
        state = "failed" if record.failed else "done"
        text = json.dumps(data, default=str)
        changed = run.execute(
            "UPDATE trial SET state = ?, attempt = ?, record_json = ? WHERE key = ?",
            (state, record.attempt, text, record.key),
        )
        if changed.rowcount != 1:
            raise SchedError(f"no trial {record.key} in this run", where=str(self.path), remedy="add it first")
        run.execute("DELETE FROM metric WHERE key = ?", (record.key,))
        run.execute("DELETE FROM trace WHERE key = ?", (record.key,))
        run.executemany(
            "INSERT INTO metric VALUES (?,?,?,?)",
            ((record.key, name, value, record.units.get(name, "")) for name, value in record.metrics.items()),
        )
        run.executemany(
            "INSERT INTO trace VALUES (?,?,?,?,?)",
            ((record.key, i, t, value, bound) for i, (t, value, bound) in enumerate(record.trace)),
        )

    def _write_files(self, record: TrialRecord) -> None:
        texts = dict(record.artifacts)
        if record.schedule is not None:
            texts[SCHEDULE] = json.dumps(record.schedule, separators=(",", ":")) + "\n"
        if record.log:
            texts[LOG] = record.log
        for name in texts:
            check_artifact_name(name)
        folder = self.path / "artifacts" / record.key
        with told(self.path / DATABASE):
            if record.attempt > 1 and folder.exists():
                shutil.rmtree(folder)
            if texts:
                folder.mkdir(parents=True, exist_ok=True)
            for name, text in texts.items():
                # Renamed, so that a kill leaves no half file; not forced to the disk, which takes longer than a trial
                # may: the database is not either, and what a power failure takes from both is run again.
                temporary = folder / f".{name}.tmp"
                temporary.write_text(text, encoding="utf-8", errors="backslashreplace")
                os.replace(temporary, folder / name)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        if self._lock is None:
            raise SchedError("the run is open for reading only", where=str(self.path), remedy="open it with Store.open")
        with told(self.path / DATABASE):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    # ---- reading ---------------------------------------------------------------------------------

    def trials(self) -> list[Trial]:
        """The trials of the plan, in its order."""
        rows = self._rows("SELECT config_json FROM trial WHERE position IS NOT NULL ORDER BY position")
        try:
            return [Trial.from_dict(json.loads(text)) for (text,) in rows]
        except (TypeError, KeyError, ValueError) as error:
            raise self._damaged(error) from error

    def records(self) -> dict[str, TrialRecord]:
        """Records of the trials of the plan, by key, in its order.

        Without schedules, logs and other artifacts, which :meth:`get` and :meth:`artifact_path` give one by one.
        """
        return self._records("position IS NOT NULL", ())

    def get(self, key: str) -> TrialRecord | None:
        """The whole record of a trial, with schedule and log; ``None`` if it has none yet.

        Raises
        ------
        FormatError
            One of its files is damaged.
        """
        found = self._records("key = ?", (key,)).get(key)
        if found is None:
            return None
        log = self.artifact_path(key, LOG)
        return dataclasses.replace(
            found,
            schedule=self.schedule(key),
            log=log.read_text(encoding="utf-8", errors="replace") if log.is_file() else "",
        )

    def schedule(self, key: str) -> Mapping[str, Any] | None:
        """The schedule of a trial as JSON data; ``None`` if it has none.

        Raises
        ------
        FormatError
            Its file is damaged.
        """
        path = self.artifact_path(key, SCHEDULE)
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise FormatError(f"the schedule is damaged: {error}", where=str(path), remedy="run it again") from None
        return found if isinstance(found, dict) else None

    def artifact_path(self, key: str, name: str) -> Path:
        """Where the artifact ``name`` of a trial is, if it has that."""
        return self.path / "artifacts" / key / check_artifact_name(name)

    def artifact_names(self, key: str) -> tuple[str, ...]:
        """Names of the artifacts of a trial."""
        folder = self.path / "artifacts" / key
        return tuple(sorted(p.name for p in folder.iterdir() if _NAME.fullmatch(p.name))) if folder.is_dir() else ()

    def finished_keys(self, *, everything: bool = False) -> set[str]:
        """Keys of the trials of the plan (or of all plans) that need no other run: they ended, and did not fail."""
        where = "" if everything else " AND position IS NOT NULL"
        return {key for (key,) in self._rows(f"SELECT key FROM trial WHERE state = 'done'{where}")}

    def running_keys(self) -> set[str]:
        """Keys of the trials of the plan that run now, or ran when their driver died."""
        return {key for (key,) in self._rows("SELECT key FROM trial WHERE state = 'running' AND position IS NOT NULL")}

    def attempts(self) -> dict[str, int]:
        """How often each trial of the plan was begun, by key."""
        return dict(self._rows("SELECT key, attempt FROM trial WHERE position IS NOT NULL"))

    def statuses(self) -> dict[str, int]:
        """How many trials of the plan are ``planned``, ``running``, ``done`` and ``failed``."""
        counts = {"planned": 0, "running": 0, "done": 0, "failed": 0}
        return counts | dict(self._rows("SELECT state, count(*) FROM trial WHERE position IS NOT NULL GROUP BY state"))

    def _records(self, where: str, values: tuple[str, ...]) -> dict[str, TrialRecord]:
        rows = self._rows(
            f"SELECT key, record_json FROM trial WHERE record_json IS NOT NULL AND {where} ORDER BY position", values
        )
        metrics: dict[str, dict[str, float]] = {key: {} for key, _ in rows}
        units: dict[str, dict[str, str]] = {key: {} for key, _ in rows}
        traces: dict[str, list[tuple[float, float, float | None]]] = {key: [] for key, _ in rows}
        chosen, own = ("WHERE key = ?", values) if where.startswith("key") else ("", ())
        for key, name, value, unit in self._rows(f"SELECT key, name, value, unit FROM metric {chosen}", own):
            if key in metrics:
                metrics[key][name] = int(value) if float(value).is_integer() else value
                if unit:
                    units[key][name] = unit
        for key, t, value, bound in self._rows(f"SELECT key, t, objective, bound FROM trace {chosen}", own):
            if key in traces:
                traces[key].append((t, value, bound))
        found = {}
        for key, text in rows:
            try:
                data = json.loads(text)
                data |= {"schema": RECORD_SCHEMA, "trace": traces[key], "metrics": metrics[key], "units": units[key]}
                found[key] = TrialRecord.from_dict(data, str(self.path / DATABASE))
            except (TypeError, ValueError) as error:
                raise self._damaged(error) from error
        return found

    def _rows(self, sql: str, values: tuple[str, ...] = ()) -> list[Any]:
        with told(self.path / DATABASE):
            return self._connection.execute(sql, values).fetchall()

    def _damaged(self, error: Exception) -> FormatError:
        return FormatError(
            f"the database holds something else than trials: {error}",
            where=str(self.path / DATABASE),
            remedy="move the folder away and run again",
        )


_KEPT = tuple(field for field in dataclasses.fields(TrialRecord) if field.name not in _APART)


def check_artifact_name(name: str) -> str:
    """``name`` if it is that of a file and no path.

    Raises
    ------
    UnknownNameError
        It leads elsewhere.
    """
    if not _NAME.fullmatch(name):
        raise UnknownNameError(
            f"{name!r} cannot name an artifact", where="artifacts", remedy="use letters, digits, '_', '-', '.' and '+'"
        )
    return name


def _check_run(path: Path) -> None:
    if not (path / MANIFEST).is_file() or not (path / DATABASE).is_file():
        raise _no_run(path)


def _no_run(path: Path) -> InputError:
    near = [p.name for p in path.parent.iterdir() if (p / MANIFEST).is_file()] if path.parent.is_dir() else []
    remedy = f"there are: {', '.join(sorted(near)[:8])}" if near else "give the folder that a sweep wrote"
    return InputError("there is no run here", where=str(path), remedy=remedy)
