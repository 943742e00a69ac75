"""Holds: elastic tasks that exist from an edge of one task to an edge of another.

A qubit that is kept from the start of a link generation to the end of a swap is an elastic task
whose start is tied by a zero lag (``min = max = 0``) to the one edge and whose end is tied to the
other.  It has no decision of its own: solvers and the executor open and close it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schedcore.model.task import Edge

if TYPE_CHECKING:
    from schedcore.model.problem import Problem


@dataclass(frozen=True, slots=True)
class Hold:
    """Task ``task`` runs from ``opens`` to ``closes`` (each a task id and an edge, same round)."""

    task: int
    opens: tuple[int, Edge]
    closes: tuple[int, Edge]
    lags: tuple[int, ...]
    """Ids of the zero lags that tie it."""


def find_holds(problem: Problem) -> tuple[Hold, ...]:
    """All holds of ``problem`` in order of task id.

    A task is a *candidate* if it has one mode, the mode is elastic, and zero lags tie its start and
    its end to edges of other tasks.  A candidate is a hold if both ties can be to tasks that are no
    candidates themselves; the first such ties in the order of the lags count.  (Where two candidates
    meet, the tick at which one hands over to the other is a decision: such tasks are elastic, no holds.)
    """
    elastic = {i for i, task in enumerate(problem.tasks) if len(task.modes) == 1 and task.modes[0].is_elastic}
    if not elastic:
        return ()
    ties: dict[tuple[int, Edge], list[tuple[tuple[int, Edge], int]]] = {}
    for i, lag in enumerate(problem.lags):
        if lag.min == 0 and lag.max == 0 and lag.iterations == 0:
            for own, own_edge, other, other_edge in (
                (lag.a, lag.a_edge, lag.b, lag.b_edge),
                (lag.b, lag.b_edge, lag.a, lag.a_edge),
            ):
                if own in elastic:
                    ties.setdefault((own, own_edge), []).append(((other, other_edge), i))
    candidates = {task for task in elastic if (task, Edge.START) in ties and (task, Edge.END) in ties}

    def first(task: int, edge: Edge) -> tuple[tuple[int, Edge], int] | None:
        return next((tie for tie in ties[task, edge] if tie[0][0] not in candidates), None)

    holds = []
    for task in sorted(candidates):
        opening, closing = first(task, Edge.START), first(task, Edge.END)
        if opening is not None and closing is not None:
            holds.append(Hold(task, opening[0], closing[0], (opening[1], closing[1])))
    return tuple(holds)
