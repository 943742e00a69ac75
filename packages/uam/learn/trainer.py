"""Recipes of ``sched train uam``: cloning, adversarial imitation and PPO, in this order, each if asked for.

The run's folder holds ``settings.json``, ``expert.pt`` (demonstrations), ``state.pt`` (all that a resumed run needs),
``curve.json``, ``curve.png`` and ``captain.pt``: the weights of the best validation.  Every file is replaced whole.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from schedcore.errors import InputError
from schedcore.io.atomic import atomic_write_text
from schedcore.training import TrainOptions
from uam.compiled.batch import BatchSimulator
from uam.generate import generate
from uam.learn.checkpoint import hardware, load_checkpoint, save_checkpoint
from uam.learn.cloning import clone_epoch
from uam.learn.config import VARIANTS
from uam.learn.curve import plot_curve
from uam.learn.evaluate import play_network
from uam.learn.experts import demonstrate
from uam.learn.gail import Data, Discriminator, discriminate
from uam.learn.network import CaptainNetwork
from uam.learn.ppo import PpoConfig, draw_scenarios, improve, play_days
from uam.learn.settings import TrainSettings, read_settings
from uam.policies.registry import make_policy
from uam.seeds import VALIDATION
from uam.state import Policy

STAGES = ("clone", "gail", "ppo")


class CaptainTrainer:
    """A recipe: a summary and default settings."""

    def __init__(self, name: str, summary: str, **defaults: Any) -> None:
        self.name, self.summary, self._defaults = name, summary, defaults

    def train(self, options: TrainOptions) -> dict[str, Any]:
        """Train, or go on training, in ``options.out``.

        Raises
        ------
        InputError
            Settings that do not exist or fit; a folder that holds another run, or none to go on with.
        """
        settings = read_settings(self._defaults, options.overrides)
        if options.workers > 1:
            raise InputError(
                "this recipe plays its days in one process", where="--workers", remedy="use recipe maskable, or give 1"
            )
        torch.set_num_threads(1)
        return Run(self.name, settings, options).go()


class Run:
    """A training under way."""

    def __init__(self, recipe: str, settings: TrainSettings, options: TrainOptions) -> None:
        self.recipe, self.settings, self.options, self.out = recipe, settings, options, options.out
        description = {"recipe": recipe, "seed": options.seed, "settings": settings.to_dict()}
        check_folder(self.out, description, options.resume)
        torch.manual_seed(options.seed)
        self.rng = np.random.default_rng(options.seed)
        self.generator = torch.Generator().manual_seed(options.seed)
        self.config = PpoConfig(
            days=settings.days,
            epochs=settings.epochs,
            minibatch=settings.minibatch,
            own=settings.own,
            tau_hours=settings.tau_hours,
            entropy_weight=settings.entropy,
        )
        if settings.start:
            self.network = load_checkpoint(Path(settings.start)).network.train()
        else:
            self.network = CaptainNetwork(VARIANTS[settings.variant])
        self.discriminator = Discriminator(VARIANTS[settings.variant])
        self.optimisers = {
            "clone": torch.optim.Adam(self.network.parameters(), settings.clone_rate),
            "gail": torch.optim.Adam(self.network.parameters(), settings.rate),
            "ppo": torch.optim.Adam(self.network.parameters(), settings.rate),
            "discriminator": torch.optim.Adam(self.discriminator.parameters(), 3e-4),
        }
        self.planned = {
            "clone": 0 if settings.expert == "none" else settings.clone_epochs,
            "gail": settings.gail_updates,
            "ppo": settings.updates,
        }
        self.done = dict.fromkeys(STAGES, 0)
        self.decisions = 0
        self.seconds = 0.0
        self.curve: list[dict[str, Any]] = []
        self.best = -np.inf
        self.expert: dict[str, Any] = {}
        self._validation = {
            kind: [generate(f"{kind}:{seed}") for seed in VALIDATION[: settings.validation]]
            for kind in settings.kind_list
        }
        self._greedy_rate = {
            kind: max(1.0, float(BatchSimulator(days).play("greedy-rate").mean()) / 1000)
            for kind, days in self._validation.items()
        }
        if options.resume:
            self._load()

    def go(self) -> dict[str, Any]:
        """All steps that are left, until done or told to stop."""
        total = sum(self.planned.values())
        data = self._expert_data()
        stages: dict[str, Callable[[], dict[str, float]]] = {
            "clone": lambda: self._clone(data),
            "gail": lambda: self._gail(data),
            "ppo": self._ppo,
        }
        if not self.curve and not self.options.should_stop():
            self._validate("start", {})
        for stage in self._steps():
            begun = time.monotonic()
            figures = stages[stage]()
            self.done[stage] += 1
            self.seconds += time.monotonic() - begun
            finished = sum(self.done.values())
            last = self.done[stage] == self.planned[stage]
            if stage == "clone" or last or self.done[stage] % self.settings.validate_every == 0:
                self._validate(stage, figures)
            text = ", ".join(f"{name} {value:.4g}" for name, value in figures.items())
            self.options.progress(finished, total, f"{stage}: {text}; best {self.best:.4g}")
        return {
            "recipe": self.recipe,
            "checkpoint": str(self.out / "captain.pt"),
            "updates": sum(self.done.values()),
            "of": total,
            "decisions": self.decisions,
            "seconds": round(self.seconds, 1),
            "best": self.curve[int(np.argmax([row["score"] for row in self.curve]))] if self.curve else None,
        }

    def _steps(self) -> Iterator[str]:
        for stage in STAGES:
            while self.done[stage] < self.planned[stage]:
                if self.options.should_stop():
                    return
                yield stage

    # --- stages ------------------------------------------------------------------------------------

    def _expert_data(self) -> Data | None:
        if self.settings.expert == "none":
            return None
        file = self.out / "expert.pt"
        if self.settings.demonstrations and not file.is_file():
            file = Path(self.settings.demonstrations)
            if not file.is_file():
                raise InputError(f"there is no file {str(file)!r}", where="demonstrations", remedy="check the path")
        if file.is_file():
            data: Data = torch.load(file, weights_only=True)
            self.expert = json.loads(file.with_suffix(".json").read_text())
            return data
        kinds, seeds = self.settings.kind_list, self.settings.expert_seed_list()
        begun = time.monotonic()
        episodes, profits = demonstrate(
            [generate(f"{kinds[position % len(kinds)]}:{seed}") for position, seed in enumerate(seeds)],
            make_expert(self.settings.expert),
            seed=self.options.seed,
            progress=lambda done, of, mean: self.options.progress(
                0, sum(self.planned.values()), f"expert {self.settings.expert}: day {done} of {of}, mean {mean:.0f} $"
            ),
            should_stop=self.options.should_stop,
        )
        if len(profits) < len(seeds):
            return None  # stopped; the days are played again when the run is resumed
        data = episodes.stacked()
        self.expert = {
            "policy": self.settings.expert,
            "kinds": kinds,
            "seeds": self.settings.expert_seeds,
            "days": len(profits),
            "decisions": len(data[1]),
            "seconds": round(time.monotonic() - begun, 1),
            "profit": {kind: float(np.mean(profits[p :: len(kinds)])) for p, kind in enumerate(kinds)},
        }
        part = file.with_suffix(".part")
        torch.save(data, part)
        part.replace(file)
        atomic_write_text(self.out / "expert.json", json.dumps(self.expert, indent=1) + "\n")
        return data

    def _clone(self, data: Data | None) -> dict[str, float]:
        assert data is not None
        share = self.done["clone"] / max(1, self.planned["clone"])
        set_rate(self.optimisers["clone"], self.settings.clone_rate * (0.01 + 0.99 * (1 - share) ** 1.5))
        return clone_epoch(self.network, self.optimisers["clone"], data, self.generator)

    def _gail(self, data: Data | None) -> dict[str, float]:
        assert data is not None
        played = play_days(
            self.network,
            draw_scenarios(self.settings.kind_list, self.config.days, self.rng),
            self.config,
            self.generator,
            self.discriminator.rewards,
            self.settings.gail_profit,
        )
        self.decisions += len(played.actions)
        figures = discriminate(self.discriminator, self.optimisers["discriminator"], data, played, self.generator)
        set_rate(self.optimisers["gail"], self.settings.rate)
        warm = self.done["gail"] < self.settings.warm_up
        figures |= improve(self.network, self.optimisers["gail"], played, self._config(warm), self.generator)
        return {"profit": float(np.mean(played.profits)), **figures}

    def _ppo(self) -> dict[str, float]:
        played = play_days(
            self.network,
            draw_scenarios(self.settings.kind_list, self.config.days, self.rng),
            self.config,
            self.generator,
        )
        self.decisions += len(played.actions)
        share = self.done["ppo"] / max(1, self.planned["ppo"])
        set_rate(self.optimisers["ppo"], self.settings.rate + share * (self.settings.last_rate - self.settings.rate))
        cloned = bool(self.done["clone"]) and not self.done["gail"]
        warm = cloned and self.done["ppo"] < self.settings.warm_up
        figures = improve(self.network, self.optimisers["ppo"], played, self._config(warm), self.generator)
        return {"profit": float(np.mean(played.profits)), **figures}

    def _config(self, warm: bool) -> PpoConfig:
        """Without policy loss while the values catch up with a cloned policy."""
        return replace(self.config, policy_weight=0.0, entropy_weight=0.0, target_kl=0.0) if warm else self.config

    # --- what is kept ------------------------------------------------------------------------------

    def _validate(self, stage: str, figures: dict[str, float]) -> None:
        """Measure, keep the weights if they are the best so far, and save what a resumed run needs."""
        profits = {kind: float(np.mean(play_network(self.network, days))) for kind, days in self._validation.items()}
        # Against the greedy rate rule on the same days, so that kinds of high demand do not outweigh the others.
        score = float(np.mean([value / self._greedy_rate[kind] for kind, value in profits.items()]))
        row = {
            "stage": stage,
            "steps": dict(self.done),
            "decisions": self.decisions,
            "seconds": round(self.seconds, 1),
            "score": score,
            "profit": profits,
            **{name: round(float(value), 6) for name, value in figures.items() if name != "profit"},
        }
        self.curve.append(row)
        atomic_write_text(self.out / "curve.json", json.dumps(self.curve, indent=1) + "\n")
        plot_curve(self.curve, self.out / "curve.png")
        if score > self.best:
            self.best = score
            save_checkpoint(self.out / "captain.pt", self.network, self.provenance(row))
        self._save()

    def provenance(self, row: dict[str, Any]) -> dict[str, Any]:
        """What a checkpoint says of itself."""
        import schedcore

        return {
            "recipe": self.recipe,
            "seed": self.options.seed,
            "settings": self.settings.to_dict() | {"demonstrations": ""},
            "command": command(self.recipe, self.options),
            "expert": self.expert,
            "trained_on": "scenarios of training seeds only, see uam.seeds",
            "updates": dict(self.done),
            "planned": dict(self.planned),
            "decisions": self.decisions,
            "training_seconds": round(self.seconds, 1),
            "hardware": hardware(),
            "version": schedcore.__version__,
            "torch": torch.__version__,
            "parameters": sum(value.numel() for value in self.network.parameters()),
            "validation": row,
            "curve": self.curve,
        }

    def _save(self) -> None:
        state = {
            "network": self.network.state_dict(),
            "discriminator": self.discriminator.state_dict(),
            "optimisers": {name: value.state_dict() for name, value in self.optimisers.items()},
            "generator": self.generator.get_state(),
            "rng": json.dumps(self.rng.bit_generator.state),
            "done": self.done,
            "decisions": self.decisions,
            "seconds": self.seconds,
            "curve": json.dumps(self.curve),
            "best": self.best,
        }
        part = self.out / "state.part"
        torch.save(state, part)
        part.replace(self.out / "state.pt")

    def _load(self) -> None:
        file = self.out / "state.pt"
        if not file.is_file():
            return  # stopped before the first validation
        state = torch.load(file, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.discriminator.load_state_dict(state["discriminator"])
        for name, value in state["optimisers"].items():
            self.optimisers[name].load_state_dict(value)
        self.generator.set_state(state["generator"])
        self.rng.bit_generator.state = json.loads(state["rng"])
        self.done = dict(state["done"])
        self.decisions, self.seconds, self.best = state["decisions"], state["seconds"], state["best"]
        self.curve = json.loads(state["curve"])


def check_folder(out: Path, description: dict[str, Any], resume: bool) -> None:
    """Make the folder of a run, or check that it holds this one.

    Raises
    ------
    InputError
        It holds a run that is not to be resumed, another run, or none to resume.
    """
    file = out / "settings.json"
    if file.is_file():
        if not resume:
            raise InputError(
                f"{str(out)!r} holds a run", where="--out", remedy="go on with it by --resume, or name another folder"
            )
        if json.loads(file.read_text()) != description:
            raise InputError(
                f"{str(out)!r} holds a run with other settings", where="--resume", remedy="give the same settings"
            )
        return
    if resume:
        raise InputError(f"{str(out)!r} holds no run", where="--resume", remedy="leave --resume away")
    out.mkdir(parents=True, exist_ok=True)
    atomic_write_text(file, json.dumps(description, indent=1, sort_keys=True) + "\n")


def make_expert(text: str) -> Policy:
    """The policy that ``NAME[:KEY=VALUE...]`` stands for; numbers become numbers."""
    name, *words = text.split(":")
    parameters: dict[str, Any] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise InputError(f"{word!r} is not KEY=VALUE", where=f"expert {text!r}", remedy="for example iterations=3")
        parameters[key] = int(value) if value.lstrip("-").isdecimal() else float(value)
    return make_policy(name, parameters)


def set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate."""
    for group in optimiser.param_groups:
        group["lr"] = rate


def command(recipe: str, options: TrainOptions) -> str:
    """The command that makes this run; one that plays the expert's days itself, which gives the same."""
    chosen = {key: value for key, value in options.overrides.items() if key != "demonstrations"}
    words = " ".join(f"{key}={value}" for key, value in chosen.items())
    return f"sched train uam --recipe {recipe} --seed {options.seed} {words}".rstrip()


EXPERT = "prices:iterations=3:opening=250"

captain = CaptainTrainer("captain", "CapTAIN: clone an expert, then PPO on the batched simulator", expert=EXPERT)
ppo = CaptainTrainer("ppo", "CapTAIN from random weights by PPO alone", expert="none")
cloning = CaptainTrainer("cloning", "CapTAIN by behaviour cloning alone", expert=EXPERT, updates=0)
gail = CaptainTrainer(
    "gail", "CapTAIN: clone an expert, then adversarial imitation (GAIL), then PPO", expert=EXPERT, gail_updates=50,
    updates=50,
)  # fmt: skip
