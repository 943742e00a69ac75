"""The SQLite database of a run: tables, opening, and errors in our terms."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from schedcore.errors import FormatError, InputError, SchedError

SCHEMA_VERSION = 1
_APPLICATION = 0x5C4ED  # tells our files from other SQLite files

# The record is kept once, as JSON; the columns after it are read out of it, for people who ask in SQL.
_TABLES = """
CREATE TABLE trial (
  key TEXT PRIMARY KEY,
  position INTEGER,
  state TEXT NOT NULL DEFAULT 'planned',
  attempt INTEGER NOT NULL DEFAULT 0,
  domain TEXT NOT NULL,
  "group" TEXT NOT NULL,
  instance TEXT NOT NULL,
  method TEXT NOT NULL,
  solver TEXT NOT NULL,
  seed INTEGER NOT NULL,
  config_json TEXT NOT NULL,
  record_json TEXT,
  status TEXT GENERATED ALWAYS AS (json_extract(record_json, '$.status')) VIRTUAL,
  value REAL GENERATED ALWAYS AS (json_extract(record_json, '$.objective[0]')) VIRTUAL,
  bound REAL GENERATED ALWAYS AS (json_extract(record_json, '$.bound')) VIRTUAL,
  started TEXT GENERATED ALWAYS AS (json_extract(record_json, '$.started')) VIRTUAL,
  wall_s REAL GENERATED ALWAYS AS (json_extract(record_json, '$.wall_s')) VIRTUAL,
  cpu_s REAL GENERATED ALWAYS AS (json_extract(record_json, '$.cpu_s')) VIRTUAL,
  peak_rss_mb REAL GENERATED ALWAYS AS (json_extract(record_json, '$.peak_rss_mb')) VIRTUAL,
  error_type TEXT GENERATED ALWAYS AS (json_extract(record_json, '$.error_type')) VIRTUAL,
  error_text TEXT GENERATED ALWAYS AS (json_extract(record_json, '$.error_text')) VIRTUAL
) WITHOUT ROWID;
CREATE TABLE metric (
  key TEXT NOT NULL, name TEXT NOT NULL, value REAL NOT NULL, unit TEXT NOT NULL DEFAULT '', PRIMARY KEY (key, name)
) WITHOUT ROWID;
CREATE TABLE trace (
  key TEXT NOT NULL, number INTEGER NOT NULL, t REAL NOT NULL, objective REAL NOT NULL, bound REAL,
  PRIMARY KEY (key, number)
) WITHOUT ROWID;
"""

_SHARED = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "afs")
"""File systems on which SQLite's log of writes does not work: its parts share memory, which they do not."""


def open_for_writing(file: Path) -> sqlite3.Connection:
    """The database ``file``, made if there is none.

    Raises
    ------
    InputError
        It is on a network file system, or cannot be written.
    FormatError
        It is damaged, no database of a run, or of another version.
    """
    kind = file_system(file.parent)
    if kind in _SHARED:
        raise InputError(
            f"the folder is on a network file system ({kind}), on which the database of results cannot be kept safely",
            where=str(file.parent),
            remedy="give a local folder with --out and copy it when the sweep has ended",
        )
    with told(file):
        connection = sqlite3.connect(file, isolation_level=None, timeout=20.0)
    try:
        with told(file):
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            version, application = _versions(connection)
            if (version, application) == (0, 0) and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
                connection.execute("BEGIN IMMEDIATE")
                for statement in _TABLES.split(";\n"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
                connection.execute(f"PRAGMA application_id={_APPLICATION}")
                connection.execute("COMMIT")
            _check_version(connection, file)
            # Finds out now, not after the first trial, whether anything can be written.
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
            connection.execute("COMMIT")
    except BaseException:
        connection.close()
        raise
    return connection


def open_for_reading(file: Path) -> sqlite3.Connection:
    """The database ``file`` for reading alone; nothing is written beside it, so a read-only medium will do.

    Raises
    ------
    FormatError
        It is damaged, no database of a run, or of another version.
    """
    with told(file):
        try:
            return _reading(file, "mode=ro")
        except sqlite3.OperationalError:
            pass
        log = file.with_name(file.name + "-wal")
        if not log.exists() or log.stat().st_size == 0:
            return _reading(file, "mode=ro&immutable=1")
        # A read-only medium and a driver that was killed: its last writes are in the log, which needs a writable place.
        with tempfile.TemporaryDirectory(prefix="sched-") as folder:
            copy = Path(folder) / file.name
            shutil.copy(file, copy)
            shutil.copy(log, copy.with_name(log.name))
            memory = sqlite3.connect(":memory:", isolation_level=None)
            with contextlib.closing(sqlite3.connect(copy)) as source:
                source.backup(memory)
        _check_version(memory, file)
        return memory


def _reading(file: Path, how: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{file.resolve().as_uri()}?{how}", uri=True, isolation_level=None, timeout=20.0)
    try:
        _check_version(connection, file)
    except BaseException:
        connection.close()
        raise
    return connection


def _versions(connection: sqlite3.Connection) -> tuple[int, int]:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    return version, application


def _check_version(connection: sqlite3.Connection, file: Path) -> None:
    version, application = _versions(connection)
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != _APPLICATION:
        raise FormatError("not a database of results", where=str(file), remedy="give another folder")
    if version != SCHEMA_VERSION:
        raise FormatError(
            f"the database has version {version}; this is version {SCHEMA_VERSION}",
            where=str(file),
            remedy="read it with the version of sched that wrote it, or start another run with --out",
        )


@contextlib.contextmanager
def told(file: Path) -> Iterator[None]:
    """Errors of SQLite and of the disk inside the block, as errors of ours.

    Raises
    ------
    SchedError
        The disk is full, or fails.
    InputError
        There are no rights to write, or to read.
    FormatError
        The file is damaged.
    """
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise _told(error, file) from error


def _told(error: Exception, file: Path) -> SchedError:
    text = str(error)
    where = str(file.parent)
    if isinstance(error, OSError):
        text = error.strerror or text
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith("SQLITE_FULL") or "No space left" in text or "quota" in text or "File too large" in text:
        return SchedError(
            "the disk is full; what was stored before is safe", where=where, remedy="make room and continue"
        )
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return FormatError(
            f"the database is damaged: {text}", where=str(file), remedy="move the folder away and run again"
        )
    if name.startswith("SQLITE_IOERR"):
        return SchedError(
            f"the database cannot be written: {text} (a full or failing disk)",
            where=where,
            remedy="check the disk, make room and continue",
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")) or isinstance(error, OSError):
        return InputError(
            f"cannot use the folder: {text}", where=where, remedy="check its permissions, or give another folder"
        )
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return InputError(
            "another program holds the database", where=str(file), remedy="close what has it open and continue"
        )
    return SchedError(f"the database fails: {text}", where=str(file), remedy="run again with --debug for the details")


def file_system(folder: Path) -> str:
    """Type of the file system that holds ``folder``; empty where the system does not tell."""
    best, kind = "", ""
    try:
        place = os.path.realpath(folder)
        with open("/proc/self/mounts", encoding="utf-8", errors="replace") as file:
            for line in file:
                _, mount, found, *_ = line.split()
                mount = mount.replace("\\040", " ")
                inside = place == mount or place.startswith(mount.rstrip("/") + "/")
                if inside and len(mount) >= len(best):
                    best, kind = mount, found
    except (OSError, ValueError):
        pass
    return kind
