"""Proximal policy optimisation on whole days of the batched simulator.

Every update plays ``days`` new days to their end with the current policy (so nothing is cut off and no day is seen
twice), and then improves the clipped objective of Schulman et al. (2017) for some epochs.  The advantage is a mixture:
``own`` times that of the deciding aircraft's own later profits, the rest that of the whole fleet's.  The fleet's is
what counts, but forty aircraft's profits are noise to a single decision; the own one has a fraction of this noise and
misses what the decision does to others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from schedcore.errors import InputError
from uam.learn.network import CaptainNetwork
from uam.learn.returns import fleet_advantages, own_advantages
from uam.learn.rollout import DayBatch, Episodes, training_scenario
from uam.scenario import Scenario

REWARD_MILLS = 500_000.0
"""Profit that is a reward of 1."""

RewardFunction = Callable[[dict[str, Tensor], dict[str, Tensor], Tensor, Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class PpoConfig:
    """Settings of an update.

    Parameters
    ----------
    days
        Days played for an update.
    epochs, minibatch
        Passes over their decisions, and decisions in a step of the optimiser.
    clip, policy_weight, value_weight, entropy_weight, target_kl, max_gradient
        As in PPO; an update ends early when the policy has moved by more than ``target_kl``.
    tau_hours
        Time after which a profit counts 1/e; 0: everything counts fully.
    lam, own_lam
        Mixing of the advantage over later decisions, of the fleet and of the aircraft.
    own
        Share of the aircraft's own advantage.
    """

    days: int = 16
    epochs: int = 3
    minibatch: int = 1024
    clip: float = 0.2
    policy_weight: float = 1.0
    value_weight: float = 0.5
    entropy_weight: float = 0.003
    target_kl: float = 0.03
    max_gradient: float = 0.5
    tau_hours: float = 2.0
    lam: float = 0.98
    own_lam: float = 0.95
    own: float = 0.7

    def __post_init__(self) -> None:
        for name in ("days", "epochs", "minibatch"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}", where="ppo", remedy="give at least 1")
        weights = ("policy_weight", "value_weight", "entropy_weight")
        for name in ("clip", *weights, "target_kl", "max_gradient", "tau_hours"):
            if getattr(self, name) < 0:
                raise InputError(f"{name} is {getattr(self, name)}", where="ppo", remedy="give at least 0")
        for name in ("lam", "own_lam", "own"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"{name} is {getattr(self, name)}", where="ppo", remedy="give a number in [0, 1]")


@dataclass
class Played:
    """Decisions of whole days: D decisions in all, of B days."""

    inputs: dict[str, Tensor]
    static: dict[str, Tensor]
    day: Tensor
    actions: Tensor
    log_probabilities: Tensor
    values: Tensor
    advantages: Tensor
    returns: Tensor
    profits: list[float]


@torch.no_grad()
def play_days(
    network: CaptainNetwork,
    scenarios: list[Scenario],
    config: PpoConfig,
    generator: torch.Generator,
    rewards_of: RewardFunction | None = None,
    profit_weight: float = 1.0,
) -> Played:
    """Play days with actions drawn from the policy, and say what each decision was worth.

    ``rewards_of`` gives further rewards from inputs, static parts, days and actions (for imitation); those of the
    profits count ``profit_weight``.
    """
    days = DayBatch(scenarios)
    static = days.static()
    code = network.encode_days(static)
    episodes = Episodes()
    rows: dict[str, list[np.ndarray]] = {name: [] for name in ("live", "time", "aircraft", "profit")}
    logs: list[Tensor] = []
    values: list[Tensor] = []
    numbers = episodes.add_days(static)
    while not days.done.all():
        live = ~days.done
        inputs = days.inputs()
        logits, value = network(inputs, code)
        logs_all = logits.log_softmax(-1)
        actions = torch.multinomial(logs_all.exp(), 1, generator=generator).squeeze(-1)
        rows["live"].append(live)
        rows["time"].append(days.now_s.astype(np.float64))
        rows["aircraft"].append(days.simulator.days.aircraft.copy())
        rows["profit"].append(days.step(np.asarray(actions)).astype(np.float64))
        keep = torch.from_numpy(live)
        episodes.add({name: value[keep] for name, value in inputs.items()}, actions[keep], numbers[keep])
        logs.append(logs_all.gather(1, actions.unsqueeze(1)).squeeze(1)[keep])
        values.append(value)
    live = np.stack(rows["live"], 1)
    stacked, actions, day, static = episodes.stacked()
    rewards = profit_weight * np.stack(rows["profit"], 1) / REWARD_MILLS
    if rewards_of is not None:
        # Decisions were appended step by step, so they fill the transposed table in its order.
        rewards.T[live.T] += rewards_of(stacked, static, day, actions).double().numpy()
    table = torch.stack(values, 1).double().numpy()
    times, aircraft = np.stack(rows["time"], 1), np.stack(rows["aircraft"], 1)
    lengths, tau = live.sum(1), config.tau_hours * 3600.0
    fleet, own = np.zeros_like(rewards), np.zeros_like(rewards)
    fleet_advantages(times, rewards, table[:, :, 0].copy(), lengths, tau, config.lam, fleet)
    own_advantages(
        times, rewards, table[:, :, 1].copy(), aircraft, lengths, days.sizes.aircraft, tau, config.own_lam, own
    )

    def flat(array: np.ndarray) -> Tensor:
        return torch.from_numpy(array.T[live.T].copy()).float()

    both = torch.stack([flat(fleet), flat(own)], 1)
    old = torch.stack([flat(table[:, :, 0]), flat(table[:, :, 1])], 1)
    normal = (both - both.mean(0)) / (both.std(0) + 1e-8)
    return Played(
        inputs=stacked,
        static=static,
        day=day,
        actions=actions,
        log_probabilities=torch.cat(logs),
        values=old,
        advantages=(1 - config.own) * normal[:, 0] + config.own * normal[:, 1],
        returns=both + old,
        profits=(days.profits / 1000).tolist(),
    )


def improve(
    network: CaptainNetwork,
    optimiser: torch.optim.Optimizer,
    played: Played,
    config: PpoConfig,
    generator: torch.Generator,
) -> dict[str, float]:
    """Steps of the optimiser on the decisions of ``played``; means of the losses."""
    count = len(played.actions)
    sums: dict[str, float] = {"policy_loss": 0.0, "value_loss": 0.0, "entropy": 0.0, "kl": 0.0}
    steps = 0
    advantages = played.advantages / (played.advantages.std() + 1e-8)
    for _ in range(config.epochs):
        order = torch.randperm(count, generator=generator)
        kl = 0.0
        for first in range(0, count - min(count, config.minibatch) + 1, config.minibatch):
            chosen = order[first : first + config.minibatch]
            logits, values = network(
                {name: value[chosen] for name, value in played.inputs.items()},
                network.encode_days(played.static),
                played.day[chosen],
            )
            logs_all = logits.log_softmax(-1)
            logs = logs_all.gather(1, played.actions[chosen].unsqueeze(1)).squeeze(1)
            change = logs - played.log_probabilities[chosen]
            ratio = change.exp()
            advantage = advantages[chosen]
            policy_loss = -torch.min(
                ratio * advantage, ratio.clamp(1 - config.clip, 1 + config.clip) * advantage
            ).mean()
            value_loss = (values - played.returns[chosen]).square().mean()
            entropy = -(logs_all.exp() * logs_all).sum(-1).mean()
            loss = config.policy_weight * policy_loss + config.value_weight * value_loss
            loss = loss - config.entropy_weight * entropy
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), config.max_gradient)
            optimiser.step()
            kl = float((ratio - 1 - change).detach().mean())
            for name, value in (("policy_loss", policy_loss), ("value_loss", value_loss), ("entropy", entropy)):
                sums[name] += float(value.detach())
            sums["kl"] += kl
            steps += 1
            if config.target_kl and kl > 1.5 * config.target_kl:
                break
        else:
            continue
        break
    return {name: value / max(1, steps) for name, value in sums.items()} | {"steps": float(steps)}


def draw_scenarios(kinds: list[str], days: int, rng: np.random.Generator) -> list[Scenario]:
    """Training scenarios, the kinds in turn."""
    return [training_scenario(kinds[position % len(kinds)], rng) for position in range(days)]
