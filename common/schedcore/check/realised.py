"""What really happened: durations and capacities that occurred, in place of the planned ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from schedcore.errors import ModelError
from schedcore.model import MAX_TICK, Problem, Renewable, Reservoir, StepProfile, Tick


@dataclass(frozen=True, slots=True)
class Realised:
    """The outcome of the uncertain parts of one run.

    Parameters
    ----------
    durations
        Task id to the ticks it really took; such a task must last exactly as long, whatever the range
        of its mode says.
    calendars
        Resource id to the capacity that was really there, in place of the resource's calendar.
    """

    durations: Mapping[int, Tick] = field(default_factory=dict)
    calendars: Mapping[int, StepProfile] = field(default_factory=dict)

    def validate(self, problem: Problem) -> None:
        """Raise :class:`ModelError` if this does not fit ``problem``."""
        for task, ticks in self.durations.items():
            if not 0 <= task < len(problem.tasks):
                raise ModelError(
                    f"task {task} does not exist, there are {len(problem.tasks)}", where="realised.durations"
                )
            if not 0 <= ticks <= MAX_TICK:
                raise ModelError(
                    f"duration {ticks} of task {problem.tasks[task].name!r} is outside [0, {MAX_TICK}]",
                    where="realised.durations",
                )
        if self.calendars and problem.cycle is not None:
            raise ModelError(
                "a cyclic problem has no calendars", where="realised.calendars", remedy="unroll a few rounds first"
            )
        for resource, profile in self.calendars.items():
            if not 0 <= resource < len(problem.resources):
                raise ModelError(
                    f"resource {resource} does not exist, there are {len(problem.resources)}",
                    where="realised.calendars",
                )
            target = problem.resources[resource]
            if isinstance(target, Reservoir):
                raise ModelError(
                    f"{target.name!r} is a reservoir",
                    where="realised.calendars",
                    remedy="only unary and renewable resources have capacities over time",
                )
            capacity = target.capacity if isinstance(target, Renewable) else 1
            if not 0 <= profile.minimum <= profile.maximum <= capacity:
                raise ModelError(
                    f"capacities of {target.name!r} run from {profile.minimum} to {profile.maximum}",
                    where="realised.calendars",
                    remedy=f"keep them between 0 and the static capacity {capacity}",
                )
