"""Cyclic schedules, executed for some rounds."""

from __future__ import annotations

import random

import pytest
from strategies_core import random_case

from schedcore.check import check
from schedcore.errors import InputError, ViolationError
from schedcore.model import ProblemBuilder, Schedule
from schedcore.replay import Fixed, LogNormal, Noise, TaskArrival, Uncertainty, replay, unroll_rounds


def loop():
    # Period 5: a on m at 0-3, b on n at 3-7 of the same round; b of one round lets a of the round after next go.
    b = ProblemBuilder()
    m, n = b.unary("m"), b.unary("n")
    job = b.job("loop")
    first, second = b.task("a", 3, on=m, job=job, deadline=4), b.task("b", 4, on=n, job=job)
    b.precedence(first, second)
    b.precedence(second, first, iterations=2)
    b.cycle(5)
    b.lexicographic({"period": 1}, {"makespan": 1, "total_flow": 1})
    return b.build(), Schedule([(0, 0, 0, 3), (1, 0, 3, 7)], cycle=5)


def test_rounds_follow_each_other_with_their_lags():
    problem, schedule = unroll_rounds(*loop(), 3)
    assert [t.name for t in problem.tasks] == ["a@0", "b@0", "a@1", "b@1", "a@2", "b@2"]
    assert problem.jobs == ("loop@0", "loop@1", "loop@2")
    assert [(lag.a, lag.b) for lag in problem.lags] == [(0, 1), (2, 3), (4, 5), (1, 4)]
    assert [(p.start, p.end) for p in schedule] == [(0, 3), (3, 7), (5, 8), (8, 12), (10, 13), (13, 17)]
    assert [t.deadline for t in problem.tasks] == [4, None, None, None, None, None]  # deadlines bind round 0
    assert problem.objective is not None
    assert [dict(stage) for stage in problem.objective.stages] == [{"makespan": 1, "total_flow": 1}]
    assert check(problem, schedule).ok


def test_unrolled_rounds_of_random_cycles_are_feasible_without_reservoirs():
    features = ["unary", "renewable", "elastic", "hold", "zero", "min_lag", "max_lag", "multi_mode", "optional"]
    for seed in range(40):
        case = random_case(random.Random(seed), 6, [*features, "selection", "mode_link", "job"], cyclic=True)
        assert check(*unroll_rounds(*case, 4)).ok


def test_without_noise_rounds_keep_the_period():
    result = replay(*loop(), scenarios=1)
    assert result.values("round_ticks").tolist() == [5]
    assert result.values("makespan").tolist() == [9 * 5 + 7]


def test_a_late_round_delays_the_next_until_the_slack_is_used_up():
    # b@0 lasts 7 instead of 4 (3-10): b@1, planned at 8, runs 10-14, b@2, planned at 13, 14-18; b@3 18-22 is on time.
    noise = Uncertainty(tasks={"b@0": Noise(Fixed(7))})
    schedule = replay(*loop(), noise, scenarios=1, rounds=4).schedule(0)
    assert [(p.start, p.end) for p in schedule if p.task % 2] == [(3, 10), (10, 14), (14, 18), (18, 22)]


def test_deadlines_bind_the_first_round_only():
    noise = Uncertainty(disruptions=(TaskArrival("a@0", 2), TaskArrival("a@2", 30)))
    result = replay(*loop(), noise, scenarios=1)
    assert result.deadline_misses.tolist()[0] == 1
    assert result.deadline_misses.sum() == 1


def test_cyclic_noise_is_replayed():
    result = replay(*loop(), Uncertainty(default=Noise(LogNormal(1, 0.3), relative=True)), scenarios=50, rounds=20)
    assert 4 <= result.summary("round_ticks").mean <= 6
    assert result.summary("makespan").mean > 19 * 5
    assert result.outcome(3).report.counts().keys() <= {"DEADLINE"}


def test_what_is_no_cycle_is_refused():
    problem, schedule = loop()
    with pytest.raises(InputError, match="rounds is 0"):
        unroll_rounds(problem, schedule, 0)
    with pytest.raises(InputError, match="the schedule's period is None"):
        unroll_rounds(problem, Schedule(schedule.placements), 2)
    with pytest.raises(InputError, match="the problem has no cycle"):
        unroll_rounds(ProblemBuilder().build(), Schedule(), 2)
    with pytest.raises(ViolationError):
        replay(problem, Schedule(schedule.placements, cycle=3))
