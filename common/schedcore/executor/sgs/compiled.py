"""``compiled``: numba's ``njit`` with a cache on disk that notices changes in any of our compiled files.

Numba's own cache looks only at the file of the function itself.  Our functions call each other across
files and share constants, so after an update of one file a stale caller would silently go on with
the old code of what it calls.  Here the stamp of every cached function covers all files involved.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,misc"

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., object])


@cache
def _stamp() -> str:
    here = Path(__file__).resolve().parent
    digest = hashlib.blake2b(digest_size=16)
    for file in [*sorted(here.glob("*.py")), here.parents[1] / "policies" / "rules.py"]:
        text = file.read_bytes()
        # Compiled files, and those whose constants are frozen into them.
        if b"@compiled" in text or file.name in ("tables.py", "rules.py"):
            digest.update(text)
    return digest.hexdigest()


def compiled(function: F) -> F:
    """``function`` compiled without Python objects, GIL released, cached on disk where that can be done safely."""
    from numba import njit

    try:
        made: Any = njit(cache=True, nogil=True)(function)
        cache_file = made._cache._cache_file
        stamp = cache_file._source_stamp
        if isinstance(stamp, bytes):  # a hash of the file, numba 0.68
            cache_file._source_stamp = stamp + _stamp().encode()
        elif isinstance(stamp, tuple):  # its time and size, before
            cache_file._source_stamp = (*stamp, _stamp())
        else:
            raise AttributeError("unknown kind of stamp")
    except (AttributeError, RuntimeError):
        # No folder to write to, or a numba whose cache looks different: compile in every process.
        made = njit(nogil=True)(function)
    return cast(F, made)
