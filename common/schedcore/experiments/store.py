"""Where the records of an experiment are kept: one file per trial, written whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from schedcore.errors import InputError, SchedError
from schedcore.experiments.trial import Trial, TrialRecord, TrialStatus
from schedcore.io.atomic import atomic_write_text, check_writable


class RunFolder:
    """The folder of an experiment's run: ``trials/KEY.json``, and what is made of them.

    Raises
    ------
    InputError
        The folder cannot be made or written to.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.trials = path / "trials"
        try:
            self.trials.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"cannot make the folder: {error.strerror}", where=str(self.trials), remedy="choose another --runs-dir"
            ) from error
        check_writable(self.trials / "probe.json", where=str(self.trials))

    def clear(self) -> None:
        """Forget all records."""
        shutil.rmtree(self.trials)
        self.trials.mkdir()

    def get(self, trial: Trial) -> TrialRecord | None:
        """The record of ``trial``; ``None`` if there is none, it failed, or its file is damaged."""
        from schedcore.io import read_text
        from schedcore.io.json_text import parse_json

        path = self.file_of(trial)
        if not path.is_file():
            return None
        try:
            record = TrialRecord.from_dict(parse_json(read_text(path), str(path)), str(path))
        except SchedError:
            return None  # somebody else's file, or one from a disk that ran full: the trial is run again
        return None if record.status is TrialStatus.FAILED or record.key != trial.key else record

    def put(self, record: TrialRecord) -> None:
        """Keep ``record``."""
        from schedcore.model import canonical_json

        atomic_write_text(self.trials / f"{record.key}.json", canonical_json(record.as_dict()) + "\n")

    def file_of(self, trial: Trial) -> Path:
        """The file of the record of ``trial``."""
        return self.trials / f"{trial.key}.json"

    def done(self, trials: Iterable[Trial]) -> dict[str, TrialRecord]:
        """The records at hand of ``trials``, by key."""
        found = ((trial.key, self.get(trial)) for trial in trials)
        return {key: record for key, record in found if record is not None}
