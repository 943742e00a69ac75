"""The settings of a training run with the paper's recipe."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from schedcore.errors import InputError, unknown_name


@dataclass(frozen=True)
class PaperRecipe:
    """Published values unless the text says otherwise (section 5 of the specification has the trap numbers).

    Parameters
    ----------
    instances
        Standard names that are trained on in every update (as published: ta31,ta32,ta33,ta34), separated by commas.
        Empty: ``shops`` fresh ones of ``generator`` and ``size`` are generated per update.
    generator, size, shops
        Where fresh instances come from.
    episodes
        Rollouts per update, spread evenly over the instances; at least two per instance, else nothing is learned.
    updates
        Length of the run; the learning rate falls linearly to zero over it.
    learning_rate, adam_eps, clip, epochs, minibatches, target_kl
        Of the two policy-gradient phases of an update.
    completion_s, completion_growth_s
        Time limit of the solver in update u (from 1): ``completion_s + completion_growth_s * u`` seconds on one thread
        (trap T5 as an explicit schedule; published 160 s).
    completion_limit
        The same limit in the solver's deterministic time instead, for runs that repeat exactly; 0: wall time counts.
    positions
        See :class:`jssp.env.observation.ObservationForm` (trap T3 corrected: relative).
    legacy
        The published slips T2 to T4 in observation and network, for comparison with old weights only.
    validate_every, validation_shops, validation_samples
        Every so many updates the policy plays generated validation instances of ``size`` and of 20x15; the checkpoint
        with the best mean is kept as ``best``.  The seeds are apart from those of training.
    average
        Checkpoints hold an exponential average of the weights with this factor per update (rollouts and gradients use
        the weights themselves); 0 as published: no average.
    start
        A checkpoint to begin with instead of fresh weights; its provenance becomes part of the new one's.
    seed
        Root of all randomness.
    """

    NAME: ClassVar[str] = "paper"

    instances: str = ""
    generator: str = "taillard"
    size: str = "30x15"
    shops: int = 4
    episodes: int = 12
    updates: int = 100
    learning_rate: float = 2e-4
    adam_eps: float = 1e-5
    clip: float = 0.3
    epochs: int = 20
    minibatches: int = 20
    target_kl: float = 0.01
    completion_s: float = 2.0
    completion_growth_s: float = 0.0
    completion_limit: float = 0.0
    positions: str = "relative"
    legacy: bool = False
    validate_every: int = 2
    validation_shops: int = 8
    validation_samples: int = 16
    average: float = 0.0
    start: str = ""
    seed: int = 0

    def __post_init__(self) -> None:
        for name, low in (
            ("shops", 1),
            ("updates", 1),
            ("epochs", 1),
            ("minibatches", 1),
            ("validate_every", 1),
            ("validation_shops", 1),
            ("validation_samples", 1),
            ("seed", 0),
        ):
            _at_least(name, getattr(self, name), low)
        for name in ("learning_rate", "adam_eps", "clip", "target_kl", "completion_s"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} is {getattr(self, name)}", where="recipe paper", remedy="give a value > 0")
        if not 0 <= self.average < 1:
            raise InputError(f"average is {self.average}", where="recipe paper", remedy="give a factor >= 0 and < 1")
        if self.completion_growth_s < 0 or self.completion_limit < 0:
            raise InputError("a limit is negative", where="recipe paper", remedy="give limits >= 0")
        count = len(self.instance_names) or self.shops
        if self.episodes < 2 * count or self.episodes % count:
            raise InputError(
                f"{self.episodes} episodes for {count} instances",
                where="recipe paper",
                remedy="give a multiple of the number of instances, at least two episodes for each",
            )
        from jssp.env.observation import ObservationForm
        from jssp.generators.expression import generate
        from jssp.standard import require_name

        ObservationForm(self.positions, self.legacy)
        for name in self.instance_names:
            require_name(name)
        if not self.instance_names:
            if self.generator not in ("taillard", "demirkol", "demirkol_split"):
                raise InputError(
                    f"generator {self.generator!r} makes no job shops",
                    where="recipe paper",
                    remedy="use taillard, demirkol or demirkol_split",
                )
            generate(f"{self.generator}:{self.size}:0")

    @property
    def instance_names(self) -> tuple[str, ...]:
        """The standard instances trained on; empty for generated ones."""
        return tuple(word.strip() for word in self.instances.split(",") if word.strip())

    def completion_time_s(self, update: int) -> float:
        """Time limit of a completion in ``update`` (from 1)."""
        return self.completion_s + self.completion_growth_s * update

    @classmethod
    def of(cls, words: Mapping[str, str]) -> PaperRecipe:
        """The recipe with the values of ``key=value`` words.

        Raises
        ------
        InputError
            An unknown key, or a value of the wrong kind or out of range.
        """
        kinds = {field.name: type(field.default) for field in fields(cls)}
        values: dict[str, Any] = {}
        for key, text in words.items():
            if key not in kinds:
                raise unknown_name("key", key, kinds, where="recipe paper")
            values[key] = _value(key, text, kinds[key])
        return cls(**values)

    def as_dict(self) -> dict[str, Any]:
        """The settings as plain data."""
        return dataclasses.asdict(self)


def _at_least(name: str, value: int, low: int) -> None:
    if value < low:
        raise InputError(f"{name} is {value}", where="recipe paper", remedy=f"give at least {low}")


def _value(key: str, text: str, kind: type) -> Any:
    try:
        if kind is bool:
            return {"true": True, "false": False}[text.lower()]
        return kind(text)
    except (KeyError, ValueError):
        words = {bool: "true or false", int: "a whole number", float: "a number"}
        raise InputError(f"{key} is {text!r}", where="recipe paper", remedy=f"use {words[kind]}") from None
