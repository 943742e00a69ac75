"""Problems and schedules for the tests of the plots: stated by hand or placed by a small list scheduler."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any

from schedcore.model import Placement, Problem, ProblemBuilder, Schedule, StepProfile

FT06 = (  # Fisher and Thompson 1963: (machine, duration)
    ((2, 1), (0, 3), (1, 6), (3, 7), (5, 3), (4, 6)),
    ((1, 8), (2, 5), (4, 10), (5, 10), (0, 10), (3, 4)),
    ((2, 5), (3, 4), (5, 8), (0, 9), (1, 1), (4, 7)),
    ((1, 5), (0, 5), (2, 5), (3, 3), (4, 8), (5, 9)),
    ((2, 9), (1, 3), (4, 5), (5, 4), (0, 3), (3, 1)),
    ((1, 3), (3, 3), (5, 9), (0, 10), (4, 4), (2, 1)),
)


Routes = tuple[tuple[tuple[int, int], ...], ...]


def job_shop(routes: Routes = FT06, name: str = "ft06", seed: int | None = None) -> tuple[Problem, Schedule]:
    """A job shop and the schedule in which the operations come in index order (or shuffled) at their earliest."""
    b = ProblemBuilder(name)
    count = 1 + max(m for route in routes for m, _ in route)
    machines = [b.unary(f"m{k}") for k in range(count)]
    ids = []
    for j, route in enumerate(routes):
        job = b.job(f"j{j}")
        refs = [b.task(f"j{j}.o{i}", d, on=machines[m], job=job) for i, (m, d) in enumerate(route)]
        b.chain(*refs)
        ids.append([r.id for r in refs])
    b.minimise(makespan=1)
    turns = [j for _ in routes[0] for j in range(len(routes))]
    if seed is not None:
        random.Random(seed).shuffle(turns)
    free = [0] * count
    ready = [0] * len(routes)
    done = [0] * len(routes)
    placements = []
    for j in turns:
        machine, duration = routes[j][done[j]]
        start = max(free[machine], ready[j])
        placements.append(Placement(ids[j][done[j]], 0, start, start + duration))
        free[machine] = ready[j] = start + duration
        done[j] += 1
    return b.build(), Schedule(placements)


def big_job_shop(jobs: int, machines: int, seed: int = 1) -> tuple[Problem, Schedule]:
    """A random job shop of ``jobs * machines`` operations, durations 1 to 99."""
    r = random.Random(seed)
    routes = []
    for _ in range(jobs):
        order = list(range(machines))
        r.shuffle(order)
        routes.append(tuple((m, r.randint(1, 99)) for m in order))
    return job_shop(tuple(routes), name=f"random {jobs}x{machines}", seed=seed)


def cyclic_layer() -> tuple[Problem, Schedule]:
    """Period 4; on the unary link, ``send`` runs [3, 5): it wraps.  ``long`` holds 2 of 10 units for 6 ticks."""
    b = ProblemBuilder("cyclic layer")
    link = b.unary("link")
    share = b.renewable("share", capacity=10)
    stock = b.reservoir("stock", initial=1, maximum=3)
    j = b.job("batch")
    b.task("send", 2, on=link, job=j, effects=[b.effect(stock, 1)])
    b.task("use", 1, on=link, job=j, effects=[b.effect(stock, -1, at="start")])
    b.task("long", 6, demands={share: 2}, job=b.job("other"))
    b.cycle(4)
    return b.build(), Schedule([(0, 0, 3, 5), (1, 0, 5, 6), (2, 0, 1, 7)], cycle=4)


def everything() -> tuple[Problem, Schedule]:
    """Setups, calendars, lanes, a reservoir, a task of no length, an absent one, one without resource."""
    b = ProblemBuilder("everything")
    press = b.unary("press", transition=[[0, 3], [2, 0]], initial_state=1)
    oven = b.unary("oven", breaks=[(6, 9)])
    crew = b.renewable("crew", capacity=4, calendar=StepProfile(((0, 4), (10, 2), (14, 4))))
    tank = b.reservoir("tank", initial=5, minimum=1, maximum=8)
    red, blue = b.job("red"), b.job("blue")
    b.task("red.cut", 4, on=press, demands={crew: 2}, job=red, state=0)
    b.task("blue.cut", 5, on=press, demands={crew: 2}, job=blue, state=1)
    b.task("red.bake", 3, on=oven, job=red, effects=[b.effect(tank, -3)])
    b.task("blue.bake", 6, on=oven, job=blue, effects=[b.effect(tank, 2, at="start")])
    b.task("done", 0, job=blue)
    b.task("dry", 7, job=red)
    b.task("extra", 5, demands={crew: 1}, optional=True)
    b.task("inspect", 6, demands={crew: 1})
    rows = [(0, 0, 2, 6), (1, 0, 9, 14), (2, 0, 9, 12), (3, 0, 14, 20), (4, 0, 20, 20), (5, 0, 12, 19), (7, 0, 3, 9)]
    return b.build(), Schedule(rows)


def report(*violations: dict[str, Any]) -> SimpleNamespace:
    """A report with the fields that plots read."""
    filled = [{"tasks": (), "resource": None, "at": None, "message": "", **v} for v in violations]
    return SimpleNamespace(violations=tuple(SimpleNamespace(**v) for v in filled))
