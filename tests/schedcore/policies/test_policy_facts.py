"""Facts about tasks: heads, tails, followers, due dates handed back."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedcore.model import Problem, ProblemBuilder
from schedcore.model.arrays import NO_DEADLINE
from schedcore.policies import facts_of


def test_a_diamond_counts_its_end_once() -> None:
    b = ProblemBuilder("diamond")
    a, c, d, e = (b.task(name, p) for name, p in (("a", 1), ("c", 5), ("d", 2), ("e", 3)))
    b.precedence(a, c)
    b.precedence(a, d, lag=4)
    b.precedence(c, e)
    b.precedence(d, e)
    facts = facts_of(b.build())
    assert facts.work.tolist() == [11, 8, 5, 3]  # a: 1 + 5 + 2 + 3
    assert facts.operations.tolist() == [4, 2, 2, 1]
    assert facts.tail.tolist() == [10, 8, 5, 3]  # a: over d 1 + 4 + 2 + 3 = 10, over c 1 + 5 + 3 = 9
    assert facts.head.tolist() == [0, 1, 5, 7]  # e: 5 + 2 over d, 1 + 5 over c
    assert facts.mean == 11 / 4
    assert facts.due.tolist() == facts.deadline.tolist() == [NO_DEADLINE] * 4


def test_due_dates_deadlines_and_weights_are_handed_back() -> None:
    b = ProblemBuilder("chain")
    first = b.task("first", 2, weight=1, deadline=9, release=3)
    gap = b.task("gap", 3, weight=1, due=20)
    last = b.task("last", 4, weight=5, due=15, deadline=18)
    b.precedence(first, gap, lag=1)
    b.precedence(gap, last)
    facts = facts_of(b.build())
    assert facts.due.tolist() == [15 - 4 - 3 - 1, 15 - 4, 15]
    assert facts.deadline.tolist() == [9, 18 - 4, 18]  # first: its own 9 before 18 - 4 - 3 - 1 = 10
    assert facts.weight.tolist() == [5, 5, 5]
    assert facts.head.tolist() == [3, 6, 9]


def test_the_shortest_mode_counts() -> None:
    b = ProblemBuilder("modes")
    b.task("a", modes=[b.mode(7), b.mode(4)])
    assert facts_of(b.build()).processing.tolist() == [4]


def test_holds_have_no_work_of_their_own() -> None:
    b = ProblemBuilder("hold")
    a, c = b.task("a", 2), b.task("c", 3)
    b.precedence(a, c)
    b.hold("h", a.start, c.end, demands={b.renewable("r", 1): 1})
    facts = facts_of(b.build())
    assert facts.processing.tolist() == [2, 3, 0]
    assert facts.work.tolist()[:2] == [5, 3]


def test_contradictory_lags_leave_every_task_on_its_own() -> None:
    b = ProblemBuilder("circle")
    a, c = b.task("a", 2), b.task("c", 3)
    b.precedence(a, c)
    b.precedence(c, a)
    facts = facts_of(b.build())
    assert facts.tail.tolist() == facts.work.tolist() == [2, 3]


def test_columns_without_followers() -> None:
    b = ProblemBuilder("chain")
    b.chain(b.task("a", 2), b.task("c", 3))
    facts = facts_of(b.build())
    assert [c.tolist() for c in facts.columns()[2:4]] == [[5, 3], [2, 1]]
    assert [c.tolist() for c in facts.columns(followers=False)[2:4]] == [[0, 0], [0, 0]]


def test_no_tasks() -> None:
    facts = facts_of(Problem("empty"))
    assert facts.mean == 0
    assert facts.work.tolist() == facts.tail.tolist() == []


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 12))
def test_networks_against_plain_search(seed: int, count: int) -> None:
    rng = random.Random(seed)
    b = ProblemBuilder("network")
    lengths = [rng.randint(0, 6) for _ in range(count)]
    names = list(range(count))
    rng.shuffle(names)  # the order of ids is not that of the network
    tasks = [b.task(f"t{i}", lengths[i]) for i in range(count)]
    after: dict[int, list[tuple[int, int]]] = {i: [] for i in range(count)}
    for x in range(count):
        for y in range(x + 1, count):
            if rng.random() < 0.3:
                lag = rng.randint(0, 3)
                b.precedence(tasks[names[x]], tasks[names[y]], lag=lag)
                after[names[x]].append((names[y], lag))

    def reach(t: int) -> set[int]:
        return {t}.union(*(reach(u) for u, _ in after[t]))

    def tail(t: int) -> int:
        return max([lengths[t], *(lengths[t] + lag + tail(u) for u, lag in after[t])])

    facts = facts_of(b.build())
    assert facts.work.tolist() == [sum(lengths[u] for u in reach(t)) for t in range(count)]
    assert facts.operations.tolist() == [len(reach(t)) for t in range(count)]
    assert facts.tail.tolist() == [tail(t) for t in range(count)]


@pytest.mark.parametrize("count", [5000])
def test_more_followers_than_a_block_of_bits(count: int) -> None:
    b = ProblemBuilder("long")
    first = b.task("first", 1)
    rest = [b.task(f"t{i}", 2) for i in range(count)]
    b.chain(first, *rest[:3])
    for task in rest[3:]:
        b.precedence(first, task)
    facts = facts_of(b.build())
    assert facts.operations[0] == count + 1
    assert facts.work[0] == 2 * count + 1
