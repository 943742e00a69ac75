"""A rule that adds up features of every allowed action and takes the best."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from schedcore.errors import InputError
from uam._checks import Floats, Ints
from uam.baselines.rule_kernel import NUM_FEATURES, best_action, features, play_rule
from uam.compiled.batch import BatchSimulator
from uam.plan import Plan
from uam.policies.simple import cycle_times
from uam.scenario import Realised, Scenario
from uam.state import DayState


class LinearRule:
    """Takes the action with the highest sum of ``weights`` times features (:mod:`uam.baselines.rule_kernel`).

    ``weights`` has the features of flights first, then those of staying.

    Raises
    ------
    InputError
        Another number of weights, or one that is not finite.
    """

    clairvoyant = False

    def __init__(self, weights: Sequence[float] | Floats, name: str = "linear-rule") -> None:
        self.name = name
        self.weights = np.array(weights, dtype=np.float64)
        if self.weights.shape != (NUM_FEATURES,) or not np.isfinite(self.weights).all():
            raise InputError(
                f"weights of shape {self.weights.shape}", where=name, remedy=f"give {NUM_FEATURES} finite numbers"
            )

    def reset(self, plan: Plan, realised: Realised | None, seed: int) -> None:
        self._margin = plan.margin_mills
        self._cost = plan.flight_cost_mills
        self._cycle = cycle_times(plan)
        self._table = np.zeros((plan.num_vertiports, NUM_FEATURES))

    def act(self, state: DayState) -> int:
        plan = state.plan
        features(
            state.vertiport,
            state.now_s,
            int(state.energy_wh[state.aircraft]),
            state.mask,
            state.remaining,
            plan.forecast_milli,
            self._margin,
            self._cost,
            plan.energy_wh,
            plan.need_wh,
            self._cycle,
            plan.flyable,
            plan.network.business,
            plan.network.chargers,
            plan.capacity,
            state.present,
            state.inbound,
            state.charging,
            plan.full_wh,
            plan.seats,
            plan.horizon_s,
            self._table,
        )
        return int(best_action(self.weights, self._table, state.mask))


def profits_of_rule(weights: Floats, days: BatchSimulator) -> Ints:
    """Profits ``[B]`` of all days of ``days`` played with a linear rule, mills; compiled."""
    tables = days.tables
    margin = tables.fare - tables.cost[..., None]
    business = days.scenarios[0].plan.network.business
    play_rule(tables, days.days, np.ascontiguousarray(weights, dtype=np.float64), margin, business)
    return days.days.profit.copy()


def batch_of(scenarios: Sequence[Scenario]) -> BatchSimulator:
    """One day of each scenario, which must share one map.

    Raises
    ------
    InputError
        Scenarios of different kinds or maps.
    """
    names = sorted({scenario.plan.network.name for scenario in scenarios})
    if len(names) > 1:
        raise InputError(f"several maps: {', '.join(names)}", where="scenarios", remedy="play them map by map")
    return BatchSimulator(scenarios)
