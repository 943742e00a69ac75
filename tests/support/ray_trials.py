"""Trials for the tests of backends, and a look at the processes of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from schedcore.experiments.trial import Trial


def small_trial(
    *,
    solver: str = "spt",
    instance: str = "ft06",
    seed: int = 0,
    workers: int = 1,
    time_limit_s: float = 5.0,
    **more: Any,
) -> Trial:
    """A trial of one job shop; its key tells what it is."""
    key = " ".join(map(str, (instance, solver, seed, workers, *more.values())))
    return Trial(
        key=key,
        group="shops",
        domain="jssp",
        instance=instance,
        method=solver,
        solver=solver,
        seed=seed,
        time_limit_s=time_limit_s,
        workers=workers,
        **more,
    )


def running_with(word: str) -> list[int]:
    """Processes with ``word`` among their arguments or in the name of a file that they write to."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            files = [str((entry / "fd" / number).readlink()) for number in ("1", "2")]
        except OSError:
            continue
        if any(word in text for text in (*arguments, *files)):
            found.append(int(entry.name))
    return found
