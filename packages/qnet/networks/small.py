"""The small networks of the seed: star, H, line, symmetric; and the six-node star of the packet experiments.

Every node has one communication and three storage qubits and every link 5 km of fibre between NV centres (section 6.1
of the specification).
"""

from __future__ import annotations

import itertools

from qnet.network import Network, Node
from qnet.networks.links import nv_link

STAR_LINKS = (("0", "3"), ("1", "3"), ("2", "3"))
H_LINKS = (("0", "1"), ("1", "2"), ("1", "4"), ("3", "4"), ("4", "5"))
SYMMETRIC_LINKS = (
    *(("0", "4"), ("1", "5"), ("2", "6"), ("3", "7")),
    *(("4", "5"), ("4", "6"), ("4", "7"), ("5", "6"), ("5", "7"), ("6", "7")),
)


def _network(
    name: str, ends: tuple[str, ...], repeaters: tuple[str, ...], links: tuple[tuple[str, str], ...], summary: str
) -> Network:
    names = sorted((*ends, *repeaters), key=int)
    return Network(
        name,
        tuple(Node(n, is_end=n in ends) for n in names),
        tuple(nv_link(u, v) for u, v in links),
        summary,
    )


def star() -> Network:
    """Three end nodes around a repeater."""
    return _network("star", ("0", "1", "2"), ("3",), STAR_LINKS, "three end nodes around a repeater")


def h_network() -> Network:
    """Two pairs of end nodes joined by a backbone of two repeaters."""
    return _network("H", ("0", "2", "3", "5"), ("1", "4"), H_LINKS, "two pairs of end nodes and a backbone")


def line(nodes: int = 6, name: str = "line") -> Network:
    """A chain in which every node may be an end of a demand."""
    names = tuple(str(i) for i in range(nodes))
    return _network(name, names, (), tuple(itertools.pairwise(names)), f"chain of {nodes} nodes, all of them end nodes")


def symmetric() -> Network:
    """Four end nodes, each at one of four repeaters that are joined pairwise."""
    ends, repeaters = ("0", "1", "2", "3"), ("4", "5", "6", "7")
    return _network("symmetric", ends, repeaters, SYMMETRIC_LINKS, "four end nodes, four repeaters joined pairwise")


def packet_star(ends: int = 6) -> Network:
    """``ends`` end nodes 1, 2, ... around the hub 0: the star of the packet experiments."""
    names = tuple(str(i + 1) for i in range(ends))
    return _network("star6", names, ("0",), tuple(("0", n) for n in names), f"{ends} end nodes around a hub")
