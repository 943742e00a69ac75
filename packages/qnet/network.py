"""The network: nodes with qubits, fibre links with capabilities, and the one path of a pair."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from qnet.protocol.capability import LinkCapability
from schedcore.errors import InputError, unknown_name

COMM = "C"
STORAGE = "S"


@dataclass(frozen=True, slots=True)
class Node:
    """A device of the network.

    Attributes
    ----------
    name:
        Unique name, without ``;`` (operation names use it).
    comm, storage:
        Number of communication qubits ``NAME-C0, ...`` (they generate entanglement) and of storage qubits
        ``NAME-S0, ...`` (they only hold it).
    is_end:
        Whether the node may be source or destination of a demand.
    position:
        For drawings, e.g. longitude and latitude; ``None``: the drawing decides.
    """

    name: str
    comm: int = 1
    storage: int = 3
    is_end: bool = True
    position: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if not self.name or ";" in self.name:
            raise InputError(
                f"{self.name!r} cannot be the name of a node", where="network.nodes", remedy="use text without ';'"
            )
        for kind, count in (("communication", self.comm), ("storage", self.storage)):
            if count < 0 or (kind == "communication" and count == 0):
                raise InputError(
                    f"node {self.name} has {count} {kind} qubits",
                    where="network.nodes",
                    remedy="give at least one communication qubit and no negative number of storage qubits",
                )

    @property
    def comm_qubits(self) -> tuple[str, ...]:
        """Names of the communication qubits."""
        return tuple(f"{self.name}-{COMM}{i}" for i in range(self.comm))

    @property
    def storage_qubits(self) -> tuple[str, ...]:
        """Names of the storage qubits."""
        return tuple(f"{self.name}-{STORAGE}{i}" for i in range(self.storage))


@dataclass(frozen=True, slots=True)
class Link:
    """A fibre between two nodes: its length and what it can do (the fastest first or last, as the compiler likes)."""

    u: str
    v: str
    length_km: float
    capabilities: tuple[LinkCapability, ...] = ()

    def __post_init__(self) -> None:
        if not (self.length_km >= 0 and math.isfinite(self.length_km)):
            raise InputError(
                f"the link {self.u}-{self.v} has the length {self.length_km} km",
                where="network.links",
                remedy="give kilometres >= 0",
            )
        if self.u == self.v:
            raise InputError(f"a link joins {self.u} to itself", where="network.links", remedy="name two nodes")


@dataclass(frozen=True)
class Network:
    """Nodes and links with unique names.

    ``links`` are undirected; a second link between the same nodes is refused.  The order of nodes and links is part
    of the network: equal shortest paths are told apart by it.
    """

    name: str
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    summary: str = field(default="", compare=False)
    futuristic: bool = field(default=False, compare=False)
    """Whether the links are those of the future class (F 0.999 at 1400 Hz) rather than NV centres of today."""

    def __post_init__(self) -> None:
        names = [node.name for node in self.nodes]
        twice = {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else set()
        if twice:
            raise InputError(
                f"two nodes are called {sorted(twice)[0]}", where="network.nodes", remedy="give every node its own name"
            )
        known, seen = set(names), set()
        for link in self.links:
            for end in (link.u, link.v):
                if end not in known:
                    raise unknown_name("node", end, known, where=f"link {link.u}-{link.v}")
            key = frozenset((link.u, link.v))
            if key in seen:
                raise InputError(
                    f"two links join {link.u} and {link.v}", where="network.links", remedy="keep one of them"
                )
            seen.add(key)

    @cached_property
    def by_name(self) -> Mapping[str, Node]:
        """Nodes by name."""
        return {node.name: node for node in self.nodes}

    @cached_property
    def _link_by_ends(self) -> Mapping[frozenset[str], Link]:
        return {frozenset((link.u, link.v)): link for link in self.links}

    @cached_property
    def end_nodes(self) -> tuple[str, ...]:
        """Names of the nodes that may be source or destination."""
        return tuple(node.name for node in self.nodes if node.is_end)

    @cached_property
    def graph(self) -> Any:
        """The ``networkx.Graph`` with the edge attribute ``weight`` = length in km, nodes and links in order."""
        import networkx as nx

        graph = nx.Graph()
        graph.add_nodes_from(node.name for node in self.nodes)
        graph.add_weighted_edges_from((link.u, link.v, link.length_km) for link in self.links)
        return graph

    def node(self, name: str) -> Node:
        """The node called ``name``; raises ``UnknownNameError`` with near misses."""
        if name not in self.by_name:
            raise unknown_name("node", name, self.by_name, where=f"network {self.name}")
        return self.by_name[name]

    def link(self, u: str, v: str) -> Link:
        """The link between two neighbours."""
        found = self._link_by_ends.get(frozenset((u, v)))
        if found is None:
            raise InputError(
                f"no link joins {u} and {v}", where=f"network {self.name}", remedy="name two neighbouring nodes"
            )
        return found

    @cached_property
    def _paths(self) -> dict[tuple[str, str], tuple[str, ...]]:
        return {}

    def path(self, source: str, destination: str) -> tuple[str, ...]:
        """The shortest path by length, ties as networkx breaks them; one path per pair.

        Raises
        ------
        UnknownNameError
            One of the nodes does not exist.
        InputError
            The nodes are the same, or no path joins them.
        """
        import networkx as nx

        pair = (source, destination)
        if pair in self._paths:
            return self._paths[pair]
        self.node(source)
        self.node(destination)
        if source == destination:
            raise InputError(
                f"source and destination are both {source}", where=f"network {self.name}", remedy="name two nodes"
            )
        try:
            found = tuple(nx.shortest_path(self.graph, source, destination, weight="weight"))
        except nx.NetworkXNoPath:
            raise InputError(
                f"no path joins {source} and {destination}",
                where=f"network {self.name}",
                remedy="choose nodes of the same connected part",
            ) from None
        self._paths[pair] = found
        return found

    def links_on(self, path: Iterable[str]) -> tuple[Link, ...]:
        """The links along a path, in order."""
        nodes = tuple(path)
        return tuple(self.link(u, v) for u, v in itertools.pairwise(nodes))

    def with_qubits(self, comm: int | None = None, storage: int | None = None) -> Network:
        """The same network with other numbers of qubits in every node (``None``: as they are)."""
        nodes = tuple(
            replace(n, comm=n.comm if comm is None else comm, storage=n.storage if storage is None else storage)
            for n in self.nodes
        )
        return replace(self, nodes=nodes)

    def with_links(self, links: Iterable[Link]) -> Network:
        """The same nodes with other links."""
        return replace(self, links=tuple(links))
