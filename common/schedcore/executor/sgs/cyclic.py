"""List scheduling of cyclic problems: iterative modulo scheduling over increasing periods.

For every period tasks are placed by height into modulo reservation tables; a task that finds no room
pushes others out, within a budget (Rau 1994).  The checker has the last word on every result.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from schedcore.check import check
from schedcore.errors import NoScheduleError
from schedcore.executor.layout import Layout
from schedcore.executor.sgs.folded import FoldedLine
from schedcore.model import Placement, Problem, Schedule
from schedcore.model.arrays import RESERVOIR, IntArray
from schedcore.policies.optional import OptionalChoice, chosen_optional

if TYPE_CHECKING:
    from schedcore.executor.sgs.driver import Priorities

_BUDGET = 8
"""Placements per task and period before the period is given up (Rau suggests 6)."""
_MAX_PERIODS = 80
"""Periods tried at most."""

Claim = tuple[int, int, int, int, bool]
"""Resource, start, length, amount, whether a later start of the task moves it on."""


def cyclic_sgs(
    problem: Problem,
    priorities: Priorities | None = None,
    *,
    modes: Sequence[int | None] | IntArray | None = None,
    optional: OptionalChoice = "rewarded",
    seed: int = 0,
    should_stop: Callable[[], bool] | None = None,
) -> Schedule:
    """A cyclic schedule with a period as small as the heuristic finds.

    Parameters
    ----------
    priorities
        One key per task or a rule (see :func:`serial_sgs`); ``None``: height, the longest path to
        the end of the pattern.
    modes, optional, seed
        As in :func:`serial_sgs`.
    should_stop
        Polled between periods.

    Raises
    ------
    NoScheduleError
        If no period in the range of the cycle works out.
    """
    from schedcore.executor.sgs.driver import _forced, keys_of

    assert problem.cycle is not None
    keys = None if priorities is None else keys_of(problem, priorities, seed)
    forced = _forced(problem, modes).tolist()
    chosen = chosen_optional(problem, optional)
    rules = {t for s in problem.selections for t in s.tasks}
    attempts = [chosen, frozenset(t for t in chosen if t in rules)] if chosen - rules else [chosen]
    words = ""
    for tried in attempts:
        search = _Search(problem, Layout(problem), tried, forced, keys)
        found = search.over_periods(problem.cycle.minimum, problem.cycle.maximum, should_stop)
        if found is not None:
            return found
        words = search.reason
    raise NoScheduleError(
        f"modulo scheduling found no period between {problem.cycle.minimum} and {problem.cycle.maximum}: {words}",
        where=f"problem {problem.name!r}",
        remedy="widen the range of the cycle, or use --solver cpsat",
    )


@dataclass
class _Round:
    """A partial schedule of one round."""

    period: int
    lines: dict[int, FoldedLine]
    start: dict[int, int] = field(default_factory=dict)
    length: dict[int, int] = field(default_factory=dict)
    mode: dict[int, int] = field(default_factory=dict)
    claims: dict[int, list[Claim]] = field(default_factory=dict)

    def edge(self, task: int, edge: int) -> int | None:
        at = self.start.get(task)
        return at if at is None or edge == 0 else at + self.length[task]


class _Search:
    def __init__(
        self, problem: Problem, layout: Layout, tried: frozenset[int], forced: list[int], keys: np.ndarray | None
    ) -> None:
        self.problem, self.layout, self.forced = problem, layout, forced
        self.tasks = [t for t in layout.plain_tasks if not layout.optional[t] or t in tried]
        self.present = set(self.tasks)
        self.holds = [h for h in range(len(layout.holds)) if self._hold_present(h)]
        ties = layout.ties
        self.lags = [
            (lag, int(ties.lag_iterations[i]))
            for i, lag in enumerate(layout.lags)
            if lag.a in self.present and lag.b in self.present
        ]
        self.lags_of: dict[int, list[int]] = {t: [] for t in self.tasks}
        for i, (lag, _) in enumerate(self.lags):
            self.lags_of[lag.a].append(i)
            if lag.b != lag.a:
                self.lags_of[lag.b].append(i)
        self.keys = keys
        self.reason = ""

    def _hold_present(self, h: int) -> bool:
        row = self.layout.holds[h]
        return row.open_task in self.present and row.close_task in self.present

    # --- periods ----------------------------------------------------------------------------------

    def over_periods(self, low: int, high: int, should_stop: Callable[[], bool] | None) -> Schedule | None:
        """Try periods from the resource bound upwards, then close in between the last failure and the success."""
        bound = self._resource_bound()
        if bound > high:
            self.reason = f"the resources alone need a period of {bound}"
            return None
        period, step, failed = max(low, bound), 1, max(low, bound) - 1
        best: Schedule | None = None
        for count in range(_MAX_PERIODS):
            if should_stop is not None and should_stop():
                return best
            found = self.at_period(period)
            if found is not None:
                best = found
                high = period - 1
            else:
                failed = period
            if best is None:
                if period >= high:
                    return None
                if count >= 8:
                    step = max(step + 1, period // 16)
                period = min(period + step, high)
            else:
                if failed >= high:
                    return best
                period = (failed + high + 1) // 2
        return best

    def _resource_bound(self) -> int:
        """Least period that gives every resource room for the work of one round."""
        layout, bound = self.layout, 1
        work: dict[int, int] = {}
        for t in self.tasks:
            rows = layout.modes[t] if self.forced[t] < 0 else layout.modes[t][self.forced[t] : self.forced[t] + 1]
            for r in {r for row in rows for r, _ in row.demands}:
                work[r] = work.get(r, 0) + min(row.duration * dict(row.demands).get(r, 0) for row in rows)
        for r, units in work.items():
            if layout.capacity[r] > 0:
                bound = max(bound, -(-units // layout.capacity[r]))
        return bound

    # --- one period -------------------------------------------------------------------------------

    def at_period(self, period: int) -> Schedule | None:
        """A schedule with this very period, or ``None`` (see ``reason``)."""
        floors = self._floors(period)
        if floors is None:
            self.reason = f"the lags contradict each other at a period of {period}"
            return None
        heights = self._heights(period)
        lines = {
            r: FoldedLine(period, self.layout.capacity[r])
            for r in range(self.layout.num_resources)
            if self.layout.kind[r] != RESERVOIR
        }
        state = _Round(period, lines)
        rank = {t: (self.keys[t], t) if self.keys is not None else (-heights[t], t) for t in self.tasks}
        heap = [(rank[t], t) for t in self.tasks]
        heapq.heapify(heap)
        last: dict[int, int] = {}
        budget = _BUDGET * len(self.tasks) + 16
        while heap:
            task = heapq.heappop(heap)[1]
            if task in state.start:
                continue
            budget -= 1
            if budget < 0:
                self.reason = f"no room for task {self.problem.tasks[task].name!r} at a period of {period}"
                return None
            choice = self._slot(state, task, floors[task])
            if choice is None:
                choice = self._force(state, task, floors[task], last.get(task))
                if choice is None:
                    self.reason = f"no room for task {self.problem.tasks[task].name!r} at a period of {period}"
                    return None
            start, length, mode = choice
            last[task] = start
            for other in self._place(state, task, start, length, mode):
                heapq.heappush(heap, (rank[other], other))
        schedule = self._schedule(state)
        report = check(self.problem, schedule)
        if not report.ok:
            self.reason = str(report.violations[0].message)
            return None
        return schedule

    def _floors(self, period: int) -> dict[int, int] | None:
        """Earliest starts by releases and lags (Bellman-Ford), ``None`` on a positive cycle."""
        layout = self.layout
        low = {t: max(0, layout.start_low[t], layout.end_low[t] - layout.most[t]) for t in self.tasks}
        end = {t: max(low[t] + layout.least[t], layout.end_low[t]) for t in self.tasks}
        for _ in range(2 * len(self.tasks) + 2):
            changed = False
            for lag, rounds in self.lags:
                at_a = low[lag.a] if lag.a_edge == 0 else end[lag.a]
                at_b = (low[lag.b] if lag.b_edge == 0 else end[lag.b]) + rounds * period
                if lag.low is not None and at_b < at_a + lag.low:
                    task, edge, bound = lag.b, lag.b_edge, at_a + lag.low - rounds * period
                elif lag.high is not None and at_a < at_b - lag.high:
                    task, edge, bound = lag.a, lag.a_edge, at_b - lag.high
                else:
                    continue
                changed = True
                if edge == 0:
                    low[task] = bound
                    end[task] = max(end[task], bound + layout.least[task])
                else:
                    end[task] = bound
                    low[task] = max(low[task], bound - layout.most[task])
            if not changed:
                late = any(low[t] > layout.start_high[t] or end[t] > layout.end_high[t] for t in self.tasks)
                return None if late else low
        return None

    def _heights(self, period: int) -> dict[int, int]:
        """Longest path from the start of a task to the end of the pattern (Rau's HeightR)."""
        layout = self.layout
        height = {t: layout.least[t] for t in self.tasks}
        for _ in range(len(self.tasks) + 1):
            changed = False
            for lag, rounds in self.lags:
                if lag.low is None:
                    continue
                gap = lag.low - rounds * period
                gap += layout.least[lag.a] if lag.a_edge == 1 else 0
                gap -= layout.most[lag.b] if lag.b_edge == 1 else 0
                if height[lag.b] + gap > height[lag.a]:
                    height[lag.a] = height[lag.b] + gap
                    changed = True
            if not changed:
                break
        return height

    # --- one task ---------------------------------------------------------------------------------

    def _window(self, state: _Round, task: int, mode: int, floor: int) -> tuple[int, int, int] | None:
        """Earliest start, latest start and length of a mode by what is placed; ``None`` if empty."""
        layout, period = self.layout, state.period
        row = layout.modes[task][mode]
        least = max(row.duration, layout.span_low[task])
        most = min(row.longest, layout.span_high[task])
        start_low, start_high = max(floor, layout.start_low[task]), layout.start_high[task]
        end_low, end_high = layout.end_low[task], layout.end_high[task]
        for i in self.lags_of[task]:
            lag, rounds = self.lags[i]
            shift = rounds * period
            if lag.a == lag.b:
                # A task against itself some rounds later: the distance is fixed, only lengths matter.
                distance = shift + (least if lag.b_edge == 1 else 0) - (least if lag.a_edge == 1 else 0)
                if (lag.low is not None and distance < lag.low) or (lag.high is not None and distance > lag.high):
                    return None
                continue
            if lag.b == task:
                at, edge = state.edge(lag.a, lag.a_edge), lag.b_edge
                low = None if at is None or lag.low is None else at + lag.low - shift
                high = None if at is None or lag.high is None else at + lag.high - shift
            else:
                at, edge = state.edge(lag.b, lag.b_edge), lag.a_edge
                low = None if at is None or lag.high is None else at + shift - lag.high
                high = None if at is None or lag.low is None else at + shift - lag.low
            if low is not None:
                start_low, end_low = (max(start_low, low), end_low) if edge == 0 else (start_low, max(end_low, low))
            if high is not None:
                start_high, end_high = (
                    (min(start_high, high), end_high) if edge == 0 else (start_high, min(end_high, high))
                )
        first = max(start_low, min(end_low - least, start_high), end_low - most, 0)
        length = max(least, min(end_low - first, most))
        if least > most or first > start_high or first + length > end_high:
            return None
        return first, min(start_high, end_high - length), length

    def _modes(self, state: _Round, task: int) -> list[int]:
        """Modes that the mode links with what is placed allow."""
        layout = self.layout
        every = range(len(layout.modes[task])) if self.forced[task] < 0 else [self.forced[task]]
        allowed = []
        for m in every:
            for i in layout.links_of.get(task, ()):
                link = self.problem.mode_links[i]
                other = link.task_b if link.task_a == task else link.task_a
                at = 0 if layout.is_hold[other] else state.mode.get(other)
                if at is None:
                    continue
                if link.task_a == task and m == link.mode_a and at not in link.modes_b:
                    break
                if link.task_b == task and at == link.mode_a and m not in link.modes_b:
                    break
            else:
                allowed.append(m)
        return allowed

    def _slot(self, state: _Round, task: int, floor: int) -> tuple[int, int, int] | None:
        """The slot within one period from the earliest start that ends first, over all modes."""
        best: tuple[int, int, int] | None = None
        for m in self._modes(state, task):
            window = self._window(state, task, m, floor)
            if window is None:
                continue
            first, latest, length = window
            latest = min(latest, first + state.period - 1)
            start: int | None = first
            while start is not None and start <= latest:
                step = self._step(state, task, m, start, length)
                if step == 0:
                    break
                start = None if step is None else start + step
            if start is None or start > latest:
                continue
            if best is None or start + length < best[0] + best[1]:
                best = (start, length, m)
        return best

    def _step(self, state: _Round, task: int, mode: int, start: int, length: int) -> int | None:
        """0 if the slot is free, else how far to go on; ``None`` if later slots are no better."""
        for r, begin, extent, amount, moves in self._claims(state, task, mode, start, length):
            step = state.lines[r].shift_needed(begin, extent, amount)
            if step is None or (step and not moves):
                return None
            if step:
                return step
        return 0 if self._levels_hold(state, task, mode, start, length) else 1

    def _claims(self, state: _Round, task: int, mode: int, start: int, length: int) -> list[Claim]:
        """What a placement takes, with the holds of which it decides an edge."""
        layout = self.layout
        row = layout.modes[task][mode]
        claims: list[Claim] = [(r, start, length, amount, True) for r, amount in row.demands] if length else []
        for h in self.holds:
            hold = layout.holds[h]
            if task not in (hold.open_task, hold.close_task):
                continue
            own = (start, start + length)
            opened = own[hold.open_edge] if hold.open_task == task else state.edge(hold.open_task, hold.open_edge)
            closed = own[hold.close_edge] if hold.close_task == task else state.edge(hold.close_task, hold.close_edge)
            if opened is not None and closed is not None and closed > opened:
                for r, amount in layout.modes[hold.task][0].demands:
                    claims.append((r, opened, closed - opened, amount, hold.open_task == task))
        # Claims of one placement on one resource at once are judged one by one in ``_step``; the sum is
        # left to the checker, for a task rarely competes with its own hold.
        return claims

    def _levels_hold(self, state: _Round, task: int, mode: int, start: int, length: int) -> bool:
        """Whether the reservoirs that are balanced with this placement keep their bounds."""
        layout, period = self.layout, state.period
        for effect in layout.modes[task][mode].effects:
            events: list[tuple[int, int]] = []
            for t in [*state.start, task]:
                at, extent, m = (start, length, mode) if t == task else (state.start[t], state.length[t], state.mode[t])
                for e in layout.modes[t][m].effects:
                    if e.reservoir == effect.reservoir:
                        events.append((at, e.start_fixed + e.start_rate * extent))
                        events.append((at + extent, e.end_fixed + e.end_rate * extent))
            if sum(delta for _, delta in events):
                continue  # to be balanced by what is placed later
            level = layout.level_initial[effect.reservoir] - sum(delta * (at // period) for at, delta in events)
            changes: dict[int, int] = {0: 0}
            for at, delta in events:
                changes[at % period] = changes.get(at % period, 0) + delta
            for phase in sorted(changes):
                level += changes[phase]
                if not layout.level_minimum[effect.reservoir] <= level <= layout.level_maximum[effect.reservoir]:
                    return False
        return True

    def _force(self, state: _Round, task: int, floor: int, before: int | None) -> tuple[int, int, int] | None:
        """A slot to be taken by pushing others out: the earliest, but later than the last time."""
        layout = self.layout
        every = range(len(layout.modes[task])) if self.forced[task] < 0 else [self.forced[task]]
        m = min(every, key=lambda k: (layout.modes[task][k].duration, k))
        row = layout.modes[task][m]
        least = max(row.duration, layout.span_low[task])
        first = max(floor, layout.start_low[task], layout.end_low[task] - least, 0)
        for i in self.lags_of[task]:
            lag, rounds = self.lags[i]
            at = state.edge(lag.a, lag.a_edge)
            if lag.b == task and lag.a != task and lag.low is not None and at is not None:
                bound = at + lag.low - rounds * state.period
                first = max(first, bound if lag.b_edge == 0 else bound - least)
        if before is not None:
            first = max(first, before + 1)
        if first > min(layout.start_high[task], layout.end_high[task] - least):
            first = max(floor, 0)
        for r, amount in row.demands:
            folds = -(-least // state.period) if least else 0
            if amount * folds > layout.capacity[r]:
                return None
        return first, least, m

    def _place(self, state: _Round, task: int, start: int, length: int, mode: int) -> list[int]:
        """Enter a placement; returns the tasks that had to give way."""
        evicted: list[int] = []

        def evict(other: int) -> None:
            for r, begin, extent, amount, _ in state.claims.pop(other):
                state.lines[r].add(begin, extent, -amount)
            del state.start[other], state.length[other], state.mode[other]
            evicted.append(other)
            for h in self.holds:  # a hold goes with either of its tasks: its claim stands with one of them
                hold = self.layout.holds[h]
                pair = {hold.open_task, hold.close_task} - {other}
                if other in (hold.open_task, hold.close_task):
                    for t in pair & state.start.keys():
                        evict(t)

        for r, begin, extent, amount, _ in self._claims(state, task, mode, start, length):
            while state.lines[r].shift_needed(begin, extent, amount) != 0:
                users = [t for t, claims in state.claims.items() if any(c[0] == r for c in claims)]
                if not users:
                    break
                overlapping = [t for t in users if self._overlaps(state, t, r, begin, extent)]
                evict(max(overlapping or users))
        at = (start, start + length)
        for i in self.lags_of[task]:
            lag, rounds = self.lags[i]
            other = lag.b if lag.a == task else lag.a
            if other == task or other not in state.start:
                continue
            a = at[lag.a_edge] if lag.a == task else state.edge(lag.a, lag.a_edge)
            b = at[lag.b_edge] if lag.b == task else state.edge(lag.b, lag.b_edge)
            assert a is not None
            assert b is not None
            distance = b + rounds * state.period - a
            if (lag.low is not None and distance < lag.low) or (lag.high is not None and distance > lag.high):
                evict(other)
        for i in self.layout.links_of.get(task, ()):
            link = self.problem.mode_links[i]
            other = link.task_b if link.task_a == task else link.task_a
            if other in state.start:
                own, its = mode, state.mode[other]
                mode_a, mode_b = (own, its) if link.task_a == task else (its, own)
                if mode_a == link.mode_a and mode_b not in link.modes_b:
                    evict(other)
        claims = self._claims(state, task, mode, start, length)
        for r, begin, extent, amount, _ in claims:
            state.lines[r].add(begin, extent, amount)
        state.claims[task] = claims
        state.start[task], state.length[task], state.mode[task] = start, length, mode
        return evicted

    @staticmethod
    def _overlaps(state: _Round, task: int, r: int, begin: int, extent: int) -> bool:
        period = state.period
        for other, low, length, _, _ in state.claims[task]:
            if other == r and ((low - begin) % period < extent or (begin - low) % period < length):
                return True
        return False

    def _schedule(self, state: _Round) -> Schedule:
        rows = [Placement(t, state.mode[t], s, s + state.length[t]) for t, s in state.start.items()]
        for h in self.holds:
            hold = self.layout.holds[h]
            opened = state.edge(hold.open_task, hold.open_edge)
            closed = state.edge(hold.close_task, hold.close_edge)
            assert opened is not None
            assert closed is not None
            rows.append(Placement(hold.task, 0, opened, closed))
        return Schedule(rows, cycle=state.period)
