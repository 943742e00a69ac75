"""Resource-constrained projects (RCPSP) as data: frozen, array-backed, checked once.

Activities are numbered from 0 without the dummy start and end of the file formats; a project starts at tick 0 and its
makespan is the largest completion time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from jssp._arrays import IntArray, checked_durations, flatten, frozen, integers, offsets_of, row_integers
from schedcore.errors import ModelError


@dataclass(frozen=True, init=False, eq=False, repr=False)
class ProjectInstance:
    """Activities with durations, finish-start precedences and demands on renewable resources.

    Parameters
    ----------
    name
        Free text.
    durations
        Ticks, at least 0, shape [activities].
    successors
        Direct successors of each activity.
    demands
        Units of each resource that an activity holds while it runs, shape [activities, resources].
    capacities
        Units available, shape [resources].

    Raises
    ------
    ModelError
        Tables of different sizes, values that are not integers, negative durations or demands, a demand above its
        capacity, an unknown or repeated successor, or a precedence cycle.
    """

    name: str
    durations: IntArray
    succ_offsets: IntArray
    succ: IntArray
    demands: IntArray
    capacities: IntArray

    def __init__(
        self,
        name: str,
        durations: Sequence[int] | IntArray,
        successors: Sequence[Sequence[int]],
        demands: Sequence[Sequence[int]] | IntArray,
        capacities: Sequence[int] | IntArray,
    ) -> None:
        where = f"project {name!r}"
        times = integers(durations, f"{where} durations")
        available = integers(capacities, f"{where} capacities")
        count, resources = len(times), len(available)
        if count == 0:
            raise ModelError("no activities", where=where, remedy="give at least one activity")
        if len(successors) != count or len(demands) != count:
            raise ModelError(
                f"{count} durations, {len(successors)} rows of successors, {len(demands)} rows of demands",
                where=where,
                remedy="give one of each per activity",
            )
        checked_durations(times, f"{where} durations")
        for activity, row in enumerate(demands):
            if len(row) != resources:
                raise ModelError(
                    f"{len(row)} demands for {resources} resources",
                    where=f"{where} activity {activity}",
                    remedy="give one demand per resource, 0 for none",
                )
        used = row_integers(demands, f"{where} demands").reshape(count, resources)
        wrong = (used < 0) | (used > available)
        if wrong.any():
            activity, resource = (int(i) for i in np.argwhere(wrong)[0])
            raise ModelError(
                f"demand {int(used[activity, resource])} is outside 0 ... {int(available[resource])}",
                where=f"{where} activity {activity} resource {resource}",
                remedy="raise the capacity or lower the demand",
            )
        for activity, row in enumerate(successors):
            here = f"{where} activity {activity}"
            for other in integers(row, f"{here} successors").tolist():
                if not 0 <= other < count:
                    raise ModelError(
                        f"successor {other} is outside 0 ... {count - 1}", where=here, remedy="number from 0"
                    )
            if len(set(row)) < len(row):
                raise ModelError("a successor occurs twice", where=here, remedy="name each successor once")
        for field, value in (
            ("name", str(name)),
            ("durations", times),
            ("succ_offsets", offsets_of(successors)),
            ("succ", integers(flatten(successors), f"{where} successors")),
            ("demands", frozen(used)),
            ("capacities", available),
        ):
            object.__setattr__(self, field, value)
        if len(self.order) < count:
            stuck = sorted(set(range(count)) - set(self.order))
            raise ModelError(
                f"activities {', '.join(map(str, stuck[:8]))} are on or behind a precedence cycle",
                where=where,
                remedy="remove a successor",
            )

    @property
    def num_activities(self) -> int:
        return len(self.durations)

    @property
    def num_resources(self) -> int:
        return len(self.capacities)

    def successors(self, activity: int) -> list[int]:
        """Direct successors of ``activity``."""
        row: list[int] = self.succ[self.succ_offsets[activity] : self.succ_offsets[activity + 1]].tolist()
        return row

    @cached_property
    def arcs(self) -> tuple[tuple[int, int], ...]:
        """All precedences as pairs (before, after), in the order of the activities."""
        return tuple((a, b) for a in range(self.num_activities) for b in self.successors(a))

    @cached_property
    def order(self) -> tuple[int, ...]:
        """The activities in a topological order (shorter where there is a cycle; never after construction)."""
        waiting = np.bincount(self.succ, minlength=self.num_activities)
        ready = [a for a in range(self.num_activities) if waiting[a] == 0]
        for activity in ready:
            for other in self.successors(activity):
                waiting[other] -= 1
                if waiting[other] == 0:
                    ready.append(other)
        return tuple(ready)

    @cached_property
    def earliest_starts(self) -> IntArray:
        """Earliest starts by precedence alone, in ticks, shape [activities]."""
        starts = np.zeros(self.num_activities, dtype=np.int64)
        for activity in self.order:
            end = starts[activity] + self.durations[activity]
            for other in self.successors(activity):
                starts[other] = max(starts[other], end)
        return frozen(starts)

    def lower_bound(self) -> int:
        """A trivial bound on the makespan: the critical path, or a resource's work over its capacity."""
        path = int((self.earliest_starts + self.durations).max())
        work = (self.demands * self.durations[:, None]).sum(axis=0)
        energy = [-(-int(w) // int(c)) for w, c in zip(work, self.capacities) if c > 0]
        return max([path, *energy])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ProjectInstance):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        arrays = (self.durations, self.succ_offsets, self.succ, self.demands, self.capacities)
        return (self.name, *(a.tobytes() for a in arrays))

    def __repr__(self) -> str:
        return f"ProjectInstance({self.name!r}, activities={self.num_activities}, resources={self.num_resources})"
