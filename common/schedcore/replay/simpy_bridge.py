"""The same run as a SimPy environment: for larger simulations, and as a second opinion.

>>> from schedcore.model import ProblemBuilder, Schedule
>>> b = ProblemBuilder()
>>> press = b.unary("press")
>>> first, second = b.task("first", 3, on=press), b.task("second", 2, on=press)
>>> run = SimpyRun(b.build(), Schedule([(0, 0, 0, 3), (1, 0, 3, 5)]))
>>> def visitor(env):
...     yield run.ended["first"]
...     print("first ended at", env.now)
>>> _ = run.env.process(visitor(run.env))
>>> run.run().makespan
first ended at 3
5

Unary resources are ``simpy.PriorityResource`` (tasks ask for them at once, with their rank in the plan
as priority, and are served in that order; negative priorities are free for others), renewable ones
``simpy.Container``.  Reservoirs are plain levels, for uncertainty may break their bounds, which a
container would not allow.  Time of the environment is ticks.

Nothing here is shared with the vectorised replay but the scenario: who waits for whom is derived
afresh, by other algorithms, from the rules in ``docs/replay.md``.  The tests hold the two against each
other event by event.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from typing import Any, NamedTuple

from schedcore.errors import InputError, NoScheduleError
from schedcore.model import Edge, Problem, Renewable, Reservoir, Schedule, Tick, Unary
from schedcore.replay.disruptions import OnBreak
from schedcore.replay.interruptions import Outcome
from schedcore.replay.scenario import Scenario
from schedcore.replay.simpy_links import FOREVER, PlanLinks, derive_links
from schedcore.replay.trace import Attempt, Trace
from schedcore.replay.uncertainty import Uncertainty

Hook = Callable[[int, Tick], None]
Steps = Generator[Any, Any, None]

_LONGEST = 2**11
"""Multiple of the planned makespan after which a run that still waits for repairs gives up."""
_LAST = 10
"""Priority of events that come after everything else of their tick."""


class NeverFinishedError(NoScheduleError):
    """Some task is never finished.  SimPy builds exceptions again from their positional arguments."""

    def __init__(self, what: str, where: str | None = None, remedy: str | None = None) -> None:
        super().__init__(what, where=where, remedy=remedy)


class LoggedEvent(NamedTuple):
    """``edge`` of ``task`` happened at ``tick``."""

    tick: Tick
    edge: Edge
    task: int


class SimpyRun:
    """A fixed-order execution of a schedule in a SimPy environment.

    Parameters
    ----------
    problem, schedule
        A problem without cycle and a feasible schedule of it.
    scenario
        What happens; ``None``: what is planned.
    keep_starts
        As of :func:`schedcore.replay.replay`.
    env
        An environment at tick 0 to live in; ``None``: a new one.
    on_start, on_end
        Called with task id and tick when a task starts and ends.

    Attributes
    ----------
    env
        The environment.
    resources
        The SimPy resource of every resource, by name.
    started, ended
        Event of every placed task, by name; its value is the tick, or ``None`` if the task was cancelled.
    log
        What happened so far, in order.
    """

    def __init__(
        self,
        problem: Problem,
        schedule: Schedule,
        scenario: Scenario | None = None,
        *,
        keep_starts: bool = True,
        env: Any = None,
        on_start: Hook | None = None,
        on_end: Hook | None = None,
    ) -> None:
        import simpy

        if problem.cycle is not None:
            raise InputError("the problem is cyclic", where="SimpyRun", remedy="use unroll_rounds first")
        self.env: Any = simpy.Environment() if env is None else env
        if self.env.now != 0:
            raise InputError(
                f"the environment is at {self.env.now}", where="SimpyRun", remedy="give an environment at tick 0"
            )
        self._simpy = simpy
        self.problem, self.schedule, self.keep_starts = problem, schedule, keep_starts
        self.scenario = Scenario(Uncertainty().bind(problem), 0, 0) if scenario is None else scenario
        self.bound = self.scenario.bound
        self._hooks = (on_start, on_end)
        self.links: PlanLinks = derive_links(problem, schedule, self.bound)
        self.log: list[LoggedEvent] = []
        names = [problem.tasks[p.task].name for p in schedule.placements]
        self.started = {name: self.env.event() for name in names}
        self.ended = {name: self.env.event() for name in names}
        self._edge_events = [(self.started[n], self.ended[n]) for n in names]
        self._worked = [self.env.event() for _ in names]
        self._time: dict[int, Tick] = {}
        """Tick of every event that came about; event ``2 * row + edge``."""
        self._workers: dict[int, Any] = {}
        self._cancel_at = {
            row: self.bound.cancelled[p.task]
            for row, p in enumerate(schedule.placements)
            if p.task in self.bound.cancelled
        }
        self._gone: dict[int, Tick] = {}
        """Cancelled rows, and when they let go of what they held."""
        self._horizon: Tick = 2 * schedule.makespan + 1
        self._downs: dict[int, deque[tuple[Tick, Tick, int]]] = {}
        """Down intervals of each resource that are not over yet."""
        self._attempts: dict[int, list[Attempt]] = {}
        self.resources = {r.name: self._make_resource(i) for i, r in enumerate(problem.resources)}
        self._requests: dict[tuple[int, int], Any] = {}
        self._claimed: set[tuple[int, int]] = set()
        self._let_go: dict[tuple[int, int], Any] = {}
        self._spawn()

    def run(self, until: Tick | None = None) -> Schedule:
        """Run the environment (to the end, or until ``until``); the schedule of what has ended."""
        self.env.run(until)
        return self.result()

    def result(self) -> Schedule:
        """The schedule of what has ended so far."""
        rows = enumerate(self.schedule.placements)
        return Schedule(
            (p.task, p.mode, self._time[2 * r], self._time[2 * r + 1]) for r, p in rows if 2 * r + 1 in self._time
        )

    def trace(self) -> Trace:
        """Every attempt so far; what is under way, or done but blocked, counts as starved."""
        made: list[Attempt] = []
        for row, attempts in self._attempts.items():
            made += attempts
            under_way = 2 * row + 1 not in self._time and row not in self._gone
            if under_way and attempts[-1].outcome is not Outcome.BROKEN:
                made[-1] = attempts[-1]._replace(end=FOREVER, outcome=Outcome.STARVED)
        return Trace(tuple(made))

    # --- building -------------------------------------------------------------------------------------

    def _make_resource(self, r: int) -> Any:
        resource = self.problem.resources[r]
        if isinstance(resource, Unary):
            return self._simpy.PriorityResource(self.env, capacity=1)
        if isinstance(resource, Renewable):
            capacity = max(resource.capacity, 1)
            return self._simpy.Container(self.env, capacity=capacity, init=resource.capacity)
        # Levels may be negative, and uncertainty may break the bounds; SimPy knows neither.
        return _Level(resource)

    def _spawn(self) -> None:
        for r, users in self.links.users.items():
            for rank, row in enumerate(users):
                self._let_go[row, r] = self.env.event()
                if isinstance(self.problem.resources[r], Unary):
                    self._requests[row, r] = self._resource(r).request(priority=rank)
        for group in self.links.groups:
            self.env.process(self._group(group))
        for row in sorted(self._cancel_at):
            self.env.process(self._canceller(row))

    def _resource(self, r: int) -> Any:
        return self.resources[self.problem.resources[r].name]

    # --- events ---------------------------------------------------------------------------------------

    def _group(self, group: tuple[int, ...]) -> Steps:
        """Events that happen together: wait for everything, then happen."""
        starts = [event // 2 for event in group if event % 2 == 0]
        ends = [event // 2 for event in group if event % 2 and not self.bound.is_hold(self._task(event // 2))]
        yield from self._until_tick(max((self._floor(row) for row in starts), default=0))
        for event in group:
            for source, ticks in self.links.waits.get(event, ()):
                yield from self._after(source, ticks)
        for row in ends:
            if not self._worked[row].processed and row not in starts:
                yield self._worked[row]
        handed_over = []
        for row in starts:
            for r in self.links.uses[row]:
                suppliers = self.links.suppliers[row, r]
                within = [supplier for supplier in suppliers if 2 * supplier + 1 in group]
                if within:
                    handed_over.append((row, r))
                yield from self._acquire(row, r, within)
        yield from self._open_and_up(starts)
        if any(event // 2 in self._gone for event in group):
            return
        if any(self.env.now >= self._cancel_at.get(row, FOREVER) for row in starts):
            return  # The canceller, last in this tick, says so.
        for event in sorted(group, key=lambda e: self._turn(e, group)):
            for row, r in handed_over:
                if event == 2 * row and isinstance(self.problem.resources[r], Renewable):
                    self._claim(row, r)
            self._happen(event, group)

    def _turn(self, event: int, group: tuple[int, ...]) -> tuple[bool, Tick, Tick, int, int]:
        """What ends makes room for what starts; what starts and ends at once does so in the order of the plan."""
        row, edge = divmod(event, 2)
        p = self.schedule.placements[row]
        return edge == 0 or event - 1 in group, p.start, p.end, p.task, edge

    def _happen(self, event: int, group: tuple[int, ...]) -> None:
        row, edge = divmod(event, 2)
        now, p = self.env.now, self.schedule.placements[row]
        self._time[event] = now
        self.log.append(LoggedEvent(now, Edge(edge), p.task))
        is_hold = self.bound.is_hold(p.task)
        if edge == 1:
            self._release(row)
            last = self._attempts[row][-1]
            self._attempts[row][-1] = last._replace(end=now, outcome=Outcome.DONE if is_hold else last.outcome)
        elif is_hold:
            self._attempts[row] = [Attempt(p.task, p.mode, 0, now, FOREVER, Outcome.STARVED)]
        elif 2 * row + 1 in group:
            # It takes no time, and its start and end wait for each other.
            count = len(self._parts(row, now))
            made = [Attempt(p.task, p.mode, k, now, now, Outcome.FAILED) for k in range(count)]
            good = self.scenario.succeeds(p.task, p.mode, count - 1)
            made[-1] = made[-1]._replace(outcome=Outcome.DONE if good else Outcome.GIVEN_UP)
            self._attempts[row] = made
        else:
            self._workers[row] = self.env.process(self._work(row))
        for effect in self.links.mode(row).effects:
            if effect.edge == edge and not effect.per_tick:
                self._resource(effect.reservoir).change(effect.delta)
            elif effect.per_tick and edge == 1:
                # The duration is known at the end only; a level that moves at the start is settled late.
                self._resource(effect.reservoir).change(effect.delta * (now - self._time[2 * row]))
        self._edge_events[row][edge].succeed(now)
        hook = self._hooks[edge]
        if hook is not None:
            hook(p.task, now)

    def _release(self, row: int) -> None:
        """Give all resources of ``row`` back; requests that were not granted yet are withdrawn."""
        for r in self.links.uses[row]:
            if isinstance(self.problem.resources[r], Unary):
                request = self._requests[row, r]
                if request.triggered:
                    self._resource(r).release(request)
                else:
                    request.cancel()
            elif (row, r) in self._claimed:
                self._resource(r).put(self._amount(row, r))

        if 2 * row in self._time:
            for r in self.links.uses[row]:
                self._let_go[row, r].succeed()

    def _canceller(self, row: int) -> Steps:
        """Withdraw a task at its tick, when everything else of that tick has happened."""
        event = self.env.event()
        event._ok, event._value = True, None
        self.env.schedule(event, priority=_LAST, delay=self._cancel_at[row])
        yield event
        if 2 * row + 1 in self._time:
            return
        self._gone[row] = self.env.now
        started = 2 * row in self._time
        if started:
            self._cut_attempts(row)
            if self._workers[row].is_alive:
                self._workers[row].interrupt("cancelled")
        else:
            self._edge_events[row][0].succeed(None)
            for r in self.links.uses[row]:
                self.env.process(self._pass_on(row, r))
        self._release(row)
        self._edge_events[row][1].succeed(None)

    def _cut_attempts(self, row: int) -> None:
        now, attempts = self.env.now, self._attempts[row]
        if len(attempts) > 1 and attempts[-1].begin == now:
            attempts.pop()
        if attempts[-1].outcome is not Outcome.BROKEN:
            attempts[-1] = attempts[-1]._replace(end=now, outcome=Outcome.CANCELLED)

    def _pass_on(self, row: int, r: int) -> Steps:
        """The units of a task that never started are free when those who had them before let go."""
        for supplier in self.links.suppliers[row, r]:
            if not self._let_go[supplier, r].processed:
                yield self._let_go[supplier, r]
        self._let_go[row, r].succeed()

    def _floor(self, row: int) -> Tick:
        task = self._task(row)
        floor = max(self.problem.tasks[task].release, self.bound.arrivals.get(task, 0))
        if self.keep_starts and not self.bound.is_hold(task):
            floor = max(floor, self.schedule.placements[row].start)
        return floor

    def _task(self, row: int) -> int:
        return self.schedule.placements[row].task

    def _amount(self, row: int, r: int) -> int:
        p = self.schedule.placements[row]
        return next(d.amount for d in self.problem.tasks[p.task].modes[p.mode].demands if d.resource == r)

    # --- waiting --------------------------------------------------------------------------------------

    def _until_tick(self, tick: Tick) -> Steps:
        if tick >= FOREVER:
            yield self.env.event()  # Nobody will ever trigger it.
        if tick > self.env.now:
            yield self.env.timeout(tick - self.env.now)

    def _after(self, source: int, ticks: Tick) -> Steps:
        """Wait until ``ticks`` after an event; if it does not come about, until that is known."""
        event = self._edge_events[source // 2][source % 2]
        if not event.processed:
            yield event
        if source in self._time:
            yield from self._until_tick(self._time[source] + ticks)

    def _acquire(self, row: int, r: int, within: list[int]) -> Steps:
        """Wait for the units of ``row`` on resource ``r``, and for the setup.

        ``within``: suppliers that hand over at the very event that is waited for.
        """
        if isinstance(self.problem.resources[r], Renewable):
            for supplier in self.links.suppliers[row, r]:
                if supplier not in within and not self._let_go[supplier, r].processed:
                    yield self._let_go[supplier, r]
            if row not in self._gone and not within:
                yield self._claim(row, r)
            return
        if within:
            return
        request = self._requests[row, r]
        if not request.processed:
            yield request
        ready = self.links.setup(r, None, row)
        for before in self.links.users[r]:
            if before == row:
                break
            setup = self.links.setup(r, before, row)
            if 2 * before + 1 in self._time:
                ready = self._time[2 * before + 1] + setup
            elif before in self._gone and 2 * before in self._time:
                # Aborted, so in nobody's state: the setup behind it counts besides the one before.
                ready = max(ready, self._gone[before] + setup)
        yield from self._until_tick(ready)

    def _claim(self, row: int, r: int) -> Any:
        self._claimed.add((row, r))
        return self._resource(r).get(self._amount(row, r))

    def _open_and_up(self, rows: list[int]) -> Steps:
        """Wait until nothing is down, and all work fits before the calendars close."""
        moved = True
        while moved:
            before = self.env.now
            for row in rows:
                if self._window(row) > 0:
                    yield from self._until_up(row)
                ticks = self._window(row)
                closure = self._next_closure(row)
                if ticks > 0 and closure is not None and closure[0] < self.env.now + ticks:
                    yield from self._until_tick(closure[1])
            moved = self.env.now > before

    def _window(self, row: int) -> Tick:
        if self.bound.is_hold(self._task(row)):
            return self.links.length(row)
        return sum(self._parts(row, self.env.now))

    def _parts(self, row: int, start: Tick) -> list[Tick]:
        """Ticks of the attempts at ``row`` if it starts at ``start``."""
        task, mode = self._task(row), self.schedule.placements[row].mode
        parts = []
        for k in range(self.bound.noise[task][mode].most_attempts):
            parts.append(self.scenario.duration(task, mode, k, self.links.length(row), start))
            if self.scenario.succeeds(task, mode, k):
                break
        return parts

    def _next_closure(self, row: int) -> tuple[Tick, Tick] | None:
        return next((c for c in self.links.closures[row] if c[1] > self.env.now), None)

    def _until_up(self, row: int) -> Steps:
        while True:
            now = self.env.now
            ends = [end for begin, end in self._downs_of(row, now) if begin <= now < end]
            if not ends:
                return
            yield from self._until_tick(max(ends))

    def _downs_of(self, row: int, until: Tick) -> list[tuple[Tick, Tick]]:
        """Down intervals that concern ``row``, are not over and begin by ``until``."""
        while until >= self._horizon:
            if self._horizon > _LONGEST * (2 * self.schedule.makespan + 1):
                raise NeverFinishedError(
                    f"task {self.problem.tasks[self._task(row)].name!r} was not finished by tick {self._horizon}",
                    "breakdowns",
                    "with on_break='restart' a task needs a time up that is longer than itself",
                )
            self._horizon *= 2
            self._downs.clear()
        found = []
        for r in self.links.uses[row]:
            if r not in self._downs:
                self._downs[r] = deque(self.scenario.downs(r, self._horizon))
            downs = self._downs[r]
            while downs and downs[0][1] <= self.env.now:
                downs.popleft()
            for begin, end, unit in downs:
                if begin > until:
                    break
                if unit <= self.links.highest[row, r]:
                    found.append((begin, end))
        return found

    # --- work -----------------------------------------------------------------------------------------

    def _work(self, row: int) -> Steps:
        """The attempts at a task, one after the other; ends early if the task is cancelled."""
        p, start = self.schedule.placements[row], self.env.now
        parts = self._parts(row, start)
        failed = not self.scenario.succeeds(p.task, p.mode, len(parts) - 1)
        made = self._attempts[row] = []
        attempt = self._resumed if self.bound.on_break is OnBreak.RESUME else self._restarted
        try:
            for k, ticks in enumerate(parts):
                yield from attempt(row, ticks, made)
                outcome = Outcome.FAILED
                if k == len(parts) - 1:
                    outcome = Outcome.GIVEN_UP if failed else Outcome.DONE
                made[-1] = made[-1]._replace(end=self.env.now, outcome=outcome)
        except self._simpy.Interrupt:
            return
        self._worked[row].succeed()

    def _open_attempt(self, row: int, made: list[Attempt]) -> None:
        p = self.schedule.placements[row]
        made.append(Attempt(p.task, p.mode, len(made), self.env.now, FOREVER, Outcome.STARVED))

    def _resumed(self, row: int, ticks: Tick, made: list[Attempt]) -> Steps:
        self._open_attempt(row, made)
        while ticks > 0:
            yield from self._until_up(row)
            closure = self._next_closure(row)
            if closure is not None and closure[0] <= self.env.now:
                yield from self._until_tick(closure[1])
                continue
            # No closure is near before the first interruption: the start was chosen so.
            stops = [] if closure is None else [closure[0]]
            stops += [begin for begin, _ in self._downs_of(row, self.env.now + ticks) if begin > self.env.now]
            stretch = min([ticks, *(stop - self.env.now for stop in stops)])
            yield self.env.timeout(stretch)
            ticks -= stretch

    def _restarted(self, row: int, ticks: Tick, made: list[Attempt]) -> Steps:
        while True:
            if ticks > 0:
                yield from self._until_up(row)
                closure = self._next_closure(row)
                if closure is not None and closure[0] < self.env.now + ticks:
                    yield from self._until_tick(closure[1])
                    continue
            self._open_attempt(row, made)
            begins = [begin for begin, _ in self._downs_of(row, self.env.now + ticks) if begin > self.env.now]
            until_break = min(begins, default=FOREVER) - self.env.now
            yield self.env.timeout(min(ticks, until_break))
            if until_break >= ticks:
                return
            made[-1] = made[-1]._replace(end=self.env.now, outcome=Outcome.BROKEN)


class _Level:
    """Level of a reservoir over time: SimPy's containers would not let uncertainty break the bounds."""

    def __init__(self, reservoir: Reservoir) -> None:
        self.level = reservoir.initial
        self.minimum, self.capacity = reservoir.minimum, reservoir.maximum

    def change(self, delta: int) -> None:
        """Add ``delta``, which may be negative."""
        self.level += delta
