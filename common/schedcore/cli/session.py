"""One invocation of the command: its settings, its warnings, and what it prints at the end."""

from __future__ import annotations

import enum
import json
import math
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from schedcore.errors import SchedError

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a verb hands back: data for ``--json``, text for people, and the exit code.

    An ``error`` marks an outcome that is no success but has data all the same (the violations of a
    schedule, the rows of a bench of which some are out of tolerance); its exit code is used.
    """

    data: Mapping[str, Any]
    text: str = ""
    error: SchedError | None = None

    @property
    def exit_code(self) -> int:
        """The exit code of the command."""
        return 0 if self.error is None else self.error.exit_code


class Finished(Exception):
    """Raised by eager options (``--help``, ``--version``) to end parsing with an outcome."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__("finished")
        self.outcome = outcome


@dataclass(slots=True)
class Session:
    """Settings and streams of one invocation; verbs get it as their first argument.

    ``out`` is where data goes: nothing else may write there.  ``err`` gets progress, warnings and
    errors.
    """

    out: IO[str]
    err: IO[str]
    json: bool = False
    jsonl: bool = False
    quiet: bool = False
    verbosity: int = 0
    color: str = "auto"
    debug: bool = False
    timeout_s: float | None = None
    command: str = "sched"
    started: float = field(default_factory=time.perf_counter)
    warnings: list[str] = field(default_factory=list)

    # ---- while the verb works --------------------------------------------------------------------

    def warn(self, message: str) -> None:
        """Tell the user something that is no error: on stderr at once, and in the JSON output."""
        self.warnings.append(message)
        if not self.quiet:
            self._err_line(self.style("warning", "yellow") + f": {message}")

    def note(self, message: str) -> None:
        """A line about progress on stderr; silent with ``--quiet``."""
        if not self.quiet:
            self._err_line(message)

    def detail(self, message: str) -> None:
        """A line that only ``--verbose`` shows, on stderr."""
        if self.verbosity and not self.quiet:
            self._err_line(message)

    def event(self, kind: str, data: Mapping[str, Any]) -> None:
        """One line of the ``--jsonl`` stream; nothing without that option."""
        if self.jsonl:
            self._out(json_text({"event": kind, "elapsed_s": self.elapsed_s(), **data}) + "\n")

    def elapsed_s(self) -> float:
        """Seconds since the command began, to the millisecond."""
        return round(time.perf_counter() - self.started, 3)

    @property
    def machine_readable(self) -> bool:
        """Whether stdout is for programs."""
        return self.json or self.jsonl

    @property
    def err_is_terminal(self) -> bool:
        """Whether progress may be drawn in place on stderr."""
        return self.err.isatty() and os.environ.get("TERM") != "dumb"

    def style(self, text: str, colour: str) -> str:
        """``text`` in a colour if stderr takes colours."""
        if self.colours(self.err):
            import click

            return click.style(text, fg=colour, bold=True)
        return text

    def colours(self, stream: IO[str]) -> bool:
        """Whether to colour output to ``stream``: ``--color`` wins over ``NO_COLOR`` and the terminal."""
        if self.color != "auto":
            return self.color == "always"
        return not os.environ.get("NO_COLOR") and stream.isatty() and os.environ.get("TERM") != "dumb"

    # ---- at the end ------------------------------------------------------------------------------

    def finish(self, outcome: Outcome) -> int:
        """Print the outcome in the chosen form; the exit code of the command."""
        if self.machine_readable:
            envelope: dict[str, Any] = {
                "schema": SCHEMA,
                "command": self.command,
                "status": "ok" if outcome.error is None else "error",
                "data": dict(outcome.data),
                "warnings": list(self.warnings),
                "elapsed_s": self.elapsed_s(),
            }
            if outcome.error is not None:
                envelope["data"]["error"] = {**outcome.error.as_dict(), "exit_code": outcome.exit_code}
            if self.jsonl:
                envelope = {"event": "result", **envelope}
                self._out(json_text(envelope) + "\n")
            else:
                self._out(json_text(envelope, indent=2) + "\n")
        elif outcome.text:
            self._out(outcome.text if outcome.text.endswith("\n") else outcome.text + "\n")
        if outcome.error is not None:
            self.print_error(outcome.error)
        return outcome.exit_code

    def print_error(self, error: SchedError) -> None:
        """What, where, and what to do, on stderr."""
        self._err_line(self.style("error", "red") + f": {error.what}")
        if error.where is not None:
            self._err_line(f"  where: {error.where}")
        if error.remedy is not None:
            self._err_line(f"  do:    {error.remedy}")

    def _out(self, text: str) -> None:
        self.out.write(text)
        self.out.flush()

    def _err_line(self, text: str) -> None:
        try:
            self.err.write(text + "\n")
            self.err.flush()
        except OSError:
            # Nobody reads stderr any more; the exit code still tells.
            self.err = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def json_text(value: Any, *, indent: int | None = None) -> str:
    """``value`` as JSON.  Numbers that JSON lacks (infinities, NaN) become ``null``."""
    return json.dumps(_plain(value), indent=indent, ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool)):
        return str(value) if isinstance(value, enum.Enum) else value
    if isinstance(value, enum.Enum):
        return _plain(value.value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((_plain(item) for item in value), key=str)
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "as_dict"):
        return _plain(value.as_dict())
    if hasattr(value, "tolist"):  # numpy scalars and arrays
        return _plain(value.tolist())
    raise TypeError(f"a {type(value).__name__} has no JSON form")


def standard_session() -> Session:
    """A session on the process's own streams."""
    return Session(out=sys.stdout, err=sys.stderr)
