"""Convolutions on small dense graphs: graph capsules and, for comparison, plain graph convolutions.

Graphs come as batches of dense weighted adjacencies ``[B, n, n]``: with at most some hundred nodes a product of
matrices is faster than a list of edges.  Tests hold the results equal to message passing in PyTorch Geometric.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

SLOPE = 0.01
"""Of LeakyReLU."""


def normalised_laplacian(adjacency: Tensor) -> Tensor:
    """``I - D^(-1/2) A D^(-1/2)`` of ``[..., n, n]``; a node without edges has a row of zeros.

    The adjacency may be asymmetric; ``D`` holds its row sums.
    """
    degree = adjacency.sum(-1)
    scale = torch.where(degree > 0, degree.clamp(min=1e-12).rsqrt(), torch.zeros_like(degree))
    identity = torch.diag_embed((degree > 0).to(adjacency.dtype))
    return identity - scale.unsqueeze(-1) * adjacency * scale.unsqueeze(-2)


def normalised_adjacency(adjacency: Tensor) -> Tensor:
    """``D^(-1/2) (A + I) D^(-1/2)``: the propagation of a graph convolution (Kipf and Welling 2017)."""
    closed = adjacency + torch.eye(adjacency.shape[-1], dtype=adjacency.dtype, device=adjacency.device)
    scale = closed.sum(-1).rsqrt()
    return scale.unsqueeze(-1) * closed * scale.unsqueeze(-2)


def similarity(nodes: Tensor, mask: Tensor) -> Tensor:
    """Weights ``1 / (1 + distance)`` between the vectors of nodes ``[..., n, f]``; 0 to itself and to padding."""
    squares = (nodes * nodes).sum(-1)
    inner = nodes @ nodes.transpose(-1, -2)
    distance = (squares.unsqueeze(-1) + squares.unsqueeze(-2) - 2 * inner).clamp(min=0).sqrt()
    apart = 1 - torch.eye(nodes.shape[-2], dtype=nodes.dtype, device=nodes.device)
    return apart * mask.unsqueeze(-1) * mask.unsqueeze(-2) / (1 + distance)


class CapsuleConvolution(nn.Module):
    """Graph capsule convolution with ``moments`` P and ``order`` K (specification 9.1), residual and LayerNorm.

    In the papers every moment ``p`` has ``G_p = [F^p | L F^p | ... | L^K F^p] W_p + b_p`` and the result is
    ``act([G_1 | ... | G_P] W_F + b_F)``, with element-wise powers ``F^p``.  Nothing stands between the two linear maps,
    so their product is one matrix for every ``(p, k)``, and since ``L`` and the weights act on different sides,
    ``sum_k L^k (sum_p F^p W_pk)`` is the same with K products by ``L`` instead of P K.
    """

    def __init__(self, width: int, moments: int, order: int) -> None:
        super().__init__()
        self.width, self.moments, self.order = width, moments, order
        self.mix = nn.Linear(moments * width, (order + 1) * width, bias=False)
        self.bias = nn.Parameter(torch.zeros(width))
        self.norm = nn.LayerNorm(width)

    def forward(self, nodes: Tensor, laplacian: Tensor) -> Tensor:
        """Embeddings ``[B, n, h]`` from embeddings ``[B, n, h]`` and ``L`` ``[B, n, n]``."""
        powers = [nodes]
        for _ in range(1, self.moments):
            powers.append(powers[-1] * nodes)
        mixed = self.mix(torch.cat(powers, -1))
        parts = mixed.split(self.width, -1)
        total = parts[self.order]
        for k in range(self.order - 1, -1, -1):
            total = parts[k] + laplacian @ total
        return self.norm(nodes + functional.leaky_relu(total + self.bias, SLOPE))

    @torch.no_grad()
    def set_factors(
        self, moment_weights: list[Tensor], moment_biases: list[Tensor], last: Tensor, bias: Tensor
    ) -> None:
        """Take weights in the papers' form: ``W_p`` ``[(K+1) h, h]``, ``b_p``, ``W_F`` ``[P h, h]``, ``b_F``."""
        h = self.width
        full = torch.zeros(self.moments * h, (self.order + 1) * h)
        total = bias.clone()
        for p in range(self.moments):
            into = last[p * h : (p + 1) * h]
            total += moment_biases[p] @ into
            for k in range(self.order + 1):
                full[p * h : (p + 1) * h, k * h : (k + 1) * h] = moment_weights[p][k * h : (k + 1) * h] @ into
        self.mix.weight.copy_(full.T)
        self.bias.copy_(total)


class GraphConvolution(nn.Module):
    """Graph convolution with residual and LayerNorm, for the ablation."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mix = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)

    def forward(self, nodes: Tensor, propagation: Tensor) -> Tensor:
        """Embeddings ``[B, n, h]`` from embeddings and :func:`normalised_adjacency`."""
        return self.norm(nodes + functional.leaky_relu(propagation @ self.mix(nodes), SLOPE))
