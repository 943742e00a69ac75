"""The version of the code that decides results: equal versions may share stored results."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

# Parts of the core that a result depends on; the command, plots and reports are not among them.
_DECIDES = ("model", "check", "metrics", "executor", "policies", "solvers", "io")


@cache
def code_version(package: str) -> str:
    """Package version and hash of the sources of the core and of the domain's ``package``.

    A changed checkout is another version, so its results are never mixed with those of before.
    """
    from schedcore import __version__

    core = Path(__file__).resolve().parents[1]
    folders = [core / part for part in _DECIDES]
    spec = find_spec(package)
    if spec is not None and spec.submodule_search_locations:
        folders += [Path(place) for place in spec.submodule_search_locations]
    elif spec is not None and spec.origin:
        folders.append(Path(spec.origin))
    digest = hashlib.blake2b(digest_size=6)
    for folder in folders:
        for file in sorted([folder] if folder.is_file() else folder.rglob("*.py")):
            digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return f"{__version__}+{digest.hexdigest()}"
