"""Holds resolved into lags; presence of optional tasks."""

from __future__ import annotations

import itertools
import random

from strategies_core import FEATURES, random_case

from schedcore.executor.presence import complete, propagate
from schedcore.executor.ties import order_arcs, ties_of
from schedcore.model import ProblemBuilder, Selection, SelectionKind, find_holds


def test_holds_are_those_of_the_model_that_can_follow_other_tasks() -> None:
    seen = 0
    for seed in range(300):
        features = FEATURES if seed % 2 else ("hold", "min_lag", "max_lag", "elastic", "optional")
        problem = random_case(random.Random(seed), 6, features).problem
        ruled = {t for s in problem.selections for t in s.tasks}
        expected = set()
        for hold in find_holds(problem):
            task = problem.tasks[hold.task]
            if task.optional:
                follows = not task.modes[0].effects and hold.task not in ruled
            else:
                follows = not any(problem.tasks[t].optional for t, _ in (hold.opens, hold.closes))
            if any(e.per_tick and e.edge == 0 for e in task.modes[0].effects):
                follows = False
            if follows:
                expected.add((hold.task, *hold.opens, *hold.closes))
        assert {tuple(h) for h in ties_of(problem).holds} == expected
        seen += len(expected)
    assert seen > 30


def test_lags_of_a_hold_move_to_the_edges_it_is_tied_to() -> None:
    b = ProblemBuilder()
    p, q, z = b.task("p", 2), b.task("q", 3), b.task("z", 1)
    hold = b.hold("kept", p.end, q.start, longest=7)
    b.lag(hold.end, z.start, min=2)
    ties = ties_of(b.build())
    lags = set(zip(*(c.tolist() for c in ties[2:9]), strict=True))
    # id, a, b, a_edge, b_edge, min, max
    assert (-1 - hold.id, p.id, q.id, 1, 0, 0, 7) in lags
    assert {lag[1:6] for lag in lags if lag[0] >= 0} == {(q.id, z.id, 0, 0, 2)}


def test_lags_that_let_both_tasks_go_first_order_nothing() -> None:
    b = ProblemBuilder()
    a, c, d = b.task("a", 2), b.task("c", 2), b.task("d", 2)
    b.lag(a.start, c.start, min=-3)
    b.lag(c.start, a.start, min=-3)
    b.precedence(c, d)
    assert order_arcs(ties_of(b.build())).tolist() == [False, False, True]


def test_conclusions_of_every_kind_of_selection() -> None:
    kinds = {k: Selection((0, 1), k) for k in SelectionKind}

    def conclude(kind: SelectionKind, present: set[int], absent: set[int]) -> object:
        broken = propagate((kinds[kind],), present, absent)
        return "broken" if broken is not None else (present, absent)

    assert conclude(SelectionKind.ALL_OR_NONE, {0}, set()) == ({0, 1}, set())
    assert conclude(SelectionKind.ALL_OR_NONE, set(), {1}) == (set(), {0, 1})
    assert conclude(SelectionKind.ALL_OR_NONE, {0}, {1}) == "broken"
    assert conclude(SelectionKind.AT_LEAST_ONE, set(), {0}) == ({1}, {0})
    assert conclude(SelectionKind.AT_LEAST_ONE, set(), {0, 1}) == "broken"
    assert conclude(SelectionKind.AT_MOST_ONE, {0}, set()) == ({0}, {1})
    assert conclude(SelectionKind.AT_MOST_ONE, {0, 1}, set()) == "broken"
    assert conclude(SelectionKind.EXACTLY_ONE, set(), {1}) == ({0}, {1})
    assert conclude(SelectionKind.IMPLIES, {0}, set()) == ({0, 1}, set())
    assert conclude(SelectionKind.IMPLIES, set(), {1}) == (set(), {0, 1})
    assert conclude(SelectionKind.IMPLIES, {0}, {1}) == "broken"


def kept(selection: Selection, present: frozenset[int]) -> bool:
    inside = [t in present for t in selection.tasks]
    return {
        SelectionKind.ALL_OR_NONE: all(inside) or not any(inside),
        SelectionKind.AT_LEAST_ONE: any(inside),
        SelectionKind.AT_MOST_ONE: sum(inside) <= 1,
        SelectionKind.EXACTLY_ONE: sum(inside) == 1,
        SelectionKind.IMPLIES: not inside[0] or all(inside),
    }[selection.kind]


def test_a_complete_choice_is_found_whenever_one_exists() -> None:
    rng = random.Random(5)
    outcomes = [0, 0]
    for _ in range(400):
        count = rng.randint(2, 7)
        selections = [
            Selection(tuple(rng.sample(range(count), rng.randint(2, min(4, count)))), rng.choice(list(SelectionKind)))
            for _ in range(rng.randint(1, 6))
        ]
        used = sorted({t for s in selections for t in s.tasks})
        present = {t for t in used if rng.random() < 0.1}
        absent = {t for t in used if t not in present and rng.random() < 0.1}
        free = [t for t in used if t not in present | absent]
        exists = any(
            all(kept(s, frozenset(present) | {t for t, v in zip(free, values, strict=True) if v}) for s in selections)
            for values in itertools.product((False, True), repeat=len(free))
        )
        wishes = [(t, rng.random() < 0.5) for t in rng.sample(used, len(used) // 2)]
        found = complete(selections, set(present), set(absent), wishes)
        assert (found is not None) == exists
        outcomes[exists] += 1
        if found is not None:
            assert all(kept(s, frozenset(found[0])) for s in selections)
            assert present <= found[0]
            assert absent <= found[1]
            assert found[0] | found[1] == set(used)
    assert min(outcomes) > 20


def test_a_thousand_tasks_in_one_chain_of_implications_are_decided() -> None:
    chain = [Selection((i, i + 1), SelectionKind.IMPLIES) for i in range(3000)]
    found = complete(chain, set(), set(), [(0, True)])
    assert found is not None
    assert len(found[0]) == 3001


def test_wishes_come_first() -> None:
    one = [Selection((0, 1, 2), SelectionKind.EXACTLY_ONE)]
    assert complete(one, set(), set(), [(1, True)]) == ({1}, {0, 2})
    assert complete(one, set(), {1}, [(1, True)]) is not None
    assert complete(one, {0, 1}, set()) is None
