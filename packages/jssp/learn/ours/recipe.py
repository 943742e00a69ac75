"""The recipes ``ours`` and ``control`` for ``sched train jssp``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from schedcore.errors import InputError
from schedcore.training import TrainOptions


class OursTrainer:
    """See :class:`jssp.learn.ours.trainer.OursConfig` for its keys."""

    summary = "our dispatcher: policy gradient on groups of its own schedules of generated instances"

    def train(self, options: TrainOptions) -> dict[str, Any]:
        """Train on one core; see :func:`jssp.learn.ours.trainer.train`."""
        from jssp.learn.ours.trainer import train

        config = {**_checked(options, "ours"), "seed": str(options.seed)}
        trainer = train(config, options.out, options.resume, _lines(options.progress), options.should_stop)
        return {
            "checkpoint": str(options.out / "ours.npz"),
            "updates": trainer.update,
            "of": trainer.config.updates,
            "seconds": trainer.seconds,
            "curve": trainer.curve,
        }


class ControlTrainer:
    """See :class:`jssp.learn.ours.control.ControlConfig` for its keys; a tuning is not resumed."""

    summary = "the control: at most 200 parameters on the same features, by an evolution strategy"

    def train(self, options: TrainOptions) -> dict[str, Any]:
        """Tune on one core; see :func:`jssp.learn.ours.control.train_control`."""
        from jssp.learn.ours.control import ControlConfig, train_control

        if options.resume:
            raise InputError("the control is not resumed", where="recipe control", remedy="tune it again")
        config = ControlConfig.of({**_checked(options, "control"), "seed": str(options.seed)})
        generations = train_control(config, options.out, _lines(options.progress), options.should_stop)
        return {"checkpoint": str(options.out / "control.npz"), "updates": generations, "of": generations}


def _checked(options: TrainOptions, recipe: str) -> dict[str, str]:
    """The settings; the seed is an option of the command."""
    if "seed" in options.overrides:
        raise InputError(
            "seed is an option", where=f"recipe {recipe}", remedy=f"write --seed {options.overrides['seed']}"
        )
    return dict(options.overrides)


def _lines(progress: Callable[[int, int, str], None]) -> Callable[[Mapping[str, Any]], None]:
    """Rows of a training as progress with a line of text."""

    def report(row: Mapping[str, Any]) -> None:
        if row["stage"] == "training":
            means = {key: value for key, value in row.items() if key.startswith(("greedy_", "sampled_"))}
            text = "makespan / bound " + ", ".join(f"{key} {value:.4f}" for key, value in means.items())
            progress(int(row["update"]), int(row["of"]), text)
        elif row["stage"] == "labels":
            progress(int(row["done"]), int(row["of"]), f"{row['proven']} optimal schedules")
        elif row["stage"] == "imitation":
            progress(int(row["round"]) + 1, int(row["of"]), f"imitation, log-likelihood {row['log_likelihood']:.3f}")
        else:
            progress(int(row["seconds"]), int(row["of"]), f"makespan / bound {row['score']:.4f} greedy")

    return report


ours = OursTrainer()
control = ControlTrainer()
