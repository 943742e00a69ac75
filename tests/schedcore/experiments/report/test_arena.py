"""Arenas: what is compared with what, references, families, scales, contradictions."""

from __future__ import annotations

import math

import pytest
from support.made_runs import a_failure, a_record, a_run, a_trial, table_run

from schedcore.experiments.report.arena import arenas_of, contradictions
from schedcore.experiments.trial import TrialStatus


def only_arena(run):
    (arena,) = arenas_of(run)
    return arena


def test_measures_are_logarithms_of_ratios_to_the_best_known_value() -> None:
    arena = only_arena(table_run({"a": {"ft06": [55, 60]}}, known={"ft06": 55}))
    assert list(arena.cell("a", "ft06").measure.values()) == [0.0, pytest.approx(math.log(60 / 55))]
    assert arena.cell("a", "ft06").value == 57.5
    info = arena.instances["ft06"]
    assert (info.reference, info.own, info.known_text) == (55, False, "<= 55")


def test_best_of_the_run_stands_in_for_an_unknown_reference() -> None:
    arena = only_arena(table_run({"a": {"x": 80.0}, "b": {"x": 100.0}}))
    assert (arena.instances["x"].reference, arena.instances["x"].own) == (80, True)
    assert arena.percent(arena.cell("b", "x").mean) == pytest.approx(0.25)


def test_maximisation_turns_ratios() -> None:
    arena = only_arena(table_run({"a": {"x": 40.0}}, known={"x": 50}, direction="max"))
    assert (arena.direction, arena.scale) == ("max", "ratio")
    assert arena.percent(arena.cell("a", "x").mean) == pytest.approx(0.25)
    best = only_arena(table_run({"a": {"x": 40.0}, "b": {"x": 50.0}}, direction="max")).instances["x"]
    assert best.reference == 50


def test_values_that_are_not_positive_are_compared_by_their_gap() -> None:
    arena = only_arena(table_run({"a": {"x": 0.0, "y": 12.0}, "b": {"x": 3.0, "y": 10.0}}))
    assert arena.scale == "gap"
    assert arena.percent(arena.cell("b", "x").mean) == 3.0  # |reference| is 0, so the denominator is 1
    assert arena.percent(arena.cell("a", "y").mean) == pytest.approx(0.2)
    rewards = only_arena(table_run({"a": {"x": -5.0}, "b": {"x": 10.0}}, direction="max"))
    assert rewards.scale == "gap"
    assert rewards.percent(rewards.cell("a", "x").mean) == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("names", "families"),
    [
        (["ft06", "ft10", "la01"], ["ft", "la"]),
        (["ft06", "ft10"], ["shops"]),  # one family: the group stands for it
        (["ft06", "la01"], ["shops"]),  # each alone in its family
        (["06", "la01", "la02"], ["shops"]),  # not every name has letters
        (["taillard:4x3:1", "taillard:5x3:1", "ft06"], ["taillard", "ft"]),
    ],
)
def test_families_come_from_names_within_one_group(names: list[str], families: list[str]) -> None:
    assert list(only_arena(table_run({"a": dict.fromkeys(names, 1.0)})).families) == families


def test_groups_are_families_where_there_are_several() -> None:
    pairs = [(trial := a_trial(n, "a", group=g), a_record(trial, 1)) for n, g in (("ft06", "one"), ("ft10", "two"))]
    arena = only_arena(a_run(pairs, group_titles={"one": "First"}))
    assert dict(arena.families) == {"one": "First", "two": "two"}


def test_domains_and_runners_are_arenas_of_their_own() -> None:
    trials = [a_trial("x", "a"), a_trial("x", "a", domain="uam"), a_trial("x", "a", domain="uam", runner="day")]
    arenas = arenas_of(a_run((trial, a_record(trial, k + 1)) for k, trial in enumerate(trials)))
    assert [arena.title for arena in arenas] == ["jssp", "uam", "uam day"]
    assert [arena.cell("a", "x").value for arena in arenas] == [1, 2, 3]


def test_failed_refused_and_unfinished_runs_have_no_value() -> None:
    trials = [a_trial("x", "a", seed) for seed in range(4)]
    records = [
        a_record(trials[0], 10),
        a_failure(trials[1]),
        a_record(trials[2], None, status=TrialStatus.REFUSED),
        None,
    ]
    cell = only_arena(a_run(zip(trials, records))).cell("a", "x")
    assert (cell.planned, len(cell.records), cell.counted, len(cell.values)) == (4, 3, 2, 1)


def test_same_seed_twice_is_two_runs() -> None:
    first, second = a_trial("x", "a"), a_trial("x", "a", runner="solve", group="other")
    second = type(second)(**{**{f: getattr(second, f) for f in second.__slots__}, "key": "0" * 24})
    arena = only_arena(a_run([(first, a_record(first, 1)), (second, a_record(second, 3))]))
    assert arena.cell("a", "x").value == 2


def test_contradictions_are_named() -> None:
    a, b = a_trial("x", "a"), a_trial("x", "b")
    good = a_record(a, 90, lower=95, upper=100, bound_source="a book")
    wrong = a_record(b, 100, bound=99.0)
    run = a_run([(a, good), (b, wrong)])
    assert contradictions(run, arenas_of(run)) == [
        "x a has value 90, better than the bound 95 that is taken as proven (a book)",
        "x b proves the bound 99, but x a has value 90",
    ]
    fine = table_run({"a": {"x": 55.0}}, known={"x": 55})
    assert contradictions(fine, arenas_of(fine)) == []


def test_known_text() -> None:
    def text(**bounds: int) -> str:
        trial = a_trial("x", "a")
        return only_arena(a_run([(trial, a_record(trial, 100, **bounds))])).instances["x"].known_text

    assert [text(), text(lower=40), text(upper=60), text(lower=40, upper=60), text(lower=55, upper=55)] == [
        "-",
        ">= 40",
        "<= 60",
        "40..60",
        "55",
    ]


def test_what_the_values_are_is_said_with_its_unit() -> None:
    day = a_trial("x", "a", domain="uam", runner="day")
    trials = [a_trial("x", "a"), a_trial("y", "b"), day, a_trial("x", "a", domain="old")]
    records = [
        a_record(trials[0], 5, quantity="makespan", unit="ticks"),
        a_record(trials[1], 5, quantity="makespan", unit="ticks"),
        a_record(trials[2], 5, quantity="profit", unit="USD", direction="max"),
        a_record(trials[3], 5),
    ]
    arenas = arenas_of(a_run(zip(trials, records)))
    assert [arena.value_text for arena in arenas] == [
        "makespan in ticks, smaller is better",
        "profit in USD, larger is better",
        "",
    ]
