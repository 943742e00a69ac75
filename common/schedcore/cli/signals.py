"""SIGINT and SIGTERM as a polite request: finish with what you have."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator

from schedcore.cli.session import Session

PATIENCE_S = 5.0
"""Work that does not look at the request is interrupted after this long."""


class StopRequest:
    """Whether a signal asked to stop.

    Inside :meth:`listening` the first signal sets ``number``; a second one, or work that goes on for too long,
    raises :class:`KeyboardInterrupt` in the main thread.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self.at = 0.0
        """When the request came, by the monotonic clock."""

    def __call__(self) -> bool:
        return self.number is not None

    @property
    def word(self) -> str:
        """``interrupted`` or ``terminated``."""
        return "terminated" if self.number == signal.SIGTERM else "interrupted"

    def older_than(self, seconds: float) -> bool:
        """Whether the request came so long ago."""
        return self.number is not None and time.monotonic() - self.at >= seconds

    @contextlib.contextmanager
    def listening(self, session: Session, promise: str, patience_s: float = PATIENCE_S) -> Iterator[None]:
        """Listen inside the block.

        Parameters
        ----------
        promise
            Tells what becomes of the work.
        patience_s
            Work that goes on for so long after the request is interrupted.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        timers: list[threading.Timer] = []

        def on_signal(number: int, frame: object) -> None:
            if self.number is not None:
                raise KeyboardInterrupt
            self.number, self.at = number, time.monotonic()
            # The terminal has echoed ^C behind the progress line.
            session.note(("\n" if session.err_is_terminal else "") + f"stopping; {promise} (again: give up at once)")
            timer = threading.Timer(patience_s, lambda: os.kill(os.getpid(), number))
            timer.daemon = True
            timer.start()
            timers.append(timer)

        previous = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for timer in timers:
                timer.cancel()
            for number, handler in previous.items():
                signal.signal(number, handler)
