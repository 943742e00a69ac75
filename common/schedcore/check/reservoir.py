"""Rules on reservoirs: the net level after every tick stays within its bounds."""

from __future__ import annotations

import numpy as np

from schedcore.check.steps import Runs, excess_runs, join_around, sum_steps
from schedcore.check.view import View
from schedcore.check.violation import Findings, Violation, ViolationCode
from schedcore.check.words import Words
from schedcore.model.arrays import IntArray


def check_reservoirs(view: View) -> list[Findings]:
    """``RESERVOIR_LOW`` and ``RESERVOIR_HIGH``."""
    if not view.judges_resources or not len(view.events.row):
        return []
    found: list[Findings] = []
    if view.period is None:
        group, time, level = levels(view)
    else:
        drift = _drift(view)
        found += _drift_findings(view, drift)
        group, time, level = folded_levels(view, view.period)
        # Without balance there is no steady state whose level could be judged.
        balanced = (drift == 0)[group]
        group, time, level = group[balanced], time[balanced], level[balanced]
    for code, excess in (
        (ViolationCode.RESERVOIR_LOW, view.arrays.level_minimum[group] - level),
        (ViolationCode.RESERVOIR_HIGH, level - view.arrays.level_maximum[group]),
    ):
        runs = excess_runs(group, time, excess)
        if view.period is not None:
            runs = join_around(runs, view.period)
        if len(runs.group):
            found.append(_findings(view, code, runs))
    return found


def levels(view: View) -> tuple[IntArray, IntArray, IntArray]:
    """Levels of all reservoirs that change, as steps: reservoir, tick, net level from this tick on."""
    events = view.events
    group, time, (change,) = sum_steps(events.reservoir, events.time, events.delta)
    return group, time, view.arrays.level_initial[group] + change


def folded_levels(view: View, period: int) -> tuple[IntArray, IntArray, IntArray]:
    """Levels in the steady state over phases ``[0, period)``, reached when the pattern starts from ``initial``."""
    events = view.events
    used = np.unique(events.reservoir)
    # What rounds under way have not yet given, or have not yet taken, when phase 0 comes.
    pending = -events.delta * (events.time // period)
    zeros = np.zeros(len(used), dtype=np.int64)
    groups = np.concatenate([events.reservoir, events.reservoir, used])
    times = np.concatenate([events.time % period, np.zeros(len(events.time), dtype=np.int64), zeros])
    group, time, (change,) = sum_steps(groups, times, np.concatenate([events.delta, pending, zeros]))
    return group, time, view.arrays.level_initial[group] + change


def _drift(view: View) -> IntArray:
    """Sum of the effects of one round, per resource id."""
    events = view.events
    drift = np.zeros(view.arrays.num_resources, dtype=events.delta.dtype)
    np.add.at(drift, events.reservoir, events.delta)
    return drift


def _drift_findings(view: View, drift: IntArray) -> list[Findings]:
    found = []
    for code, sign in ((ViolationCode.RESERVOIR_LOW, -1), (ViolationCode.RESERVOIR_HIGH, 1)):
        which = np.flatnonzero(drift * sign > 0)
        if len(which):
            found.append(_one_sided_drift(view, code, which, np.abs(drift[which])))
    return found


def _one_sided_drift(view: View, code: ViolationCode, which: IntArray, amounts: IntArray) -> Findings:
    def build() -> list[Violation]:
        words = Words(view.problem)
        verb = "drains" if code is ViolationCode.RESERVOIR_LOW else "fills"
        result = []
        for r, amount in zip(which.tolist(), amounts.tolist(), strict=True):
            tasks = np.unique(view.task[view.events.row[view.events.reservoir == r]])
            text = f"every round {verb} {words.resource(r)} by {words.units(amount)}; its effects must add up to zero"
            result.append(Violation(code, text, tuple(tasks.tolist()), r, amount=amount))
        return result

    return Findings(code, amounts, build)


def _findings(view: View, code: ViolationCode, runs: Runs) -> Findings:
    def build() -> list[Violation]:
        words, events = Words(view.problem), view.events
        result = []
        times = events.time if view.period is None else events.time % view.period
        low = code is ViolationCode.RESERVOIR_LOW
        for r, begin, end, amount in zip(*(column.tolist() for column in runs), strict=True):
            at_begin = view.task[events.row[(events.reservoir == r) & (times == begin)]]
            tasks = tuple(np.unique(at_begin).tolist())
            bound = int((view.arrays.level_minimum if low else view.arrays.level_maximum)[r])
            side = "below its minimum" if low else "above its maximum"
            stretch = words.stretch(begin, end, view.period)
            who = f"; by {words.tasks(tasks)}" if tasks else ""
            result.append(
                Violation(
                    code,
                    f"the level of {words.resource(r)} is up to {words.units(amount)} {side} of {bound} {stretch}{who}",
                    tasks,
                    r,
                    begin,
                    amount,
                )
            )
        return result

    return Findings(code, runs.excess, build)
