"""Networks: nodes, links, paths, and everything that is refused."""

from __future__ import annotations

import json

import networkx as nx
import pytest

from qnet.network import Link, Network, Node
from qnet.networks import get_network, network_names
from qnet.networks.files import network_to_dict, read_network
from qnet.networks.surfnet import surfnet_real
from schedcore.errors import FormatError, InputError, UnknownNameError


def test_small_networks_have_the_stated_shape() -> None:
    shape = {
        name: (len(get_network(name).nodes), len(get_network(name).links)) for name in ("star", "H", "line", "line5")
    }
    assert shape == {"star": (4, 3), "H": (6, 5), "line": (6, 5), "line5": (5, 4)}
    symmetric = get_network("symmetric")
    assert (len(symmetric.nodes), len(symmetric.links), symmetric.end_nodes) == (8, 10, ("0", "1", "2", "3"))
    assert get_network("H").end_nodes == ("0", "2", "3", "5")


def test_surfnet_core_has_the_stated_hop_counts() -> None:
    network = get_network("surfnet")
    assert (len(network.nodes), len(network.links), len(network.end_nodes)) == (108, 118, 54)
    core = network.graph.subgraph([n.name for n in network.nodes if not n.is_end])
    assert nx.diameter(core) == 12
    assert round(nx.average_shortest_path_length(core), 2) == 5.51
    counts: dict[int, int] = {}
    lengths = dict(nx.all_pairs_shortest_path_length(network.graph))
    for i, a in enumerate(network.end_nodes):
        for b in network.end_nodes[i + 1 :]:
            counts[lengths[a][b]] = counts.get(lengths[a][b], 0) + 1
    assert [counts[h] for h in range(3, 15)] == [64, 102, 150, 189, 210, 222, 192, 137, 93, 43, 20, 9]


def test_path_is_the_shortest_by_length() -> None:
    assert get_network("H").path("0", "5") == ("0", "1", "4", "5")
    nodes = (Node("a"), Node("b"), Node("c"))
    network = Network("triangle", nodes, (Link("a", "c", 9.0), Link("a", "b", 1.0), Link("b", "c", 1.0)))
    assert network.path("a", "c") == ("a", "b", "c")


def test_grids_and_random_networks_are_connected() -> None:
    assert len(get_network("grid:3x4").links) == 17
    for seed in range(3):
        assert nx.is_connected(get_network(f"random:15:{seed}").graph)
    assert get_network("random:15:1") == get_network("random:15:1")
    assert get_network("garr").path("CA", "MT")[0] == "CA"
    assert (len(get_network("garr").nodes), len(get_network("garr").links)) == (48, 62)


@pytest.mark.parametrize("suffix", [".json", ".gml", ".graphml"])
def test_files_give_the_network_back(tmp_path, suffix: str) -> None:
    path = tmp_path / f"net{suffix}"
    graph = nx.Graph()
    graph.add_node("a", comm=2, storage=4)
    graph.add_node("b", kind="repeater")
    graph.add_node("c")
    graph.add_edge("a", "b", length_km=12.5)
    graph.add_edge("b", "c", length_km=3.0)
    if suffix == ".json":
        made = read_network(_json_of(graph, path))
    else:
        (nx.write_gml if suffix == ".gml" else nx.write_graphml)(graph, path)
        made = read_network(path)
    assert made.node("a").comm == 2
    assert made.node("a").storage == 4
    assert made.end_nodes == ("a", "c")
    assert made.link("b", "a").length_km == 12.5
    again = tmp_path / "again.json"
    again.write_text(json.dumps(network_to_dict(made)), encoding="utf-8")
    assert read_network(again).links == made.links


def _json_of(graph, path):
    data = {
        "nodes": [{"name": n, **a} for n, a in graph.nodes(data=True)],
        "edges": [{"u": u, "v": v, **a} for u, v, a in graph.edges(data=True)],
    }
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def test_unknown_nodes_and_disconnected_pairs_are_refused() -> None:
    network = Network("two", (Node("a"), Node("b"), Node("c")), (Link("a", "b", 1.0),))
    with pytest.raises(UnknownNameError, match="unknown node 'd'"):
        network.path("a", "d")
    with pytest.raises(InputError, match="no path joins a and c"):
        network.path("a", "c")
    with pytest.raises(InputError, match="source and destination are both a"):
        network.path("a", "a")
    with pytest.raises(InputError, match="no link joins a and c"):
        network.link("a", "c")


def test_bad_nodes_and_links_are_refused() -> None:
    with pytest.raises(InputError, match="0 communication qubits"):
        Node("a", comm=0)
    with pytest.raises(InputError, match="cannot be the name"):
        Node("a;b")
    with pytest.raises(InputError, match="-1.0 km"):
        Link("a", "b", -1.0)
    with pytest.raises(InputError, match="joins a to itself"):
        Link("a", "a", 1.0)
    with pytest.raises(InputError, match="two nodes are called a"):
        Network("n", (Node("a"), Node("a")), ())
    with pytest.raises(InputError, match="two links join"):
        Network("n", (Node("a"), Node("b")), (Link("a", "b", 1.0), Link("b", "a", 2.0)))
    with pytest.raises(InputError, match="a grid of 1 x 1"):
        get_network("grid:1x1")
    with pytest.raises(InputError, match="random network of 1 nodes"):
        get_network("random:1")


def test_unknown_network_suggests_near_misses() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'surfnet'"):
        get_network("surfnett")
    assert "surfnet-real" in network_names()


def test_bad_files_name_the_place(tmp_path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("{", encoding="utf-8")
    with pytest.raises(FormatError, match="no JSON"):
        read_network(bad)
    bad.write_text('{"nodes": [{"name": "a", "kind": "king"}], "edges": []}', encoding="utf-8")
    with pytest.raises(FormatError, match="kind is 'king'"):
        read_network(bad)
    bad.write_text('{"nodes": ["a", "b"], "edges": [{"u": "a", "v": "b", "length_km": "far"}]}', encoding="utf-8")
    with pytest.raises(FormatError, match="length_km is 'far'"):
        read_network(bad)
    with pytest.raises(FormatError, match=r"\.txt is no format"):
        read_network(tmp_path / "x.txt")
    with pytest.raises(InputError, match="research data without a licence"):
        surfnet_real([tmp_path])
