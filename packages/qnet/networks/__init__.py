"""Networks by name: the seed's small ones, SURFnet, GARR, grids, random graphs, files."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from qnet.network import Network
from qnet.networks import files, garr, generated, small, surfnet
from schedcore.errors import unknown_name

NETWORKS = {
    "star": small.star,
    "H": small.h_network,
    "line": small.line,
    "line5": lambda: small.line(5, "line5"),
    "symmetric": small.symmetric,
    "star6": small.packet_star,
    "surfnet": surfnet.surfnet,
    "garr": garr.garr,
}
"""Networks that need neither a file nor a size."""

_GRID = re.compile(r"grid:(\d+)x(\d+)")
_RANDOM = re.compile(r"random:(\d+)(?::(\d+))?")
_LINE = re.compile(r"line:(\d+)")


def network_names() -> tuple[str, ...]:
    """Names for display; ``grid:3x4``, ``random:20:1``, ``line:9`` and files work as well."""
    return (*NETWORKS, "surfnet-real")


def get_network(name: str, data_dirs: Sequence[Path] = (), hardware: files.Hardware = "future") -> Network:
    """The network called ``name``, made by an expression (``grid:RxC``, ``random:N:SEED``, ``line:N``), or in a file.

    Raises
    ------
    UnknownNameError
        Nothing of that name; near misses are suggested.
    """
    for known, make in NETWORKS.items():
        if name == known or name.lower() == known.lower():
            return make()
    if name == "surfnet-real":
        return surfnet.surfnet_real(data_folders(data_dirs))
    if match := _GRID.fullmatch(name):
        return generated.grid(int(match[1]), int(match[2]))
    if match := _RANDOM.fullmatch(name):
        return generated.random_geometric(int(match[1]), int(match[2] or 0))
    if match := _LINE.fullmatch(name):
        return small.line(int(match[1]), name)
    for path in (Path(name).expanduser(), *(folder / name for folder in data_dirs)):
        if path.is_file():
            return files.read_network(path, hardware)
    raise unknown_name("network", name, network_names(), where="network")


def data_folders(data_dirs: Sequence[Path] = ()) -> list[Path]:
    """Folders that may hold data which the package does not carry."""
    shared = os.environ.get("SCHED_SHARED_DATA")
    roots = [Path(shared)] if shared else []
    roots.append(Path(__file__).resolve().parents[4] / "shared" / "data")
    return [*data_dirs, *(root / "qnet" for root in roots)]
