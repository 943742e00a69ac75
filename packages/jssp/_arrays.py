"""Small helpers for frozen integer arrays in compressed row form."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from schedcore.errors import ModelError

IntArray = npt.NDArray[np.int64]

MAX_TICKS = 2**42
"""Largest duration and largest sum of durations, as in the core model."""


def frozen(values: npt.ArrayLike) -> IntArray:
    """A read-only int64 copy of ``values``."""
    array = np.array(values, dtype=np.int64)
    array.flags.writeable = False
    return array


def integers(values: Iterable[Any], where: str) -> IntArray:
    """``values`` as a read-only int64 array of one axis; ``where`` names the field in errors.

    Raises
    ------
    ModelError
        A value is not a whole number (floats are refused even when integral: a silent cast hides mistakes), or is
        beyond ±2^42.
    """
    items = values.tolist() if isinstance(values, np.ndarray) else list(values)
    for position, value in enumerate(items):
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise ModelError(f"{value!r} is not an integer", where=f"{where}[{position}]", remedy="use whole numbers")
        if not -MAX_TICKS <= value <= MAX_TICKS:
            raise ModelError(f"{value} is beyond 2^42", where=f"{where}[{position}]", remedy="use a coarser time unit")
    return frozen(items)


def offsets_of(rows: Any) -> IntArray:
    """Start of each row in the concatenation of ``rows`` (a sequence of sequences), and its total length."""
    return frozen(np.concatenate(([0], np.cumsum([len(row) for row in rows], dtype=np.int64))))


def row_integers(rows: Any, where: str) -> IntArray:
    """The concatenation of ``rows`` (an array of two axes, or nested sequences) through :func:`integers`."""
    if isinstance(rows, np.ndarray) and rows.ndim == 2 and np.issubdtype(rows.dtype, np.integer):
        flat = rows.ravel()
        if flat.min(initial=0) >= -MAX_TICKS and flat.max(initial=0) <= MAX_TICKS:
            return frozen(flat)
    return integers(flatten(rows), where)


def flatten(rows: Iterable[Iterable[Any]]) -> list[Any]:
    """The concatenation of ``rows``."""
    return list(chain.from_iterable(rows))


def checked_durations(durations: IntArray, where: str) -> None:
    """Refuse negative durations and a sum beyond 2^42, where sums would lose exactness in the core model."""
    if durations.size and int(durations.min()) < 0:
        position = int(np.argmax(durations < 0))
        raise ModelError(
            f"duration {int(durations[position])} is negative",
            where=f"{where}[{position}]",
            remedy="use durations >= 0",
        )
    if int(durations.sum()) > MAX_TICKS:
        raise ModelError("the durations sum to more than 2^42", where=where, remedy="use a coarser time unit")


def checked_machines(machines: IntArray, num_machines: int, where: str) -> None:
    """Refuse machine numbers outside 0 … ``num_machines`` - 1."""
    wrong = (machines < 0) | (machines >= num_machines)
    if wrong.any():
        position = int(np.argmax(wrong))
        raise ModelError(
            f"machine {int(machines[position])} is outside 0 ... {num_machines - 1}",
            where=f"{where}[{position}]",
            remedy="number the machines from 0, or give num_machines",
        )
