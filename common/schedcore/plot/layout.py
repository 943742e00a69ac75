"""What a Gantt chart shows, as arrays: the one input of the PNG, SVG, HTML and trace writers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from schedcore.errors import InputError
from schedcore.model import Problem, Renewable, Reservoir, Schedule, StepProfile, Unary
from schedcore.plot.folding import Pieces, fold, period_of, plain, unrolled
from schedcore.plot.lanes import first_fit, first_fit_circular

IntArray = NDArray[np.int64]
CyclicView: TypeAlias = Literal["folded", "unrolled"]

LANE_HEIGHT: float = 0.6
"""Height of a lane where a group has several, in rows."""


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Rows that belong together: the lanes of a resource, the tasks of a job.

    ``ident`` is the id of the resource or job.  ``closed`` holds ``(begin, end, share)``: stretches in
    which the calendar takes away ``share`` (0 to 1) of the capacity.
    """

    label: str
    kind: Literal["unary", "renewable", "none", "job", "task"]
    ident: int | None
    first_row: int
    num_rows: int
    row_labels: tuple[str, ...] = ()
    closed: tuple[tuple[int, int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars sorted by row, then start; a bar without length is drawn as a marker."""

    row: IntArray
    start: IntArray
    end: IntArray
    placement: IntArray  # position in the schedule's columns
    shift: IntArray  # drawn time = absolute time + shift * period
    amount: IntArray  # units of the resource, 1 by task

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True)
class GanttLayout:
    """Rows, bars and setups of one view of a schedule; see :func:`layout_gantt`."""

    problem: Problem
    schedule: Schedule
    by: Literal["resource", "task"]
    period: int | None
    folded: bool
    rounds: int
    x_min: int
    x_max: int
    groups: tuple[RowGroup, ...]
    bars: Bars
    pieces: Pieces
    """The drawn parts of the placements, before they are spread over rows."""
    setups: IntArray = field(default_factory=lambda: np.zeros((0, 3), dtype=np.int64))
    """``[setup, (row, start, end)]``."""

    @property
    def num_rows(self) -> int:
        """Number of rows over all groups."""
        return self.groups[-1].first_row + self.groups[-1].num_rows if self.groups else 0

    def row_heights(self) -> NDArray[np.float64]:
        """Height of every row: 1, or less for the lanes of a resource."""
        heights = np.ones(self.num_rows)
        for group in self.groups:
            if group.num_rows > 1 and not group.row_labels:
                heights[group.first_row : group.first_row + group.num_rows] = LANE_HEIGHT
        return heights


def layout_gantt(
    problem: Problem,
    schedule: Schedule,
    *,
    by: Literal["resource", "task"] = "resource",
    cyclic: CyclicView = "folded",
    rounds: int = 3,
    max_task_rows: int = 400,
) -> GanttLayout:
    """Lay out ``schedule``, which need not be feasible: whatever it says is shown.

    Parameters
    ----------
    by
        ``"resource"``: a row per unary resource and first-fit lanes per renewable one; bars that
        overlap where they must not get lanes of their own.  ``"task"``: a row per placed task,
        grouped by job.
    cyclic
        For cyclic problems: one folded period, or ``rounds`` rounds one after the other.
    max_task_rows
        With more placed tasks than this, ``by="task"`` shows the tasks of a job on shared lanes.

    Raises
    ------
    InputError
        For an unknown ``by`` or ``cyclic``, ``rounds`` below 1, or if folding needs too many pieces.
    """
    if by not in ("resource", "task"):
        raise InputError(f"unknown view {by!r}", where="by", remedy="use 'resource' or 'task'")
    if cyclic not in ("folded", "unrolled"):
        raise InputError(f"unknown cyclic view {cyclic!r}", where="cyclic", remedy="use 'folded' or 'unrolled'")
    if rounds < 1:
        raise InputError(f"rounds is {rounds}", where="rounds", remedy="give at least 1")
    period = period_of(problem, schedule)
    folded = period is not None and cyclic == "folded"
    if period is None:
        pieces = plain(schedule.start, schedule.end)
    elif folded:
        pieces = fold(schedule.start, schedule.end, period)
    else:
        pieces = unrolled(schedule.start, schedule.end, period, rounds)
    x_min = min(0, int(pieces.start.min())) if len(pieces.start) else 0
    if folded and period is not None:
        x_max = period
    else:
        x_max = max(1, int(max(pieces.end.max(), pieces.start.max()))) if len(pieces.start) else 1
    if by == "resource":
        groups, bars = _by_resource(problem, schedule, pieces, period if folded else None, x_max)
        setups = _setups(problem, schedule, groups, bars)
    else:
        groups, bars = _by_task(problem, schedule, pieces, period if folded else None, max_task_rows)
        setups = np.zeros((0, 3), dtype=np.int64)
    return GanttLayout(problem, schedule, by, period, folded, rounds, x_min, x_max, groups, bars, pieces, setups)


def task_name(problem: Problem, task: int) -> str:
    """Name of a task, also of one that does not exist."""
    return problem.tasks[task].name if 0 <= task < len(problem.tasks) else f"unknown task {task}"


def known_placements(problem: Problem, schedule: Schedule) -> IntArray:
    """Global mode index (row of ``problem.arrays``) of every placement, -1 if task or mode do not exist."""
    arrays = problem.arrays
    result = np.full(len(schedule), -1, dtype=np.int64)
    known = np.flatnonzero((schedule.task >= 0) & (schedule.task < arrays.num_tasks))
    tasks, modes = schedule.task[known], schedule.mode[known]
    fine = (modes >= 0) & (modes < arrays.mode_ptr[tasks + 1] - arrays.mode_ptr[tasks])
    result[known[fine]] = arrays.mode_ptr[tasks[fine]] + modes[fine]
    return result


def expand_demands(problem: Problem, schedule: Schedule) -> tuple[IntArray, IntArray, IntArray]:
    """``(placement, resource, amount)`` of every demand; placements without demands have none."""
    arrays = problem.arrays
    mode = known_placements(problem, schedule)
    known = np.flatnonzero(mode >= 0)
    first = arrays.demand_ptr[mode[known]]
    counts = arrays.demand_ptr[mode[known] + 1] - first
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    index = np.arange(total, dtype=np.int64) - np.repeat(ends - counts - first, counts)
    return np.repeat(known, counts), arrays.demand_resource[index], arrays.demand_amount[index]


def _by_resource(
    problem: Problem, schedule: Schedule, pieces: Pieces, fold_period: int | None, x_max: int
) -> tuple[tuple[RowGroup, ...], Bars]:
    placement, resource, amount = expand_demands(problem, schedule)
    without = np.setdiff1d(np.arange(len(schedule), dtype=np.int64), placement)
    placement = np.concatenate([placement, without])
    resource = np.concatenate([resource, np.full(len(without), len(problem.resources), dtype=np.int64)])
    amount = np.concatenate([amount, np.ones(len(without), dtype=np.int64)])
    # Join demands and pieces on the placement: every demand is drawn once per piece.
    by_owner = np.argsort(pieces.owner, kind="stable")
    per_placement = np.bincount(pieces.owner, minlength=len(schedule))
    first = np.cumsum(per_placement) - per_placement
    counts = per_placement[placement]
    demand = np.repeat(np.arange(len(placement), dtype=np.int64), counts)
    ends = np.cumsum(counts)
    within = np.arange(len(demand), dtype=np.int64) - np.repeat(ends - counts, counts)
    piece = by_owner[first[placement[demand]] + within]

    order = np.argsort(resource[demand], kind="stable")
    demand, piece = demand[order], piece[order]
    bounds = np.searchsorted(resource[demand], np.arange(len(problem.resources) + 2))
    row = np.zeros(len(piece), dtype=np.int64)
    groups: list[RowGroup] = []
    next_row = 0
    for r in range(len(problem.resources) + 1):
        low, high = int(bounds[r]), int(bounds[r + 1])
        own = None if r == len(problem.resources) else problem.resources[r]
        if isinstance(own, Reservoir) or (own is None and low == high):
            continue
        part = piece[low:high]
        lane, count = _lanes(pieces, part, placement[demand[low:high]], fold_period)
        row[low:high] = next_row + lane
        if own is None:
            groups.append(RowGroup("no resource", "none", None, next_row, count))
        else:
            kind: Literal["unary", "renewable"] = "unary" if isinstance(own, Unary) else "renewable"
            groups.append(RowGroup(own.name, kind, r, next_row, count, closed=_closed(own, x_max)))
        next_row += count
    bars = _sorted_bars(row, pieces, piece, placement[demand], amount[demand])
    return tuple(groups), bars


def _by_task(
    problem: Problem, schedule: Schedule, pieces: Pieces, fold_period: int | None, max_task_rows: int
) -> tuple[tuple[RowGroup, ...], Bars]:
    count = len(problem.jobs)
    job = np.full(len(schedule), count, dtype=np.int64)
    known = (schedule.task >= 0) & (schedule.task < len(problem.tasks))
    own = problem.arrays.job[schedule.task[known]]
    job[known] = np.where(own < 0, count, own)
    tasks_have_rows = len(schedule) <= max_task_rows
    row_of_placement = np.zeros(len(schedule), dtype=np.int64)
    row = np.zeros(len(pieces.start), dtype=np.int64)
    groups: list[RowGroup] = []
    next_row = 0
    by_job = np.argsort(job, kind="stable")
    bounds = np.searchsorted(job[by_job], np.arange(count + 2))
    job_of_piece = job[pieces.owner]
    piece_by_job = np.argsort(job_of_piece, kind="stable")
    piece_bounds = np.searchsorted(job_of_piece[piece_by_job], np.arange(count + 2))
    for j in range(count + 1):
        members = by_job[bounds[j] : bounds[j + 1]]
        if not len(members):
            continue
        if j < count:
            label = problem.jobs[j]
        else:
            label = "no job" if count else ""
        kind: Literal["job", "task"] = "job" if j < count else "task"
        ident = j if j < count else None
        if tasks_have_rows:
            members = members[np.lexsort((schedule.task[members], schedule.end[members], schedule.start[members]))]
            row_of_placement[members] = next_row + np.arange(len(members))
            names = tuple(task_name(problem, t) for t in schedule.task[members].tolist())
            groups.append(RowGroup(label, kind, ident, next_row, len(members), row_labels=names))
            next_row += len(members)
        else:
            part = piece_by_job[piece_bounds[j] : piece_bounds[j + 1]]
            lane, num_lanes = _lanes(pieces, part, pieces.owner[part], fold_period)
            row[part] = next_row + lane
            groups.append(RowGroup(label or "tasks", kind, ident, next_row, num_lanes))
            next_row += num_lanes
    if tasks_have_rows:
        row = row_of_placement[pieces.owner]
    every = np.arange(len(pieces.start), dtype=np.int64)
    return tuple(groups), _sorted_bars(row, pieces, every, pieces.owner, np.ones(len(every), dtype=np.int64))


def _lanes(pieces: Pieces, part: IntArray, owner: IntArray, fold_period: int | None) -> tuple[IntArray, int]:
    start, end = pieces.start[part], pieces.end[part]
    return first_fit(start, end) if fold_period is None else first_fit_circular(start, end, owner, fold_period)


def _sorted_bars(row: IntArray, pieces: Pieces, piece: IntArray, placement: IntArray, amount: IntArray) -> Bars:
    start, end = pieces.start[piece], pieces.end[piece]
    order = np.lexsort((placement, end, start, row))
    piece = piece[order]
    return Bars(row[order], start[order], end[order], placement[order], pieces.shift[piece], amount[order])


def _closed(resource: Unary | Renewable, x_max: int) -> tuple[tuple[int, int, float], ...]:
    calendar: StepProfile | None = resource.calendar
    if calendar is None:
        return ()
    full = 1 if isinstance(resource, Unary) else resource.capacity
    return tuple((a, b, 1 - v / full) for a, b, v in calendar.segments(x_max) if v < full)


def _setups(problem: Problem, schedule: Schedule, groups: tuple[RowGroup, ...], bars: Bars) -> IntArray:
    """Setups, drawn right before the task that needs them, on its row."""
    found: list[tuple[int, int, int]] = []
    bounds = np.searchsorted(bars.row, [[g.first_row, g.first_row + g.num_rows] for g in groups] or [[0, 0]])
    for group, (low, high) in zip(groups, bounds.tolist(), strict=False):
        resource = None if group.kind != "unary" or group.ident is None else problem.resources[group.ident]
        if not isinstance(resource, Unary) or resource.transition is None:
            continue
        members = low + np.lexsort((schedule.task[bars.placement[low:high]], bars.start[low:high]))
        state = resource.initial_state
        for i in members.tolist():
            task = problem.tasks[int(schedule.task[bars.placement[i]])]
            assert task.state_before is not None  # the problem's validation
            ticks = None if state is None else resource.transition[state][task.state_before]
            if ticks:
                start = int(bars.start[i])
                found.append((int(bars.row[i]), start - ticks, start))
            state = task.state_after
    return np.array(found, dtype=np.int64).reshape(-1, 3)
