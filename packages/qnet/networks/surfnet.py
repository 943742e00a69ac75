"""SURFnet's core as the seed uses it: 54 repeaters, each with an end node at its side.

Repeaters carry even ids, the end node of repeater ``r`` is ``r + 1``; the structure is that of the seed's own file (MIT
licence).  The seed assumes 5 km for every edge.  Real lengths of the 64 core edges belong to research data without a
licence and are not part of this package: :func:`surfnet_real` reads them from a file.
"""

from __future__ import annotations

import json
from pathlib import Path

from qnet.network import Network, Node
from qnet.networks.links import future_link
from schedcore.errors import FormatError, InputError

# fmt: off
CORE = (
    (0, 6), (0, 76), (2, 8), (2, 52), (2, 60), (4, 92), (4, 98), (6, 24), (8, 10), (8, 46), (8, 52), (8, 54),
    (10, 56), (10, 62), (10, 90), (12, 14), (12, 16), (12, 38), (14, 86), (16, 82), (18, 70), (18, 106), (20, 22),
    (20, 40), (20, 54), (20, 80), (22, 84), (24, 100), (26, 28), (26, 66), (26, 88), (28, 50), (30, 32), (30, 104),
    (32, 100), (34, 36), (34, 64), (36, 106), (38, 92), (40, 42), (42, 58), (44, 64), (44, 68), (46, 68), (48, 72),
    (48, 94), (50, 74), (52, 92), (56, 58), (60, 102), (62, 100), (66, 72), (70, 100), (74, 90), (76, 78), (76, 94),
    (76, 104), (78, 96), (80, 82), (84, 90), (86, 88), (90, 92), (96, 98), (100, 102),
)
# fmt: on
ASSUMED_KM = 5.0
REAL_LENGTHS_FILE = "surfnet_core.json"


def surfnet(lengths_km: dict[frozenset[int], float] | None = None, name: str = "surfnet") -> Network:
    """The core with its end nodes; ``lengths_km`` by pair of core ids (``None``: 5 km, an assumption)."""
    nodes = tuple(Node(str(i), is_end=i % 2 == 1) for i in range(2 * 54))
    core = tuple(
        future_link(str(u), str(v), ASSUMED_KM if lengths_km is None else lengths_km[frozenset((u, v))])
        for u, v in CORE
    )
    access = tuple(future_link(str(r), str(r + 1), ASSUMED_KM) for r in range(0, 108, 2))
    lengths = "every edge assumed 5 km" if lengths_km is None else "real core lengths, access 5 km assumed"
    return Network(name, nodes, core + access, f"SURFnet core, {lengths}", futuristic=True)


def read_real_lengths(path: Path) -> dict[frozenset[int], float]:
    """Lengths by pair of core ids from a JSON file with ``core_edges`` = [{u, v, length_km}, ...].

    Raises
    ------
    FormatError
        Another form, or an edge of the core is missing.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["core_edges"]
        lengths = {frozenset((int(r["u"]), int(r["v"]))): float(r["length_km"]) for r in rows}
    except (ValueError, KeyError, TypeError) as error:
        raise FormatError(
            f"no table of core edges: {error}", where=str(path), remedy="expected core_edges with u, v, length_km"
        ) from None
    missing = [edge for edge in CORE if frozenset(edge) not in lengths]
    if missing:
        raise FormatError(f"the edge {missing[0]} has no length", where=str(path), remedy="give all 64 core edges")
    return lengths


def surfnet_real(directories: list[Path]) -> Network:
    """SURFnet with the real lengths, from ``surfnet_core.json`` in one of ``directories``."""
    for directory in directories:
        path = directory / REAL_LENGTHS_FILE
        if path.is_file():
            return surfnet(read_real_lengths(path), "surfnet-real")
    raise InputError(
        f"{REAL_LENGTHS_FILE} is not here, and the package does not carry it (research data without a licence)",
        where="network surfnet-real",
        remedy="give its folder with --data-dir or SCHED_SHARED_DATA, or use the network surfnet (5 km assumed)",
    )
