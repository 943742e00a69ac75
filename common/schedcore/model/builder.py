"""``ProblemBuilder``: state a problem with names and objects instead of ids.

>>> b = ProblemBuilder("two cooks")
>>> oven = b.unary("oven")
>>> cooks = b.renewable("cooks", capacity=2)
>>> dough = b.task("dough", duration=20, demands={cooks: 1})
>>> bake = b.task("bake", duration=45, on=oven)
>>> _ = b.precedence(dough, bake)
>>> b.minimise(makespan=1)
>>> problem = b.build()
>>> len(problem.tasks), sorted(problem.features() & {"unary", "renewable", "precedence"})
(2, ['precedence', 'renewable', 'unary'])
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeAlias

from schedcore.errors import ModelError
from schedcore.model.cycle import Cycle
from schedcore.model.fields import as_rows, as_tuple, placed, shown
from schedcore.model.objective import Objective
from schedcore.model.periodic import Periodic, unroll
from schedcore.model.problem import Problem, Scalar
from schedcore.model.profile import StepProfile
from schedcore.model.refs import EdgeRef, JobRef, ResourceRef, TaskRef, end_of, own_id, start_of
from schedcore.model.relations import ModeLink, Selection, SelectionKind, TimeLag, as_selection_kind
from schedcore.model.resources import Renewable, Reservoir, Resource, Unary
from schedcore.model.share_curve import ShareCurve
from schedcore.model.states import State, StateBook, check_states_matter
from schedcore.model.task import Demand, Edge, Effect, Mode, Task
from schedcore.model.time import MAX_TICK, Tick, TimeUnit

Transition: TypeAlias = Sequence[Sequence[int | None]] | Mapping[tuple[State, State], int | None]


class ProblemBuilder:
    """Collects resources, tasks and relations, and builds a validated :class:`Problem`.

    Parameters
    ----------
    name
        Name of the problem.
    unit
        Length of a tick.
    """

    def __init__(self, name: str = "problem", *, unit: TimeUnit | None = None) -> None:
        self.name = name
        self._unit = unit or TimeUnit()
        self._resources: list[Resource] = []
        self._pending_transitions: dict[int, tuple[Transition, int | None, State | None]] = {}
        self._states = StateBook()
        self._jobs: list[str] = []
        self._tasks: list[Task] = []
        self._lags: list[TimeLag] = []
        self._selections: list[Selection] = []
        self._mode_links: list[ModeLink] = []
        self._templates: list[Periodic] = []
        self._open_template: str | None = None
        self._template_tasks: list[Task] = []
        self._template_lags: list[TimeLag] = []
        self._objective: Objective | None = None
        self._cycle: Cycle | None = None
        self._horizon: Tick | None = None
        self._metadata: dict[str, Scalar] = {}

    # --- resources --------------------------------------------------------------------------------

    def unary(
        self,
        name: str,
        *,
        calendar: StepProfile | None = None,
        breaks: Sequence[tuple[Tick, Tick]] = (),
        transition: Transition | None = None,
        transition_default: int | None = 0,
        initial_state: State | None = None,
        states: Sequence[State] = (),
    ) -> ResourceRef:
        """A resource that serves one task at a time.

        ``transition`` is a matrix, or a mapping from pairs of states to ticks (``None``: forbidden);
        pairs that the mapping leaves out take 0 from a state to itself and ``transition_default``
        otherwise.  States are integers or names.  A name that a task or ``initial_state`` uses must
        occur in the mapping of some resource; ``states`` declares further ones, for which only the
        defaults hold.
        """
        resource = Unary(name, calendar=self._calendar(calendar, breaks, 1))
        if transition is not None:
            self._pending_transitions[len(self._resources)] = (transition, transition_default, initial_state)
            pairs = transition if isinstance(transition, Mapping) else {}
            for s, t in as_rows(tuple(pairs), 2, f"resource {name!r}.transition"):
                self.state(s)
                self.state(t)
            for state in as_tuple(states, f"resource {name!r}.states"):
                self.state(state)
            self._states.use(initial_state, f"resource {name!r}.initial_state")
        elif initial_state is not None:
            raise ModelError("initial_state without transition", where=f"resource {name!r}", remedy="give transition")
        elif states:
            raise ModelError("states without transition", where=f"resource {name!r}", remedy="give transition")
        return self._add_resource(resource)

    def renewable(
        self,
        name: str,
        capacity: int,
        *,
        calendar: StepProfile | None = None,
        breaks: Sequence[tuple[Tick, Tick]] = (),
    ) -> ResourceRef:
        """A resource with ``capacity`` units that tasks share."""
        return self._add_resource(Renewable(name, capacity, self._calendar(calendar, breaks, capacity)))

    def reservoir(self, name: str, *, initial: int, minimum: int = 0, maximum: int) -> ResourceRef:
        """A stock between ``minimum`` and ``maximum``."""
        return self._add_resource(Reservoir(name, initial, minimum, maximum))

    def state(self, state: State | None) -> int | None:
        """Declare a state and return its number; names are numbered in order of first use.

        States of one builder are either all named or all numbers.
        """
        return self._states.declare(state)

    def _add_resource(self, resource: Resource) -> ResourceRef:
        self._resources.append(resource)
        return ResourceRef(len(self._resources) - 1, resource.name)

    @staticmethod
    def _calendar(
        calendar: StepProfile | None, breaks: Sequence[tuple[Tick, Tick]], capacity: int
    ) -> StepProfile | None:
        if calendar is not None and breaks:
            raise ModelError("both calendar and breaks are given", where="calendar", remedy="give one of them")
        return StepProfile.closed(capacity, breaks) if breaks else calendar

    # --- tasks ------------------------------------------------------------------------------------

    def job(self, name: str) -> JobRef:
        """A job: a group of tasks for metrics and plots."""
        self._jobs.append(name)
        return JobRef(len(self._jobs) - 1, name)

    def effect(self, reservoir: ResourceRef, delta: int, *, at: str = "end", per_tick: bool = False) -> Effect:
        """A change of ``reservoir`` by ``delta`` (times the duration if ``per_tick``) at ``"start"`` or ``"end"``."""
        if at not in ("start", "end"):
            raise ModelError(f"at is {at!r}", where="effect", remedy="use 'start' or 'end'")
        return Effect(
            self._resource_id(reservoir, "effect"), delta, Edge.START if at == "start" else Edge.END, per_tick
        )

    def mode(
        self,
        duration: Tick,
        *,
        on: ResourceRef | Sequence[ResourceRef] = (),
        demands: Mapping[ResourceRef, int] | None = None,
        effects: Sequence[Effect] = (),
        cost: int = 0,
        duration_max: Tick | None = None,
    ) -> Mode:
        """One way to execute a task: ``on`` are resources of which it needs one unit."""
        # A name in place of a reference is refused as such below, not as a sequence of letters.
        single = (on,) if isinstance(on, ResourceRef | str) else as_tuple(on, "on")
        needs = [Demand(self._resource_id(r, "on"), 1) for r in single]
        needs += [Demand(self._resource_id(r, "demands"), amount) for r, amount in (demands or {}).items()]
        return Mode(duration, tuple(needs), as_tuple(effects, "effects"), cost, duration_max)

    def share_modes(
        self,
        curve: ShareCurve,
        work_ticks: Tick,
        *,
        on: ResourceRef,
        demands: Mapping[ResourceRef, int] | None = None,
        cost: int = 0,
    ) -> tuple[Mode, ...]:
        """Modes of a task that takes ``work_ticks`` with the whole of ``on`` and longer with a part of it.

        ``demands`` are needed in every mode besides (see :meth:`ShareCurve.to_modes`).
        """
        resource = self._resources[self._resource_id(on, "share_modes")]
        if not isinstance(resource, Renewable):
            raise ModelError(
                f"resource {resource.name!r} cannot be shared", where="share_modes", remedy="make it a renewable"
            )
        extra = tuple(Demand(self._resource_id(r, "demands"), amount) for r, amount in (demands or {}).items())
        return curve.to_modes(work_ticks, on.id, capacity=resource.capacity, extra=extra, cost=cost)

    def task(
        self,
        name: str,
        duration: Tick | None = None,
        *,
        on: ResourceRef | Sequence[ResourceRef] = (),
        demands: Mapping[ResourceRef, int] | None = None,
        effects: Sequence[Effect] = (),
        cost: int = 0,
        duration_max: Tick | None = None,
        modes: Sequence[Mode] | None = None,
        job: JobRef | None = None,
        release: Tick = 0,
        deadline: Tick | None = None,
        due: Tick | None = None,
        weight: int = 1,
        optional: bool = False,
        reward: int = 0,
        state: State | None = None,
        state_before: State | None = None,
        state_after: State | None = None,
        tags: Sequence[str] = (),
    ) -> TaskRef:
        """A task with one mode (``duration``, ``on``, ``demands``, ``effects``) or with ``modes``.

        ``state`` sets ``state_before`` and ``state_after`` to the same state; they need a resource with
        transitions.
        """
        where = f"task {name!r}"
        if (modes is None) == (duration is None):
            found = "neither" if modes is None else "both"
            raise ModelError(f"{found} of duration and modes is given", where=where, remedy="give one of them")
        if modes is not None and (on or demands or effects or cost or duration_max is not None):
            raise ModelError(
                "on, demands, effects, cost or duration_max is given beside modes",
                where=where,
                remedy="they belong into the modes",
            )
        if modes is None:
            assert duration is not None
            single = placed(
                lambda: self.mode(
                    duration, on=on, demands=demands, effects=effects, cost=cost, duration_max=duration_max
                ),
                where,
            )
            modes = [single]
        task = Task(
            name,
            as_tuple(modes, f"{where}.modes"),
            job=None if job is None else self._job_id(job, where),
            release=release,
            deadline=deadline,
            due=due,
            weight=weight,
            optional=optional,
            reward=reward,
            state_before=self._states.use(state if state_before is None else state_before, where),
            state_after=self._states.use(state if state_after is None else state_after, where),
            tags=as_tuple(tags, f"{where}.tags"),
        )
        home = self._tasks if self._open_template is None else self._template_tasks
        home.append(task)
        return TaskRef(len(home) - 1, name, self._open_template)

    def hold(
        self,
        name: str,
        opens: EdgeRef,
        closes: EdgeRef,
        *,
        on: ResourceRef | Sequence[ResourceRef] = (),
        demands: Mapping[ResourceRef, int] | None = None,
        longest: Tick = MAX_TICK,
        tags: Sequence[str] = (),
    ) -> TaskRef:
        """A task that lasts from ``opens`` to ``closes``: a qubit kept, a stand occupied."""
        task = self.task(name, 0, on=on, demands=demands, duration_max=longest, tags=tags)
        self.lag(opens, task.start, min=0, max=0)
        self.lag(task.end, closes, min=0, max=0)
        return task

    # --- relations --------------------------------------------------------------------------------

    def lag(
        self,
        a: EdgeRef,
        b: EdgeRef,
        *,
        min: Tick | None = None,
        max: Tick | None = None,
        iterations: int = 0,
    ) -> TimeLag:
        """``min <= time(b) + iterations * period - time(a) <= max`` for edges such as ``task.start``."""
        for edge in (a, b):
            if not isinstance(edge, EdgeRef):
                raise ModelError(f"{shown(edge)} is no edge", where="lag", remedy="give task.start or task.end")
        if a.task.template != b.task.template:
            raise ModelError(
                f"a lag joins {a.task.name!r} and {b.task.name!r} of different templates",
                where="lag",
                remedy="keep both ends in one periodic block, or both outside",
            )
        if a.task.template is not None and a.task.template != self._open_template:
            raise ModelError(
                f"the template {a.task.template!r} is closed", where="lag", remedy="state the lag inside its block"
            )
        lag = TimeLag(self._task_id(a.task, "lag"), self._task_id(b.task, "lag"), min, max, a.edge, b.edge, iterations)
        (self._lags if a.task.template is None else self._template_lags).append(lag)
        return lag

    def precedence(self, a: TaskRef, b: TaskRef, *, lag: Tick = 0, iterations: int = 0) -> TimeLag:
        """``b`` starts at least ``lag`` ticks after the end of ``a``."""
        return self.lag(end_of(a, "precedence"), start_of(b, "precedence"), min=lag, iterations=iterations)

    def no_wait(self, a: TaskRef, b: TaskRef) -> TimeLag:
        """``b`` starts exactly when ``a`` ends."""
        return self.lag(end_of(a, "no_wait"), start_of(b, "no_wait"), min=0, max=0)

    def chain(self, *tasks: TaskRef) -> None:
        """Each task after the one before."""
        for a, b in itertools.pairwise(tasks):
            self.precedence(a, b)

    def select(self, kind: SelectionKind | str, *tasks: TaskRef) -> Selection:
        """A rule on which of ``tasks`` are present, for example ``select("exactly_one", a, b)``."""
        ids = tuple(self._plain_id(t, "selection") for t in tasks)
        selection = Selection(ids, as_selection_kind(kind, "selection.kind"))
        self._selections.append(selection)
        return selection

    def mode_link(self, a: TaskRef, mode_a: int, b: TaskRef, modes_b: Sequence[int]) -> ModeLink:
        """If ``a`` runs in ``mode_a`` and ``b`` is present, ``b`` runs in one of ``modes_b``."""
        link = ModeLink(self._plain_id(a, "mode_link"), mode_a, self._plain_id(b, "mode_link"), tuple(modes_b))
        self._mode_links.append(link)
        return link

    def _plain_id(self, task: TaskRef, where: str) -> int:
        if isinstance(task, TaskRef) and task.template is not None:
            raise ModelError(
                f"task {task.name!r} belongs to a periodic template",
                where=where,
                remedy="selections and mode links relate tasks outside periodic blocks",
            )
        return self._task_id(task, where)

    def _task_id(self, task: TaskRef, where: str) -> int:
        in_template = isinstance(task, TaskRef) and task.template is not None
        return own_id(task, TaskRef, self._template_tasks if in_template else self._tasks, where)

    def _resource_id(self, resource: ResourceRef, where: str) -> int:
        return own_id(resource, ResourceRef, self._resources, where)

    def _job_id(self, job: JobRef, where: str) -> int:
        return own_id(job, JobRef, self._jobs, where)

    @contextmanager
    def periodic(
        self,
        name: str,
        period: Tick,
        *,
        offset: Tick = 0,
        relative_deadline: Tick | None = None,
        jitter_max: Tick | None = None,
    ) -> Iterator[None]:
        """A block whose tasks and lags are released every ``period`` ticks (see :class:`Periodic`)."""
        if self._open_template is not None:
            raise ModelError(
                "periodic blocks do not nest",
                where=f"periodic {name!r}",
                remedy=f"close the block {self._open_template!r} first",
            )
        self._open_template, self._template_tasks, self._template_lags = name, [], []
        try:
            yield
            self._templates.append(
                Periodic(
                    name,
                    tuple(self._template_tasks),
                    period,
                    tuple(self._template_lags),
                    offset,
                    relative_deadline,
                    jitter_max,
                )
            )
        finally:
            self._open_template = None

    # --- the rest ---------------------------------------------------------------------------------

    def cycle(self, minimum: Tick, maximum: Tick | None = None) -> None:
        """Make the problem cyclic with a fixed period, or one between ``minimum`` and ``maximum``."""
        self._cycle = Cycle(minimum, minimum if maximum is None else maximum)

    def horizon(self, horizon: Tick) -> None:
        """No task ends after ``horizon``."""
        self._horizon = horizon

    def minimise(self, **weights: int) -> None:
        """Minimise a weighted sum of metrics."""
        self._objective = Objective.minimise(**weights)

    def maximise(self, **weights: int) -> None:
        """Maximise a weighted sum of metrics."""
        self._objective = Objective.minimise(**{name: -weight for name, weight in weights.items()})

    def lexicographic(self, *stages: dict[str, int]) -> None:
        """Minimise several weighted sums in order of importance."""
        self._objective = Objective.lexicographic(*stages)

    def metadata(self, **items: Scalar) -> None:
        """Record provenance and the like."""
        self._metadata.update(items)

    def build(self, *, horizon: Tick | None = None, cyclic: bool = False, max_instances: int = 10_000) -> Problem:
        """The problem, with periodic blocks unrolled.

        Parameters
        ----------
        horizon
            Instances of periodic blocks that are released before it are made (``None``: up to the
            hyperperiod).  It does not bind the ends of tasks; :meth:`horizon` does.
        cyclic, max_instances
            See :func:`unroll`.

        Raises
        ------
        ModelError
            If the problem is not well formed, or ``horizon`` or ``cyclic`` is given without periodic blocks.
        """
        if horizon is not None and not self._templates:
            raise ModelError(
                "build(horizon=...) is for periodic blocks, and there are none",
                where="build",
                remedy="call builder.horizon(...) to bound the ends of all tasks",
            )
        if any(isinstance(transition, Mapping) for transition, _, _ in self._pending_transitions.values()):
            self._states.check_names()
        tasks = itertools.chain(self._tasks, *(template.tasks for template in self._templates))
        check_states_matter(tasks, self._pending_transitions, self._states.numbers)
        resources = list(self._resources)
        for index, (transition, default, initial) in self._pending_transitions.items():
            before = resources[index]
            assert isinstance(before, Unary)
            resources[index] = Unary(
                before.name, before.calendar, self._matrix(transition, default), self._number(initial)
            )
        problem = Problem(
            name=self.name,
            resources=tuple(resources),
            tasks=tuple(self._tasks),
            jobs=tuple(self._jobs),
            lags=tuple(self._lags),
            selections=tuple(self._selections),
            mode_links=tuple(self._mode_links),
            objective=self._objective,
            unit=self._unit,
            horizon=self._horizon,
            cycle=self._cycle,
            metadata=tuple(self._metadata.items()),
        )
        return unroll(problem, self._templates, horizon=horizon, cyclic=cyclic, max_instances=max_instances)

    def _matrix(self, transition: Transition, default: int | None) -> tuple[tuple[int | None, ...], ...]:
        if not isinstance(transition, Mapping):
            return tuple(tuple(row) for row in transition)
        pairs = {(self._number(s), self._number(t)): ticks for (s, t), ticks in transition.items()}
        used = [s for pair in pairs for s in pair if s is not None]
        size = max([len(self._states.numbers), *(s + 1 for s in used)])
        return tuple(tuple(pairs.get((s, t), 0 if s == t else default) for t in range(size)) for s in range(size))

    def _number(self, state: State | None) -> int | None:
        """Number of a state that has occurred before."""
        return self._states.numbers[state] if isinstance(state, str) else state
