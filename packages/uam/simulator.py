"""The day simulator, written to be read.  :mod:`uam.compiled` does the same faster; tests hold the two equal.

At one instant things happen in this order: chargers become free, aircraft land, aircraft decide; within each
kind by number of the aircraft.

- A flight leaves its place at the decision.  Passengers (as many as seats and as are there), fare, corridor headway
  and closure count at that instant; the realised delay only makes the flight longer.  Its energy is taken at once.
- An aircraft that lands where a charger is free charges until it is full, and decides then; otherwise it
  decides at the landing.  A full aircraft gives its charger free.
- Who stays decides again ``idle_s`` later, and charges meanwhile if a charger is free and the battery not full.
- A failure marked for an hour strikes at the first decision in or after it: the aircraft keeps its place, and
  decides ``repair_s`` later.
- No decision at or after the horizon; flights under way count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import heappop, heappush

import numpy as np

from schedcore.errors import IllegalDecisionError, InputError
from uam.log import Charge, DayLog, Flight, Repair, Stay
from uam.scenario import Scenario
from uam.state import CHARGING, FAILED, FLYING, WAITING, DayState, Policy

RELEASE, LAND, DECIDE = 0, 1, 2
"""Kinds of events, in their order at one instant."""


class DaySimulator:
    """One day, decision by decision.

    >>> from uam.generate import generate
    >>> day = DaySimulator(generate("fixed8:1"))
    >>> while not day.done:
    ...     profit_mills = day.step(day.vertiport)  # everybody stays
    >>> day.log.profit
    0.0

    Parameters
    ----------
    scenario
        The day.
    sees_remaining
        Whether states show the passengers that are really left in this hour; see
        :attr:`uam.state.DayState.remaining`.
    """

    def __init__(self, scenario: Scenario, *, sees_remaining: bool = True) -> None:
        self.scenario = scenario
        self.sees_remaining = sees_remaining
        plan, real = scenario.plan, scenario.realised
        self._plan = plan
        self._rules = plan.profile.rules
        # Plain lists: single elements of arrays are slow to read.
        self._need = plan.need_wh.tolist()
        self._flyable = plan.flyable.tolist()
        self._capacity = plan.capacity.tolist()
        self._closed = real.closed.tolist()
        self._failing = real.failing.tolist()
        self._delay = real.delay_s.tolist()
        self.reset()

    def reset(self) -> None:
        """Back to the start of the day."""
        plan = self._plan
        n, k = plan.num_vertiports, plan.num_aircraft
        self.log = DayLog(self.scenario)
        self.done = False
        self.now_s = 0
        self.aircraft = -1
        self._events = [(0, DECIDE, a) for a in range(k)]
        self._location: list[int] = plan.start_location.tolist()
        self._energy: list[int] = plan.start_energy_wh.tolist()
        self._status = [WAITING] * k
        self._available = [0] * k
        self._failures_seen = [-1] * k  # last hour whose failures are dealt with
        self._present: list[int] = np.bincount(plan.start_location, minlength=n).tolist()
        self._inbound = [0] * n
        self._charging = [0] * n
        self._remaining = self.scenario.realised.demand.copy()
        self._lane_free = np.zeros((n, n, plan.network.lanes), dtype=np.int64)
        self._lane_open = [[0] * n for _ in range(n)]  # smallest of the pair's lanes
        self._advance()

    @property
    def hour(self) -> int:
        """Hour of the day, counted from its start."""
        return self.now_s // 3600

    @property
    def vertiport(self) -> int:
        """Where the deciding aircraft stands."""
        return self._location[self.aircraft]

    def mask(self) -> list[bool]:
        """Whether each vertiport may be chosen by the deciding aircraft; its own always may."""
        i, now, hour = self.vertiport, self.now_s, self.hour
        energy = self._energy[self.aircraft]
        allowed = [
            self._flyable[i][j]
            and energy >= self._need[i][j]
            and self._present[j] + self._inbound[j] < self._capacity[j]
            and not self._closed[i][j][hour]
            and self._lane_open[i][j] <= now
            for j in range(len(self._capacity))
        ]
        allowed[i] = True
        return allowed

    def state(self) -> DayState:
        """What a policy may see now."""
        real, hour = self.scenario.realised, self.hour
        remaining = self._remaining[:, :, hour].copy()
        if not self.sees_remaining:
            expected = (self._plan.forecast_milli[:, :, hour] + 500) // 1000
            remaining = np.maximum(expected - (real.demand[:, :, hour] - remaining), 0)
        return DayState(
            plan=self._plan,
            now_s=self.now_s,
            hour=hour,
            aircraft=self.aircraft,
            vertiport=self.vertiport,
            mask=np.array(self.mask()),
            remaining=remaining,
            closed=real.closed[:, :, hour].copy(),
            lane_free_s=self._lane_free.copy(),
            status=np.array(self._status),
            location=np.array(self._location),
            available_s=np.array(self._available),
            energy_wh=np.array(self._energy),
            present=np.array(self._present),
            inbound=np.array(self._inbound),
            charging=np.array(self._charging),
        )

    def step(self, action: int) -> int:
        """Carry out the decision of the current aircraft and go on to the next one; the flight's profit, mills.

        Raises
        ------
        IllegalDecisionError
            The day is over, or the action is not allowed; the message says why.
        """
        if self.done:
            raise IllegalDecisionError("the day is over", where="step", remedy="call reset")
        n = len(self._capacity)
        if not 0 <= action < n or not self.mask()[action]:
            why = self._why_not(action)
            raise IllegalDecisionError(
                f"aircraft {self.aircraft} at vertiport {self.vertiport} may not choose {action}: {why}",
                where=f"decision {len(self.log.decisions)} at {self.now_s} s",
                remedy="choose an action that the mask allows",
            )
        self.log.decisions.append(int(action))
        if action == self.vertiport:
            self._stay()
            profit = 0
        else:
            profit = self._fly(int(action))
        self._advance()
        return profit

    def _why_not(self, action: int) -> str:
        if not 0 <= action < len(self._capacity):
            return f"vertiports are 0 to {len(self._capacity) - 1}"
        i, k = self.vertiport, self.aircraft
        if not self._flyable[i][action]:
            return "the flight is beyond the range"
        if self._energy[k] < self._need[i][action]:
            return f"it needs {self._need[i][action]} Wh and has {self._energy[k]}"
        if self._present[action] + self._inbound[action] >= self._capacity[action]:
            return "all places there are taken"
        if self._closed[i][action][self.hour]:
            return "the route is closed"
        return "no corridor is free"

    def _stay(self) -> None:
        k, now = self.aircraft, self.now_s
        end = now + self._rules.idle_s
        self.log.stays.append(Stay(k, now, end, self._location[k]))
        if not self._charge(k, now, self._rules.idle_s, end):
            self._decide_at(k, end)

    def _fly(self, j: int) -> int:
        plan, k, now, hour = self._plan, self.aircraft, self.now_s, self.hour
        i = self._location[k]
        passengers = min(plan.seats, int(self._remaining[i, j, hour]))
        self._remaining[i, j, hour] -= passengers
        delay = self._delay[i][now // self._rules.delay_slot_s]
        land = now + delay + int(plan.block_s[i, j])
        lanes = self._lane_free[i, j]
        lane = int(lanes.argmin())
        lanes[lane] = now + self._rules.headway_s
        self._lane_open[i][j] = int(lanes.min())
        flight = Flight(
            aircraft=k,
            start_s=now,
            end_s=land,
            origin=i,
            destination=j,
            lane=lane,
            passengers=passengers,
            delay_s=delay,
            energy_before_wh=self._energy[k],
            revenue_mills=passengers * int(plan.fare_mills[i, j, hour]),
            operating_mills=passengers * int(plan.cost_mills[i, j]),
            flight_cost_mills=int(plan.electricity_mills[i, j]) + plan.landing_fee_mills,
        )
        self.log.flights.append(flight)
        self._energy[k] -= int(plan.energy_wh[i, j])
        self._present[i] -= 1
        self._inbound[j] += 1
        self._location[k] = j
        self._status[k] = FLYING
        self._available[k] = land
        heappush(self._events, (land, LAND, k))
        return flight.profit_mills

    def _advance(self) -> None:
        """Let things happen until an aircraft decides or the day is over."""
        while True:
            now, kind, k = heappop(self._events)
            if now >= self._plan.horizon_s:
                self.done = True
                self.aircraft = -1
                return
            self.now_s = now
            if kind == RELEASE:
                self._charging[self._location[k]] -= 1
                self._decide_at(k, self._available[k])
            elif kind == LAND:
                j = self._location[k]
                self._inbound[j] -= 1
                self._present[j] += 1
                to_full = self._plan.profile.aircraft.seconds_to_full(self._energy[k])
                if not self._charge(k, now, to_full, now + to_full):
                    self._decide_at(k, now)
            elif not self._fails(k, now):
                self.aircraft = k
                self._status[k] = WAITING
                return

    def _charge(self, k: int, now: int, most_s: int, decide_s: int) -> bool:
        """Put aircraft ``k`` on a charger for at most ``most_s`` if it can charge; it decides at ``decide_s``."""
        i, aircraft, before = self._location[k], self._plan.profile.aircraft, self._energy[k]
        if self._charging[i] >= self._plan.network.chargers[i] or before >= aircraft.full_wh:
            return False
        seconds = min(most_s, aircraft.seconds_to_full(before))
        self._energy[k] = aircraft.charged_wh(before, seconds)
        self._charging[i] += 1
        self._status[k] = CHARGING
        self._available[k] = decide_s
        heappush(self._events, (now + seconds, RELEASE, k))
        self.log.charges.append(Charge(k, now, now + seconds, i, before, self._energy[k]))
        return True

    def _decide_at(self, k: int, time: int) -> None:
        self._status[k] = WAITING
        self._available[k] = time
        heappush(self._events, (time, DECIDE, k))

    def _fails(self, k: int, now: int) -> bool:
        hour = now // 3600
        struck = any(self._failing[k][self._failures_seen[k] + 1 : hour + 1])
        self._failures_seen[k] = hour
        if struck:
            self._decide_at(k, now + self._rules.repair_s)
            self._status[k] = FAILED
            self.log.repairs.append(Repair(k, now, now + self._rules.repair_s, self._location[k]))
        return struck


def play(
    scenario: Scenario,
    policy: Policy,
    *,
    seed: int = 0,
    sees_remaining: bool = True,
    on_decision: Callable[[DayState, int], None] | None = None,
) -> DayLog:
    """The log of a day in which ``policy`` decides; ``on_decision`` is told every state and action.

    Raises
    ------
    IllegalDecisionError
        The policy chose what is not allowed.
    """
    policy.reset(scenario.plan, scenario.realised if policy.clairvoyant else None, seed)
    day = DaySimulator(scenario, sees_remaining=sees_remaining)
    while not day.done:
        state = day.state()
        action = policy.act(state)
        if on_decision is not None:
            on_decision(state, action)
        day.step(action)
    return day.log


def replay_actions(scenario: Scenario, actions: Iterable[int]) -> DayLog:
    """The log of a day with these decisions in order.

    Raises
    ------
    InputError
        More or fewer decisions than the day has.
    IllegalDecisionError
        One that is not allowed.
    """
    day = DaySimulator(scenario)
    for action in actions:
        if day.done:
            raise InputError(
                f"more decisions than the {len(day.log.decisions)} of the day", where="actions", remedy="give no more"
            )
        day.step(int(action))
    if not day.done:
        raise InputError(
            f"the day goes on after {len(day.log.decisions)} decisions", where="actions", remedy="give all decisions"
        )
    return day.log
