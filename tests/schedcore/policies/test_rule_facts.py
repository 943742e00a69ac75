"""What rules know about tasks: tails, followers, due dates passed back."""

from __future__ import annotations

import random

from strategies_core import random_case

from schedcore.executor.ties import order_arcs, ties_of
from schedcore.model import ProblemBuilder
from schedcore.model.arrays import NO_DEADLINE
from schedcore.policies import facts_of


def test_a_chain_by_hand() -> None:
    b = ProblemBuilder()
    a, c, d = b.task("a", 2, release=1), b.task("c", 3), b.task("d", 4, due=20, deadline=25, weight=7)
    b.precedence(a, c)
    b.precedence(c, d, lag=5)
    facts = facts_of(b.build())
    assert facts.processing.tolist() == [2, 3, 4]
    assert facts.tail.tolist() == [14, 12, 4]
    assert facts.work.tolist() == [9, 7, 4]
    assert facts.operations.tolist() == [3, 2, 1]
    # d must end by 20, so start by 16, so c must end by 11 and a by 8.
    assert facts.due.tolist() == [8, 11, 20]
    assert facts.deadline.tolist() == [13, 16, 25]
    assert facts.weight.tolist() == [7, 7, 7]
    assert facts.head.tolist() == [1, 3, 11]
    assert facts.mean == 3.0


def test_followers_that_meet_again_count_once() -> None:
    b = ProblemBuilder()
    top, left, right, bottom = (b.task(n, p) for n, p in (("top", 1), ("left", 2), ("right", 3), ("bottom", 4)))
    b.chain(top, left, bottom)
    b.chain(top, right, bottom)
    facts = facts_of(b.build())
    assert facts.work.tolist() == [10, 6, 7, 4]
    assert facts.operations.tolist() == [4, 2, 2, 1]


def test_lags_between_starts_and_ends_count_from_the_right_edge() -> None:
    b = ProblemBuilder()
    a, c = b.task("a", 6), b.task("c", 2)
    b.lag(a.start, c.start, min=1)
    facts = facts_of(b.build())
    # c ends at 3, a itself at 6.
    assert facts.tail.tolist() == [6, 2]
    b.lag(a.end, c.end, min=4)
    assert facts_of(b.build()).tail.tolist() == [10, 2]


def test_holds_have_no_work() -> None:
    b = ProblemBuilder()
    p, q = b.task("p", 2), b.task("q", 3)
    b.hold("kept", p.start, q.end)
    assert facts_of(b.build()).processing.tolist() == [2, 3, 0]


def test_contradictory_lags_do_no_harm() -> None:
    b = ProblemBuilder()
    a, c = b.task("a", 2), b.task("c", 3)
    b.precedence(a, c)
    b.precedence(c, a)
    facts = facts_of(b.build())
    assert facts.work.tolist() == [2, 3]
    assert (facts.due == NO_DEADLINE).all()


def test_followers_are_those_of_a_plain_search() -> None:
    for seed in range(60):
        problem = random_case(random.Random(seed), 9, ("min_lag", "hold", "zero", "job")).problem
        ties, facts = ties_of(problem), facts_of(problem)
        arcs = order_arcs(ties)
        pairs = list(zip(ties.lag_a[arcs].tolist(), ties.lag_b[arcs].tolist(), strict=True))
        for t in range(len(problem.tasks)):
            seen, work = {t}, [t]
            while work:
                node = work.pop()
                for a, c in pairs:
                    if a == node and c not in seen:
                        seen.add(c)
                        work.append(c)
            assert facts.operations[t] == len(seen)
            assert facts.work[t] == sum(int(facts.processing[u]) for u in seen)
