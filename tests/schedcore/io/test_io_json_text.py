"""Strict JSON in, stable JSON out."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.refusals import refusal

from schedcore.errors import FormatError
from schedcore.io.json_text import json_text, parse_json

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), values))
def test_text_and_data_are_the_same(data: dict[str, object]) -> None:
    text = json_text(data)
    assert parse_json(text) == data
    assert json_text(parse_json(text)) == text
    assert json_text(dict(reversed(data.items()))) == text
    assert text.isascii()
    assert text.endswith("\n")


def test_the_layout_by_hand() -> None:
    data = {"b": [[1, 2], {"y": 1, "x": []}], "a": {"list": [1, 2], "deep": {"er": 1}}, "c": []}
    assert json_text(data) == (
        '{\n"a": {\n"deep": {"er":1},\n"list": [1,2]\n},\n"b": [\n[1,2],\n{"x":[],"y":1}\n],\n"c": []\n}\n'
    )


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_numbers_that_json_lacks_are_not_written(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_text({"a": value})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": NaN}', "f: NaN is no JSON (write a finite number, or leave the key out)"),
        ('{"a": -Infinity}', "f: -Infinity is no JSON (write a finite number, or leave the key out)"),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "f: key 'c' occurs twice in an object (keep one of them)"),
        ('{"a": 1,\n"b": 2', "f:2: the JSON text ends too early (the file is cut off)"),
        ('{"a": [1,\n\n', "f:3: the JSON text ends too early (the file is cut off)"),
        ('{"a": 1,\n "b" 2}', "f:2: not valid JSON: Expecting ':' delimiter (column 6) (correct the text there)"),
        ("{'a': 1}", None),
        ('{"a": 1} x', "f:1: not valid JSON: Extra data (column 10) (correct the text there)"),
        ("[" * 100_000, "f: the JSON text is nested too deeply (check how it was made)"),
        ('{"a": ' + "9" * 5000 + "}", "f: a number has thousands of digits (check how it was made)"),
    ],
)
def test_what_is_no_json_is_refused(text: str, message: str | None) -> None:
    found = refusal(lambda: parse_json(text, "f"), FormatError)
    # The wording of the standard library differs between versions of Python where no message is given.
    assert found == message if message is not None else found.startswith("f:1: not valid JSON: ")


def test_a_key_that_occurs_twice_is_what_the_standard_library_lets_pass() -> None:
    assert json.loads('{"a": 1, "a": 2}') == {"a": 2}
