"""Whether a start is legal: what the rules say about it, as far as can be known at its tick."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from schedcore.executor.decision import StartOrder
from schedcore.executor.elastic import duration_range, needed_duration
from schedcore.executor.layout import ModeRow
from schedcore.executor.objection import Objection
from schedcore.executor.presence import propagate
from schedcore.model.arrays import UNARY

if TYPE_CHECKING:
    from schedcore.executor.engine import Executor

_WAITING = 0
FAR = 1 << 62


class Legality:
    """Judges starts at the present tick of a run.  Changes nothing."""

    def __init__(self, run: Executor) -> None:
        self._run = run
        layout = self._layout = run.layout
        self._simple = [
            layout.calendar[r] is None and not layout.hold_users[r] and layout.transition[r] is None
            for r in range(layout.num_resources)
        ]
        # Tasks about which only bounds and free units have to be looked at.
        self._plain = [
            not (
                layout.network_lags[t]
                or t in layout.opens
                or t in layout.closes
                or t in layout.selections_of
                or t in layout.links_of
                or layout.optional[t]
            )
            for t in range(layout.num_tasks)
        ]

        # Tasks that a full resource alone keeps from starting, whatever else changes.
        self.parkable = [
            plain and len(rows) == 1 and not rows[0].effects and 0 < rows[0].duration == rows[0].longest
            for plain, rows in zip(self._plain, layout.modes, strict=True)
        ]

    def blocks(self, task: int, mode: int) -> bool:
        """Whether a ready task may not start (with the default duration); the fast way to ask."""
        row = self._layout.modes[task][mode]
        run = self._run
        if row.duration:
            for r, amount in row.demands:
                if run.limit[r] is None and run.used[r] + amount > self._layout.capacity[r]:
                    # A hold that the task itself closes may be what is in the way; then look closer.
                    if task in self._layout.closes:
                        break
                    return True
        if self._plain[task] and not row.effects and row.duration == row.longest:
            latest = run.windows.latest_end[task]
            if run.now + row.duration > latest or run.now < run.end_low[task] - row.duration:
                return True
            for r, _ in row.demands:
                if not self._simple[r] or run.limit[r] is not None:
                    break
            else:
                return False
        return self.objection(StartOrder(task, mode)) is not None

    def resolve(self, order: StartOrder, together: Sequence[StartOrder] = ()) -> StartOrder:
        """``order`` with a duration."""
        if order.duration is not None or not (0 <= order.task < self._layout.num_tasks):
            return order
        rows = self._layout.modes[order.task]
        if not 0 <= order.mode < len(rows):
            return order
        row = rows[order.mode]
        if row.duration == row.longest:
            return StartOrder(order.task, order.mode, row.duration)
        return StartOrder(order.task, order.mode, needed_duration(self._run, order.task, row))

    def objection(self, order: StartOrder, together: Sequence[StartOrder] = ()) -> Objection | None:
        """The first rule that starting ``order`` now would break.

        ``together`` are the starts of the same decision that are still to come: they count for the
        net levels of reservoirs.
        """
        order = self.resolve(order)
        t, m, duration = order
        found = self._standing(t, m)
        if found is not None:
            return found
        row = self._layout.modes[t][m]
        assert duration is not None
        return (
            self._timing(t, row, duration)
            or self._relations(t, m, duration)
            or self._resources(t, row, duration)
            or self._reservoirs(order, [self.resolve(o) for o in together if o.task != t])
        )

    # --- the parts --------------------------------------------------------------------------------

    def _standing(self, t: int, m: int) -> Objection | None:
        run, layout = self._run, self._layout
        if not 0 <= t < layout.num_tasks:
            return Objection("UNKNOWN_TASK", f"there is no task {t}, there are {layout.num_tasks}")
        if not 0 <= m < len(layout.modes[t]):
            return Objection("UNKNOWN_MODE", f"there is no mode {m}, the task has {len(layout.modes[t])}")
        if layout.is_hold[t]:
            return Objection("DUPLICATE_TASK", "a hold is opened and closed by the tasks that it is tied to")
        if run.status[t] in (1, 2):
            return Objection("DUPLICATE_TASK", f"it has started at {run.start[t]}")
        if run.status[t] != _WAITING:
            return Objection("UNKNOWN_TASK", "it has been cancelled")
        if run.hidden[t]:
            return Objection("RELEASE", "it has not arrived yet")
        if t in run.excluded:
            return Objection("SELECTION", "a selection demands that it stays absent")
        return None

    def _timing(self, t: int, row: ModeRow, duration: int) -> Objection | None:
        run, layout = self._run, self._layout
        now = run.now
        least, most = duration_range(layout, t, row)
        if not least <= duration <= most:
            return Objection("DURATION", f"duration {duration} is outside [{least}, {most}]")
        if now < layout.start_low[t] or now + duration < layout.end_low[t]:
            bound = max(layout.start_low[t], layout.end_low[t] - duration)
            return Objection("RELEASE", f"it is released at {bound}")
        if run.unmet[t]:
            for i in layout.waits_into[t]:
                if run.counted[i]:
                    return Objection("LAG_MIN", f"{layout.lag_words(layout.lags[i])} is not decided yet", i)
        if now < run.start_low[t]:
            return Objection("LAG_MIN", f"lags allow it from {run.start_low[t]} on")
        if run.enforce_deadlines:
            if now > layout.start_high[t]:
                return Objection("DEADLINE", f"it had to start by {layout.start_high[t]}")
            if now + duration > run.windows.latest_end[t]:
                if now + duration > layout.end_high[t]:
                    horizon = layout.problem.horizon
                    code = "HORIZON" if horizon is not None and now + duration > horizon else "DEADLINE"
                    return Objection(code, f"it would end at {now + duration}, the limit is {layout.end_high[t]}")
                return Objection(
                    "DEADLINE",
                    f"it would end at {now + duration}; what must follow needs it by {run.windows.latest_end[t]}",
                )
        for i in layout.waits[t]:  # only an optional task can find its follower started
            lag = layout.lags[i]
            at = run.edge_time(lag.b, 0)
            edge = now if lag.a_edge == 0 else now + duration
            if at is not None and lag.low is not None and at < edge + lag.low:
                return Objection("LAG_MIN", f"{layout.lag_words(lag)} would be broken", lag.id)
        if layout.network_lags[t]:
            return run.windows.objection(run, t, duration)
        return None

    def _relations(self, t: int, m: int, duration: int) -> Objection | None:
        run, layout = self._run, self._layout
        if t in layout.selections_of and not run.is_required(t):
            present = {u for u in layout.selections_of if run.is_required(u)} | {t}
            absent = {u for u in layout.selections_of if run.status[u] == 3} | run.excluded
            broken = propagate(layout.problem.selections, present, absent)
            if broken is not None:
                return Objection("SELECTION", f"{broken.kind.value} of tasks {broken.tasks} would be broken")
        for i in layout.links_of.get(t, ()):
            link = layout.problem.mode_links[i]
            other = link.task_b if link.task_a == t else link.task_a
            name = layout.problem.tasks[other].name
            if run.status[other] in (1, 2) or layout.is_hold[other]:
                mode = 0 if layout.is_hold[other] else run.mode[other]  # a hold will follow in its only mode
                if link.task_a == t and m == link.mode_a and mode not in link.modes_b:
                    return Objection("MODE_LINK", f"{name!r} runs in mode {mode}, mode {m} needs {link.modes_b}")
                if link.task_b == t and mode == link.mode_a and m not in link.modes_b:
                    return Objection("MODE_LINK", f"{name!r} runs in mode {mode}, which needs {link.modes_b} here")
            elif run.status[other] == _WAITING and run.is_required(other) and not self._modes_left(other, t, m):
                return Objection("MODE_LINK", f"{name!r} would have no mode left")
        return None

    def _modes_left(self, u: int, t: int, m: int) -> bool:
        """Whether required task ``u`` keeps a mode if ``t`` runs in mode ``m``."""
        run, layout = self._run, self._layout

        def mode_of(x: int) -> int | None:
            if x == t:
                return m
            return run.mode[x] if run.status[x] in (1, 2) else None

        for mode in range(len(layout.modes[u])):
            for i in layout.links_of[u]:
                link = layout.problem.mode_links[i]
                if link.task_b == u and mode_of(link.task_a) == link.mode_a and mode not in link.modes_b:
                    break
                other = mode_of(link.task_b) if link.task_a == u else None
                if link.task_a == u and mode == link.mode_a and other is not None and other not in link.modes_b:
                    break
            else:
                return True
        return False

    def setups_done(self, t: int, row: ModeRow) -> int:
        """The tick from which on all setups for a mode can be done, ``FAR`` if one is forbidden."""
        run, layout = self._run, self._layout
        tick = 0
        for r, _ in row.demands:
            matrix = layout.transition[r]
            if matrix is None:
                continue
            last = run.last[r]
            if last < 0:
                initial = layout.initial_state[r]
                ticks, begin = (0, 0) if initial is None else (matrix[initial][layout.state_before[t]], 0)
            else:
                ticks, begin = matrix[layout.state_after[last]][layout.state_before[t]], run.expected_end(last)
            if ticks is None:
                return FAR
            tick = max(tick, begin + ticks)
        return tick

    def _resources(self, t: int, row: ModeRow, duration: int) -> Objection | None:
        run, layout = self._run, self._layout
        names = layout.problem.resources
        special = t in layout.opens or t in layout.closes
        if not special and duration:
            for r, amount in row.demands:
                if layout.calendar[r] is None and not layout.hold_users[r]:
                    units = layout.capacity[r]
                    limit = run.limit[r]
                    if run.used[r] + amount > (units if limit is None else min(units, limit)):
                        return self._shortage(r, amount, run.used[r])
                else:
                    found = self._claims(r, t, [(run.now, run.now + duration, run.now + duration, amount)], {})
                    if found is not None:
                        return found
        elif special:
            found = self._with_holds(t, row, duration)
            if found is not None:
                return found
        if layout.has_setups and duration:
            tick = self.setups_done(t, row)
            if tick > run.now:
                r = next(r for r, _ in row.demands if layout.transition[r] is not None)
                if tick == FAR:
                    return Objection("SETUP", f"the sequence is forbidden on {names[r].name!r}", resource=r)
                return Objection("SETUP", f"the setup on {names[r].name!r} lasts until {tick}", resource=r)
        return None

    def _with_holds(self, t: int, row: ModeRow, duration: int) -> Objection | None:
        """Resources of a task that opens or closes holds: everything that it claims, judged together."""
        run, layout = self._run, self._layout
        now, end = run.now, run.now + duration
        closing = {h: (now, end)[layout.holds[h].close_edge] for h in layout.closes.get(t, ())}
        claims: dict[int, list[tuple[int, int, int, int]]] = {}
        if duration:
            for r, amount in row.demands:
                claims.setdefault(r, []).append((now, end, end, amount))
        for h in layout.opens.get(t, ()):
            hold = layout.holds[h]
            opened = (now, end)[hold.open_edge]
            if h in closing:
                closed, certain = closing[h], closing[h]
            else:
                known = run.edge_time(hold.close_task, hold.close_edge)
                closed = FAR if known is None else known
                certain = opened + max(1, layout.modes[hold.task][0].duration) if known is None else known
            if closed > opened:
                for r, amount in layout.modes[hold.task][0].demands:
                    claims.setdefault(r, []).append((opened, closed, certain, amount))
        for r, own in claims.items():
            found = self._claims(r, t, own, closing)
            if found is not None:
                return found
        return None

    def _claims(
        self, r: int, t: int, claims: list[tuple[int, int, int, int]], closing: dict[int, int]
    ) -> Objection | None:
        """Whether resource ``r`` carries ``claims``: (from, until, until for calendars, units).

        ``closing`` says when holds that the start closes will end.
        """
        run, layout = self._run, self._layout
        begin = min(c[0] for c in claims)
        until = max(c[2] for c in claims)
        points = {c[0] for c in claims}
        calendar = layout.calendar[r]
        if calendar is not None:
            points.update(tick for tick, _ in calendar if begin < tick < until)
        for h, _ in layout.hold_users[r]:
            if run.hold_open[h]:
                opened = run.hold_interval(h)[0]
                if opened > begin:
                    points.add(opened)
        for tick in sorted(points):
            need = sum(units for a, b, _, units in claims if a <= tick < b)
            used = run.usage_at(r, tick, tuple(h for h, at in closing.items() if at <= tick))
            if need and used + need > run.capacity_at(r, tick):
                return self._shortage(r, need, used, tick)
        return None

    def _shortage(self, r: int, need: int, used: int, tick: int | None = None) -> Objection:
        run, layout = self._run, self._layout
        name = layout.problem.resources[r].name
        at = run.now if tick is None else tick
        if used + need <= layout.capacity[r] and run.limit[r] is None:
            return Objection("CALENDAR", f"{name!r} has {run.capacity_at(r, at)} units at {at}", resource=r)
        holders = [layout.problem.tasks[u].name for u in run.on[r]]
        holders += [
            layout.problem.tasks[layout.holds[h].task].name for h, _ in layout.hold_users[r] if run.hold_open[h]
        ]
        by = ", ".join(repr(n) for n in holders[:4]) or "nobody"
        if layout.kind[r] == UNARY and run.limit[r] is None:
            return Objection("OVERLAP", f"{name!r} is taken at {at} by {by}", resource=r)
        free = run.capacity_at(r, at) - used
        return Objection(
            "CAPACITY", f"{name!r} has {free} free units at {at}, {need} are needed (used by {by})", None, r
        )

    # --- reservoirs -------------------------------------------------------------------------------

    def changes(self, t: int, m: int, duration: int) -> dict[int, tuple[int, int]]:
        """Changes of reservoirs at start and end of a task, with those of the holds that it opens and closes."""
        run, layout = self._run, self._layout
        sums: dict[int, list[int]] = {}
        for e in layout.modes[t][m].effects:
            pair = sums.setdefault(e.reservoir, [0, 0])
            pair[0] += e.start_fixed + e.start_rate * duration
            pair[1] += e.end_fixed + e.end_rate * duration
        for h in layout.opens.get(t, ()):
            hold = layout.holds[h]
            for e in layout.modes[hold.task][0].effects:
                sums.setdefault(e.reservoir, [0, 0])[hold.open_edge] += e.start_fixed
        for h in layout.closes.get(t, ()):
            hold = layout.holds[h]
            at = (run.now, run.now + duration)
            if hold.open_task == t:
                length = at[hold.close_edge] - at[hold.open_edge]
            else:
                opened = run.edge_time(hold.open_task, hold.open_edge)
                length = 0 if opened is None else at[hold.close_edge] - opened
            for e in layout.modes[hold.task][0].effects:
                change = e.end_fixed + (e.end_rate + e.start_rate) * length
                sums.setdefault(e.reservoir, [0, 0])[hold.close_edge] += change
        return {r: (a, b) for r, (a, b) in sums.items()}

    def _reservoirs(self, order: StartOrder, together: Sequence[StartOrder]) -> Objection | None:
        run, layout = self._run, self._layout
        assert order.duration is not None
        own = self.changes(order.task, order.mode, order.duration)
        if not own:
            return None
        others = [
            (o.duration, self.changes(o.task, o.mode, o.duration))
            for o in together
            if o.duration is not None and 0 <= o.task < layout.num_tasks and self._standing(o.task, o.mode) is None
        ]
        for r, (at_start, at_end) in own.items():
            base: dict[int, int] = {run.now: run.level[r]}
            for u, delta in run.coming[r].items():
                tick = run.expected_end(u)
                base[tick] = base.get(tick, 0) + delta
            new: dict[int, int] = {run.now: at_start}
            new[run.now + order.duration] = new.get(run.now + order.duration, 0) + at_end
            for duration, changes in others:
                if r in changes:
                    new[run.now] += changes[r][0]
                    new[run.now + duration] = new.get(run.now + duration, 0) + changes[r][1]
            without = level = 0
            low, high = layout.level_minimum[r], layout.level_maximum[r]
            for tick in sorted(base.keys() | new.keys()):
                without += base.get(tick, 0)
                level += base.get(tick, 0) + new.get(tick, 0)
                # What is out of bounds anyway (after a disruption) is not this start's fault.
                if (level < low and level < without) or (level > high and level > without):
                    code = "RESERVOIR_LOW" if level < low else "RESERVOIR_HIGH"
                    name = layout.problem.resources[r].name
                    return Objection(
                        code, f"{name!r} would be at {level} at {tick}, allowed are {low} to {high}", resource=r
                    )
        return None
