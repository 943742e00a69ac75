"""SIGINT and SIGTERM as a polite request: finish with what you have."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator

from schedcore.cli.session import Session

PATIENCE_S = 5.0
"""Work that does not look at the request is interrupted after this long."""


class StopRequest:
    """Whether a signal asked to stop.

    Inside :meth:`listening` the first signal sets ``number``; a second one, or work that goes on for
    :data:`PATIENCE_S`, raises :class:`KeyboardInterrupt` in the main thread.
    """

    def __init__(self) -> None:
        self.number: int | None = None

    def __call__(self) -> bool:
        return self.number is not None

    @property
    def word(self) -> str:
        """``interrupted`` or ``terminated``."""
        return "terminated" if self.number == signal.SIGTERM else "interrupted"

    @contextlib.contextmanager
    def listening(self, session: Session, promise: str) -> Iterator[None]:
        """Listen inside the block; ``promise`` tells what becomes of the work."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        timers: list[threading.Timer] = []

        def on_signal(number: int, frame: object) -> None:
            if self.number is not None:
                raise KeyboardInterrupt
            self.number = number
            # The terminal has echoed ^C behind the progress line.
            session.note(("\n" if session.err_is_terminal else "") + f"stopping; {promise} (again: give up at once)")
            timer = threading.Timer(PATIENCE_S, lambda: os.kill(os.getpid(), number))
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
