"""Tasks and their modes: the only place where resources meet work."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from schedcore.errors import ModelError
from schedcore.model.fields import as_tuple, check_flag, check_int, check_items, check_name, shown
from schedcore.model.time import MAX_TICK, Tick


class Edge(enum.IntEnum):
    """One end of a task."""

    START = 0
    END = 1


def as_edge(value: object, where: str) -> Edge:
    """``value`` (an :class:`Edge`, or 0 or 1) as an edge."""
    if type(value) is int and value in (0, 1):
        return Edge(value)
    if isinstance(value, Edge):
        return value
    raise ModelError(f"{shown(value)} is no edge", where=where, remedy="give Edge.START or Edge.END")


@dataclass(frozen=True, slots=True)
class Demand:
    """``amount`` units of resource ``resource`` (an id) while the task runs; 1 on a unary resource."""

    resource: int
    amount: int = 1

    def __post_init__(self) -> None:
        check_int(self.resource, 0, MAX_TICK, "demand.resource")
        check_int(self.amount, 1, MAX_TICK, "demand.amount")


@dataclass(frozen=True, slots=True)
class Effect:
    """A change of a reservoir's level at one edge of the task.

    Parameters
    ----------
    reservoir
        Id of the reservoir.
    delta
        Units added (negative: taken), not zero.
    edge
        When the change happens.
    per_tick
        If true the change is ``delta`` times the actual duration: charging at a rate.
    """

    reservoir: int
    delta: int
    edge: Edge = Edge.END
    per_tick: bool = False

    def __post_init__(self) -> None:
        check_int(self.reservoir, 0, MAX_TICK, "effect.reservoir")
        check_int(self.delta, -MAX_TICK, MAX_TICK, "effect.delta")
        if self.delta == 0:
            raise ModelError("delta is 0", where="effect.delta", remedy="leave the effect out")
        if type(self.edge) is not Edge:
            object.__setattr__(self, "edge", as_edge(self.edge, "effect.edge"))
        check_flag(self.per_tick, "effect.per_tick")


@dataclass(frozen=True, slots=True)
class Mode:
    """One way to execute a task.

    Parameters
    ----------
    duration
        Nominal (shortest) duration in ticks, at least 0.  A task of zero ticks occupies nothing,
        but its effects happen.
    duration_max
        Longest duration; ``None`` means ``duration``.  Larger makes the mode *elastic*: the
        scheduler chooses the duration (charging, holding a qubit).
    demands, effects
        What it needs while it runs, what it changes at its edges; at most one demand per resource.
    cost
        Counted by the objective ``total_cost`` when the mode is chosen.
    """

    duration: Tick
    demands: tuple[Demand, ...] = ()
    effects: tuple[Effect, ...] = ()
    cost: int = 0
    duration_max: Tick | None = None

    def __post_init__(self) -> None:
        check_int(self.duration, 0, MAX_TICK, "mode.duration")
        if self.duration_max is None:
            object.__setattr__(self, "duration_max", self.duration)
        else:
            check_int(self.duration_max, 0, MAX_TICK, "mode.duration_max")
            if self.duration_max < self.duration:
                raise ModelError(
                    f"duration_max {self.duration_max} is below duration {self.duration}",
                    where="mode.duration_max",
                    remedy="swap the two, or leave duration_max out",
                )
        if self.cost or type(self.cost) is not int:
            check_int(self.cost, -MAX_TICK, MAX_TICK, "mode.cost")
        if type(self.demands) is not tuple:
            object.__setattr__(self, "demands", as_tuple(self.demands, "mode.demands"))
        if type(self.effects) is not tuple:
            object.__setattr__(self, "effects", as_tuple(self.effects, "mode.effects"))
        for demand in self.demands:
            if type(demand) is not Demand:
                check_items(self.demands, Demand, "mode.demands")
        for effect in self.effects:
            if type(effect) is not Effect:
                check_items(self.effects, Effect, "mode.effects")
        if len(self.demands) > 1 and len({d.resource for d in self.demands}) != len(self.demands):
            raise ModelError("two demands name the same resource", where="mode.demands", remedy="add them up")

    @property
    def longest(self) -> Tick:
        """``duration_max`` as a plain number."""
        assert self.duration_max is not None
        return self.duration_max

    @property
    def is_elastic(self) -> bool:
        """Whether the scheduler chooses the duration."""
        return self.duration_max != self.duration


@dataclass(frozen=True, slots=True)
class Task:
    """A piece of work that is executed once, without interruption, in one of its modes.

    Parameters
    ----------
    name
        Unique name.
    modes
        At least one.
    job
        Id of the job it belongs to, or ``None``.  Jobs group tasks for metrics and plots; they
        imply no order.
    release
        Earliest start.
    deadline
        Latest end (hard), or ``None``.
    due
        Desired end (soft; for lateness, tardiness, earliness), or ``None``.
    weight
        Weight in weighted metrics, at least 0.
    optional
        Whether it may be left out.
    reward
        Collected if it is present (metric ``reward``).
    state_before, state_after
        State that a unary resource with transitions must be in, and is left in.
    tags
        Free labels for plots and domain code.
    """

    name: str
    modes: tuple[Mode, ...]
    job: int | None = None
    release: Tick = 0
    deadline: Tick | None = None
    due: Tick | None = None
    weight: int = 1
    optional: bool = False
    reward: int = 0
    state_before: int | None = None
    state_after: int | None = None
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_name(self.name, "task")
        if type(self.modes) is not tuple:
            object.__setattr__(self, "modes", as_tuple(self.modes, f"task {self.name!r}.modes"))
        if not self.modes:
            raise ModelError("no modes", where=f"task {self.name!r}.modes", remedy="give at least one mode")
        for mode in self.modes:
            if type(mode) is not Mode:
                check_items(self.modes, Mode, f"task {self.name!r}.modes")
        if self.release or type(self.release) is not int:
            check_int(self.release, 0, MAX_TICK, f"task {self.name!r}.release")
        if self.deadline is not None:
            check_int(self.deadline, 0, MAX_TICK, f"task {self.name!r}.deadline")
        if self.due is not None:
            check_int(self.due, -MAX_TICK, MAX_TICK, f"task {self.name!r}.due")
        if self.weight != 1 or type(self.weight) is not int:
            check_int(self.weight, 0, MAX_TICK, f"task {self.name!r}.weight")
        if self.reward or type(self.reward) is not int:
            check_int(self.reward, -MAX_TICK, MAX_TICK, f"task {self.name!r}.reward")
        for field in ("state_before", "state_after", "job"):
            value = getattr(self, field)
            if value is not None:
                check_int(value, 0, MAX_TICK, f"task {self.name!r}.{field}")
        if type(self.optional) is not bool:
            check_flag(self.optional, f"task {self.name!r}.optional")
        if type(self.tags) is not tuple:
            object.__setattr__(self, "tags", as_tuple(self.tags, f"task {self.name!r}.tags"))
        if self.tags:
            check_items(self.tags, str, f"task {self.name!r}.tags")
