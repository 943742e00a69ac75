"""Words that span a search space."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedcore.errors import InputError
from schedcore.experiments.tuning.search import distributions, from_optuna, to_optuna
from schedcore.experiments.tuning.space import Choice, Interval, Space, read_space
from schedcore.experiments.words import parse_words

X, N, RULE = "solver.parameters.x", "solver.parameters.n", "solver.parameters.rule"


def test_intervals_choices_and_what_candidates_are_judged_on() -> None:
    space = read_space(
        [
            "solver=lns",
            f"{X}=interval(0,1)",
            f"{N}=int(interval(1,100))",
            "time_limit_s=tag(log,interval(1e-3,1))",
            f"{RULE}=spt,mwkr",
            "instance=ft06,la01",
            "seed=range(0,3)",
            "~domain.runner",
        ]
    )
    assert space.dimensions == (
        Interval(X, 0.0, 1.0),
        Interval(N, 1.0, 100.0, whole=True),
        Interval("time_limit_s", 1e-3, 1.0, log=True),
        Choice(RULE, ("spt", "mwkr")),
    )
    assert space.fixed == ("solver=lns", "instance=ft06,la01", "seed=range(0,3)", "~domain.runner")


def test_the_words_of_a_candidate() -> None:
    space = Space((Interval(X, 0, 1), Interval(N, 1, 9, whole=True), Choice(RULE, ("spt", None))), ("solver=lns",))
    assert space.words({X: 0.25, N: 3.0, RULE: None}) == ("solver=lns", f"{X}=0.25", f"{N}=3", f"{RULE}=null")
    assert space.words({}) == ("solver=lns",)
    assert space.some() == {X: 0.5, N: 5.0, RULE: "spt"}
    assert Interval(X, 1e-4, 1, log=True).middle == pytest.approx(1e-2)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "nothing to search"),
        (["solver=lns", "instance=ft06,la01"], "nothing to search"),
        ([f"{X}=interval(1,0)"], "is empty"),
        ([f"{X}=tag(log,interval(0,1))"], "a logarithmic interval from 0"),
        ([f"{X}=tag(lin,interval(0,1))"], "unknown tag 'lin'"),
        (["seed=interval(0,1)"], "seed cannot be searched"),
        ([f"{X}=interval(0,1)", f"{X}=interval(0,2)"], "is given twice"),
        ([f"{X}=interval(0,1)", f"{X}=3", f"{X}=4"], "is given twice"),
        ([f"{X}=interval(0"], "word"),
        (["solver=glob(*)"], "a pattern cannot be searched"),
    ],
)
def test_wrong_words_are_refused(words: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_space(words)


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1000, 1000),
    st.floats(-1e6, 1e6),
    st.text("abcXYZ019_.-:/ ,='\"\\", max_size=8).filter(lambda text: not text.endswith("\\")),
)


@given(st.one_of(VALUES, st.lists(VALUES, max_size=3)))
def test_what_a_word_says_is_what_was_meant(value: Any) -> None:
    (word,) = parse_words([f"{X}={Choice(X, (value,)).text(value)}"])
    (parsed,) = word.values  # type: ignore[misc]
    assert parsed == value or (isinstance(value, float) and math.isclose(parsed, value))


def test_values_that_no_word_can_say_are_refused() -> None:
    with pytest.raises(InputError, match="cannot be searched"):
        Choice(X, (object(),)).text(object())


def test_optunas_terms_and_back() -> None:
    optuna = pytest.importorskip("optuna")
    space = Space((Interval(X, 0.1, 1, log=True), Interval(N, 1, 9, whole=True), Choice(RULE, ("spt", [1, 2]))), ())
    found = distributions(space, optuna)
    assert found[X] == optuna.distributions.FloatDistribution(0.1, 1.0, log=True)
    assert found[N] == optuna.distributions.IntDistribution(1, 9)
    assert found[RULE].choices == (0, 1)
    values = from_optuna(space, {X: 0.5, N: 4, RULE: 1})
    assert values == {X: 0.5, N: 4, RULE: [1, 2]}
    assert to_optuna(space, values) == {X: 0.5, N: 4, RULE: 1}
