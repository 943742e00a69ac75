"""Bar F4: placements per second of serial SGS, from a ``Problem`` to a ``Schedule``.

    python benchmarks/core_sgs.py [--jobs N] [--machines N] [--tasks N] [--seed S] [--repeats N]

One core, timed by the CPU seconds of the process (as wall time on a core that nothing else uses).  Two fixed
generators: a plain job shop (durations 1 to 99, each job visits every machine once, in random order), and a problem
with every feature but maximum lags (and holds, which consist of them), feasible with ease.  "Cold" is the first pass
on a problem that was just built, with the arrays that validation made and nothing else, priorities included; "warm"
is a :class:`ListScheduler` that keeps its tables and is given keys.  The compiler's time is spent on small instances
before, and printed.  The naive peer is serial SGS in plain Python with gap insertion, on the same job shop in the
same run.
"""

from __future__ import annotations

import argparse
import bisect
import heapq
import os
import sys
import time
from collections.abc import Callable

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from _machine import figure, machine

from schedcore.check import check
from schedcore.executor.sgs import ListScheduler, keys_of, serial_sgs
from schedcore.model import (
    Demand,
    Edge,
    Effect,
    Mode,
    ModeLink,
    Problem,
    Renewable,
    Reservoir,
    Resource,
    Schedule,
    Selection,
    SelectionKind,
    StepProfile,
    Task,
    TimeLag,
    Unary,
)

PLAIN_BAR, FULL_BAR = 500_000, 80_000
NUM_MACHINES, NUM_CREWS, NUM_STOCKS, NUM_STATES, STEPS = 100, 20, 20, 5, 8


def job_shop(jobs: int, machines: int, seed: int) -> Problem:
    """Every job visits every machine once, in random order; durations 1 to 99."""
    rng = np.random.default_rng(seed)
    tasks, lags = [], []
    for j in range(jobs):
        lengths = rng.integers(1, 100, machines).tolist()
        for k, m in enumerate(rng.permutation(machines).tolist()):
            tasks.append(Task(f"t{j}.{k}", (Mode(lengths[k], (Demand(m),)),), job=j))
            if k:
                lags.append(TimeLag(len(tasks) - 2, len(tasks) - 1, 0))
    resources = tuple(Unary(f"m{m}") for m in range(machines))
    return Problem("job shop", resources, tuple(tasks), tuple(f"j{j}" for j in range(jobs)), tuple(lags))


def full_problem(tasks: int, seed: int, max_lags: bool = False) -> Problem:
    """Jobs of eight steps that use every feature of the model but cycles, holds and (unless asked) maximum lags.

    Step ``k`` fills a stock at its end and step ``k + 4`` draws the same at its start, so stocks are never short
    for good.  Every task has a mode on a machine with setups and one on another machine that takes longer.
    """
    rng = np.random.default_rng(seed)
    jobs = max(1, tasks // STEPS)
    count = jobs * STEPS
    matrix = tuple(
        tuple(0 if a == b else (None if (a, b) == (3, 1) else int(rng.integers(1, 6))) for b in range(NUM_STATES))
        for a in range(NUM_STATES)
    )
    machines = min(NUM_MACHINES, max(4, count // 50))
    span = 35 * count // machines  # ticks of work on a machine, about
    release = np.sort(rng.integers(0, span, jobs))
    breaks = [(s, s + 20) for s in range(200, 20 * span, 500)]
    resources: list[Resource] = [
        Unary(f"machine{m}", StepProfile.closed(1, breaks[:40]) if m % 4 == 0 else None, matrix, m % NUM_STATES)
        for m in range(machines)
    ]
    capacity = 2 + 5 * machines // NUM_CREWS
    for r in range(NUM_CREWS):
        points = [(0, capacity)]
        for s in range(400 + 7 * r, 400 * 40, 400):
            points += [(s, capacity - 2), (s + 100, capacity)]
        resources.append(Renewable(f"crew{r}", capacity, StepProfile(tuple(points))))
    resources += [Reservoir(f"stock{r}", 20, 0, 40 + 20 * machines) for r in range(NUM_STOCKS)]
    home, other = rng.integers(0, machines, (2, count))
    other = np.where(other == home, (other + 1) % machines, other)
    length = rng.integers(5, 40, count)
    crew = rng.integers(0, NUM_CREWS, count)
    amount = rng.integers(1, 3, count)
    stock = rng.integers(0, NUM_STOCKS, jobs)
    # Jobs keep a family, with now and then another: the forbidden transition is rarely in the way.
    state = np.where(rng.random(count) < 0.7, np.repeat(rng.integers(0, NUM_STATES, jobs), STEPS), 0)
    rows, lags, selections, links = [], [], [], []
    for i in range(count):
        j, k = divmod(i, STEPS)
        per_tick = k % 4 == 1
        size, least = (1, 3) if per_tick else (3, int(length[i]))
        stored = machines + NUM_CREWS + int(stock[j])
        if per_tick:
            least = 5 + j % 4  # the same length at both ends, so that what comes in goes out
        effect = Effect(stored, size if k < 4 else -size, Edge.END if k < 4 else Edge.START, per_tick)
        need = Demand(machines + int(crew[i]), int(amount[i]))
        modes = [Mode(least, (Demand(int(home[i])), need), (effect,))]
        if per_tick:
            modes.append(Mode(least, (Demand(int(other[i])),), (effect,), cost=2))
        else:
            elastic = least + 9 if k == 2 else None
            modes.append(
                Mode(least + 4, (Demand(int(other[i])), need), (effect,), 1, None if elastic is None else elastic)
            )
        rows.append(
            Task(
                f"t{j}.{k}",
                tuple(modes),
                job=j,
                release=int(release[j]),
                deadline=int(release[j]) + 40 * span + 10_000,
                due=int(release[j]) + 300,
                state_before=int(state[i]),
                state_after=int(state[i]),
            )
        )
        if k:
            longest = 400 * STEPS if max_lags and k % 2 and j % 10 == 0 else None
            lags.append(TimeLag(i - 1, i, int(length[i]) % 4, longest))
        if k == 3:
            lags.append(TimeLag(i - 3, i, 2, a_edge=Edge.START, b_edge=Edge.START))
        if k == 6 and j % 5 == 0:
            links.append(ModeLink(i - 1, 1, i, (1,)))
    for j in range(0, jobs, 3):  # extra work: one of two alternatives, or at most one, or each as one likes
        first = len(rows)
        for a in range(2):
            mode = Mode(10 + a, (Demand(int(home[j * STEPS + a])),))
            rows.append(
                Task(f"extra{j}.{a}", (mode,), job=j, release=int(release[j]), optional=True, reward=5 + a,
                     state_before=0, state_after=0)
            )  # fmt: skip
            lags.append(TimeLag(j * STEPS, first + a, 1))
        kind = (SelectionKind.EXACTLY_ONE, SelectionKind.AT_MOST_ONE, SelectionKind.ALL_OR_NONE)[j % 3]
        selections.append(Selection((first, first + 1), kind))
    return Problem(
        "every feature",
        tuple(resources),
        tuple(rows),
        tuple(f"j{j}" for j in range(jobs)),
        tuple(lags),
        tuple(selections),
        tuple(links),
        horizon=100 * span + 100_000,
    )


def naive_serial(problem: Problem, keys: list[float]) -> dict[int, tuple[int, int]]:
    """Serial SGS of a job shop as one would write it: sorted busy intervals per machine, a heap of eligible tasks."""
    n = len(problem.tasks)
    waiting, after = [0] * n, [[] for _ in range(n)]
    for lag in problem.lags:
        waiting[lag.b] += 1
        after[lag.a].append((lag.b, lag.min))
    earliest = [t.release for t in problem.tasks]
    heap = [(keys[t], t) for t in range(n) if not waiting[t]]
    heapq.heapify(heap)
    busy: list[list[tuple[int, int]]] = [[] for _ in problem.resources]
    placed = {}
    while heap:
        _, t = heapq.heappop(heap)
        mode = problem.tasks[t].modes[0]
        line, start = busy[mode.demands[0].resource], earliest[t]
        i = bisect.bisect_right(line, start, key=lambda row: row[1])
        while i < len(line) and line[i][0] < start + mode.duration:
            start = max(start, line[i][1])
            i += 1
        end = start + mode.duration
        bisect.insort(line, (start, end))
        placed[t] = (start, end)
        for b, low in after[t]:
            earliest[b] = max(earliest[b], end + low)
            waiting[b] -= 1
            if not waiting[b]:
                heapq.heappush(heap, (keys[b], b))
    return placed


def seconds(run: Callable[[], object]) -> tuple[float, object]:
    """CPU seconds of one run, and what it returned."""
    begin = time.process_time()
    result = run()
    return time.process_time() - begin, result


def rates(make: Callable[[], Problem], rule: str, repeats: int) -> tuple[float, float, Schedule, Problem]:
    """Best placements per second cold (a new problem each time) and warm, with a schedule and its problem."""
    cold = warm = 0.0
    for _ in range(repeats):
        problem = make()
        took, schedule = seconds(lambda problem=problem: serial_sgs(problem, rule))
        cold = max(cold, len(schedule) / took)
    scheduler, keys = ListScheduler(problem), keys_of(problem, rule)
    again = scheduler.serial(keys)
    assert again == schedule, "cold and warm disagree"
    for _ in range(repeats):
        took, _ = seconds(lambda: scheduler.serial(keys))
        warm = max(warm, len(schedule) / took)
    report = check(problem, schedule)
    assert report.ok, report.to_text(limit=3)
    return cold, warm, schedule, problem


def warm_up() -> float:
    """Seconds until every compiled function is there (from the disk cache, if there is one)."""
    begin = time.perf_counter()
    serial_sgs(job_shop(3, 3, 0), "spt")
    for max_lags in (False, True):
        serial_sgs(full_problem(80, 0, max_lags), "spt")
    return time.perf_counter() - begin


def line(quantity: str, rate: float, bar: int) -> bool:
    """Print a rate beside its bar; whether it is within."""
    print(figure("F4", quantity, f"{rate:,.0f} /s", f"{bar:,} /s", rate >= bar))
    return rate >= bar


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--machines", type=int, default=100)
    parser.add_argument("--tasks", type=int, default=20_000, help="tasks of the problem with every feature")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    print(f"machine: {machine()}")
    print(f"     warm-up, compilation or its cache: {warm_up():.1f} s, not part of any figure")
    ok = True

    for jobs, machines in ((arguments.jobs, arguments.machines), (100, 20)):
        size = f"{jobs} x {machines}"
        for rule in ("spt", "cp", "fifo"):
            cold, warm, schedule, problem = rates(
                lambda jobs=jobs, machines=machines: job_shop(jobs, machines, arguments.seed), rule, arguments.repeats
            )
            ok &= line(f"serial SGS, job shop {size}, {rule}, cold", cold, PLAIN_BAR)
            ok &= line(f"serial SGS, job shop {size}, {rule}, warm (keys given)", warm, PLAIN_BAR)
            if rule == "spt":
                keys = keys_of(problem, rule).tolist()
                took, placed = seconds(lambda problem=problem, keys=keys: naive_serial(problem, keys))
                same = placed == {p.task: (p.start, p.end) for p in schedule}
                print(
                    f"     naive serial SGS in Python, the same: {len(placed) / took:,.0f} /s; ours cold "
                    f"{cold * took / len(placed):.1f}, warm {warm * took / len(placed):.1f} times as fast; "
                    f"{'the same schedule' if same else 'ANOTHER SCHEDULE'}"
                )
                ok &= same

    for max_lags in (False, True):
        for rule in ("spt", "fifo", "cp"):
            cold, warm, schedule, problem = rates(
                lambda max_lags=max_lags: full_problem(arguments.tasks, arguments.seed, max_lags),
                rule,
                arguments.repeats,
            )
            if max_lags:
                print(
                    f"     with maximum lags (no bar), {len(schedule):,} placements, {rule}: "
                    f"{cold:,.0f} /s cold, {warm:,.0f} /s warm"
                )
                continue
            if rule == "spt":
                print(f"     every feature: {len(problem.tasks):,} tasks, {', '.join(sorted(problem.features()))}")
            ok &= line(f"serial SGS, every feature, {len(schedule):,} placed, {rule}, cold", cold, FULL_BAR)
            ok &= line(f"serial SGS, every feature, {len(schedule):,} placed, {rule}, warm", warm, FULL_BAR)
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
