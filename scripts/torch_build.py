"""Answer the questions of ``bootstrap.sh`` about torch, with nothing but the standard library.

``installed``       the build in this environment: ``cpu``, ``cuda`` or ``none``
``offered``         the build in a report of ``pip install --dry-run --report -`` on standard input
``reachable URL``   exit status 0 if the page answers within ten seconds
"""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any


def kind(version: str, requirements: Iterable[str]) -> str:
    """``cpu`` or ``cuda``: a CPU build is marked ``+cpu`` or asks for no CUDA library."""
    if "+cpu" in version:
        return "cpu"
    asks = any(name.lower().startswith(("nvidia-", "cuda-")) for name in requirements)
    return "cuda" if asks or "+cu" in version else "cpu"


def installed() -> str:
    """The build of torch in this environment."""
    try:
        torch = distribution("torch")
    except PackageNotFoundError:
        return "none"
    return kind(torch.version, torch.requires or ())


def offered(report: dict[str, Any]) -> str:
    """The build of torch that a pip report would install."""
    for item in report.get("install", ()):
        metadata = item["metadata"]
        if metadata["name"].lower() == "torch":
            return kind(metadata["version"], metadata.get("requires_dist", ()))
    return "none"


def reachable(url: str) -> bool:
    """Whether the page answers within ten seconds."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError, ValueError):
        return False


def main(arguments: list[str]) -> int:
    """Answer one question; the exit status is 2 for a question that is not known."""
    match arguments:
        case ["installed"]:
            print(installed())
        case ["offered"]:
            try:
                print(offered(json.load(sys.stdin)))
            except (ValueError, KeyError):
                # pip found nothing at all and wrote no report.
                print("none")
        case ["reachable", url]:
            return 0 if reachable(url) else 1
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
