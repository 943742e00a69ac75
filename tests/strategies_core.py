"""Random problems that come with a valid schedule, for property tests of everything on the core.

The schedule is drawn first; then every rule is laid around it so that it holds: capacities above what is used,
closed stretches where nothing runs, lags around the distances that occur, selections that are true of what is
present.  So the schedule is feasible by construction, without help of the checker.

Use :func:`cases` with hypothesis, or :func:`random_case` with a :class:`random.Random`.  Times are small (tens of
ticks), so exhaustive search and tick-by-tick references stay cheap.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Collection
from typing import NamedTuple

from hypothesis import strategies as st

from schedcore.model import (
    OBJECTIVE_METRICS,
    Cycle,
    Demand,
    Edge,
    Effect,
    Mode,
    ModeLink,
    Objective,
    Placement,
    Problem,
    Renewable,
    Reservoir,
    Resource,
    Schedule,
    Selection,
    SelectionKind,
    StepProfile,
    Task,
    TimeLag,
    Unary,
)

FEATURES: tuple[str, ...] = (
    "unary",
    "setup",
    "calendar",
    "renewable",
    "reservoir",
    "effect_per_tick",
    "multi_mode",
    "elastic",
    "hold",
    "zero",
    "release",
    "deadline",
    "due",
    "horizon",
    "min_lag",
    "max_lag",
    "optional",
    "selection",
    "mode_link",
    "job",
)
"""Switches of the generator (``cyclic`` is a separate argument; it rules out setups and calendars)."""


class Case(NamedTuple):
    """A problem and a feasible schedule of it."""

    problem: Problem
    schedule: Schedule


@st.composite
def cases(
    draw: st.DrawFn,
    *,
    features: Collection[str] = FEATURES,
    max_tasks: int = 7,
    cyclic: bool | None = False,
    objective: bool = False,
) -> Case:
    """A feasible case that uses some of ``features``; ``cyclic=None`` draws whether it is cyclic."""
    used = draw(st.sets(st.sampled_from(sorted(features)))) if features else set()
    tasks = draw(st.integers(1, max_tasks))
    folded = draw(st.booleans()) if cyclic is None else cyclic
    seed = draw(st.integers(0, 2**32 - 1))
    return random_case(random.Random(seed), tasks, used, cyclic=folded, objective=objective)


def random_case(
    rng: random.Random,
    num_tasks: int,
    features: Collection[str] = FEATURES,
    *,
    cyclic: bool = False,
    objective: bool = False,
) -> Case:
    """A feasible case with ``num_tasks`` placed tasks (holds and absent tasks come on top)."""
    return _Construction(rng, num_tasks, frozenset(features), cyclic, objective).case()


def broken(rng: random.Random, problem: Problem, schedule: Schedule, changes: int = 2) -> Schedule:
    """``schedule`` with some random changes, most of which break rules; works for any problem."""
    rows = list(schedule.placements)
    cycle = schedule.cycle
    for _ in range(changes):
        kind = rng.randrange(9)
        if kind == 0 and rng.random() < 0.3:
            cycle = rng.choice([None, 0, 1, 3, (cycle or 5) + rng.randint(-2, 2)])
        if not rows or kind == 1:
            task = rng.randrange(-1, len(problem.tasks) + 2)
            start = rng.randrange(-2, 30)
            rows.append(Placement(task, rng.randrange(3), start, start + rng.randrange(8)))
            continue
        i = rng.randrange(len(rows))
        task, mode, start, end = rows[i]
        if kind in (2, 3):
            step = rng.randint(-6, 6)
            rows[i] = Placement(task, mode, start + step, end + step)
        elif kind == 4:
            rows[i] = Placement(task, mode, start, end + rng.randint(-3, 5))
        elif kind == 5:
            rows[i] = Placement(task, rng.randrange(-1, 3), start, end)
        elif kind == 6:
            rows.pop(i)
        elif kind == 7:
            rows.append(Placement(task, mode, start + rng.randint(-2, 4), end + rng.randint(-2, 4)))
        elif kind == 8:
            j = rng.randrange(len(rows))
            a, b = rows[i], rows[j]
            rows[i] = Placement(a.task, a.mode, b.start, b.start + a.end - a.start)
            if i != j:
                rows[j] = Placement(b.task, b.mode, a.start, a.start + b.end - b.start)
    rng.shuffle(rows)
    return Schedule(rows, cycle=cycle)


def tightened(rng: random.Random, problem: Problem) -> Problem:
    """``problem`` with some bounds drawn anew, so that its schedule is often infeasible."""
    resources: list[Resource] = []
    for resource in problem.resources:
        if isinstance(resource, Renewable) and rng.random() < 0.4:
            capacity = max(0, resource.capacity - rng.randint(0, 3))
            calendar = resource.calendar
            if calendar is not None:
                calendar = StepProfile(tuple((t, min(v, capacity)) for t, v in calendar.points))
            resources.append(Renewable(resource.name, capacity, calendar))
        elif isinstance(resource, Unary) and rng.random() < 0.3 and problem.cycle is None:
            begin = rng.randrange(20)
            closed = StepProfile.closed(1, [(begin, begin + rng.randint(1, 6))])
            resources.append(dataclasses.replace(resource, calendar=closed))
        elif isinstance(resource, Reservoir) and rng.random() < 0.5:
            low = min(resource.initial, resource.minimum + rng.randint(0, 4))
            high = max(resource.initial, resource.maximum - rng.randint(0, 4))
            resources.append(Reservoir(resource.name, resource.initial, low, high))
        else:
            resources.append(resource)
    tasks = list(problem.tasks)
    for i, task in enumerate(tasks):
        if rng.random() < 0.2:
            tasks[i] = dataclasses.replace(task, release=rng.randrange(12), deadline=rng.randrange(5, 40))
    lags = []
    for lag in problem.lags:
        if lag.min is not None and rng.random() < 0.3:
            top = None if lag.max is None else lag.max + 3
            lags.append(dataclasses.replace(lag, min=lag.min + rng.randint(0, 3), max=top))
        elif lag.max is not None and rng.random() < 0.3:
            low = None if lag.min is None else lag.min - 4
            lags.append(dataclasses.replace(lag, max=lag.max - rng.randint(0, 4), min=low))
        else:
            lags.append(lag)
    return problem.replace(resources=tuple(resources), tasks=tuple(tasks), lags=tuple(lags))


@dataclasses.dataclass
class _Draft:
    """A task in the making, with the placement that it has in the schedule."""

    start: int
    length: int
    unary: tuple[int, ...] = ()
    renewable: tuple[tuple[int, int], ...] = ()
    effects: list[Effect] = dataclasses.field(default_factory=list)
    state: tuple[int, int] = (0, 0)
    elastic: bool = False

    @property
    def end(self) -> int:
        return self.start + self.length

    def time(self, edge: Edge) -> int:
        return self.start if edge is Edge.START else self.end


class _Construction:
    """One random case, step by step; resources are numbered unary, renewable, reservoir."""

    def __init__(
        self, rng: random.Random, num_tasks: int, features: frozenset[str], cyclic: bool, objective: bool
    ) -> None:
        self.rng = rng
        self.has = features.__contains__
        self.cyclic = cyclic
        self.objective = objective
        self.num_tasks = num_tasks
        self.num_unary = rng.randint(1, 2) if self.has("unary") or (self.has("setup") and not cyclic) else 0
        self.num_renewable = rng.randint(1, 2) if self.has("renewable") else 0
        self.num_reservoir = rng.randint(1, 2) if self.has("reservoir") else 0
        self.period = rng.randint(3, 12) if cyclic else 0
        self.setups = self.has("setup") and not cyclic
        self.states = 3
        self.matrix = [[rng.randint(0, 3) for _ in range(self.states)] for _ in range(self.states)]
        self.initial_state = rng.choice([None, 0, 1]) if self.setups else None
        self.drafts: list[_Draft] = []
        self.hold_ties: list[TimeLag] = []
        self.last: dict[int, _Draft] = {}
        self.followed: set[tuple[int, int]] = set()

    def case(self) -> Case:
        for _ in range(self.num_tasks):
            self._place()
        if self.has("hold") and self.drafts:
            self._add_hold()
        self._add_effects()
        self._shuffle()
        resources = self._resources()
        tasks, placements = self._tasks()
        lags = [*self.hold_ties, *self._lags()]
        absent = self._absent()
        present = range(len(tasks))
        tasks += absent
        lags += self._lags_to_absent(len(present), len(tasks))
        end = max((d.end for d in self.drafts), default=0)
        problem = Problem(
            name="generated",
            resources=tuple(resources),
            tasks=tuple(tasks),
            jobs=("j0", "j1") if self.has("job") else (),
            lags=tuple(lags),
            selections=tuple(self._selections(tasks, len(present))),
            mode_links=tuple(self._mode_links(tasks, placements)),
            objective=self._objective() if self.objective else None,
            horizon=end + self.rng.randint(0, 5) if self.has("horizon") else None,
            cycle=self._cycle() if self.cyclic else None,
        )
        return Case(problem, Schedule(placements, cycle=self.period if self.cyclic else None))

    # --- placements -------------------------------------------------------------------------------

    def _place(self) -> None:
        rng = self.rng
        shortest = 0 if self.has("zero") and rng.random() < 0.3 else 1
        draft = _Draft(0, rng.randint(shortest, max(shortest, 6)) if shortest else 0)
        draft.elastic = self.has("elastic") and rng.random() < 0.3
        if self.num_unary and rng.random() < 0.8:
            draft.unary = tuple(sorted(rng.sample(range(self.num_unary), rng.randint(1, self.num_unary))))
            if self.setups:
                draft.length = max(1, draft.length)
                draft.state = (rng.randrange(self.states), rng.randrange(self.states))
        if self.num_renewable and rng.random() < 0.8:
            chosen = rng.sample(range(self.num_renewable), rng.randint(1, self.num_renewable))
            draft.renewable = tuple((self.num_unary + r, rng.randint(1, 3)) for r in sorted(chosen))
        if self.cyclic:
            self._place_folded(draft)
        else:
            self._place_in_line(draft)
        self.drafts.append(draft)

    def _place_in_line(self, draft: _Draft) -> None:
        earliest = 0 if draft.unary else self.rng.randint(0, 15)
        for r in draft.unary:
            before = self.last.get(r)
            if before is not None:
                setup = self.matrix[before.state[1]][draft.state[0]] if self.setups else 0
                earliest = max(earliest, before.end + setup)
            elif self.initial_state is not None:
                earliest = max(earliest, self.matrix[self.initial_state][draft.state[0]])
        draft.start = earliest + (self.rng.choice([0, 0, 1, 2, 4]) if draft.unary else 0)
        if draft.length:
            for r in draft.unary:
                before = self.last.get(r)
                if before is not None:
                    self.followed.add((before.state[1], draft.state[0]))
                elif self.initial_state is not None:
                    self.followed.add((self.initial_state, draft.state[0]))
                self.last[r] = draft

    def _place_folded(self, draft: _Draft) -> None:
        taken = [
            {t % self.period for d in self.drafts if r in d.unary for t in range(d.start, d.end)}
            for r in range(self.num_unary)
        ]
        for _ in range(12):
            draft.start = self.rng.randint(0, 2 * self.period)
            phases = [t % self.period for t in range(draft.start, draft.end)]
            if len(set(phases)) == len(phases) and not any(taken[r] & set(phases) for r in draft.unary):
                return
        draft.unary = ()

    def _add_hold(self) -> None:
        """An elastic task from an edge to a later edge, on whatever resource."""
        edges = [(i, edge) for i in range(len(self.drafts)) for edge in Edge]
        a, b = self.rng.choice(edges), self.rng.choice(edges)
        if self.drafts[a[0]].time(a[1]) > self.drafts[b[0]].time(b[1]):
            a, b = b, a
        begin, end = self.drafts[a[0]].time(a[1]), self.drafts[b[0]].time(b[1])
        hold = _Draft(begin, end - begin, elastic=True)
        if self.num_renewable:
            hold.renewable = ((self.num_unary, self.rng.randint(1, 2)),)
        me = len(self.drafts)
        self.drafts.append(hold)
        self.hold_ties = [
            TimeLag(a[0], me, 0, 0, a[1], Edge.START),
            TimeLag(me, b[0], 0, 0, Edge.END, b[1]),
        ]

    def _add_effects(self) -> None:
        first = self.num_unary + self.num_renewable
        for r in range(first, first + self.num_reservoir):
            for draft in self.drafts:
                if self.rng.random() < 0.6:
                    per_tick = self.has("effect_per_tick") and self.rng.random() < 0.4
                    delta = self.rng.choice([-3, -2, -1, 1, 2, 3])
                    draft.effects.append(Effect(r, delta, self.rng.choice(list(Edge)), per_tick))
            if self.cyclic and self.drafts:
                drift = sum(_size(e, d) for d in self.drafts for e in d.effects if e.reservoir == r)
                if drift:
                    self.rng.choice(self.drafts).effects.append(Effect(r, -drift, self.rng.choice(list(Edge))))

    def _shuffle(self) -> None:
        """Ids must not follow the order in time."""
        order = list(range(len(self.drafts)))
        self.rng.shuffle(order)
        position = {old: new for new, old in enumerate(order)}
        self.drafts = [self.drafts[i] for i in order]
        self.hold_ties = [dataclasses.replace(t, a=position[t.a], b=position[t.b]) for t in self.hold_ties]

    # --- resources around the placements ----------------------------------------------------------

    def _resources(self) -> list[Resource]:
        resources: list[Resource] = []
        for r in range(self.num_unary):
            transition: tuple[tuple[int | None, ...], ...] | None = None
            if self.setups:
                transition = tuple(
                    tuple(
                        None if (s, t) not in self.followed and self.rng.random() < 0.3 else ticks
                        for t, ticks in enumerate(row)
                    )
                    for s, row in enumerate(self.matrix)
                )
            resources.append(Unary(f"unary{r}", self._calendar(r, 1), transition, self.initial_state))
        for r in range(self.num_unary, self.num_unary + self.num_renewable):
            used = self._usage(r)
            capacity = max(used, default=0) + self.rng.choice([0, 0, 1, 3])
            resources.append(Renewable(f"renewable{r}", capacity, self._calendar(r, capacity)))
        first = self.num_unary + self.num_renewable
        for r in range(first, first + self.num_reservoir):
            initial = self.rng.randint(-2, 5)
            levels = [initial, *self._levels(r, initial)]
            slack = self.rng.choice([0, 0, 1, 4])
            resources.append(Reservoir(f"reservoir{r}", initial, min(levels) - slack, max(levels) + slack))
        return resources

    def _amount(self, draft: _Draft, resource: int) -> int:
        return 1 if resource in draft.unary else dict(draft.renewable).get(resource, 0)

    def _usage(self, resource: int) -> list[int]:
        """Units in use at every tick, or at every phase."""
        length = self.period if self.cyclic else max((d.end for d in self.drafts), default=0) + 1
        used = [0] * length
        for draft in self.drafts:
            for tick in range(draft.start, draft.end):
                used[tick % length] += self._amount(draft, resource)
        return used

    def _levels(self, reservoir: int, initial: int) -> list[int]:
        """All levels after a tick; in a cyclic case those of the steady state."""
        events = [
            (draft.time(effect.edge), _size(effect, draft))
            for draft in self.drafts
            for effect in draft.effects
            if effect.reservoir == reservoir
        ]
        if not self.cyclic:
            return [initial + sum(d for t, d in events if t <= tick) for tick in sorted({t for t, _ in events})]
        rounds = max((t for t, _ in events), default=0) // self.period + 1
        window = range(rounds * self.period, (rounds + 1) * self.period)
        return [
            initial + sum(d for t, d in events for i in range(rounds + 1) if t + i * self.period <= tick)
            for tick in window
        ]

    def _calendar(self, resource: int, capacity: int) -> StepProfile | None:
        if self.cyclic or not self.has("calendar") or self.rng.random() < 0.3:
            return None
        used = self._usage(resource)
        cuts = sorted({0, *(self.rng.randrange(len(used) + 6) for _ in range(self.rng.randint(1, 5)))})
        points = []
        for begin, end in zip(cuts, [*cuts[1:], len(used) + 1], strict=True):
            need = max(used[begin:end], default=0)
            points.append((begin, self.rng.randint(need, capacity) if self.rng.random() < 0.7 else capacity))
        return StepProfile(tuple(points))

    # --- tasks and relations ----------------------------------------------------------------------

    def _tasks(self) -> tuple[list[Task], list[Placement]]:
        tasks: list[Task] = []
        placements: list[Placement] = []
        ties = {t.b for t in self.hold_ties[:1]}
        for i, draft in enumerate(self.drafts):
            modes = [self._mode(draft, is_hold=i in ties)]
            if self.has("multi_mode") and i not in ties:
                modes += [self._other_mode(draft) for _ in range(self.rng.randint(0, 2))]
            chosen = self.rng.randrange(len(modes))
            modes[0], modes[chosen] = modes[chosen], modes[0]
            tasks.append(self._task(f"t{i}", modes, draft, optional=self.has("optional") and self.rng.random() < 0.4))
            placements.append(Placement(i, chosen, draft.start, draft.end))
        return tasks, placements

    def _mode(self, draft: _Draft, *, is_hold: bool) -> Mode:
        shortest = longest = draft.length
        if is_hold:
            shortest, longest = 0, 1000
        elif draft.elastic:
            floor = 1 if draft.unary and self.setups else 0
            shortest = max(min(floor, shortest), shortest - self.rng.randint(0, 2))
            longest += self.rng.randint(0, 3)
        demands = tuple(Demand(r) for r in draft.unary) + tuple(Demand(r, a) for r, a in draft.renewable)
        return Mode(shortest, demands, tuple(draft.effects), self.rng.randint(0, 3), longest)

    def _other_mode(self, draft: _Draft) -> Mode:
        demands = [Demand(r) for r in draft.unary if self.rng.random() < 0.5]
        if self.num_renewable and self.rng.random() < 0.5:
            demands.append(Demand(self.num_unary, self.rng.randint(1, 3)))
        effects = tuple(e for e in draft.effects if self.rng.random() < 0.5)
        duration = self.rng.randint(1, 6)
        return Mode(duration, tuple(demands), effects, self.rng.randint(0, 3), duration + self.rng.choice([0, 0, 2]))

    def _task(self, name: str, modes: list[Mode], draft: _Draft, *, optional: bool) -> Task:
        rng = self.rng
        return Task(
            name,
            tuple(modes),
            job=rng.choice([None, 0, 1]) if self.has("job") else None,
            release=rng.randint(0, draft.start) if self.has("release") else 0,
            deadline=draft.end + rng.randint(0, 4) if self.has("deadline") and rng.random() < 0.6 else None,
            due=draft.end + rng.randint(-4, 4) if self.has("due") and rng.random() < 0.7 else None,
            weight=rng.randint(0, 3) if self.has("due") else 1,
            optional=optional,
            reward=rng.randint(0, 5) if optional else 0,
            state_before=draft.state[0] if self.setups else None,
            state_after=draft.state[1] if self.setups else None,
        )

    def _absent(self) -> list[Task]:
        """Optional tasks that the schedule leaves out; anything goes for them."""
        if not self.has("optional"):
            return []
        drafts = []
        for _ in range(self.rng.randint(0, 2)):
            unary = (0,) if self.num_unary and self.rng.random() < 0.7 else ()
            drafts.append(_Draft(self.rng.randrange(8), self.rng.randint(1, 5), unary))
        return [
            self._task(f"absent{i}", [self._mode(d, is_hold=False)], d, optional=True) for i, d in enumerate(drafts)
        ]

    def _lags(self) -> list[TimeLag]:
        lags: list[TimeLag] = []
        if not (self.has("min_lag") or self.has("max_lag")):
            return lags
        for _ in range(self.rng.randint(1, 2 * len(self.drafts))):
            a, b = self.rng.randrange(len(self.drafts)), self.rng.randrange(len(self.drafts))
            rounds = self.rng.randint(-1, 2) if self.cyclic else 0
            if a == b and rounds == 0:
                continue
            edge_a, edge_b = self.rng.choice(list(Edge)), self.rng.choice(list(Edge))
            distance = self.drafts[b].time(edge_b) + rounds * self.period - self.drafts[a].time(edge_a)
            low = distance - self.rng.choice([0, 0, 1, 3]) if self.has("min_lag") else None
            high = distance + self.rng.choice([0, 1, 3]) if self.has("max_lag") else None
            if low is not None and high is not None and self.rng.random() < 0.5:
                low, high = (low, None) if self.rng.random() < 0.6 else (None, high)
            lags.append(TimeLag(a, b, low, high, edge_a, edge_b, rounds))
        return lags

    def _lags_to_absent(self, present: int, total: int) -> list[TimeLag]:
        """Lags that bind nothing, for one end is absent."""
        return [TimeLag(self.rng.randrange(present), b, 100, None) for b in range(present, total) if present]

    def _selections(self, tasks: list[Task], present: int) -> list[Selection]:
        if not self.has("selection") or len(tasks) < 2:
            return []
        selections = []
        for _ in range(self.rng.randint(1, 3)):
            chosen = self.rng.sample(range(len(tasks)), self.rng.randint(2, min(4, len(tasks))))
            here = [t < present for t in chosen]
            holding = {
                SelectionKind.ALL_OR_NONE: all(here) or not any(here),
                SelectionKind.AT_LEAST_ONE: any(here),
                SelectionKind.AT_MOST_ONE: sum(here) <= 1,
                SelectionKind.EXACTLY_ONE: sum(here) == 1,
                SelectionKind.IMPLIES: not here[0] or all(here),
            }
            kinds = [kind for kind, holds in holding.items() if holds]
            if kinds:
                selections.append(Selection(tuple(chosen), self.rng.choice(kinds)))
        return selections

    def _mode_links(self, tasks: list[Task], placements: list[Placement]) -> list[ModeLink]:
        if not self.has("mode_link") or len(placements) < 2:
            return []
        links = []
        for _ in range(self.rng.randint(1, 3)):
            a, b = self.rng.sample(placements, 2)
            mode_a = self.rng.randrange(len(tasks[a.task].modes))
            modes_b = {m for m in range(len(tasks[b.task].modes)) if self.rng.random() < 0.5}
            if mode_a == a.mode or not modes_b:
                modes_b.add(b.mode)
            links.append(ModeLink(a.task, mode_a, b.task, tuple(sorted(modes_b))))
        return links

    def _objective(self) -> Objective:
        names = [name for name in OBJECTIVE_METRICS if name != "period" or self.cyclic]
        stages = []
        for _ in range(self.rng.randint(1, 2)):
            chosen = self.rng.sample(names, self.rng.randint(1, 3))
            stages.append(tuple((name, self.rng.choice([-2, -1, 1, 1, 2, 5])) for name in chosen))
        return Objective(tuple(stages))

    def _cycle(self) -> Cycle:
        if self.rng.random() < 0.5:
            return Cycle(self.period, self.period)
        return Cycle(max(1, self.period - self.rng.randint(0, 3)), self.period + self.rng.randint(0, 4))


def _size(effect: Effect, draft: _Draft) -> int:
    return effect.delta * (draft.length if effect.per_tick else 1)
