"""Keeping the end of what a trial prints."""

from __future__ import annotations

import contextlib
import io
import sys
from collections import deque
from collections.abc import Iterator
from typing import IO

LOG_LIMIT = 64 * 1024
"""Characters of output that are kept of a trial."""


class Tail(io.TextIOBase):
    """A text stream that keeps the last :data:`LOG_LIMIT` characters and passes everything on to ``forward``."""

    def __init__(self, forward: IO[str] | None) -> None:
        self._forward = forward
        self._parts: deque[str] = deque()
        self._length = 0

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        if self._forward is None:
            raise io.UnsupportedOperation("no file behind this stream")
        return self._forward.fileno()

    def write(self, text: str) -> int:
        self._parts.append(text[-LOG_LIMIT:])
        self._length += len(self._parts[-1])
        while self._length - len(self._parts[0]) >= LOG_LIMIT:
            self._length -= len(self._parts.popleft())
        if self._forward is not None:
            # Whatever becomes of the terminal, the trial is not to blame.
            with contextlib.suppress(OSError, ValueError):
                self._forward.write(text)
        return len(text)

    def flush(self) -> None:
        if self._forward is not None:
            with contextlib.suppress(OSError, ValueError):
                self._forward.flush()

    def text(self) -> str:
        """What was kept."""
        return "".join(self._parts)[-LOG_LIMIT:]


@contextlib.contextmanager
def captured() -> Iterator[Tail]:
    """Inside the block everything that Python code prints is kept, and shows on stderr (stdout is for data)."""
    tail = Tail(sys.stderr)
    with contextlib.redirect_stdout(tail), contextlib.redirect_stderr(tail):
        yield tail
