"""``check``: the definition of a feasible schedule, as code (``docs/semantics.md`` has it in words)."""

from __future__ import annotations

from schedcore.check.lags import check_lags
from schedcore.check.presence import check_mode_links, check_presence, check_selections
from schedcore.check.realised import Realised
from schedcore.check.renewable import check_capacities
from schedcore.check.report import Report
from schedcore.check.reservoir import check_reservoirs
from schedcore.check.time_rules import check_times
from schedcore.check.unary import check_unary
from schedcore.check.view import View
from schedcore.model import Problem, Schedule
from schedcore.model.given import check_problem, check_schedule


def check(problem: Problem, schedule: Schedule, realised: Realised | None = None) -> Report:
    """Every violation of ``schedule``, counted once as ``docs/semantics.md`` defines.

    Parameters
    ----------
    problem
        The rules.
    schedule
        Anything; also nonsense is judged rather than refused.
    realised
        Durations and capacities that occurred in place of the planned ones: for replays and logs.

    Raises
    ------
    ModelError
        If ``problem`` or ``schedule`` is something else, or ``realised`` does not fit ``problem``.
    """
    check_problem(problem, "check")
    check_schedule(schedule, "check")
    if realised is not None:
        realised.validate(problem)
    view = View(problem, schedule)
    findings = check_presence(view)
    findings += check_times(view, realised)
    findings += check_unary(view)
    findings += check_capacities(view, realised)
    findings += check_reservoirs(view)
    findings += check_lags(view)
    findings += check_selections(view)
    findings += check_mode_links(view)
    return Report(problem, schedule, findings)
