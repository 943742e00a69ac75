"""Bar F15: branch coverage of the shared core by the default tests.

    python benchmarks/core_coverage.py

Code that numba compiles is not seen by the measurement and is left out (its plain statements stand in the
differential tests instead).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from _machine import figure, machine

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Run the tests under coverage and print the share."""
    print(f"machine: {machine()}")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "coverage.json"
        words = [sys.executable, "-m", "pytest", "-q", "-n", "auto", "--dist", "loadgroup", "tests"]
        words += ["--cov=schedcore", "--cov-branch"]
        run = subprocess.run([*words, f"--cov-report=json:{out}"], cwd=ROOT, check=False)
        if not out.exists():
            sys.exit(f"the tests left no measurement (exit code {run.returncode})")
        report = json.loads(out.read_text(encoding="utf-8"))
    weakest = sorted((f["summary"]["percent_covered"], name) for name, f in report["files"].items())[:8]
    for percent, name in weakest:
        print(f"     {percent:5.1f} % {name}")
    total = report["totals"]["percent_covered"]
    print(figure("F15", "branch coverage of schedcore", f"{total:.1f} %", ">= 95 %", total >= 95))


if __name__ == "__main__":
    main()
