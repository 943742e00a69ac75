"""Vertiports of a region: where they are, how many aircraft they hold and charge, and the lanes between them.

Distances are miles, as in the sources; they become integer seconds and watt-hours in :mod:`uam.plan`, at one place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from schedcore.errors import InputError
from uam._checks import Flags, Floats, Ints, frozen, whole


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A set of N vertiports on a plane.  Every ordered pair has ``lanes`` parallel corridors.

    Parameters
    ----------
    name
        Name of the map.
    vertiports
        Names of the vertiports, in order; a vertiport is referred to by its position.
    x_miles, y_miles
        Coordinates ``[N]``.
    stands
        Places ``[N]`` where an aircraft can stand without charger.
    chargers
        Places ``[N]`` with a charger.  A vertiport without any is a *vertistop*.
    business
        Flags ``[N]``: vertiports of high demand.
    lanes
        Corridors per ordered pair (two for each direction: four per pair).
    distance_miles
        ``[N, N]``; default: Euclidean.
    weights
        Attraction ``[N]`` for gravity demand; default: 1.
    hub
        Position of the airport for the airport demand, if there is one.
    source
        Where the data come from.

    Raises
    ------
    InputError
        Fewer than two vertiports, names given twice, tables of another shape, negative numbers, a vertiport
        without any place, or no charger anywhere.
    """

    name: str
    vertiports: tuple[str, ...]
    x_miles: Floats
    y_miles: Floats
    stands: Ints
    chargers: Ints
    business: Flags
    lanes: int = 2
    distance_miles: Floats = None  # type: ignore[assignment]
    weights: Floats = None  # type: ignore[assignment]
    hub: int | None = None
    source: str = ""

    def __post_init__(self) -> None:
        where = f"network {self.name!r}"
        n = len(self.vertiports)
        if n < 2:
            raise InputError(f"{n} vertiports", where=where, remedy="give at least two")
        if len(set(self.vertiports)) != n:
            twice = next(name for name in self.vertiports if self.vertiports.count(name) > 1)
            raise InputError(f"two vertiports are called {twice!r}", where=where, remedy="give each its own name")
        put = object.__setattr__
        for name in ("x_miles", "y_miles"):
            put(self, name, frozen(getattr(self, name), np.float64, (n,), f"{where}: {name}"))
        for name in ("stands", "chargers"):
            put(self, name, frozen(getattr(self, name), np.int64, (n,), f"{where}: {name}", least=0))
        put(self, "business", frozen(self.business, np.bool_, (n,), f"{where}: business"))
        distance = self.distance_miles
        if distance is None:
            distance = np.hypot(*(axis[:, None] - axis[None, :] for axis in (self.x_miles, self.y_miles)))
        put(self, "distance_miles", frozen(distance, np.float64, (n, n), f"{where}: distance_miles", least=0.0))
        if (np.diag(self.distance_miles) != 0).any():
            raise InputError("a distance from a vertiport to itself is not 0", where=f"{where}: distance_miles")
        weights = np.ones(n) if self.weights is None else self.weights
        put(self, "weights", frozen(weights, np.float64, (n,), f"{where}: weights", least=0.0))
        whole(self.lanes, f"{where}: lanes", least=1)
        if self.hub is not None:
            whole(self.hub, f"{where}: hub", most=n - 1)
        if (self.capacity == 0).any():
            empty = self.vertiports[int(np.argmin(self.capacity))]
            raise InputError(f"vertiport {empty!r} has no place", where=where, remedy="give it stands or chargers")
        if not self.chargers.any():
            raise InputError("no vertiport has a charger", where=where, remedy="give at least one vertiport chargers")

    @property
    def num_vertiports(self) -> int:
        """N."""
        return len(self.vertiports)

    @property
    def capacity(self) -> Ints:
        """Aircraft ``[N]`` that a vertiport takes: stands and chargers; those under way to it count."""
        return self.stands + self.chargers

    @property
    def vertistops(self) -> Flags:
        """Flags ``[N]``: vertiports without charger."""
        return self.chargers == 0
