"""The three sets of decisions that an environment can offer."""

from __future__ import annotations

import enum


class ActionMode(enum.StrEnum):
    """What may be decided at a decision point; ``r_j`` is the earliest start of job j's next operation.

    All three are complete in their own sense: every non-delay schedule, every semi-active and every active one can be
    reached respectively (Tassel, Gebser and Schekotihin 2023; Giffler and Thompson 1960).
    """

    NON_DELAY = "nondelay"
    """Start a job with the smallest ``r_j``."""
    NO_OP = "noop"
    """The same, or postpone all of them to the next larger ``r_j``."""
    ACTIVE = "active"
    """Start a job of the conflict set: on the machine of the operation that would complete earliest, those that could
    start before it completes."""

    @property
    def code(self) -> int:
        """The code that compiled loops use."""
        return list(ActionMode).index(self)
