"""The simple temporal network of the mandatory tasks: contradictory lags, and bounds on all edges.

Nodes are the edges of the tasks; an arc ``u -> v`` of weight ``w`` says ``time(v) >= time(u) + w``.  A cycle of
positive weight is a contradiction (Dechter, Meiri and Pearl, 1991).  Longest paths are found component by component in
topological order, so only tasks that lags tie in both directions cost more than linear time.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from schedcore.check.explanation.conflict import Conflict, ConflictKind
from schedcore.check.explanation.facts import INFINITY, Facts
from schedcore.model import TimeLag

_BUDGET = 3_000_000
"""Relaxations after which the search for longest paths stops; what is known by then is still true."""


@dataclass
class _Graph:
    """Arcs as columns, with what they stand for: a lag (``lag``, ``is_max``) or the duration of a task."""

    size: int
    source: list[int] = field(default_factory=list)
    target: list[int] = field(default_factory=list)
    weight: list[int] = field(default_factory=list)
    lag: list[int] = field(default_factory=list)  # -1: duration
    is_max: list[bool] = field(default_factory=list)

    def add(self, source: int, target: int, weight: int, lag: int, is_max: bool) -> None:
        self.source.append(source)
        self.target.append(target)
        self.weight.append(weight)
        self.lag.append(lag)
        self.is_max.append(is_max)


def propagate(facts: Facts) -> list[Conflict]:
    """Tighten the bounds of all mandatory tasks; conflicts if lags contradict each other or a chain is too long."""
    tasks = facts.mandatory()
    node = {task: 2 * i for i, task in enumerate(tasks)}
    graph = _build(facts, tasks, node)
    value = [-INFINITY] * graph.size
    for task in tasks:
        value[node[task]] = facts.earliest_start[task]
    paths = _LongestPaths(graph, graph.source, graph.target)
    cycle = paths.run(value)
    if cycle is not None:
        return [_cycle_conflict(facts, graph, cycle, tasks)]
    conflicts = _late(facts, graph, value, paths.arc, tasks, node)
    if conflicts:
        return conflicts
    back = [-INFINITY] * graph.size
    for task in tasks:
        back[node[task] + 1] = -facts.latest_end[task]
    _LongestPaths(graph, graph.target, graph.source).run(back)
    for task in tasks:
        facts.earliest_start[task] = value[node[task]]
        facts.earliest_end[task] = value[node[task] + 1]
        facts.latest_start[task] = -back[node[task]]
        facts.latest_end[task] = -back[node[task] + 1]
    return []


def _build(facts: Facts, tasks: list[int], node: dict[int, int]) -> _Graph:
    graph = _Graph(2 * len(tasks))
    for task in tasks:
        graph.add(node[task], node[task] + 1, facts.shortest(task), -1, False)
        graph.add(node[task] + 1, node[task], -facts.longest(task), -1, True)
    for i, lag in enumerate(facts.problem.lags):
        if lag.a not in node or lag.b not in node:
            continue
        a, b = node[lag.a] + lag.a_edge, node[lag.b] + lag.b_edge
        if lag.min is not None:
            graph.add(a, b, lag.min - _shift(facts, lag, largest=True), i, False)
        if lag.max is not None:
            graph.add(b, a, _shift(facts, lag, largest=False) - lag.max, i, True)
    return graph


def _shift(facts: Facts, lag: TimeLag, *, largest: bool) -> int:
    """Bound on ``iterations * period`` over the range of the period."""
    cycle = facts.problem.cycle
    if cycle is None or lag.iterations == 0:
        return 0
    products = (lag.iterations * cycle.minimum, lag.iterations * cycle.maximum)
    return max(products) if largest else min(products)


class _LongestPaths:
    """Longest paths in one direction; ``arc[v]`` is the last arc of the longest path to ``v``, -1 at its begin."""

    def __init__(self, graph: _Graph, source: list[int], target: list[int]) -> None:
        self.size = graph.size
        self.source, self.target, self.weight = source, target, graph.weight
        self.out: list[list[int]] = [[] for _ in range(graph.size)]
        for arc, node in enumerate(source):
            self.out[node].append(arc)
        self.arc = [-1] * graph.size
        self.budget = _BUDGET

    def run(self, value: list[int]) -> list[int] | None:
        """Raise ``value`` to the longest paths; the arcs of a cycle of positive weight if there is one."""
        for arc, node in enumerate(self.source):
            if node == self.target[arc] and self.weight[arc] > 0:
                return [arc]
        component = [0] * self.size
        components = self._components()
        for number, nodes in enumerate(components):
            for node in nodes:
                component[node] = number
        for number, nodes in enumerate(components):
            if len(nodes) > 1:
                cycle = self._within(nodes, component, number, value)
                if cycle is not None:
                    return cycle
            for node in nodes:
                here = value[node]
                if here <= -INFINITY // 2:
                    continue
                for arc in self.out[node]:
                    other = self.target[arc]
                    if component[other] != number and here + self.weight[arc] > value[other]:
                        value[other] = here + self.weight[arc]
                        self.arc[other] = arc
        return None

    def _within(self, nodes: list[int], component: list[int], number: int, value: list[int]) -> list[int] | None:
        """Bellman-Ford in passes along and against an order that most arcs follow (Yen, 1970)."""
        order = self._order(nodes, component, number)
        active = set(nodes)
        changes = 0
        while active and self.budget > 0:
            for node in order:
                if node not in active:
                    continue
                active.discard(node)
                here = value[node]
                if here <= -INFINITY // 2:
                    continue
                for arc in self.out[node]:
                    other = self.target[arc]
                    if component[other] != number or here + self.weight[arc] <= value[other]:
                        continue
                    value[other] = here + self.weight[arc]
                    self.arc[other] = arc
                    active.add(other)
                    changes += 1
                    if changes % len(nodes) == 0:
                        cycle = self._cycle(nodes, component, number)
                        if cycle is not None:
                            return cycle
            self.budget -= len(nodes)
            order.reverse()
        return None

    def _order(self, nodes: list[int], component: list[int], number: int) -> list[int]:
        """Reverse postorder over the arcs of weight 0 and more, which point forward in time."""
        seen: set[int] = set()
        postorder: list[int] = []
        for root in nodes:
            if root in seen:
                continue
            seen.add(root)
            work = [(root, 0)]
            while work:
                node, position = work.pop()
                out = self.out[node]
                while position < len(out):
                    arc = out[position]
                    position += 1
                    other = self.target[arc]
                    if self.weight[arc] >= 0 and component[other] == number and other not in seen:
                        seen.add(other)
                        work += [(node, position), (other, 0)]
                        break
                else:
                    postorder.append(node)
        return postorder[::-1]

    def _cycle(self, nodes: list[int], component: list[int], number: int) -> list[int] | None:
        """A cycle among the last arcs of the paths: it has positive weight."""
        mark: dict[int, int] = {}
        for begin in nodes:
            node = begin
            while node not in mark and self.arc[node] >= 0 and component[node] == number:
                mark[node] = begin
                node = self.source[self.arc[node]]
            if mark.get(node) == begin:
                arcs = []
                first = node
                while True:
                    arcs.append(self.arc[node])
                    node = self.source[self.arc[node]]
                    if node == first:
                        return arcs[::-1]
            mark.setdefault(node, begin)
        return None

    def _components(self) -> list[list[int]]:
        """Strongly connected components in topological order (Tarjan, 1972, without recursion)."""
        index = [-1] * self.size
        low = [0] * self.size
        on_stack = [False] * self.size
        stack: list[int] = []
        result: list[list[int]] = []
        counter = 0
        for root in range(self.size):
            if index[root] >= 0:
                continue
            work = [(root, 0)]
            while work:
                node, position = work.pop()
                if position == 0:
                    index[node] = low[node] = counter
                    counter += 1
                    stack.append(node)
                    on_stack[node] = True
                descended = False
                out = self.out[node]
                while position < len(out):
                    other = self.target[out[position]]
                    position += 1
                    if index[other] < 0:
                        work += [(node, position), (other, 0)]
                        descended = True
                        break
                    if on_stack[other]:
                        low[node] = min(low[node], index[other])
                if descended:
                    continue
                if low[node] == index[node]:
                    members = []
                    while True:
                        member = stack.pop()
                        on_stack[member] = False
                        members.append(member)
                        if member == node:
                            break
                    result.append(members)
                if work:
                    parent = work[-1][0]
                    low[parent] = min(low[parent], low[node])
        return result[::-1]


def _say(facts: Facts, graph: _Graph, arc: int, tasks: list[int]) -> str:
    words = facts.words
    task = tasks[graph.source[arc] // 2]
    if graph.lag[arc] < 0:
        bound = "at most " if graph.is_max[arc] else "at least "
        fixed = facts.shortest(task) == facts.longest(task)
        return f"{words.task(task)} takes {'' if fixed else bound}{words.span(abs(graph.weight[arc]))}"
    lag = facts.problem.lags[graph.lag[arc]]
    limit = lag.max if graph.is_max[arc] else lag.min
    assert limit is not None
    if limit == 0:
        relation = "no later than" if graph.is_max[arc] else "no earlier than"
    else:
        after = limit > 0
        bound = "at most" if graph.is_max[arc] == after else "at least"
        relation = f"{bound} {words.span(abs(limit))} {'after' if after else 'before'}"
    edges = [f"the {words.edge(e)} of {words.task(t)}" for t, e in ((lag.a, lag.a_edge), (lag.b, lag.b_edge))]
    rounds = f" {lag.iterations} round(s) on" if lag.iterations else ""
    return f"{edges[1]}{rounds} comes {relation} {edges[0]}"


def _argument(facts: Facts, graph: _Graph, arcs: list[int], tasks: list[int]) -> tuple[str, tuple[int, ...]]:
    """The arcs in words, and their tasks."""
    spoken = [arc for arc in arcs if graph.lag[arc] >= 0 or graph.weight[arc] != 0]
    steps = list(dict.fromkeys(_say(facts, graph, arc, tasks) for arc in spoken))
    if len(steps) > 24:
        steps = [*steps[:12], f"... {len(steps) - 24} more steps ...", *steps[-12:]]
    involved = dict.fromkeys(tasks[n // 2] for arc in arcs for n in (graph.source[arc], graph.target[arc]))
    return "; ".join(steps), tuple(involved)


def _cycle_conflict(facts: Facts, graph: _Graph, arcs: list[int], tasks: list[int]) -> Conflict:
    text, involved = _argument(facts, graph, arcs, tasks)
    excess = sum(graph.weight[arc] for arc in arcs)
    cycle = facts.problem.cycle
    period = ""
    if cycle is not None and any(graph.lag[a] >= 0 and facts.problem.lags[graph.lag[a]].iterations for a in arcs):
        lowest = "" if cycle.is_fixed else f"{cycle.minimum} to "
        period = f", with a period of {lowest}{facts.words.span(cycle.maximum)}"
    return Conflict(
        ConflictKind.LAG_CYCLE,
        f"these contradict each other by {facts.words.span(excess)}{period}: {text}",
        involved,
    )


def _late(
    facts: Facts, graph: _Graph, value: list[int], arc: list[int], tasks: list[int], node: dict[int, int]
) -> list[Conflict]:
    """A conflict for every task that ends too late though nothing in the chain before it does."""
    late = {node[t] + 1 for t in tasks if value[node[t] + 1] > facts.latest_end[t]}
    conflicts = []
    for end in sorted(late, key=lambda n: (value[n], n)):
        chain: list[int] = []
        at = end
        while arc[at] >= 0 and len(chain) <= graph.size:
            chain.append(arc[at])
            at = graph.source[arc[at]]
            if at in late:
                break
        if at in late and chain:
            continue
        chain.reverse()
        task, first = tasks[end // 2], tasks[at // 2]
        text, involved = _argument(facts, graph, chain, tasks)
        begin = facts.earliest_start[first]
        words = facts.words
        conflicts.append(
            Conflict(
                ConflictKind.WINDOW,
                f"{words.task(task)} ends at {words.at(value[end])} at the earliest, "
                f"{words.span(value[end] - facts.latest_end[task])} after {facts.limit_text(task)}: "
                f"{words.task(first)} starts at {words.at(begin)} or later; {text}",
                involved,
                interval=(begin, facts.latest_end[task]) if begin < facts.latest_end[task] else None,
            )
        )
    return conflicts
