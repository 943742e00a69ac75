"""The one way to test an error message: all three parts of it, word for word."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from schedcore.errors import ModelError, SchedError


def refusal(call: Callable[[], object], kind: type[SchedError] = ModelError) -> str:
    """Text of the error that ``call`` raises; its kind, place and remedy must be there."""
    with pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind
    assert caught.value.where
    assert caught.value.remedy
    return str(caught.value)
