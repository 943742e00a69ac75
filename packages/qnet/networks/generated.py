"""Networks made by rule: grids and random geometric graphs."""

from __future__ import annotations

import math

from qnet.network import Network, Node
from qnet.networks.links import future_link
from schedcore.errors import InputError


def grid(rows: int, columns: int, length_km: float = 5.0) -> Network:
    """A rectangular grid ``r.c``; every node may be an end of a demand."""
    if rows < 1 or columns < 1 or rows * columns < 2:
        raise InputError(
            f"a grid of {rows} x {columns}", where="network grid", remedy="give grid:ROWSxCOLUMNS, two nodes or more"
        )
    names = [[f"{r}.{c}" for c in range(columns)] for r in range(rows)]
    nodes = tuple(Node(names[r][c], position=(float(c), float(-r))) for r in range(rows) for c in range(columns))
    links = []
    for r in range(rows):
        for c in range(columns):
            if c + 1 < columns:
                links.append(future_link(names[r][c], names[r][c + 1], length_km))
            if r + 1 < rows:
                links.append(future_link(names[r][c], names[r + 1][c], length_km))
    return Network(f"grid:{rows}x{columns}", nodes, tuple(links), f"grid of {rows} x {columns} nodes", futuristic=True)


def random_geometric(count: int, seed: int, side_km: float = 100.0) -> Network:
    """``count`` nodes uniform in a square, joined to their near neighbours; connected by construction.

    A pair is joined if no third node is nearer to both (the relative neighbourhood graph): planar, sparse and connected
    like fibre networks.
    """
    import numpy as np

    if count < 2:
        raise InputError(f"a random network of {count} nodes", where="network random", remedy="give two nodes or more")
    points = np.random.default_rng([seed, count]).uniform(0.0, side_km, size=(count, 2))
    distance = np.sqrt(((points[:, None, :] - points[None, :, :]) ** 2).sum(axis=2))
    nodes = tuple(Node(str(i), position=(float(points[i, 0]), float(points[i, 1]))) for i in range(count))
    links = []
    for i in range(count):
        for j in range(i + 1, count):
            between = np.maximum(distance[i], distance[j]) < distance[i, j]
            if not between.any():
                links.append(future_link(str(i), str(j), math.ceil(distance[i, j] * 100) / 100))
    return Network(
        f"random:{count}:{seed}", nodes, tuple(links), f"{count} nodes in a square of {side_km:g} km", futuristic=True
    )
