"""Replay under uncertainty: schedules in fixed order, and policies, in many scenarios on common random numbers.

State what is uncertain with :class:`Uncertainty`, then :func:`replay` a schedule or
:func:`replay_policy` a policy, and compare the results.  ``simpy_bridge`` executes the same plan in a
SimPy environment.
"""

from schedcore.replay.disruptions import (
    Breakdowns,
    CapacityStep,
    Disruption,
    LawChange,
    OnBreak,
    ResourceDown,
    TaskArrival,
    TaskCancelled,
)
from schedcore.replay.fixed_order import replay
from schedcore.replay.interruptions import Outcome
from schedcore.replay.laws import (
    LAWS,
    Empirical,
    Exponential,
    Fixed,
    Gamma,
    Geometric,
    Law,
    LogNormal,
    Triangular,
    Uniform,
)
from schedcore.replay.noise import Noise
from schedcore.replay.online import OnlineScenario
from schedcore.replay.outcome import ScenarioOutcome
from schedcore.replay.policy_replay import replay_policy
from schedcore.replay.result import ReplayResult
from schedcore.replay.rounds import unroll_rounds
from schedcore.replay.scenario import Scenario
from schedcore.replay.statistics import (
    Comparison,
    Interval,
    Rate,
    Summary,
    compare_pairs,
    cvar,
    mean_interval,
    rate,
    summarise,
)
from schedcore.replay.trace import Attempt, Trace
from schedcore.replay.uncertainty import BoundUncertainty, Uncertainty

__all__ = [
    "LAWS",
    "Attempt",
    "BoundUncertainty",
    "Breakdowns",
    "CapacityStep",
    "Comparison",
    "Disruption",
    "Empirical",
    "Exponential",
    "Fixed",
    "Gamma",
    "Geometric",
    "Interval",
    "Law",
    "LawChange",
    "LogNormal",
    "Noise",
    "OnBreak",
    "OnlineScenario",
    "Outcome",
    "Rate",
    "ReplayResult",
    "ResourceDown",
    "Scenario",
    "ScenarioOutcome",
    "Summary",
    "TaskArrival",
    "TaskCancelled",
    "Trace",
    "Triangular",
    "Uncertainty",
    "Uniform",
    "compare_pairs",
    "cvar",
    "mean_interval",
    "rate",
    "replay",
    "replay_policy",
    "summarise",
    "unroll_rounds",
]
