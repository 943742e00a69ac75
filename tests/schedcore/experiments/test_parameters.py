"""Parameters of methods by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from schedcore.errors import InputError, UnknownNameError
from schedcore.experiments.parameters import full_name, parameter_names, parameter_value, with_parameters


@dataclass(frozen=True)
class Inner:
    size: int = 3
    rate: float = 0.5

    def __post_init__(self) -> None:
        if self.size < 1:
            raise InputError(f"size is {self.size}", where="inner.size", remedy="use at least 1")


@dataclass(frozen=True)
class Method:
    name = "method"
    inner: Inner = Inner()
    fast: bool = False
    label: str = "a"
    sizes: tuple[int, ...] = (1, 2)
    limit: float | None = None
    more: dict[str, Any] = field(default_factory=dict)


class Plain:
    name = "plain"

    def __init__(self) -> None:
        self.inner = Inner()
        self.rule = "spt"
        self._secret = 1
        self.features = frozenset()


def test_names_of_parameters() -> None:
    assert parameter_names(Method()) == ("inner.size", "inner.rate", "fast", "label", "sizes", "limit", "more")
    assert parameter_names(Plain()) == ("inner.size", "inner.rate", "rule")


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("fast", "true", lambda m: m.fast is True),
        ("label", "12", lambda m: m.label == "12"),
        ("sizes", "[4, 5]", lambda m: m.sizes == (4, 5)),
        ("limit", "2.5", lambda m: m.limit == 2.5),
        ("limit", "null", lambda m: m.limit is None),
        ("inner.size", "7", lambda m: m.inner.size == 7),
        ("inner.rate", "1", lambda m: m.inner.rate == 1.0 and isinstance(m.inner.rate, float)),
        ("more.linearization_level", "2", lambda m: m.more == {"linearization_level": 2}),
        ("more", {"a": 1}, lambda m: m.more == {"a": 1}),
        ("inner.size", 9, lambda m: m.inner.size == 9),
    ],
)
def test_values_take_the_type_of_the_parameter(key, text, expected) -> None:
    method = Method()
    changed = with_parameters(method, {key: text})
    assert expected(changed)
    assert method == Method()


def test_objects_that_are_no_dataclasses_are_copied() -> None:
    method = Plain()
    changed = with_parameters(method, {"rule": "mor", "inner.size": "5"})
    assert (changed.rule, changed.inner.size) == ("mor", 5)
    assert (method.rule, method.inner.size) == ("spt", 3)


@pytest.mark.parametrize(
    ("key", "remedy"),
    [("fats", "did you mean 'fast'?"), ("inner.sise", "did you mean 'inner.size'"), ("_secret", "known: ")],
)
def test_unknown_parameters_are_suggested(key, remedy) -> None:
    with pytest.raises(UnknownNameError) as caught:
        with_parameters(Method(), {key: "1"})
    assert caught.value.where == "method method"
    assert remedy in (caught.value.remedy or "")


@pytest.mark.parametrize(
    ("key", "value", "remedy"),
    [
        ("fast", "perhaps", "use true or false"),
        ("inner.size", "1.5", "use a whole number"),
        ("inner.size", "true", "use a whole number"),
        ("inner.rate", "x", "use a number"),
        ("sizes", "3", "use tuple"),
    ],
)
def test_values_of_a_wrong_type_are_refused(key, value, remedy) -> None:
    with pytest.raises(InputError) as caught:
        with_parameters(Method(), {key: value})
    assert caught.value.remedy == remedy


def test_what_a_method_refuses_is_passed_on() -> None:
    with pytest.raises(InputError, match="size is 0"):
        with_parameters(Method(), {"inner.size": "0"})


@dataclass(frozen=True)
class Bundled:
    name = "bundled"
    parameters: Inner = Inner()
    size: int = 10


class Weighing:
    name, features = "weighing", frozenset()

    def __init__(self) -> None:
        self.weight = 1.0


class Carrier:
    name, features = "carrier", frozenset()

    def __init__(self) -> None:
        self.policy = Weighing()


def test_a_bundle_of_parameters_needs_no_prefix() -> None:
    """The prefix may be given; it must be where the method has a parameter of the same name itself."""
    assert parameter_names(Bundled()) == ("parameters.size", "rate", "size")
    assert parameter_names(Carrier()) == ("weight",)
    assert [full_name(Bundled(), key) for key in ("rate", "size", "parameters.rate")] == [
        "parameters.rate",
        "size",
        "parameters.rate",
    ]
    changed = with_parameters(Bundled(), {"rate": "0.25", "size": 3, "parameters.size": 4})
    assert changed == Bundled(Inner(4, 0.25), 3)
    assert parameter_value(changed, "rate") == 0.25
    assert with_parameters(Carrier(), {"weight": "2"}).policy.weight == 2.0


@pytest.mark.parametrize(
    ("method", "key", "remedy"),
    [
        (Carrier(), "wieght", "did you mean 'weight'?"),
        (Carrier(), "parameters.weight", "did you mean 'weight'?"),
        (Bundled(), "parameters.rat", "did you mean 'rate'?"),
        (Bundled(), "parameters.parameters.rate", "did you mean 'rate'?"),
        (Method(), "rate", "did you mean 'inner.rate'?"),
        (Method(), "siez", "did you mean 'inner.size'"),
    ],
)
def test_a_parameter_in_the_wrong_place_is_found(method, key, remedy) -> None:
    with pytest.raises(UnknownNameError) as caught:
        with_parameters(method, {key: "1"})
    assert caught.value.what == f"unknown parameter {key!r}"
    assert remedy in (caught.value.remedy or "")


def test_a_method_without_parameters_says_so() -> None:
    class Bare:
        name, features = "bare", frozenset()

    with pytest.raises(UnknownNameError) as caught:
        with_parameters(Bare(), {"x": 1})
    assert caught.value.remedy == "bare has no parameters; leave it away"
