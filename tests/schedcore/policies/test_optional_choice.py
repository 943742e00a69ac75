"""Which optional tasks are tried."""

from __future__ import annotations

import pytest

from schedcore.errors import InputError, NoScheduleError
from schedcore.executor import execute
from schedcore.model import Problem, ProblemBuilder
from schedcore.policies import PriorityPolicy, chosen_optional


def menu(*rules: tuple[str, str]) -> Problem:
    """must (mandatory), gold (reward 5), silver (reward 2), lead (none); rules name tasks by their initials."""
    b = ProblemBuilder()
    tasks = {
        "m": b.task("must", 1),
        "g": b.task("gold", 4, optional=True, reward=5),
        "s": b.task("silver", 3, optional=True, reward=2),
        "l": b.task("lead", 2, optional=True),
    }
    for kind, initials in rules:
        b.select(kind, *(tasks[i] for i in initials))
    return b.build()


def test_rewarded_tasks_are_tried_by_default() -> None:
    assert chosen_optional(menu()) == {1, 2}
    assert chosen_optional(menu(), "all") == {1, 2, 3}
    assert chosen_optional(menu(), "none") == frozenset()
    assert chosen_optional(menu(), ["lead", 1]) == {1, 3}


def test_rules_overrule_wishes() -> None:
    assert chosen_optional(menu(("at_most_one", "gs"))) == {1}
    assert chosen_optional(menu(("implies", "gl"))) == {1, 2, 3}
    assert chosen_optional(menu(("implies", "ml")), "none") == {3}
    # Somebody has to come: the one with the larger reward.
    assert chosen_optional(menu(("at_least_one", "sl")), "none") == {2}
    assert chosen_optional(menu(("exactly_one", "gs")), banned=frozenset({1})) == {2}


def test_impossible_rules_are_reported() -> None:
    with pytest.raises(NoScheduleError, match="no choice of optional tasks keeps all selections"):
        chosen_optional(menu(("at_least_one", "gs")), banned=frozenset({1, 2}))


def test_bad_choices_are_refused() -> None:
    with pytest.raises(InputError, match="'some' is no choice of optional tasks"):
        chosen_optional(menu(), "some")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="task 0 is not optional"):
        chosen_optional(menu(), ["must"])


def test_policies_try_what_is_chosen() -> None:
    problem = menu(("at_most_one", "gs"))
    assert execute(problem, PriorityPolicy("spt")).task.tolist() == [0, 1]
    assert execute(problem, PriorityPolicy("spt", optional=["silver"])).task.tolist() == [0, 2]
    assert execute(problem, PriorityPolicy("spt", optional="none")).task.tolist() == [0]


def test_a_task_waits_for_an_optional_one_that_is_tried() -> None:
    b = ProblemBuilder()
    extra, a = b.task("extra", 3, optional=True, reward=1), b.task("a", 1)
    b.precedence(extra, a)
    problem = b.build()
    assert execute(problem, PriorityPolicy("spt")).start.tolist() == [0, 3]
    assert execute(problem, PriorityPolicy("spt", optional="none")).start.tolist() == [0]


def test_what_can_never_start_is_given_up() -> None:
    b = ProblemBuilder()
    stock = b.reservoir("stock", initial=0, maximum=3)
    extra = b.task("extra", 3, optional=True, reward=1, effects=[b.effect(stock, -1, at="start")])
    b.precedence(extra, b.task("a", 1))
    assert execute(b.build(), PriorityPolicy("spt")).task.tolist() == [1]
