"""Pages of KV memory on the accelerator: a free list, and pages kept for reuse under the key of their content."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence

from schedcore.errors import InputError


class PagePool:
    """Fixed number of pages, handed out by id.

    A page is free, held, or *published*: its content can be found under a key and shared by several holders.  A
    published page without holders is idle; idle pages are given away, the one idle longest first, when no page is free.
    """

    def __init__(self, num_pages: int) -> None:
        if num_pages < 1:
            raise InputError(f"{num_pages} pages", where="page pool", remedy="use at least 1 page")
        self.num_pages = num_pages
        self.free: list[int] = list(range(num_pages - 1, -1, -1))
        self._page_of: dict[Hashable, int] = {}
        self._key_of: dict[int, Hashable] = {}
        self._holders: dict[int, int] = {}
        self._idle: OrderedDict[int, None] = OrderedDict()

    @property
    def available(self) -> int:
        """Pages that :meth:`take` can hand out."""
        return len(self.free) + len(self._idle)

    @property
    def used(self) -> int:
        """Pages that somebody holds."""
        return self.num_pages - len(self.free) - len(self._idle)

    def take(self, count: int) -> list[int]:
        """``count`` pages for one holder.  The caller has made sure that so many are available."""
        if count == 0:
            return []
        free = self.free
        while len(free) < count:
            page, _ = self._idle.popitem(last=False)
            del self._page_of[self._key_of.pop(page)]
            del self._holders[page]
            free.append(page)
        taken = free[-count:]
        del free[-count:]
        return taken

    def release(self, pages: Sequence[int]) -> None:
        """One holder gives ``pages`` back, in the order of its text; the end of a text is given away first."""
        if not self._key_of:
            self.free.extend(pages)
            return
        for page in reversed(pages):
            if page not in self._key_of:
                self.free.append(page)
                continue
            self._holders[page] -= 1
            if not self._holders[page]:
                self._idle[page] = None

    def publish(self, key: Hashable, page: int) -> None:
        """Let others find ``page``, which its holder keeps, under ``key``; nothing happens if the key is taken."""
        if key not in self._page_of and page not in self._key_of:
            self._page_of[key] = page
            self._key_of[page] = key
            self._holders[page] = 1

    def find(self, key: Hashable) -> int | None:
        """The page with the content ``key``."""
        return self._page_of.get(key)

    def share(self, page: int) -> None:
        """One more holder of a published page."""
        self._holders[page] += 1
        self._idle.pop(page, None)
