"""Runs: the intervals in which tasks occupy resources.

Normally a task has one run.  It has one per mode if its modes use different resources; if they
differ only in length and amounts, one run carries a duration and a demand that depend on the mode.
What lasts zero ticks occupies nothing: fixed lengths of zero make no run, and a length that may
shrink to zero gets a literal that says whether it did.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from schedcore.model import Mode
from schedcore.solvers.cpsat.variables import Build, Expr, Facts, Literal, TaskVars


@dataclass(slots=True)
class Run:
    """A stretch ``[start, start + size)`` in which ``task`` occupies resources if ``literal`` holds."""

    task: int
    start: Expr
    size: Expr
    end: Expr
    literal: Literal
    longest: int
    interval: Any = None
    copies: dict[int, Any] = field(default_factory=dict)
    """Intervals of several rounds in a cyclic problem."""


@dataclass(slots=True)
class Uses:
    """The runs on one resource and their demands."""

    runs: list[Run] = field(default_factory=list)
    demands: list[Expr] = field(default_factory=list)
    least: list[int] = field(default_factory=list)
    """The smallest demand of every run."""
    most: int = 0
    """Sum of the largest demands."""
    energy: list[Expr] = field(default_factory=list)
    """Linear lower bounds of demand times length, one per run and mode."""


def collect_uses(build: Build) -> list[Uses]:
    """The runs of all tasks, listed by resource."""
    uses = [Uses() for _ in build.problem.resources]
    for i, (task, variables) in enumerate(zip(build.problem.tasks, build.tasks, strict=True)):
        modes = task.modes
        if len(modes) == 1:
            mode = modes[0]
            if mode.demands and mode.duration_max:
                run = _mode_run(build, i, mode, variables, variables.presence, 0)
                for demand in mode.demands:
                    _note(uses[demand.resource], run, demand.amount, mode, variables.presence, alone=True)
        elif _same_shape(modes):
            _shared_run(build, i, modes, variables, uses)
        else:
            for m, (mode, literal) in enumerate(zip(modes, variables.modes, strict=True)):
                if mode.demands and mode.duration_max:
                    run = _mode_run(build, i, mode, variables, literal, m)
                    for demand in mode.demands:
                        _note(uses[demand.resource], run, demand.amount, mode, literal, alone=False)
    return uses


def _note(uses: Uses, run: Run, amount: int, mode: Mode, literal: Literal, *, alone: bool) -> None:
    uses.runs.append(run)
    uses.demands.append(amount)
    uses.least.append(amount)
    uses.most += amount
    if alone and mode.is_elastic:  # the duration of an absent task is 0
        uses.energy.append(amount * run.size)
    else:
        energy = amount * mode.duration
        uses.energy.append(energy if literal is None else energy * literal)


def _same_shape(modes: tuple[Mode, ...]) -> bool:
    """Whether all modes use the same resources and none can last zero ticks."""
    first = {d.resource for d in modes[0].demands}
    return all(m.duration > 0 and {d.resource for d in m.demands} == first for m in modes)


def _mode_run(build: Build, i: int, mode: Mode, variables: TaskVars, literal: Literal, m: int) -> Run:
    if not mode.is_elastic:
        end = variables.end if isinstance(variables.duration, int) else variables.start + mode.duration
        return Run(i, variables.start, mode.duration, end, literal, mode.duration)
    duration = variables.duration
    if mode.duration == 0:
        model, outer = build.model, literal
        literal = build.boolean(lambda f: f.mode[i] == m and f.end[i] > f.start[i])
        model.add(duration >= 1).only_enforce_if(literal)
        if outer is None:
            model.add(duration == 0).only_enforce_if(~literal)
        else:
            model.add_implication(literal, outer)
            model.add(duration == 0).only_enforce_if([~literal, outer])
    return Run(i, variables.start, duration, variables.end, literal, min(mode.longest, build.horizon))


def _shared_run(build: Build, i: int, modes: tuple[Mode, ...], variables: TaskVars, uses: list[Uses]) -> None:
    """One run whose length and demands depend on the mode."""
    if not modes[0].demands:
        return
    longest = min(build.horizon, max(mode.longest for mode in modes))
    run = Run(i, variables.start, variables.duration, variables.end, variables.presence, longest)
    table = [{d.resource: d.amount for d in mode.demands} for mode in modes]
    for resource in sorted(table[0]):
        amounts = [row[resource] for row in table]
        target = uses[resource]
        target.runs.append(run)
        target.demands.append(_amount(build, i, amounts, variables))
        target.least.append(min(amounts))
        target.most += max(amounts)
        for mode, amount, literal in zip(modes, amounts, variables.modes, strict=True):
            target.energy.append(amount * mode.duration * literal)


def _amount(build: Build, i: int, amounts: list[int], variables: TaskVars) -> Expr:
    """The demand of the chosen mode as an affine expression, as CP-SAT wants it."""
    if len(set(amounts)) == 1:
        return amounts[0]
    if len(amounts) == 2 and variables.presence is None:
        return amounts[0] + (amounts[1] - amounts[0]) * variables.modes[1]
    low = 0 if variables.presence is not None else min(amounts)

    def rule(facts: Facts) -> int:
        return amounts[facts.mode[i]] if facts.present[i] else 0

    demand = build.integer(low, max(amounts), rule)
    build.model.add(demand == sum(a * x for a, x in zip(amounts, variables.modes, strict=True)))
    return demand


def interval_of(build: Build, run: Run) -> Any:
    """The interval of ``run``, made when it is first asked for."""
    if run.interval is None:
        model = build.model
        if isinstance(run.size, int):
            if run.literal is None:
                run.interval = model.new_fixed_size_interval_var(run.start, run.size, "")
            else:
                run.interval = model.new_optional_fixed_size_interval_var(run.start, run.size, run.literal, "")
        elif run.literal is None:
            run.interval = model.new_interval_var(run.start, run.size, run.end, "")
        else:
            run.interval = model.new_optional_interval_var(run.start, run.size, run.end, run.literal, "")
    return run.interval
