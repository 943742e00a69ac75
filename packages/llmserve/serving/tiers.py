"""Pages beyond the accelerator: host memory, then disk, the least recently used moving down (NanoFlow, section 4.2)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable


class LruStore:
    """Keys of pages up to a capacity; the least recently used one is pushed out."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._keys: OrderedDict[Hashable, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._keys

    def put(self, key: Hashable) -> Hashable | None:
        """Keep ``key`` as the most recent one; the key that had to leave for it, which may be itself."""
        if not self.capacity:
            return key
        self._keys[key] = None
        self._keys.move_to_end(key)
        if len(self._keys) <= self.capacity:
            return None
        return self._keys.popitem(last=False)[0]

    def discard(self, key: Hashable) -> None:
        """Forget ``key`` if it is here."""
        self._keys.pop(key, None)


class Tiers:
    """Host memory above a disk.  A page is in one of them."""

    def __init__(self, host_pages: int, disk_pages: int) -> None:
        self.host = LruStore(host_pages)
        self.disk = LruStore(disk_pages)

    @property
    def enabled(self) -> bool:
        """Whether anything can be kept."""
        return self.host.capacity > 0 or self.disk.capacity > 0

    def put(self, key: Hashable) -> None:
        """Keep ``key`` in host memory; what leaves there goes to the disk."""
        self.disk.discard(key)
        leaving = self.host.put(key)
        if leaving is not None:
            self.disk.put(leaving)

    def find(self, key: Hashable) -> str | None:
        """``"host"``, ``"disk"`` or ``None``."""
        if key in self.host:
            return "host"
        return "disk" if key in self.disk else None
