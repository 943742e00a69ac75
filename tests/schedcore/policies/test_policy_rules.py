"""Keys of the priority rules, worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from schedcore.errors import UnknownNameError
from schedcore.executor import Executor, Start, WaitEvent, execute
from schedcore.model import Problem, ProblemBuilder, Schedule
from schedcore.model.arrays import NO_DEADLINE
from schedcore.policies import RULES, PriorityPolicy, find_rule
from schedcore.policies.priority import static_keys
from schedcore.policies.rules import ALIASES

A, B, C, D = range(4)


def two_machines() -> Problem:
    """a (4 on x), then b (3 on y); c (2 on x); d (6 on y, not before 1).

    task  p  L  P  m   d         D          w          head
    a     4  7  7  2   12-3=9    15-3=12    max(1, 2)  0
    b     3  3  3  1   12        15         2          4
    c     2  2  2  1   5         none       3          0
    d     6  6  6  1   20        none       1          1

    Mean processing: (4 + 3 + 2 + 6) / 4 = 3.75.
    """
    builder = ProblemBuilder("two machines")
    x, y = builder.unary("x"), builder.unary("y")
    a = builder.task("a", 4, on=x)
    b = builder.task("b", 3, on=y, due=12, deadline=15, weight=2)
    builder.task("c", 2, on=x, due=5, weight=3)
    builder.task("d", 6, on=y, release=1, due=20)
    builder.chain(a, b)
    builder.minimise(makespan=1)
    return builder.build()


# At tick 4 a has ended, and nothing else has started.
KEYS_AT_4: dict[str, tuple[float, float, float]] = {
    # p of b, c, d
    "spt": (3, 2, 6),
    "lpt": (-3, -2, -6),
    # b, c and d have nothing after them: P = p, m = 1, L = p
    "mwkr": (-3, -2, -6),
    "lwkr": (3, 2, 6),
    "mor": (-1, -1, -1),
    "lor": (1, 1, 1),
    "cp": (-3, -2, -6),
    # b could not start before a had ended at 4
    "fifo": (4, 0, 1),
    "edd": (12, 5, 20),
    # b max(4 + 3, 12 - 3 + 3); c max(4 + 2, 5 - 2 + 2); d max(4 + 6, 20 - 6 + 6)
    "mdd": (12, 6, 20),
    # slack b 12 - 4 - 3 = 5, c max(0, 5 - 4 - 2) = 0, d 20 - 4 - 6 = 10; k q = 3 * 3.75 = 11.25
    "atc": (-2 / 3 * math.exp(-5 / 11.25), -3 / 2, -1 / 6 * math.exp(-10 / 11.25)),
    # b 1 - 5 / (2 * 3) = 1/6; c 1; d 1 - 10 / (2 * 6) = 1/6
    "covert": (-2 / 3 / 6, -3 / 2, -1 / 6 / 6),
    # k q = 2 * 3.75 = 7.5
    "rm": (-2 / 3 * math.exp(-5 / 7.5), -3 / 2, -1 / 6 * math.exp(-10 / 7.5)),
    # c and d have no deadline: their due dates
    "edf": (15, 5, 20),
    # without the "- t" that all have in common: 15 - 3, 5 - 2, 20 - 6
    "llf": (12, 3, 14),
    "wspt": (3 / 2, 2 / 3, 6),
    # (12 - 4) / 3, (5 - 4) / 2, (20 - 4) / 6
    "cr": (8 / 3, 1 / 2, 16 / 6),
    # (12 - 4 - 3) / 1, (5 - 4 - 2) / 1, (20 - 4 - 6) / 1
    "sopn": (5, -1, 10),
}

# At tick 0 for a, whose job has two operations.
KEY_OF_A_AT_0: dict[str, float] = {
    "spt": 4,
    "lpt": -4,
    "mwkr": -(4 + 3),
    "lwkr": 4 + 3,
    "mor": -2,
    "lor": 2,
    "cp": -(4 + 3),
    "fifo": 0,
    "edd": 12 - 3,
    "mdd": 9 - 4 + 7,  # max(0 + 7, 12): b then ends at its due date
    "atc": -2 / 4,  # slack 9 - 0 - 4 - 2 (7 - 4) = -1, so 0
    "covert": -2 / 4 * (1 - 5 / 14),  # slack 9 - 0 - 4 = 5 of 2 * 7
    "rm": -2 / 4 * math.exp(-5 / 7.5),
    "edf": 15 - 3,
    "llf": 12 - 4,
    "wspt": 4 / 2,
    "cr": 9 / 7,
    "sopn": (9 - 0 - 4) / 2,
}


def test_every_rule_has_an_example() -> None:
    assert set(KEYS_AT_4) == set(KEY_OF_A_AT_0) == set(RULES) - {"random"}


@pytest.mark.parametrize("name", KEYS_AT_4)
def test_keys_by_hand(name: str) -> None:
    problem = two_machines()
    policy, run = PriorityPolicy(name), Executor(problem)
    policy.reset(problem, 0)
    assert policy.key(run.state, A) == pytest.approx(KEY_OF_A_AT_0[name])
    run.apply(Start((A, 0)))
    while run.now < 4:
        run.apply(WaitEvent())
    assert run.now == 4
    assert [policy.key(run.state, t) for t in (B, C, D)] == pytest.approx(KEYS_AT_4[name])


@pytest.mark.parametrize("name", [n for n in KEYS_AT_4 if not RULES[n].dynamic])
def test_static_keys_are_those_at_the_earliest_starts(name: str) -> None:
    keys = static_keys(two_machines(), RULES[name])
    assert keys.tolist() == pytest.approx([KEY_OF_A_AT_0[name], *KEYS_AT_4[name]])


def test_static_keys_of_a_dynamic_rule() -> None:
    # CR at the heads 0, 4, 0, 1: 9/7, 8/3, 5/2, 19/6
    assert static_keys(two_machines(), RULES["cr"]).tolist() == pytest.approx([9 / 7, 8 / 3, 5 / 2, 19 / 6])


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        # Tick 0: a or c on x; tick 1: d on y alone, unless b came before it (b never can: a ends at 2 at least).
        # x: c 0-2, a 2-6; y: d 1-7, b 7-10
        ("spt", [6, 10, 2, 7]),
        ("wspt", [6, 10, 2, 7]),
        ("edd", [6, 10, 2, 7]),
        # x: a 0-4, c 4-6; y: d 1-7, b 7-10
        ("lpt", [4, 10, 6, 7]),
        ("mor", [4, 10, 6, 7]),
        ("cp", [4, 10, 6, 7]),
        # a and c have both waited since 0: lowest id
        ("fifo", [4, 10, 6, 7]),
        # a -1/2, c -3/2 (slack 5 - 2 = 3: exp(-3/11.25) * 3/2 = 1.15): c
        ("atc", [6, 10, 2, 7]),
        # a 9/7, c 5/2: a
        ("cr", [4, 10, 6, 7]),
    ],
)
def test_schedules_by_hand(name: str, ends: list[int]) -> None:
    lengths = [4, 3, 2, 6]
    expected = Schedule([(t, 0, end - lengths[t], end) for t, end in enumerate(ends)])
    assert execute(two_machines(), PriorityPolicy(name)) == expected


def machine_of(*tasks: dict[str, int]) -> Problem:
    b = ProblemBuilder("one machine")
    m = b.unary("m")
    for i, task in enumerate(tasks):
        b.task(f"t{i}", on=m, **task)  # type: ignore[arg-type]
    b.minimise(makespan=1)
    return b.build()


@pytest.mark.parametrize("name", sorted(set(RULES) - {"random"}))
def test_ties_go_to_the_lowest_task(name: str) -> None:
    problem = machine_of(*[{"duration": 2, "due": 9, "deadline": 99}] * 4)
    assert [p.start for p in execute(problem, PriorityPolicy(name))] == [0, 2, 4, 6]


def test_among_modes_the_earliest_end_then_the_lowest_mode() -> None:
    b = ProblemBuilder("modes")
    x, y, z = b.unary("x"), b.unary("y"), b.unary("z")
    b.task("a", modes=[b.mode(3, on=x), b.mode(2, on=y), b.mode(2, on=z)])
    b.minimise(makespan=1)
    assert execute(b.build(), PriorityPolicy("spt")) == Schedule([(0, 1, 0, 2)])


def test_tasks_without_due_dates_come_after_those_with() -> None:
    problem = machine_of({"duration": 1}, {"duration": 5, "due": 50}, {"duration": 5, "deadline": 30})
    assert [p.start for p in execute(problem, PriorityPolicy("edd"))] == [5, 0, 6]
    # edf: deadline 30 before due 50 before neither
    assert [p.start for p in execute(problem, PriorityPolicy("edf"))] == [10, 5, 0]


def test_zero_durations_and_weights_divide_nothing_by_zero() -> None:
    problem = machine_of({"duration": 0, "weight": 0, "due": 0}, {"duration": 0, "weight": 1, "due": 3})
    for name in RULES:
        assert np.isfinite(static_keys(problem, RULES[name])).all(), name
        assert execute(problem, PriorityPolicy(name)).makespan == 0


def test_random_depends_on_the_seed_alone() -> None:
    problem = machine_of(*[{"duration": 2}] * 8)
    schedules = [execute(problem, PriorityPolicy("random"), seed) for seed in (1, 1, 2)]
    assert schedules[0] == schedules[1] != schedules[2]
    keys = static_keys(problem, RULES["random"], seed=1)
    assert ((keys >= 0) & (keys < 1)).all()
    order = sorted(range(8), key=lambda t: schedules[0].of(t).start)  # type: ignore[union-attr]
    assert order == np.argsort(keys).tolist()


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_aliases(alias: str, name: str) -> None:
    assert find_rule(alias) is find_rule(alias.upper()) is RULES[name]
    assert PriorityPolicy(alias).name == name


def test_unknown_rules_get_a_near_miss() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown rule 'sptt' \(did you mean 'spt'"):
        find_rule("sptt")


def test_rules_state_formula_and_source() -> None:
    assert all(rule.formula and rule.source for rule in RULES.values())
    assert len({rule.code for rule in RULES.values()}) == len(RULES) == 19
    assert NO_DEADLINE > 2**40
