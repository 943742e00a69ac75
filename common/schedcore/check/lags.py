"""Rules on the distance between edges of tasks."""

from __future__ import annotations

import numpy as np

from schedcore.check.view import View
from schedcore.check.violation import Findings, Violation, ViolationCode
from schedcore.check.words import Words
from schedcore.model.arrays import IntArray


def check_lags(view: View) -> list[Findings]:
    """``LAG_MIN`` and ``LAG_MAX`` between tasks that are both present.

    Without a usable period, lags with iterations are not judged (the period itself is reported).
    """
    arrays = view.arrays
    if not len(arrays.lag_a):
        return []
    row_a, row_b = view.row_of[arrays.lag_a], view.row_of[arrays.lag_b]
    active = (row_a >= 0) & (row_b >= 0)
    shift: IntArray | int = 0
    if view.problem.cycle is not None:
        if view.period is None:
            active &= arrays.lag_iterations == 0
        else:
            shift = arrays.lag_iterations * view.period
    if len(view.task):
        time_a: IntArray = np.where(arrays.lag_a_edge == 1, view.end[row_a], view.start[row_a])
        time_b: IntArray = np.where(arrays.lag_b_edge == 1, view.end[row_b], view.start[row_b])
        distance: IntArray = time_b + shift - time_a
    else:
        time_b = distance = np.zeros(len(row_a), dtype=np.int64)
    found = []
    for code, amount in (
        (ViolationCode.LAG_MIN, arrays.lag_min - distance),
        (ViolationCode.LAG_MAX, distance - arrays.lag_max),
    ):
        broken = np.flatnonzero(active & (amount > 0))
        if len(broken):
            found.append(_findings(view, code, broken, distance, time_b, amount))
    return found


def _findings(
    view: View, code: ViolationCode, broken: IntArray, distance: IntArray, time_b: IntArray, amount: IntArray
) -> Findings:
    def build() -> list[Violation]:
        words = Words(view.problem)
        result = []
        for i in broken.tolist():
            lag = view.problem.lags[i]
            a, b = (f"the {words.edge(e)} of {words.task(t)}" for t, e in ((lag.a, lag.a_edge), (lag.b, lag.b_edge)))
            rounds = f" {lag.iterations} round(s) later" if lag.iterations else ""
            limit = f"at least {lag.min}" if code is ViolationCode.LAG_MIN else f"at most {lag.max}"
            result.append(
                Violation(
                    code,
                    f"from {a} to {b}{rounds} are {words.span(int(distance[i]))}, must be {limit}: "
                    f"{words.span(int(amount[i]))} too {'few' if code is ViolationCode.LAG_MIN else 'many'}",
                    (lag.a, lag.b) if lag.a != lag.b else (lag.a,),
                    at=int(time_b[i]),
                    amount=int(amount[i]),
                )
            )
        return result

    return Findings(code, amount[broken], build)
