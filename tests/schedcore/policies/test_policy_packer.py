"""The greedy packer."""

from __future__ import annotations

from support.refusals import refusal

from schedcore.errors import InputError
from schedcore.executor import execute
from schedcore.model import Problem, ProblemBuilder, Schedule
from schedcore.policies import GreedyPacker, PriorityPolicy


def shares() -> Problem:
    """Two tasks over 4 units: 4 units for 4 ticks, or 2 units for 6.

    Fast one after the other: 8.  Slow side by side: 6.
    """
    b = ProblemBuilder("shares")
    r = b.renewable("r", 4)
    for name in ("a", "b"):
        b.task(name, modes=[b.mode(4, demands={r: 4}), b.mode(6, demands={r: 2})])
    b.minimise(makespan=1)
    return b.build()


def test_it_packs_side_by_side() -> None:
    assert execute(shares(), GreedyPacker()) == Schedule([(0, 1, 0, 6), (1, 1, 0, 6)])
    assert execute(shares(), PriorityPolicy("cp")).makespan == 8


def test_breadth_one_looks_at_one_task() -> None:
    # Alone, the fast mode is better: 4 before 6.
    assert execute(shares(), GreedyPacker(breadth=1)) == Schedule([(0, 0, 0, 4), (1, 0, 4, 8)])


def test_the_longest_tail_goes_first() -> None:
    b = ProblemBuilder("tails")
    m = b.unary("m")
    b.task("short", 2, on=m)
    b.chain(b.task("head", 2, on=m), b.task("rest", 9, on=b.unary("n")))
    b.minimise(makespan=1)
    # head first: 2 + 9 = 11, else 4 + 9 = 13
    assert execute(b.build(), GreedyPacker()).makespan == 11


def test_tasks_of_no_length_need_no_capacity() -> None:
    b = ProblemBuilder("marks")
    m = b.unary("m")
    b.task("work", 3, on=m)
    b.task("mark", 0, on=m, release=1)
    b.minimise(makespan=1)
    assert execute(b.build(), GreedyPacker()) == Schedule([(0, 0, 0, 3), (1, 0, 1, 1)])


def test_breadth_is_at_least_one() -> None:
    text = refusal(lambda: GreedyPacker(breadth=0), InputError)
    assert text == "packer: breadth is 0 (give at least 1)"
