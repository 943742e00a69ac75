"""The executor: an event-driven run of one problem, decision by decision."""

from __future__ import annotations

import heapq

from schedcore.errors import IllegalDecisionError, NoDecisionError, NoScheduleError, UnsupportedFeatureError
from schedcore.executor.decision import Decision, Start, StartOrder, WaitEvent, WaitUntil
from schedcore.executor.legality import Legality
from schedcore.executor.objection import Objection
from schedcore.executor.presence import propagate
from schedcore.executor.progress import CANCELLED, FAR, FINISHED, RUNNING, WAITING, Attempt, Progress
from schedcore.executor.realisation import Arrival, CapacityStep, Disruption, Nominal, Realisation
from schedcore.executor.state import Candidate, State
from schedcore.executor.temporal import Windows
from schedcore.model import Problem, StepProfile, Tick


class Executor(Progress):
    """One run, step by step: look at ``state``, call ``apply`` with a decision, until ``done``.

    Parameters
    ----------
    problem
        Not cyclic.
    realisation
        What really happens; ``None``: what is planned.
    enforce_deadlines
        Refuse starts that break a deadline or the horizon (also of tasks that must follow).

    Raises
    ------
    UnsupportedFeatureError
        If the problem is cyclic.
    """

    def __init__(
        self, problem: Problem, *, realisation: Realisation | None = None, enforce_deadlines: bool = True
    ) -> None:
        if problem.cycle is not None:
            raise UnsupportedFeatureError.of(
                "the executor", ("cyclic",), remedy="unroll the problem, or use --solver sgs or cpsat"
            )
        super().__init__(problem)
        self.enforce_deadlines = enforce_deadlines
        self.windows = Windows(self.layout, enforce_deadlines)
        self.legality = Legality(self)
        self.state = State(self)
        self.reset(realisation)

    # --- the run ----------------------------------------------------------------------------------

    def reset(self, realisation: Realisation | None = None) -> None:
        """Begin a new run; the tables of the problem are kept, so this is much cheaper than a new executor."""
        layout = self.layout
        self._begin(Nominal() if realisation is None else realisation)
        for disruption in self._disruptions:
            if isinstance(disruption, Arrival):
                self.hidden[disruption.task] = True
        if self.problem.selections:
            self._conclude_presence()
        for t in layout.plain_tasks:
            if self.is_required(t):
                self._hold_back(t)
        for t in layout.plain_tasks:
            if self.unmet[t] == 0:
                self._push_ready(t)
        while self._disruptions and self._disruptions[-1].tick <= 0:
            self._disrupt(self._disruptions.pop())
        self._settle()
        self._end_if_complete()

    def apply(self, decision: Decision) -> None:
        """Carry out ``decision``; time moves on if it is a wait.

        Raises
        ------
        IllegalDecisionError
            If a start is not legal, or a wait does not lie ahead; nothing has changed then.
        NoDecisionError
            If ``decision`` is something else.
        NoScheduleError
            If the run has reached a dead end (a lag, deadline or calendar that can no longer be met)
            or a deadlock (nothing will happen any more, mandatory tasks wait).
        """
        if self.done:
            raise IllegalDecisionError("the run has ended", where="decision", remedy="reset the executor")
        if isinstance(decision, Start):
            self._start_all(decision.orders)
        elif isinstance(decision, WaitEvent):
            tick = self._next_event()
            if tick is None:
                self._finish()
                return
            self._advance(tick)
        elif isinstance(decision, WaitUntil):
            if decision.tick <= self.now:
                raise IllegalDecisionError(
                    f"wait until {decision.tick}, it is {self.now}", where="decision", remedy="wait for a later tick"
                )
            while not self.done and self.now < decision.tick:
                tick = self._next_event()
                self._advance(decision.tick if tick is None else min(tick, decision.tick))
        else:
            raise NoDecisionError(
                f"the policy returned {decision!r}, which is no decision",
                where="decision",
                remedy="return Start, WaitUntil or WaitEvent",
            )
        self._end_if_complete()

    # --- candidates ---------------------------------------------------------------------------------

    def candidates(self) -> tuple[Candidate, ...]:
        """Legal starts, computed when first asked for at this stage of the run."""
        if self._candidates_at != self._version:
            found = []
            blocks, park = self.legality.blocks, self.legality.parkable
            modes, used, capacity = self.layout.modes, self.used, self.layout.capacity
            for t in () if self.done else sorted(self._scan):
                rows = modes[t]
                if park[t]:
                    for r, amount in rows[0].demands:
                        if used[r] + amount > capacity[r]:
                            self._parked[r].append(t)
                            self._scan.discard(t)
                            break
                    else:
                        if not blocks(t, 0):
                            found.append(Candidate(t, 0))
                    continue
                for m in range(len(rows)):
                    if not blocks(t, m):
                        found.append(Candidate(t, m))
            self._candidates = tuple(found)
            self._candidates_at = self._version
        return self._candidates

    def objection(self, task: int, mode: int = 0, duration: Tick | None = None) -> Objection | None:
        """Why a start is not legal now."""
        return self.legality.objection(StartOrder(task, mode, duration))

    def next_expected_event(self) -> Tick | None:
        """Next tick at which something is expected, without looking at outcomes that are still hidden."""
        ticks = [self.expected_end(t) for _, t, k in self._ends if self.status[t] == RUNNING and self.tries[t] == k]
        return self._earliest(min(ticks, default=FAR), foresee=False)

    # --- starting ---------------------------------------------------------------------------------

    def _start_all(self, orders: tuple[StartOrder, ...]) -> None:
        if len(orders) == 1:
            order = self.legality.resolve(orders[0])
            judged = self._candidates_at == self._version and orders[0].duration is None
            if not (judged and orders[0][:2] in self._candidates):
                objection = self.legality.objection(order)
                if objection is not None:
                    raise self._illegal(order, objection)
            self._start(order)
            self._settle()
            return
        before = self.snapshot()
        pending = list(orders)
        while pending:
            objection = None
            for order in pending:
                found = self.legality.objection(order, together=pending)
                if found is None:
                    self._start(self.legality.resolve(order))
                    pending.remove(order)
                    break
                objection = objection or found
            else:
                self.restore(before)
                assert objection is not None
                raise self._illegal(pending[0], objection)
        self._settle()

    def _illegal(self, order: StartOrder, objection: Objection) -> IllegalDecisionError:
        tasks = self.problem.tasks
        name = repr(tasks[order.task].name) if 0 <= order.task < len(tasks) else str(order.task)
        return IllegalDecisionError(
            f"{objection.code}: {objection.words}",
            where=f"start of task {name} in mode {order.mode} at tick {self.now}",
            remedy="start what state.candidates lists",
        )

    def _start(self, order: StartOrder) -> None:
        """Start a task that has been found legal."""
        layout, now = self.layout, self.now
        t, m, duration = order
        assert duration is not None
        row = layout.modes[t][m]
        actual = self.realisation.duration_of(t, m, self.tries[t], duration)
        self.status[t], self.mode[t], self.start[t], self.end[t] = RUNNING, m, now, now + duration
        self.planned[t] = duration
        self._unready(t)
        self._running += 1
        self._left -= 1
        if duration > 0 or actual > 0:
            for r, amount in row.demands:
                self.on[r][t] = amount
                self.used[r] += amount
                if layout.kind[r] == 0:
                    self.last[r] = t
        if row.effects or t in layout.opens or t in layout.closes:
            for r, (_, at_end) in self.legality.changes(t, m, duration).items():
                if at_end:
                    self.coming[r][t] = at_end
        for effect in row.effects:
            self.level[effect.reservoir] += effect.start_fixed + effect.start_rate * duration
        for h in layout.opens.get(t, ()):
            self.hold_open[h] = True
        self._turn_holds(t, 0)
        if layout.optional[t] and t not in self.required:
            self.required.add(t)
            self._hold_back(t)
        if t in layout.selections_of:
            self._conclude_presence()
        for i in layout.waits[t]:
            lag = layout.lags[i]
            assert lag.low is not None
            if lag.a_edge == 0:
                self._let_go(i, now + lag.low)
            elif lag.low < 0:
                self._let_go(i, now + duration + lag.low)
        heapq.heappush(self._ends, (now + actual, t, self.tries[t]))
        self._version += 1

    def _settle(self) -> None:
        """Complete what ends at this very tick (work of no length) and take in what became ready."""
        while True:
            if self._ends and self._ends[0][0] <= self.now:
                _, t, k = heapq.heappop(self._ends)
                if self.status[t] == RUNNING and self.tries[t] == k:
                    self._complete(t)
            elif self._ready_heap and self._ready_heap[0][0] <= self.now:
                t = heapq.heappop(self._ready_heap)[1]
                if self.status[t] == WAITING and self.unmet[t] == 0 and not self.hidden[t] and t not in self.excluded:
                    self.ready.add(t)
                    self._scan.add(t)
                    self._version += 1
            else:
                return

    # --- completion -------------------------------------------------------------------------------

    def _complete(self, t: int) -> None:
        k, m = self.tries[t], self.mode[t]
        good = self.realisation.succeeds(t, m, k)
        self.attempts.append(Attempt(t, m, self.start[t], self.now, k, "done" if good else "failed"))
        if not good:
            self._undo(t)
            return
        layout = self.layout
        self.status[t], self.end[t] = FINISHED, self.now
        self._leave(t)
        length = self.now - self.start[t]
        for effect in layout.modes[t][m].effects:
            # Rates follow the actual duration; what was booked at the start went by the planned one.
            self.level[effect.reservoir] += (
                effect.end_fixed + effect.end_rate * length + effect.start_rate * (length - self.planned[t])
            )
        for coming in self.coming if layout.has_effects else ():
            coming.pop(t, None)
        self._turn_holds(t, 1)
        for i in layout.waits[t]:
            lag = layout.lags[i]
            assert lag.low is not None
            if lag.a_edge == 1 and lag.low >= 0:
                self._let_go(i, self.now + lag.low)
        self._version += 1

    def _leave(self, t: int) -> None:
        """Give the resources of a task back."""
        self._running -= 1
        for r, amount in self.layout.modes[t][self.mode[t]].demands:
            if self.on[r].pop(t, None) is not None:
                self.used[r] -= amount
                if self._parked[r]:
                    self._scan.update(u for u in self._parked[r] if u in self.ready)
                    self._parked[r] = []

    def _unready(self, t: int) -> None:
        self.ready.discard(t)
        self._scan.discard(t)

    def _undo(self, t: int) -> None:
        """An attempt came to nothing: its effects are taken back, the task waits for another one."""
        layout, m = self.layout, self.mode[t]
        self._leave(t)
        self.status[t], self.end[t] = WAITING, self.now
        self.tries[t] += 1
        self._left += 1
        for effect in layout.modes[t][m].effects:
            self.level[effect.reservoir] -= effect.start_fixed + effect.start_rate * self.planned[t]
        for coming in self.coming if layout.has_effects else ():
            coming.pop(t, None)
        self.deadline_pointer = 0
        for h in layout.opens.get(t, ()):
            self.hold_open[h] = False
            if layout.holds[h].open_edge == 0:
                self._undo_hold(h)
        for h in layout.closes.get(t, ()):
            if layout.holds[h].close_edge == 0:
                self._reopen_hold(h)
        for i in layout.waits[t]:
            lag = layout.lags[i]
            assert lag.low is not None
            if (lag.a_edge == 0 or lag.low < 0) and self.status[lag.b] == WAITING:
                self.counted[i] = 1
                self.unmet[lag.b] += 1
                self._unready(lag.b)
        self._push_ready(t)
        self._version += 1

    def _hold_back(self, t: int) -> None:
        """``t`` will be present: what waits for it has to wait."""
        for i in self.layout.waits[t]:
            b = self.layout.lags[i].b
            if not self.counted[i] and self.status[b] == WAITING:
                self.counted[i] = 1
                self.unmet[b] += 1
                self._unready(b)

    def _let_go(self, i: int, start_low: int | None) -> None:
        """The waiting lag ``i`` is decided (or its first task is gone): its second task need not wait for it."""
        b = self.layout.lags[i].b
        if start_low is not None and start_low > self.start_low[b]:
            self.start_low[b] = start_low
        if self.counted[i]:
            self.counted[i] = 0
            self.unmet[b] -= 1
            if self.unmet[b] == 0 and self.status[b] == WAITING:
                self._push_ready(b)

    def _push_ready(self, t: int) -> None:
        """Let ``t`` become ready when its bounds allow it, and look again where another mode allows more."""
        low, end_low = max(0, self.start_low[t]), self.end_low[t]
        ticks = {max(low, end_low - row.longest) for row in self.layout.modes[t]}
        ticks |= {max(low, end_low - row.duration) for row in self.layout.modes[t]} if end_low > low else set()
        for tick in ticks:
            heapq.heappush(self._ready_heap, (tick, t))

    def _conclude_presence(self) -> None:
        """Draw the conclusions of the selections from what has started, must run, or is gone."""
        layout, problem = self.layout, self.problem
        present = {t for t in layout.selections_of if self.is_required(t)}
        absent = {t for t in layout.selections_of if self.status[t] == CANCELLED} | self.excluded
        broken = propagate(problem.selections, present, absent)
        if broken is not None:
            names = ", ".join(repr(problem.tasks[t].name) for t in broken.tasks)
            raise NoScheduleError(
                f"the selection {broken.kind.value} of {names} cannot be kept",
                where=f"tick {self.now}",
                remedy="check which of the tasks are mandatory or cancelled",
            )
        for t in sorted(present):
            if layout.optional[t] and t not in self.required:
                self.required.add(t)
                self._hold_back(t)
        for t in sorted(absent - self.excluded):
            if self.status[t] == WAITING:
                self._exclude(t)

    def _exclude(self, t: int) -> None:
        """``t`` stays absent."""
        self.excluded.add(t)
        self._unready(t)
        for i in self.layout.waits[t]:
            self._let_go(i, None)

    # --- holds ------------------------------------------------------------------------------------

    def _turn_holds(self, t: int, edge: int) -> None:
        """Open and close the holds that are tied to an edge of ``t``, which is now."""
        layout = self.layout
        for h in layout.opens.get(t, ()):
            if layout.holds[h].open_edge == edge:
                self._open_hold(h)
                if self.hold_closed[h]:  # its closing edge came first at this tick
                    self._close_hold(h)
        for h in layout.closes.get(t, ()):
            if layout.holds[h].close_edge == edge:
                self.hold_closed[h] = True
                if self.status[layout.holds[h].task] == RUNNING:
                    self._close_hold(h)

    def _open_hold(self, h: int) -> None:
        t = self.layout.holds[h].task
        self.status[t], self.mode[t], self.start[t], self.end[t] = RUNNING, 0, self.now, FAR
        row = self.layout.modes[t][0]
        for effect in row.effects:
            self.level[effect.reservoir] += effect.start_fixed
        for r, _ in row.demands:
            if self.layout.kind[r] == 0:
                self.last[r] = t

    def _close_hold(self, h: int) -> None:
        t = self.layout.holds[h].task
        self.status[t], self.end[t] = FINISHED, self.now
        length = self.now - self.start[t]
        row = self.layout.modes[t][0]
        for effect in row.effects:
            rate = effect.start_rate + effect.end_rate
            self.level[effect.reservoir] += effect.end_fixed + rate * length
        for r, amount in row.demands:
            points = self.layout.calendar[r]
            if points is not None and length and StepProfile(points).minimum_on(self.start[t], self.now) < amount:
                raise NoScheduleError(
                    f"CALENDAR: hold {self.problem.tasks[t].name!r} lasts from {self.start[t]} to {self.now}, "
                    f"{self.problem.resources[r].name!r} closes in between",
                    where=f"tick {self.now}",
                    remedy="use a policy or solver that looks ahead",
                )

    def _undo_hold(self, h: int) -> None:
        t = self.layout.holds[h].task
        self.status[t] = WAITING
        for effect in self.layout.modes[t][0].effects:
            self.level[effect.reservoir] -= effect.start_fixed

    def _reopen_hold(self, h: int) -> None:
        """The task whose start closed the hold came to nothing: the hold goes on, if it can."""
        self.hold_closed[h] = False
        t = self.layout.holds[h].task
        if self.status[t] == FINISHED:
            length = self.end[t] - self.start[t]
            for effect in self.layout.modes[t][0].effects:
                rate = effect.start_rate + effect.end_rate
                self.level[effect.reservoir] -= effect.end_fixed + rate * length
            self.status[t], self.end[t] = RUNNING, FAR

    # --- time -------------------------------------------------------------------------------------

    def _next_event(self) -> Tick | None:
        """The next tick at which something really happens."""
        tick = FAR
        while self._ends:
            end, t, k = self._ends[0]
            if self.status[t] == RUNNING and self.tries[t] == k:
                tick = end
                break
            heapq.heappop(self._ends)
        return self._earliest(tick, foresee=True)

    def _earliest(self, tick: Tick, *, foresee: bool) -> Tick | None:
        """The earliest of ``tick`` and all other coming events (disruptions only if ``foresee``)."""
        if self._ready_heap:
            tick = min(tick, self._ready_heap[0][0])
        if self._calendar_heap:
            tick = min(tick, self._calendar_heap[0][0])
        if foresee and self._disruptions:
            tick = min(tick, max(self.now + 1, self._disruptions[-1].tick))
        if self.layout.has_setups:
            for t in self.ready:
                for row in self.layout.modes[t]:
                    at = self.legality.setups_done(t, row)
                    if self.now < at < tick:
                        tick = at
        return None if tick >= FAR else max(tick, self.now + 1)

    def _advance(self, tick: Tick) -> None:
        self._refuse_dead_end(tick)
        self.now = tick
        self._version += 1
        while self._ends and self._ends[0][0] <= tick:
            _, t, k = heapq.heappop(self._ends)
            if self.status[t] == RUNNING and self.tries[t] == k:
                self._complete(t)
        while self._calendar_heap and self._calendar_heap[0][0] <= tick:
            _, r, i = heapq.heappop(self._calendar_heap)
            points = self.layout.calendar[r]
            if points is not None and i + 1 < len(points):
                heapq.heappush(self._calendar_heap, (points[i + 1][0], r, i + 1))
        while self._disruptions and self._disruptions[-1].tick <= tick:
            self._disrupt(self._disruptions.pop())
        self._settle()

    def _disrupt(self, disruption: Disruption) -> None:
        self._version += 1
        if isinstance(disruption, Arrival):
            t = disruption.task
            self.hidden[t] = False
            if self.unmet[t] == 0 and self.status[t] == WAITING:
                self._push_ready(t)
        elif isinstance(disruption, CapacityStep):
            self.limit[disruption.resource] = disruption.capacity
            if disruption.running == "abort":
                self._abort_excess(disruption.resource)
        else:
            self._cancel(disruption.task)

    def _abort_excess(self, r: int) -> None:
        while self.on[r] and self.usage_at(r, self.now) > self.capacity_at(r, self.now):
            self._abort(max(self.on[r], key=lambda t: (self.start[t], t)))

    def _abort(self, t: int) -> None:
        self.attempts.append(Attempt(t, self.mode[t], self.start[t], self.now, self.tries[t], "aborted"))
        self._undo(t)

    def _cancel(self, t: int) -> None:
        if self.status[t] == RUNNING:
            self._abort(t)
        if self.status[t] != WAITING:
            return
        self.status[t] = CANCELLED
        self.excluded.discard(t)
        self._unready(t)
        self._left -= 1
        for i in self.layout.waits[t]:
            self._let_go(i, None)
        if t in self.layout.selections_of:
            self._conclude_presence()

    # --- the end ----------------------------------------------------------------------------------

    def _end_if_complete(self) -> None:
        if self._running == 0 and self._left == len(self.excluded):
            self._finish()

    def _finish(self) -> None:
        """End the run, or say why it cannot end well."""
        stuck = [t for t in self.layout.plain_tasks if self.status[t] == WAITING and self.is_required(t)]
        if stuck:
            raise self._deadlock(stuck)
        for selection in self.problem.selections:
            absent = {t for t in selection.tasks if self.status[t] not in (RUNNING, FINISHED)}
            if propagate((selection,), set(selection.tasks) - absent, absent) is not None:
                names = ", ".join(repr(self.problem.tasks[t].name) for t in selection.tasks)
                raise NoScheduleError(
                    f"SELECTION: {selection.kind.value} of {names} is broken at the end of the run",
                    where=f"tick {self.now}",
                    remedy="let the policy start more of the optional tasks",
                )
        for hold in self.layout.holds:
            if self.status[hold.task] == RUNNING:  # optional, and what would close it was left out
                self.status[hold.task] = CANCELLED
        self.done = True
        self._version += 1

    def _deadlock(self, stuck: list[int]) -> NoScheduleError:
        reasons = []
        for t in stuck[:5]:
            found = [self.objection(t, m) for m in range(len(self.layout.modes[t]))]
            words = next((f"{o.code}: {o.words}" for o in found if o is not None), "the policy did not start it")
            reasons.append(f"task {self.problem.tasks[t].name!r} ({words})")
        more = "" if len(stuck) <= 5 else f" and {len(stuck) - 5} more"
        return NoScheduleError(
            f"deadlock: nothing will happen any more, but {'; '.join(reasons)}{more} cannot start",
            where=f"tick {self.now}",
            remedy="use another rule, serial SGS with repairs, or CP-SAT",
        )

    def _refuse_dead_end(self, tick: Tick) -> None:
        """Raise if waiting until ``tick`` breaks a lag, deadline or horizon that binds."""
        found = self.windows.dead_end(self, tick)
        if found is not None:
            task, words = found
            raise NoScheduleError(
                f"dead end: task {self.problem.tasks[task].name!r} has to start before {tick}: {words}",
                where=f"tick {self.now}",
                remedy="use another rule, serial SGS with repairs, or CP-SAT",
            )
