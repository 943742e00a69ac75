"""Periodic schedulers: a cyclic schedule of fixed slots for a set of demands."""

from qnet.scheduling.cyclic import CyclicSchedule, Miss, Piece, Run, ScheduleFigures, figures
from qnet.scheduling.registry import PUBLISHED, SCHEDULERS, get_scheduler, schedule, try_schedule
from qnet.scheduling.task import PeriodicTask, TaskSegment, components, hyperperiod

__all__ = [
    "PUBLISHED",
    "SCHEDULERS",
    "CyclicSchedule",
    "Miss",
    "PeriodicTask",
    "Piece",
    "Run",
    "ScheduleFigures",
    "TaskSegment",
    "components",
    "figures",
    "get_scheduler",
    "hyperperiod",
    "schedule",
    "try_schedule",
]
