"""CapTAIN as a policy of sb3-contrib's MaskablePPO."""

from __future__ import annotations

from typing import Any

import torch
from sb3_contrib.common.maskable.policies import MaskableMultiInputActorCriticPolicy
from torch import Tensor

from uam.learn.config import NetworkConfig
from uam.learn.network import STATIC_INPUTS, CaptainNetwork, condense


class CaptainSb3Policy(MaskableMultiInputActorCriticPolicy):
    """Actor and critic of sb3-contrib, both from one :class:`~uam.learn.network.CaptainNetwork` in ``captain``.

    The observations are those of :class:`uam.learn.env.CaptainEnv`; masks come from its ``action_masks``.  The first
    of the network's two values is the critic.

    Parameters
    ----------
    network
        Settings of the network; default: :class:`~uam.learn.config.NetworkConfig`.
    hours
        Hours of the day.
    """

    def __init__(self, *args: Any, network: NetworkConfig | None = None, hours: int = 12, **kwargs: Any) -> None:
        self._network_config, self._hours = network or NetworkConfig(), hours
        # The own layers of sb3 stay as small as they can be; they are replaced in _build.
        super().__init__(*args, **{**kwargs, "net_arch": []})

    def _build(self, lr_schedule: Any) -> None:
        super()._build(lr_schedule)
        self.captain = CaptainNetwork(self._network_config, self._hours)
        del self.action_net, self.value_net, self.mlp_extractor
        arguments: dict[str, Any] = {"lr": lr_schedule(1), **self.optimizer_kwargs}
        self.optimizer = self.optimizer_class(self.captain.parameters(), **arguments)

    def logits_and_values(self, obs: Any) -> tuple[Tensor, Tensor]:
        """Logits ``[B, N]`` and the critic's values ``[B, 1]``."""
        code = self.captain.encode_days({name: obs[name] for name in STATIC_INPUTS})
        logits, values = self.captain(condense(obs), code)
        return logits, values[:, :1]

    def forward(self, obs: Any, deterministic: bool = False, action_masks: Any = None) -> tuple[Tensor, Tensor, Tensor]:
        logits, values = self.logits_and_values(obs)
        distribution = self._distribution(logits, action_masks)
        actions = distribution.get_actions(deterministic=deterministic)
        return actions, values, distribution.log_prob(actions)

    def evaluate_actions(self, obs: Any, actions: Tensor, action_masks: Any = None) -> tuple[Tensor, Tensor, Any]:
        logits, values = self.logits_and_values(obs)
        distribution = self._distribution(logits, action_masks)
        return values, distribution.log_prob(actions), distribution.entropy()

    def get_distribution(self, obs: Any, action_masks: Any = None) -> Any:
        return self._distribution(self.logits_and_values(obs)[0], action_masks)

    def predict_values(self, obs: Any) -> Tensor:
        return self.logits_and_values(obs)[1]

    def _distribution(self, logits: Tensor, action_masks: Any) -> Any:
        distribution = self.action_dist.proba_distribution(action_logits=logits)
        if action_masks is not None:
            distribution.apply_masking(action_masks)
        return distribution

    def _get_constructor_parameters(self) -> dict[str, Any]:
        return {**super()._get_constructor_parameters(), "network": self._network_config, "hours": self._hours}


def load_weights(policy: CaptainSb3Policy, network: CaptainNetwork) -> None:
    """Copy the weights of ``network`` into ``policy``, for instance to go on from a cloned one."""
    with torch.no_grad():
        policy.captain.load_state_dict(network.state_dict())
