"""The upper bound by prices: a Lagrangian dual of the linear program, good to a few thousandths, in seconds.

Give the passengers of every pair and hour, every charger step and every place step a price.  Then aircraft do not
interfere any more, and the best day of each is a longest path over the grid, found for all of them by one backward
pass.  For *any* prices of at least 0

``sum_k value(start_k) + sum_ijh surplus_ijh(price) + sum chargers * price + sum places * price``

is at least the profit of every feasible day (weak duality), so the bound does not depend on how well the search for
the lowest value went.  The lowest value is that of the linear program over the same grid
(:mod:`uam.bound.linear`, without its corridor rows), because longest paths have integral optima.

The prices are also what a planner wants to know: what a seat, a charger and an aircraft are worth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from schedcore.errors import InputError
from uam._checks import Floats
from uam.bound.grid import DayGrid, make_grid
from uam.bound.kernels import as_flags, buffers, flow, values
from uam.scenario import Scenario


@dataclass(frozen=True)
class Stage:
    """One stage of the search: a grid, a number of iterations, and the first and last size of a step, dollars."""

    step_s: int
    iterations: int
    first: float
    last: float

    def __post_init__(self) -> None:
        if self.iterations < 1 or not self.first > 0 or not self.last > 0:
            raise InputError("a stage needs iterations and step sizes above 0", where="bound: stage")


STAGES = (Stage(300, 1000, 0.5, 0.02), Stage(60, 350, 0.1, 0.01))
"""Five-minute steps to find the prices, one-minute steps to sharpen the bound."""

COARSE = STAGES[:1]


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """Prices in dollars: of a flight ``[N, N, H]``, a charger step ``[N, T]`` and a place step ``[N, T]``."""

    flight: Floats
    charger: Floats
    place: Floats

    def refined(self, factor: int) -> Prices:
        """The same prices on a grid of ``factor`` times as many steps."""
        return Prices(
            self.flight.copy(),
            np.repeat(self.charger, factor, axis=1) / factor,
            np.repeat(self.place, factor, axis=1) / factor,
        )


@dataclass(frozen=True, slots=True, eq=False)
class DualBound:
    """An upper bound on the profit of a day, dollars, with the prices that prove it and the grid of them."""

    value: float
    prices: Prices
    step_s: int
    level_wh: int
    iterations: int


class PricedDay:
    """A grid with room to evaluate prices on it again and again."""

    def __init__(self, grid: DayGrid) -> None:
        self.grid = grid
        n, steps = grid.num_vertiports, grid.num_steps
        self._value, self._landed, self._paid = buffers(n, steps, grid.top)
        self._hour = grid.hour
        self._tables = (grid.steps, grid.energy, grid.need, grid.charge, grid.land, grid.park, as_flags(grid.chargers))
        self._mass = np.zeros_like(self._value)
        self._mass[0] = grid.fleet
        self._flights = np.zeros(grid.full.shape)
        self._charging = np.zeros((n, steps))
        self._present = np.zeros((n, steps))

    @property
    def value(self) -> Floats:
        """Value ``[T + 1, N, top + 1]`` of an aircraft at every node, at the prices evaluated last."""
        return self._value

    def evaluate(self, prices: Prices) -> float:
        """The bound that ``prices`` prove, dollars.

        Raises
        ------
        InputError
            Prices of another grid, or below 0.
        """
        grid = self.grid
        for name, given, shape in (
            ("flight", prices.flight, grid.full.shape),
            ("charger", prices.charger, self._charging.shape),
            ("place", prices.place, self._present.shape),
        ):
            if given.shape != shape or not (given >= 0).all():
                raise InputError(
                    f"{name} prices must be at least 0 and of shape {shape}", where="bound", remedy="use another grid's"
                )
        self._worth = prices.flight[:, :, self._hour] - grid.flight_cost[:, :, None]
        values(*self._tables, self._worth, prices.charger, prices.place, self._value, self._landed, self._paid)
        surplus = grid.full * np.maximum(grid.full_value - prices.flight, 0)
        surplus += np.maximum(grid.rest_value - prices.flight, 0)
        total = float((grid.fleet * self._value[0]).sum()) + float(surplus.sum())
        total += float((grid.chargers[:, None] * prices.charger).sum())
        return total + float((grid.capacity[:, None] * prices.place).sum())

    def slopes(self, prices: Prices) -> tuple[Floats, Floats, Floats]:
        """A subgradient of the bound at ``prices``, which were evaluated last."""
        grid = self.grid
        flow(
            *self._tables,
            self._worth,
            prices.charger,
            prices.place,
            self._value,
            self._landed,
            self._paid,
            self._hour,
            self._mass,
            self._flights,
            self._charging,
            self._present,
        )
        sold = grid.full * (grid.full_value > prices.flight) + (grid.rest_value > prices.flight)
        return self._flights - sold, grid.chargers[:, None] - self._charging, grid.capacity[:, None] - self._present


def dual_bound(scenario: Scenario, stages: tuple[Stage, ...] = STAGES, *, level_wh: int | None = None) -> DualBound:
    """An upper bound on the profit of every policy on ``scenario``, clairvoyant ones too.

    ``stages`` refine the grid step by step; ``level_wh`` is by default one step's charge.  Deterministic.

    Raises
    ------
    InputError
        A grid that does not fit the scenario, or stages whose steps do not divide one another.
    """
    if not stages:
        raise InputError("no stage is given", where="bound: stages", remedy="give at least one")
    grid = make_grid(scenario, stages[0].step_s, level_wh=level_wh)
    n, steps = grid.num_vertiports, grid.num_steps
    prices = Prices(0.5 * grid.full_value, np.zeros((n, steps)), np.zeros((n, steps)))
    best, total = math.inf, 0
    for number, stage in enumerate(stages):
        if number:
            before = grid.step_s
            if before % stage.step_s:
                raise InputError(
                    f"steps of {stage.step_s} s do not divide {before} s",
                    where="bound: stages",
                    remedy="refine by whole factors",
                )
            grid = make_grid(scenario, stage.step_s, level_wh=level_wh)
            prices = prices.refined(before // stage.step_s)
        best, prices = _descend(PricedDay(grid), prices, stage)
        total += stage.iterations
    return DualBound(best, prices, grid.step_s, grid.level_wh, total)


def _descend(day: PricedDay, start: Prices, stage: Stage) -> tuple[float, Prices]:
    """Subgradient steps with momentum and per-price scaling (Adam), the size falling geometrically."""
    current = [start.flight.copy(), start.charger.copy(), start.place.copy()]
    # Prices of a single step are a small fraction of those of a flight.
    scale = (1.0, day.grid.step_s / 3000.0, day.grid.step_s / 3000.0)
    first = [np.zeros_like(x) for x in current]
    second = [np.zeros_like(x) for x in current]
    best, kept = math.inf, start
    for k in range(stage.iterations):
        prices = Prices(*current)
        found = day.evaluate(prices)
        if found < best:
            best, kept = found, Prices(*(x.copy() for x in current))
        size = stage.first * (stage.last / stage.first) ** (k / stage.iterations)
        for x, slope, m, v, factor in zip(current, day.slopes(prices), first, second, scale, strict=True):
            m *= 0.95
            m += 0.05 * slope
            v *= 0.999
            v += 0.001 * slope * slope
            step = (m / (1 - 0.95 ** (k + 1))) / (np.sqrt(v / (1 - 0.999 ** (k + 1))) + 1e-2)
            x -= size * factor * step
            np.maximum(x, 0.0, out=x)
    return best, kept
