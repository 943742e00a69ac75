"""One model of resources, tasks and schedules, and everything that works on it.

Sub-packages: ``model`` (problems and schedules), ``check`` (what a schedule means), ``metrics``,
``executor`` and ``policies`` (list scheduling and online decisions), ``solvers``, ``replay``
(uncertainty), ``envs`` (Gymnasium), ``io``, ``plot``, ``experiments`` and ``cli``.
Each is imported when it is first used, so ``import schedcore`` costs next to nothing.
"""

from __future__ import annotations

import importlib
from types import ModuleType

__version__ = "0.1.0"

_SUBPACKAGES = (
    "check",
    "cli",
    "envs",
    "errors",
    "executor",
    "experiments",
    "io",
    "metrics",
    "model",
    "plot",
    "policies",
    "replay",
    "solvers",
)

__all__ = ["__version__", *_SUBPACKAGES]


def __getattr__(name: str) -> ModuleType:
    if name in _SUBPACKAGES:
        return importlib.import_module(f"schedcore.{name}")
    raise AttributeError(f"module 'schedcore' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
