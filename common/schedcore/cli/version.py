"""``sched --version``: what a result depends on."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from schedcore import __version__

# Libraries whose version can change a result.
KEY_LIBRARIES = ("numpy", "scipy", "ortools", "torch", "ray")


def library_version(name: str) -> str | None:
    """The installed version of a distribution, or ``None``; nothing is imported."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def git_revision() -> str | None:
    """The commit of the clone that this code runs from, with ``+`` if it was changed; ``None`` elsewhere."""
    root = Path(__file__).resolve().parents[3]
    if not (root / ".git").exists():
        return None
    try:
        answer = subprocess.run(
            ["git", "-C", str(root), "describe", "--always", "--dirty=+", "--abbrev=10", "--exclude=*"],
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() or None


def version_data() -> dict[str, Any]:
    """Versions of the package, its clone, Python and the key libraries."""
    return {
        "version": __version__,
        "git": git_revision(),
        "python": platform.python_version(),
        "libraries": {name: library_version(name) for name in KEY_LIBRARIES},
    }


def version_text(data: dict[str, Any]) -> str:
    """The same for people."""
    git = f" (git {data['git']})" if data["git"] else ""
    libraries = (f"{name} {found or 'not installed'}" for name, found in data["libraries"].items())
    return "\n".join([f"sched {data['version']}{git}", f"python {data['python']}", *libraries])
