"""The tabu move: for job shops a step may improve a member of a memetic population instead of calling CP-SAT."""

from __future__ import annotations

import numpy as np

from schedcore.model import Schedule
from schedcore.solvers.tabu.search import Island, TabuParameters, evaluate
from schedcore.solvers.tabu.structure import JobShopStructure

STEPS_PER_UNIT = 100_000
"""Tabu steps that count as one unit of deterministic time."""


class TabuMove:
    """One worker's population."""

    def __init__(self, structure: JobShopStructure, seed: np.random.SeedSequence, first: Schedule | None) -> None:
        self.structure = structure
        sequence = None if first is None else structure.sequence_of(first.start)
        self.island = Island(structure, TabuParameters(), seed, structure.lower_bound(), 2**62, sequence)

    def active_schedule(self) -> Schedule:
        """A randomised active schedule."""
        return self.structure.schedule(evaluate(self.structure, self.island.newcomer())[2])

    def step(self) -> float:
        """Improve one member; returns the deterministic time that it took."""
        before = self.island.steps_left
        self.island.step()
        return (before - self.island.steps_left) / STEPS_PER_UNIT

    def best_below(self, makespan: int | None) -> tuple[int, Schedule] | None:
        """Makespan and schedule of the best member if it is shorter than ``makespan`` (``None``: anyhow)."""
        member = self.island.best
        if member is None or (makespan is not None and member.makespan >= makespan):
            return None
        return member.makespan, self.structure.schedule(evaluate(self.structure, member.sequence)[2])

    def receive(self, schedule: Schedule) -> None:
        """Take in a schedule that was found elsewhere."""
        sequence = self.structure.sequence_of(schedule.start)
        self.island.receive(evaluate(self.structure, sequence)[0], sequence)

    def stop(self) -> None:
        """End a step that is under way."""
        self.island.stop[0] = 1
