"""Files that appear whole or not at all.

A file is written under a hidden temporary name in its own folder and renamed when it is complete, so
a reader, a full disk or a kill never meets half of one.  :func:`check_writable` finds out *before*
hours of work whether the result can be stored.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from schedcore.errors import InputError

_PREFIX = ".sched-tmp-"
_open_files: set[Path] = set()


def check_writable(path: str | os.PathLike[str], *, where: str | None = None) -> Path:
    """``path`` as a :class:`~pathlib.Path`, after making sure that a file can be written there.

    The folder is probed with a temporary file, because permission bits do not tell the truth on
    read-only mounts or for root.

    Raises
    ------
    InputError
        The path is a folder, its folder is missing or is no folder, or nothing can be created in it.
    """
    target = Path(path)
    place = where or str(target)
    if target.is_dir():
        raise InputError(f"{str(target)!r} is a folder", where=place, remedy="name a file in it")
    folder = target.parent
    if not folder.exists():
        raise InputError(f"folder {str(folder)!r} does not exist", where=place, remedy=f"create it:  mkdir -p {folder}")
    if not folder.is_dir():
        raise InputError(f"{str(folder)!r} is not a folder", where=place, remedy="choose another path")
    probe = _temporary(target)
    try:
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        raise InputError(
            f"cannot write to {str(folder)!r}: {error.strerror}", where=place, remedy="choose a folder that is yours"
        ) from error
    return target


@contextlib.contextmanager
def atomic_open(path: str | os.PathLike[str], mode: str = "w", **options: Any) -> Iterator[IO[Any]]:
    """Open ``path`` for writing (``"w"`` or ``"wb"``); it is replaced when the block ends without error.

    Text is UTF-8 with ``\\n`` line ends unless ``options`` (those of :func:`open`) say otherwise.  If
    the block raises, the old file, or its absence, is left as it was.  A symbolic link is followed.
    """
    if mode not in ("w", "wb"):
        raise ValueError(f"mode must be 'w' or 'wb', not {mode!r}")
    target = Path(os.path.realpath(path))
    if mode == "w":
        options.setdefault("encoding", "utf-8")
        options.setdefault("newline", "\n")
    temporary = _temporary(target)
    _open_files.add(temporary)
    try:
        with open(temporary, mode.replace("w", "x"), **options) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            os.chmod(temporary, target.stat().st_mode & 0o777)
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    finally:
        _open_files.discard(temporary)


def atomic_write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write ``text`` (UTF-8) to ``path``, whole or not at all."""
    with atomic_open(path, "w") as file:
        file.write(text)


def atomic_write_bytes(path: str | os.PathLike[str], data: bytes) -> None:
    """Write ``data`` to ``path``, whole or not at all."""
    with atomic_open(path, "wb") as file:
        file.write(data)


def remove_temporary_files() -> None:
    """Remove the temporary files that this process has open, before it is ended by force."""
    for temporary in list(_open_files):
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _temporary(target: Path) -> Path:
    # The name must stay below the usual limit of 255 bytes however long the target's is.
    return target.with_name(f"{_PREFIX}{os.getpid()}-{secrets.token_hex(6)}")
