"""The policy network in torch, for training; :mod:`jssp.learn.paper.forward` is the same function for rollouts.

Tassel, Gebser and Schekotihin (ICAPS 2023): embedding width 8.  A first encoder attends over the five tokens of a job,
its mean is the vector of the job; a second one attends over jobs that compete for a machine right now.  Two small heads
give one logit per job and, averaged over the jobs, that of the No-Op.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

WIDTH = 8
FEED_FORWARD = 32
HEAD = 32
PARAMETERS = 2442
"""Number of parameters of :class:`PaperNetwork`."""

ILLEGAL = -3.4e38
"""Logit of illegal actions, as published."""

POSITION_BASE = 10000.0
LEGACY_POSITIONS = 100
"""Length of the published position table; the formula has no end."""


class PaperNetwork(nn.Module):
    """2,442 parameters, equivariant under permutations of the jobs, for any number of jobs and operations.

    Parameters
    ----------
    legacy
        Average over padding tokens too, as published; otherwise over the tokens that may be attended to.
    """

    def __init__(self, *, legacy: bool = False) -> None:
        super().__init__()
        self.legacy = legacy
        self.fixed = nn.Embedding(2, 1)
        self.next = nn.Embedding(2, 1)
        self.special = nn.Embedding(3, 4)
        self.embed = nn.Linear(4, WIDTH)
        self.tokens = _encoder()
        self.jobs = _encoder()
        self.job_head = _head()
        self.noop_head = _head()
        nn.init.xavier_uniform_(self.embed.weight)
        nn.init.zeros_(self.embed.bias)

    def forward(self, observation: dict[str, Tensor]) -> Tensor:
        """Logits of all actions, illegal ones at :data:`ILLEGAL`.

        Parameters
        ----------
        observation
            The tensors of :mod:`jssp.env.observation` with a leading axis [state].

        Returns
        -------
        Tensor
            Shape [state, jobs + 1].
        """
        rep, kinds = observation["interval_rep"], observation["start_end_tokens"]
        count, n, window, _ = rep.shape
        # Features first: with eight of them, rows as long as the batch are twice as fast as torch's own encoder layer.
        parts = rep.reshape(count * n, window, 4).permute(2, 1, 0)
        kind = kinds.reshape(count * n, window).t().long()
        ignored = observation["attention_interval_mask"].reshape(count * n, window).t().bool()
        real = kind == 0
        values = torch.stack((_flag(self.fixed, parts[0]), parts[1], parts[2], _flag(self.next, parts[3])))
        special = self.special.weight[kind.clamp(min=1)].permute(2, 0, 1)
        values = torch.where(real, values, special)
        place = positions(observation["index_interval"].reshape(count * n, window).t()).permute(2, 0, 1)
        hidden = _affine(self.embed, values.flatten(1)) + (place * real).flatten(1)
        query, key, value = _projected(self.tokens, hidden).reshape(3, WIDTH, window, count * n)
        scores = (query[:, :, None] * key[:, None]).sum(dim=0) / math.sqrt(WIDTH)
        shares = torch.softmax(scores.masked_fill(ignored[None], -math.inf), dim=1)
        mixed = (shares[None] * value[:, None]).sum(dim=2)
        hidden = _feed(self.tokens, hidden + _affine(self.tokens.self_attn.out_proj, mixed.flatten(1)))
        rows = hidden.reshape(WIDTH, window, count * n)
        kept = torch.ones_like(ignored) if self.legacy else ~ignored
        job = (rows * kept).sum(dim=1) / kept.sum(dim=0)
        z = self._compete(job, observation["job_resource_mask"][:, :n, :n].bool())
        logits = torch.cat((_scores(self.job_head, z, n), _scores(self.noop_head, z, n).mean(1, keepdim=True)), dim=1)
        return logits.masked_fill(~observation["action_mask"].bool(), ILLEGAL)

    def _compete(self, job: Tensor, rivals: Tensor) -> Tensor:
        """Second encoder: vectors [8, state * job] that know of the jobs they compete with; with the outer residual."""
        count, n, _ = rivals.shape
        query, key, value = _projected(self.jobs, job).reshape(3, WIDTH, count, n).permute(0, 2, 3, 1)
        scores = torch.bmm(query, key.transpose(1, 2)) / math.sqrt(WIDTH)
        shares = torch.softmax(scores.masked_fill(~rivals, -math.inf), dim=2)
        mixed = torch.bmm(shares, value).permute(2, 0, 1).flatten(1)
        return _feed(self.jobs, job + _affine(self.jobs.self_attn.out_proj, mixed)) + job

    def log_probabilities(self, observation: dict[str, Tensor]) -> Tensor:
        """Logarithms of the action probabilities at temperature 1, shape [state, jobs + 1]."""
        return torch.log_softmax(self(observation), dim=-1)


def positions(index: Tensor) -> Tensor:
    """Sinusoidal position vectors of ``index`` (any shape), one axis of :data:`WIDTH` behind it."""
    rates = torch.exp(torch.arange(0, WIDTH, 2, device=index.device) * (-math.log(POSITION_BASE) / WIDTH))
    angles = index.unsqueeze(-1).to(torch.float32) * rates
    return torch.stack((torch.sin(angles), torch.cos(angles)), dim=-1).flatten(-2)


def _flag(embedding: nn.Embedding, flags: Tensor) -> Tensor:
    """The one number that a 0/1 flag is embedded as."""
    no, yes = embedding.weight[0, 0], embedding.weight[1, 0]
    return no + (yes - no) * flags


def _affine(layer: nn.Linear, x: Tensor) -> Tensor:
    """``layer`` on x [input, any]."""
    return torch.addmm(layer.bias[:, None], layer.weight, x)


def _norm(layer: nn.LayerNorm, x: Tensor) -> Tensor:
    """``layer`` on x [8, any], along the first axis."""
    centred = x - x.mean(dim=0, keepdim=True)
    variance = (centred * centred).mean(dim=0, keepdim=True)
    return centred * torch.rsqrt(variance + layer.eps) * layer.weight[:, None] + layer.bias[:, None]


def _projected(layer: nn.TransformerEncoderLayer, x: Tensor) -> Tensor:
    """Query, key and value of the normed x [8, any], shape [24, any]."""
    attention = layer.self_attn
    return torch.addmm(attention.in_proj_bias[:, None], attention.in_proj_weight, _norm(layer.norm1, x))


def _feed(layer: nn.TransformerEncoderLayer, x: Tensor) -> Tensor:
    """x [8, any] and the feed-forward part of ``layer``."""
    hidden = torch.relu(_affine(layer.linear1, _norm(layer.norm2, x)))
    return x + _affine(layer.linear2, hidden)


def _scores(head: nn.Sequential, z: Tensor, n: int) -> Tensor:
    """One number per job, [state, job], from z [8, state * job]."""
    first, last = head[0], head[2]
    assert isinstance(first, nn.Linear)
    assert isinstance(last, nn.Linear)
    return _affine(last, torch.tanh(_affine(first, z))).reshape(-1, n)


def _encoder() -> nn.TransformerEncoderLayer:
    """The parameters of a pre-norm encoder layer with one head and no dropout."""
    return nn.TransformerEncoderLayer(
        WIDTH, 1, dim_feedforward=FEED_FORWARD, dropout=0.0, activation="relu", batch_first=True, norm_first=True
    )


def _head() -> nn.Sequential:
    first, last = nn.Linear(WIDTH, HEAD), nn.Linear(HEAD, 1)
    for layer, gain in ((first, math.sqrt(2.0)), (last, 0.01)):
        nn.init.orthogonal_(layer.weight, gain)
        nn.init.zeros_(layer.bias)
    return nn.Sequential(first, nn.Tanh(), last)
