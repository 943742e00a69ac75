"""Fixed instances for the list scheduling figures: plain job shops, and projects with every feature."""

from __future__ import annotations

from typing import Any

import numpy as np

from schedcore.model import (
    Demand,
    Edge,
    Effect,
    Mode,
    ModeLink,
    Objective,
    Problem,
    Renewable,
    Reservoir,
    Resource,
    Selection,
    SelectionKind,
    StepProfile,
    Task,
    TimeLag,
    Unary,
)

JOB_LENGTH = 10
NUM_STATES = 3
"""State 0 is neutral: from state 1 there is no way to 2 or back but over a task that leaves 0."""


def job_shop(jobs: int, machines: int, seed: int) -> Problem:
    """A job shop: every job visits every machine once in random order, durations uniform in 1..99 (Taillard 1993)."""
    rng = np.random.default_rng(seed)
    tasks: list[Task] = []
    lags: list[TimeLag] = []
    for j in range(jobs):
        for i, (m, p) in enumerate(zip(rng.permutation(machines).tolist(), rng.integers(1, 100, machines).tolist())):
            if i:
                lags.append(TimeLag(len(tasks) - 1, len(tasks)))
            tasks.append(Task(f"j{j}.{i}", (Mode(p, (Demand(m),)),), job=j))
    return Problem(
        f"shop {jobs}x{machines}",
        tuple(Unary(f"m{m}") for m in range(machines)),
        tuple(tasks),
        tuple(f"j{j}" for j in range(jobs)),
        tuple(lags),
        objective=Objective.minimise(makespan=1),
    )


def everything(jobs: int, seed: int, *, max_lags: bool = False) -> Problem:
    """Jobs of ten tasks over all kinds of resources with every feature of plain problems but, by default, maximum lags.

    Unary resources with setups, calendars and initial states; renewables with calendars; a reservoir per
    line that is drawn from and refilled, also at a rate over an elastic time; two modes with mode links;
    holds; releases, deadlines and due dates; lags between all edges; optional tasks under selections.
    """
    rng = np.random.default_rng(seed)
    lines = max(1, jobs // 10)
    resources: list[Resource] = []
    span = jobs * JOB_LENGTH * 12 // lines

    def breaks(count: int) -> list[tuple[int, int]]:
        starts = np.unique(rng.integers(50, span, count) // 200 * 200)
        return [(int(s), int(s) + 20) for s in starts]

    matrix = tuple(
        tuple(0 if s == t else None if {s, t} == {1, 2} else int(rng.integers(1, 5)) for t in range(NUM_STATES))
        for s in range(NUM_STATES)
    )
    # Per line: two machines, a crew, a stock, a buffer that holds occupy.
    for k in range(lines):
        resources += [
            Unary(f"press{k}", StepProfile.closed(1, breaks(4)), matrix, k % NUM_STATES),
            Unary(f"lathe{k}"),
            Renewable(f"crew{k}", 6, StepProfile.closed(6, breaks(4), during=3)),
            Renewable(f"buffer{k}", 4),
            Reservoir(f"stock{k}", 40, 0, 80),
        ]
    tasks: list[Task] = []
    lags: list[TimeLag] = []
    selections: list[Selection] = []
    links: list[ModeLink] = []
    for j in range(jobs):
        base = 5 * (j % lines)
        press, lathe, crew, buffer, stock = range(base, base + 5)
        first = len(tasks)
        release = int(rng.integers(0, 200))
        p = rng.integers(3, 25, 8).tolist()
        state = [int(rng.integers(0, NUM_STATES)), int(rng.integers(1, NUM_STATES))]

        def add(name: str, *modes: Mode, of: tuple[int, int] = (j, release), **more: Any) -> int:
            tasks.append(Task(f"j{of[0]}.{name}", modes, job=of[0], release=of[1], **more))
            return len(tasks) - 1

        draw = (Effect(stock, -4, Edge.START),)
        cut = add(
            "cut",
            Mode(p[0], (Demand(press), Demand(crew, 2)), draw),
            Mode(p[0] + 6, (Demand(press), Demand(crew, 1)), draw, cost=-1),
            state_before=state[0],
            state_after=state[1],
            weight=1 + j % 3,
        )
        turn = add("turn", Mode(p[1], (Demand(lathe), Demand(crew, 2))), Mode(p[1] + 5, (Demand(lathe),), cost=1))
        fill = add(
            "fill",
            Mode(1, (Demand(crew, 1),), (Effect(stock, 2, Edge.END, per_tick=True),), duration_max=30),
        )
        press_again = add("press", Mode(p[2], (Demand(press), Demand(crew, 1))), state_before=state[1], state_after=0)
        check = add("check", Mode(p[3], (Demand(crew, 1),)), optional=True, reward=1)
        polish = add("polish", Mode(p[4], (Demand(lathe), Demand(crew, 1))), optional=True, reward=2)
        label = add("label", Mode(0, (), (Effect(stock, 1, Edge.START),)))
        pack = add(
            "pack",
            Mode(p[5], (Demand(crew, 2),)),
            Mode(p[5] + 4, (Demand(crew, 1),)),
            due=release + 12 * sum(p),
            deadline=10 * span,
        )
        ship = add("ship", Mode(p[6], (Demand(crew, 1),)))
        kept = add("kept", Mode(0, (Demand(buffer),), duration_max=10 * span))
        lags += [
            TimeLag(cut, turn),
            TimeLag(turn, fill, 2, None, Edge.START, Edge.START),
            TimeLag(turn, press_again, 3),
            TimeLag(press_again, check),
            TimeLag(check, polish),
            TimeLag(press_again, label, 1, None, Edge.END, Edge.START),
            TimeLag(polish, pack, -2),
            TimeLag(press_again, pack),
            TimeLag(fill, pack, 5, None, Edge.START, Edge.END),
            TimeLag(pack, ship, 4, None, Edge.END, Edge.END),
            TimeLag(pack, ship),
            TimeLag(label, ship),
            # Kept in the buffer from the end of the pressing to the start of the packing.
            TimeLag(press_again, kept, 0, 0, Edge.END, Edge.START),
            TimeLag(kept, pack, 0, 0, Edge.END, Edge.START),
        ]
        if max_lags:
            lags.append(TimeLag(cut, press_again, None, 300, Edge.END, Edge.START))
        selections.append(Selection((polish, check), SelectionKind.IMPLIES))
        links.append(ModeLink(cut, 0, pack, (0,)))
        assert len(tasks) - first == JOB_LENGTH
    return Problem(
        f"everything {jobs}",
        tuple(resources),
        tuple(tasks),
        tuple(f"j{j}" for j in range(jobs)),
        tuple(lags),
        tuple(selections),
        tuple(links),
        objective=Objective.minimise(makespan=1),
        horizon=20 * span,
    )
