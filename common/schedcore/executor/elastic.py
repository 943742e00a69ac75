"""The default duration of elastic tasks: the shortest that is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedcore.executor.layout import Layout, ModeRow

if TYPE_CHECKING:
    from schedcore.executor.engine import Executor


def duration_range(layout: Layout, task: int, row: ModeRow) -> tuple[int, int]:
    """Durations that the mode and the lags between the task's own edges allow (may be empty)."""
    return max(row.duration, layout.span_low[task]), min(row.longest, layout.span_high[task])


def needed_duration(run: Executor, task: int, row: ModeRow) -> int:
    """The shortest duration that lags with known edges and the needs of others ask for.

    A task that fills a reservoir at a rate lasts until the most demanding waiting task could draw
    from it, if bounds allow.  Whether the result is legal is for the caller to check.
    """
    layout, now = run.layout, run.now
    least, most = duration_range(layout, task, row)
    least = max(least, run.end_low[task] - now)
    if run.enforce_deadlines:
        most = min(most, run.windows.latest_end[task] - now)
    for i in layout.network_lags[task]:
        lag = layout.lags[i]
        if lag.b == task and lag.b_edge == 1:
            at = run.edge_time(lag.a, lag.a_edge)
            low, high = lag.low, lag.high
        elif lag.a == task and lag.a_edge == 1:
            at = run.edge_time(lag.b, lag.b_edge)
            low, high = None if lag.high is None else -lag.high, None if lag.low is None else -lag.low
        else:
            continue
        if at is not None:
            if low is not None:
                least = max(least, at + low - now)
            if high is not None:
                most = min(most, at + high - now)
    duration = least
    for effect in row.effects:
        rate = effect.end_rate + effect.start_rate
        if rate > 0:
            r = effect.reservoir
            level = run.level[r] + sum(run.coming[r].values()) + effect.start_fixed + effect.end_fixed
            target = min(layout.level_maximum[r], layout.level_minimum[r] + _need(run, r, task))
            room = (layout.level_maximum[r] - level) // rate
            duration = max(duration, min(-((level - target) // rate), room))
    return max(row.duration, min(duration, most))


def _need(run: Executor, reservoir: int, but: int) -> int:
    """The most that one waiting task draws from a reservoir, in its most modest mode."""
    layout, need = run.layout, 0
    for t in layout.drawers[reservoir]:
        if t != but and run.status[t] == 0 and t not in run.excluded and not run.hidden[t]:
            need = max(need, min(draw(row, reservoir) for row in layout.modes[t]))
    return need


def draw(row: ModeRow, reservoir: int) -> int:
    """Units by which the shortest run of a mode lowers a reservoir at worst."""
    worst = 0
    for e in row.effects:
        if e.reservoir == reservoir:
            at_start = e.start_fixed + e.start_rate * row.duration
            worst = max(worst, -at_start, -(at_start + e.end_fixed + e.end_rate * row.duration))
    return worst
