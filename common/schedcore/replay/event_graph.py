"""The order of the events of a fixed plan: which edges coincide, and which wait for which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from schedcore.model import Tick


class Arc(NamedTuple):
    """Event ``target`` happens at least ``weight`` ticks (0 or more) after event ``source``."""

    source: int
    target: int
    weight: Tick


def merge_ties(
    count: int, joined: Iterable[tuple[int, int]], planned: Sequence[Tick], arcs: Iterable[Arc]
) -> list[int]:
    """The group of every event: events that happen together, always.

    Joined are pairs in ``joined``, and events of one tick that wait for each other in a circle (two
    exchanges with a full store: neither can go first).

    Parameters
    ----------
    count
        Number of events.
    joined
        Pairs of events that coincide by the rules.
    planned
        Planned tick per event.
    arcs
        What waits for what.

    Returns
    -------
    list
        The smallest event of its group, per event.
    """
    parent = list(range(count))

    def find(event: int) -> int:
        while parent[event] != event:
            parent[event] = parent[parent[event]]
            event = parent[event]
        return event

    def join(a: int, b: int) -> None:
        a, b = find(a), find(b)
        parent[max(a, b)] = min(a, b)

    for a, b in joined:
        join(a, b)
    binding = [(a.source, a.target) for a in arcs if planned[a.source] == planned[a.target]]
    successors: dict[int, list[int]] = {}
    for source, target in binding:
        if find(source) != find(target):
            successors.setdefault(find(source), []).append(find(target))
    for component in _components(successors):
        for event in component[1:]:
            join(component[0], event)
    return [find(event) for event in range(count)]


class TieGraph:
    """What waits for what within one tick; arcs may be added as long as no circle results."""

    def __init__(self, root: Sequence[int], planned: Sequence[Tick], arcs: Iterable[Arc]) -> None:
        self.root, self.planned = root, planned
        self.successors: dict[int, set[int]] = {}
        for arc in arcs:
            if self._is_tie(arc):
                self.successors.setdefault(root[arc.source], set()).add(root[arc.target])

    def add(self, arc: Arc) -> bool:
        """Whether ``arc`` closes no circle; it is added then."""
        if not self._is_tie(arc):
            return True
        source, target = self.root[arc.source], self.root[arc.target]
        seen, open_ = {target}, [target]
        while open_:
            for successor in self.successors.get(open_.pop(), ()):
                if successor == source:
                    return False
                if successor not in seen:
                    seen.add(successor)
                    open_.append(successor)
        self.successors.setdefault(source, set()).add(target)
        return True

    def _is_tie(self, arc: Arc) -> bool:
        tie = self.planned[arc.source] == self.planned[arc.target]
        return tie and self.root[arc.source] != self.root[arc.target]


def order_groups(groups: Sequence[int], planned: Sequence[Tick], arcs: Iterable[Arc]) -> list[int]:
    """The groups by planned tick; those of one tick so that arcs lead forwards.

    Ties that are still open are broken by the smallest event.
    """
    import heapq

    successors: dict[int, set[int]] = {}
    waiting = dict.fromkeys(groups, 0)
    for arc in arcs:
        source, target = groups[arc.source], groups[arc.target]
        if source != target and planned[source] == planned[target]:
            ahead = successors.setdefault(source, set())
            if target not in ahead:
                ahead.add(target)
                waiting[target] += 1
    ready = [(planned[g], g) for g, n in waiting.items() if n == 0]
    heapq.heapify(ready)
    order = []
    while ready:
        _, group = heapq.heappop(ready)
        order.append(group)
        for target in successors.get(group, ()):
            waiting[target] -= 1
            if waiting[target] == 0:
                heapq.heappush(ready, (planned[target], target))
    assert len(order) == len(waiting), "circles of one tick are merged before"
    return order


def _components(successors: dict[int, list[int]]) -> list[list[int]]:
    """Strongly connected components of two or more nodes (Tarjan, SIAM J. Comput. 1 (1972), iteratively)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    on_stack: set[int] = set()
    stack: list[int] = []
    found: list[list[int]] = []
    for root in sorted(successors):
        if root in index:
            continue
        work = [(root, iter(successors.get(root, ())))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, targets = work[-1]
            for target in targets:
                if target not in index:
                    index[target] = low[target] = len(index)
                    stack.append(target)
                    on_stack.add(target)
                    work.append((target, iter(successors.get(target, ()))))
                    break
                if target in on_stack:
                    low[node] = min(low[node], index[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    component = []
                    while True:
                        member = stack.pop()
                        on_stack.discard(member)
                        component.append(member)
                        if member == node:
                            break
                    if len(component) > 1:
                        found.append(sorted(component))
    return found
