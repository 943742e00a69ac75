"""``compiled``: numba's ``njit`` whose cache on disk also notices changes in other files with compiled functions.

Numba looks only at the file of the function itself; a function that calls compiled functions of other files would
go on with their old code after an update.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,misc"

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


@cache
def _digest() -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for file in sorted(Path(__file__).parents[1].rglob("*.py")):
        content = file.read_bytes()
        if b"@compiled" in content:
            digest.update(content)
    return digest.digest()


def compiled(function: F) -> F:
    """Compile ``function``, release the GIL, and cache until a file of ``uam`` with compiled functions changes."""
    njit: Any = numba.njit  # its stubs lack the two options of code generation
    try:
        made = njit(cache=True, nogil=True, forceinline=True, no_cfunc_wrapper=True)(function)
        file = made._cache._cache_file
        stamp = file._source_stamp  # a hash of the file, or time and size, by version of numba
        if isinstance(stamp, bytes):
            file._source_stamp = stamp + _digest()
        elif isinstance(stamp, tuple):
            file._source_stamp = (*stamp, _digest().hex())
        else:
            raise AttributeError("unknown kind of stamp")
    except (AttributeError, RuntimeError):
        # No folder to write to, or a numba whose cache looks different: compile in every process.
        made = njit(nogil=True, forceinline=True, no_cfunc_wrapper=True)(function)
    return cast(F, made)
