"""Policies in many scenarios."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from replay_cases import random_world
from strategies_core import FEATURES, Case, cases

from schedcore.check import ViolationCode
from schedcore.errors import InputError, NoScheduleError, UnsupportedFeatureError
from schedcore.executor import Executor, Realisation, Start, WaitEvent, execute
from schedcore.metrics import objective_metric
from schedcore.model import ALL_FEATURES, Problem, ProblemBuilder
from schedcore.policies import PriorityPolicy
from schedcore.replay import (
    Breakdowns,
    CapacityStep,
    Fixed,
    LawChange,
    LogNormal,
    Noise,
    OnlineScenario,
    Outcome,
    ResourceDown,
    Scenario,
    TaskArrival,
    TaskCancelled,
    Uncertainty,
    replay,
    replay_policy,
)

C = ViolationCode


def shop() -> Problem:
    b = ProblemBuilder()
    m, n = b.unary("m"), b.renewable("n", 2)
    for j in range(3):
        b.chain(b.task(f"a{j}", 4 + j, on=m), b.task(f"b{j}", 5, on=n, deadline=40))
    b.minimise(makespan=1)
    return b.build()


def times(result, position=0):
    return {result.problem.tasks[p.task].name: (p.start, p.end) for p in result.schedule(position)}


SPT = PriorityPolicy("spt")


def test_without_noise_it_is_the_executor():
    result = replay_policy(shop(), SPT, scenarios=2)
    assert result.schedule(0) == result.schedule(1) == execute(shop(), SPT)
    assert result.method == "spt"
    assert not result.violations


def test_a_scenario_is_a_realisation():
    assert isinstance(OnlineScenario(Scenario(Uncertainty().bind(shop()), 0, 0), 100), Realisation)


def test_policy_and_plan_meet_the_same_noise():
    noise = Uncertainty(default=Noise(LogNormal(1, 0.5), relative=True))
    plan = replay(shop(), execute(shop(), SPT), noise, scenarios=20, seed=3)
    policy = replay_policy(shop(), SPT, noise, scenarios=20, seed=3)
    for i in range(20):
        a, b = plan.schedule(i), policy.schedule(i)
        assert (a.end - a.start == b.end - b.start).all()
    comparison = plan.compare(policy)
    assert comparison.correlation > 0.5
    # A policy that reacts is not bound to planned starts.
    assert policy.summary().mean < plan.summary().mean


def test_broken_work_is_resumed_or_made_again():
    down = (ResourceDown("m", 2, 6),)
    resumed = replay_policy(shop(), SPT, Uncertainty(disruptions=down), scenarios=1)
    assert times(resumed)["a0"] == (0, 8)
    restarted = replay_policy(shop(), SPT, Uncertainty(disruptions=down, on_break="restart"), scenarios=1)
    assert times(restarted)["a0"] == (6, 10)
    first = next(iter(restarted.outcome(0).trace))
    assert (first.begin, first.end, first.outcome) == (0, 2, Outcome.BROKEN)
    assert resumed.outcome(0).report.ok
    assert restarted.outcome(0).report.ok


def test_what_is_down_from_the_first_tick_starts_nothing():
    result = replay_policy(shop(), SPT, Uncertainty(disruptions=(ResourceDown("m", 0, 3),)), scenarios=1)
    assert times(result)["a0"][0] == 3


def test_a_part_of_the_units_strikes_nobody_who_runs_when_work_is_resumed():
    # b0 and b1 run on both units when one goes down for 8-30; b2 must wait for b1 to end, not for the repair.
    b = ProblemBuilder()
    n = b.renewable("n", 2)
    for name, release in (("a", 0), ("b", 0), ("c", 9)):
        b.task(name, 10, demands={n: 1}, release=release)
    one_left = Uncertainty(disruptions=(CapacityStep("n", 8, 1), CapacityStep("n", 30, 2)))
    result = replay_policy(b.build(), SPT, one_left, scenarios=1)
    assert times(result) == {"a": (0, 10), "b": (0, 10), "c": (10, 20)}
    assert result.outcome(0).report.ok


def test_suspended_work_waits_out_a_closure_and_holds_go_on():
    b = ProblemBuilder()
    m, cell = b.unary("m", breaks=[(5, 9)]), b.renewable("cell", 1)
    work = b.task("work", 5, on=m)
    b.hold("keep", work.start, work.end, on=cell)
    # Down 2-3 and 3-4 (one outage): work needs 5-6, when m is closed, so its last tick but one is 9.
    down = (ResourceDown("m", 2, 3), ResourceDown("m", 3, 4))
    result = replay_policy(b.build(), SPT, Uncertainty(disruptions=down), scenarios=1)
    assert times(result) == {"work": (0, 11), "keep": (0, 11)}
    assert result.outcome(0).report.ok
    assert [a.outcome for a in result.outcome(0).trace] == [Outcome.DONE, Outcome.DONE]


def test_two_partial_outages_strike_one_task():
    b = ProblemBuilder()
    n = b.renewable("n", 3)
    b.task("a", 10, demands={n: 3})
    down = (ResourceDown("n", 2, 6, units=1), ResourceDown("n", 4, 8, units=2))
    result = replay_policy(b.build(), SPT, Uncertainty(disruptions=down), scenarios=1)
    assert times(result) == {"a": (0, 10)}
    assert result.outcome(0).report.ok


def test_arrivals_cancellations_and_changed_laws():
    events = (
        TaskArrival("a0", 7),
        TaskCancelled("b1", 1),
        TaskCancelled("a2", 8),
        LawChange(5, Noise(Fixed(2), relative=True), tasks=("b0",)),
    )
    result = replay_policy(shop(), SPT, Uncertainty(disruptions=events), scenarios=1)
    # a1 0-5, then a2 5-8, aborted; a0 8-12, b0 12-22 with the doubled law; b2 may start, for a2 binds nothing now.
    assert times(result) == {"a1": (0, 5), "a0": (8, 12), "b0": (12, 22), "b2": (8, 13)}
    assert [a.outcome for a in result.outcome(0).trace if a.task == 4] == [Outcome.CANCELLED]
    assert result.outcome(0).report.ok


def test_retries_are_counted_and_tasks_given_up():
    noise = Uncertainty(default=Noise(success=0.5, attempts=2))
    result = replay_policy(shop(), SPT, noise, scenarios=30)
    assert result.values("retries").any()
    assert result.values("failed_tasks").any()
    for i in range(30):
        outcome = result.outcome(i)
        trace = outcome.trace
        assert max(trace.count(t) for t in range(6)) <= 2
        assert len(trace.failed()) == result.values("failed_tasks")[i]
        assert trace.schedule(keep_resources=False) == outcome.schedule


def test_destroyed_attempts_are_made_again_with_the_same_noise():
    noise = Uncertainty(
        default=Noise(LogNormal(1, 0.6), relative=True),
        breakdowns=(Breakdowns("m", Fixed(22), Fixed(2)),),
        on_break="restart",
    )
    plan = replay(shop(), execute(shop(), SPT), noise, scenarios=10, seed=1)
    policy = replay_policy(shop(), SPT, noise, scenarios=10, seed=1)
    for i in range(10):
        last = {a.task: a for a in plan.outcome(i).trace}
        for p in policy.schedule(i):
            assert p.end - p.start == last[p.task].end - last[p.task].begin


def test_missed_deadlines_are_counted_not_enforced():
    result = replay_policy(shop(), SPT, Uncertainty(default=Noise(Fixed(3), relative=True)), scenarios=2)
    assert result.deadline_miss_rate().value == 1
    assert result.deadline_misses.tolist()[1::2] == [0, 2, 2]
    assert set(result.violations) == {C.DEADLINE}


def test_tasks_that_never_end_are_absent():
    result = replay_policy(shop(), SPT, Uncertainty(disruptions=(ResourceDown("m", 2),)), scenarios=1)
    assert times(result) == {}
    assert result.values("absent_tasks").tolist() == [6]


def no_wait() -> Problem:
    b = ProblemBuilder()
    m = b.unary("m")
    first, second = b.task("first", 3), b.task("second", 2, on=m)
    b.task("other", 4, on=m)
    b.no_wait(first, second)
    return b.build()


def test_dead_ends_are_listed_with_their_reason():
    result = replay_policy(no_wait(), SPT, Uncertainty(disruptions=(ResourceDown("m", 1, 9),)), scenarios=2)
    assert set(result.dead_ends) == {0, 1}
    assert "dead end" in result.dead_ends[0]
    assert set(result.violations) == {C.MISSING_TASK}
    assert "0" in result.as_dict()["dead_ends"]


def test_failures_beyond_the_drawn_time_are_drawn():
    # Nothing is up for long, so the run outlasts the first horizon many times over.
    process = Breakdowns("m", Fixed(2), Fixed(50))
    result = replay_policy(shop(), SPT, Uncertainty(breakdowns=(process,)), scenarios=1)
    assert times(result)["a2"][1] > 7 * 50
    with pytest.raises(NoScheduleError, match="scenario 0 was not finished by tick"):
        replay_policy(shop(), SPT, Uncertainty(breakdowns=(process,), on_break="restart"), scenarios=1)


@given(cases(features=sorted({*FEATURES} - {"max_lag"}), max_tasks=8), st.integers(0, 2**32 - 1))
def test_outcomes_of_policies_break_only_what_uncertainty_breaks(case: Case, seed: int):
    world = random_world(random.Random(seed), *case)
    policy = PriorityPolicy("mwkr", optional="all")
    result = replay_policy(case.problem, policy, world, scenarios=2, seed=seed)
    for i in range(2):
        outcome = result.outcome(i)
        assert outcome.trace.schedule(keep_resources=False) == outcome.schedule
        assert not {C.OVERLAP, C.CAPACITY, C.SETUP, C.RELEASE, C.MODE_LINK} & set(outcome.report.counts())
        assert objective_metric(case.problem, outcome.schedule, "makespan") == result.values()[i]


class Greedy:
    """Starts every task at once, legal or not."""

    name = "greedy"
    features = ALL_FEATURES

    def reset(self, problem, seed):
        self.count = len(problem.tasks)
        self.seeds = [*getattr(self, "seeds", []), seed]

    def decide(self, state):
        waiting = state.waiting
        return Start((waiting[0], 0)) if waiting else WaitEvent()


def test_illegal_starts_are_errors():
    from schedcore.errors import IllegalDecisionError

    with pytest.raises(IllegalDecisionError, match="start of task"):
        replay_policy(shop(), Greedy(), scenarios=1)


def test_policies_get_another_seed_in_every_scenario():
    b = ProblemBuilder()
    b.task("a", 1)
    policy = Greedy()
    replay_policy(b.build(), policy, scenarios=4)
    assert len(set(policy.seeds)) == 4
    again = Greedy()
    replay_policy(b.build(), again, scenarios=2, first_scenario=2)
    assert again.seeds == policy.seeds[2:]


def test_what_the_policy_or_the_executor_does_not_understand_is_refused():
    limited = Greedy()
    limited.features = frozenset({"unary"})
    with pytest.raises(UnsupportedFeatureError, match="policy 'greedy' does not support: .*renewable"):
        replay_policy(shop(), limited)
    b = ProblemBuilder()
    b.task("a", 1)
    b.cycle(3)
    with pytest.raises(UnsupportedFeatureError, match="cyclic"):
        replay_policy(b.build(), Greedy())
    with pytest.raises(InputError, match="scenarios is 0"):
        replay_policy(shop(), SPT, scenarios=0)


def test_an_unbound_scenario_cannot_tell_durations():
    online = OnlineScenario(Scenario(Uncertainty().bind(shop()), 0, 0), 10)
    with pytest.raises(AssertionError, match="bind the executor"):
        Executor(shop(), realisation=online).apply(Start((0, 0)))


def test_policies_are_taken_by_name() -> None:
    from schedcore.errors import ModelError, UnknownNameError
    from schedcore.model import ProblemBuilder

    b = ProblemBuilder()
    m = b.unary("m")
    b.task("a", 3, on=m)
    b.task("c", 2, on=m)
    assert list(replay_policy(b.build(), "mwkr", scenarios=2).metrics["makespan"]) == [5, 5]
    with pytest.raises(UnknownNameError, match="unknown policy 'mwkrr'"):
        replay_policy(b.build(), "mwkrr")
    with pytest.raises(ModelError, match="ProblemBuilder is no Problem"):
        replay_policy(b, "mwkr")  # type: ignore[arg-type]
