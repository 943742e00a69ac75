"""One smallest problem per feature; each has that feature and no other that it does not need."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from strategies_core import Case, cases

from schedcore.model import (
    ALL_FEATURES,
    FEATURES,
    OBJECTIVE_METRICS,
    Cycle,
    Demand,
    Edge,
    Effect,
    Mode,
    ModeLink,
    Objective,
    Problem,
    Renewable,
    Reservoir,
    Selection,
    StepProfile,
    Task,
    TimeLag,
    Unary,
)

T, U = Task("t", (Mode(2),)), Task("u", (Mode(2),))
STOCK = Reservoir("s", 0, -9, 9)
OPEN = StepProfile(((0, 1), (9, 0)))


def on(resource: Unary | Renewable | Reservoir, **fields: object) -> Problem:
    """One task of 2 ticks that uses ``resource``."""
    mode = Mode(2, effects=(Effect(0, 1),)) if isinstance(resource, Reservoir) else Mode(2, (Demand(0),))
    return Problem(resources=(resource,), tasks=(Task("t", (mode,), **fields),))  # type: ignore[arg-type]


def lagged(*lags: TimeLag) -> Problem:
    return Problem(tasks=(T, U), lags=lags)


def hold(shortest: int = 0) -> Problem:
    tasks = (T, U, Task("hold", (Mode(shortest, duration_max=9),)))
    return Problem(tasks=tasks, lags=(TimeLag(0, 2, 0, 0), TimeLag(2, 1, 0, 0)))


SMALLEST: dict[str, tuple[Callable[[], Problem], set[str]]] = {
    "unary": (lambda: on(Unary("m")), set()),
    "renewable": (lambda: on(Renewable("r", 2)), set()),
    "reservoir": (lambda: on(STOCK), set()),
    "effect_per_tick": (
        lambda: Problem(resources=(STOCK,), tasks=(Task("t", (Mode(2, effects=(Effect(0, 1, per_tick=True),)),)),)),
        {"reservoir"},
    ),
    "calendar": (lambda: on(Unary("m", OPEN)), {"unary"}),
    "setup": (lambda: on(Unary("m", transition=((0,),)), state_before=0, state_after=0), {"unary"}),
    "forbidden_transition": (
        lambda: on(Unary("m", transition=((None,),)), state_before=0, state_after=0),
        {"unary", "setup"},
    ),
    "multi_mode": (lambda: Problem(tasks=(Task("t", (Mode(1), Mode(2))),)), set()),
    "mode_cost": (lambda: Problem(tasks=(Task("t", (Mode(1, cost=-1),)),)), set()),
    "elastic": (lambda: Problem(tasks=(Task("t", (Mode(1, duration_max=2),)),)), set()),
    "hold": (hold, set()),
    "release": (lambda: Problem(tasks=(Task("t", (Mode(1),), release=1),)), set()),
    "deadline": (lambda: Problem(tasks=(Task("t", (Mode(1),), deadline=0),)), set()),
    "due": (lambda: Problem(tasks=(Task("t", (Mode(1),), due=0),)), set()),
    "horizon": (lambda: Problem(tasks=(T,), horizon=9), set()),
    "precedence": (lambda: lagged(TimeLag(0, 1)), set()),
    "min_lag": (lambda: lagged(TimeLag(0, 1, 3)), set()),
    "max_lag": (lambda: lagged(TimeLag(0, 1, None, 3)), set()),
    "optional": (lambda: Problem(tasks=(Task("t", (Mode(1),), optional=True),)), set()),
    "selection": (lambda: Problem(tasks=(T, U), selections=(Selection((0, 1), "implies"),)), set()),
    "mode_link": (lambda: Problem(tasks=(T, U), mode_links=(ModeLink(0, 0, 1, (0,)),)), set()),
    "cyclic": (lambda: Problem(tasks=(T,), cycle=Cycle(5, 5)), set()),
    "variable_period": (lambda: Problem(tasks=(T,), cycle=Cycle(5, 6)), {"cyclic"}),
    "lexicographic": (
        lambda: Problem(objective=Objective.lexicographic({"makespan": 1}, {"makespan": 2})),
        {"objective:makespan"},
    ),
} | {
    f"objective:{name}": (
        lambda name=name: Problem(  # type: ignore[misc]
            objective=Objective.minimise(**{name: 1}), cycle=Cycle(5, 5) if name == "period" else None
        ),
        {"cyclic"} if name == "period" else set(),
    )
    for name in OBJECTIVE_METRICS
}


def test_there_is_a_smallest_problem_for_every_feature() -> None:
    assert set(SMALLEST) == set(FEATURES) == ALL_FEATURES


@pytest.mark.parametrize("name", sorted(SMALLEST))
def test_the_smallest_problem_has_its_feature_and_nothing_else(name: str) -> None:
    make, others = SMALLEST[name]
    assert make().features() == {name} | others


def test_no_wait_is_a_precedence_with_a_maximum() -> None:
    assert lagged(TimeLag(0, 1, 0, 0)).features() == {"precedence", "max_lag"}


@pytest.mark.parametrize(
    "lag",
    [
        TimeLag(0, 1, 0, None, Edge.START),
        TimeLag(0, 1, 0, None, Edge.END, Edge.END),
        TimeLag(0, 1, -3),
    ],
)
def test_other_edges_and_bounds_make_a_minimum_lag(lag: TimeLag) -> None:
    assert lagged(lag).features() == {"min_lag"}


def test_a_precedence_over_rounds_is_a_minimum_lag() -> None:
    problem = lagged(TimeLag(0, 1)).replace(lags=(TimeLag(0, 1, iterations=1),), cycle=Cycle(5, 5))
    assert problem.features() == {"min_lag", "cyclic"}


def test_resources_that_no_task_uses_bring_no_features() -> None:
    idle = (Unary("m", OPEN, ((None,),), 0), Renewable("r", 1, OPEN), STOCK)
    assert Problem(resources=idle, tasks=(T,)).features() == frozenset()


@given(cases(cyclic=None, objective=True))
def test_features_are_known_and_do_not_depend_on_the_order_of_tasks(case: Case) -> None:
    found = case.problem.features()
    assert found <= ALL_FEATURES
    assert case.problem.replace(name="other").features() == found
