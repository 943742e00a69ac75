"""The Pareto front of points of which both coordinates are to be small."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import TypeVar

K = TypeVar("K", bound=Hashable)


def pareto_front(points: Mapping[K, tuple[float, float]]) -> list[K]:
    """Names of the points that no other dominates, by the first coordinate.

    A point dominates another if it is nowhere larger and somewhere smaller; equal points are all on the front.

    >>> pareto_front({"a": (1, 5), "b": (2, 5), "c": (3, 1)})
    ['a', 'c']
    """
    front: list[K] = []
    lowest, at = math.inf, math.nan
    for name, (x, y) in sorted(points.items(), key=lambda item: item[1]):
        if y < lowest or (y == lowest and x == at):
            front.append(name)
            lowest, at = y, x
    return front
