"""Gymnasium environments over the executor.

``SchedEnv`` is registered as ``sched/Executor-v0`` when this package is imported.
"""

import gymnasium

from schedcore.envs.observation import CANDIDATE_FEATURES, GLOBAL_FEATURES, RESOURCE_FEATURES
from schedcore.envs.sched_env import EnvLimits, ProblemSource, SchedEnv

ENV_ID = "sched/Executor-v0"

if ENV_ID not in gymnasium.registry:
    gymnasium.register(id=ENV_ID, entry_point="schedcore.envs.sched_env:SchedEnv")

__all__ = [
    "CANDIDATE_FEATURES",
    "ENV_ID",
    "GLOBAL_FEATURES",
    "RESOURCE_FEATURES",
    "EnvLimits",
    "ProblemSource",
    "SchedEnv",
]
