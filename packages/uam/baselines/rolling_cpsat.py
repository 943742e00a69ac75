"""Rolling CP-SAT: every 15 minutes the next flights of every aircraft are a problem of the core, solved by CP-SAT.

The problem: aircraft are unary resources whose state is the vertiport where they stand, so only flights move them;
candidate flights are optional tasks, one for the first, second, third departure of a pair in an hour, with a mode
per aircraft that can fly it next or as the flight after; places are reservoirs of free places.  A flight earns its
profit and costs ``hour_value`` per hour that it keeps its aircraft.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from schedcore.errors import InputError
from schedcore.model import Mode, Problem, ProblemBuilder, ResourceRef
from uam._checks import Floats
from uam.plan import Plan
from uam.planner.outlook import Outlook, make_outlook
from uam.scenario import Realised
from uam.state import FLYING, DayState

TICK_S = 60


@dataclass(frozen=True)
class CpSatSettings:
    """Parameters of :class:`RollingCpSat`.

    Flights start within ``window_s``; a plan holds for ``step_s``.  Per aircraft the best ``first`` next flights and,
    for each, the best ``second`` flights after it are candidates.  ``hour_value`` is what an hour of an aircraft is
    worth, dollars.  The solver gets ``deterministic_s`` of deterministic time, at most ``time_limit_s``.
    """

    step_s: int = 900
    window_s: int = 3600
    first: int = 4
    second: int = 1
    slots: int = 4
    hour_value: float = 15.0
    deterministic_s: float = 0.3
    time_limit_s: float = 10.0
    oracle: bool = False

    def __post_init__(self) -> None:
        if self.first < 1 or self.second < 0 or self.slots < 1 or self.window_s < self.step_s or self.step_s < TICK_S:
            raise InputError(
                "needs candidates, slots, and a window of at least a step of at least a minute", where="rolling-cpsat"
            )


class _Craft(NamedTuple):
    """An aircraft that becomes free in the window: number, when (s from now), where, with what energy (Wh)."""

    number: int
    ready_s: int
    place: int
    energy_wh: int


class RollingCpSat:
    """Flies what the last plan says for the aircraft if it is due now, and allowed; otherwise stays."""

    def __init__(self, settings: CpSatSettings | None = None) -> None:
        self.settings = settings or CpSatSettings()
        self.clairvoyant = self.settings.oracle
        self.name = "rolling-cpsat-oracle" if self.settings.oracle else "rolling-cpsat"
        self.solves = self.unsolved = 0

    def reset(self, plan: Plan, realised: Realised | None, seed: int) -> None:
        self._plan, self._seed = plan, seed
        self._look: Outlook = make_outlook(plan)
        if self.settings.oracle:
            if realised is None:
                raise InputError("needs the tables of the day", where=self.name, remedy="play it as clairvoyant")
            self._demand: Floats = realised.demand.astype(np.float64)
        else:
            self._demand = plan.forecast
        self._planned_until = 0
        self._legs: dict[int, list[tuple[int, int]]] = {}
        self.solves = self.unsolved = 0

    def act(self, state: DayState) -> int:
        """The aircraft's next planned flight if it is due within half a step; else stay."""
        if state.now_s >= self._planned_until:
            self._replan(state)
        legs = self._legs.get(state.aircraft)
        if legs and legs[0][0] <= state.now_s + self.settings.step_s // 2:
            target = legs.pop(0)[1]
            if state.mask[target]:
                return target
        return state.vertiport

    def _replan(self, state: DayState) -> None:
        from schedcore.solvers import solve

        settings = self.settings
        self._planned_until = state.now_s + settings.step_s
        self._legs = {}
        problem, modes = self.problem(state)
        if not modes:
            return
        self.solves += 1
        result = solve(
            problem,
            "cpsat",
            time_limit_s=settings.time_limit_s,
            deterministic_limit=settings.deterministic_s,
            seed=self._seed % 2**31,
        )
        if result.schedule is None:
            self.unsolved += 1
            return
        for placement in sorted(result.schedule.placements, key=lambda p: p.start):
            number, target = modes[placement.task][placement.mode]
            self._legs.setdefault(number, []).append((state.now_s + TICK_S * placement.start, target))

    def problem(self, state: DayState) -> tuple[Problem, dict[int, list[tuple[int, int]]]]:
        """The problem of this moment, and aircraft and destination of every mode of every task."""
        fleet = self._fleet(state)
        b = ProblemBuilder(f"flights from {state.now_s} s on")
        names = self._plan.network.vertiports
        nowhere: dict[tuple[Any, Any], int | None] = {(i, j): None for i in names for j in names if i != j}
        resource = {
            craft.number: b.unary(
                f"aircraft {craft.number}",
                transition=nowhere,
                initial_state=names[craft.place],
                breaks=[(0, -(-craft.ready_s // TICK_S))] if craft.ready_s > 0 else (),
            )
            for craft in fleet
        }
        taken = state.present + state.inbound
        places = [
            b.reservoir(f"free places {name}", initial=int(free), maximum=int(room))
            for name, free, room in zip(names, self._plan.capacity - taken, self._plan.capacity, strict=True)
        ]
        modes: dict[int, list[tuple[int, int]]] = {}
        for (i, j), crafts in sorted(self._candidates(state, fleet).items()):
            self._flights(b, state, i, j, crafts, resource, places, modes)
        b.maximise(reward=1, total_cost=-1)
        return b.build(), modes

    def _flights(
        self,
        b: ProblemBuilder,
        state: DayState,
        i: int,
        j: int,
        crafts: list[int],
        resource: dict[int, ResourceRef],
        places: list[ResourceRef],
        modes: dict[int, list[tuple[int, int]]],
    ) -> None:
        """Tasks of one pair: the departures of this hour and, if the window reaches it, of the next."""
        settings, look, plan = self.settings, self._look, self._plan
        names, seats = plan.network.vertiports, plan.seats
        duration = max(1, round(self._cycle_s(i, j) / TICK_S))
        price = round(1000 * settings.hour_value * duration * TICK_S / 3600)
        effects = [b.effect(places[i], +1, at="start"), b.effect(places[j], -1, at="start")]
        left_in_hour = (3600 - state.now_s % 3600) // TICK_S
        window = settings.window_s // TICK_S
        for hour, release, latest in (
            (state.hour, 0, min(window, left_in_hour)),
            (state.hour + 1, left_in_hour, window),
        ):
            if latest <= release or hour >= plan.hours or (hour == state.hour and state.closed[i, j]):
                continue
            wanted = float(state.remaining[i, j]) if hour == state.hour else self._demand[i, j, hour]
            for slot in range(settings.slots):
                sold = min(float(seats), max(0.0, wanted - slot * seats))
                reward = round(1000 * (sold * look.margin[i, j, hour] - look.flight_cost[i, j]))
                if reward <= price:
                    break
                options: list[Mode] = [
                    b.mode(duration, on=resource[number], effects=effects, cost=price) for number in crafts
                ]
                task = b.task(
                    f"{names[i]}-{names[j]} hour {hour} no. {slot}",
                    modes=options,
                    release=release,
                    deadline=latest + duration,
                    optional=True,
                    reward=reward,
                    state_before=names[i],
                    state_after=names[j],
                )
                modes[task.id] = [(number, j) for number in crafts]

    def _candidates(self, state: DayState, fleet: list[_Craft]) -> dict[tuple[int, int], list[int]]:
        """Aircraft that may fly a pair, next or as the flight after."""
        plan, settings = self._plan, self.settings
        worth = self._worth(state)
        result: dict[tuple[int, int], set[int]] = {}
        for craft in fleet:
            i = craft.place
            near = [j for j in self._best(worth[i], settings.first) if craft.energy_wh >= plan.need_wh[i, j]]
            for j in near:
                result.setdefault((i, j), set()).add(craft.number)
                left = plan.full_wh if self._look.has_charger[j] else craft.energy_wh - int(plan.energy_wh[i, j])
                for m in self._best(worth[j], settings.second):
                    if left >= plan.need_wh[j, m]:
                        result.setdefault((j, m), set()).add(craft.number)
        return {pair: sorted(numbers) for pair, numbers in result.items()}

    def _worth(self, state: DayState) -> Floats:
        """Dollars per hour of a pair's next departure; minus infinity where nobody may fly."""
        look, plan = self._look, self._plan
        sold = np.minimum(state.remaining, plan.seats)
        later = min(plan.hours - 1, state.hour + 1)
        sold_later = np.minimum(self._demand[:, :, later], plan.seats)
        money = np.maximum(sold * look.margin[:, :, state.hour], sold_later * look.margin[:, :, later])
        cycle = np.array([[self._cycle_s(i, j) for j in range(len(money))] for i in range(len(money))])
        return np.where(plan.flyable, 3600.0 * (money - look.flight_cost) / cycle, -np.inf)

    @staticmethod
    def _best(worth: Floats, count: int) -> list[int]:
        order = np.argsort(-worth, kind="stable")[:count]
        return [int(j) for j in order if worth[j] > 0]

    def _cycle_s(self, i: int, j: int) -> float:
        aircraft = self._plan.profile.aircraft
        refill = aircraft.seconds_to_full(self._plan.full_wh - int(self._plan.energy_wh[i, j]))
        return float(self._look.trip_s[i, j]) + (refill if self._look.has_charger[j] else 0)

    def _fleet(self, state: DayState) -> list[_Craft]:
        fleet = []
        for k in range(self._plan.num_aircraft):
            energy, ready, place = int(state.energy_wh[k]), int(state.available_s[k]), int(state.location[k])
            if state.status[k] == FLYING and self._look.has_charger[place]:
                ready += self._plan.profile.aircraft.seconds_to_full(energy)
                energy = self._plan.full_wh
            if ready < state.now_s + self.settings.window_s and ready < self._plan.horizon_s:
                fleet.append(_Craft(k, max(0, ready - state.now_s), place, energy))
        return fleet


def rolling_cpsat(**parameters: Any) -> RollingCpSat:
    """The policy with these :class:`CpSatSettings`: passengers of the next hour as forecast."""
    return RollingCpSat(CpSatSettings(**parameters))


def rolling_cpsat_oracle(**parameters: Any) -> RollingCpSat:
    """The same, with the passengers of the next hour as they will be."""
    return RollingCpSat(CpSatSettings(oracle=True, **parameters))
