"""Convolutions: against the papers' form, and against message passing over edges in PyTorch Geometric."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from uam.learn.graph import (
    SLOPE,
    CapsuleConvolution,
    GraphConvolution,
    normalised_adjacency,
    normalised_laplacian,
    similarity,
)


@pytest.fixture
def graph() -> tuple[Tensor, Tensor]:
    torch.manual_seed(1)
    nodes, adjacency = torch.randn(2, 5, 8), torch.rand(2, 5, 5)
    adjacency = adjacency * (torch.rand(2, 5, 5) > 0.3)
    return nodes, adjacency * (1 - torch.eye(5))


def test_laplacian_of_two_nodes_by_hand() -> None:
    # One edge of weight 4: both degrees are 4, so the off-diagonal is -4 / 4.
    found = normalised_laplacian(torch.tensor([[[0.0, 4.0], [4.0, 0.0]]]))
    assert torch.equal(found, torch.tensor([[[1.0, -1.0], [-1.0, 1.0]]]))


def test_a_node_without_edges_has_a_laplacian_row_of_zeros() -> None:
    adjacency = torch.zeros(1, 3, 3)
    adjacency[0, 0, 1] = adjacency[0, 1, 0] = 2.0
    found = normalised_laplacian(adjacency)
    assert torch.equal(found[0, 2], torch.zeros(3))
    assert torch.equal(found[0, :, 2], torch.zeros(3))


def test_capsules_equal_the_papers_form(graph: tuple[Tensor, Tensor]) -> None:
    nodes, adjacency = graph
    h, moments, order = 8, 3, 2
    weights = [torch.randn((order + 1) * h, h) / 5 for _ in range(moments)]
    biases = [torch.randn(h) for _ in range(moments)]
    last, bias = torch.randn(moments * h, h) / 5, torch.randn(h)
    layer = CapsuleConvolution(h, moments, order)
    layer.set_factors(weights, biases, last, bias)
    laplacian = normalised_laplacian(adjacency)
    parts = []
    for p in range(1, moments + 1):
        power = nodes**p
        columns = torch.cat([power, laplacian @ power, laplacian @ (laplacian @ power)], -1)
        parts.append(columns @ weights[p - 1] + biases[p - 1])
    expected = layer.norm(nodes + functional.leaky_relu(torch.cat(parts, -1) @ last + bias, SLOPE))
    torch.testing.assert_close(layer(nodes, laplacian), expected, rtol=1e-4, atol=1e-4)


def test_capsules_equal_message_passing(graph: tuple[Tensor, Tensor]) -> None:
    geometric = pytest.importorskip("torch_geometric")

    class Propagate(geometric.nn.MessagePassing):
        def forward(self, x: Tensor, edge_index: Tensor, weight: Tensor) -> Tensor:
            return self.propagate(edge_index, x=x, weight=weight)

        def message(self, x_j: Tensor, weight: Tensor) -> Tensor:
            return weight.unsqueeze(-1) * x_j

    nodes, adjacency = graph
    layer = CapsuleConvolution(8, 2, 2)
    whole = layer(nodes, normalised_laplacian(adjacency))
    propagate = Propagate(aggr="add")
    for b in range(2):
        laplacian = normalised_laplacian(adjacency[b])
        index = laplacian.nonzero().T
        weight = laplacian[index[0], index[1]]
        # Messages go from source to target: row i of L gathers from column j.
        edges = index.flip(0)
        mixed = layer.mix(torch.cat([nodes[b], nodes[b] ** 2], -1)).split(8, -1)
        total = mixed[2]
        for k in (1, 0):
            total = mixed[k] + propagate(total, edges, weight)
        expected = layer.norm(nodes[b] + functional.leaky_relu(total + layer.bias, SLOPE))
        torch.testing.assert_close(whole[b], expected, rtol=1e-4, atol=1e-5)


def test_graph_convolution_equals_that_of_pytorch_geometric() -> None:
    geometric = pytest.importorskip("torch_geometric")
    torch.manual_seed(2)
    adjacency = torch.rand(4, 4)
    adjacency = (adjacency + adjacency.T) * (1 - torch.eye(4))
    nodes = torch.randn(4, 6)
    ours, theirs = GraphConvolution(6), geometric.nn.GCNConv(6, 6)
    with torch.no_grad():
        theirs.lin.weight.copy_(ours.mix.weight)
        theirs.bias.zero_()
        nn.init.zeros_(ours.mix.bias)
    index = adjacency.nonzero().T
    expected = ours.norm(nodes + functional.leaky_relu(theirs(nodes, index, adjacency[index[0], index[1]]), SLOPE))
    found = ours(nodes.unsqueeze(0), normalised_adjacency(adjacency.unsqueeze(0)))
    torch.testing.assert_close(found[0], expected, rtol=1e-4, atol=1e-5)


def test_similarity_by_hand_and_without_padding() -> None:
    nodes = torch.tensor([[[0.0, 0.0], [3.0, 4.0], [9.0, 9.0]]])
    found = similarity(nodes, torch.tensor([[1.0, 1.0, 0.0]]))
    expected = torch.tensor([[0.0, 1 / 6, 0.0], [1 / 6, 0.0, 0.0], [0.0, 0.0, 0.0]])
    torch.testing.assert_close(found[0], expected)
