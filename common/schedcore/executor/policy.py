"""The protocol of a policy: something that decides what starts when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from schedcore.model import Problem

if TYPE_CHECKING:
    from schedcore.executor.decision import Decision
    from schedcore.executor.state import State


@runtime_checkable
class Policy(Protocol):
    """Decides on an :class:`~schedcore.executor.Executor`.

    A policy declares the model features that it understands; :func:`~schedcore.executor.execute`
    refuses problems with others by name.
    """

    name: str
    features: frozenset[str]

    def reset(self, problem: Problem, seed: int) -> None:
        """Prepare for a run on ``problem``; all randomness of the run derives from ``seed``."""
        ...

    def decide(self, state: State) -> Decision:
        """The next decision.  Called again at the same tick after a start, until it waits."""
        ...
