"""What a training is made of: :class:`TrainSettings`, from the words of the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from schedcore.errors import InputError, did_you_mean, unknown_name
from uam.learn.config import VARIANTS
from uam.seeds import FIRST_TRAINING_SEED, LAST_TRAINING_SEED


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """Settings of the recipes.

    Parameters
    ----------
    variant
        Network, one of :data:`uam.learn.config.VARIANTS`.
    kinds
        Scenarios ``NETWORK[:OPTIONS]`` without seed, joined by ``+``; all of one size.
    expert
        Policy that is imitated: a name of ``sched simulate uam --policy``, with parameters behind colons
        (``prices:iterations=3``); ``none``: no imitation.
    expert_seeds
        Training seeds of its days, ranges joined by ``+``; the kinds take turns.
    demonstrations
        ``expert.pt`` of another run, to be used instead of playing the expert's days again.
    clone_epochs, clone_rate
        Passes of behaviour cloning over them, and its learning rate at the beginning, falling from pass to pass.
    gail_updates
        Updates of PPO with the discriminator's rewards.
    gail_profit
        Weight of the profits in these.
    updates
        Updates of PPO with the profits.
    rate, last_rate
        Learning rate of PPO, falling linearly.
    warm_up
        Updates at first that train the values only, which cloning leaves untrained.
    days, epochs, minibatch, own, tau_hours, entropy
        See :class:`uam.learn.ppo.PpoConfig`.
    validate_every, validation
        Updates between validations, and days of each kind in one (seeds of :data:`uam.seeds.VALIDATION`).
    start
        Checkpoint to start from; empty: random weights.
    """

    variant: str = "captain"
    kinds: str = "fixed8+fixed8:scale=2"
    expert: str = "none"
    expert_seeds: str = "3000000-3000099"
    demonstrations: str = ""
    clone_epochs: int = 4
    clone_rate: float = 2e-3
    gail_updates: int = 0
    gail_profit: float = 0.1
    updates: int = 100
    rate: float = 3e-4
    last_rate: float = 1e-5
    warm_up: int = 2
    days: int = 16
    epochs: int = 3
    minibatch: int = 1024
    own: float = 0.7
    tau_hours: float = 2.0
    entropy: float = 0.003
    validate_every: int = 5
    validation: int = 16
    start: str = ""

    def __post_init__(self) -> None:
        where = "recipe"
        if self.variant not in VARIANTS:
            raise unknown_name("variant", self.variant, VARIANTS, where=where)
        for name in ("days", "epochs", "minibatch", "validate_every", "validation"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}", where=where, remedy="give at least 1")
        for name in ("clone_epochs", "gail_updates", "updates", "warm_up", "gail_profit"):
            if getattr(self, name) < 0:
                raise InputError(f"{name} is {getattr(self, name)}", where=where, remedy="give at least 0")
        for name in ("rate", "last_rate", "clone_rate"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} is {getattr(self, name)}", where=where, remedy="give a positive number")
        if self.expert == "none" and self.gail_updates:
            raise InputError("imitation without an expert", where=where, remedy="give expert=NAME")

        self.expert_seed_list()

    def expert_seed_list(self) -> list[int]:
        """The expert's seeds, one by one.

        Raises
        ------
        InputError
            Not of the form ``A-B+C-D``, or seeds that are not for training.
        """
        seeds: list[int] = []
        for part in self.expert_seeds.split("+"):
            first, dash, last = part.partition("-")
            last = last if dash else first
            if not (first.isdecimal() and last.isdecimal()) or int(first) > int(last):
                raise InputError(
                    f"expert_seeds has {part!r}", where="recipe", remedy="give ranges such as 3000000-3000039"
                )
            if int(first) < FIRST_TRAINING_SEED or int(last) > LAST_TRAINING_SEED:
                raise InputError(
                    f"expert_seeds has {part}, which are no training seeds",
                    where="recipe",
                    remedy=f"give seeds from {FIRST_TRAINING_SEED} on",
                )
            seeds += range(int(first), int(last) + 1)
        return seeds

    @property
    def kind_list(self) -> list[str]:
        """The kinds, one by one."""
        return self.kinds.split("+")

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def read_settings(defaults: Mapping[str, Any], words: Mapping[str, str]) -> TrainSettings:
    """Settings from a recipe's ``defaults`` and the user's words, which win.

    Raises
    ------
    InputError
        An unknown key, or a value of another type or out of its range.
    """
    types: dict[str, type] = {field.name: type(field.default) for field in fields(TrainSettings)}
    made: dict[str, Any] = dict(defaults)
    for key, text in words.items():
        if key not in types:
            raise InputError(f"unknown setting {key!r}", where="recipe", remedy=did_you_mean(key, types))
        try:
            made[key] = types[key](text)
        except ValueError:
            kind = "a whole number" if types[key] is int else "a number"
            raise InputError(f"{key} is {text!r}", where="recipe", remedy=f"give {kind}") from None
    return TrainSettings(**made)
