"""``--timeout``: an upper limit for a whole command."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator

from schedcore.cli.session import Outcome, Session
from schedcore.errors import TimeOutError

# A solver deep in compiled code cannot be interrupted; after this long it is not waited for.
GRACE_S = 5.0


class TimedOut(BaseException):
    """The time-out, on its way up; no ``except Exception`` in between may take it for a failure of its own."""

    def __init__(self, error: TimeOutError) -> None:
        super().__init__(error)
        self.error = error


@contextlib.contextmanager
def time_limit(session: Session) -> Iterator[None]:
    """Enforce ``--timeout`` over the block.

    An alarm raises :class:`TimedOut` where Python runs.  If compiled code holds the main thread, a
    second clock ends the process a little later; results are written atomically, so nothing half
    written remains.
    """
    limit_s = session.timeout_s
    if limit_s is None:
        yield
        return
    error = TimeOutError(
        f"the command ran past its time-out of {limit_s:g} s", where="--timeout", remedy="allow more time"
    )

    def on_alarm(number: int, frame: object) -> None:
        raise TimedOut(error)

    def give_up() -> None:
        from schedcore.io.atomic import remove_temporary_files

        remove_temporary_files()
        with contextlib.suppress(BaseException):
            session.finish(Outcome({}, error=error))
        os._exit(error.exit_code)

    watchdog = threading.Timer(limit_s + GRACE_S, give_up)
    watchdog.daemon = True
    on_main = threading.current_thread() is threading.main_thread() and hasattr(signal, "SIGALRM")
    previous = signal.signal(signal.SIGALRM, on_alarm) if on_main else None
    if on_main:
        signal.setitimer(signal.ITIMER_REAL, limit_s)
    watchdog.start()
    try:
        yield
    finally:
        watchdog.cancel()
        if on_main:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, previous)
