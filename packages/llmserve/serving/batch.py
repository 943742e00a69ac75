"""One iteration: which tokens of which requests it computes, and what is moved for it."""

from __future__ import annotations

from typing import NamedTuple

from llmserve.serving.request import Sequence


class Chunk(NamedTuple):
    """Consecutive prompt tokens of one request."""

    sequence: Sequence
    start: int
    """Position of the first token, and how many tokens come before it."""
    length: int
    last: bool
    """Whether the prompt ends here, so that the first token of the answer comes out."""


class Batch:
    """What one iteration does.  Decode requests come first, then the chunks in order.

    ``decode_context`` is the number of tokens attended, summed over the decode requests (each attends to all its
    tokens, the new one included); ``prefill_context`` the same over the prompt tokens (causal).
    """

    __slots__ = (
        "chunks",
        "decode_context",
        "decode_step",
        "disk_pages_in",
        "host_pages_in",
        "index",
        "joined",
        "num_decode",
        "pages_used",
        "preempted",
        "prefill_context",
        "prefill_tokens",
        "swap_pages_in",
        "swap_pages_out",
    )

    def __init__(self, index: int) -> None:
        self.index = index
        self.decode_step = -1
        """Number of the decode step; -1 where nothing decodes."""
        self.num_decode = 0
        self.decode_context = 0
        self.chunks: list[Chunk] = []
        self.prefill_tokens = 0
        self.prefill_context = 0
        self.joined: list[Sequence] = []
        """Sequences that decode from this iteration (or the next one that decodes) on."""
        self.preempted: list[Sequence] = []
        self.swap_pages_out = 0
        """Pages moved to the host before the iteration can start."""
        self.swap_pages_in = 0
        """Pages moved back from the host while it runs; likewise the next two."""
        self.host_pages_in = 0
        self.disk_pages_in = 0
        self.pages_used = 0
        """Pages held on the accelerator while it runs."""

    @property
    def num_tokens(self) -> int:
        """Tokens that enter the dense operations."""
        return self.num_decode + self.prefill_tokens

    @property
    def empty(self) -> bool:
        """Whether there is nothing to compute and nothing to load."""
        return not (self.num_decode or self.chunks or self.swap_pages_in or self.host_pages_in or self.disk_pages_in)

    def __repr__(self) -> str:
        return f"Batch({self.index}: {self.num_decode} decode, {self.prefill_tokens} prefill)"
