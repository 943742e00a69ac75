"""Which optional tasks are tried."""

from __future__ import annotations

import pytest
from support.refusals import refusal

from schedcore.check import check
from schedcore.errors import InputError, NoScheduleError
from schedcore.executor import execute
from schedcore.model import Problem, ProblemBuilder
from schedcore.policies import PriorityPolicy, chosen_optional


def menu(rule: str | None = None) -> Problem:
    """Task 0 is mandatory; 1 pays 5 in 4 ticks, 2 pays 5 in 3 ticks, 3 pays nothing."""
    b = ProblemBuilder("menu")
    m = b.unary("m")
    b.task("must", 1, on=m)
    paid = [b.task("long", 4, on=m, optional=True, reward=5), b.task("short", 3, on=m, optional=True, reward=5)]
    b.task("free", 2, on=m, optional=True)
    if rule is not None:
        b.select(rule, *paid)
    b.minimise(makespan=1)
    return b.build()


@pytest.mark.parametrize(
    ("choice", "tried"),
    [("rewarded", {1, 2}), ("none", set()), ("all", {1, 2, 3}), ([3], {3}), (["short", 3], {2, 3}), ([], set())],
)
def test_choices_without_selections(choice: str | list[int | str], tried: set[int]) -> None:
    assert chosen_optional(menu(), choice) == tried  # type: ignore[arg-type]
    schedule = execute(menu(), PriorityPolicy("spt", optional=choice))  # type: ignore[arg-type]
    assert {p.task for p in schedule} == {0} | tried


def test_banned_tasks_stay_out() -> None:
    assert chosen_optional(menu(), "all", banned=frozenset({2})) == {1, 3}


def test_among_alternatives_reward_then_duration_then_id() -> None:
    assert chosen_optional(menu("exactly_one")) == {2}  # both pay 5, task 2 is shorter
    assert chosen_optional(menu("exactly_one"), banned=frozenset({2})) == {1}
    b = ProblemBuilder("rewards")
    pair = [b.task("x", 1, optional=True, reward=1), b.task("y", 9, optional=True, reward=2)]
    same = [b.task("u", 3, optional=True, reward=1), b.task("v", 3, optional=True, reward=1)]
    b.select("exactly_one", *pair)
    b.select("exactly_one", *same)
    assert chosen_optional(b.build()) == {1, 2}


def test_selections_are_kept_even_where_nothing_is_wanted() -> None:
    problem = menu("exactly_one")
    assert len(chosen_optional(problem, "none")) == 1
    assert check(problem, execute(problem, PriorityPolicy("spt", optional="none"))).ok


def test_impossible_selections() -> None:
    b = ProblemBuilder("impossible")
    b.select("at_most_one", b.task("a", 1), b.task("b", 1))
    problem = b.build()
    text = refusal(lambda: chosen_optional(problem), NoScheduleError)
    assert text.startswith("selections: no choice of optional tasks keeps all selections (check")


@pytest.mark.parametrize("problem", [menu(), ProblemBuilder("nothing").build()])
def test_unknown_words(problem: Problem) -> None:
    text = refusal(lambda: chosen_optional(problem, "some"), InputError)  # type: ignore[arg-type]
    assert text == "optional: 'some' is no choice of optional tasks (use rewarded, none or all)"


@pytest.mark.parametrize("task", [0, -1, 9])
def test_tasks_that_are_not_optional(task: int) -> None:
    text = refusal(lambda: chosen_optional(menu(), [task]), InputError)
    assert text == f"optional: task {task} is not optional (name optional tasks only)"


def test_tasks_that_are_not_optional_where_nothing_is() -> None:
    b = ProblemBuilder("all must run")
    b.task("a", 1)
    problem = b.build()
    assert "task 0 is not optional" in refusal(lambda: chosen_optional(problem, [0]), InputError)
