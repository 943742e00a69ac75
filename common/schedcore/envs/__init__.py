"""Gymnasium environments over the executor; gymnasium is imported when an environment is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from schedcore.envs.sched_env import SchedEnv

__all__ = ["SchedEnv"]


def __getattr__(name: str) -> Any:
    if name == "SchedEnv":
        from schedcore.envs.sched_env import SchedEnv

        return SchedEnv
    raise AttributeError(f"module 'schedcore.envs' has no attribute {name!r}")
