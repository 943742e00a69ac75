"""Many days at once, compiled: :class:`BatchSimulator`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from schedcore.errors import IllegalDecisionError, unknown_name
from uam._checks import Flags, Ints
from uam.compiled.arrays import Days, Tables, make_days, make_tables, put_scenario
from uam.compiled.observe import DYNAMIC, observe_days
from uam.compiled.rules import CODES, masks_into, play_days, reset_days, step_days
from uam.observation import STATIC, Observation, Sizes, empty_observation, static_part
from uam.scenario import Scenario


class BatchSimulator:
    """B days of scenarios of one size, side by side; the same rules as :class:`uam.simulator.DaySimulator`.

    Parameters
    ----------
    scenarios
        S scenarios with the same number of vertiports and aircraft, aircraft type, rules and lanes.
    rows
        Scenario ``[B]`` of every day; default: one day of each.  Compiled policies work on ``tables`` and ``days``
        directly, with the functions of :mod:`uam.compiled.kernel`.
    sees_remaining
        See :attr:`uam.state.DayState.remaining`.

    Raises
    ------
    InputError
        Scenarios of different kinds, or rows that do not exist.
    """

    def __init__(
        self,
        scenarios: Sequence[Scenario],
        rows: Sequence[int] | Ints | None = None,
        *,
        sees_remaining: bool = True,
    ) -> None:
        self.scenarios = list(scenarios)
        self.tables: Tables = make_tables(self.scenarios)
        chosen = range(len(self.scenarios)) if rows is None else rows
        self.days: Days = make_days(self.tables, chosen, sees_remaining=sees_remaining)
        self._profits = np.zeros(self.num_days, dtype=np.int64)
        self.reset()

    @property
    def num_days(self) -> int:
        """B."""
        return len(self.days.scenario)

    @property
    def done(self) -> Flags:
        """Flags ``[B]``: the day is over."""
        return self.days.aircraft < 0

    def reset(self, chosen: Flags | None = None) -> None:
        """Start all days, or the ``chosen`` ones (flags ``[B]``), from the beginning."""
        flags = np.ones(self.num_days, dtype=np.bool_) if chosen is None else np.asarray(chosen, dtype=np.bool_)
        reset_days(self.tables, self.days, flags)

    def put(self, row: int, scenario: Scenario) -> None:
        """Replace the scenario in ``row`` by another of the same kind; its days must then be reset."""
        put_scenario(self.tables, row, scenario, self.scenarios[0])
        self.scenarios[row] = scenario

    def masks(self) -> Flags:
        """Flags ``[B, N]``: allowed actions.  A day that is over allows 0."""
        result = np.zeros(self.days.present.shape, dtype=np.bool_)
        masks_into(self.tables, self.days, result)
        return result

    def step(self, actions: Sequence[int] | Ints) -> Ints:
        """One decision in every day that is not over; profits ``[B]`` of the flights, mills.

        Raises
        ------
        IllegalDecisionError
            An action is not allowed; then no day has moved.
        """
        chosen = np.asarray(actions, dtype=np.int64)
        wrong = step_days(self.tables, self.days, chosen, self._profits)
        if wrong >= 0:
            raise IllegalDecisionError(
                f"action {chosen[wrong]} is not allowed in day {wrong}",
                where="BatchSimulator.step",
                remedy="choose an action that masks() allows",
            )
        return self._profits.copy()

    def observe(self, sizes: Sizes, into: Observation | None = None, *, static: bool = True) -> Observation:
        """Observations ``[B, ...]`` of all days (:mod:`uam.observation`), written ``into`` given arrays.

        Without ``static`` the parts that stay the same all day are left as they are in ``into``.  Days that are over
        keep their last values, except that every mask but 0 is closed.
        """
        if into is None:
            into = empty_observation(sizes, days=self.num_days)
            static = True
        if static:
            parts = [static_part(scenario.plan, sizes) for scenario in self.scenarios]
            for name in STATIC:
                into[name][:] = np.stack([part[name] for part in parts])[self.days.scenario]
        dynamic = (into[name] for name in DYNAMIC)
        observe_days(self.tables, self.days, *dynamic)
        return into

    def play(self, policy: str, seed: int = 0) -> Ints:
        """Play all days from the start with a compiled policy (``random``, ``greedy``, ``greedy-rate``, ``stay-put``).

        Returns the profits ``[B]``, mills.  The random policy draws other numbers than the one of
        :mod:`uam.policies`.
        """
        if policy not in CODES:
            raise unknown_name("compiled policy", policy, CODES)
        seeds = np.random.SeedSequence(seed).generate_state(self.num_days, np.uint64)
        play_days(self.tables, self.days, CODES[policy], seeds)
        return self.days.profit.copy()
