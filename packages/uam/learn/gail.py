"""Generative adversarial imitation (Ho and Ermon 2016): rewards for decisions that look like the expert's.

The discriminator is a small network of the same kind as the policy; its logit for a decision is the one at the chosen
vertiport, so it is as indifferent to numbers of vertiports and aircraft as the policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from uam.learn.config import NetworkConfig
from uam.learn.network import CaptainNetwork
from uam.learn.ppo import Played

Data = tuple[dict[str, Tensor], Tensor, Tensor, dict[str, Tensor]]
"""Inputs, actions, days and static parts, as :meth:`uam.learn.rollout.Episodes.stacked` gives them."""


class Discriminator(torch.nn.Module):
    """Tells the expert's decisions (high logits) from the policy's.

    Parameters
    ----------
    config
        Of the policy; the discriminator is half as wide.
    reward_weight
        Scale of the rewards.
    reward
        ``logit``: ``log D - log(1 - D)`` (Fu et al. 2018); ``softplus``: ``-log(1 - D)``, which is never negative and
        so favours days of many decisions.
    """

    def __init__(self, config: NetworkConfig, *, reward_weight: float = 0.02, reward: str = "logit") -> None:
        super().__init__()
        half = config if config.encoder == "mlp" else replace(config, width=config.width // 2)
        self.network = CaptainNetwork(half)
        self.reward_weight, self.reward = reward_weight, reward

    def forward(
        self, inputs: Mapping[str, Tensor], static: Mapping[str, Tensor], day: Tensor, actions: Tensor
    ) -> Tensor:
        """Logits ``[B]`` that the expert made these decisions."""
        which, position = day.unique(return_inverse=True)
        code = self.network.encode_days({name: value[which] for name, value in static.items()})
        logits, _ = self.network(inputs, code, position)
        return logits.gather(1, actions.unsqueeze(1)).squeeze(1)

    @torch.no_grad()
    def rewards(self, inputs: dict[str, Tensor], static: dict[str, Tensor], day: Tensor, actions: Tensor) -> Tensor:
        """Rewards ``[B]`` of decisions."""
        parts = [
            self({name: value[chosen] for name, value in inputs.items()}, static, day[chosen], actions[chosen])
            for chosen in torch.arange(len(actions)).split(2048)
        ]
        logits = torch.cat(parts).clamp(-5, 5)
        return self.reward_weight * (functional.softplus(logits) if self.reward == "softplus" else logits)


def discriminate(
    discriminator: Discriminator,
    optimiser: torch.optim.Optimizer,
    expert: Data,
    played: Played,
    generator: torch.Generator,
    *,
    minibatch: int = 512,
    smoothing: float = 0.1,
    most: int = 4096,
) -> dict[str, float]:
    """One pass of the discriminator over at most ``most`` decisions of each side; mean loss and accuracy."""
    inputs, actions, day, static = expert
    count = min(most, len(actions), len(played.actions))
    ours = torch.randperm(len(played.actions), generator=generator)[:count]
    theirs = torch.randperm(len(actions), generator=generator)[:count]
    loss_sum = right = 0.0
    for a, b in zip(theirs.split(minibatch), ours.split(minibatch), strict=True):
        high = discriminator({n: v[a] for n, v in inputs.items()}, static, day[a], actions[a])
        ours_inputs = {n: v[b] for n, v in played.inputs.items()}
        low = discriminator(ours_inputs, played.static, played.day[b], played.actions[b])
        loss = 0.5 * (
            functional.binary_cross_entropy_with_logits(high, torch.full_like(high, 1 - smoothing))
            + functional.binary_cross_entropy_with_logits(low, torch.full_like(low, smoothing))
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        loss_sum += float(loss.detach()) * len(a)
        right += float((high > 0).sum() + (low < 0).sum()) / 2
    return {"discriminator_loss": loss_sum / count, "discriminator_accuracy": right / count}
