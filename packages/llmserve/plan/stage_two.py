"""Stage II: resource shares and times for a structure, with the order of every stream from stage I or free."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llmserve.interference import Interference
from llmserve.plan.layer_problem import layer_problem
from llmserve.plan.packer import PackerParameters, pack, serial_in
from llmserve.plan.stage_one import StageOneResult
from llmserve.plan.stagger import staggered_guess
from llmserve.plan.window_model import orders_of, solve_window
from schedcore.errors import InputError
from schedcore.model import Problem, Schedule, Unary
from schedcore.solvers import Status


@dataclass(frozen=True)
class StageTwoResult:
    """Shares and times, and what is proven of the period in ticks.

    ``bound`` is for the given order if there was one (``keep_order``), else for every order over two stages.
    """

    status: Status
    problem: Problem
    schedule: Schedule
    bound: float

    @property
    def period_s(self) -> float:
        """Seconds per layer."""
        assert self.schedule.cycle is not None
        return float(self.problem.unit.to_seconds(self.schedule.cycle))

    @property
    def bound_s(self) -> float:
        """Proven lower bound of the period, in seconds."""
        return float(self.problem.unit.to_seconds(int(self.bound)))


def stage_two(
    first: StageOneResult,
    seconds: Sequence[float],
    interference: Interference,
    *,
    tick_us: int = 10,
    keep_order: bool = False,
    share_steps: int = 10,
    packer: PackerParameters | None = None,
    time_limit_s: float = 10.0,
    workers: int = 1,
    seed: int = 0,
    should_stop: Callable[[], bool] | None = None,
) -> StageTwoResult:
    """Shares for the structure that stage I chose.

    Parameters
    ----------
    seconds
        Stand-alone seconds per nano-operation.
    keep_order
        Keep the order of stage I on every stream, as the released second stage does; else the order is free.
    packer
        How long the packer works before CP-SAT takes over (with a free order).

    Raises
    ------
    InputError
        Stage I found no structure.
    """
    if first.structure is None or first.schedule is None:
        raise InputError("stage I found no structure", where="stage II", remedy="give stage I more time")
    problem = layer_problem(
        first.structure, seconds, interference, tick_us=tick_us, share_steps=share_steps, name="stage II"
    )
    orders = None
    if keep_order:
        by_name = {
            first.problem.resources[r].name: order for r, order in orders_of(first.problem, first.schedule).items()
        }
        orders = {
            r: by_name[resource.name] for r, resource in enumerate(problem.resources) if isinstance(resource, Unary)
        }
    stages = 1 if keep_order else 2
    phases = {p.task: p.start % (first.schedule.cycle or 1) for p in first.schedule.placements}
    best = serial_in(problem, sorted(phases, key=phases.__getitem__))
    if not keep_order:
        serial, guess = best, staggered_guess(problem, first.structure)
        tries = (*itertools.product((serial, guess), (1, 2), (0.003, 0.01)), (None, 2, 0.003), (None, 2, 0.01))
        for k, (start, spread, hot) in enumerate(tries):
            parameters = packer or PackerParameters(60_000, 1, spread, hot=hot)
            found = pack(problem, parameters, start=start or best, seed=seed + k)
            best = min((best, found), key=_period)
    result = solve_window(
        problem,
        orders=orders,
        hint=best,
        longest=best.cycle,
        stages=stages,
        time_limit_s=time_limit_s,
        workers=workers,
        seed=seed,
        should_stop=should_stop,
    )
    schedule = result.schedule or best
    assert problem.cycle is not None
    bound = max(float(problem.cycle.minimum), min(result.bound, float(schedule.cycle or 0)))
    return StageTwoResult(result.status if result.schedule is not None else Status.FEASIBLE, problem, schedule, bound)


def _period(schedule: Schedule) -> int:
    assert schedule.cycle is not None
    return schedule.cycle
