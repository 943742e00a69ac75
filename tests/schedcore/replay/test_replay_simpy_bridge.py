"""The bridge to SimPy: agreement with the vectorised replay, and life inside a larger simulation."""

from __future__ import annotations

import random

import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st
from replay_cases import random_world
from strategies_core import FEATURES, Case, cases, random_case

from schedcore.errors import InputError, NoScheduleError
from schedcore.model import Edge, Problem, ProblemBuilder, Schedule
from schedcore.replay import (
    Breakdowns,
    Fixed,
    Noise,
    ResourceDown,
    Scenario,
    TaskCancelled,
    Uncertainty,
    replay,
    unroll_rounds,
)
from schedcore.replay.simpy_bridge import SimpyRun


def assert_agreement(
    problem: Problem, schedule: Schedule, uncertainty: Uncertainty, seed: int, scenarios: int, keep_starts: bool
) -> None:
    """Same schedule and same attempts, hence the same event at every tick, in every scenario."""
    result = replay(problem, schedule, uncertainty, scenarios=scenarios, seed=seed, keep_starts=keep_starts)
    for i in range(scenarios):
        run = SimpyRun(problem, schedule, Scenario(uncertainty.bind(problem), seed, i), keep_starts=keep_starts)
        assert run.run() == result.schedule(i)
        assert run.trace() == result.outcome(i).trace
        assert [e.tick for e in run.log] == sorted(e.tick for e in run.log)


@settings(max_examples=40)
@given(cases(max_tasks=9), st.integers(0, 2**32 - 1), st.booleans())
def test_bridge_and_replay_agree_under_noise(case: Case, seed: int, keep_starts: bool):
    world = random_world(random.Random(seed), *case, disrupted=False)
    assert_agreement(*case, world, seed, 3, keep_starts)


@settings(max_examples=60)
@given(cases(max_tasks=9), st.integers(0, 2**32 - 1), st.booleans())
def test_bridge_and_replay_agree_under_disruptions(case: Case, seed: int, keep_starts: bool):
    assert_agreement(*case, random_world(random.Random(seed), *case), seed, 2, keep_starts)


def test_bridge_and_replay_agree_on_two_hundred_fixed_cases():
    for k in range(200):
        rng = random.Random(k)
        case = random_case(rng, rng.randint(1, 12), [f for f in FEATURES if rng.random() < 0.5])
        assert_agreement(*case, random_world(rng, *case), k, 1, rng.random() < 0.5)


def test_bridge_and_replay_agree_on_larger_problems():
    for k in range(8):
        rng = random.Random(k)
        case = random_case(rng, 40, FEATURES)
        assert_agreement(*case, random_world(rng, *case), k, 2, bool(k % 2))


@pytest.mark.parametrize("seed", range(12))
def test_bridge_and_replay_agree_on_rounds_of_a_cycle(seed: int):
    rng = random.Random(seed)
    case = random_case(rng, 5, ["unary", "renewable", "reservoir", "min_lag", "max_lag", "hold"], cyclic=True)
    problem, schedule = unroll_rounds(*case, 4)
    noise = Uncertainty(default=Noise(Fixed(1.4), relative=True))
    run = SimpyRun(problem, schedule, Scenario(noise.bind(problem), seed, 0))
    assert run.run() == replay(*case, noise, scenarios=1, seed=seed, rounds=4).schedule(0)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(5))
def test_bridge_and_replay_agree_ten_thousand_times(block: int):
    for k in range(1000):
        rng = random.Random(1000 * block + k)
        case = random_case(rng, rng.randint(1, 12), [f for f in FEATURES if rng.random() < 0.5])
        assert_agreement(*case, random_world(rng, *case), k, 2, rng.random() < 0.5)


def two_presses():
    b = ProblemBuilder()
    press, crew, tank = b.unary("press"), b.renewable("crew", 3), b.reservoir("tank", initial=2, maximum=9)
    b.task("first", 3, on=press, demands={crew: 2}, effects=[b.effect(tank, 4)])
    b.task("second", 2, on=press, effects=[b.effect(tank, -1, at="start"), b.effect(tank, -1, per_tick=True)])
    return b.build(), Schedule([(0, 0, 0, 3), (1, 0, 3, 5)])


def test_events_hooks_and_resources_can_be_used_from_outside():
    seen = []
    run = SimpyRun(*two_presses(), on_start=lambda t, at: seen.append(("start", t, at)))

    def visitor():
        tick = yield run.started["second"]
        seen.append(("second started", tick, run.resources["press"].count))
        yield run.ended["second"]
        seen.append(("levels", run.resources["tank"].level, run.resources["crew"].level))

    run.env.process(visitor())
    assert run.run() == two_presses()[1]
    assert seen == [("start", 0, 0), ("start", 1, 3), ("second started", 3, 1), ("levels", 3, 3)]
    assert [(e.tick, e.edge, e.task) for e in run.log] == [
        (0, Edge.START, 0),
        (3, Edge.END, 0),
        (3, Edge.START, 1),
        (5, Edge.END, 1),
    ]


def test_a_visitor_may_take_a_machine_and_the_plan_gives_way():
    run = SimpyRun(*two_presses())

    def maintenance():
        yield run.env.timeout(1)
        with run.resources["press"].request(priority=-1) as request:
            yield request
            yield run.env.timeout(10)

    run.env.process(maintenance())
    schedule = run.run()
    assert [(p.start, p.end) for p in schedule] == [(0, 3), (13, 15)]


def test_it_lives_in_an_environment_and_can_be_stopped_and_continued():
    env = simpy.Environment()
    run = SimpyRun(*two_presses(), env=env, on_end=lambda t, at: None)
    assert len(run.run(until=4)) == 1
    env.run()
    assert run.result() == two_presses()[1]


def test_cancelled_tasks_say_so():
    problem, schedule = two_presses()
    scenario = Scenario(Uncertainty(disruptions=(TaskCancelled("second", 1),)).bind(problem), 0, 0)
    run = SimpyRun(problem, schedule, scenario)
    assert len(run.run()) == 1
    assert run.started["second"].value is None
    assert run.ended["second"].value is None


def test_work_that_can_never_be_done_is_reported():
    problem, schedule = two_presses()
    process = Breakdowns("press", Fixed(2), Fixed(1))
    hopeless = Uncertainty(breakdowns=(process,), on_break="restart").bind(problem)
    with pytest.raises(NoScheduleError, match="task 'first' was not finished by tick"):
        SimpyRun(problem, schedule, Scenario(hopeless, 0, 0)).run()


def test_a_machine_that_never_comes_back_ends_the_run():
    problem, schedule = two_presses()
    down = Uncertainty(disruptions=(ResourceDown("press", 1),)).bind(problem)
    run = SimpyRun(problem, schedule, Scenario(down, 0, 0))
    assert len(run.run()) == 0
    assert run.env.now < 100


def test_what_cannot_be_run_is_refused():
    b = ProblemBuilder()
    b.task("a", 1)
    b.cycle(3)
    with pytest.raises(InputError, match="the problem is cyclic .*use unroll_rounds first"):
        SimpyRun(b.build(), Schedule([(0, 0, 0, 1)], cycle=3))
    with pytest.raises(InputError, match="the environment is at 5"):
        SimpyRun(*two_presses(), env=simpy.Environment(initial_time=5))
