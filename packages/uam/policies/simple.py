"""Policies that fit in a few lines; the floor that every planner must beat."""

from __future__ import annotations

import numpy as np

from uam._checks import Floats, Ints
from uam.plan import Plan
from uam.scenario import Realised
from uam.state import DayState


class RandomPolicy:
    """Uniform over the allowed actions (Feas-RND)."""

    name = "random"
    clairvoyant = False

    def reset(self, plan: Plan, realised: Realised | None, seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def act(self, state: DayState) -> int:
        allowed = np.flatnonzero(state.mask)
        return int(allowed[self._rng.integers(len(allowed))])


class StayPolicy:
    """Nobody flies."""

    name = "stay-put"
    clairvoyant = False

    def reset(self, plan: Plan, realised: Realised | None, seed: int) -> None:
        pass

    def act(self, state: DayState) -> int:
        return state.vertiport


class GreedyPolicy:
    """The flight of highest immediate profit; stays unless it is positive.  Ties: the lowest number."""

    name = "greedy"
    clairvoyant = False

    def reset(self, plan: Plan, realised: Realised | None, seed: int) -> None:
        pass

    def act(self, state: DayState) -> int:
        return _best(state, flight_profits(state))


class GreedyRatePolicy:
    """The flight of highest profit per second of its cycle; stays unless it is positive.  Ties: the lowest number.

    The cycle is the expected delay, the block time, and the time to recharge the energy of the flight at the
    charger's full power.
    """

    name = "greedy-rate"
    clairvoyant = False

    def reset(self, plan: Plan, realised: Realised | None, seed: int) -> None:
        self._cycle_s = cycle_times(plan)

    def act(self, state: DayState) -> int:
        return _best(state, flight_profits(state) / self._cycle_s[state.vertiport])


def flight_profits(state: DayState) -> Ints:
    """Profit ``[N]`` of a flight to every vertiport with the passengers that are there now, mills."""
    plan, i = state.plan, state.vertiport
    passengers = np.minimum(state.remaining[i], plan.seats)
    margin = plan.fare_mills[i, :, state.hour] - plan.cost_mills[i]
    return np.asarray(passengers * margin - plan.flight_cost_mills[i])


def cycle_times(plan: Plan) -> Floats:
    """Expected delay, block time and time to recharge ``[N, N]``, s; 1 on the diagonal."""
    aircraft = plan.profile.aircraft
    recharge = aircraft.plug_s + plan.energy_wh * 3600.0 / aircraft.charger_w
    cycle = plan.expected_delay_s[:, None] + plan.block_s + recharge
    np.fill_diagonal(cycle, 1.0)
    return np.asarray(cycle)


def _best(state: DayState, values: Ints | Floats) -> int:
    scores = np.where(state.mask, values, -np.inf)
    scores[state.vertiport] = 0.0
    best = int(np.argmax(scores))
    return best if scores[best] > 0 else state.vertiport
