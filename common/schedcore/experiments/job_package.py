"""What travels with a job: the code and the plan to the cluster, the results back.

The code is the project's wheel, unpacked: Ray hands the folder to every node and puts it on the search path there, so
that nothing needs to be installed and every node runs the same.  Results come back as one archive, in Base64, because
the channel that they take is made for text (see :mod:`schedcore.experiments.jobs`).
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from schedcore.errors import FormatError, InputError, SchedError
from schedcore.registry import is_reference

if TYPE_CHECKING:
    from schedcore.experiments.plan import Plan

DISTRIBUTION = "sched-research"
_LINE = 6000
_LEFT_OUT = ("-wal", "-shm", ".lock", ".tmp")
_NOT_OURS = ("lock", "job.json")
"""Files of a run that speak of this machine alone."""

_MOST_MB = 450
"""Ray refuses folders of more than 500 MiB."""

_MB = 1 << 20


def stage(folder: Path, run: Path, files: Mapping[str, Path] | None = None) -> None:
    """Fill ``folder`` with what a job needs.

    Parameters
    ----------
    run
        The run that the job continues; it is put under ``runs/``.
    files
        Files and folders of the user by their names in the job.

    Raises
    ------
    InputError
        A file does not exist, has the name of one of ours, or there is too much of it all.
    SchedError
        The wheel cannot be built.
    """
    with tempfile.TemporaryDirectory(prefix="sched-wheel-") as scratch, _wheel(Path(scratch)) as wheel:
        wheel.extractall(folder)
    unpack(pack(run), folder / "runs" / run.name)
    for name, path in (files or {}).items():
        target = folder / name
        if not path.exists():
            raise InputError(f"{str(path)!r} does not exist", where="--ship", remedy="name files or folders")
        if target.exists():
            raise InputError(f"{name!r} is a name of this project", where="--ship", remedy="rename it")
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, target, ignore=shutil.ignore_patterns("__pycache__", ".git", ".venv", "runs"))
        else:
            shutil.copy2(path, target)
    size_mb = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) // _MB
    if size_mb > _MOST_MB:
        raise InputError(
            f"{size_mb} MB are too much to send with a job (at most {_MOST_MB})",
            where="--address",
            remedy="put data on storage that the nodes share, and name it with --data-dir",
        )


def files_of(plan: Plan, ship: Iterable[Path] = ()) -> dict[str, Path]:
    """What of the user's own files the trials of ``plan`` need, by their names in the job.

    These are instance files, modules that are named as ``module:Name``, and what ``ship`` names.

    Raises
    ------
    InputError
        An instance is named by a path that means nothing on another machine.
    """
    found: dict[str, Path] = {}
    for path in ship:
        path = path.expanduser().resolve()
        found[path.name] = path
    for (_, name), loaded in plan.loaded.items():
        if loaded.origin is None or _is_ours(loaded.origin.resolve()):
            continue
        if Path(name).is_absolute() or ".." in Path(name).parts or name.startswith("~"):
            raise InputError(
                f"the path of the instance {name!r} means nothing on the cluster",
                where="instance",
                remedy="name it from the working directory or a --data-dir (data_dirs=[...]) without '..'",
            )
        found[name] = loaded.origin.resolve()
    for method in {trial.solver for trial in plan.trials}:
        module = _own_module(method)
        if module is not None:
            found[module.name] = module
    return found


def _own_module(method: str) -> Path | None:
    """File or folder of the top-level module of ``module:Name``, unless it is installed."""
    from importlib.util import find_spec

    if not is_reference(method):
        return None
    spec = find_spec(method.partition(":")[0].partition(".")[0])
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    origin = places[0] if places else spec.origin if spec is not None else None
    if origin is None or "site-packages" in Path(origin).parts:
        return None
    path = Path(origin).resolve()
    return None if _is_ours(path) else path


def _is_ours(path: Path) -> bool:
    """Whether ``path`` is in the wheel."""
    home = Path(__file__).resolve().parents[2]
    return path.is_relative_to(home) or path.is_relative_to(home.parent / "packages")


def _wheel(folder: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(build_wheel(folder))


def build_wheel(folder: Path) -> Path:
    """A wheel of this project in ``folder``: built from the clone, or put together again from what is installed."""
    root = Path(__file__).resolve().parents[3]
    if (root / "pyproject.toml").is_file():
        return _built(root, folder)
    return _repacked(folder)


def _built(root: Path, folder: Path) -> Path:
    from importlib.util import find_spec

    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(root)]
    if find_spec("hatchling") is not None:
        command.insert(4, "--no-build-isolation")
    answer = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    wheels = sorted(folder.glob("*.whl"))
    if answer.returncode != 0 or not wheels:
        words = (answer.stderr or answer.stdout).strip().splitlines() or ["pip said nothing"]
        raise SchedError(
            f"the wheel cannot be built: {words[-1]}",
            where=str(root),
            remedy="see  pip wheel --no-deps .  (needs hatchling)",
        )
    return wheels[-1]


def _repacked(folder: Path) -> Path:
    try:
        found = distribution(DISTRIBUTION)
    except PackageNotFoundError:
        raise SchedError(
            "the code is neither a clone nor installed, so it cannot be sent",
            where=str(Path(__file__).resolve().parents[2]),
            remedy="work in a clone, or install the project",
        ) from None
    wheel = folder / f"{DISTRIBUTION.replace('-', '_')}-{found.version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in found.files or ():
            name = PurePosixPath(file)
            if ".." in name.parts or "__pycache__" in name.parts or name.suffix in (".pyc", ".nbi", ".nbc", ".pth"):
                continue
            archive.write(str(file.locate()), str(name))
    return wheel


# ---- a run as text ------------------------------------------------------------------------------------


def pack(run: Path) -> str:
    """The folder of a run as text: the hash of the archive, then the archive in lines of Base64.

    The database may be in use: it is copied in one consistent state.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=6) as archive:
        for file in sorted(run.rglob("*")):
            name = file.relative_to(run).as_posix()
            if not file.is_file() or name in _NOT_OURS or name.endswith(_LEFT_OUT) or file.name.startswith("."):
                continue
            if file.suffix == ".sqlite":
                _add_database(archive, file, name)
            else:
                with contextlib.suppress(FileNotFoundError):  # renamed meanwhile
                    archive.add(file, name, recursive=False)
    content = buffer.getvalue()
    text = base64.b64encode(content).decode("ascii")
    lines = [text[start : start + _LINE] for start in range(0, len(text), _LINE)]
    return "\n".join([hashlib.sha256(content).hexdigest(), *lines]) + "\n"


def _add_database(archive: tarfile.TarFile, file: Path, name: str) -> None:
    with tempfile.TemporaryDirectory(prefix="sched-pack-") as scratch:
        copy = Path(scratch) / "copy.sqlite"
        source, target = sqlite3.connect(f"file:{file}?mode=ro", uri=True), sqlite3.connect(copy)
        try:
            source.backup(target)
        finally:
            target.close()
            source.close()
        archive.add(copy, name, recursive=False)


def unpack(text: str, run: Path) -> None:
    """Put the run that ``text`` holds in place of the folder ``run``; all of it or nothing.

    Raises
    ------
    FormatError
        The text is cut off, or something else.
    """
    digest, _, body = text.partition("\n")
    try:
        content = base64.b64decode(body, validate=False)
    except ValueError:
        content = b""
    if not content or hashlib.sha256(content).hexdigest() != digest.strip():
        raise FormatError(
            "the results did not arrive whole",
            where=str(run),
            remedy="fetch them again:  sched sweep --resume RUN --address ADDRESS",
        )
    run.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".sched-fetch-", dir=run.parent) as scratch:
        fresh, old = Path(scratch) / "new", Path(scratch) / "old"
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
            archive.extractall(fresh, filter="data")
        if run.exists():
            run.rename(old)
        fresh.rename(run)
