"""The exact scheduler against exhaustive search, and response times against their bounds."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qnet.scheduling import Miss, PeriodicTask, try_schedule
from qnet.scheduling.exact import schedule_exactly
from qnet.scheduling.response_time import response_bounds
from schedcore.errors import InputError


def task(i: int, slots: int, period: int, qubits: str = "q") -> PeriodicTask:
    return PeriodicTask(i, f"t{i}", slots, period, dict.fromkeys(qubits, (1 << slots) - 1))


def exists(tasks: list[PeriodicTask]) -> bool:
    """Whether any placement of all windows works, by trying all."""
    cycle = max(t.period for t in tasks)
    windows = [(t, k * t.period) for t in tasks for k in range(cycle // t.period)]
    ranges = [range(r, r + t.period - t.slots + 1) for t, r in windows]
    for starts in itertools.product(*ranges):
        taken: dict[str, int] = {}
        for (t, _), start in zip(windows, starts):
            if any(taken.get(q, 0) & m << start for q, m in t.masks.items()):
                break
            for q, m in t.masks.items():
                taken[q] = taken.get(q, 0) | m << start
        else:
            return True
    return False


@st.composite
def small_sets(draw) -> list[PeriodicTask]:
    made = []
    for i in range(draw(st.integers(2, 3))):
        period = draw(st.sampled_from([4, 8]))
        slots = draw(st.integers(1, period - 1))
        made.append(task(i, slots, period, draw(st.sampled_from(["q", "r", "qr"]))))
    return made


@given(small_sets())
@settings(max_examples=15, deadline=None)
def test_exact_answer_is_that_of_exhaustive_search(tasks: list[PeriodicTask]) -> None:
    outcome = schedule_exactly(tasks, 0.01, time_limit_s=5)
    assert outcome.proven
    assert (outcome.schedule is not None) == exists(tasks)
    for label in ("rcpsp-np-edf", "rcpsp-strict", "rcpsp-cedf"):
        if not isinstance(try_schedule(tasks, label, 0.01), Miss):
            assert outcome.schedule is not None


def test_exact_serves_what_edf_misses() -> None:
    """The set of the specification for which idle time must be inserted (5.2)."""
    tasks = [task(0, 1, 3), task(1, 2, 15), task(2, 4, 25), task(3, 1, 5)]
    assert isinstance(try_schedule(tasks, "rcpsp-np-edf", 0.01), Miss)
    assert schedule_exactly(tasks, 0.01).schedule is not None
    assert schedule_exactly([task(0, 2, 4), task(1, 6, 12)], 0.01).proven


def test_strict_windows_have_no_jitter() -> None:
    tasks = [task(0, 2, 8), task(1, 1, 4), task(2, 3, 16)]
    outcome = schedule_exactly(tasks, 0.01, strict=True)
    assert outcome.schedule is not None
    for t, row in zip(outcome.schedule.tasks, outcome.schedule.by_task):
        assert {run.start - run.instance * t.period for run in row} == {row[0].start}


def test_no_tasks_are_refused() -> None:
    with pytest.raises(InputError, match="no tasks"):
        schedule_exactly([], 0.01)


@st.composite
def loaded_sets(draw) -> list[PeriodicTask]:
    made = []
    for i in range(draw(st.integers(1, 5))):
        period = draw(st.sampled_from([4, 6, 8, 12, 24]))
        made.append(task(i, draw(st.integers(1, max(1, period // 3))), period))
    return made


@given(loaded_sets())
@settings(max_examples=60)
def test_response_times_stay_below_their_bounds(tasks: list[PeriodicTask]) -> None:
    if sum(t.slots / t.period for t in tasks) > 1:
        with pytest.raises(InputError, match="asked for"):
            response_bounds(tasks)
        return
    bounds = response_bounds(tasks)
    found = try_schedule(tasks, "pts-np-edf", 0.01)
    if isinstance(found, Miss):
        return
    for t, row, bound in zip(tasks, found.by_task, bounds):
        assert max(run.end - run.instance * t.period for run in row) <= bound


def test_bounds_of_a_worked_set() -> None:
    """t0 (1 of 4) may be blocked by 2 of t1's 3 slots: 2 + 1 = 3; t1 (3 of 8) waits for one t0 and its own work."""
    assert response_bounds([task(0, 1, 4), task(1, 3, 8)]) == [3, 4]
