"""Reading and writing whole text files, with an error of its own for everything that can go wrong."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import TypeAlias

from schedcore.errors import FormatError, InputError
from schedcore.io.atomic import atomic_write_text, check_writable

PathLike: TypeAlias = str | os.PathLike[str]


def read_text(path: PathLike) -> str:
    """The text of the file at ``path`` (UTF-8, with or without byte order mark).

    Raises
    ------
    InputError
        The file does not exist, is a folder, or cannot be read.
    FormatError
        The file is empty, or no text.
    """
    target = Path(path)
    try:
        data = target.read_bytes()
    except FileNotFoundError:
        raise InputError("no such file", where=str(target), remedy=_near_misses(target)) from None
    except IsADirectoryError:
        raise InputError("is a folder", where=str(target), remedy="name a file in it") from None
    except PermissionError:
        raise InputError("no permission to read", where=str(target), remedy="change its permissions") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"cannot read: {reason}", where=str(target), remedy="check the path") from None
    if not data.strip():
        raise FormatError("the file is empty", where=str(target), remedy="check how it was made")
    zero = data.find(0)
    if zero >= 0:
        raise FormatError(f"a binary file (byte {zero} is 0)", where=str(target), remedy="give a text file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError(
            f"not UTF-8 text (byte {error.start} is 0x{data[error.start]:02x})",
            where=str(target),
            remedy="give a text file in UTF-8",
        ) from None


def write_text(path: PathLike, text: str) -> None:
    """Write ``text`` to ``path``, whole or not at all.

    Raises
    ------
    InputError
        The path is a folder, its folder is missing, or nothing can be written there.
    """
    target = check_writable(path)
    try:
        atomic_write_text(target, text)
    except OSError as error:
        raise InputError(f"cannot write: {error.strerror}", where=str(target), remedy="check space and path") from None


def _near_misses(target: Path) -> str:
    folder = target.parent
    try:
        names = [entry.name for entry in os.scandir(folder)]
    except OSError:
        return f"folder {str(folder)!r} does not exist or cannot be read"
    near = difflib.get_close_matches(target.name, names, n=3, cutoff=0.6)
    if near:
        return "did you mean " + " or ".join(repr(str(folder / name)) for name in near) + "?"
    return "check the path"
