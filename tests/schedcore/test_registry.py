"""Finding domains and outside methods by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.toy import install_toy

from schedcore import registry
from schedcore.errors import InputError, UnknownNameError
from schedcore.registry import (
    DOMAINS,
    Domain,
    domain_names,
    get_domain,
    is_reference,
    load_reference,
    load_registered,
    registered_names,
)


def test_domain_is_found_and_loads(toy_domain: Path) -> None:
    assert "toy" in domain_names()
    toy = get_domain("toy")
    assert isinstance(toy, Domain)
    assert toy.load("one", ()).upper_bound == 2


def test_unknown_domain_is_suggested(toy_domain: Path) -> None:
    with pytest.raises(UnknownNameError, match="unknown domain 'toyy'.*did you mean 'toy'"):
        get_domain("toyy")


def test_entry_point_that_is_no_domain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(install_toy(tmp_path / "site", entry="toy_sched:Dummy")))
    registry._entry_points.cache_clear()
    try:
        with pytest.raises(InputError, match="domain 'toy' is a type, not a schedcore.registry.Domain"):
            get_domain("toy")
    finally:
        registry._entry_points.cache_clear()


def test_two_packages_with_one_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in "12":
        folder = tmp_path / number / f"p{number}-1.0.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: p{number}\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_text(f"[sched.domains]\ntoy = toy{number}:domain\n")
        monkeypatch.syspath_prepend(str(folder.parent))
    registry._entry_points.cache_clear()
    try:
        with pytest.raises(InputError, match=r"two packages register 'toy': toy\d:domain and toy\d:domain"):
            registered_names(DOMAINS)
    finally:
        registry._entry_points.cache_clear()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a:B", True),
        ("a.b:C.d", True),
        ("cpsat", False),
        ("a.b", False),
        (":B", False),
        ("a:", False),
        ("a b:C", False),
        ("C:\\x", False),
    ],
)
def test_form_of_a_reference(text: str, expected: bool) -> None:
    assert is_reference(text) is expected


def test_reference_loads_nested_names() -> None:
    import collections

    assert load_reference("collections:OrderedDict.fromkeys") == collections.OrderedDict.fromkeys


def test_reference_of_another_form_is_refused() -> None:
    with pytest.raises(InputError, match="'cpsat' is not of the form package.module:Name"):
        load_reference("cpsat")


def test_missing_module_is_told_from_a_module_that_misses_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "needs_more.py").write_text("import surely_not_here\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UnknownNameError, match="no module named 'nowhere'"):
        load_reference("nowhere.rules:Fifo")
    with pytest.raises(InputError, match="module 'needs_more' needs 'surely_not_here', which is not installed"):
        load_reference("needs_more:Rule")


def test_module_that_fails_is_named_with_its_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "divides.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(InputError, match="module 'divides' fails while it is imported: ZeroDivisionError"):
        load_reference("divides:Rule")


def test_missing_name_is_suggested() -> None:
    with pytest.raises(
        UnknownNameError, match="'collections' has no attribute 'OrderedDic'.*did you mean 'OrderedDict'"
    ):
        load_reference("collections:OrderedDic")


def test_unknown_registered_name_is_suggested(toy_domain: Path) -> None:
    with pytest.raises(UnknownNameError, match="unknown domain 'toz'"):
        load_registered(DOMAINS, "toz")
    with pytest.raises(UnknownNameError, match="unknown solver 'x'"):
        load_registered(registry.SOLVERS, "x")
