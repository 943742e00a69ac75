"""Who waits for whom in a fixed plan, derived in the plainest way: the bridge's own reading of the rules.

The rules are those of :mod:`schedcore.replay.plan`, :mod:`~schedcore.replay.units` and
:mod:`~schedcore.replay.tokens`; the code is deliberately another one.  Units are listed one by one,
tokens are matched by cumulative sums, ties are found by following every path.  It is slow for large
capacities and does not matter: it is there to disagree when one of the two is wrong.

Event ``2 * row`` is the start and ``2 * row + 1`` the end of placement ``row``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field

from schedcore.model import Edge, Mode, Problem, Renewable, Reservoir, Schedule, Tick, Unary
from schedcore.replay.uncertainty import BoundUncertainty

FOREVER: Tick = 2**60
"""End of what never ends."""


@dataclass
class PlanLinks:
    """What the events of a schedule wait for."""

    problem: Problem
    schedule: Schedule
    groups: list[tuple[int, ...]] = field(default_factory=list)
    """Events that happen together."""
    waits: dict[int, list[tuple[int, Tick]]] = field(default_factory=dict)
    """Event to ``(event, ticks)`` before it; own work and resources apart."""
    users: dict[int, list[int]] = field(default_factory=dict)
    """Resource to rows, in the order in which they take units."""
    uses: dict[int, list[int]] = field(default_factory=dict)
    """Row to the resources of which it takes units."""
    suppliers: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    """Row and resource to the rows that held the same units before."""
    highest: dict[tuple[int, int], int] = field(default_factory=dict)
    """Row and resource to the highest of its units."""
    closures: dict[int, list[tuple[Tick, Tick]]] = field(default_factory=dict)
    """Row to the stretches, in order, in which the calendar closes one of its units."""

    def mode(self, row: int) -> Mode:
        """Mode in which ``row`` runs."""
        placement = self.schedule.placements[row]
        return self.problem.tasks[placement.task].modes[placement.mode]

    def planned(self, event: int) -> Tick:
        """Planned tick of an event."""
        placement = self.schedule.placements[event // 2]
        return placement.end if event % 2 else placement.start

    def length(self, row: int) -> Tick:
        """Planned ticks of a row."""
        return self.planned(2 * row + 1) - self.planned(2 * row)

    def setup(self, r: int, before: int | None, after: int) -> Tick:
        """Setup of ``after`` on resource ``r`` behind row ``before`` (``None``: the initial state); 0 if forbidden."""
        resource = self.problem.resources[r]
        if not isinstance(resource, Unary) or resource.transition is None:
            return 0
        tasks = self.problem.tasks
        placements = self.schedule.placements
        state = resource.initial_state if before is None else tasks[placements[before].task].state_after
        target = tasks[placements[after].task].state_before
        return 0 if state is None or target is None else resource.transition[state][target] or 0


def derive_links(problem: Problem, schedule: Schedule, bound: BoundUncertainty) -> PlanLinks:
    """The links of a feasible ``schedule`` under the uncertainty ``bound``."""
    links = PlanLinks(problem, schedule)
    row_of = {p.task: row for row, p in enumerate(schedule.placements)}
    rows = range(len(schedule.placements))
    for row in rows:
        links.uses[row] = []
    for r, resource in enumerate(problem.resources):
        if isinstance(resource, Unary | Renewable):
            _hand_out(links, bound, r, row_of)
        else:
            _match_tokens(links, r, resource)
    for row in rows:
        links.closures[row] = _union(links.closures.get(row, []))
    for lag in problem.lags:
        if lag.min is not None and lag.a in row_of and lag.b in row_of:
            _wait(links, bound, 2 * row_of[lag.a] + lag.a_edge, 2 * row_of[lag.b] + lag.b_edge, lag.min)
    for row in rows:
        if bound.is_hold(schedule.placements[row].task):
            links.waits.setdefault(2 * row + 1, []).append((2 * row, links.mode(row).duration))
    _Groups(links, bound, row_of).settle()
    return links


def _wait(links: PlanLinks, bound: BoundUncertainty, source: int, target: int, ticks: Tick) -> None:
    if ticks < 0 and source % 2 == 1 and not bound.is_hold(links.schedule.placements[source // 2].task):
        # The end is foreseen from the start by the planned length.
        ticks += links.length(source // 2)
        source -= 1
    if ticks >= 0:
        links.waits.setdefault(target, []).append((source, ticks))


def _hand_out(links: PlanLinks, bound: BoundUncertainty, r: int, row_of: dict[int, int]) -> None:
    """Number the units of resource ``r`` and give each task its own."""
    problem, resource = links.problem, links.problem.resources[r]
    assert isinstance(resource, Unary | Renewable)
    capacity = resource.capacity if isinstance(resource, Renewable) else 1
    demands: list[tuple[Tick, int, Tick, int, int]] = []
    for row, p in enumerate(links.schedule.placements):
        for demand in links.mode(row).demands:
            if demand.resource == r and (p.end > p.start or _may_grow(links, bound, row)):
                demands.append((p.start, 1, p.end, p.task, demand.amount))
    if not demands:
        return
    if resource.calendar is not None:
        points = [*resource.calendar.points, (FOREVER, capacity)]
        for (begin, value), (end, _) in itertools.pairwise(points):
            if value < capacity:
                demands.append((begin, 0, end, -1, capacity - value))
    free_from = [0] * capacity
    last_row, last_end = [-1] * capacity, [-1] * capacity
    closed: list[list[tuple[Tick, Tick]]] = [[] for _ in range(capacity)]
    owned: dict[int, list[int]] = {}
    links.users[r] = []
    for start, kind, end, task, amount in sorted(demands):
        free = [u for u in range(capacity) if free_from[u] <= start]
        if kind == 0:
            for u in free[len(free) - amount :]:
                closed[u].append((start, end))
                free_from[u] = end
            continue
        if len(free) < amount:
            continue  # No length in the plan and no room: it has no units.
        row = row_of[task]
        ahead = {
            row_of[lag.a]
            for lag in problem.lags
            if lag.b == task
            and lag.a in row_of
            and (lag.a_edge, lag.b_edge) == (Edge.END, Edge.START)
            and lag.min is not None
            and lag.min >= 0
        }
        chosen = sorted(free, key=lambda u: (last_row[u] not in ahead, last_end[u], u))[:amount]
        links.suppliers[row, r] = sorted({last_row[u] for u in chosen} - {-1})
        links.highest[row, r] = max(chosen)
        links.users[r].append(row)
        links.uses[row].append(r)
        owned[row] = chosen
        for u in chosen:
            free_from[u], last_row[u], last_end[u] = end, row, end
    for row, units in owned.items():
        for u in units:
            links.closures.setdefault(row, []).extend(closed[u])


def _may_grow(links: PlanLinks, bound: BoundUncertainty, row: int) -> bool:
    """Whether a task of no planned length may turn out to have one."""
    task, mode = links.schedule.placements[row].task, links.mode(row)
    laws = [bound.noise[task][links.schedule.placements[row].mode]]
    laws += [noise for _, noise, targets in bound.law_changes if targets is None or task in targets]
    return (
        bound.is_hold(task)
        or mode.is_elastic
        or any(noise.law is not None and not noise.relative for noise in laws)
        or any(lag.b == task and lag.b_edge is Edge.END and lag.min is not None for lag in links.problem.lags)
        or any(lag.a == task and lag.a_edge is Edge.END and (lag.min, lag.max) == (0, 0) for lag in links.problem.lags)
        or any(effect.edge is Edge.END for effect in mode.effects)
    )


def _match_tokens(links: PlanLinks, r: int, reservoir: Reservoir) -> None:
    """First in, first out by cumulative sums: unit number ``n`` drawn is unit number ``n`` filled."""
    net: dict[tuple[Tick, int, int], int] = {}
    for row, p in enumerate(links.schedule.placements):
        for effect in links.mode(row).effects:
            if effect.reservoir == r:
                amount = effect.delta * (p.end - p.start) if effect.per_tick else effect.delta
                key = (p.end if effect.edge is Edge.END else p.start, row, int(effect.edge))
                net[key] = net.get(key, 0) + amount
    fills = [(key, amount) for key, amount in sorted(net.items()) if amount > 0]
    draws = [(key, -amount) for key, amount in sorted(net.items()) if amount < 0]
    for makers, users, stock in (
        (fills, draws, reservoir.initial - reservoir.minimum),
        (draws, fills, reservoir.maximum - reservoir.initial),
    ):
        made: list[tuple[Tick, int, int, int]] = [(-1, -1, 0, stock)]  # (tick, event, from, up to)
        for (tick, row, edge), amount in makers:
            made.append((tick, 2 * row + edge, made[-1][3], made[-1][3] + amount))
        taken = 0
        for (tick, row, edge), amount in users:
            # What nobody has made by then is not waited for, and does not shift the count.
            there = max(upto for made_at, _, _, upto in made if made_at <= tick)
            upto = min(taken + amount, there)
            for _, event, low, high in made[1:]:
                if low < upto and high > taken and event != 2 * row + edge:
                    links.waits.setdefault(2 * row + edge, []).append((event, 0))
            taken = max(taken, upto)


def _union(intervals: Iterable[tuple[Tick, Tick]]) -> list[tuple[Tick, Tick]]:
    """Disjoint intervals with the same ticks."""
    found: list[tuple[Tick, Tick]] = []
    for begin, end in sorted(set(intervals)):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


class _Groups:
    """Which events coincide, and which starts are put off for the sake of their ends."""

    def __init__(self, links: PlanLinks, bound: BoundUncertainty, row_of: dict[int, int]) -> None:
        self.links, self.bound = links, bound
        self.count = 2 * len(links.schedule.placements)
        self.group = {event: frozenset([event]) for event in range(self.count)}
        for lag in links.problem.lags:
            if (lag.min, lag.max) != (0, 0) or lag.a not in row_of or lag.b not in row_of:
                continue
            a, b = row_of[lag.a], row_of[lag.b]
            both_starts = lag.a_edge == lag.b_edge == Edge.START
            if both_starts or links.mode(a).is_elastic or links.mode(b).is_elastic:
                self._join(2 * a + lag.a_edge, 2 * b + lag.b_edge)

    def _join(self, a: int, b: int) -> None:
        union = self.group[a] | self.group[b]
        for event in union:
            self.group[event] = union

    def settle(self) -> None:
        """Merge circles of one tick, then put starts off."""
        links = self.links
        arcs = [(source, target, ticks) for target, waits in links.waits.items() for source, ticks in waits]
        for row in range(self.count // 2):
            if not self.bound.is_hold(links.schedule.placements[row].task):
                arcs.append((2 * row, 2 * row + 1, links.length(row)))
            for r in links.uses[row]:
                for supplier in links.suppliers[row, r]:
                    arcs.append((2 * supplier + 1, 2 * row, links.setup(r, supplier, row)))
        self.ties = [(source, target) for source, target, _ in arcs if links.planned(source) == links.planned(target)]
        merged = True
        while merged:
            merged = False
            for source, target in self.ties:
                if self.group[source] != self.group[target] and self._leads(target, source):
                    self._join(source, target)
                    merged = True
        self._put_off(arcs)
        links.groups = [tuple(sorted(g)) for g in sorted(set(self.group.values()), key=min)]
        for target, waits in links.waits.items():
            links.waits[target] = [(s, ticks) for s, ticks in waits if s not in self.group[target]]

    def _leads(self, begin: int, goal: int) -> bool:
        """Whether a path of ties leads from the group of ``begin`` to that of ``goal``."""
        reached = set(self.group[begin])
        grown = True
        while grown:
            grown = False
            for source, target in self.ties:
                if source in reached and target not in reached:
                    reached |= self.group[target]
                    grown = True
        return goal in reached

    def _put_off(self, arcs: list[tuple[int, int, Tick]]) -> None:
        links = self.links
        wanted: set[tuple[int, int, Tick]] = set()
        for source, target, ticks in arcs:
            for event in self.group[target]:
                row = event // 2
                if event % 2 == 0 or self.bound.is_hold(links.schedule.placements[row].task):
                    continue
                if source in self.group[target] or source == 2 * row:
                    continue
                tail, wait = source, ticks - links.length(row)
                if wait < 0 and tail % 2 == 1 and not self.bound.is_hold(links.schedule.placements[tail // 2].task):
                    tail, wait = tail - 1, wait + links.length(tail // 2)
                if wait >= 0:
                    wanted.add((tail, 2 * row, wait))
        for tail, start, wait in sorted(wanted):
            if tail in self.group[start]:
                continue
            if links.planned(tail) == links.planned(start):
                if self._leads(start, tail):
                    continue
                self.ties.append((tail, start))
            links.waits.setdefault(start, []).append((tail, wait))
