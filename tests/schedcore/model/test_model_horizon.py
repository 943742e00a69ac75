"""The default horizon never cuts off all optimal schedules: hand-worked traps and exhaustive search."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from support.refusals import refusal

from schedcore.model import (
    MAX_TICK,
    Cycle,
    Demand,
    Edge,
    Effect,
    Mode,
    Objective,
    Problem,
    ProblemBuilder,
    Renewable,
    Reservoir,
    Resource,
    StepProfile,
    Task,
    TimeLag,
    Unary,
    default_horizon,
)
from schedcore.solvers.exhaustive import ExhaustiveSolver
from schedcore.solvers.protocol import Limits

MAKESPAN = Objective.minimise(makespan=1)
T, U = Task("t", (Mode(2),)), Task("u", (Mode(3),))


def solve(problem: Problem) -> tuple[str, tuple[int, ...]]:
    result = ExhaustiveSolver().solve(problem, limits=Limits(time_limit_s=60))
    return result.status.value, result.objective


def assert_no_schedule_is_cut_off(problem: Problem, extra: int = 6) -> None:
    horizon = default_horizon(problem)
    inside, beyond = (solve(problem.replace(horizon=h)) for h in (horizon, horizon + extra))
    assert inside == beyond


def test_a_given_horizon_is_taken_as_it_is() -> None:
    assert default_horizon(Problem(tasks=(T,), horizon=1)) == 1


def test_no_tasks_end_at_once() -> None:
    assert default_horizon(Problem()) == 0


def test_everything_one_after_the_other_by_hand() -> None:
    late = Task("late", (Mode(2), Mode(5)), release=10)
    assert default_horizon(Problem(tasks=(T, U, late))) == 10 + 2 + 3 + 5


def test_a_negative_maximum_is_a_minimum_in_the_other_direction() -> None:
    """``start(u) - start(t) <= -50`` means that t starts 50 ticks after u."""
    problem = Problem(tasks=(T, U), lags=(TimeLag(0, 1, None, -50, Edge.START, Edge.START),), objective=MAKESPAN)
    assert default_horizon(problem) >= 52
    small = problem.replace(lags=(TimeLag(0, 1, None, -8, Edge.START, Edge.START),))
    assert solve(small) == ("OPTIMAL", (10,))


def test_the_shortest_duration_of_a_hold_counts() -> None:
    b = ProblemBuilder()
    t, u = b.task("t", 1), b.task("u", 1)
    hold = b.task("hold", 7, duration_max=100)
    b.lag(t.end, hold.start, min=0, max=0)
    b.lag(hold.end, u.start, min=0, max=0)
    b.minimise(makespan=1)
    problem = b.build()
    assert problem.features() >= {"hold"}
    assert solve(problem) == ("OPTIMAL", (9,))


def test_a_hold_that_charges_counts_with_its_longest_duration() -> None:
    """The stock must reach 20 before u, at one unit per tick of the hold."""
    resources = (Reservoir("stock", 0, 0, 50),)
    tasks = (
        Task("t", (Mode(1),)),
        Task("hold", (Mode(0, effects=(Effect(0, 1, Edge.END, per_tick=True),), duration_max=30),)),
        Task("u", (Mode(1, effects=(Effect(0, -20, Edge.START),)),)),
    )
    lags = (TimeLag(0, 1, 0, 0), TimeLag(1, 2, 0, 0))
    problem = Problem(resources=resources, tasks=tasks, lags=lags, objective=MAKESPAN)
    assert solve(problem) == ("OPTIMAL", (22,))


def test_plain_holds_cost_nothing() -> None:
    b = ProblemBuilder()
    t, u = b.task("t", 2), b.task("u", 3)
    b.hold("hold", t.start, u.end)
    assert default_horizon(b.build()) == 5


def test_a_lag_over_rounds_may_need_all_of_them() -> None:
    """``start(u) + 3 P - start(t) <= 0``: t starts three periods after u."""
    problem = Problem(
        tasks=(Task("t", (Mode(1),)), Task("u", (Mode(1),))),
        lags=(TimeLag(0, 1, None, 0, Edge.START, Edge.START, iterations=3),),
        cycle=Cycle(4, 4),
        objective=MAKESPAN,
    )
    assert default_horizon(problem) >= 13
    assert solve(problem) == ("OPTIMAL", (13,))


def test_deadlines_of_all_tasks_bound_the_horizon() -> None:
    tasks = (Task("t", (Mode(2, duration_max=MAX_TICK),), deadline=9), Task("u", (Mode(1),), deadline=7))
    assert default_horizon(Problem(tasks=tasks)) == 9
    waiting = Objective.minimise(total_start=-1)
    assert default_horizon(Problem(tasks=(Task("t", (Mode(2),), deadline=9),), objective=waiting)) == 9


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda: default_horizon(Problem(tasks=(Task("long", (Mode(2, duration_max=MAX_TICK),)), T))),
            f"horizon: no finite horizon can be derived (it would be {MAX_TICK + 2}) (give the problem a horizon, or "
            "bound the elastic durations)",
        ),
        (
            lambda: default_horizon(Problem(tasks=(Task("long", (Mode(MAX_TICK), Mode(MAX_TICK - 1))), T))),
            f"tasks: the durations are too large: they add up to {MAX_TICK + 1} ticks, times go up to {MAX_TICK} (use "
            "a coarser unit, or give the problem a horizon)",
        ),
        (
            lambda: default_horizon(Problem(tasks=(T,), objective=Objective.lexicographic({"makespan": -1}))),
            "horizon: no finite horizon can be derived: the objective maximises 'makespan' (give the problem a "
            "horizon)",
        ),
    ],
)
def test_problems_without_a_useful_bound_are_refused(call: Callable[[], object], text: str) -> None:
    assert refusal(call) == text


def random_problem(rng: random.Random) -> Problem:
    """Three tasks of a few ticks with whatever forces them apart."""
    setups = rng.random() < 0.3
    matrix = tuple(tuple(rng.randint(0, 3) for _ in range(2)) for _ in range(2)) if setups else None
    calendar = StepProfile.closed(1, [(rng.randint(0, 3), rng.randint(4, 5))]) if rng.random() < 0.4 else None
    resources: tuple[Resource, ...] = (
        Unary("m", calendar, matrix, rng.choice([None, 1]) if setups else None),
        Renewable("r", 2),
        Reservoir("s", 1, 0, 2),
    )
    tasks = []
    for i in range(3):
        demands = [Demand(0)] if rng.random() < 0.5 else []
        demands += [Demand(1, rng.randint(1, 2))] if rng.random() < 0.4 else []
        effects = [Effect(2, rng.choice([-1, 1]), rng.choice(list(Edge)))] if rng.random() < 0.3 else []
        states = (rng.randrange(2), rng.randrange(2)) if setups else (None, None)
        tasks.append(
            Task(
                f"t{i}",
                (Mode(rng.randint(1, 2), demands, effects),),
                release=rng.choice([0, 0, 2]),
                due=rng.choice([None, 4, 7]),
                optional=rng.random() < 0.2,
                state_before=states[0],
                state_after=states[1],
            )
        )
    lags = []
    for _ in range(rng.randint(0, 3)):
        a, b = rng.sample(range(3), 2)
        low, high = rng.choice([(rng.randint(-3, 3), None), (None, rng.randint(-9, 2)), (0, rng.randint(0, 2))])
        lags.append(TimeLag(a, b, low, high, rng.choice(list(Edge)), rng.choice(list(Edge))))
    objective = rng.choice(
        [
            MAKESPAN,
            Objective.minimise(total_completion=1),
            Objective.minimise(total_earliness=2, total_tardiness=1, absent_count=20),
            Objective.lexicographic({"absent_count": 1}, {"makespan": 1}),
        ]
    )
    return Problem(resources=resources, tasks=tuple(tasks), lags=tuple(lags), objective=objective)


def random_cyclic_problem(rng: random.Random) -> Problem:
    """Two or three tasks that repeat, with lags over rounds in both directions."""
    count = rng.choice([2, 2, 3])
    tasks = [Task(f"t{i}", (Mode(rng.randint(1, 2), [Demand(0)] if rng.random() < 0.6 else []),)) for i in range(count)]
    lags = []
    for _ in range(rng.randint(1, 2)):
        a, b = rng.sample(range(count), 2)
        low, high = rng.choice([(rng.randint(-1, 2), None), (None, rng.randint(-2, 3))])
        lags.append(TimeLag(a, b, low, high, rng.choice(list(Edge)), rng.choice(list(Edge)), rng.randint(-2, 3)))
    period = rng.randint(2, 3)
    return Problem(
        resources=(Unary("m"),),
        tasks=tuple(tasks),
        lags=tuple(lags),
        objective=rng.choice([MAKESPAN, Objective.lexicographic({"period": 1}, {"total_start": 1})]),
        cycle=Cycle(period, period + rng.randint(0, 1)),
    )


@pytest.mark.parametrize("seed", range(40))
def test_no_optimal_schedule_of_a_random_problem_is_cut_off(seed: int) -> None:
    assert_no_schedule_is_cut_off(random_problem(random.Random(seed)))


@pytest.mark.parametrize("seed", range(25))
def test_no_optimal_schedule_of_a_random_cyclic_problem_is_cut_off(seed: int) -> None:
    assert_no_schedule_is_cut_off(random_cyclic_problem(random.Random(seed)), extra=4)
