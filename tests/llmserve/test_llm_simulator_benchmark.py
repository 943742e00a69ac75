"""The benchmark script of the simulator runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from support.command import environment


def test_a_small_run_says_that_both_simulators_agree() -> None:
    root = Path(__file__).resolve().parents[2]
    words = ("--requests", "100", "--cases", "10", "--repeat", "1", "--duration", "5")
    done = subprocess.run(
        [sys.executable, str(root / "benchmarks" / "llmserve_simulator.py"), *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment()},
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "100 requests of 512/1024" in done.stdout
    assert "10 random cases" in done.stdout
