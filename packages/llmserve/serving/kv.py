"""KV memory of one model replica: pages on the accelerator, copies in host memory and on disk, reuse between requests.

Reuse is one mechanism for shared prefixes and for the rounds of a conversation: a request's text is cut into pages,
each with a key of the text up to its end, and the longest run of leading pages that is still kept somewhere is not
computed again.  Pages found on the accelerator are shared; those found on the host or the disk are loaded into fresh
pages.
"""

from __future__ import annotations

from dataclasses import dataclass

from llmserve.serving.pages import PagePool
from llmserve.serving.request import Sequence
from llmserve.serving.tiers import Tiers
from schedcore.errors import InputError


@dataclass(frozen=True, slots=True)
class KVConfig:
    """Sizes of the KV memory, in pages of ``page_tokens`` tokens.

    Parameters
    ----------
    pages
        On the accelerators of the replica, at least 1.
    page_tokens
        Tokens per page, at least 1.
    swap_pages
        Host memory for requests that had to make room.
    host_pages, disk_pages
        Tiers that keep the pages of finished requests for later rounds; 0: none.
    reuse
        Whether finished and shared pages stay findable on the accelerator itself.
    """

    pages: int
    page_tokens: int = 16
    swap_pages: int = 0
    host_pages: int = 0
    disk_pages: int = 0
    reuse: bool = False

    def __post_init__(self) -> None:
        for field, least in (("pages", 1), ("page_tokens", 1), ("swap_pages", 0), ("host_pages", 0), ("disk_pages", 0)):
            value = getattr(self, field)
            if value < least:
                raise InputError(f"{field} is {value}", where="KV memory", remedy=f"use at least {least}")

    @classmethod
    def of_tokens(cls, tokens: int, page_tokens: int = 16, **others: int | bool) -> KVConfig:
        """Memory for ``tokens`` tokens, rounded down to pages."""
        return cls(tokens // page_tokens, page_tokens, **others)  # type: ignore[arg-type]

    def pages_for(self, tokens: int) -> int:
        """Pages that hold ``tokens`` tokens."""
        return -(-tokens // self.page_tokens)


@dataclass(frozen=True, slots=True)
class Match:
    """Leading pages of a request that need not be computed: ``shared`` on the accelerator, then those to be loaded."""

    shared: tuple[int, ...] = ()
    host: int = 0
    disk: int = 0

    @property
    def pages(self) -> int:
        """All of them."""
        return len(self.shared) + self.host + self.disk


_NO_MATCH = Match()


class KVManager:
    """Who holds which page, and what can be found again."""

    def __init__(self, config: KVConfig) -> None:
        self.config = config
        self.pool = PagePool(config.pages)
        self.tiers = Tiers(config.host_pages, config.disk_pages)
        self.swapped_pages = 0
        self._reuses = config.reuse or self.tiers.enabled

    def match(self, sequence: Sequence) -> Match:
        """The leading pages that are kept somewhere; at least one token of the text is left to compute."""
        if not self._reuses or not sequence.keys:
            return _NO_MATCH
        most = (sequence.prefill_tokens - 1) // self.config.page_tokens
        shared: list[int] = []
        host = disk = 0
        for key in sequence.keys[:most]:
            page = self.pool.find(key) if host + disk == 0 else None
            if page is not None:
                shared.append(page)
                continue
            tier = self.tiers.find(key)
            if tier == "host":
                host += 1
            elif tier == "disk":
                disk += 1
            else:
                break
        return Match(tuple(shared), host, disk)

    def attach(self, sequence: Sequence, match: Match) -> None:
        """Give ``sequence`` the pages of ``match``: shared ones, and fresh ones to be filled from the tiers."""
        for page in match.shared:
            self.pool.share(page)
        sequence.pages = [*match.shared, *self.pool.take(match.host + match.disk)]
        sequence.num_cached = match.pages * self.config.page_tokens
        for key in reversed(sequence.keys[len(match.shared) : match.pages]):
            self.tiers.put(key)

    def extend(self, sequence: Sequence, tokens: int) -> None:
        """Give ``sequence`` pages for ``tokens`` tokens in all."""
        sequence.pages += self.pool.take(self.config.pages_for(tokens) - len(sequence.pages))

    def publish_prompt(self, sequence: Sequence) -> None:
        """The prompt of ``sequence`` is computed: others may share its full pages from the next iteration on."""
        if self.config.reuse and sequence.keys:
            full = sequence.num_cached // self.config.page_tokens
            for key, page in zip(sequence.keys[:full], sequence.pages):
                self.pool.publish(key, page)

    def retire(self, sequence: Sequence, tokens: int) -> None:
        """Take the pages back from a finished ``sequence``; the full ones of its first ``tokens`` tokens are kept."""
        if self._reuses and sequence.keys:
            full = tokens // self.config.page_tokens
            keys = sequence.keys[:full]
            if self.config.reuse:
                for key, page in zip(keys, sequence.pages):
                    self.pool.publish(key, page)
            if self.tiers.enabled:
                for key in reversed(keys):  # so that the beginning of a text leaves last
                    self.tiers.put(key)
        self.drop(sequence)

    def drop(self, sequence: Sequence) -> None:
        """Take the pages back from ``sequence``."""
        self.pool.release(sequence.pages)
        sequence.pages = []

    def can_swap(self, sequence: Sequence) -> bool:
        """Whether host memory has room for the pages of ``sequence``."""
        return self.swapped_pages + self.config.pages_for(sequence.num_cached) <= self.config.swap_pages

    def swap_out(self, sequence: Sequence) -> int:
        """Move the filled pages of ``sequence`` to the host; how many there are."""
        moved = self.config.pages_for(sequence.num_cached)
        self.swapped_pages += moved
        self.drop(sequence)
        return moved

    def swap_in(self, sequence: Sequence) -> int:
        """Bring the pages of ``sequence`` back; how many there are."""
        moved = self.config.pages_for(sequence.num_cached)
        self.swapped_pages -= moved
        sequence.pages = self.pool.take(moved)
        return moved

    def forget_swapped(self, sequence: Sequence) -> None:
        """A sequence whose pages lie on the host will not come back."""
        self.swapped_pages -= self.config.pages_for(sequence.num_cached)
