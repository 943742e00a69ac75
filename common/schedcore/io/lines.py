"""Numbers in text files: the common part of all parsers, with the line of every fault."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NoReturn

from schedcore.errors import FormatError
from schedcore.model import MAX_TICK

_WHOLE = re.compile(r"[+-]?[0-9]+")
_MAX_DIGITS = 40


def fail(source: str, line: int, what: str, remedy: str) -> NoReturn:
    """Raise a :class:`FormatError` for ``line`` (from 1) of ``source``."""
    raise FormatError(what, where=f"{source}:{line}", remedy=remedy)


def data_lines(text: str) -> list[tuple[int, str]]:
    """Number (from 1) and content of the lines that are neither empty nor comments (``#`` to the line's end)."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        content = line.partition("#")[0].strip() if "#" in line else line.strip()
        if content:
            found.append((number, content))
    return found


def whole_numbers(content: str, source: str, line: int) -> list[int]:
    """The whole numbers on one line.

    Raises
    ------
    FormatError
        If something else stands there, or a number too large for any duration or count.
    """
    tokens = content.split()
    try:
        # int() also takes underscores and foreign digits, which no format has.
        if "_" not in content and content.isascii():
            numbers = [int(token) for token in tokens]
            if max(numbers, default=0) <= MAX_TICK and min(numbers, default=0) >= -MAX_TICK:
                return numbers
    except ValueError:
        pass
    return [_whole(token, source, line) for token in tokens]


def _whole(token: str, source: str, line: int) -> int:
    shown = repr(token if len(token) <= _MAX_DIGITS else token[: _MAX_DIGITS - 3] + "...")
    if not _WHOLE.fullmatch(token):
        fail(source, line, f"{shown} is not a whole number", "the format has whole numbers only")
    if len(token) > _MAX_DIGITS or abs(int(token)) > MAX_TICK:
        fail(source, line, f"{shown} is too large", f"numbers go up to {MAX_TICK}; use a coarser unit")
    return int(token)


def check_count(value: int, name: str, source: str, line: int) -> None:
    """Refuse a number of jobs, machines or the like below 1."""
    if value < 1:
        fail(source, line, f"{value} {name}", f"the number of {name} is 1 or more")


def check_duration(value: int, name: str, source: str, line: int) -> None:
    """Refuse a negative duration of ``name``."""
    if value < 0:
        fail(source, line, f"duration {value} of {name} is negative", "durations are 0 or more")


class NumberStream:
    """The numbers of a text one after the other, for formats in which line breaks mean nothing."""

    def __init__(self, text: str, source: str) -> None:
        self.source = source
        self.line = 1
        """Line of the number that was read last."""
        self._numbers = self._all(text)

    def _all(self, text: str) -> Iterator[tuple[int, int]]:
        for line, content in data_lines(text):
            for number in whole_numbers(content, self.source, line):
                yield line, number

    def next(self, what: str) -> int:
        """The next number, which is ``what`` (for the message if there is none)."""
        try:
            self.line, number = next(self._numbers)
        except StopIteration:
            self.fail(f"the file ends where {what} is expected", "the file is cut off, or a count in it is wrong")
        return number

    def end(self) -> None:
        """Refuse numbers that are left over."""
        for line, number in self._numbers:
            fail(self.source, line, f"{number} is left over after the last entry", "a count in the file is wrong")

    def fail(self, what: str, remedy: str) -> NoReturn:
        """Raise the error for the number that was read last."""
        fail(self.source, self.line, what, remedy)
