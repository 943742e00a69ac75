"""Our CP-SAT backend beside PyJobShop: the same optima on generated problems, and the time to prove them.

    python benchmarks/core_pyjobshop.py               # 60 problems of six classes, one worker: a few minutes
    python benchmarks/core_pyjobshop.py --count 2 --time-limit 5

Both get one worker, the same seed and the same time; they take turns, so that other load on the machine hits both.
Our time includes the check of the schedule, a list schedule to start from and the building of the model; theirs
their validation and model.  Bar: equal optima wherever both prove one, and the median of (our time / their time)
at most 1.
"""

from __future__ import annotations

import argparse
import itertools
import random
import statistics
import time
from collections.abc import Callable

from _machine import figure, machine

from schedcore.model import Edge, Problem, ProblemBuilder, Renewable, Unary
from schedcore.solvers import Status, solve

Maker = Callable[[random.Random], Problem]


def job_shop(rng: random.Random) -> Problem:
    """A job shop of 8 to 10 jobs on 6 to 8 machines, makespan."""
    b = ProblemBuilder("job shop")
    machines = [b.unary(f"m{k}") for k in range(rng.randint(6, 8))]
    for j in range(rng.randint(8, 10)):
        job = b.job(f"j{j}")
        route = rng.sample(machines, len(machines))
        b.chain(*(b.task(f"t{j}.{k}", rng.randint(1, 99), on=m, job=job) for k, m in enumerate(route)))
    b.minimise(makespan=1)
    return b.build()


def flexible_shop(rng: random.Random) -> Problem:
    """A flexible job shop: one to three machines to choose from, with different durations."""
    b = ProblemBuilder("flexible job shop")
    machines = [b.unary(f"m{k}") for k in range(5)]
    for j in range(rng.randint(6, 8)):
        job, tasks = b.job(f"j{j}"), []
        for k in range(rng.randint(4, 5)):
            chosen = rng.sample(machines, rng.randint(1, 3))
            tasks.append(b.task(f"t{j}.{k}", modes=[b.mode(rng.randint(5, 30), on=m) for m in chosen], job=job))
        b.chain(*tasks)
    b.minimise(makespan=1)
    return b.build()


def project(rng: random.Random) -> Problem:
    """A resource-constrained project of 30 activities and four renewable resources."""
    b = ProblemBuilder("project")
    resources = [b.renewable(f"r{k}", rng.randint(8, 14)) for k in range(4)]
    tasks = []
    for i in range(30):
        needs = {r: rng.randint(1, 6) for r in resources if rng.random() < 0.6}
        tasks.append(b.task(f"t{i}", rng.randint(1, 10), demands=needs))
        for before in rng.sample(tasks[:-1], min(i, rng.randint(1, 2))):
            b.precedence(before, tasks[i])
    b.minimise(makespan=1)
    return b.build()


def multi_mode_project(rng: random.Random) -> Problem:
    """A project of 14 activities whose modes trade time for resources."""
    b = ProblemBuilder("multi-mode project")
    resources = [b.renewable(f"r{k}", rng.randint(8, 12)) for k in range(2)]
    tasks = []
    for i in range(14):
        work = rng.randint(8, 40)
        modes = [
            b.mode(-(-work // units), demands={rng.choice(resources): units}) for units in rng.sample(range(1, 7), 3)
        ]
        tasks.append(b.task(f"t{i}", modes=modes))
        for before in rng.sample(tasks[:-1], min(i, rng.randint(1, 2))):
            b.precedence(before, tasks[i])
    b.minimise(makespan=1)
    return b.build()


def setup_shop(rng: random.Random) -> Problem:
    """A job shop of six jobs on three machines with sequence-dependent setups."""
    b = ProblemBuilder("setups")
    matrix = [[0 if s == t else rng.randint(5, 25) for t in range(4)] for s in range(4)]
    machines = [b.unary(f"m{k}", transition=matrix) for k in range(3)]
    for j in range(6):
        job, family = b.job(f"j{j}"), rng.randrange(4)
        route = rng.sample(machines, 3)
        b.chain(*(b.task(f"t{j}.{k}", rng.randint(5, 40), on=m, job=job, state=family) for k, m in enumerate(route)))
    b.minimise(makespan=1)
    return b.build()


def lag_shop(rng: random.Random) -> Problem:
    """A job shop with releases and with lags between starts."""
    b = ProblemBuilder("lags")
    machines = [b.unary(f"m{k}") for k in range(5)]
    for j in range(8):
        job, release = b.job(f"j{j}"), rng.randint(0, 60)
        route = rng.sample(machines, 5)
        tasks = [b.task(f"t{j}.{k}", rng.randint(5, 50), on=m, job=job, release=release) for k, m in enumerate(route)]
        for one, two in itertools.pairwise(tasks):
            b.precedence(one, two, lag=rng.randint(0, 10))
            b.lag(one.start, two.start, min=rng.randint(0, 60))
    b.minimise(makespan=1)
    return b.build()


CLASSES: dict[str, Maker] = {
    "job shop": job_shop,
    "flexible shop": flexible_shop,
    "project": project,
    "multi-mode": multi_mode_project,
    "setups": setup_shop,
    "lags": lag_shop,
}


def to_pyjobshop(problem: Problem):  # type: ignore[no-untyped-def]
    """The problem as a PyJobShop model: unary, renewable, modes, releases, minimum lags, setups, makespan."""
    from pyjobshop import Model

    model = Model()
    resources = [
        model.add_machine(name=r.name) if isinstance(r, Unary) else model.add_renewable(r.capacity, name=r.name)
        for r in problem.resources
        if isinstance(r, Unary | Renewable)
    ]
    tasks = []
    for task in problem.tasks:
        tasks.append(model.add_task(earliest_start=task.release, name=task.name))
        for mode in task.modes:
            used = [resources[d.resource] for d in mode.demands]
            amounts = [0 if isinstance(problem.resources[d.resource], Unary) else d.amount for d in mode.demands]
            model.add_mode(tasks[-1], used, mode.duration, amounts)
    add = {
        (Edge.END, Edge.START): model.add_end_before_start,
        (Edge.START, Edge.START): model.add_start_before_start,
        (Edge.START, Edge.END): model.add_start_before_end,
        (Edge.END, Edge.END): model.add_end_before_end,
    }
    for lag in problem.lags:
        add[lag.a_edge, lag.b_edge](tasks[lag.a], tasks[lag.b], lag.min)
    for r, resource in enumerate(problem.resources):
        if not isinstance(resource, Unary) or resource.transition is None:
            continue
        users = [i for i, t in enumerate(problem.tasks) if any(d.resource == r for m in t.modes for d in m.demands)]
        for i in users:
            for j in users:
                ticks = resource.transition[problem.tasks[i].state_after][problem.tasks[j].state_before]
                if i != j and ticks:
                    model.add_setup_time(resources[r], tasks[i], tasks[j], ticks)
    model.set_objective(weight_makespan=1)
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10, help="problems per class")
    parser.add_argument("--time-limit", type=float, default=20.0, metavar="SECONDS")
    parser.add_argument("--classes", default=",".join(CLASSES))
    options = parser.parse_args()
    print(machine())
    solve(job_shop(random.Random(0)), "cpsat", time_limit_s=1)  # imports and caches
    to_pyjobshop(job_shop(random.Random(0))).solve(time_limit=1, display=False, num_workers=1)
    ratios, disagreements, compared = [], 0, 0
    print(f"{'class':>14} {'agree':>7} {'ours s':>8} {'theirs s':>9} {'ratio':>6}   (medians; ratio of pairs)")
    for name in options.classes.split(","):
        ours, theirs, pairs, agree = [], [], [], 0
        for k in range(options.count):
            problem = CLASSES[name](random.Random(f"{name}/{k}"))
            began = time.perf_counter()
            result = solve(problem, "cpsat", time_limit_s=options.time_limit, workers=1)
            ours.append(time.perf_counter() - began)
            began = time.perf_counter()
            other = to_pyjobshop(problem).solve(time_limit=options.time_limit, display=False, num_workers=1)
            theirs.append(time.perf_counter() - began)
            pairs.append(ours[-1] / theirs[-1])
            if result.status is Status.OPTIMAL and other.status.value == "Optimal":
                compared += 1
                agree += result.value == other.objective
                disagreements += result.value != other.objective
        ratios += pairs
        row = (
            f"{name:>14} {agree:>3}/{options.count:<3} {statistics.median(ours):8.3f} {statistics.median(theirs):9.3f}"
        )
        print(f"{row} {statistics.median(pairs):6.2f}", flush=True)
    median = statistics.median(ratios)
    print(figure("F16", f"different optima among {compared} compared", str(disagreements), "0", disagreements == 0))
    print(figure("F16", f"median of (ours / theirs) over {len(ratios)}", f"{median:.2f}", "<= 1", median <= 1))


if __name__ == "__main__":
    main()
