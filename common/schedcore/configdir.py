"""Where the configuration files are: ``configs/`` of a clone, or the copy inside an installed wheel."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from schedcore.errors import InputError, unknown_name

MARKER = ".sched-configs"
VARIABLE = "SCHED_CONFIG_DIR"


@dataclass(frozen=True, slots=True)
class ConfigDir:
    """A folder of configuration groups, and how it was found."""

    path: Path
    found_by: str

    def names(self, group: str) -> tuple[str, ...]:
        """Names of the files of ``group`` (``quickstart``, ``jssp/taillard``), sorted; ``_parts`` are left out."""
        folder = self.path / group
        names = (file.relative_to(folder).with_suffix("").as_posix() for file in folder.rglob("*.yaml"))
        return tuple(sorted(name for name in names if not name.rpartition("/")[2].startswith("_")))

    def experiments(self) -> tuple[str, ...]:
        """Names of the experiments in it, sorted."""
        return self.names("experiment")

    def experiment_file(self, name: str) -> Path:
        """The file of experiment ``name``; near misses are suggested when there is none."""
        known = self.experiments()
        if name not in known:
            raise unknown_name("experiment", name, known, where=str(self.path / "experiment"))
        return self.path / "experiment" / f"{name}.yaml"


def find_config_dir(flag: str | os.PathLike[str] | None = None, *, start: Path | None = None) -> ConfigDir:
    """The configuration folder: the first of four places that applies.

    1. ``flag``, the value of ``--config-dir``;
    2. the environment variable ``SCHED_CONFIG_DIR``;
    3. the nearest folder ``configs/`` that holds the marker file, from ``start`` (default: the working
       directory) upward;
    4. the copy inside the installed wheel, or ``configs/`` of the clone that is installed in place.

    Raises
    ------
    InputError
        A folder named by 1 or 2 is not a configuration folder (there is no falling back to the next
        place), or no place applies.
    """
    if flag is not None:
        return ConfigDir(_explicit(Path(flag), "--config-dir"), "--config-dir")
    if variable := os.environ.get(VARIABLE):
        return ConfigDir(_explicit(Path(variable), VARIABLE), VARIABLE)
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "configs" / MARKER).is_file():
            return ConfigDir(folder / "configs", "working directory")
    package = Path(__file__).resolve().parent
    for candidate, found_by in ((package / "_configs", "wheel"), (package.parents[1] / "configs", "clone")):
        if (candidate / MARKER).is_file():
            return ConfigDir(candidate, found_by)
    raise InputError(
        "no configuration folder found",
        where=str(here),
        remedy=f"run inside a clone, pass --config-dir, or set {VARIABLE}",
    )


def _explicit(path: Path, where: str) -> Path:
    if not path.is_dir():
        raise InputError(f"{str(path)!r} is not a folder", where=where, remedy="name an existing configuration folder")
    if not (path / MARKER).is_file():
        raise InputError(
            f"{str(path)!r} is not a configuration folder: it lacks the file {MARKER}",
            where=where,
            remedy=f"create it:  touch {path / MARKER}",
        )
    return path.resolve()
