"""TensorBoard: a folder of event files, one per trial."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from schedcore.errors import InputError, MissingExtraError
from schedcore.experiments.sinks.protocol import figures_of, parameters_of
from schedcore.experiments.trial import Trial, TrialRecord


class TensorBoardSink:
    """Writes ``FOLDER/RUN/METHOD/INSTANCE-seedN-KEY/``: the trace as curves over milliseconds, the figures as
    scalars, and parameters with figures for the table of hyperparameters.

    Raises
    ------
    MissingExtraError
        TensorBoard is not installed.
    InputError
        The folder cannot be made.
    """

    name = "tensorboard"

    def __init__(self, folder: Path) -> None:
        try:
            import tensorboard  # noqa: F401  (torch takes seconds to import, only to find it missing)
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise MissingExtraError(
                "the sink tensorboard needs the package tensorboard, which is not installed",
                where="tensorboard",
                remedy="pip install 'sched-research[tracking]'",
            ) from error
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"cannot make the folder: {error.strerror}", where=str(folder), remedy="give another"
            ) from error
        self._make = SummaryWriter
        self._folder = folder

    def start(self, run_name: str, about: Mapping[str, Any]) -> None:
        """Write what is known of the run as a text."""
        self._folder = self._folder / file_name(run_name)
        _remove_events(self._folder)
        with self._make(log_dir=str(self._folder)) as writer:
            lines = [f"| {name} | {value} |" for name, value in about.items()]
            writer.add_text("run", "\n".join(["| | |", "|---|---|", *lines]))

    def trial(self, trial: Trial, record: TrialRecord) -> None:
        """Write a trial; its older files, if it comes again, are removed."""
        name = f"{file_name(trial.instance)}-seed{trial.seed}-{trial.key[:8]}"
        folder = self._folder / file_name(trial.method) / name
        _remove_events(folder)
        with self._make(log_dir=str(folder)) as writer:
            for t, value, bound in record.trace:
                step = round(1000 * t)
                writer.add_scalar("trace/objective", value, step, walltime=t)
                if bound is not None and math.isfinite(bound):
                    writer.add_scalar("trace/bound", bound, step, walltime=t)
            given = {
                k: v if isinstance(v, bool | str | int | float) else str(v) for k, v in parameters_of(trial).items()
            }
            figures = figures_of(record)
            writer.add_hparams(
                {**given, "status": str(record.status)}, {f"result/{k}": v for k, v in figures.items()}, run_name="."
            )

    def close(self) -> None:
        """Nothing is open."""


def _remove_events(folder: Path) -> None:
    """What was written there before would be drawn beside the new."""
    for old in folder.glob("events.out.tfevents.*"):
        old.unlink()


def file_name(name: str) -> str:
    """``name`` as the name of a file: ``progen:30x4:1`` becomes ``progen-30x4-1``."""
    kept = "".join(c if c.isalnum() or c in "._=" else "-" for c in name).strip("-.")
    return kept[:120] or "unnamed"
