"""``sweep.json``: what a run is, what was asked for, and where it ran."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schedcore.errors import FormatError
from schedcore.io.atomic import atomic_write_text

MANIFEST = "sweep.json"
MANIFEST_SCHEMA = "sched.sweep/1"


@dataclass(frozen=True)
class Manifest:
    """What ``sweep.json`` holds.

    Parameters
    ----------
    name
        Name of the run, for headings.
    argv
        The words of the command that made it.
    asked
        What was asked for: target, words, grid, seeds, options; enough to continue with the same.
    environment
        Machine, versions and commit of the last driver; see :func:`~schedcore.experiments.machine.machine`.
    experiment
        The configuration of the whole: titles, groups, charts.
    created, updated
        ISO times, UTC.
    """

    name: str
    argv: tuple[str, ...] = ()
    asked: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    experiment: Mapping[str, Any] = field(default_factory=dict)
    created: str = ""
    updated: str = ""

    def write(self, folder: Path) -> Manifest:
        """Write it into ``folder``, whole or not at all, with the time; returns what was written."""
        now = utc_now()
        stamped = dataclasses.replace(self, created=self.created or now, updated=now)
        data = {"schema": MANIFEST_SCHEMA, **dataclasses.asdict(stamped)}
        atomic_write_text(folder / MANIFEST, json.dumps(data, indent=1, default=str) + "\n")
        return stamped

    def same_work(self, other: Manifest) -> bool:
        """Whether both were asked for the same, whenever, wherever and by whichever words."""
        texts = [json.dumps([m.name, m.asked, m.experiment], sort_keys=True, default=str) for m in (self, other)]
        return texts[0] == texts[1]

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """The manifest in ``folder``.

        Raises
        ------
        FormatError
            It is damaged, or of another version.
        OSError
            There is none, or it cannot be read.
        """
        file = folder / MANIFEST
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
            schema = data.pop("schema")
            if schema != MANIFEST_SCHEMA:
                raise ValueError(f"its schema is {schema!r}, not {MANIFEST_SCHEMA!r}")
            data["argv"] = tuple(data["argv"])
            return cls(**data)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise FormatError(
                f"no manifest of a run: {error}", where=str(file), remedy="give another folder with --out"
            ) from None


def utc_now() -> str:
    """Now, as an ISO time in UTC to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
