"""Kernels that a solver is about to compile: it is said, and done before the time of solving counts."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from schedcore.cli.session import Session

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

COMPILING = "compiling kernels (once, up to a minute; not counted; 'sched doctor --compile' does it beforehand)"
"""What the user is told."""


def compile_first(session: Session, *methods: Any) -> None:
    """Let those of ``methods`` that are about to compile do so now, on tiny problems, and say so on stderr."""
    due = [method for method in methods if about_to_compile(method)]
    if not due:
        return
    from schedcore.experiments.warm_up import compile_method

    session.note(COMPILING)
    for method in due:
        compile_method(method)


def about_to_compile(method: Any) -> bool:
    """Whether the cache of compiled code lacks something that ``method`` (a solver, or the name of a built-in) needs.

    A method of a domain names its modules with compiled functions in an attribute ``kernels``.  After an update of
    the sources of the core the cache may be stale, which is not noticed here.
    """
    package = Path(__file__).resolve().parents[1]
    name = method if isinstance(method, str) else getattr(method, "name", "")
    folders = any(not _cached(package / folder) for folder in _FOLDERS.get(str(name), ()))
    return folders or any(not _module_cached(module) for module in getattr(method, "kernels", ()))


def _module_cached(module: str) -> bool:
    """Whether numba has an index file for a function of ``module`` that is younger than its source."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        return True
    source = Path(spec.origin)
    made = [path for folder in _cache_folders(source.parent) for path in folder.glob(f"{source.stem}.*.nbi")]
    return any(path.stat().st_mtime >= source.stat().st_mtime for path in made)


def _cached(folder: Path) -> bool:
    """Whether numba has an index file (``.nbi``) for a function of ``folder``."""
    return any(path for found in _cache_folders(folder) for path in found.glob("*.nbi"))


def _cache_folders(folder: Path) -> list[Path]:
    """Where numba keeps, or would keep, the compiled code of sources in ``folder``."""
    own = os.environ.get("NUMBA_CACHE_DIR")
    if own is None and (any((folder / "__pycache__").glob("*.nbi")) or os.access(folder, os.W_OK)):
        return [folder / "__pycache__"]
    # Elsewhere numba names a folder after the last part of the sources' folder and a hash of its path.
    root = Path(own) if own is not None else Path.home() / ".cache" / "numba"
    return list(root.glob(f"{folder.name}_*"))
