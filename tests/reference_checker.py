"""The rules once more, tick by tick in plain Python: slow, and independent of the checker under test.

Every rule is simulated from the text of ``docs/semantics.md``: occupation is counted tick by tick, cyclic schedules
are run round by round until they are steady, levels are found by adding up what has happened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from schedcore.check import Realised
from schedcore.model import Edge, Placement, Problem, Renewable, Reservoir, Schedule, SelectionKind, Unary

Finding = tuple[str, tuple[int, ...], int | None, int | None, int]
"""Code, tasks, resource, tick, amount."""


def reference_check(problem: Problem, schedule: Schedule, realised: Realised | None = None) -> Counter[Finding]:
    """All violations as a multiset."""
    return _Reference(problem, schedule, realised or Realised()).run()


class _Reference:
    def __init__(self, problem: Problem, schedule: Schedule, realised: Realised) -> None:
        self.problem = problem
        self.schedule = schedule
        self.realised = realised
        self.found: Counter[Finding] = Counter()
        self.placed: dict[int, Placement] = {}
        self.period = schedule.cycle if problem.cycle is not None else None

    def note(
        self, code: str, tasks: Sequence[int] = (), resource: int | None = None, at: int | None = None, amount: int = 1
    ) -> None:
        self.found[(code, tuple(tasks), resource, at, amount)] += 1

    def run(self) -> Counter[Finding]:
        self.presence()
        self.times()
        self.cycle()
        foldable = self.problem.cycle is None or (self.period is not None and self.period >= 1)
        if foldable:
            for r, resource in enumerate(self.problem.resources):
                if isinstance(resource, Unary):
                    self.overlaps(r)
                    self.setups(r, resource)
                if isinstance(resource, Reservoir):
                    self.reservoir(r, resource)
                else:
                    self.capacity(r, resource)
        self.lags(foldable)
        self.selections()
        self.mode_links()
        return self.found

    def presence(self) -> None:
        for p in sorted(self.schedule.placements, key=lambda p: (p.task, p.start, p.end, p.mode)):
            if not 0 <= p.task < len(self.problem.tasks):
                self.note("UNKNOWN_TASK", [p.task], at=p.start)
            elif p.task in self.placed:
                self.note("DUPLICATE_TASK", [p.task], at=p.start)
            else:
                self.placed[p.task] = p
                if not 0 <= p.mode < len(self.problem.tasks[p.task].modes):
                    self.note("UNKNOWN_MODE", [p.task], at=p.start)
        for i, task in enumerate(self.problem.tasks):
            if i not in self.placed and not task.optional:
                self.note("MISSING_TASK", [i])

    def mode(self, p: Placement):
        modes = self.problem.tasks[p.task].modes
        return modes[p.mode] if 0 <= p.mode < len(modes) else None

    def times(self) -> None:
        for i, p in self.placed.items():
            task, mode, length = self.problem.tasks[i], self.mode(p), p.end - p.start
            low, high = (mode.duration, mode.duration_max) if mode is not None else (length, length)
            if i in self.realised.durations:
                low = high = self.realised.durations[i]
            if length < low:
                self.note("DURATION", [i], at=p.start, amount=low - length)
            elif length > high:
                self.note("DURATION", [i], at=p.start, amount=length - high)
            if task.release > 0 and p.start < task.release:
                self.note("RELEASE", [i], at=p.start, amount=task.release - p.start)
            if task.deadline is not None and p.end > task.deadline:
                self.note("DEADLINE", [i], at=p.end, amount=p.end - task.deadline)
            if p.start < 0:
                self.note("HORIZON", [i], at=p.start, amount=-p.start)
            if self.problem.horizon is not None and p.end > self.problem.horizon:
                self.note("HORIZON", [i], at=p.end, amount=p.end - self.problem.horizon)

    def cycle(self) -> None:
        cycle, value = self.problem.cycle, self.schedule.cycle
        if (cycle is None) != (value is None):
            self.note("HORIZON")
        elif cycle is not None and value is not None:
            if value < cycle.minimum:
                self.note("HORIZON", amount=cycle.minimum - value)
            elif value > cycle.maximum:
                self.note("HORIZON", amount=value - cycle.maximum)

    def users(self, r: int) -> list[tuple[Placement, int]]:
        """Placements of positive length that need resource ``r``, with the units."""
        users = []
        for p in self.placed.values():
            mode = self.mode(p)
            if mode is not None and p.end > p.start:
                users += [(p, d.amount) for d in mode.demands if d.resource == r]
        return users

    def overlaps(self, r: int) -> None:
        if self.period is None:
            rounds = [(p.start, p.task, p.end, p.end) for p, _ in self.users(r)]
        else:
            # The pattern in normal form (starts within the period), for as many earlier rounds as still run.
            rounds = []
            for p, _ in self.users(r):
                length = p.end - p.start
                for i in range(-(length // self.period) - 2, 1):
                    start = p.start % self.period + i * self.period
                    rounds.append((start, p.task, start + length, p.end))
        rounds.sort()
        for k, (start, task, end, _) in enumerate(rounds):
            if self.period is not None and start < 0:
                continue
            holder = None
            for other in rounds[:k]:
                if holder is None or other[2] > holder[2]:
                    holder = other
            if holder is not None and holder[2] > start:
                tasks = [task] if holder[1] == task else [holder[1], task]
                self.note("OVERLAP", tasks, r, self.placed[task].start, min(holder[2], end) - start)

    def setups(self, r: int, resource: Unary) -> None:
        if resource.transition is None:
            return
        users = sorted((p.start, p.task, p) for p, _ in self.users(r))
        before: Placement | None = None
        for start, task, p in users:
            needs = self.problem.tasks[task].state_before
            if before is not None:
                ticks = resource.transition[self.problem.tasks[before.task].state_after][needs]
                tasks, room = [before.task, task], start - before.end
            elif resource.initial_state is not None:
                ticks, tasks, room = resource.transition[resource.initial_state][needs], [task], max(0, start)
            else:
                ticks, tasks, room = 0, [], 0
            before = p
            if room < 0:
                continue
            if ticks is None:
                self.note("SETUP", tasks, r, start, 1)
            elif room < ticks:
                self.note("SETUP", tasks, r, start, ticks - room)

    def capacity(self, r: int, resource: Unary | Renewable) -> None:
        users = self.users(r)
        static = resource.capacity if isinstance(resource, Renewable) else 1
        calendar = self.realised.calendars.get(r, resource.calendar)
        if self.period is None:
            ticks: range = range(min((p.start for p, _ in users), default=0), max((p.end for p, _ in users), default=0))
        else:
            ticks = range(self.period)
        running: dict[int, list[int]] = {t: [] for t in ticks}
        used = dict.fromkeys(ticks, 0)
        for p, amount in users:
            for t in range(p.start, p.end):
                phase = t if self.period is None else t % self.period
                used[phase] += amount
                running[phase].append(p.task)
        over = {t: used[t] - static for t in ticks}
        if isinstance(resource, Renewable):
            self.runs("CAPACITY", r, ticks, over.get, lambda t: sorted(set(running[t])))
        if calendar is not None:
            lack = {t: used[t] - (calendar.at(t) if t >= 0 else static) if over[t] <= 0 else 0 for t in ticks}
            self.runs("CALENDAR", r, ticks, lack.get, lambda t: sorted(set(running[t])))

    def runs(
        self, code: str, r: int, ticks: range, excess: Callable[[int], int], tasks: Callable[[int], list[int]]
    ) -> None:
        """One violation per maximal stretch with positive excess; around the period in a cyclic problem."""
        bad = [excess(t) > 0 for t in ticks]
        if self.period is not None and all(bad):
            self.note(code, tasks(0), r, 0, max(map(excess, ticks)))
            return
        for k, tick in enumerate(ticks):
            before = bad[k - 1] if k > 0 or self.period is not None else False
            if not bad[k] or before:
                continue
            largest, j = 0, k
            while j < len(bad) + (k if self.period is not None else 0) and bad[j % len(bad)]:
                largest = max(largest, excess(ticks[j % len(bad)]))
                j += 1
            self.note(code, tasks(tick), r, tick, largest)

    def reservoir(self, r: int, reservoir: Reservoir) -> None:
        events: list[tuple[int, int, int]] = []
        for p in self.placed.values():
            mode = self.mode(p)
            for effect in mode.effects if mode is not None else ():
                if effect.reservoir == r:
                    delta = effect.delta * (p.end - p.start) if effect.per_tick else effect.delta
                    events.append((p.start if effect.edge is Edge.START else p.end, delta, p.task))
        if not events:
            return
        if self.period is None:
            first, last = min(e[0] for e in events), max(e[0] for e in events)
            ticks, offset, repeat = range(first, last + 1), 0, 1
        else:
            net = sum(e[1] for e in events)
            if net:
                code = "RESERVOIR_LOW" if net < 0 else "RESERVOIR_HIGH"
                self.note(code, sorted({e[2] for e in events}), r, None, abs(net))
                return
            repeat = max(abs(e[0]) for e in events) // self.period + 2
            ticks, offset = range(self.period), repeat * self.period
        level = {}
        for tick in ticks:
            level[tick] = reservoir.initial
            for time, delta, _ in events:
                for i in range(1 if self.period is None else 2 * repeat + 2):
                    if time + i * (self.period or 0) <= tick + offset:
                        level[tick] += delta

        def culprits(tick: int) -> list[int]:
            return sorted({e[2] for e in events if (e[0] if self.period is None else e[0] % self.period) == tick})

        self.runs("RESERVOIR_LOW", r, ticks, lambda t: reservoir.minimum - level[t], culprits)
        self.runs("RESERVOIR_HIGH", r, ticks, lambda t: level[t] - reservoir.maximum, culprits)

    def lags(self, foldable: bool) -> None:
        for lag in self.problem.lags:
            if lag.a not in self.placed or lag.b not in self.placed or (lag.iterations and not foldable):
                continue
            a, b = self.placed[lag.a], self.placed[lag.b]
            time_a = a.start if lag.a_edge is Edge.START else a.end
            time_b = b.start if lag.b_edge is Edge.START else b.end
            value = time_b + lag.iterations * (self.period or 0) - time_a
            tasks = [lag.a, lag.b] if lag.a != lag.b else [lag.a]
            if lag.min is not None and value < lag.min:
                self.note("LAG_MIN", tasks, None, time_b, lag.min - value)
            if lag.max is not None and value > lag.max:
                self.note("LAG_MAX", tasks, None, time_b, value - lag.max)

    def selections(self) -> None:
        for selection in self.problem.selections:
            here = [t for t in selection.tasks if t in self.placed]
            size = len(selection.tasks)
            wrong = {
                SelectionKind.ALL_OR_NONE: min(len(here), size - len(here)),
                SelectionKind.AT_LEAST_ONE: 0 if here else 1,
                SelectionKind.AT_MOST_ONE: max(0, len(here) - 1),
                SelectionKind.EXACTLY_ONE: abs(len(here) - 1),
                SelectionKind.IMPLIES: size - len(here) if selection.tasks[0] in self.placed else 0,
            }[selection.kind]
            if wrong:
                self.note("SELECTION", selection.tasks, amount=wrong)

    def mode_links(self) -> None:
        for link in self.problem.mode_links:
            a, b = self.placed.get(link.task_a), self.placed.get(link.task_b)
            if a is None or b is None or a.mode != link.mode_a or self.mode(b) is None:
                continue
            if b.mode not in link.modes_b:
                self.note("MODE_LINK", [link.task_a, link.task_b], at=b.start)
