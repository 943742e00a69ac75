"""Values set on copies of a composition."""

from __future__ import annotations

import pytest
from omegaconf import OmegaConf

from schedcore.errors import InputError
from schedcore.experiments.points import PointMaker, _references, look_up, overlap


def maker(**plain) -> PointMaker:
    return PointMaker(OmegaConf.create(plain))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("plain", ()),
        ("${a}", ("a", "x.y")),
        ("${a.b} and ${ c }", ("a.b", "c", "x.y")),
        ("${oc.env:HOME}", ("x.y",)),
        ("${oc.env:HOME,${a}}", ("a", "x.y")),
        ("${oc.decode:${oc.env:HOME}}", ("x.y",)),
        ("${a.${b}}", None),
        ("${.a}", None),
        ("${oc.select:a}", None),
        ("${a[0]}", None),
    ],
)
def test_what_interpolations_read(text, read) -> None:
    assert _references({"x": {"y": text}}) == read


def test_points_share_what_they_do_not_change() -> None:
    made = maker(a={"b": 1}, c={"d": [1, 2]})
    one, two = made.make([("a.b", 2)]), made.make([("a.b", 3), ("c.d.1", 5)])
    assert (one, two) == ({"a": {"b": 2}, "c": {"d": [1, 2]}}, {"a": {"b": 3}, "c": {"d": [1, 5]}})
    assert one["c"] is made.make([])["c"]


def test_interpolations_follow_what_they_read() -> None:
    made = maker(a=1, b="${a}", c="${b}${b}", d={"e": "${d.f}", "f": 2})
    assert made.make([("a", 7)]) == {"a": 7, "b": 7, "c": "77", "d": {"e": 2, "f": 2}}
    assert made.make([("b", 5)])["c"] == "55"
    assert made.make([("d", {"f": 3})])["d"] == {"e": 3, "f": 3}
    assert made.make([("d.e", "${a}")])["d"] == {"e": 1, "f": 2}
    assert made.make([("d.g.h", 1)])["d"] == {"e": 2, "f": 2, "g": {"h": 1}}


def test_environment_is_read_once_for_many_points(monkeypatch) -> None:
    monkeypatch.setenv("MINE", "x")
    made = maker(a="${oc.env:MINE}", b=0)
    assert [made.make([("b", i)])["b"] for i in range(50)] == list(range(50))
    assert len(made._resolved) == 1


def test_what_cannot_be_resolved() -> None:
    with pytest.raises(InputError, match="nothing"):
        maker(a="${nothing}").make([])
    with pytest.raises(InputError, match="no such place in a list"):
        maker(a=[1]).make([("a.4", 1)])
    with pytest.raises(InputError, match="no such place in a list"):
        maker(a=[1]).make([("a.x", 1)])


def test_values_for_all_configurations_to_come() -> None:
    made = maker(a={"b": 1}, c="${a.b}").with_values([("a.b", 2), ("d", None)])
    assert made.make([]) == {"a": {"b": 2}, "c": 2, "d": None}
    assert made.raw("c") == "${a.b}"
    assert maker(a="???", b={"c": "???"}).missing == ("a", "b.c")


def test_keys() -> None:
    assert overlap("a", "a.b")
    assert overlap("a.b", "a")
    assert overlap("a", "a")
    assert not overlap("a.b", "a.bc")
    data = {"a": [{"b": 1}]}
    assert (look_up(data, "a.0.b"), look_up(data, "a.1.b"), look_up(data, "a.b"), look_up(data, "x")) == (
        1,
        None,
        None,
        None,
    )
