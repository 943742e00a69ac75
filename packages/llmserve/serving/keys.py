"""Keys of the content of pages, from the tokens themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b

import numpy as np


class PageKeys:
    """Keys of the full pages of a text that grows.

    A key is a hash of all tokens up to the end of its page, so equal keys mean equal beginnings (128 bits: two
    different texts among 10^12 pages share one with probability 10^-15).

    Parameters
    ----------
    page_tokens
        Tokens per page.
    salt
        What else must be equal, such as the model or the tenant.
    """

    def __init__(self, page_tokens: int, salt: bytes = b"") -> None:
        self.page_tokens = page_tokens
        self.keys: list[bytes] = []
        """Keys of the pages that are full, first page first."""
        self._hash = blake2b(salt, digest_size=16)
        self._rest: list[int] = []

    def extend(self, tokens: Iterable[int]) -> None:
        """Append ``tokens`` to the text."""
        self._rest.extend(tokens)
        while len(self._rest) >= self.page_tokens:
            page = np.array(self._rest[: self.page_tokens], dtype="<i8")
            del self._rest[: self.page_tokens]
            self._hash.update(page.tobytes())
            self.keys.append(self._hash.digest())


def page_keys(tokens: Sequence[int], page_tokens: int, salt: bytes = b"") -> tuple[bytes, ...]:
    """Keys of the full pages of ``tokens``."""
    keys = PageKeys(page_tokens, salt)
    keys.extend(tokens)
    return tuple(keys.keys)
