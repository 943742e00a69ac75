"""The flow of the whole fleet over the next hours as an integer program, on coarse steps; solved by HiGHS."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from uam._checks import Flags, Floats, Ints
from uam.planner.outlook import Outlook


@dataclass(frozen=True, slots=True, eq=False)
class FlowWindow:
    """What the program decides on: ``steps`` steps from now.

    ``fleet[t, i, s]`` aircraft become ready in step ``t``; ``wanted[i, j, w]`` passengers in part ``w`` of the
    window, where step ``t`` is in part ``part[t]``; ``margin[i, j, w]`` what each brings; ``closed[i, j]`` pairs that
    are shut while ``part`` is 0; ``whole`` steps have integer flights, in the later ones they may be divided.
    """

    fleet: Floats
    wanted: Floats
    margin: Floats
    part: Ints
    closed: Flags
    whole: int

    @property
    def steps(self) -> int:
        """Number of steps."""
        return len(self.part)


@dataclass(frozen=True, slots=True, eq=False)
class FlowPlan:
    """Departures ``[N, N]`` in the first step, and the value of the whole window, dollars; ``optimal``: proven."""

    departures: Ints
    value: float
    optimal: bool


def solve_flow(look: Outlook, window: FlowWindow, *, time_limit_s: float, gap: float = 0.005) -> FlowPlan | None:
    """The best flow of the window, or ``None`` if HiGHS finds none in the time.

    Aircraft leave at the end of the window, wherever they then are, for nothing.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    n, steps, levels = len(look.flight_cost), window.steps, look.top + 1
    parts = window.wanted.shape[2]
    origin, target, step, level, arrive = _flights(look, window)
    wait_step, wait_at, wait_level = (x.ravel() for x in np.indices((steps, n, levels)))
    after = np.where(look.has_charger[wait_at], look.idle_to[wait_level], wait_level)
    ahead = np.minimum(steps, wait_step + look.idle_steps)

    def node(t: Ints, i: Ints, s: Ints) -> Ints:
        return np.where(t < steps, (t * n + i) * levels + s, -1)

    tail = np.concatenate([node(step, origin, level), node(wait_step, wait_at, wait_level)])
    refilled = np.where(look.has_charger[target], look.top, level - look.energy[origin, target])
    head = np.concatenate([node(arrive, target, refilled), node(ahead, wait_at, after)])
    arcs, flights, pairs = len(tail), len(origin), n * n * parts
    inside = head >= 0
    pair = (origin * n + target) * parts + window.part[step]
    rows = [tail, head[inside], steps * n * levels + pair, steps * n * levels + np.arange(pairs)]
    cols = [np.arange(arcs), np.arange(arcs)[inside], np.arange(flights), arcs + np.arange(pairs)]
    data = [np.ones(arcs), -np.ones(int(inside.sum())), np.full(flights, -float(look.seats)), np.ones(pairs)]
    num_rows = steps * n * levels + pairs
    matrix = sparse.csc_matrix(
        (np.concatenate(data), (np.concatenate(rows), np.concatenate(cols))), shape=(num_rows, arcs + pairs)
    )
    supply = window.fleet[:steps].ravel()
    gain = np.zeros(arcs + pairs)
    gain[:flights] = -look.flight_cost[origin, target]
    gain[arcs:] = window.margin.ravel()
    whole = np.zeros(arcs + pairs)
    whole[:flights] = step < window.whole
    result = milp(
        -gain,
        integrality=whole,
        bounds=Bounds(0.0, np.concatenate([np.full(arcs, np.inf), window.wanted.ravel()])),
        constraints=LinearConstraint(
            matrix,
            np.concatenate([supply, np.full(pairs, -np.inf)]),
            np.concatenate([supply, np.zeros(pairs)]),
        ),
        options={"time_limit": time_limit_s, "mip_rel_gap": gap},
    )
    if result.x is None:
        return None
    found = result.x
    first = step == 0
    departures = np.zeros((n, n))
    np.add.at(departures, (origin[first], target[first]), found[:flights][first])
    return FlowPlan(np.rint(departures).astype(np.int64), float(gain @ found), result.status == 0)


def _flights(look: Outlook, window: FlowWindow) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Every flight: origin, target, step, level, and the step in which the aircraft is ready again."""
    n, steps, levels = len(look.flight_cost), window.steps, look.top + 1
    origin, target, step, level = (x.ravel() for x in np.indices((n, n, steps, levels)))
    shut = window.closed[origin, target] & (window.part[step] == 0)
    may = (look.steps[origin, target] > 0) & (level >= look.need[origin, target]) & ~shut
    origin, target, step, level = (x[may] for x in (origin, target, step, level))
    left = level - look.energy[origin, target]
    refill = np.where(look.has_charger[target], look.refill_steps[np.maximum(left, 0)], 0)
    return origin, target, step, level, step + look.steps[origin, target] + refill
