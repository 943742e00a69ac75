"""A solve that is watched: incumbents on stderr while it runs, and signals that end it with the best schedule."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from schedcore.cli.session import Session
from schedcore.cli.signals import StopRequest

if TYPE_CHECKING:
    from schedcore.solvers.protocol import Incumbent

_REFRESH_S = 0.1
# Incumbents come by the hundred in the first second; people read a few of them.
_LINE_EVERY_S = 0.2


class Watch:
    """What happens during one solve.

    ``on_solution`` and ``stop`` are handed to the solver.  ``best`` holds the best schedule seen, also
    when the solve ends by :class:`KeyboardInterrupt`.
    """

    def __init__(self, session: Session, title: str) -> None:
        self.session = session
        self.title = title
        self.best: Incumbent | None = None
        self.count = 0
        self.stop = StopRequest()
        self._begin = time.perf_counter()
        self._last_line = -1.0
        self._skipped = 0
        self._bar: Any = None
        self._task: Any = None

    # ---- for the solver ---------------------------------------------------------------------------

    def on_solution(self, incumbent: Incumbent) -> None:
        """Remember and show an improved schedule."""
        if self.best is not None and incumbent.objective > self.best.objective:
            return
        self.best = incumbent
        self.count += 1
        self.session.event(
            "incumbent",
            {
                "objective": list(incumbent.objective),
                "bound": incumbent.bound,
                "makespan": incumbent.schedule.makespan,
                "wall_s": round(incumbent.wall_s, 4),
            },
        )
        self._line(incumbent)
        self._draw()

    # ---- around it --------------------------------------------------------------------------------

    @contextlib.contextmanager
    def running(self) -> Iterator[Watch]:
        """Handle signals and draw progress inside the block."""
        with self.stop.listening(self.session, "the best schedule so far is kept"), self._drawing():
            yield self

    @contextlib.contextmanager
    def _drawing(self) -> Iterator[None]:
        session = self.session
        if not session.err_is_terminal or session.quiet:
            yield
            return
        from rich.console import Console
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        console = Console(file=session.err, no_color=not session.colours(session.err), highlight=False)
        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True, refresh_per_second=1 / _REFRESH_S) as bar:
            self._bar, self._task = bar, bar.add_task(self.title, total=None)
            try:
                yield
            finally:
                self._bar = None

    def _draw(self) -> None:
        bar, best = self._bar, self.best
        if bar is None or best is None:
            return
        bar.update(self._task, description=f"{self.title}  best {values_text(best.objective)}{_bound_text(best)}")

    def _line(self, incumbent: Incumbent) -> None:
        if self._bar is None and not self.session.verbosity:
            return
        now = time.perf_counter() - self._begin
        if now - self._last_line < _LINE_EVERY_S and self.count > 1:
            self._skipped += 1
            return
        text = f"{incumbent.wall_s:8.2f} s  {values_text(incumbent.objective)}{_bound_text(incumbent)}"
        if self._skipped:
            text += f"  (+{self._skipped})"
        self._last_line, self._skipped = now, 0
        if self._bar is not None:
            self._bar.console.print(text, markup=False)
        else:
            self.session.detail(text)


def values_text(values: tuple[int, ...]) -> str:
    """The stages of an objective: ``55``, or ``(55, 7)``."""
    if not values:
        return "feasible"
    return str(values[0]) if len(values) == 1 else "(" + ", ".join(map(str, values)) + ")"


def _bound_text(incumbent: Incumbent) -> str:
    if incumbent.bound is None or not incumbent.objective:
        return ""
    value = incumbent.objective[0]
    gap = max(0.0, (value - incumbent.bound) / max(1, abs(value)))
    return f"  bound {incumbent.bound:g}  gap {100 * gap:.2f} %"
