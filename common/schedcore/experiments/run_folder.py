"""Finding the folder of a run by what a user calls it."""

from __future__ import annotations

from pathlib import Path

from schedcore.errors import InputError, did_you_mean
from schedcore.experiments.manifest import MANIFEST

RUNS = Path("runs")


def find_run(name: str, runs_dir: Path = RUNS) -> Path:
    """The folder ``name``, or the run of that name in ``runs_dir``.

    Raises
    ------
    InputError
        There is neither; near misses are suggested.
    """
    given = Path(name).expanduser()
    for path in (given, runs_dir / name):
        if (path / MANIFEST).is_file():
            return path
        if path.name == MANIFEST and path.is_file():
            return path.parent
    if given.is_dir():
        raise InputError("there is no run in this folder", where=str(given), remedy=_remedy(given.name, given))
    raise InputError(f"there is no run {name!r}", where=name, remedy=_remedy(given.name, runs_dir))


def run_folders(runs_dir: Path = RUNS) -> list[Path]:
    """The folders of runs in ``runs_dir`` and in its folders, sorted by name."""
    if not runs_dir.is_dir():
        return []
    found = [file.parent for pattern in ("*", "*/*") for file in runs_dir.glob(f"{pattern}/{MANIFEST}")]
    return sorted(set(found))


def _remedy(name: str, folder: Path) -> str:
    known = [path.relative_to(folder).as_posix() for path in run_folders(folder)]
    if not known:
        return "give the folder that 'sched sweep' or 'sched run' wrote"
    return did_you_mean(name, known)
