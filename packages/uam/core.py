"""A day as a problem and schedule of the core, so that its checker says whether the day keeps all rules.

========================== ==========================================================================================
aircraft                   unary resource whose state is the vertiport where it stands; no transition leads to
                           another vertiport, so only flights move it; closed while it is out of order (realised)
battery                    reservoir between the reserve and a full battery; a flight takes its energy at the start,
                           a charge gives what it charged at the end
places of a vertiport      reservoir of free places: a departure frees one and takes one at the destination
chargers of a vertiport    renewable resource; a charge holds one
corridor                   unary resource per lane; a task of the length of the headway starts with the flight
route                      renewable resource per pair, closed in closed hours (realised); a task of one tick starts
                           with the flight, in the hour whose passengers and fare it has
passengers                 reservoir per pair and hour: those who turned up; a flight takes its passengers
flight                     optional task with its profit (mills) as reward; its duration is uncertain (realised)
charge                     optional task of an aircraft, with its real duration (realised)
========================== ==========================================================================================

Ticks are seconds from the start of operation.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from schedcore.check import Realised, Report, check
from schedcore.model import Problem, ProblemBuilder, Schedule, StepProfile, TaskRef, TimeUnit
from uam.as_flown import KEY, write_placements
from uam.log import Charge, DayLog, Flight


class CoreDay(NamedTuple):
    """A day for the core: hand all three to :func:`schedcore.check.check`."""

    problem: Problem
    schedule: Schedule
    realised: Realised

    def check(self) -> Report:
        """What the core's checker says."""
        return check(self.problem, self.schedule, realised=self.realised)


def to_core(log: DayLog) -> CoreDay:
    """Problem, schedule and what really happened of a finished day."""
    return _Conversion(log).convert()


class _Conversion:
    def __init__(self, log: DayLog) -> None:
        self.log = log
        self.plan = log.scenario.plan
        self.real = log.scenario.realised
        self.names = self.plan.network.vertiports
        self.rules = self.plan.profile.rules
        self.b = ProblemBuilder(f"day of {log.scenario.name}", unit=TimeUnit(Fraction(1), "s"))
        self.placements: list[tuple[int, int, int, int]] = []
        self.durations: dict[int, int] = {}
        self.calendars: dict[int, StepProfile] = {}
        self._fleet()
        self._vertiports()
        self._pairs()

    def _fleet(self) -> None:
        plan, b = self.plan, self.b
        nowhere: dict[tuple[str | int, str | int], int | None] = {
            (i, j): None for i in self.names for j in self.names if i != j
        }
        away: dict[int, list[tuple[int, int]]] = {}
        for repair in self.log.repairs:
            away.setdefault(repair.aircraft, []).append((repair.start_s, repair.end_s))
        self.aircraft, self.battery = [], []
        for k in range(plan.num_aircraft):
            home = self.names[int(plan.start_location[k])]
            craft = b.unary(f"aircraft {k}", transition=nowhere, initial_state=home)
            self.aircraft.append(craft)
            if k in away and self.rules.repair_s:
                self.calendars[craft.id] = StepProfile.closed(1, away[k])
        energy = plan.start_energy_wh.tolist()
        for k in range(plan.num_aircraft):
            floor = min(plan.profile.aircraft.reserve_wh, energy[k])
            self.battery.append(b.reservoir(f"battery {k}", initial=energy[k], minimum=floor, maximum=plan.full_wh))

    def _vertiports(self) -> None:
        plan, b = self.plan, self.b
        parked = [0] * len(self.names)
        for i in plan.start_location.tolist():
            parked[i] += 1
        capacity, chargers = plan.capacity.tolist(), plan.network.chargers.tolist()
        self.places = [
            b.reservoir(f"free places {name}", initial=capacity[i] - parked[i], maximum=capacity[i])
            for i, name in enumerate(self.names)
        ]
        self.chargers = [
            b.renewable(f"chargers {name}", chargers[i]) if chargers[i] else None for i, name in enumerate(self.names)
        ]

    def _pairs(self) -> None:
        """Resources of the pairs and hours that were flown."""
        b, n = self.b, len(self.names)
        flown = sorted({(flight.origin, flight.destination) for flight in self.log.flights})
        lanes = range(self.plan.network.lanes) if self.rules.headway_s else ()
        self.lanes, self.routes, self.waiting = {}, {}, {}
        for i, j in flown:
            pair = f"{self.names[i]}-{self.names[j]}"
            for lane in lanes:
                self.lanes[i, j, lane] = b.unary(f"corridor {pair} {lane}")
            # No more than one departure of every aircraft at one tick.
            route = b.renewable(f"route {pair}", max(1, self.plan.num_aircraft))
            self.routes[i, j] = route
            closed = [(3600 * h, 3600 * (h + 1)) for h in range(self.plan.hours) if self.real.closed[i, j, h]]
            if closed:
                self.calendars[route.id] = StepProfile.closed(max(1, self.plan.num_aircraft), closed)
        for i, j, h in sorted({(f.origin, f.destination, f.start_s // 3600) for f in self.log.flights if f.passengers}):
            people = int(self.real.demand[i, j, h])
            name = f"passengers {self.names[i]}-{self.names[j]} hour {h}"
            self.waiting[i, j, h] = b.reservoir(name, initial=people, maximum=max(people, n))

    def convert(self) -> CoreDay:
        for number, flight in enumerate(self.log.flights):
            self._flight(number, flight)
        for number, charge in enumerate(self.log.charges):
            self._charge(number, charge)
        self.b.maximise(reward=1)
        self.b.metadata(scenario=self.log.scenario.name, fingerprint=self.log.scenario.fingerprint())
        self.b.metadata(**{KEY: write_placements(self.placements)})
        realised = Realised(durations=self.durations, calendars=self.calendars)
        return CoreDay(self.b.build(), Schedule(self.placements), realised)

    def _flight(self, number: int, flight: Flight) -> None:
        b, plan, i, j, k = self.b, self.plan, flight.origin, flight.destination, flight.aircraft
        block = int(plan.block_s[i, j])
        effects = [
            b.effect(self.battery[k], -int(plan.energy_wh[i, j]), at="start"),
            b.effect(self.places[i], +1, at="start"),
            b.effect(self.places[j], -1, at="start"),
        ]
        if flight.passengers:
            waiting = self.waiting[i, j, flight.start_s // 3600]
            effects.append(b.effect(waiting, -flight.passengers, at="start"))
        task = b.task(
            f"flight {number}",
            block,
            on=self.aircraft[k],
            effects=effects,
            duration_max=block + int(plan.profile.disruption.delay_max_s),
            optional=True,
            reward=flight.profit_mills,
            state_before=self.names[i],
            state_after=self.names[j],
            tags=["flight" if flight.passengers else "empty flight"],
        )
        self._place(task, flight.start_s, flight.end_s, realised=True)
        together = [task]
        hour = flight.start_s // 3600
        gate = b.task(
            f"departure {number}",
            1,
            on=self.routes[i, j],
            release=3600 * hour,
            deadline=3600 * (hour + 1),
            optional=True,
        )
        self._place(gate, flight.start_s, flight.start_s + 1)
        together.append(gate)
        if self.lanes:
            lane = self.lanes[i, j, flight.lane]
            slot = b.task(f"headway {number}", self.rules.headway_s, on=lane, optional=True)
            self._place(slot, flight.start_s, flight.start_s + self.rules.headway_s)
            together.append(slot)
        for other in together[1:]:
            b.lag(task.start, other.start, min=0, max=0)
        b.select("all_or_none", *together)

    def _charge(self, number: int, charge: Charge) -> None:
        b, chargers = self.b, self.chargers[charge.vertiport]
        seconds = charge.end_s - charge.start_s
        task = b.task(
            f"charge {number}",
            seconds,
            on=self.aircraft[charge.aircraft],
            demands={} if chargers is None else {chargers: 1},
            effects=[b.effect(self.battery[charge.aircraft], charge.energy_after_wh - charge.energy_before_wh)],
            optional=True,
            state=self.names[charge.vertiport],
            tags=["charge"],
        )
        self._place(task, charge.start_s, charge.end_s, realised=True)

    def _place(self, task: TaskRef, start: int, end: int, *, realised: bool = False) -> None:
        self.placements.append((task.id, 0, start, end))
        if realised:
            self.durations[task.id] = end - start
