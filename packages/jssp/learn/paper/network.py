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
        rep, kinds = observation["interval_rep"], observation["start_end_tokens"].long()
        ignored = observation["attention_interval_mask"].bool()
        count, n, window, _ = rep.shape
        flags = rep.long()
        values = torch.cat((self.fixed(flags[..., 0]), rep[..., 1:3], self.next(flags[..., 3])), dim=-1)
        real = (kinds == 0).unsqueeze(-1)
        values = torch.where(real, values, self.special(kinds))
        hidden = self.embed(values) + real * positions(observation["index_interval"])
        rows = hidden.reshape(count * n, window, WIDTH)
        padding = ignored.reshape(count * n, window)
        rows = self.tokens(rows, src_key_padding_mask=padding)
        if self.legacy:
            job = rows.mean(dim=1)
        else:
            kept = (~padding).unsqueeze(-1).to(rows.dtype)
            job = (rows * kept).sum(dim=1) / kept.sum(dim=1)
        job = job.reshape(count, n, WIDTH)
        apart = ~observation["job_resource_mask"][:, :n, :n].bool()
        job = self.jobs(job, src_mask=apart) + job
        logits = torch.cat((self.job_head(job).squeeze(-1), self.noop_head(job).mean(dim=1)), dim=1)
        return logits.masked_fill(~observation["action_mask"].bool(), ILLEGAL)

    def log_probabilities(self, observation: dict[str, Tensor]) -> Tensor:
        """Logarithms of the action probabilities at temperature 1, shape [state, jobs + 1]."""
        return torch.log_softmax(self(observation), dim=-1)


def positions(index: Tensor) -> Tensor:
    """Sinusoidal position vectors of ``index`` (any shape), one axis of :data:`WIDTH` behind it."""
    rates = torch.exp(torch.arange(0, WIDTH, 2, device=index.device) * (-math.log(POSITION_BASE) / WIDTH))
    angles = index.unsqueeze(-1).to(torch.float32) * rates
    return torch.stack((torch.sin(angles), torch.cos(angles)), dim=-1).flatten(-2)


def _encoder() -> nn.TransformerEncoderLayer:
    """Pre-norm, one head, no dropout; one head also keeps torch from its fused path, so all paths agree."""
    return nn.TransformerEncoderLayer(
        WIDTH, 1, dim_feedforward=FEED_FORWARD, dropout=0.0, activation="relu", batch_first=True, norm_first=True
    )


def _head() -> nn.Sequential:
    first, last = nn.Linear(WIDTH, HEAD), nn.Linear(HEAD, 1)
    for layer, gain in ((first, math.sqrt(2.0)), (last, 0.01)):
        nn.init.orthogonal_(layer.weight, gain)
        nn.init.zeros_(layer.bias)
    return nn.Sequential(first, nn.Tanh(), last)
