"""The data model: problems and schedules as frozen data in integer ticks.

Build problems with :class:`ProblemBuilder`.  What a schedule means is decided by
:func:`schedcore.check.check` alone.
"""

from schedcore.model.arrays import ProblemArrays
from schedcore.model.builder import ProblemBuilder
from schedcore.model.cycle import Cycle
from schedcore.model.decode import problem_from_dict, schedule_from_dict
from schedcore.model.encode import (
    DOCUMENT_SCHEMA,
    PROBLEM_SCHEMA,
    SCHEDULE_SCHEMA,
    canonical_json,
    problem_to_dict,
    schedule_to_dict,
)
from schedcore.model.features import ALL_FEATURES, FEATURES
from schedcore.model.holds import Hold, find_holds
from schedcore.model.horizon import default_horizon
from schedcore.model.objective import OBJECTIVE_METRICS, Objective
from schedcore.model.periodic import Periodic, hyperperiod, unroll
from schedcore.model.problem import Problem
from schedcore.model.profile import StepProfile
from schedcore.model.refs import EdgeRef, JobRef, ResourceRef, TaskRef
from schedcore.model.relations import ModeLink, Selection, SelectionKind, TimeLag
from schedcore.model.resources import Renewable, Reservoir, Resource, Unary
from schedcore.model.restriction import Restriction, restrict
from schedcore.model.schedule import Placement, Schedule
from schedcore.model.share_curve import ShareCurve
from schedcore.model.task import Demand, Edge, Effect, Mode, Task
from schedcore.model.time import MAX_TICK, Tick, TimeUnit

__all__ = [
    "ALL_FEATURES",
    "DOCUMENT_SCHEMA",
    "FEATURES",
    "MAX_TICK",
    "OBJECTIVE_METRICS",
    "PROBLEM_SCHEMA",
    "SCHEDULE_SCHEMA",
    "Cycle",
    "Demand",
    "Edge",
    "EdgeRef",
    "Effect",
    "Hold",
    "JobRef",
    "Mode",
    "ModeLink",
    "Objective",
    "Periodic",
    "Placement",
    "Problem",
    "ProblemArrays",
    "ProblemBuilder",
    "Renewable",
    "Reservoir",
    "Resource",
    "ResourceRef",
    "Restriction",
    "Schedule",
    "Selection",
    "SelectionKind",
    "ShareCurve",
    "StepProfile",
    "Task",
    "TaskRef",
    "Tick",
    "TimeLag",
    "TimeUnit",
    "Unary",
    "canonical_json",
    "default_horizon",
    "find_holds",
    "hyperperiod",
    "problem_from_dict",
    "problem_to_dict",
    "restrict",
    "schedule_from_dict",
    "schedule_to_dict",
    "unroll",
]
