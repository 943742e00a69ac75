"""One decision at a time without torch: the same network in numpy, several times faster for a single state.

Weights are folded where nothing stands between two linear maps.  Only the capsule and graph encoders are here; the
days are encoded by torch, once each.  Tests hold logits equal to :class:`uam.learn.network.CaptainNetwork`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from uam._checks import Flags
from uam.learn.graph import SLOPE
from uam.learn.network import INPUT_LIMIT, CaptainNetwork, DayCode
from uam.observation import VERTIPORT_FEATURES

Array = np.ndarray[Any, np.dtype[np.float32]]
_EPSILON = 1e-5
"""Of LayerNorm, as in torch."""


class FastNetwork:
    """Logits ``[N]`` of single decisions of one day.

    Raises
    ------
    ValueError
        The network is an mlp, which is fast enough in torch.
    """

    def __init__(self, network: CaptainNetwork) -> None:
        if network.config.encoder == "mlp":
            raise ValueError("an mlp has no fast form")
        self.config = network.config
        self._w = {
            name: np.ascontiguousarray(value.detach().numpy().T if value.dim() == 2 else value.detach().numpy())
            for name, value in network.state_dict().items()
        }

    def start_day(self, code: DayCode) -> None:
        """Take the code of a day ``[1, ...]`` without padding."""
        w, h = self._w, self.config.width
        self._graph: Array = code.graph[0].numpy()
        n = len(self._graph)
        self._eye = np.eye(code.aircraft_mask.shape[1], dtype=np.float32)
        self._series = code.series[0].numpy()
        self._pooled_mean = code.pooled[0].numpy().mean(0)
        into = w["nodes_in.weight"]
        # The share of the embedding that depends on the hour alone, for every hour: [H, N, h].
        if self.config.series == "transformer":
            width = self.config.series_width
            first = len(into) - 3 * width
            hours = self._series.shape[1]
            pooled = code.pooled[0].numpy() @ into[first : first + width]
            now = self._series @ into[first + width : first + 2 * width]
            soon = self._series @ into[first + 2 * width :]
            later = np.minimum(np.arange(hours) + 1, hours - 1)
            self._by_hour = np.ascontiguousarray((pooled[:, None] + now + soon[:, later]).transpose(1, 0, 2))
            self._into = np.ascontiguousarray(into[:first])
        else:
            hours = 1
            self._by_hour = np.zeros((1, n, h), dtype=np.float32)
            self._into = into
        self._hours = hours

    def logits(self, arrays: Mapping[str, np.ndarray[Any, np.dtype[Any]]]) -> Array:
        """Logits ``[N]``, minus infinity where the mask forbids, of the observation ``[1, ...]`` of a decision."""
        w, config = self._w, self.config
        h = config.width
        vertiports = arrays["vertiports"][0]
        n = len(vertiports)
        lanes, remaining = arrays["lanes"][0], arrays["remaining"][0]
        open_share = lanes.mean(-1)
        corridors = np.stack([open_share.sum(1) / n, open_share.sum(0) / n], -1)
        nodes = np.concatenate(
            [
                vertiports,
                arrays["destinations"][0],
                arrays["prospects"][0],
                corridors,
                (remaining.sum(0) / n)[:, None],
            ],
            -1,
        )
        np.clip(nodes, -INPUT_LIMIT, INPUT_LIMIT, out=nodes)
        aircraft = np.clip(arrays["aircraft"][0], -INPUT_LIMIT, INPUT_LIMIT)
        clock = arrays["clock"][0]
        hour = min(int(clock[0] * self._hours), self._hours - 1)

        embedded = nodes @ self._into + w["nodes_in.bias"] + self._by_hour[hour]
        for layer in range(config.layers):
            embedded = self._convolve(f"vertiport_layers.{layer}.", embedded, self._graph)
        mean = embedded.mean(0)
        operator = self._fleet_operator(aircraft)
        fleet = aircraft @ w["aircraft_in.weight"] + w["aircraft_in.bias"]
        for layer in range(config.layers):
            fleet = self._convolve(f"aircraft_layers.{layer}.", fleet, operator)
        ways = _leaky(nodes[:, -3:-1] @ w["lanes.weight"] + w["lanes.bias"]).mean(0)
        here = nodes[:, len(VERTIPORT_FEATURES) - 1] @ embedded
        parts = [mean, here, ways, aircraft[:, -1] @ fleet, fleet.mean(0)]
        if config.series == "transformer":
            parts.append(self._pooled_mean)
        context = np.concatenate([*parts, clock]) @ w["context.weight"] + w["context.bias"]

        query = mean @ w["graph_query.weight"] + context
        keys_values = embedded @ w["keys.weight"]
        heads, size = config.heads, h // config.heads
        keys = keys_values[:, :h].reshape(n, heads, size)
        scores = (keys * query.reshape(1, heads, size)).sum(-1) / np.float32(size**0.5)
        scores = np.exp(scores - scores.max(0))
        scores /= scores.sum(0)
        values = keys_values[:, h : 2 * h].reshape(n, heads, size)
        glimpse = (scores[:, :, None] * values).sum(0).reshape(h) @ w["glimpse.weight"]
        logits = keys_values[:, 2 * h :] @ glimpse / np.float32(h**0.5)
        first = w["residual.0.weight"]
        hidden = _leaky(embedded @ first[:h] + (query @ first[h:] + w["residual.0.bias"]))
        logits += (hidden @ w["residual.2.weight"])[:, 0] + w["residual.2.bias"][0] + (nodes @ w["skip.weight"])[:, 0]
        allowed: Flags = arrays["action_mask"][0].astype(np.bool_)
        return np.where(allowed, logits, np.float32(-np.inf))

    def _fleet_operator(self, aircraft: Array) -> Array:
        """What the aircraft's convolutions multiply by; see :mod:`uam.learn.graph`."""
        squares = (aircraft * aircraft).sum(-1)
        distance = np.sqrt(np.maximum(squares[:, None] + squares - 2 * (aircraft @ aircraft.T), 0))
        weights = 1 / (1 + distance)
        np.fill_diagonal(weights, 0)
        if self.config.encoder == "gcn":
            weights += self._eye
        degree = weights.sum(-1)
        scale = np.where(degree > 0, 1 / np.sqrt(np.maximum(degree, 1e-12)), 0).astype(np.float32)
        scaled = scale[:, None] * weights * scale
        return scaled if self.config.encoder == "gcn" else self._eye * (degree > 0) - scaled

    def _convolve(self, name: str, nodes: Array, operator: Array) -> Array:
        w, width = self._w, nodes.shape[1]
        if self.config.encoder == "gcn":
            total = operator @ (nodes @ w[name + "mix.weight"] + w[name + "mix.bias"])
        else:
            powers = [nodes]
            for _ in range(1, self.config.moments):
                powers.append(powers[-1] * nodes)
            mixed = np.concatenate(powers, -1) @ w[name + "mix.weight"]
            order = self.config.order
            total = mixed[:, order * width :]
            for k in range(order - 1, -1, -1):
                total = mixed[:, k * width : (k + 1) * width] + operator @ total
            total = total + w[name + "bias"]
        out = nodes + _leaky(total)
        out -= out.mean(-1, keepdims=True)
        out /= np.sqrt((out * out).mean(-1, keepdims=True) + np.float32(_EPSILON))
        return np.asarray(out * w[name + "norm.weight"] + w[name + "norm.bias"])


def _leaky(values: Array) -> Array:
    return np.where(values > 0, values, np.float32(SLOPE) * values)
