"""Bar F18: every documented command and snippet is executed by the tests.

python benchmarks/core_docs.py
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from _machine import figure, machine

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Count the blocks, run the tests of the pages, and print the share of blocks that are run."""
    print(f"machine: {machine()}")
    tracked = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, check=True, capture_output=True, text=True)
    pages = [ROOT / line for line in tracked.stdout.split()]
    heads = [
        m for page in pages for m in re.findall(r"^```(?:python|console)(.*)$", page.read_text(encoding="utf-8"), re.M)
    ]
    skipped = [head for head in heads if "skip=" in head]
    for head in skipped:
        print(f"     not run by the tests of the pages:{head}")
    run = subprocess.run([sys.executable, "-m", "pytest", "-q", "tests/docs"], cwd=ROOT, check=False)
    quantity = f"blocks run, of {len(heads)} ({len(skipped)} name a reason to skip)"
    print(figure("F18", quantity, str(len(heads) - len(skipped)), "tests pass", run.returncode == 0))


if __name__ == "__main__":
    main()
