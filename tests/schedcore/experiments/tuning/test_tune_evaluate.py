"""Trials of a candidate: which of them are tried again."""

from __future__ import annotations

from typing import Any

import pytest
from support.made_runs import a_failure, a_record, a_trial

from schedcore.experiments.backends.protocol import Finished
from schedcore.experiments.tuning.evaluate import run_one

TRIAL = a_trial("ft06", "spt")


class Scripted:
    """A backend whose trials end as a script says: an error type, or empty for success."""

    def __init__(self, *ends: str) -> None:
        self.ends = list(ends)
        self.attempts: list[int] = []

    def submit(self, trial: Any, attempt: int, loaded: Any) -> None:
        self.attempts.append(attempt)

    def poll(self, timeout_s: float) -> list[Finished]:
        kind = self.ends.pop(0)
        if kind == "nothing yet":
            return []
        record = a_failure(TRIAL, kind) if kind else a_record(TRIAL, 60.0)
        return [Finished(TRIAL.key, self.attempts[-1], record)]


@pytest.mark.parametrize(
    ("ends", "retries", "attempts", "ended"),
    [
        (("",), 2, [1], ""),
        (("nothing yet", ""), 0, [1], ""),
        (("exception",), 0, [1], "exception"),
        (("exception", "timeout", ""), 2, [1, 2, 3], ""),
        (("crash", "crash"), 1, [1, 2], "crash"),
        (("invalid-schedule",), 3, [1], "invalid-schedule"),  # another try does not mend it
        (("lost", "lost", ""), 0, [1, 2, 3], ""),  # no fault of the trial
        (("lost", "lost", "lost"), 0, [1, 2, 3], "lost"),
    ],
)
def test_failed_trials_are_tried_again_as_in_a_sweep(ends, retries, attempts, ended) -> None:
    backend = Scripted(*ends)
    record = run_one(backend, TRIAL, None, retries=retries)  # type: ignore[arg-type]
    assert (backend.attempts, record.error_type) == (attempts, ended)


def test_attempts_of_before_are_counted_but_not_against_the_retries() -> None:
    backend = Scripted("crash", "")
    assert not run_one(backend, TRIAL, None, before=2, retries=1).failed  # type: ignore[arg-type]
    assert backend.attempts == [3, 4]
