"""What a machine has for trials, and what is left of it while some run."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from schedcore.experiments.backends.memory import available_mb
from schedcore.experiments.trial import Trial

_EPSILON = 1e-9


def processors() -> int:
    """Processors that this process may use."""
    from schedcore.cli.checkup import granted_cpus

    return granted_cpus()


def gpu_ids() -> tuple[str, ...]:
    """The GPUs that this process may use, as ``CUDA_VISIBLE_DEVICES`` names them; no library is loaded for it."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return tuple(word.strip() for word in visible.split(",") if word.strip() and word.strip() != "-1")
    try:
        return tuple(str(i) for i, _ in enumerate(sorted(Path("/proc/driver/nvidia/gpus").iterdir())))
    except OSError:
        return ()


@dataclass
class Resources:
    """What there is and what is taken; ``memory_mb`` is ``None`` where the system does not tell."""

    slots: int
    memory_mb: float | None = None
    gpus: tuple[str, ...] = ()
    used_slots: int = 0
    used_memory_mb: float = 0.0
    free_gpus: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of_machine(cls, slots: int | None = None, memory_mb: float | None = None) -> Resources:
        """Those of this machine; ``slots`` processors and ``memory_mb`` instead of all that is free."""
        gpus = gpu_ids()
        return cls(slots or processors(), memory_mb or available_mb(), gpus, free_gpus=dict.fromkeys(gpus, 1.0))

    def lacks(self, trial: Trial) -> str:
        """Empty if ``trial`` could run if nothing else did, else what it asks for and what there is."""
        if trial.workers > self.slots:
            return f"it asks for {trial.workers} processors; there are {self.slots}"
        if trial.memory_mb is not None and self.memory_mb is not None and trial.memory_mb > self.memory_mb:
            return f"it asks for {trial.memory_mb} MiB of memory; there are {self.memory_mb:.0f}"
        if trial.gpus > len(self.gpus):
            return f"it asks for {trial.gpus:g} GPUs; there are {len(self.gpus)}"
        if trial.gpus > 1 and not float(trial.gpus).is_integer():
            return f"it asks for {trial.gpus:g} GPUs; more than one can only be given whole"
        return ""

    def take(self, trial: Trial) -> tuple[str, ...] | None:
        """Take what ``trial`` asks for; the GPUs given, or ``None`` if something is not free now."""
        if self.used_slots + trial.workers > self.slots:
            return None
        memory = trial.memory_mb or 0
        if self.memory_mb is not None and self.used_memory_mb + memory > self.memory_mb:
            return None
        chosen: tuple[str, ...] = ()
        if trial.gpus:
            share = min(1.0, trial.gpus)
            # The fullest that still has room comes first, so that whole GPUs stay free.
            free = sorted((room, gpu) for gpu, room in self.free_gpus.items() if room >= share - _EPSILON)
            number = max(1, round(trial.gpus))
            if len(free) < number:
                return None
            chosen = tuple(gpu for _, gpu in free[:number])
            for gpu in chosen:
                self.free_gpus[gpu] -= share
        self.used_slots += trial.workers
        self.used_memory_mb += memory
        return chosen

    def give_back(self, trial: Trial, gpus: tuple[str, ...]) -> None:
        """Give back what :meth:`take` gave."""
        self.used_slots -= trial.workers
        self.used_memory_mb -= trial.memory_mb or 0
        for gpu in gpus:
            self.free_gpus[gpu] += min(1.0, trial.gpus)
