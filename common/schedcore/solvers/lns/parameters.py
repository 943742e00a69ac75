"""Parameters of large-neighbourhood search."""

from __future__ import annotations

from dataclasses import dataclass

from schedcore.errors import InputError


@dataclass(frozen=True, slots=True)
class LnsParameters:
    """Parameters of the search.

    Parameters
    ----------
    step_s
        Longest time of one CP-SAT step, in seconds (or units of deterministic time), above 0.
    start_share
        Share of the time limit after which the search for a first schedule must end if it has found
        one, in (0, 1].
    first_size
        Number of tasks that are free in the first steps, at least 2.
    floor
        Least probability of every neighbourhood, in [0, 1].
    cp_floor
        The same on job shops, where the tabu move does most of the work.
    """

    step_s: float = 1.5
    start_share: float = 0.25
    first_size: int = 40
    floor: float = 0.05
    cp_floor: float = 0.01

    def __post_init__(self) -> None:
        if not self.step_s > 0:
            raise InputError(f"step_s is {self.step_s}", where="lns", remedy="give seconds > 0")
        if not 0 < self.start_share <= 1:
            raise InputError(f"start_share is {self.start_share}", where="lns", remedy="give a share in (0, 1]")
        if self.first_size < 2:
            raise InputError(f"first_size is {self.first_size}", where="lns", remedy="give at least 2")
        for name in ("floor", "cp_floor"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"{name} is {getattr(self, name)}", where="lns", remedy="give a number in [0, 1]")
