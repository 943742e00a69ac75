"""``compiled_with``: numba's ``njit`` whose cache on disk also notices changes in other files.

Numba's own cache looks only at the file of a function.  One that calls compiled functions of other files would go on
with their old code after an update; here its stamp covers them.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,misc"

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., object])


def compiled_with(*modules: ModuleType) -> Callable[[F], F]:
    """A decorator: compile, release the GIL, cache on disk until the function or a file of ``modules`` changes."""

    def decorate(function: F) -> F:
        from numba import njit

        digest = hashlib.blake2b(digest_size=16)
        for module in modules:
            assert module.__file__ is not None
            digest.update(Path(module.__file__).read_bytes())
        try:
            made: Any = njit(cache=True, nogil=True)(function)
            cache_file = made._cache._cache_file
            stamp = cache_file._source_stamp
            if isinstance(stamp, bytes):
                cache_file._source_stamp = stamp + digest.digest()
            elif isinstance(stamp, tuple):
                cache_file._source_stamp = (*stamp, digest.hexdigest())
            else:
                raise AttributeError("unknown kind of stamp")
        except (AttributeError, RuntimeError):
            # No folder to write to, or a numba whose cache looks different: compile in every process.
            made = njit(nogil=True)(function)
        return cast(F, made)

    return decorate
