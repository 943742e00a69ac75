"""What importing the package costs: numpy and the core, nothing heavy (an engine's machine may have nothing else)."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "module", ["llmserve.domain", "llmserve.plan.search", "llmserve.plan.plan", "llmserve.roofline"]
)
def test_nothing_heavy_is_imported(module: str) -> None:
    heavy = ["torch", "ortools", "scipy", "matplotlib", "numba", "ray", "pandas", "hydra", "gymnasium", "click"]
    code = f"import sys, {module}; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
