"""Recipe ``maskable``: sb3-contrib's MaskablePPO on Gymnasium environments, one or several processes."""

from __future__ import annotations

import json
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch

from schedcore.errors import InputError, did_you_mean, unknown_name
from schedcore.io.atomic import atomic_write_text
from schedcore.training import TrainOptions
from uam.compiled.batch import BatchSimulator
from uam.generate import generate
from uam.learn.checkpoint import hardware, load_checkpoint, save_checkpoint
from uam.learn.config import VARIANTS
from uam.learn.curve import plot_curve
from uam.learn.evaluate import play_network
from uam.learn.network import CaptainNetwork
from uam.learn.trainer import check_folder, command
from uam.seeds import VALIDATION


@dataclass(frozen=True, slots=True)
class MaskableSettings:
    """Settings of the recipe; those of MaskablePPO have its names.

    ``kind`` is ``NETWORK[:OPTIONS]`` without seed, ``variant`` a network of :data:`uam.learn.config.VARIANTS`,
    ``start`` a checkpoint to start from, ``timesteps`` the decisions in all, ``reward_scale`` a factor on the
    environment's rewards (shares of the day's revenue, and so small).
    """

    variant: str = "captain"
    kind: str = "fixed8"
    timesteps: int = 1_000_000
    envs: int = 8
    n_steps: int = 1024
    batch_size: int = 1024
    n_epochs: int = 4
    learning_rate: float = 3e-4
    gamma: float = 1.0
    gae_lambda: float = 0.98
    clip_range: float = 0.2
    ent_coef: float = 0.01
    vf_coef: float = 0.5
    target_kl: float = 0.02
    reward_scale: float = 100.0
    validate_every: int = 4
    validation: int = 16
    start: str = ""

    def __post_init__(self) -> None:
        where = "recipe maskable"
        if self.variant not in VARIANTS:
            raise unknown_name("variant", self.variant, VARIANTS, where=where)
        for name in ("timesteps", "envs", "n_steps", "batch_size", "n_epochs", "validate_every", "validation"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}", where=where, remedy="give at least 1")
        for name in ("learning_rate", "clip_range", "reward_scale"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} is {getattr(self, name)}", where=where, remedy="give a positive number")
        if self.envs * self.n_steps % self.batch_size:
            raise InputError(
                f"batch_size {self.batch_size} does not divide envs * n_steps = {self.envs * self.n_steps}",
                where=where,
                remedy="choose a divisor",
            )

    @classmethod
    def of(cls, words: dict[str, str]) -> MaskableSettings:
        """From ``key=value`` words; raises :class:`InputError` for what it does not know."""
        types: dict[str, type] = {field.name: type(field.default) for field in fields(cls)}
        made: dict[str, Any] = {}
        for key, text in words.items():
            if key not in types:
                raise InputError(f"unknown setting {key!r}", where="recipe maskable", remedy=did_you_mean(key, types))
            try:
                made[key] = types[key](text)
            except ValueError:
                kind = "a whole number" if types[key] is int else "a number"
                raise InputError(f"{key} is {text!r}", where="recipe maskable", remedy=f"give {kind}") from None
        return cls(**made)


class EnvMaker:
    """Makes the environment of one process; a class so that it can be sent there."""

    def __init__(self, kind: str, reward_scale: float) -> None:
        self.kind, self.reward_scale = kind, reward_scale

    def __call__(self) -> Any:
        from gymnasium.wrappers import TransformReward

        from uam.learn.env import CaptainEnv

        torch.set_num_threads(1)
        scale = self.reward_scale

        class Scaled(TransformReward):  # type: ignore[type-arg,misc]
            """With the mask where sb3-contrib looks for it."""

            def action_masks(self) -> Any:
                return self.env.action_masks()  # type: ignore[attr-defined]

        return Scaled(CaptainEnv(self.kind), lambda reward: float(reward) * scale)


class MaskableTrainer:
    """Trains by MaskablePPO; with ``--backend process --workers N`` each of the N environments has a process."""

    summary = "CapTAIN by sb3-contrib's MaskablePPO on parallel Gymnasium environments"

    def train(self, options: TrainOptions) -> dict[str, Any]:
        """Train, or go on training, in ``options.out``.

        Raises
        ------
        InputError
            Settings that do not exist or fit, a backend other than inline and process, or a folder that holds another
            run, or none to go on with.
        """
        from sb3_contrib import MaskablePPO
        from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv

        from uam.learn.sb3_policy import CaptainSb3Policy, load_weights

        settings = MaskableSettings.of(dict(options.overrides))
        if options.backend not in ("inline", "process"):
            raise InputError(f"backend {options.backend!r}", where="recipe maskable", remedy="use inline or process")
        if options.backend == "process" and options.workers not in (1, settings.envs):
            raise InputError(
                f"{options.workers} workers for {settings.envs} environments",
                where="--workers",
                remedy=f"give --workers {settings.envs}, or envs={options.workers}",
            )
        torch.set_num_threads(1)
        config = VARIANTS[settings.variant]
        described = {field.name: getattr(settings, field.name) for field in fields(MaskableSettings)}
        check_folder(options.out, {"recipe": "maskable", "seed": options.seed, "settings": described}, options.resume)
        # sb3 plays either all environments here or each in a process of its own.
        makers: list[Callable[[], Any]] = [EnvMaker(settings.kind, settings.reward_scale) for _ in range(settings.envs)]
        processes = options.backend == "process" and options.workers > 1
        envs = SubprocVecEnv(makers, start_method="spawn") if processes else DummyVecEnv(makers)
        rollout = settings.envs * settings.n_steps
        rounds = -(-settings.timesteps // rollout)
        state = options.out / "model.zip"
        try:
            if options.resume and state.is_file():
                try:
                    model = MaskablePPO.load(state, env=envs, device="cpu")
                except (zipfile.BadZipFile, ValueError, KeyError) as error:
                    raise InputError(
                        f"{state} cannot be read: {error}", where="--resume", remedy="start in another folder"
                    ) from error
                curve: list[dict[str, Any]] = json.loads((options.out / "curve.json").read_text())
            else:
                model = MaskablePPO(
                    CaptainSb3Policy,
                    envs,
                    learning_rate=settings.learning_rate,
                    n_steps=settings.n_steps,
                    batch_size=settings.batch_size,
                    n_epochs=settings.n_epochs,
                    gamma=settings.gamma,
                    gae_lambda=settings.gae_lambda,
                    clip_range=settings.clip_range,
                    ent_coef=settings.ent_coef,
                    vf_coef=settings.vf_coef,
                    target_kl=settings.target_kl,
                    policy_kwargs={"network": config},
                    seed=options.seed,
                    device="cpu",
                )
                if settings.start:
                    assert isinstance(model.policy, CaptainSb3Policy)
                    load_weights(model.policy, load_checkpoint(Path(settings.start)).network)
                curve = []
            return self._run(model, settings, options, rounds, rollout, curve)
        finally:
            envs.close()

    def _run(
        self,
        model: Any,
        settings: MaskableSettings,
        options: TrainOptions,
        rounds: int,
        rollout: int,
        curve: list[dict[str, Any]],
    ) -> dict[str, Any]:
        days = [generate(f"{settings.kind}:{seed}") for seed in VALIDATION[: settings.validation]]
        greedy_rate = max(1.0, float(BatchSimulator(days).play("greedy-rate").mean()) / 1000)
        best = max((row["score"] for row in curve), default=-np.inf)
        seconds = curve[-1]["seconds"] if curve else 0.0
        done = model.num_timesteps // rollout

        def validate() -> None:
            nonlocal best
            network: CaptainNetwork = model.policy.captain
            profit = float(np.mean(play_network(network, days)))
            score = profit / greedy_rate
            row: dict[str, Any] = {
                "stage": "maskable",
                "steps": {"maskable": done},
                "decisions": int(model.num_timesteps),
                "seconds": round(seconds, 1),
                "score": score,
                "profit": {settings.kind: profit},
            }
            curve.append(row)
            atomic_write_text(options.out / "curve.json", json.dumps(curve, indent=1) + "\n")
            plot_curve(curve, options.out / "curve.png")
            if score > best:
                best = score
                save_checkpoint(options.out / "captain.pt", network, self._provenance(settings, options, curve))
            part = options.out / "model.part.zip"
            model.save(part)
            part.replace(options.out / "model.zip")

        if not curve:
            validate()
        while done < rounds and not options.should_stop():
            begun = time.monotonic()
            model.learn(rollout, reset_num_timesteps=False)
            done = model.num_timesteps // rollout
            seconds += time.monotonic() - begun
            if done % settings.validate_every == 0 or done >= rounds:
                validate()
            options.progress(done, rounds, f"{model.num_timesteps} decisions, best {best:.4g} of greedy rate")
        return {
            "recipe": "maskable",
            "checkpoint": str(options.out / "captain.pt"),
            "updates": done,
            "of": rounds,
            "decisions": int(model.num_timesteps),
            "seconds": round(seconds, 1),
            "best": max(curve, key=lambda row: row["score"]),
        }

    def _provenance(
        self, settings: MaskableSettings, options: TrainOptions, curve: list[dict[str, Any]]
    ) -> dict[str, Any]:
        import sb3_contrib

        import schedcore

        return {
            "recipe": "maskable",
            "seed": options.seed,
            "settings": {field.name: getattr(settings, field.name) for field in fields(MaskableSettings)},
            "command": command("maskable", options),
            "trained_on": "scenarios of training seeds only, see uam.seeds",
            "decisions": curve[-1]["decisions"],
            "training_seconds": curve[-1]["seconds"],
            "hardware": hardware(),
            "version": schedcore.__version__,
            "torch": torch.__version__,
            "sb3_contrib": sb3_contrib.__version__,
            "validation": curve[-1],
            "curve": curve,
        }
