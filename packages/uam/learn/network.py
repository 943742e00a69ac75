"""CapTAIN: capsule encoders of both graphs, a transformer over demand and fares, and an attention decoder.

The inputs of a batch of B decisions are a dictionary of tensors, :data:`DYNAMIC_INPUTS`, which :func:`condense` makes
of observations; what stays the same during a day is encoded once by :meth:`CaptainNetwork.encode_days`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from uam.learn.config import NetworkConfig
from uam.learn.graph import (
    SLOPE,
    CapsuleConvolution,
    GraphConvolution,
    normalised_adjacency,
    normalised_laplacian,
    similarity,
)
from uam.learn.prospects import NUM_PROSPECTS
from uam.observation import AIRCRAFT_FEATURES, DESTINATION_FEATURES, VERTIPORT_FEATURES

STATIC_INPUTS = ("adjacency", "forecast", "fares", "vertiport_mask", "aircraft_mask")
DYNAMIC_INPUTS = ("nodes", "aircraft", "clock", "action_mask")

NODE_FEATURES = len(VERTIPORT_FEATURES) + len(DESTINATION_FEATURES) + NUM_PROSPECTS + 3
"""Of a vertiport; the last three: open lanes out and in (shares), passengers waiting to come / 50."""

SERIES_FEATURES = 4
"""Of a vertiport and hour: expected passengers out and in, mean fare out, current fares' spread."""

INPUT_LIMIT = 10.0
MASKED = -1e9
VALUES = 2


def condense(observations: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Inputs of the network from batched observations of :mod:`uam.observation` with ``prospects`` ``[B, N, P]``."""
    lanes, remaining = observations["lanes"], observations["remaining"]
    mask = observations["vertiport_mask"]
    count = mask.sum(-1, keepdim=True).clamp(min=1)
    coming = remaining.sum(1) / count
    lanes_out = lanes.mean(-1).sum(2) / count
    lanes_in = lanes.mean(-1).sum(1) / count
    nodes = torch.cat(
        [
            observations["vertiports"],
            observations["destinations"],
            observations["prospects"],
            torch.stack([lanes_out, lanes_in, coming], -1),
        ],
        -1,
    )
    return {
        "nodes": nodes.clamp(-INPUT_LIMIT, INPUT_LIMIT),
        "aircraft": observations["aircraft"].clamp(-INPUT_LIMIT, INPUT_LIMIT),
        "clock": observations["clock"],
        "action_mask": observations["action_mask"].bool(),
    }


class DayCode(NamedTuple):
    """What is computed once a day, for D days."""

    series: Tensor  # [D, N, H, w] of every vertiport and hour
    pooled: Tensor  # [D, N, w] mean over the hours
    graph: Tensor  # [D, N, N] Laplacian, or what the encoder needs
    vertiport_mask: Tensor  # [D, N]
    aircraft_mask: Tensor  # [D, K]
    flat: Tensor  # [D, f] everything flattened, for the mlp


class CaptainNetwork(nn.Module):
    """Logits over the vertiports and the value of the state.

    Parameters
    ----------
    config
        Sizes.
    hours
        Hours of the series; the position of an hour is encoded by sines, so other numbers are taken too, except by the
        ``mlp``.
    """

    def __init__(self, config: NetworkConfig, hours: int = 12) -> None:
        super().__init__()
        self.config, self.hours = config, hours
        h, e, w = config.width, config.aircraft_width, config.series_width
        if config.encoder == "mlp":
            n, k = config.vertiports, config.aircraft
            inputs = n * NODE_FEATURES + k * len(AIRCRAFT_FEATURES) + 2 + 2 * n * n * hours
            self.actor = nn.Sequential(nn.Linear(inputs, h), nn.LeakyReLU(SLOPE), nn.Linear(h, n))
            self.critic = nn.Sequential(nn.Linear(inputs, h), nn.LeakyReLU(SLOPE), nn.Linear(h, VALUES))
            return
        self.series_in = nn.Linear(SERIES_FEATURES, w)
        if config.series == "transformer":
            self.transformer = nn.ModuleList(
                TransformerLayer(w, config.series_heads) for _ in range(config.series_layers)
            )
            series = 3 * w
        else:
            series = 0
        self.nodes_in = nn.Linear(NODE_FEATURES + series, h)
        self.aircraft_in = nn.Linear(len(AIRCRAFT_FEATURES), e)
        self.vertiport_layers = nn.ModuleList(self._convolution(h) for _ in range(config.layers))
        self.aircraft_layers = nn.ModuleList(self._convolution(e) for _ in range(config.layers))
        self.lanes = nn.Linear(2, h)
        self.context = nn.Linear(3 * h + 2 * e + (w if series else 0) + 2, h)
        self.graph_query = nn.Linear(h, h, bias=False)
        self.keys = nn.Linear(h, 3 * h, bias=False)
        self.glimpse = nn.Linear(h, h, bias=False)
        # The logit's own view of a node: what compatibility alone would have to learn by products.
        self.residual = nn.Sequential(nn.Linear(2 * h, h), nn.LeakyReLU(SLOPE), nn.Linear(h, 1))
        self.skip = nn.Linear(NODE_FEATURES, 1, bias=False)
        self.value = nn.Sequential(nn.Linear(h, h), nn.Tanh(), nn.Linear(h, VALUES))
        nn.init.zeros_(self.skip.weight)

    def _convolution(self, width: int) -> nn.Module:
        if self.config.encoder == "gcn":
            return GraphConvolution(width)
        return CapsuleConvolution(width, self.config.moments, self.config.order)

    def encode_days(self, static: Mapping[str, Tensor]) -> DayCode:
        """Encode the parts :data:`STATIC_INPUTS` ``[D, ...]`` of observations, which stay the same during a day."""
        adjacency, forecast, fares = static["adjacency"], static["forecast"], static["fares"]
        mask = static["vertiport_mask"]
        days, n = mask.shape
        empty = adjacency.new_zeros(days, n, forecast.shape[-1], 0)
        if self.config.encoder == "mlp":
            flat = torch.cat([forecast.flatten(1), fares.flatten(1)], 1)
            return DayCode(empty, empty[:, :, 0], adjacency, mask, static["aircraft_mask"], flat)
        graph = (normalised_adjacency if self.config.encoder == "gcn" else normalised_laplacian)(adjacency)
        if self.config.series == "none":
            return DayCode(empty, empty[:, :, 0], graph, mask, static["aircraft_mask"], empty[:, 0, 0])
        others = mask.sum(-1).clamp(min=2)[:, None, None] - 1
        pairs = mask[:, :, None, None] * mask[:, None, :, None]
        mean_fare = (fares * pairs).sum(2) / others
        tokens = torch.stack(
            [forecast.sum(2) / others, forecast.sum(1) / others, mean_fare, fares.amax(2) - mean_fare], -1
        )
        code = self.series_in(tokens) + sinusoids(tokens.shape[2], self.config.series_width, tokens)
        code = code.flatten(0, 1)
        for layer in self.transformer:
            code = layer(code)
        code = code.unflatten(0, (days, n))
        return DayCode(code, code.mean(2), graph, mask, static["aircraft_mask"], empty[:, 0, 0])

    def forward(self, inputs: Mapping[str, Tensor], code: DayCode, day: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Masked logits ``[B, N]`` and values ``[B, 2]``; decision ``b`` is of day ``day[b]`` (default: b).

        The first value is of the fleet, the second of the deciding aircraft alone.
        """
        nodes, aircraft, clock, allowed = (inputs[name] for name in DYNAMIC_INPUTS)
        if day is None:
            day = torch.arange(len(nodes), device=nodes.device)
        if self.config.encoder == "mlp":
            if nodes.shape[1] != self.config.vertiports or aircraft.shape[1] != self.config.aircraft:
                raise ValueError("the mlp was made for another size")
            flat = torch.cat([nodes.flatten(1), aircraft.flatten(1), clock, code.flat[day]], 1)
            return self.actor(flat).masked_fill(~allowed, MASKED), self.critic(flat)
        vertiport_mask = code.vertiport_mask[day]
        embedded, mean, context = self._encode(nodes, aircraft, clock, code, day)
        batch, n, h = embedded.shape
        heads = self.config.heads
        query = self.graph_query(mean) + context
        keys, values, last = self.keys(embedded).split(h, -1)
        # Single-query attention: one product per head.
        weights = torch.einsum("bhd,bnhd->bhn", query.view(batch, heads, -1), keys.reshape(batch, n, heads, -1))
        weights = weights / (h / heads) ** 0.5 + (1 - vertiport_mask).unsqueeze(1) * MASKED
        mixed = torch.einsum("bhn,bnhd->bhd", weights.softmax(-1), values.reshape(batch, n, heads, -1))
        glimpse = self.glimpse(mixed.reshape(batch, h))
        logits = (last @ glimpse.unsqueeze(-1)).squeeze(-1) / h**0.5
        with_query = torch.cat([embedded, query.unsqueeze(1).expand(-1, n, -1)], -1)
        logits = logits + self.residual(with_query).squeeze(-1) + self.skip(nodes).squeeze(-1)
        return logits.masked_fill(~allowed, MASKED), self.value(context)

    def _encode(
        self, nodes: Tensor, aircraft: Tensor, clock: Tensor, code: DayCode, day: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Embeddings of the vertiports ``[B, N, h]``, their mean, and the context ``[B, h]``."""
        valid = code.vertiport_mask[day]
        mask, count = valid.unsqueeze(-1), valid.sum(-1, keepdim=True).clamp(min=1)
        here = nodes[:, :, len(VERTIPORT_FEATURES) - 1 : len(VERTIPORT_FEATURES)]
        with_series, more = nodes, []
        if self.config.series == "transformer":
            hours = code.series.shape[2]
            hour = (clock[:, 0] * hours).long().clamp(max=hours - 1)
            pooled = code.pooled[day]
            now, soon = code.series[day, :, hour], code.series[day, :, (hour + 1).clamp(max=hours - 1)]
            with_series = torch.cat([nodes, pooled, now, soon], -1)
            more.append((pooled * mask).sum(1) / count)
        embedded = self.nodes_in(with_series) * mask
        graph = code.graph[day]
        for layer in self.vertiport_layers:
            embedded = layer(embedded, graph) * mask
        mean = embedded.sum(1) / count

        fleet_mask = code.aircraft_mask[day]
        weights = similarity(aircraft, fleet_mask)
        operator = (normalised_adjacency if self.config.encoder == "gcn" else normalised_laplacian)(weights)
        fleet = self.aircraft_in(aircraft)
        for layer in self.aircraft_layers:
            fleet = layer(fleet, operator)
        fleet = fleet * fleet_mask.unsqueeze(-1)
        deciding = (fleet * aircraft[:, :, -1:]).sum(1)
        fleet_mean = fleet.sum(1) / fleet_mask.sum(-1, keepdim=True).clamp(min=1)

        corridors = functional.leaky_relu(self.lanes(nodes[:, :, -3:-1]), SLOPE)
        corridors = (corridors * mask).sum(1) / count
        parts = [mean, (embedded * here).sum(1), corridors, deciding, fleet_mean, *more, clock]
        return embedded, mean, self.context(torch.cat(parts, -1))


class TransformerLayer(nn.Module):
    """Self-attention and feed-forward over the hours, each with residual and LayerNorm before (Xiong et al. 2020)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.feed = nn.Sequential(nn.Linear(width, 4 * width), nn.LeakyReLU(SLOPE), nn.Linear(4 * width, width))

    def forward(self, tokens: Tensor) -> Tensor:
        """``[B, T, w]`` to the same."""
        batch, length, width = tokens.shape
        q, k, v = self.qkv(self.first(tokens)).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, length, width)
        tokens = tokens + self.out(mixed)
        return tokens + self.feed(self.second(tokens))


def sinusoids(length: int, width: int, like: Tensor) -> Tensor:
    """Position codes ``[length, width]`` (Vaswani et al. 2017)."""
    position = torch.arange(length, dtype=like.dtype, device=like.device).unsqueeze(1)
    rate = torch.exp(torch.arange(0, width, 2, dtype=like.dtype, device=like.device) * (-4.0 / width) * 2.302585)
    angle = position * rate
    return torch.stack([angle.sin(), angle.cos()], -1).flatten(1)[:, :width]
