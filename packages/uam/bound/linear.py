"""The perfect-information linear program over the grid of a day, solved by HiGHS; and its integer version.

All aircraft are alike, so one flow stands for the fleet.  Columns, all at least 0:

* ``fly`` per pair, step and level; ``charge`` per vertiport with chargers, step and level; ``stand`` per vertiport,
  step and level;
* ``full`` and ``rest`` per pair and hour: flights that fill all seats, at most as many as the passengers fill, and
  the one that takes those who remain; ``empty``: flights with nobody aboard.  Whoever departs takes as many of the
  passengers as there are seats, so these three say exactly what the flights of a pair and hour bring;
* ``aircraft`` per vertiport and step: those at it or on their way to it, at most its capacity.

Rows: conservation at every node; flights of a pair and hour are full, rest or empty; chargers; corridors
(departures per step); and the count of aircraft at every vertiport from step to step.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from schedcore.errors import InputError, SchedError
from uam._checks import Floats, Ints
from uam.bound.grid import DayGrid


class BoundError(SchedError):
    """HiGHS ended without a usable answer."""


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Where the columns of the program are: arcs first, then the counts.

    ``kind`` is 0 stand, 1 charge, 2 fly; ``origin``, ``target``, ``step``, ``level`` describe arc ``a`` and
    ``arrival`` is the node it enters (-1: the end of the day).
    """

    kind: Ints
    origin: Ints
    target: Ints
    step: Ints
    level: Ints
    arrival: Ints
    pairs: Ints
    num_hours: int
    num_steps: int
    num_vertiports: int

    @property
    def num_arcs(self) -> int:
        """Number of arcs."""
        return len(self.kind)

    @property
    def num_pair_hours(self) -> int:
        """Number of pairs times hours."""
        return len(self.pairs) * self.num_hours

    @property
    def total(self) -> int:
        """Number of all columns."""
        return self.num_arcs + 3 * self.num_pair_hours + self.num_vertiports * self.num_steps


@dataclass(frozen=True, slots=True, eq=False)
class DayProgram:
    """``maximise gain x`` subject to ``low <= matrix x <= high`` and ``0 <= x <= most``."""

    grid: DayGrid
    columns: Columns
    gain: Floats
    most: Floats
    matrix: sparse.csc_matrix
    low: Floats
    high: Floats

    def violation(self, point: Floats) -> float:
        """The largest amount by which ``point`` breaks a row or a limit of a column."""
        rows = self.matrix @ point
        return float(
            max(
                (self.low - rows).max(initial=0.0),
                (rows - self.high).max(initial=0.0),
                (-point).max(initial=0.0),
                (point - self.most).max(initial=0.0),
            )
        )


@dataclass(frozen=True, slots=True, eq=False)
class LinearBound:
    """What HiGHS found.

    ``value`` is the objective, dollars; ``bound`` what it proves (for the integer version the dual bound, which is
    the one to use).  ``status`` is ``optimal`` or HiGHS's own words, ``wall_s`` the time of the solve alone.
    """

    value: float
    bound: float
    status: str
    wall_s: float
    num_columns: int
    num_rows: int
    point: Floats | None


def day_program(grid: DayGrid) -> DayProgram:
    """The program of a grid."""
    columns = _columns(grid)
    n, steps, levels = grid.num_vertiports, grid.num_steps, grid.top + 1
    arcs, pair_hours = columns.num_arcs, columns.num_pair_hours
    every = np.arange(arcs)
    fly, charging = columns.kind == 2, columns.kind == 1

    rows: list[Ints] = []
    cols: list[Ints] = []
    data: list[Floats] = []
    low: list[Floats] = []
    high: list[Floats] = []
    used = 0

    def put(row: Ints, column: Ints, value: float) -> None:
        rows.append(row)
        cols.append(column)
        data.append(np.full(len(row), value))

    def limits(least: Floats, most: Floats) -> None:
        nonlocal used
        low.append(least)
        high.append(most)
        used += len(least)

    # Conservation: out - in = start.
    put((columns.step * n + columns.origin) * levels + columns.level, every, 1.0)
    inside = columns.arrival >= 0
    put(columns.arrival[inside], every[inside], -1.0)
    start = np.zeros(steps * n * levels)
    start[: n * levels] = grid.fleet.ravel()
    limits(start, start)

    # Flights of a pair and hour.
    number = np.full((n, n), -1)
    number[columns.pairs[:, 0], columns.pairs[:, 1]] = np.arange(len(columns.pairs))
    hour = columns.step // grid.steps_per_hour
    put(used + number[columns.origin[fly], columns.target[fly]] * columns.num_hours + hour[fly], every[fly], 1.0)
    for block in range(3):
        put(used + np.arange(pair_hours), arcs + block * pair_hours + np.arange(pair_hours), -1.0)
    limits(np.zeros(pair_hours), np.zeros(pair_hours))

    # Chargers.
    place = np.full(n, -1)
    stations = np.flatnonzero(grid.chargers)
    place[stations] = np.arange(len(stations))
    put(used + place[columns.origin[charging]] * steps + columns.step[charging], every[charging], 1.0)
    limits(np.full(len(stations) * steps, -np.inf), np.repeat(grid.chargers[stations].astype(float), steps))

    # Corridors: only where the fleet could break the limit.
    if grid.lane_limit < grid.fleet.sum():
        row = number[columns.origin[fly], columns.target[fly]] * steps + columns.step[fly]
        put(used + row, every[fly], 1.0)
        limits(
            np.full(len(columns.pairs) * steps, -np.inf), np.full(len(columns.pairs) * steps, float(grid.lane_limit))
        )

    # Aircraft at or on their way to j: present(t) = present(t - 1) + departures to j - departures from j.
    first = arcs + 3 * pair_hours
    here = np.arange(n * steps)
    put(used + here, first + here, 1.0)
    later = here[here % steps != 0]
    put(used + later, first + later - 1, -1.0)
    put(used + columns.target[fly] * steps + columns.step[fly], every[fly], -1.0)
    put(used + columns.origin[fly] * steps + columns.step[fly], every[fly], 1.0)
    begin = np.zeros((n, steps))
    begin[:, 0] = grid.fleet.sum(axis=1)
    limits(begin.ravel(), begin.ravel())

    gain = np.zeros(columns.total)
    gain[:arcs][fly] = -grid.flight_cost[columns.origin[fly], columns.target[fly]]
    of_pairs = (columns.pairs[:, 0], columns.pairs[:, 1])
    gain[arcs : arcs + pair_hours] = grid.full_value[of_pairs].ravel()
    gain[arcs + pair_hours : arcs + 2 * pair_hours] = grid.rest_value[of_pairs].ravel()
    most = np.full(columns.total, np.inf)
    most[arcs : arcs + pair_hours] = grid.full[of_pairs].ravel()
    most[arcs + pair_hours : arcs + 2 * pair_hours] = (grid.rest_value[of_pairs] > 0).ravel()
    most[first:] = np.repeat(grid.capacity.astype(float), steps)
    matrix = sparse.csc_matrix(
        (np.concatenate(data), (np.concatenate(rows), np.concatenate(cols))), shape=(used, columns.total)
    )
    return DayProgram(grid, columns, gain, most, matrix, np.concatenate(low), np.concatenate(high))


def solve_program(
    program: DayProgram,
    *,
    integer: bool = False,
    start: Floats | None = None,
    time_limit_s: float = 60.0,
    gap: float = 0.01,
) -> LinearBound:
    """Solve with HiGHS (scipy's own): interior point, or (``integer``) branch and bound on whole flights.

    ``start`` is a known feasible point of the integer version, for instance the image of a real day: it is the answer
    if nothing better is found.  Without one HiGHS often finds none in minutes; then the value is minus infinity and
    the point ``None``, and only the bound is of use.

    Raises
    ------
    BoundError
        HiGHS has no bound within the time.
    """
    from scipy.optimize import Bounds, LinearConstraint, linprog, milp

    if not time_limit_s > 0:
        raise InputError(f"a time limit of {time_limit_s} s", where="bound: time_limit_s", remedy="give more than 0")
    matrix = program.matrix
    began = time.perf_counter()
    if integer:
        whole = np.zeros(len(program.gain))
        whole[: program.columns.num_arcs] = program.columns.kind == 2
        found = milp(
            -program.gain,
            integrality=whole,
            bounds=Bounds(0.0, program.most),
            constraints=LinearConstraint(matrix, program.low, program.high),
            options={"time_limit": time_limit_s, "mip_rel_gap": gap},
        )
        bound = -float(found.mip_dual_bound) if found.mip_dual_bound is not None else np.inf
    else:
        equal = program.low == program.high
        rows = matrix.tocsr()
        found = linprog(
            -program.gain,
            A_ub=rows[~equal],
            b_ub=program.high[~equal],
            A_eq=rows[equal],
            b_eq=program.high[equal],
            bounds=np.column_stack([np.zeros(len(program.gain)), program.most]),
            method="highs-ipm",
            options={"time_limit": time_limit_s},
        )
        bound = -float(found.fun) if found.status == 0 else np.inf
    wall = time.perf_counter() - began
    status = "optimal" if found.status == 0 else str(found.message)
    if not np.isfinite(bound):
        raise BoundError(
            f"HiGHS after {wall:.1f} s: {status}", where="bound", remedy="raise the time limit or take a longer step"
        )
    point, value = found.x, -np.inf
    if point is not None:
        value = float(program.gain @ point)
    if integer and start is not None and float(program.gain @ start) > value:
        point, value = start, float(program.gain @ start)
    # HiGHS ends within its tolerances of the optimum, on either side.
    bound += 1e-6 * max(1.0, abs(bound))
    return LinearBound(value, bound, status, wall, matrix.shape[1], matrix.shape[0], point)


def _columns(grid: DayGrid) -> Columns:
    n, steps, levels = grid.num_vertiports, grid.num_steps, grid.top + 1
    time_step, origin, level = (x.ravel() for x in np.indices((steps, n, levels)))
    parts: list[tuple[Ints, ...]] = []

    def node(step: Ints, vertiport: Ints, at: Ints) -> Ints:
        return np.where(step < steps, (step * n + vertiport) * levels + at, -1)

    has = grid.chargers[origin] > 0
    stand = np.where(has, grid.park[level], level)
    parts.append((np.zeros_like(level), origin, origin, time_step, level, node(time_step + 1, origin, stand)))
    t, i, s = time_step[has], origin[has], level[has]
    useful = s < grid.top
    t, i, s = t[useful], i[useful], s[useful]
    parts.append((np.ones_like(s), i, i, t, s, node(t + 1, i, grid.charge[s])))
    for j in range(n):
        taken = grid.steps[origin, j, time_step]
        may = (taken > 0) & (level >= grid.need[origin, j])
        t, i, s = time_step[may], origin[may], level[may]
        left = s - grid.energy[i, j]
        if grid.chargers[j]:
            left = grid.land[left]
        target = np.full_like(s, j)
        parts.append((np.full_like(s, 2), i, target, t, s, node(t + taken[may], target, left)))
    kind, start, end, step, at, into = (np.concatenate(column) for column in zip(*parts, strict=True))
    apart = np.argwhere(~np.eye(n, dtype=bool))
    return Columns(kind, start, end, step, at, into, apart, grid.full.shape[2], steps, n)
