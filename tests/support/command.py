"""Run ``sched`` from tests."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Ran:
    """What a run of the command left behind."""

    code: int
    out: str
    err: str

    def json(self) -> dict[str, Any]:
        """Standard output as one JSON object; anything else there is an error."""
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value


def run_here(*words: str) -> Ran:
    """Run in this process."""
    from schedcore.cli.app import run

    out, err = io.StringIO(), io.StringIO()
    code = run(words, out=out, err=err)
    return Ran(code, out.getvalue(), err.getvalue())


def environment(**more: str) -> dict[str, str]:
    """The environment of a child process in which this project's packages are found."""
    roots = [str(ROOT / "common"), str(ROOT / "packages")]
    inherited = os.environ.get("PYTHONPATH", "")
    path = os.pathsep.join([*filter(None, [inherited]), *roots])
    return {**os.environ, "PYTHONPATH": path, **more}


def environment_of_tests(**more: str) -> dict[str, str]:
    """The same with the package ``support`` of the tests."""
    return environment(**more) | {"PYTHONPATH": os.pathsep.join([str(ROOT / "tests"), environment()["PYTHONPATH"]])}


def run_process(*words: str, cwd: Path | None = None, env: dict[str, str] | None = None, timeout: float = 120) -> Ran:
    """Run in a process of its own."""
    answer = subprocess.run(
        [sys.executable, "-m", "schedcore", *words],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment(**(env or {})),
        timeout=timeout,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return Ran(answer.returncode, answer.stdout, answer.stderr)
