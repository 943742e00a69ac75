"""Drawing scenarios: matrices, single numbers, failures."""

from __future__ import annotations

import math

import numpy as np
import pytest

from schedcore.errors import InputError, NoScheduleError
from schedcore.model import ProblemBuilder
from schedcore.replay import (
    Breakdowns,
    Exponential,
    Fixed,
    Gamma,
    Geometric,
    LogNormal,
    Noise,
    ResourceDown,
    Scenario,
    Uncertainty,
    Uniform,
)
from schedcore.replay.draws import Sampler, draw, redraw, streams_of
from schedcore.replay.scenario import NEVER, down_intervals


def some_tasks(count=6):
    b = ProblemBuilder()
    m = b.unary("m")
    for i in range(count):
        b.task(f"t{i}", 10 + i, on=m)
    return b.build()


def draws_of(uncertainty, problem, seed=3, scenarios=range(50)):
    bound = uncertainty.bind(problem)
    planned = [t.modes[0].duration for t in problem.tasks]
    streams = streams_of(bound, seed, list(scenarios))
    noise = [n[0] for n in bound.noise]
    return streams, planned, draw(streams, Sampler(noise, planned, [0] * len(planned)))


def test_without_noise_everything_takes_its_time_at_once():
    *_, draws = draws_of(Uncertainty(), some_tasks())
    assert (draws.total == np.arange(10, 16)).all()
    assert (draws.attempts == 1).all()
    assert not draws.failed.any()


def test_single_numbers_are_those_of_the_matrix():
    uncertainty = Uncertainty(
        default=Noise(LogNormal(1, 0.5), relative=True, success=0.6, attempts=4),
        tasks={"t2": Noise(Gamma(9, 0.3)), "t3": Noise(Uniform(0, 4), success=0.5, attempts=None)},
    )
    problem = some_tasks()
    *_, draws = draws_of(uncertainty, problem, scenarios=range(5, 25))
    for column, index in enumerate(range(5, 25)):
        scenario = Scenario(uncertainty.bind(problem), 3, index)
        for task in range(6):
            parts = draws.parts(column, task)
            assert parts == [scenario.duration(task, 0, k, 10 + task) for k in range(len(parts))]
            outcomes = [scenario.succeeds(task, 0, k) for k in range(len(parts))]
            assert not any(outcomes[:-1])
            assert outcomes[-1] == (not draws.failed[column, task])


def test_the_total_is_that_of_the_attempts_and_attempts_are_bounded():
    *_, draws = draws_of(Uncertainty(default=Noise(Uniform(1, 5), success=0.3, attempts=3)), some_tasks())
    assert all(sum(draws.parts(s, t)) == draws.total[s, t] for s in range(50) for t in range(6))
    assert draws.attempts.max() == 3
    assert draws.failed.any()
    assert (draws.attempts[draws.failed] == 3).all()


def test_noise_does_not_depend_on_what_else_is_in_the_problem():
    few, many = some_tasks(2), some_tasks(6)
    uncertainty = Uncertainty(default=Noise(LogNormal(1, 0.5), relative=True))
    *_, a = draws_of(uncertainty, few)
    *_, b = draws_of(uncertainty, many)
    assert (a.total == b.total[:, :2]).all()


def test_other_seeds_and_scenarios_give_other_numbers():
    uncertainty, problem = Uncertainty(default=Noise(Uniform(0, 10**6))), some_tasks()
    one, two = draws_of(uncertainty, problem, seed=1)[2], draws_of(uncertainty, problem, seed=2)[2]
    assert (one.total != two.total).mean() > 0.99
    assert len(np.unique(one.total)) > 0.99 * one.total.size


def test_a_changed_law_uses_the_same_random_numbers():
    problem = some_tasks()
    streams, planned, draws = draws_of(Uncertainty(default=Noise(Uniform(2, 4), success=0.5, attempts=5)), problem)
    other = Sampler([Noise(Uniform(4000, 8000), success=0.5, attempts=5)] * 6, planned, [0] * 6)
    doubled = redraw(streams, other, draws)
    assert (doubled.attempts == draws.attempts).all()
    assert (np.abs(doubled.total / 2000 - draws.total) <= 0.5 * draws.attempts).all()


def test_retries_of_fixed_slots_follow_the_geometric_law():
    # 6,000 draws; the mean of a geometric law with p = 0.4 is 2.5 and its standard deviation sqrt(0.6) / 0.4.
    # Tolerance: five standard errors, a false alarm in 1.7 million.
    problem = some_tasks()
    retried = draws_of(Uncertainty(default=Noise(Fixed(1), success=0.4, attempts=None)), problem, 1, range(1000))[2]
    at_once = draws_of(Uncertainty(default=Noise(Geometric(0.4))), problem, 1, range(1000))[2]
    error = 5 * math.sqrt(0.6) / 0.4 / math.sqrt(6000)
    assert abs(retried.total.mean() - 2.5) < error
    assert abs(at_once.total.mean() - 2.5) < error
    assert abs((retried.total == 1).mean() - 0.4) < 5 * math.sqrt(0.24 / 6000)


def test_the_correlation_of_two_tasks_is_nil():
    # 4,000 pairs: five standard errors of a correlation are 5 / sqrt(4000).
    total = draws_of(Uncertainty(default=Noise(Exponential(1000))), some_tasks(2), 5, range(4000))[2].total
    assert abs(np.corrcoef(total.T)[0, 1]) < 5 / math.sqrt(4000)


def test_hopeless_attempts_end_in_an_error():
    hopeless = Uncertainty(default=Noise(Fixed(1), success=1e-9, attempts=None))
    with pytest.raises(NoScheduleError, match="did not succeed in 10000 attempts"):
        draws_of(hopeless, some_tasks(1), scenarios=[0])


def test_work_on_a_machine_with_setups_takes_a_tick_at_least():
    b = ProblemBuilder()
    m = b.unary("m", transition=[[0]])
    b.task("a", 5, on=m, state=0)
    scenario = Scenario(Uncertainty(default=Noise(Fixed(0))).bind(b.build()), 0, 0)
    assert scenario.duration(0, 0, 0, 5) == 1


def test_failures_alternate_and_are_the_same_for_a_longer_time():
    problem = some_tasks()
    uncertainty = Uncertainty(breakdowns=(Breakdowns("m", Exponential(30), Uniform(2, 6)),))
    bound = uncertainty.bind(problem)
    short = down_intervals(bound, 4, np.arange(20, dtype=np.uint64), 200)[0]
    long = down_intervals(bound, 4, np.arange(20, dtype=np.uint64), 2000)[0]
    for s in range(20):
        known = short.begin[s] < 200
        assert (short.begin[s][known] == long.begin[s][: known.sum()]).all()
        begin, end = long.begin[s], long.end[s]
        assert (end - begin >= 2).all()
        assert (end - begin <= 6).all()
        assert (begin[1:] > end[:-1]).all()
        assert begin.max() >= 1000  # drawn for the whole time
        scenario = Scenario(bound, 4, s)
        assert scenario.downs(0, 200) == [(b, e, 0) for b, e in zip(begin.tolist(), end.tolist()) if b < 200]


def test_failures_have_the_mean_times_of_their_laws():
    # About 40 failures in each of 400 scenarios.  Five standard errors: a false alarm in more than a million.
    bound = Uncertainty(breakdowns=(Breakdowns("m", Exponential(200), Exponential(50)),)).bind(some_tasks())
    found = down_intervals(bound, 9, np.arange(400, dtype=np.uint64), 10_000)[0]
    up = np.diff(np.concatenate([np.zeros((400, 1), dtype=np.int64), found.begin], axis=1))[:, 1:20]
    up = found.begin[:, 1:20] - found.end[:, :19]
    down = found.end[:, :19] - found.begin[:, :19]
    assert abs(up.mean() - 200) < 5 * 200 / math.sqrt(up.size) + 0.5
    assert abs(down.mean() - 50) < 5 * 50 / math.sqrt(down.size) + 0.5


def test_planned_and_random_down_times_stand_together_in_order():
    uncertainty = Uncertainty(
        disruptions=(ResourceDown("m", 40, None), ResourceDown("m", 7, 9)),
        breakdowns=(Breakdowns("m", Fixed(20), Fixed(3)),),
    )
    scenario = Scenario(uncertainty.bind(some_tasks()), 0, 0)
    assert scenario.downs(0, 50) == [(7, 9, 0), (20, 23, 0), (40, NEVER, 0), (43, 46, 0)]


def test_failures_without_end_are_refused(monkeypatch):
    monkeypatch.setattr("schedcore.replay.scenario._MOST_FAILURES", 100_000)
    bound = Uncertainty(breakdowns=(Breakdowns("m", Fixed(0), Fixed(0)),)).bind(some_tasks())
    with pytest.raises(InputError, match="resource 'm' fails more than"):
        down_intervals(bound, 0, np.arange(1000, dtype=np.uint64), 2**40)


@pytest.mark.parametrize("index", [-1, 0.5, "0"])
def test_a_scenario_needs_an_index(index):
    with pytest.raises(InputError, match="scenario index is"):
        Scenario(Uncertainty().bind(some_tasks()), 0, index)
