"""Behaviour cloning: cross-entropy on an expert's decisions."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from uam.learn.network import CaptainNetwork
from uam.learn.rollout import Episodes


def clone_epoch(
    network: CaptainNetwork,
    optimiser: torch.optim.Optimizer,
    data: tuple[dict[str, Tensor], Tensor, Tensor, dict[str, Tensor]],
    generator: torch.Generator,
    *,
    minibatch: int = 256,
) -> dict[str, float]:
    """One pass over :meth:`~uam.learn.rollout.Episodes.stacked` decisions; mean loss, share of equal actions."""
    inputs, actions, day, static = data
    loss_sum = equal = 0.0
    order = torch.randperm(len(actions), generator=generator)
    for chosen in order.split(minibatch):
        # Only the days of the minibatch are encoded.
        which, position = day[chosen].unique(return_inverse=True)
        code = network.encode_days({name: value[which] for name, value in static.items()})
        logits, _ = network({name: value[chosen] for name, value in inputs.items()}, code, position)
        loss = functional.cross_entropy(logits, actions[chosen])
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        loss_sum += float(loss.detach()) * len(chosen)
        equal += float((logits.argmax(-1) == actions[chosen]).sum())
    return {"loss": loss_sum / len(actions), "agreement": equal / len(actions)}


__all__ = ["Episodes", "clone_epoch"]
