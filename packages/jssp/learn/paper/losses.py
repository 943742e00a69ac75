"""The two policy-gradient phases of an update: clipped ratios, no critic, no entropy bonus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from jssp.learn.paper.network import PaperNetwork
    from jssp.learn.paper.samples import RawArrays, Samples


@dataclass(frozen=True, slots=True)
class PhaseFigures:
    """How a phase went: optimiser steps, epochs, mean approximate KL of the last epoch, and mean loss of it."""

    steps: int
    epochs: int
    kl: float
    loss: float


def tensors(states: RawArrays, chosen: Any) -> dict[str, Tensor]:
    """The network's inputs for the states with indices ``chosen``."""
    import torch

    group = torch.from_numpy(states["group"][chosen])
    n = group.shape[1]
    rivals = (group.unsqueeze(2) == group.unsqueeze(1)) & (group.unsqueeze(2) >= 0)
    rivals |= torch.eye(n, dtype=torch.bool)
    return {
        "interval_rep": torch.from_numpy(states["interval_rep"][chosen]),
        "start_end_tokens": torch.from_numpy(states["start_end_tokens"][chosen].astype(np.int64)),
        "index_interval": torch.from_numpy(states["index_interval"][chosen]),
        "attention_interval_mask": torch.from_numpy(states["attention_interval_mask"][chosen]),
        "action_mask": torch.from_numpy(states["action_mask"][chosen]),
        "job_resource_mask": rivals,
    }


def log_probabilities(network: PaperNetwork, samples: Samples, chosen: Any) -> Tensor:
    """log pi(action | state) of the samples with indices ``chosen``; every state is evaluated once."""
    import torch

    states, where = np.unique(samples.state[chosen], return_inverse=True)
    table = network.log_probabilities(tensors(samples.states, states))
    return table[torch.from_numpy(where), torch.from_numpy(samples.action[chosen])]


def clipped_loss(log_ratio: Tensor, advantage: Tensor, clip: float) -> Tensor:
    """mean(max(-A r, -A clip(r, 1 - clip, 1 + clip))) with r = exp(log_ratio)."""
    import torch

    ratio = log_ratio.exp()
    return torch.maximum(-advantage * ratio, -advantage * ratio.clamp(1 - clip, 1 + clip)).mean()


def run_phase(
    network: PaperNetwork,
    optimiser: torch.optim.Optimizer,
    samples: Samples,
    old: Tensor,
    *,
    clip: float,
    epochs: int,
    minibatches: int,
    target_kl: float,
    rng: np.random.Generator,
) -> PhaseFigures:
    """Up to ``epochs`` passes over ``samples``; ends after an epoch whose mean approximate KL exceeds ``target_kl``.

    ``old`` are the log-probabilities under the rollout policy.  Approximate KL is mean((r - 1) - log r).
    """
    import torch

    count = len(samples)
    size = max(count // minibatches, 1)
    advantage = torch.from_numpy(samples.advantage)
    steps = done = 0
    kl = loss_value = 0.0
    for epoch in range(epochs if count else 0):
        order = rng.permutation(count)
        kls, losses = [], []
        for first in range(0, count - size + 1, size):
            chosen = order[first : first + size]
            log_ratio = log_probabilities(network, samples, chosen) - old[chosen]
            loss = clipped_loss(log_ratio, advantage[chosen], clip)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            steps += 1
            with torch.no_grad():
                kls.append(float(((log_ratio.exp() - 1) - log_ratio).mean()))
                losses.append(float(loss))
        done, kl, loss_value = epoch + 1, float(np.mean(kls)), float(np.mean(losses))
        if kl > target_kl:
            break
    return PhaseFigures(steps, done, kl, loss_value)


def old_log_probabilities(network: PaperNetwork, samples: Samples, chunk: int = 512) -> Tensor:
    """:func:`log_probabilities` of all samples without gradients."""
    import torch

    with torch.no_grad():
        parts = [
            log_probabilities(network, samples, np.arange(first, min(first + chunk, len(samples))))
            for first in range(0, len(samples), chunk)
        ]
    return torch.cat(parts) if parts else torch.zeros(0)
