"""A request as the scheduler sees it, and where it stands."""

from __future__ import annotations

import enum
from collections.abc import Hashable
from dataclasses import dataclass

from schedcore.errors import InputError


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks for.

    Parameters
    ----------
    id
        Unique among the requests that a scheduler holds.
    prompt_tokens
        Length of the prompt, at least 1.
    max_output_tokens
        Tokens after which the answer ends whatever the model says, at least 1; ``None``: only the model ends it.  The
        scheduler knows this limit beforehand, so reaching it wastes no token under asynchronous scheduling.
    page_keys
        Keys of the content of the pages of prompt and answer, first page first; equal keys mean equal tokens from the
        beginning of the text to the end of the page.  Empty: nothing is reused.
    """

    id: int
    prompt_tokens: int
    max_output_tokens: int | None = None
    page_keys: tuple[Hashable, ...] = ()

    def __post_init__(self) -> None:
        if self.prompt_tokens < 1:
            raise InputError(
                f"a prompt of {self.prompt_tokens} tokens", where=f"request {self.id}", remedy="use at least 1 token"
            )
        if self.max_output_tokens is not None and self.max_output_tokens < 1:
            raise InputError(
                f"an answer of at most {self.max_output_tokens} tokens",
                where=f"request {self.id}",
                remedy="use at least 1 token, or None",
            )


class State(enum.Enum):
    """Where a request stands."""

    WAITING = "waiting"  # in the queue; holds no pages
    LOADING = "loading"  # its pages are being filled from the host or the disk during the running iteration
    PREFILLING = "prefilling"  # admitted, its prompt is not done
    PENDING = "pending"  # the last part of its prompt is in the newest iteration; decodes from the next on
    DECODING = "decoding"
    DRAINING = "draining"  # has all its tokens in iterations that are not complete yet
    SWAPPED = "swapped"  # its pages lie in host memory
    FINISHED = "finished"


class Sequence:
    """A request inside the scheduler: tokens, pages, state.  Read by others, changed by the scheduler alone.

    While it decodes, ``num_cached`` and ``num_emitted`` stand still; they are brought up to date when it stops, because
    all decoding sequences advance together and the scheduler counts their steps once for all.
    """

    __slots__ = (
        "base_step",
        "keys",
        "limit_step",
        "num_cached",
        "num_emitted",
        "order",
        "pages",
        "prefill_tokens",
        "request",
        "state",
    )

    def __init__(self, request: Request, order: int) -> None:
        self.request = request
        self.order = order
        """Number in the order of arrival; a smaller one comes first."""
        self.state = State.WAITING
        self.pages: list[int] = []
        """Ids of its pages, in the order of the text."""
        self.keys: list[Hashable] = list(request.page_keys)
        """Keys of the content of its pages; whoever knows the answer may append to them before it is finished."""
        self.prefill_tokens = request.prompt_tokens
        """Tokens to be prefilled: the prompt, after a recomputing preemption also what had been generated."""
        self.num_cached = 0
        """Tokens whose keys and values are in the pages, those of iterations under way included."""
        self.num_emitted = 0
        """Tokens of the answer, those of iterations under way included."""
        self.base_step = 0
        """The decode step in which it decodes first, since it (last) began to decode."""
        self.limit_step = -1

    @property
    def id(self) -> int:
        """Id of the request."""
        return self.request.id

    def __repr__(self) -> str:
        return f"Sequence(id={self.id}, {self.state.value}, cached={self.num_cached}, emitted={self.num_emitted})"
