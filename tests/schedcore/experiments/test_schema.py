"""Plain data as typed configuration."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from schedcore.errors import InputError, UnknownNameError
from schedcore.experiments.config import ExperimentConfig, MethodConfig
from schedcore.experiments.schema import Builder, check_key, default_of


@dataclass(frozen=True)
class Inner:
    name: str
    size: int | None = None


@dataclass(frozen=True)
class Outer:
    one: Inner
    more: dict[str, Inner] = field(default_factory=dict)
    numbers: list[float] = field(default_factory=list)
    pair: tuple[str, ...] = ()
    flag: bool = False
    free: dict[str, Any] = field(default_factory=dict)


def test_types_are_built() -> None:
    data = {
        "one": {"name": 3},
        "more": {"x": {"name": "a", "size": 2}},
        "numbers": [1, 2.5],
        "pair": ["a", 1],
        "flag": True,
        "free": {"a": [1, None]},
    }
    expected = Outer(Inner("3"), {"x": Inner("a", 2)}, [1.0, 2.5], ("a", "1"), True, {"a": [1, None]})
    assert Builder().build(Outer, data) == expected


def test_text_that_spells_a_number_is_one() -> None:
    data = {"one": {"name": "a", "size": "-12"}, "numbers": ["1e-3", "2."], "flag": "True"}
    built = Builder().build(Outer, data)
    assert (built.one.size, built.numbers, built.flag) == (-12, [0.001, 2.0], True)


def test_shared_parts_are_built_once() -> None:
    builder, shared = Builder(), {"name": "a"}
    first, second = (builder.build(Outer, {"one": shared, "flag": flag}) for flag in (True, False))
    assert first.one is second.one


@pytest.mark.parametrize(
    ("data", "what", "place"),
    [
        ({}, "the key 'one' is missing", "@one"),
        ({"one": {}}, "the key 'one.name' is missing", "@one"),
        ({"one": 3}, "3 is not keys and values", "@one"),
        ({"one": []}, r"\[\] is not keys and values", "@one"),
        ({"one": {"name": "a", "size": "b"}}, "'b' is not a whole number", "@one.size"),
        ({"one": {"name": "a", "size": True}}, "True is not a whole number", "@one.size"),
        ({"one": {"name": "a", "size": 1.5}}, "1.5 is not a whole number", "@one.size"),
        ({"one": {"name": ["a"]}}, r"\['a'\] is not text", "@one.name"),
        ({"one": {"name": None}}, "None is not text", "@one.name"),
        ({"one": {"name": "a"}, "numbers": [1, "x"]}, "'x' is not a number", r"@numbers\[1\]"),
        ({"one": {"name": "a"}, "numbers": {"a": 1}}, "is not a list", "@numbers"),
        ({"one": {"name": "a"}, "numbers": 3}, "3 is not a list", "@numbers"),
        ({"one": {"name": "a"}, "more": [1]}, "is not keys and values", "@more"),
        ({"one": {"name": "a"}, "flag": 1}, "1 is not true or false", "@flag"),
        ({"one": {"name": "a"}, "flag": "x" * 99}, r"\.\.\. is not true or false", "@flag"),
    ],
)
def test_wrong_data_is_refused_with_its_place(data, what, place) -> None:
    with pytest.raises(InputError, match=what) as caught:
        Builder(lambda key: f"@{key}").build(Outer, data)
    assert caught.value.where == place.replace("\\", "")
    assert caught.value.remedy


def test_unknown_keys_are_suggested() -> None:
    with pytest.raises(UnknownNameError) as caught:
        Builder().build(Outer, {"one": {"nmae": "a"}})
    assert (caught.value.what, caught.value.remedy) == ("unknown key 'one.nmae'", "did you mean 'name'?")


@pytest.mark.parametrize(
    "key",
    [
        "title",
        "groups.any.instances",
        "groups.any.instances.0",
        "methods.any.parameters.deep.er",
        "settings.x",
        "solver.name",
        "solver.parameters.a.b",
        "backend.slots",
        "domain",
    ],
)
def test_keys_of_the_schema(key) -> None:
    check_key(ExperimentConfig, key, "here")


@pytest.mark.parametrize(
    ("key", "remedy"),
    [
        ("titel", "did you mean 'title'"),
        ("solver.parametres.x", "did you mean 'solver.parameters'"),
        ("methods.a.sovler", "did you mean 'methods.a.solver'"),
        ("time_limit_s.x", "time_limit_s has no keys"),
        ("seeds.x", "seeds has no keys"),
    ],
)
def test_keys_that_are_none(key, remedy) -> None:
    with pytest.raises(UnknownNameError) as caught:
        check_key(ExperimentConfig, key, "here")
    assert (caught.value.what, caught.value.where) == (f"unknown key {key!r}", "here")
    assert remedy in (caught.value.remedy or "")


def test_defaults_by_key() -> None:
    assert default_of(ExperimentConfig, "backend.grace_s") == 30.0
    assert default_of(ExperimentConfig, "seeds") == []
    assert default_of(ExperimentConfig, "solver.name") is None
    assert default_of(MethodConfig, "nothing") is None
    assert default_of(ExperimentConfig, "title.x") is None
