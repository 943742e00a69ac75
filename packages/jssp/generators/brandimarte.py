"""Flexible job shops in the manner of Brandimarte.

P. Brandimarte, Routing and scheduling in a flexible job shop by tabu search, Annals of Operations Research 41 (1993)
157-183: all quantities are drawn uniformly between limits: operations per job, machines that can do an operation,
duration of each alternative.  In the published files jobs share a small pool of operation types; so they may here.
"""

from __future__ import annotations

from dataclasses import dataclass

from jssp.generators.streams import philox, positive
from jssp.instance import FlexibleJobShopInstance
from schedcore.errors import InputError

_Operation = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class BrandimarteParameters:
    """Limits of the uniform draws, both ends included; the defaults give shops of the size of mk01.

    ``operation_types`` is the number of distinct operations that the jobs are made of; ``None`` draws every operation
    anew.  Durations are ticks.
    """

    jobs: int = 10
    machines: int = 6
    min_operations: int = 5
    max_operations: int = 7
    max_alternatives: int = 3
    min_duration: int = 1
    max_duration: int = 7
    operation_types: int | None = None

    def __post_init__(self) -> None:
        for field in ("jobs", "machines", "min_operations", "max_alternatives"):
            positive(getattr(self, field), f"BrandimarteParameters.{field}")
        if self.operation_types is not None:
            positive(self.operation_types, "BrandimarteParameters.operation_types")
        for low, high in (("min_operations", "max_operations"), ("min_duration", "max_duration")):
            if not 0 <= getattr(self, low) <= getattr(self, high):
                raise InputError(
                    f"{getattr(self, low)} ... {getattr(self, high)} is not a range",
                    where=f"BrandimarteParameters.{low}, {high}",
                    remedy="give 0 <= lower <= upper",
                )
        if self.max_alternatives > self.machines:
            raise InputError(
                f"{self.max_alternatives} alternatives but {self.machines} machines",
                where="BrandimarteParameters.max_alternatives",
                remedy="at most one alternative per machine",
            )


def brandimarte(parameters: BrandimarteParameters, seed: int, *, name: str | None = None) -> FlexibleJobShopInstance:
    """A flexible job shop; equal parameters and seed give equal instances."""
    p = parameters
    rng = philox(seed, "brandimarte")

    def operation() -> _Operation:
        count = int(rng.integers(1, p.max_alternatives, endpoint=True))
        able = sorted(rng.choice(p.machines, size=count, replace=False).tolist())
        times = rng.integers(p.min_duration, p.max_duration, size=count, endpoint=True).tolist()
        return list(zip(able, times))

    pool = None if p.operation_types is None else [operation() for _ in range(p.operation_types)]
    jobs: list[list[_Operation]] = []
    for _ in range(p.jobs):
        length = int(rng.integers(p.min_operations, p.max_operations, endpoint=True))
        if pool is None:
            jobs.append([operation() for _ in range(length)])
        else:
            jobs.append([pool[int(i)] for i in rng.integers(0, len(pool), size=length)])
    label = name or f"brandimarte:{p.jobs}x{p.machines}:{seed}"
    return FlexibleJobShopInstance(label, jobs, num_machines=p.machines)
