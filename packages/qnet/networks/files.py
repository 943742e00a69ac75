"""Networks from files: GML, GraphML and JSON.

Attributes of nodes that are read: ``comm``, ``storage`` (numbers of qubits), ``type`` or ``kind`` (``end`` or
``repeater``; without it every node is an end node), ``lon``/``lat`` or ``x``/``y``.  Of links: ``length_km``,
``length``, ``dist``, ``distance`` or ``weight`` (kilometres; 5 without any), ``capabilities`` (list of [fidelity,
rate in Hz]; JSON only) or ``hardware`` (``nv`` or ``future``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from qnet.network import Link, Network, Node
from qnet.networks.links import future_link, nv_link
from qnet.protocol.capability import LinkCapability
from schedcore.errors import FormatError

SUFFIXES = (".gml", ".graphml", ".json")
Hardware = Literal["nv", "future"]

_LENGTHS = ("length_km", "length", "dist", "distance", "weight")


def read_network(path: Path, hardware: Hardware = "future") -> Network:
    """The network in ``path``; ``hardware`` is the class of links that state none.

    Raises
    ------
    FormatError
        The file cannot be read as its suffix says, or an attribute has no meaning; the place is named.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise FormatError(
            f"{path.suffix or 'no suffix'} is no format of networks",
            where=str(path),
            remedy="use .gml, .graphml or .json",
        )
    nodes, edges = _read_json(path) if path.suffix.lower() == ".json" else _read_graph(path)
    made = tuple(_node(name, attributes, path) for name, attributes in nodes)
    links = tuple(_link(u, v, attributes, hardware, path) for u, v, attributes in edges)
    return Network(path.stem, made, links, f"from {path.name}", futuristic=hardware == "future")


def network_to_dict(network: Network) -> dict[str, Any]:
    """The network as JSON data that :func:`read_network` gives back."""
    return {
        "name": network.name,
        "nodes": [
            {
                "name": n.name,
                "comm": n.comm,
                "storage": n.storage,
                "kind": "end" if n.is_end else "repeater",
                **({} if n.position is None else {"x": n.position[0], "y": n.position[1]}),
            }
            for n in network.nodes
        ],
        "edges": [
            {
                "u": link.u,
                "v": link.v,
                "length_km": link.length_km,
                "capabilities": [[c.fidelity, c.rate_hz] for c in link.capabilities],
            }
            for link in network.links
        ],
    }


def _read_json(path: Path) -> tuple[list[tuple[str, Mapping[str, Any]]], list[tuple[str, str, Mapping[str, Any]]]]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise FormatError(f"no JSON: {error}", where=str(path), remedy="check the file") from None
    try:
        rows = data["nodes"]
        nodes = [(str(r), {}) if isinstance(r, str) else (str(r.get("name", r.get("id"))), r) for r in rows]
        edges: list[tuple[str, str, Mapping[str, Any]]] = []
        for row in data.get("edges", data.get("links", ())):
            if isinstance(row, Mapping):
                edges.append((str(row.get("u", row.get("source"))), str(row.get("v", row.get("target"))), row))
            else:
                edges.append((str(row[0]), str(row[1]), {"length_km": row[2]} if len(row) > 2 else {}))
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise FormatError(
            f"no network: {error}", where=str(path), remedy="expected nodes and edges (u, v, length_km)"
        ) from None
    return nodes, edges


def _read_graph(path: Path) -> tuple[list[tuple[str, Mapping[str, Any]]], list[tuple[str, str, Mapping[str, Any]]]]:
    import networkx as nx

    try:
        if path.suffix.lower() == ".gml":
            try:
                graph = nx.read_gml(path, label="label")
            except nx.NetworkXError:  # nodes without labels: their ids are their names
                graph = nx.read_gml(path, label=None)
        else:
            graph = nx.read_graphml(path)
    except Exception as error:
        raise FormatError(f"cannot be read: {error}", where=str(path), remedy="check the file") from None
    simple = nx.Graph(graph)
    return (
        [(str(n), attributes) for n, attributes in simple.nodes(data=True)],
        [(str(u), str(v), attributes) for u, v, attributes in simple.edges(data=True) if u != v],
    )


def _number(attributes: Mapping[str, Any], keys: tuple[str, ...], default: float | None, where: str) -> float | None:
    for key in keys:
        if key in attributes and attributes[key] is not None:
            try:
                return float(attributes[key])
            except (TypeError, ValueError):
                raise FormatError(f"{key} is {attributes[key]!r}", where=where, remedy="give a number") from None
    return default


def _node(name: str, attributes: Mapping[str, Any], path: Path) -> Node:
    where = f"{path}: node {name}"
    kind = str(attributes.get("kind", attributes.get("type", "end"))).lower()
    if kind not in ("end", "repeater"):
        raise FormatError(f"kind is {kind!r}", where=where, remedy="use end or repeater")
    x = _number(attributes, ("lon", "longitude", "Longitude", "x"), None, where)
    y = _number(attributes, ("lat", "latitude", "Latitude", "y"), None, where)
    comm, storage = _number(attributes, ("comm",), 1, where), _number(attributes, ("storage",), 3, where)
    assert comm is not None
    assert storage is not None
    return Node(name, int(comm), int(storage), kind == "end", None if x is None or y is None else (x, y))


def _link(u: str, v: str, attributes: Mapping[str, Any], hardware: Hardware, path: Path) -> Link:
    where = f"{path}: link {u}-{v}"
    length_km = _number(attributes, _LENGTHS, 5.0, where)
    assert length_km is not None
    if "capabilities" in attributes:
        try:
            capabilities = tuple(LinkCapability(float(f), float(r)) for f, r in attributes["capabilities"])
        except (TypeError, ValueError):
            raise FormatError(
                "capabilities have another form", where=where, remedy="give a list of [fidelity, rate in Hz]"
            ) from None
        return Link(u, v, length_km, capabilities)
    kind = str(attributes.get("hardware", hardware))
    if kind not in ("nv", "future"):
        raise FormatError(f"hardware is {kind!r}", where=where, remedy="use nv or future")
    return nv_link(u, v, length_km) if kind == "nv" else future_link(u, v, length_km)
