"""Tables and the override grammar."""

from __future__ import annotations

import pytest

from schedcore.cli.options import Overrides
from schedcore.cli.text import number, table
from schedcore.errors import InputError


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (True, "yes"), (3, "3"), (2.0, "2"), (0.12345, "0.1235"), (12345.678, "12345.7"), ("a", "a")],
)
def test_numbers_are_short(value, text) -> None:
    assert number(value) == text


def test_columns_line_up_and_figures_stand_right() -> None:
    assert table(("name", "x"), [("a", 1), ("bcdef", 22)]) == "name    x\n-----  --\na       1\nbcdef  22"


def test_table_without_rows_has_its_header() -> None:
    assert table(("name",), []) == "name\n----"


def test_plain_overrides() -> None:
    assert Overrides(("a=1", "b.c=x=y")).plain(("a", "b.c"), where="t") == {"a": "1", "b.c": "x=y"}
    assert Overrides(("a=1",)).as_dict() == {"a": "1"}


@pytest.mark.parametrize("word", ["+a=1", "++a=1", "~a"])
def test_plain_overrides_cannot_add_or_delete(word) -> None:
    with pytest.raises(InputError, match="is not of the form key=value"):
        Overrides((word,)).plain(("a",), where="t")


def test_unknown_key_is_suggested() -> None:
    with pytest.raises(InputError, match="unknown key 'sice'.*did you mean 'size'"):
        Overrides(("sice=1",)).plain(("size",), where="t")
    with pytest.raises(InputError, match="this takes no key=value words"):
        Overrides(("sice=1",)).plain((), where="t")
