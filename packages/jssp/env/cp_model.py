"""A small constraint model: interval variables, precedences, resources; propagate, fix, postpone, clone.

The model of P. Tassel, M. Gebser, K. Schekotihin (ICAPS 2023), widened from job shops to cumulative resources and
several modes.  Every interval has a lower bound of its start and no upper bound, so propagation never fails and a
decision is never taken back:

* *precedence* (a, b): ``lb(b) >= lb(a) + duration(a)``, with the earliest end over the modes while a's is open;
* *resource*: an interval moves to the first time from its bound at which it fits between the *fixed* intervals.  On a
  unary resource that is the published rule (an interval that would overlap a fixed one moves behind it).  There is no
  reasoning between intervals that are not fixed.

Each mode has its own bound, and the bound of an interval is the smallest of them.  Fixed intervals of zero ticks occupy
nothing; an open one of zero ticks waits until its resources are free, as in the published environment.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

from schedcore.errors import InputError


@dataclass(frozen=True, slots=True)
class IntervalMode:
    """One way to run an interval: its duration in ticks and what it needs, as pairs (resource, amount)."""

    duration: int
    demands: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Structure:
    """The part of a model that never changes, shared by all clones.

    Attributes
    ----------
    modes
        Per interval, at least one.
    after, before
        Successors and predecessors of each interval.
    capacities
        Units of each resource; 1 for a unary one.
    users
        Intervals that some mode of theirs needs a resource for, per resource.
    releases
        Initial bounds.
    """

    modes: tuple[tuple[IntervalMode, ...], ...]
    after: tuple[tuple[int, ...], ...]
    before: tuple[tuple[int, ...], ...]
    capacities: tuple[int, ...]
    users: tuple[tuple[int, ...], ...]
    releases: tuple[int, ...]

    @classmethod
    def of(
        cls,
        modes: list[tuple[IntervalMode, ...]],
        arcs: list[tuple[int, int]],
        capacities: list[int],
        releases: list[int],
    ) -> Structure:
        """The structure of these intervals; ``arcs`` are the precedences.

        Raises
        ------
        InputError
            The precedences have a cycle, or a mode needs more of a resource than there is.
        """
        after: list[list[int]] = [[] for _ in modes]
        before: list[list[int]] = [[] for _ in modes]
        for a, b in dict.fromkeys(arcs):
            after[a].append(b)
            before[b].append(a)
        users: list[list[int]] = [[] for _ in capacities]
        for i, ways in enumerate(modes):
            for resource in {resource for way in ways for resource, _ in way.demands}:
                users[resource].append(i)
            for way in ways:
                for resource, amount in way.demands:
                    if amount > capacities[resource]:
                        raise InputError(
                            f"interval {i} needs {amount} of resource {resource}, which has {capacities[resource]}",
                            where="constraint model",
                            remedy="drop modes that can never run",
                        )
        made = cls(
            tuple(modes),
            tuple(tuple(row) for row in after),
            tuple(tuple(row) for row in before),
            tuple(capacities),
            tuple(tuple(row) for row in users),
            tuple(releases),
        )
        if len(made.order()) < len(modes):
            raise InputError("the precedences have a cycle", where="constraint model", remedy="remove one of its arcs")
        return made

    def order(self) -> list[int]:
        """The intervals with every one behind its predecessors (shorter for a cycle); ties by number."""
        left = [len(row) for row in self.before]
        heap = [i for i, count in enumerate(left) if count == 0]
        found = []
        while heap:
            i = heapq.heappop(heap)
            found.append(i)
            for b in self.after[i]:
                left[b] -= 1
                if left[b] == 0:
                    heapq.heappush(heap, b)
        return found

    def tails(self) -> list[int]:
        """Longest path in shortest durations from the start of each interval to the end of all, itself included."""
        tails = [0] * len(self.modes)
        for i in reversed(self.order()):
            shortest = min(way.duration for way in self.modes[i])
            tails[i] = shortest + max((tails[b] for b in self.after[i]), default=0)
        return tails


class CpModel:
    """The domains of a structure's intervals, always at the fixpoint of the propagation.

    Attributes
    ----------
    mode
        Chosen mode of fixed intervals, -1 for the others.
    """

    def __init__(self, structure: Structure) -> None:
        self.structure = structure
        self.mode = [-1] * len(structure.modes)
        self._bounds = [[release] * len(ways) for release, ways in zip(structure.releases, structure.modes)]
        # Fixed intervals of positive length by resource: (start, end, amount).
        self._fixed: list[list[tuple[int, int, int]]] = [[] for _ in structure.capacities]
        self._dirty = set(range(len(structure.modes)))
        self.propagate()

    def clone(self) -> CpModel:
        """An independent copy that shares the structure."""
        other = CpModel.__new__(CpModel)
        other.structure = self.structure
        other.mode = list(self.mode)
        other._bounds = [list(row) for row in self._bounds]
        other._fixed = [list(row) for row in self._fixed]
        other._dirty = set(self._dirty)
        return other

    # ---- reading ---------------------------------------------------------------------------------

    def is_fixed(self, i: int) -> bool:
        """Whether interval ``i`` has its start."""
        return self.mode[i] >= 0

    def lower(self, i: int) -> int:
        """Smallest start of interval ``i``; its start if it is fixed."""
        return self._bounds[i][self.mode[i]] if self.mode[i] >= 0 else min(self._bounds[i])

    def lower_in(self, i: int, mode: int) -> int:
        """Smallest start of interval ``i`` in ``mode``."""
        return self._bounds[i][mode]

    def earliest_end(self, i: int) -> int:
        """Smallest end of interval ``i`` over its modes, or over the chosen one."""
        ways = self.structure.modes[i]
        if self.mode[i] >= 0:
            return self.lower(i) + ways[self.mode[i]].duration
        return min(bound + way.duration for bound, way in zip(self._bounds[i], ways))

    def first_mode(self, i: int) -> int:
        """The chosen mode, or of those with the smallest bound the shortest (ties: the first)."""
        if self.mode[i] >= 0:
            return self.mode[i]
        ways, bounds = self.structure.modes[i], self._bounds[i]
        return min(range(len(ways)), key=lambda k: (bounds[k], ways[k].duration, k))

    def eligible(self, i: int) -> bool:
        """Whether interval ``i`` is open and all its predecessors are fixed."""
        return self.mode[i] < 0 and all(self.mode[a] >= 0 for a in self.structure.before[i])

    def usage(self, resource: int, time: int) -> int:
        """Units of ``resource`` that fixed intervals hold at ``time``."""
        return sum(amount for start, end, amount in self._fixed[resource] if start <= time < end)

    # ---- deciding --------------------------------------------------------------------------------

    def fix(self, i: int, start: int, mode: int = 0) -> None:
        """Start interval ``i`` at ``start`` in ``mode``, and propagate.

        Raises
        ------
        InputError
            It is fixed, a predecessor is open, or it cannot start then.
        """
        if not self.eligible(i):
            raise InputError(
                f"interval {i} is fixed, or a predecessor of it is open",
                where="fix",
                remedy="fix intervals in an order of the precedences",
            )
        bound = self._bounds[i][mode]
        if start < bound or (start > bound and self._fits_from(i, mode, start) != start):
            raise InputError(f"interval {i} cannot start at {start}", where="fix", remedy=f"its bound is {bound}")
        self.mode[i] = mode
        self._bounds[i][mode] = start
        way = self.structure.modes[i][mode]
        self._dirty.update(self.structure.after[i])
        if way.duration > 0:
            for resource, amount in way.demands:
                self._fixed[resource].append((start, start + way.duration, amount))
                self._dirty.update(self.structure.users[resource])
        self.propagate()

    def postpone(self, i: int, start: int) -> None:
        """Let interval ``i`` start no earlier than ``start``, for good; propagate with :meth:`propagate` afterwards.

        Raises
        ------
        InputError
            It is fixed.
        """
        if self.mode[i] >= 0:
            raise InputError(f"interval {i} is fixed", where="postpone", remedy="postpone open intervals only")
        self._bounds[i] = [max(bound, start) for bound in self._bounds[i]]
        self._dirty.add(i)
        self._dirty.update(self.structure.after[i])

    def propagate(self) -> None:
        """Tighten the bounds until nothing changes any more."""
        while self._dirty:
            i = self._dirty.pop()
            if self.mode[i] >= 0:
                continue
            floor = max((self.earliest_end(a) for a in self.structure.before[i]), default=0)
            bounds = self._bounds[i]
            changed = False
            for mode, bound in enumerate(bounds):
                moved = self._fits_from(i, mode, max(bound, floor))
                if moved > bound:
                    bounds[mode] = moved
                    changed = True
            if changed:
                self._dirty.update(self.structure.after[i])
        self._retire()

    def _fits_from(self, i: int, mode: int, time: int) -> int:
        """The first time from ``time`` at which the interval fits between the fixed ones in ``mode``."""
        way = self.structure.modes[i][mode]
        length = max(way.duration, 1)
        moved = True
        while moved:
            moved = False
            for resource, amount in way.demands:
                later = self._free_from(resource, amount, time, length)
                if later > time:
                    time, moved = later, True
        return time

    def _free_from(self, resource: int, amount: int, time: int, length: int) -> int:
        spare = self.structure.capacities[resource] - amount
        while True:
            over = [row for row in self._fixed[resource] if row[0] < time + length and time < row[1]]
            if sum(row[2] for row in over) <= spare:
                return time
            # The load only rises at starts: find the first point at which it is too high.
            for point in sorted({max(time, row[0]) for row in over}):
                held = [row for row in over if row[0] <= point < row[1]]
                if sum(row[2] for row in held) > spare:
                    time = min(row[1] for row in held)
                    break
            else:
                return time

    def _retire(self) -> None:
        """Forget fixed intervals that end before anything open can start."""
        for resource, rows in enumerate(self._fixed):
            if len(rows) < 8:
                continue
            open_users = [self.lower(i) for i in self.structure.users[resource] if self.mode[i] < 0]
            horizon = min(open_users, default=None)
            if horizon is not None:
                self._fixed[resource] = [row for row in rows if row[1] > horizon]
