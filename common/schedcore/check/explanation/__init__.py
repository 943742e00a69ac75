"""Why a problem has no schedule, where the reason can be seen."""

from __future__ import annotations

from schedcore.check.explanation.conflict import Conflict, ConflictKind
from schedcore.check.explanation.facts import Facts
from schedcore.check.explanation.fits import Fitting
from schedcore.check.explanation.logic import settle
from schedcore.check.explanation.network import propagate
from schedcore.check.explanation.overload import overloads
from schedcore.check.explanation.sequence import dead_ends
from schedcore.check.explanation.stock import stock_conflicts
from schedcore.model import Problem

__all__ = ["Conflict", "ConflictKind", "explain"]


def explain(problem: Problem) -> tuple[Conflict, ...]:
    """Visible reasons why ``problem`` has no schedule; empty if none is found.

    Every conflict is a proof by itself.  An empty answer proves nothing: infeasibility that only search can show stays
    unexplained.  Looked at are: selections and mode links (unit propagation), modes against capacities, calendars and
    windows, the network of lags, durations, releases and deadlines, work against capacity within intervals, effects
    against the bounds of reservoirs, and forbidden transitions.  Later steps build on the bounds of earlier ones, so
    they are left out where an earlier step finds a conflict.
    """
    facts = Facts(problem)
    fitting = Fitting(facts)
    conflicts = fitting.filter()
    conflicts += settle(facts)
    if conflicts:
        return tuple(conflicts)
    facts.tighten_by_durations()
    conflicts = propagate(facts)
    if conflicts:
        return tuple(conflicts)
    conflicts = fitting.filter() + settle(facts)
    if conflicts:
        return tuple(conflicts)
    return (*overloads(facts), *stock_conflicts(facts), *dead_ends(facts))
