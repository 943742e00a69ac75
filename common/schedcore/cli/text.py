"""Plain text for people: aligned tables and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def number(value: Any) -> str:
    """A figure for a table: integers whole, others with four significant digits, nothing as ``-``."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        return f"{value:.4g}" if abs(value) < 1e4 else f"{value:.1f}"
    return str(value)


def counted(count: int, nouns: str) -> str:
    """A count with its noun, which is given in the plural: ``1 task``, ``3 tasks``."""
    return f"{count} {nouns.removesuffix('s') if count == 1 else nouns}"


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Rows under a header; a column of figures is aligned to the right."""
    cells = [[number(value) for value in row] for row in rows]
    widths = [max([len(title), *(len(row[i]) for row in cells)]) for i, title in enumerate(header)]
    right = [
        bool(rows) and all(value is None or isinstance(value, (int, float)) for value in (row[i] for row in rows))
        for i in range(len(header))
    ]

    def line(values: Sequence[str]) -> str:
        parts = (v.rjust(w) if r else v.ljust(w) for v, w, r in zip(values, widths, right, strict=True))
        return "  ".join(parts).rstrip()

    return "\n".join([line(list(header)), "  ".join("-" * w for w in widths), *(line(row) for row in cells)])


def aligned(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Ready texts under a header: the first column to the left, the others to the right."""
    widths = [max(len(line[i]) for line in (header, *rows)) for i in range(len(header))]
    lines = [header, ["-" * width for width in widths], *rows]
    return "\n".join(
        "  ".join(cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths))).rstrip()
        for line in lines
    )
