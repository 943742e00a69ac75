"""The event-driven executor: one engine on which every policy decides.

``execute(problem, policy)`` gives a schedule.  :class:`Executor` is the same engine step by step,
for environments and replays; its rules are those of ``docs/semantics.md``.
"""

from schedcore.executor.decision import Decision, Start, StartOrder, WaitEvent, WaitUntil
from schedcore.executor.engine import Executor
from schedcore.executor.objection import Objection
from schedcore.executor.policy import Policy
from schedcore.executor.progress import Attempt
from schedcore.executor.realisation import Arrival, Cancellation, CapacityStep, Disruption, Nominal, Realisation
from schedcore.executor.run import execute
from schedcore.executor.state import Candidate, Running, State

__all__ = [
    "Arrival",
    "Attempt",
    "Cancellation",
    "Candidate",
    "CapacityStep",
    "Decision",
    "Disruption",
    "Executor",
    "Nominal",
    "Objection",
    "Policy",
    "Realisation",
    "Running",
    "Start",
    "StartOrder",
    "State",
    "WaitEvent",
    "WaitUntil",
    "execute",
]
