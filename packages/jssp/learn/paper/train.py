"""The training loop of the paper's recipe: resumable, one update at a time.

A run lives in a folder: ``config.json`` (settings), ``state.pt`` (everything that resuming needs, replaced after every
update), ``curve.json`` and ``curve.png``, ``last.npz`` and ``best.npz`` (checkpoints; the best on generated validation
instances).  All files are replaced whole.  Randomness of update u derives from (seed, u), so a resumed run goes on as
it would have, up to what wall-clock limits of the solver change.
"""

from __future__ import annotations

import io
import json
import pickle
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from jssp.env.batch import Shops
from jssp.env.modes import ActionMode
from jssp.env.observation import ObservationForm
from jssp.generators.expression import generate
from jssp.instance import JobShopInstance
from jssp.learn.paper.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from jssp.learn.paper.recipe import PaperRecipe
from jssp.rules import makespans
from jssp.standard import standard_instance
from schedcore.errors import FormatError, InputError

STATE_VERSION = 1

Weights = dict[str, npt.NDArray[np.float32]]

TRAINING_SEEDS, VALIDATION_SEEDS = 1_000_000, 2_000_000
"""First seeds of generated training and validation instances."""

VALIDATION_SIZES = ("20x15",)
"""Sizes beside that of training."""


@dataclass
class Progress:
    """What a run knows besides its weights."""

    update: int = 0
    best_update: int = 0
    best_score: float = float("inf")
    wall_s: float = 0.0
    curve: list[dict[str, Any]] = field(default_factory=list)


def train(
    recipe: PaperRecipe,
    out: Path,
    *,
    resume: bool = False,
    backend: str = "inline",
    workers: int = 1,
    report: Callable[[int, int, str], None] = lambda done, total, label: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Train until the last update of ``recipe`` or until ``should_stop``; what was reached, as plain data.

    Parameters
    ----------
    recipe
        Settings; those of a resumed run must be the same.
    out
        Folder of the run.
    resume
        Go on with the run in ``out``.
    backend, workers
        Where completions run, see :mod:`jssp.learn.paper.completers`.
    report
        Called with updates done, updates in all, and a line of text.

    Raises
    ------
    InputError
        There is a run in ``out`` already and ``resume`` is false; or the settings differ from those of the run.
    FormatError
        The state of the run cannot be read.
    """
    import torch

    from jssp.learn.paper.completers import completer
    from jssp.learn.paper.losses import old_log_probabilities, run_phase
    from jssp.learn.paper.network import PaperNetwork
    from jssp.learn.paper.samples import gather

    torch.set_num_threads(max(workers, 1))
    torch.manual_seed(recipe.seed)
    form = ObservationForm(recipe.positions, recipe.legacy)
    network = PaperNetwork(legacy=recipe.legacy)
    optimiser = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate, eps=recipe.adam_eps)
    progress, average = _open_run(recipe, out, resume, network, optimiser)
    validation = _validation_shops(recipe)
    if not progress.curve:
        progress.curve.append({"update": 0, **_validate(average, form, validation, recipe)})
        _note_best(progress, average, form, recipe, out)
    with completer(backend, workers) as solve:
        while progress.update < recipe.updates and not should_stop():
            began = time.perf_counter()
            update = progress.update + 1
            seed = int(np.random.SeedSequence([recipe.seed, update]).generate_state(1)[0])
            for group in optimiser.param_groups:
                group["lr"] = recipe.learning_rate * (1 - (update - 1) / recipe.updates)
            gathered = gather(
                Shops(_training_shops(recipe, update)),
                _packed(network),
                form,
                episodes=recipe.episodes,
                time_limit_s=recipe.completion_time_s(update),
                deterministic_limit=recipe.completion_limit or None,
                seed=seed,
                completer=solve,
            )
            gathered_s = time.perf_counter() - began
            row: dict[str, Any] = {"update": update, **gathered.figures}
            rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, 3])))
            # The rollout policy is the reference of both phases.
            old = {name: old_log_probabilities(network, getattr(gathered, name)) for name in ("suffix", "prefix")}
            for name in ("suffix", "prefix"):
                figures = run_phase(
                    network,
                    optimiser,
                    getattr(gathered, name),
                    old[name],
                    clip=recipe.clip,
                    epochs=recipe.epochs,
                    minibatches=recipe.minibatches,
                    target_kl=recipe.target_kl,
                    rng=rng,
                )
                row |= {f"{name}_steps": figures.steps, f"{name}_kl": figures.kl, f"{name}_loss": figures.loss}
            progress.update = update
            for name, value in _weights(network).items():
                average[name] = recipe.average * average[name] + (1 - recipe.average) * value
            if update % recipe.validate_every == 0 or update == recipe.updates:
                row |= _validate(average, form, validation, recipe)
            progress.wall_s += time.perf_counter() - began
            row |= {"gather_s": round(gathered_s, 2), "wall_s": round(progress.wall_s, 1)}
            progress.curve.append(row)
            if "score" in row:
                _note_best(progress, average, form, recipe, out)
            _store(recipe, out, network, optimiser, progress, form, average)
            report(update, recipe.updates, _line(row))
    return {
        "recipe": recipe.NAME,
        "updates": progress.update,
        "of": recipe.updates,
        "wall_s": round(progress.wall_s, 1),
        "best_update": progress.best_update,
        "best_score": progress.best_score,
        "checkpoint": str(out / "best.npz"),
    }


def _training_shops(recipe: PaperRecipe, update: int) -> list[JobShopInstance]:
    if recipe.instance_names:
        return [standard_instance(name) for name in recipe.instance_names]
    first = TRAINING_SEEDS + recipe.seed * 100_000 + update * recipe.shops
    return [_generated(recipe.generator, recipe.size, first + i) for i in range(recipe.shops)]


def _validation_shops(recipe: PaperRecipe) -> list[Shops]:
    sizes = dict.fromkeys((recipe.size, *VALIDATION_SIZES))
    return [
        Shops([_generated(recipe.generator, size, VALIDATION_SEEDS + i) for i in range(recipe.validation_shops)])
        for size in sizes
    ]


def _generated(generator: str, size: str, seed: int) -> JobShopInstance:
    made = generate(f"{generator}:{size}:{seed}")
    assert isinstance(made, JobShopInstance)
    return made


def _validate(
    weights: Weights, form: ObservationForm, validation: list[Shops], recipe: PaperRecipe
) -> dict[str, float]:
    """Mean makespan over that of MWKR on the validation instances, for both modes, greedy and sampled.

    ``score`` (smaller is better) is the mean of the two sampled figures.
    """
    from jssp.learn.paper.inference import best_of, greedy

    checkpoint = Checkpoint(weights, form, {})
    rows: dict[str, list[float]] = {}
    for shops in validation:
        base = makespans(shops.instances, ["mwkr"])[:, 0]
        for mode in (ActionMode.NO_OP, ActionMode.NON_DELAY):
            sampled = best_of(checkpoint, shops, samples=recipe.validation_samples, mode=mode, seed=recipe.seed)
            rows.setdefault(f"sampled_{mode}", []).append(float((sampled / base).mean()))
            rows.setdefault(f"greedy_{mode}", []).append(float((greedy(checkpoint, shops, mode=mode) / base).mean()))
    figures = {name: float(np.mean(values)) for name, values in rows.items()}
    figures["score"] = (figures["sampled_noop"] + figures["sampled_nondelay"]) / 2
    return figures


def _weights(network: Any) -> Weights:
    return {name: value.detach().cpu().numpy().copy() for name, value in network.state_dict().items()}


def _packed(network: Any) -> Any:
    from jssp.learn.paper.forward import pack

    return pack(_weights(network))


def _note_best(progress: Progress, weights: Weights, form: ObservationForm, recipe: PaperRecipe, out: Path) -> None:
    score = progress.curve[-1]["score"]
    if score < progress.best_score:
        progress.best_score, progress.best_update = score, progress.update
        save_checkpoint(out / "best.npz", weights, form, _provenance(recipe, progress))


def _provenance(recipe: PaperRecipe, progress: Progress) -> dict[str, Any]:
    from schedcore.experiments.code_version import code_version
    from schedcore.experiments.machine import machine

    return {
        "recipe": recipe.NAME,
        "config": {**recipe.as_dict(), "start": Path(recipe.start).name},
        "seed": recipe.seed,
        "code": code_version("jssp"),
        "machine": machine(),
        "update": progress.update,
        "wall_s": round(progress.wall_s, 1),
        "selected_on": f"generated {recipe.generator} instances, seeds from {VALIDATION_SEEDS}",
        "curve": progress.curve,
        "start": _before(recipe),
        "evaluation": None,
    }


def _before(recipe: PaperRecipe) -> dict[str, Any] | None:
    """What the checkpoint that a run began with says of itself."""
    if not recipe.start:
        return None
    told = load_checkpoint(recipe.start).provenance
    return {key: told.get(key) for key in ("config", "update", "wall_s", "code", "curve", "start")}


def _open_run(recipe: PaperRecipe, out: Path, resume: bool, network: Any, optimiser: Any) -> tuple[Progress, Weights]:
    """Create or reload the run in ``out``; its progress and the average of its weights."""
    import torch

    from schedcore.io.atomic import atomic_write_text

    state, config = out / "state.pt", out / "config.json"
    if not resume:
        if config.exists() or state.exists():
            raise InputError(
                "there is a run in this folder", where=str(out), remedy="give --resume to go on, or another --out"
            )
        _start_from(recipe, network)
        out.mkdir(parents=True, exist_ok=True)
        atomic_write_text(config, json.dumps(recipe.as_dict(), indent=1) + "\n")
        return Progress(), _weights(network)
    if not config.is_file():
        raise InputError("no run to resume", where=str(out), remedy="leave --resume away to begin one")
    before = json.loads(config.read_text(encoding="utf-8"))
    now = recipe.as_dict()
    changed = sorted(key for key in {*before, *now} if before.get(key) != now.get(key))
    if changed:
        raise InputError(
            f"{changed[0]} was {before.get(changed[0])!r} and is now {now.get(changed[0])!r}",
            where=str(config),
            remedy="resume with the settings of the run, or begin another one",
        )
    if not state.is_file():  # stopped before the first update was complete
        _start_from(recipe, network)
        return Progress(), _weights(network)
    try:
        stored = torch.load(state, weights_only=True)
        if stored["version"] != STATE_VERSION:
            raise KeyError(f"version {stored['version']}")
        network.load_state_dict(stored["network"])
        optimiser.load_state_dict(stored["optimiser"])
        average = {name: value.numpy() for name, value in stored["average"].items()}
        return Progress(**stored["progress"]), average
    except (OSError, RuntimeError, KeyError, TypeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        raise FormatError(
            f"the state cannot be read: {str(error).splitlines()[0]}", where=str(state), remedy="begin another run"
        ) from error


def _start_from(recipe: PaperRecipe, network: Any) -> None:
    """Load the weights that the recipe names, if any."""
    import torch

    if not recipe.start:
        return
    found = load_checkpoint(recipe.start)
    wanted = ObservationForm(recipe.positions, recipe.legacy)
    if found.form != wanted:
        raise InputError(
            f"trained with {found.form}, not {wanted}", where=recipe.start, remedy="begin with the same form"
        )
    network.load_state_dict({name: torch.from_numpy(value) for name, value in found.weights.items()})


def _store(
    recipe: PaperRecipe,
    out: Path,
    network: Any,
    optimiser: Any,
    progress: Progress,
    form: ObservationForm,
    average: Weights,
) -> None:
    import torch

    from schedcore.io.atomic import atomic_write_bytes, atomic_write_text

    buffer = io.BytesIO()
    torch.save(
        {
            "version": STATE_VERSION,
            "network": network.state_dict(),
            "optimiser": optimiser.state_dict(),
            "average": {name: torch.from_numpy(value) for name, value in average.items()},
            "progress": vars(progress),
        },
        buffer,
    )
    save_checkpoint(out / "last.npz", average, form, _provenance(recipe, progress))
    atomic_write_text(out / "curve.json", json.dumps(progress.curve, indent=1) + "\n")
    atomic_write_bytes(out / "state.pt", buffer.getvalue())
    if "score" in progress.curve[-1]:
        _plot_curve(progress.curve, out / "curve.png")


def _line(row: dict[str, Any]) -> str:
    text = f"agent {row['agent_over_bound']:.3f} solver {row['solver_over_bound']:.3f} x bound"
    if "score" in row:
        text += f", validation {row['sampled_nondelay']:.3f} / {row['sampled_noop']:.3f} x MWKR (No-Op off / on)"
    return text


def _plot_curve(curve: list[dict[str, Any]], path: Path) -> None:
    """Validation figures and the gain of the solver over the updates."""
    from matplotlib.figure import Figure

    from schedcore.io.atomic import atomic_open

    figure = Figure(figsize=(7, 6), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True)
    checked = [row for row in curve if "score" in row]
    for name, label in (
        ("sampled_nondelay", "best of samples, No-Op off"),
        ("sampled_noop", "best of samples, No-Op on"),
        ("greedy_nondelay", "greedy, No-Op off"),
        ("greedy_noop", "greedy, No-Op on"),
    ):
        upper.plot([row["update"] for row in checked], [row[name] for row in checked], label=label)
    upper.axhline(1.0, color="grey", linewidth=0.8)
    upper.set_ylabel("makespan / MWKR, validation")
    upper.legend(fontsize="small")
    trained = [row for row in curve if "agent_over_bound" in row]
    for name, label in (("agent_over_bound", "agent"), ("solver_over_bound", "solver's completion")):
        lower.plot([row["update"] for row in trained], [row[name] for row in trained], label=label)
    lower.set_ylabel("makespan / lower bound, training")
    lower.set_xlabel("update")
    lower.legend(fontsize="small")
    with atomic_open(path, "wb") as file:
        figure.savefig(file, format="png", dpi=120)
