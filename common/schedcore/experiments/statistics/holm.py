"""Holm's correction of p-values for many comparisons."""

from __future__ import annotations

from collections.abc import Sequence

from schedcore.errors import InputError


def holm(p_values: Sequence[float]) -> list[float]:
    """Corrected p-values, in the order given.

    The smallest of m is multiplied by m, the next by m - 1, and so on; no corrected value is below one that
    comes before it, none above 1.  Rejecting where the corrected value is at most alpha keeps the probability
    of any false rejection at most alpha, whatever the dependence of the tests (Holm, A simple sequentially
    rejective multiple test procedure, Scandinavian Journal of Statistics 6, 1979).

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]

    Raises
    ------
    InputError
        A value is not in [0, 1].
    """
    for p in p_values:
        if not 0 <= p <= 1:
            raise InputError(f"p-value {p!r}", where="Holm's correction", remedy="give numbers in [0, 1]")
    corrected = [0.0] * len(p_values)
    largest = 0.0
    for place, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[index]))
        corrected[index] = largest
    return corrected
