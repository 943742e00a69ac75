"""Why a start is not legal."""

from __future__ import annotations

from typing import NamedTuple


class Objection(NamedTuple):
    """A rule that a start would break: the violation code, and the reason in words."""

    code: str
    words: str
    lag: int | None = None
    """Number of the lag for ``LAG_MIN`` and ``LAG_MAX`` (``-1 - task`` for the duration of a hold)."""
    resource: int | None = None
