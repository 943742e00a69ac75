"""Training of our recipe: policy gradient on groups of the policy's own schedules, from nothing but the instances.

Every update draws some instances and builds a group of schedules of each with the current policy.  A schedule that is
shorter than the mean of its group makes its decisions more likely, a longer one less likely, in proportion to the
distance in standard deviations (R. J. Williams 1992 with the group as baseline, as in POMO, Kwon et al. 2020).  With
``signal="best"`` only the best schedule of the group is imitated (self-labelling, Corsini et al. 2024).  Before that,
``imitation`` small generated instances may be solved to optimality by CP-SAT and imitated.

The weights that ship are those of the update that is best on generated validation instances.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from jssp._arrays import IntArray
from jssp.instance import FlexibleJobShopInstance, JobShopInstance
from jssp.learn.ours.checkpoint import hardware, load_checkpoint, save_checkpoint
from jssp.learn.ours.instances import FAMILIES, TRAINING_STREAM, ShopClass, draw
from jssp.learn.ours.network import initial, parameter_count, view
from jssp.learn.ours.rollout import AnyShop, Rollouts, accumulate, arrays_of, rebuild, roll
from jssp.learn.ours.settings import settings
from jssp.learn.ours.shop import FloatArray, shop_of
from schedcore.errors import InputError, unknown_name
from schedcore.io.atomic import atomic_write_text

SIGNALS = ("group", "best")
TITLES = {"taillard": "Taillard's distribution", "split": "two-set routes", "brandimarte": "flexible job shops"}


@dataclass(frozen=True, slots=True)
class OursConfig:
    """Settings of the training.

    Parameters
    ----------
    seed
        Of everything random.
    family
        ``job``: job shops; ``flexible``: flexible job shops; ``project``: projects with renewable resources.
    hidden
        Width of both layers of the network.
    updates
        Steps of the optimiser (Adam) with self-made schedules.
    batch, samples, keep
        Instances per update, schedules per instance, and how many of these count: those farthest from the mean.
    learning_rate, last_rate
        At the beginning and, falling as a cosine, at the end.
    average
        Weight of what was before in the running mean of the weights over the updates; the mean is what is validated
        and kept.  0: the weights themselves.
    signal
        ``group``: every schedule counts by its distance from the mean; ``best``: only the best is imitated.
    entropy
        Weight of the entropy of the policy at the beginning, falling to 0 linearly.
    imitation, imitation_size, imitation_rounds
        Number of instances solved by CP-SAT at first, their number of jobs and of machines, and how often each is
        shown.
    imitation_limit_s
        Time limit of CP-SAT on each; unproven ones are left out.
    validate_every
        Updates between validations, which are also the points at which training can be resumed.
    validation
        Generated instances of each validation class.
    start
        Checkpoint to start from; ``""``: random weights.
    largest
        Classes with more operations than this are left out of training.
    """

    seed: int = 0
    family: str = "job"
    hidden: int = 48
    updates: int = 6000
    batch: int = 8
    samples: int = 32
    keep: int = 16
    learning_rate: float = 2e-3
    last_rate: float = 5e-5
    average: float = 0.98
    signal: str = "group"
    entropy: float = 0.0
    imitation: int = 0
    imitation_size: int = 10
    imitation_rounds: int = 3
    imitation_limit_s: float = 5.0
    validate_every: int = 100
    validation: int = 4
    start: str = ""
    largest: int = 2000

    def __post_init__(self) -> None:
        for name in ("hidden", "batch", "imitation_size", "validate_every", "validation", "largest"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}", where="recipe ours", remedy="give at least 1")
        if not 2 <= self.keep <= self.samples:
            raise InputError(f"keep is {self.keep}", where="recipe ours", remedy=f"give 2 ... {self.samples}")
        if self.samples < 2:
            raise InputError(f"samples is {self.samples}", where="recipe ours", remedy="give at least 2")
        if self.updates < 0 or self.imitation < 0:
            raise InputError("a number of updates is negative", where="recipe ours", remedy="give at least 0")
        if not 0 <= self.average < 1:
            raise InputError(f"average is {self.average}", where="recipe ours", remedy="give a number in [0, 1)")
        if self.signal not in SIGNALS:
            raise unknown_name("signal", self.signal, SIGNALS, where="recipe ours")
        if self.family not in FAMILIES:
            raise unknown_name("family", self.family, FAMILIES, where="recipe ours")

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> OursConfig:
        """From a mapping, also of texts; raises :class:`InputError` for settings that do not exist or fit."""
        return cls(**settings(cls, config, "recipe ours"))


class Adam:
    """D. P. Kingma and J. Ba 2015, ascending; the decay rates are the usual ones but for the second (0.99)."""

    def __init__(self, size: int) -> None:
        self.first, self.second, self.steps = np.zeros(size), np.zeros(size), 0

    def step(self, weights: np.ndarray, gradient: np.ndarray, rate: float) -> None:
        """Add one step to ``weights``."""
        self.steps += 1
        self.first = 0.9 * self.first + 0.1 * gradient
        self.second = 0.99 * self.second + 0.01 * gradient**2
        mean = self.first / (1 - 0.9**self.steps)
        spread = np.sqrt(self.second / (1 - 0.99**self.steps))
        weights += (rate * mean / (spread + 1e-9)).astype(np.float32)


def advantages(makespans: FloatArray, signal: str, keep: int) -> FloatArray:
    """Weight of each schedule of a group; all 0 if the schedules are equally long.

    With ``signal="group"`` the ``keep`` schedules farthest from the mean count by their distance in standard
    deviations; what is near the mean costs as much to learn from and tells little.
    """
    spread = makespans.std()
    if spread == 0:
        return np.zeros(len(makespans))
    if signal == "group":
        weights = (makespans.mean() - makespans) / spread / len(makespans)
        weights[np.argsort(-abs(weights), kind="stable")[keep:]] = 0.0
        return weights
    weights = np.zeros(len(makespans))
    weights[makespans.argmin()] = 1.0
    return weights


class Trainer:
    """The state of a training; see :func:`train`."""

    def __init__(self, config: OursConfig, out: Path, report: Callable[[Mapping[str, Any]], None]) -> None:
        self.config, self.out, self.report = config, out, report
        self.rng = np.random.Generator(np.random.Philox(config.seed))
        self.flat = initial(config.hidden, config.hidden, self.rng)
        self.before: dict[str, Any] = {}
        if config.start:
            found = load_checkpoint(Path(config.start))
            self.before = dict(found.provenance)
            source = found.network
            if found.inputs != ("project" if config.family == "project" else "shop"):
                raise InputError(
                    f"{config.start} is a policy of {found.inputs}s", where="recipe ours", remedy="set family to match"
                )
            if source.widths != (config.hidden, config.hidden):
                raise InputError(
                    f"{config.start} has widths {source.widths}", where="recipe ours", remedy="set hidden to match"
                )
            self.flat[:] = np.concatenate([array.ravel() for array in source])
        self.net = view(self.flat, config.hidden, config.hidden)
        self.mean = self.flat.copy()
        self.mean_net = view(self.mean, config.hidden, config.hidden)
        self.gradient = np.zeros(parameter_count(config.hidden, config.hidden), dtype=np.float32)
        self.slots = view(self.gradient, config.hidden, config.hidden)
        self.adam = Adam(len(self.flat))
        self.update = 0
        self.best = np.inf
        self.curve: list[dict[str, float]] = []
        self.seconds = 0.0
        training, self.validation = FAMILIES[config.family]
        self.inputs = "project" if config.family == "project" else "shop"
        self.classes = [c for c in training if c.jobs * c.machines <= config.largest]
        seeds = range(config.validation)
        self._validation = [(c.kind, arrays_of(c.instance(seed))) for c in self.validation for seed in seeds]

    # --- one update -------------------------------------------------------------------------------

    def learn(self) -> None:
        """One update on fresh instances."""
        config = self.config
        self.gradient[:] = 0
        share = self.update / max(1, config.updates)
        rate = config.last_rate + (config.learning_rate - config.last_rate) * 0.5 * (1 + np.cos(np.pi * share))
        smoothing = config.entropy * (1 - share) / config.samples
        for _ in range(config.batch):
            shop = arrays_of(draw(self.classes, self.rng))
            group = roll(shop, self.net, np.ones(config.samples), int(self.rng.integers(2**63)))
            for choices, weight in zip(group.choices, advantages(group.makespans, config.signal, config.keep)):
                if weight != 0:
                    accumulate(shop, self.net, choices, weight, smoothing, self.slots)
        self.adam.step(self.flat, self.gradient.astype(np.float64) / config.batch, rate)
        self.update += 1
        keep = min(config.average, self.update / (self.update + 10))
        self.mean += np.float32(1 - keep) * (self.flat - self.mean)

    def imitate(self) -> None:
        """Show optimal schedules of small instances."""
        config = self.config
        labels: list[tuple[AnyShop, IntArray]] = []
        kinds = [
            ShopClass(kind, config.imitation_size, config.imitation_size) for kind in ("taillard", "demirkol_split")
        ]
        for number in range(config.imitation):
            instance = kinds[number % 2].instance(TRAINING_STREAM + int(self.rng.integers(0, 2**31)))
            label = optimal_choices(instance, config.imitation_limit_s)
            if label is not None:
                labels.append((shop_of(instance), label))
            if (number + 1) % 100 == 0:
                self.report({"stage": "labels", "done": number + 1, "of": config.imitation, "proven": len(labels)})
        for round_ in range(config.imitation_rounds):
            total, steps = 0.0, 0
            for position, pick in enumerate(self.rng.permutation(len(labels))):
                shop, choices = labels[int(pick)]
                total += accumulate(shop, self.net, choices, 1.0, 0.0, self.slots)[0]
                if (position + 1) % 16 == 0:
                    self.adam.step(self.flat, self.gradient.astype(np.float64) / 16, config.learning_rate)
                    self.gradient[:] = 0
                steps += 1
            self.report(
                {
                    "stage": "imitation",
                    "round": round_,
                    "of": config.imitation_rounds,
                    "log_likelihood": total / max(1, steps),
                }
            )

    # --- validation -------------------------------------------------------------------------------

    def validate(self) -> dict[str, float]:
        """Mean of makespan over trivial bound on the validation instances: greedy, and the best of 32."""
        ratios: dict[str, list[float]] = {}
        for kind, shop in self._validation:
            group: Rollouts = roll(shop, self.mean_net, np.concatenate(([0.0], np.ones(32))))
            name = kind.removeprefix("demirkol_")
            ratios.setdefault(f"greedy_{name}", []).append(float(group.makespans[0] / shop.scale[1]))
            ratios.setdefault(f"sampled_{name}", []).append(float(group.makespans[1:].min() / shop.scale[1]))
        means = {name: float(np.mean(values)) for name, values in ratios.items()}
        return {"update": self.update, "seconds": round(self.seconds, 1), "score": sum(means.values()), **means}

    def check(self) -> None:
        """Validate, keep the weights if they are the best so far, and save what a resumed run needs."""
        row = self.validate()
        score = row["score"]
        self.curve.append(row)
        atomic_write_text(self.out / "curve.json", json.dumps(self.curve, indent=1) + "\n")
        plot_curve(self.curve, self.out / "curve.png")
        if score < self.best:
            self.best = score
            save_checkpoint(self.out / "ours.npz", self.mean_net, self.provenance(row), self.inputs)
        self.save()
        self.report({"stage": "training", "of": self.config.updates, "best": score <= self.best, **row})

    def provenance(self, row: Mapping[str, float]) -> dict[str, Any]:
        """What is told of the weights."""
        from schedcore.experiments.code_version import code_version

        spent = float(self.before.get("training_seconds", 0.0))
        return {
            "recipe": "ours",
            "config": {**asdict(self.config), "start": Path(self.config.start).name},
            "seed": self.config.seed,
            "code_version": code_version("jssp"),
            "chosen": dict(row),
            "curve": self.curve,
            "training_seconds": round(self.seconds + spent, 1),
            "started_from": self.before,
            "trained_on": [c.name for c in self.classes],
            "validated_on": [c.name for c in self.validation],
            "parameters": self.net.size,
            "hardware": hardware(),
        }

    # --- resuming ---------------------------------------------------------------------------------

    def save(self) -> None:
        """Write the state of the training."""
        part = self.out / "state.part"
        with part.open("wb") as file:
            np.savez(
                file,
                flat=self.flat,
                mean=self.mean,
                first=self.adam.first,
                second=self.adam.second,
                rest=np.array(
                    json.dumps(
                        {
                            "steps": self.adam.steps,
                            "update": self.update,
                            "best": self.best,
                            "curve": self.curve,
                            "seconds": self.seconds,
                            "config": asdict(self.config),
                            "rng": _plain(self.rng.bit_generator.state),
                        }
                    )
                ),
            )
        part.replace(self.out / "state.npz")

    def restore(self) -> None:
        """Go on where :meth:`save` was called last.

        Raises
        ------
        InputError
            The run in the folder has other settings.
        """
        with np.load(self.out / "state.npz", allow_pickle=False) as data:
            rest = json.loads(str(data["rest"]))
            if rest["config"] != asdict(self.config):
                raise InputError(
                    "the training in this folder has other settings",
                    where=str(self.out),
                    remedy="use another folder, or the same settings",
                )
            self.flat[:], self.mean[:] = data["flat"], data["mean"]
            self.adam.first, self.adam.second = data["first"], data["second"]
        self.adam.steps, self.update, self.best = rest["steps"], rest["update"], rest["best"]
        self.curve, self.seconds = rest["curve"], rest["seconds"]
        self.rng.bit_generator.state = _restored(rest["rng"])


def train(
    config: Mapping[str, Any],
    out: Path,
    resume: bool = False,
    report: Callable[[Mapping[str, Any]], None] = lambda row: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Trainer:
    """Train our recipe; the best weights are in ``out/ours.npz``.

    Parameters
    ----------
    config
        Settings of :class:`OursConfig`; what is left out has its default.
    out
        Folder of checkpoint and state.
    resume
        Go on with the training in ``out`` if there is one; without it a training that is there is an error.
    report
        Called with a mapping after every validation and, while labels are made, now and then.
    should_stop
        Asked between updates; the state is saved when it says so, and the training can be resumed.

    Raises
    ------
    InputError
        Unknown or impossible settings, or ``out`` holds a training that is not to be resumed or has other settings.
    """
    chosen = OursConfig.of(config)
    out.mkdir(parents=True, exist_ok=True)
    known = (out / "state.npz").exists()
    if known and not resume:
        raise InputError("a training is here already", where=str(out), remedy="resume it, or use another folder")
    trainer = Trainer(chosen, out, report)
    clock = time.perf_counter()
    if known:
        trainer.restore()
    elif chosen.imitation:
        trainer.imitate()
    if not known:
        trainer.seconds = time.perf_counter() - clock
        trainer.check()
    clock = time.perf_counter() - trainer.seconds
    while trainer.update < chosen.updates:
        if should_stop():
            trainer.save()
            break
        trainer.learn()
        trainer.seconds = time.perf_counter() - clock
        if trainer.update % chosen.validate_every == 0 or trainer.update == chosen.updates:
            trainer.check()
    return trainer


def optimal_choices(instance: JobShopInstance | FlexibleJobShopInstance, limit_s: float) -> IntArray | None:
    """The decisions of a schedule that CP-SAT proves optimal within ``limit_s`` on one worker, or ``None``."""
    from jssp.adapter import start_times, to_problem
    from schedcore.solvers.cpsat.solver import CpsatSolver
    from schedcore.solvers.protocol import Limits, Status

    result = CpsatSolver().solve(to_problem(instance), limits=Limits(time_limit_s=limit_s))
    if result.status is not Status.OPTIMAL or result.schedule is None:
        return None
    return rebuild(shop_of(instance), start_times(instance, result.schedule))[2]


def plot_curve(curve: list[dict[str, float]], path: Path) -> None:
    """Validation figures over the updates."""
    from matplotlib.figure import Figure

    from schedcore.io.atomic import atomic_open

    kinds = [name.removeprefix("greedy_") for name in curve[0] if name.startswith("greedy_")]
    figure = Figure(figsize=(7, 1 + 2.2 * len(kinds)), layout="constrained")
    axes = figure.subplots(len(kinds), 1, sharex=True, squeeze=False)[:, 0]
    for axis, kind in zip(axes, kinds):
        for way, label in (("greedy", "greedy"), ("sampled", "best of 32")):
            axis.plot([row["update"] for row in curve], [row[f"{way}_{kind}"] for row in curve], label=label)
        axis.set_ylabel("makespan / bound")
        axis.set_title(TITLES.get(kind, kind), fontsize="medium")
        axis.legend(fontsize="small")
    axes[-1].set_xlabel("update")
    with atomic_open(path, "wb") as file:
        figure.savefig(file, format="png", dpi=120)


def _plain(state: Any) -> Any:
    """The state of a random generator as JSON."""
    if isinstance(state, dict):
        return {key: _plain(value) for key, value in state.items()}
    if isinstance(state, np.ndarray):
        return {"array": [int(value) for value in state]}
    return int(state) if isinstance(state, np.integer) else state


def _restored(state: Any) -> Any:
    if isinstance(state, dict):
        if state.keys() == {"array"}:
            return np.array(state["array"], dtype=np.uint64)
        return {key: _restored(value) for key, value in state.items()}
    return state


__all__ = ["OursConfig", "Trainer", "advantages", "plot_curve", "train"]
