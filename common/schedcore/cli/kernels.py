"""Whether a solver is about to compile its kernels, which takes seconds once and counts as solving time."""

from __future__ import annotations

import os
from pathlib import Path

# Where the kernels lie that each built-in solver calls, relative to the package.
_SGS, _TABU = "executor/sgs", "solvers/tabu"
_FOLDERS = {
    "auto": (_SGS,),
    "cpsat": (_SGS,),
    "lns": (_SGS, _TABU),
    "sgs": (_SGS,),
    "parallel-sgs": (_SGS,),
    "tabu": (_TABU,),
}

COMPILING = "compiling kernels (once, some seconds; 'sched doctor --compile' does it beforehand)"
"""What the user is told."""


def about_to_compile(solver: str) -> bool:
    """Whether the cache of compiled code holds nothing yet that the built-in ``solver`` needs.

    After an update of the sources the cache may be stale, which is not noticed here.
    """
    package = Path(__file__).resolve().parents[1]
    return any(not _cached(package / folder) for folder in _FOLDERS.get(solver, ()))


def _cached(folder: Path) -> bool:
    """Whether numba has an index file (``.nbi``) for a function of ``folder``."""
    own = os.environ.get("NUMBA_CACHE_DIR")
    if own is None and any((folder / "__pycache__").glob("*.nbi")):
        return True
    if own is None and os.access(folder, os.W_OK):
        return False
    # Elsewhere numba names a folder after the last part of the sources' folder and a hash of its path.
    root = Path(own) if own is not None else Path.home() / ".cache" / "numba"
    return any(root.glob(f"{folder.name}_*/*.nbi"))
