"""Checks of values at the boundary: each raises :class:`schedcore.errors.InputError` with place and remedy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from schedcore.errors import InputError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def positive(value: float, where: str, *, zero: bool = False) -> float:
    """``value``, a finite number above 0 (or at least 0 with ``zero``)."""
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not good or value < 0 or (value == 0 and not zero):
        allowed = "a number of at least 0" if zero else "a number above 0"
        raise InputError(f"{value!r} is not {allowed}", where=where, remedy=f"give {allowed}")
    return value


def whole(value: int, where: str, *, least: int = 0, most: int | None = None) -> int:
    """``value``, a whole number of at least ``least`` and at most ``most``."""
    bounds = f"a whole number of at least {least}" if most is None else f"a whole number from {least} to {most}"
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise InputError(f"{value!r} is not a whole number", where=where, remedy=f"give {bounds}")
    if value < least or (most is not None and value > most):
        raise InputError(f"{value} is out of range", where=where, remedy=f"give {bounds}")
    return int(value)


def fraction(value: float, where: str) -> float:
    """``value``, a number from 0 to 1."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InputError(f"{value!r} is not from 0 to 1", where=where, remedy="give a fraction, 0.05 for 5 percent")
    return value


def frozen(values: ArrayLike, dtype: Any, shape: tuple[int, ...], where: str, *, least: float | None = None) -> Any:
    """A read-only, contiguous copy of ``values`` with this type and shape, all finite and at least ``least``."""
    try:
        raw = np.array(values)
        array = np.ascontiguousarray(raw, dtype=dtype)
    except (TypeError, ValueError) as error:
        raise InputError(f"not a table of numbers: {error}", where=where, remedy=f"give shape {shape}") from None
    if array.shape != shape:
        raise InputError(f"shape {array.shape} instead of {shape}", where=where, remedy=f"give shape {shape}")
    if array.dtype != np.bool_ and raw.dtype.kind == "f":
        if not np.isfinite(raw).all():
            raise InputError("has values that are not finite", where=where, remedy="give finite numbers")
        if array.dtype.kind == "i" and (raw != array).any():
            raise InputError("has values that are not whole", where=where, remedy="give whole numbers")
    if least is not None and array.size and array.min() < least:
        index = tuple(int(i) for i in np.argwhere(array < least)[0])
        raise InputError(
            f"{array[index]} at {list(index)} is below {least:g}",
            where=where,
            remedy=f"give values of at least {least:g}",
        )
    array = array.copy() if array is values or array.base is not None else array
    array.flags.writeable = False
    return array
