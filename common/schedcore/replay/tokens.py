"""Which draw on a reservoir lives on which fill: the fixed order of its events.

A unit that is drawn was filled by somebody or was there from the start, and a unit that is filled
takes the room that somebody made by drawing or that was there from the start.  Both are matched first
in, first out in the order of the planned events (tick, then fills before draws for units, draws before
fills for room, then task id, then start before end).  An event then waits for those that it lives on,
and the level stays within its bounds however durations turn out, as long as the amounts are the
planned ones.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from schedcore.model import Edge, Problem, Reservoir, Schedule, Tick


class EventLink(NamedTuple):
    """Edge ``b_edge`` of task ``b`` happens no earlier than edge ``a_edge`` of task ``a``."""

    a: int
    a_edge: Edge
    b: int
    b_edge: Edge


class _Event(NamedTuple):
    tick: Tick
    task: int
    edge: Edge
    delta: int


def link_reservoirs(problem: Problem, schedule: Schedule) -> list[EventLink]:
    """The links of all reservoirs.

    Draws without a fill to live on (the planned level leaves its bounds, as it may while a cyclic
    pattern builds up) get no link.
    """
    changes: dict[int, dict[tuple[Tick, int, Edge], int]] = {}
    for task, mode, start, end in schedule.placements:
        for effect in problem.tasks[task].modes[mode].effects:
            delta = effect.delta * (end - start) if effect.per_tick else effect.delta
            key = (start if effect.edge is Edge.START else end, task, effect.edge)
            of_reservoir = changes.setdefault(effect.reservoir, {})
            of_reservoir[key] = of_reservoir.get(key, 0) + delta
    links: dict[EventLink, None] = {}
    for r, of_reservoir in sorted(changes.items()):
        reservoir = problem.resources[r]
        assert isinstance(reservoir, Reservoir)
        events = [_Event(*key, delta) for key, delta in sorted(of_reservoir.items())]
        fills, draws = [e for e in events if e.delta > 0], [e for e in events if e.delta < 0]
        units = _match(fills, draws, reservoir.initial - reservoir.minimum)
        room = _match(draws, fills, reservoir.maximum - reservoir.initial)
        links.update(dict.fromkeys([*units, *room]))
    return list(links)


def _match(makers: list[_Event], users: list[_Event], stock: int) -> Iterator[EventLink]:
    """First in, first out; ``stock`` is used first."""
    queue = deque(makers)
    maker: _Event | None = None
    left = stock
    for user in users:
        need = abs(user.delta)
        while need > 0:
            if left == 0:
                if not queue or queue[0].tick > user.tick:
                    break
                maker = queue.popleft()
                left = abs(maker.delta)
            used = min(left, need)
            left, need = left - used, need - used
            if maker is not None and (maker.task, maker.edge) != (user.task, user.edge):
                yield EventLink(maker.task, maker.edge, user.task, user.edge)
