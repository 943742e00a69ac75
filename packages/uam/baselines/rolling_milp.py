"""Rolling-horizon flow program: every 15 minutes the flow of the next hours is optimised, and its first step flown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from schedcore.errors import InputError
from uam._checks import Floats
from uam.baselines.flow_program import FlowWindow, solve_flow
from uam.plan import Plan
from uam.planner.outlook import Outlook, make_outlook
from uam.scenario import Realised
from uam.state import FLYING, DayState


@dataclass(frozen=True)
class RollingSettings:
    """Parameters of :class:`RollingMilp`.

    ``window_steps`` steps of ``step_s`` with ``levels`` energy levels; flights of the first ``whole_steps`` are
    integers.  ``oracle``: passengers of later hours as they will be instead of as forecast.
    """

    step_s: int = 900
    window_steps: int = 10
    levels: int = 5
    whole_steps: int = 2
    time_limit_s: float = 2.0
    oracle: bool = False

    def __post_init__(self) -> None:
        if self.window_steps < 1 or not self.time_limit_s > 0:
            raise InputError("needs a window of at least one step and a time limit above 0", where="rolling-milp")


class RollingMilp:
    """Departures of the coming step are taken from the plan, the most profitable first; who has none stays.

    ``unsolved`` counts the steps in which HiGHS found no plan in time (everybody then stays).
    """

    def __init__(self, settings: RollingSettings | None = None) -> None:
        self.settings = settings or RollingSettings()
        self.clairvoyant = self.settings.oracle
        self.name = "rolling-milp-oracle" if self.settings.oracle else "rolling-milp"
        self.solves = self.unsolved = 0

    def reset(self, plan: Plan, realised: Realised | None, seed: int) -> None:
        settings = self.settings
        self._plan = plan
        self._look: Outlook = make_outlook(plan, settings.step_s, settings.levels)
        if settings.oracle:
            if realised is None:
                raise InputError("needs the tables of the day", where=self.name, remedy="play it as clairvoyant")
            self._demand: Floats = realised.demand.astype(np.float64)
        else:
            self._demand = plan.forecast
        self._planned_until = 0
        self._quota = np.zeros((plan.num_vertiports, plan.num_vertiports), dtype=np.int64)
        self.solves = self.unsolved = 0

    def act(self, state: DayState) -> int:
        """A planned departure that is allowed, the most profitable now; else stay."""
        if state.now_s >= self._planned_until:
            self._replan(state)
        i = state.vertiport
        candidates = np.flatnonzero(state.mask & (self._quota[i] > 0))
        candidates = candidates[candidates != i]
        if not len(candidates):
            return i
        cash = np.minimum(state.remaining[i], self._look.seats) * self._look.margin[i, :, state.hour]
        worth = (cash - self._look.flight_cost[i])[candidates]
        j = int(candidates[np.argmax(worth)])
        self._quota[i, j] -= 1
        return j

    def _replan(self, state: DayState) -> None:
        settings = self.settings
        window = self._window(state)
        found = solve_flow(self._look, window, time_limit_s=settings.time_limit_s)
        self.solves += 1
        self._planned_until = (state.now_s // settings.step_s + 1) * settings.step_s
        if found is None:
            self.unsolved += 1
            self._quota[:] = 0
        else:
            self._quota = found.departures

    def _window(self, state: DayState) -> FlowWindow:
        look, settings, plan = self._look, self.settings, self._plan
        begin = state.now_s // settings.step_s
        steps = min(settings.window_steps, look.num_steps - begin)
        hour = (begin + np.arange(steps)) // look.steps_per_hour
        part = hour - state.hour
        hours = range(state.hour, int(hour[-1]) + 1)
        wanted = np.stack([self._demand[:, :, h] for h in hours], axis=2)
        wanted[:, :, 0] = state.remaining
        # The window may end within an hour: its passengers are spread evenly.
        share = np.bincount(part, minlength=len(hours))[-1] / look.steps_per_hour
        if len(hours) > 1:
            wanted[:, :, -1] *= min(1.0, share)
        margin = np.stack([look.margin[:, :, h] for h in hours], axis=2)
        level = np.minimum(look.top, np.rint(state.energy_wh / look.level_wh)).astype(np.int64)
        ready = state.available_s.copy()
        for k in np.flatnonzero((state.status == FLYING) & look.has_charger[state.location]):
            ready[k] += plan.profile.aircraft.seconds_to_full(int(state.energy_wh[k]))
            level[k] = look.top
        step = np.maximum(0, ready // settings.step_s - begin)
        fleet = np.zeros((steps, plan.num_vertiports, look.top + 1))
        soon = step < steps
        np.add.at(fleet, (step[soon], state.location[soon], level[soon]), 1.0)
        return FlowWindow(fleet, wanted, margin, part, state.closed, settings.whole_steps)


def rolling_milp(**parameters: Any) -> RollingMilp:
    """The policy with these :class:`RollingSettings`: passengers of later hours as forecast."""
    return RollingMilp(RollingSettings(**parameters))


def rolling_milp_oracle(**parameters: Any) -> RollingMilp:
    """The same, with the passengers of later hours as they will be."""
    return RollingMilp(RollingSettings(oracle=True, **parameters))
