"""Resource-constrained projects with controlled difficulty, from the definitions behind ProGen and PSPLIB.

R. Kolisch, A. Sprecher, PSPLIB - a project scheduling problem library, European Journal of Operational Research 96
(1996) 205-216; R. Kolisch, A. Sprecher, A. Drexl, Management Science 41 (1995) 1693-1703.  Three numbers control a
project of J activities and R resources:

- network complexity: non-redundant precedence arcs per node, the dummy start and end node and their arcs included;
- resource factor: share of the J x R pairs with a demand above zero;
- resource strength: capacity = least + strength (greatest - least), where ``least`` is the largest single demand and
  ``greatest`` the peak use when every activity starts as early as precedence allows.

This is an implementation of its own; it does not reproduce the PSPLIB files.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jssp._arrays import IntArray
from jssp.generators.streams import philox, positive
from jssp.project import ProjectInstance
from schedcore.errors import InputError

_ATTEMPTS = 200


@dataclass(frozen=True, slots=True)
class ProGenParameters:
    """Size and difficulty of a project; the defaults are those of the first class of the PSPLIB set j30.

    Durations are ticks and demands are units, both uniform between their limits (ends included).
    ``boundary_activities`` is the number of activities without a predecessor, and also of those without a successor;
    ``max_degree`` bounds direct predecessors and direct successors alike.
    """

    activities: int = 30
    resources: int = 4
    network_complexity: float = 1.5
    resource_factor: float = 0.25
    resource_strength: float = 0.2
    min_duration: int = 1
    max_duration: int = 10
    min_demand: int = 1
    max_demand: int = 10
    boundary_activities: int = 3
    max_degree: int = 3

    def __post_init__(self) -> None:
        for field in ("activities", "resources", "min_demand", "boundary_activities", "max_degree"):
            positive(getattr(self, field), f"ProGenParameters.{field}")
        for field in ("resource_factor", "resource_strength"):
            value = getattr(self, field)
            if not 0 <= value <= 1:
                raise InputError(f"{value!r}", where=f"ProGenParameters.{field}", remedy="use a number in 0 ... 1")
        if not self.network_complexity > 0:
            raise InputError(
                f"{self.network_complexity!r}",
                where="ProGenParameters.network_complexity",
                remedy="use a number > 0, such as 1.5",
            )
        for low, high in (("min_duration", "max_duration"), ("min_demand", "max_demand")):
            if not 0 <= getattr(self, low) <= getattr(self, high):
                raise InputError(
                    f"{getattr(self, low)} ... {getattr(self, high)} is not a range",
                    where=f"ProGenParameters.{low}, {high}",
                    remedy="give 0 <= lower <= upper",
                )
        if self.activities < 2 * self.boundary_activities:
            raise InputError(
                f"{self.activities} activities, {self.boundary_activities} of them first and as many last",
                where="ProGenParameters.boundary_activities",
                remedy="use at most half of the activities",
            )


def progen(parameters: ProGenParameters, seed: int, *, name: str | None = None) -> ProjectInstance:
    """A project with the asked network complexity (to an arc), resource factor (to a pair) and strength (to a unit).

    Raises
    ------
    InputError
        No network with that complexity was found for this size and ``max_degree``; the message says what was reached.
    """
    p = parameters
    rng = philox(seed, "progen")
    successors = _network(p, rng)
    durations = rng.integers(p.min_duration, p.max_duration, size=p.activities, endpoint=True)
    demands = _demands(p, rng)
    label = name or f"progen:{p.activities}x{p.resources}:{seed}"
    unlimited = demands.sum(axis=0)
    free = ProjectInstance(label, durations, successors, demands, unlimited)
    least = demands.max(axis=0)
    greatest = np.maximum(peak_use(free), least)  # activities of no duration never run
    capacities = [int(low) + round(p.resource_strength * (int(high) - int(low))) for low, high in zip(least, greatest)]
    return ProjectInstance(label, durations, successors, demands, capacities)


def peak_use(project: ProjectInstance) -> IntArray:
    """Largest use of each resource when every activity starts as early as precedence allows, shape [resources]."""
    starts, ends = project.earliest_starts, project.earliest_starts + project.durations
    running = (starts[:, None] >= starts) & (starts[:, None] < ends)  # [instant of a start, activity]
    use = running.astype(np.int64) @ project.demands
    return np.asarray(use.max(axis=0), dtype=np.int64)


def network_complexity(project: ProjectInstance) -> float:
    """Arcs per node with the two dummy nodes and their arcs; the arcs are those of the project as they are."""
    count = project.num_activities
    with_predecessor = np.unique(project.succ)
    with_successor = np.count_nonzero(np.diff(project.succ_offsets))
    dummy_arcs = (count - len(with_predecessor)) + (count - with_successor)
    return (len(project.succ) + dummy_arcs) / (count + 2)


def resource_factor(project: ProjectInstance) -> float:
    """Share of the pairs (activity, resource) with a demand above zero."""
    return float((project.demands > 0).mean())


class _Network:
    """A growing acyclic network without redundant arcs; ``reach[i, j]``: there is a path from i to j (or i = j)."""

    def __init__(self, count: int, max_degree: int) -> None:
        self.adjacent = np.zeros((count, count), dtype=bool)
        self.reach = np.eye(count, dtype=bool)
        self.max_degree = max_degree
        self.arcs = 0

    def allows(self, i: int, j: int) -> bool:
        """Whether the arc (i, j) keeps the degrees and makes no arc, itself included, redundant."""
        if self.adjacent[i].sum() >= self.max_degree or self.adjacent[:, j].sum() >= self.max_degree:
            return False
        if self.reach[i, j]:
            return False
        # An arc (a, b) becomes redundant when a reaches i and j reaches b.
        return not self.adjacent[np.ix_(self.reach[:, i], self.reach[j])].any()

    def add(self, i: int, j: int) -> None:
        self.adjacent[i, j] = True
        self.reach[np.ix_(self.reach[:, i], self.reach[j])] = True
        self.arcs += 1


def _network(p: ProGenParameters, rng: np.random.Generator) -> list[list[int]]:
    """Successor lists: every inner activity gets a predecessor and a successor, then random arcs up to the target."""
    count, edge = p.activities, p.boundary_activities
    target = round(p.network_complexity * (count + 2)) - 2 * edge
    best = -1
    for _ in range(_ATTEMPTS):
        net = _Network(count, p.max_degree)
        if not _connect(net, count, edge, rng):
            continue
        if net.arcs <= target:
            pairs = [(i, j) for i in range(count - edge) for j in range(max(i + 1, edge), count)]
            for k in rng.permutation(len(pairs)):
                if net.arcs == target:
                    break
                i, j = pairs[int(k)]
                if net.allows(i, j):
                    net.add(i, j)
        if net.arcs == target:
            return [np.flatnonzero(row).tolist() for row in net.adjacent]
        if best < 0 or abs(net.arcs - target) < abs(best - target):
            best = net.arcs
    nearest = "no network at all" if best < 0 else f"the nearest was {(best + 2 * edge) / (count + 2):.3f}"
    raise InputError(
        f"no network of complexity {p.network_complexity} with {count} activities in {_ATTEMPTS} attempts; {nearest}",
        where="ProGenParameters.network_complexity",
        remedy="choose another complexity, or raise max_degree",
    )


def _connect(net: _Network, count: int, edge: int, rng: np.random.Generator) -> bool:
    """Give each activity but the first ones a predecessor, and each but the last ones a successor."""
    for j in range(edge, count):
        able = [i for i in range(min(j, count - edge)) if net.allows(i, j)]
        if not able:
            return False
        net.add(able[int(rng.integers(len(able)))], j)
    for i in range(count - edge):
        if not net.adjacent[i].any():
            able = [j for j in range(max(i + 1, edge), count) if net.allows(i, j)]
            if not able:
                return False
            net.add(i, able[int(rng.integers(len(able)))])
    return True


def _demands(p: ProGenParameters, rng: np.random.Generator) -> IntArray:
    """Demands with the asked share of non-zero pairs; every activity gets one first, as far as the share allows."""
    pairs = round(p.resource_factor * p.activities * p.resources)
    used = np.zeros((p.activities, p.resources), dtype=bool)
    for activity in rng.permutation(p.activities)[:pairs]:
        used[activity, int(rng.integers(p.resources))] = True
    free = np.flatnonzero(~used.ravel())
    more = pairs - int(used.sum())
    used.ravel()[rng.permutation(free)[:more]] = True
    amounts = rng.integers(p.min_demand, p.max_demand, size=used.shape, endpoint=True)
    return np.where(used, amounts, 0).astype(np.int64)
