"""Compiled latest starts and ends from deadlines, back along minimum lags: what ``temporal.Windows`` finds."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,misc,untyped-decorator"

from __future__ import annotations

from schedcore.executor.sgs.compiled import compiled

FINITE = 1 << 42
"""Latest ticks from here on are none (half of ``NO_DEADLINE``)."""


@compiled
def tighten(t, least, most, latest_start, latest_end):
    """Let start and end of a task agree with its shortest and longest duration."""
    if min(latest_start[t], latest_end[t]) < FINITE:
        latest_start[t] = min(latest_start[t], latest_end[t] - least[t])
        latest_end[t] = min(latest_end[t], latest_start[t] + most[t])


@compiled
def propagate_latest(lag_a, lag_b, lag_a_edge, lag_min, least, most, latest_start, latest_end):
    """Lower the bounds in place until all lags into starts hold; false if they contradict each other."""
    n = len(least)
    for t in range(n):
        tighten(t, least, most, latest_start, latest_end)
    for _ in range(n + 1):
        changed = False
        for i in range(len(lag_a) - 1, -1, -1):  # followers mostly have higher ids: few rounds
            a, b = lag_a[i], lag_b[i]
            if latest_start[b] >= FINITE:
                continue
            bound = latest_start[b] - lag_min[i]
            limits = latest_start if lag_a_edge[i] == 0 else latest_end
            if bound < limits[a]:
                limits[a] = bound
                tighten(a, least, most, latest_start, latest_end)
                changed = True
        if not changed:
            return True
    return False
