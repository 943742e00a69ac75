"""What travels with a job: the code and the configuration to the cluster, the results back.

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
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath

from schedcore.configdir import ConfigDir
from schedcore.errors import FormatError, InputError, SchedError

DISTRIBUTION = "sched-research"
_LINE = 6000
_LEFT_OUT = ("-wal", "-shm", ".lock", ".tmp")
_MOST_MB = 450
"""Ray refuses folders of more than 500 MiB."""

_MB = 1 << 20


def stage(folder: Path, *, configs: ConfigDir, ship: Iterable[Path] = (), run: Path | None = None) -> None:
    """Fill ``folder`` with what a job needs.

    Parameters
    ----------
    configs
        The configuration; the job finds it as ``configs/``.
    ship
        Files and folders of the user, put beside the code under their own names.
    run
        A run to continue, put under ``runs/``.

    Raises
    ------
    InputError
        A file to ship does not exist, has the name of one of ours, or there is too much of it all.
    SchedError
        The wheel cannot be built.
    """
    with tempfile.TemporaryDirectory(prefix="sched-wheel-") as scratch, _wheel(Path(scratch)) as wheel:
        wheel.extractall(folder)
    shutil.copytree(configs.path, folder / "configs", dirs_exist_ok=True)
    for path in ship:
        path = path.expanduser().resolve()
        target = folder / path.name
        if not path.exists():
            raise InputError(f"{str(path)!r} does not exist", where="--ship", remedy="name files or folders")
        if target.exists():
            raise InputError(f"{path.name!r} is a name of this project", where="--ship", remedy="rename it")
        if path.is_dir():
            shutil.copytree(path, target, ignore=shutil.ignore_patterns("__pycache__", ".git", ".venv"))
        else:
            shutil.copy2(path, target)
    if run is not None:
        unpack(pack(run), folder / "runs" / run.name)
    size_mb = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) // _MB
    if size_mb > _MOST_MB:
        raise InputError(
            f"{size_mb} MB are too much to send with a job (at most {_MOST_MB})",
            where="--address",
            remedy="put data on storage that the nodes share, and name it with --data-dir",
        )


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
            if not file.is_file() or name.endswith(_LEFT_OUT) or file.name.startswith("."):
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
            remedy="fetch them again:  sched sweep --address ... --job ID",
        )
    run.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".sched-fetch-", dir=run.parent) as scratch:
        fresh, old = Path(scratch) / "new", Path(scratch) / "old"
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
            archive.extractall(fresh, filter="data")
        if run.exists():
            run.rename(old)
        fresh.rename(run)
