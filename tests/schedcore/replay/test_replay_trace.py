"""Traces, and the schedules that they make."""

from __future__ import annotations

import json

from schedcore.model import ProblemBuilder, Schedule
from schedcore.replay import Attempt, Outcome, Trace

TRACE = Trace(
    (
        Attempt(1, 0, 1, 6, 9, Outcome.DONE),
        Attempt(0, 0, 0, 0, 4, Outcome.DONE),
        Attempt(1, 0, 0, 2, 5, Outcome.FAILED),
        Attempt(2, 1, 0, 4, 6, Outcome.BROKEN),
        Attempt(2, 2, 1, 8, 9, Outcome.GIVEN_UP),
        Attempt(3, 0, 0, 1, 2, Outcome.CANCELLED),
        Attempt(4, 0, 0, 1, 2, Outcome.BROKEN),
        Attempt(5, 0, 0, 1, 2**60, Outcome.STARVED),
    )
)


def test_attempts_stand_in_order():
    assert [a.begin for a in TRACE] == [0, 1, 1, 1, 2, 4, 6, 8]
    assert len(TRACE) == 8
    assert TRACE.count(1) == 2
    assert TRACE.count(9) == 0


def test_given_up_tasks_are_named():
    assert TRACE.failed() == (2,)


def test_a_placement_covers_all_attempts_or_the_last():
    assert TRACE.schedule() == Schedule([(0, 0, 0, 4), (1, 0, 2, 9), (2, 2, 4, 9)])
    assert TRACE.schedule(keep_resources=False) == Schedule([(0, 0, 0, 4), (1, 0, 6, 9), (2, 2, 8, 9)])


def test_plain_data_has_names():
    b = ProblemBuilder()
    for name in "abcdef":
        b.task(name, 1)
    rows = json.loads(json.dumps(TRACE.as_dict(b.build())))
    assert rows[0] == {"task": "a", "mode": 0, "number": 0, "begin": 0, "end": 4, "outcome": "done"}
    assert rows[-1]["outcome"] == "given up"
