"""Progress on stderr: a bar on a terminal, lines for ``--verbose``, otherwise nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from schedcore.cli.session import Session

Report = Callable[[int, int, str], None]


@contextlib.contextmanager
def progress(session: Session) -> Iterator[Report]:
    """A function ``report(done, total, label)`` to call while work goes on.

    With ``--jsonl`` every call is also an event of the stream.
    """
    draw = session.err_is_terminal and not session.quiet

    def plain(done: int, total: int, label: str) -> None:
        session.event("progress", {"done": done, "total": total, "label": label})
        session.detail(f"[{done}/{total}] {label}")

    if not draw:
        yield plain
        return

    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(file=session.err, no_color=not session.colours(session.err))
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def drawn(done: int, total: int, label: str) -> None:
            session.event("progress", {"done": done, "total": total, "label": label})
            bar.update(task, completed=done, total=total, description=label)

        yield drawn
