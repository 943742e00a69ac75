"""Instances outside the package, found by name: ``mk01`` in a folder of ``--data-dir`` or ``SCHED_DATA_DIR``."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from schedcore.errors import InputError

ENVIRONMENT_VARIABLE = "SCHED_DATA_DIR"

SUFFIXES = (".txt", ".jsp", ".jss", ".fjs", ".rcp", ".sm", ".mm", ".json")
"""File name endings that a name is tried with."""


def split_directories(text: str) -> tuple[Path, ...]:
    """The folders of an :data:`os.pathsep`-separated list; empty entries are skipped."""
    return tuple(Path(part).expanduser() for part in text.split(os.pathsep) if part.strip())


def search_path(data_dirs: Iterable[str | Path] = (), environ: dict[str, str] | None = None) -> tuple[Path, ...]:
    """The folders to search, in order: the given ones (each may itself be a list), then those of the environment.

    Raises
    ------
    InputError
        One of them is not a folder.
    """
    given = [(path, "--data-dir") for entry in data_dirs for path in split_directories(str(entry))]
    variable = (os.environ if environ is None else environ).get(ENVIRONMENT_VARIABLE, "")
    given += [(path, ENVIRONMENT_VARIABLE) for path in split_directories(variable)]
    for path, where in given:
        if not path.is_dir():
            raise InputError(f"{path} is not a folder", where=where, remedy="give existing folders")
    return tuple(dict.fromkeys(path for path, _ in given))


def find_file(name: str, directories: Sequence[Path]) -> Path | None:
    """The file called ``name``, with or without one of :data:`SUFFIXES`, or ``None``.

    Folders are searched in order, each first itself, then its direct subfolders: with ``data`` given, ``mk01`` is found
    as ``data/fjsp/mk01.txt``.  The case of letters matters.

    Raises
    ------
    InputError
        Several files fit equally well.
    """
    if not name or Path(name).is_absolute() or ".." in Path(name).parts:
        return None
    for directory in directories:
        inner = sorted(path for path in directory.iterdir() if path.is_dir())
        for level in ([directory], inner):
            hits = [path for folder in level for path in _candidates(folder, name)]
            if len(hits) > 1:
                raise InputError(
                    f"{name!r} may be {' or '.join(str(hit) for hit in hits)}",
                    where=str(directory),
                    remedy="give the path of the file",
                )
            if hits:
                return hits[0]
    return None


def available_names(directories: Sequence[Path]) -> tuple[str, ...]:
    """Names that :func:`find_file` would find, sorted; used to suggest near misses."""
    names = set()
    for directory in directories:
        for folder in (directory, *(path for path in directory.iterdir() if path.is_dir())):
            names |= {path.stem for path in folder.iterdir() if path.suffix.lower() in SUFFIXES}
    return tuple(sorted(names))


def _candidates(folder: Path, name: str) -> list[Path]:
    exact = folder / name
    if exact.is_file():
        return [exact]
    return [path for suffix in SUFFIXES if (path := folder / f"{name}{suffix}").is_file()]
