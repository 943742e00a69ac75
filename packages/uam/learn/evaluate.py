"""Profits of a network on many days at once."""

from __future__ import annotations

import numpy as np
import torch

from uam.learn.network import CaptainNetwork
from uam.learn.rollout import DayBatch
from uam.scenario import Scenario


@torch.no_grad()
def play_network(
    network: CaptainNetwork, scenarios: list[Scenario], *, batch: int = 64, sample_seed: int | None = None
) -> list[float]:
    """Profits of days, dollars, with the likeliest actions, or with drawn ones if there is a seed."""
    profits: list[float] = []
    generator = None if sample_seed is None else torch.Generator().manual_seed(sample_seed)
    for first in range(0, len(scenarios), batch):
        days = DayBatch(scenarios[first : first + batch])
        code = network.encode_days(days.static())
        while not days.done.all():
            logits, _ = network(days.inputs(), code)
            if generator is None:
                actions = logits.argmax(-1)
            else:
                actions = torch.multinomial(logits.softmax(-1), 1, generator=generator).squeeze(-1)
            days.step(np.asarray(actions))
        profits += (days.profits / 1000).tolist()
    return profits
