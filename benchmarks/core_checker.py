"""Bar F3: the checker on 100,000 placements with every feature, and false alarms on 10,000 generated cases.

    python benchmarks/core_checker.py [--placements N] [--seed S] [--cases N]

One core, no compiled code.  The big instance is valid by construction: first the placements are drawn (machine by
machine, with setups and gaps), then capacities, calendars, levels and lags are laid around them.  The second figure
times the same instance after a tenth of its placements were moved.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from _machine import figure, machine

from schedcore.check import ViolationCode, check
from schedcore.metrics import evaluate
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

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

BAR_S = 0.7
NUM_MACHINES, NUM_RENEWABLES, NUM_RESERVOIRS, NUM_STATES = 200, 20, 20, 6


def full_instance(placements: int, seed: int) -> tuple[Problem, Schedule]:
    """A valid schedule of about ``placements`` tasks for a problem that uses every feature but cycles."""
    rng = np.random.default_rng(seed)
    matrix = rng.integers(0, 9, (NUM_STATES, NUM_STATES))
    per_machine = placements // NUM_MACHINES
    count = per_machine * NUM_MACHINES
    machine_of = np.repeat(np.arange(NUM_MACHINES), per_machine)
    before = rng.integers(0, NUM_STATES, count)
    after = rng.integers(0, NUM_STATES, count)
    length = rng.integers(1, 60, count)
    gap = rng.choice([0, 0, 1, 5, 30], count)
    previous = np.roll(after, 1)
    first = np.arange(count) % per_machine == 0
    previous[first] = 0  # the initial state
    lead = matrix[previous, before] + gap
    total = np.cumsum(lead + length)
    base = np.repeat(total[first] - (lead + length)[first], per_machine)
    end = total - base
    start = end - length

    renewable = rng.integers(0, NUM_RENEWABLES, (count, 2))
    amount = rng.integers(1, 5, (count, 2))
    reservoir = rng.integers(0, NUM_RESERVOIRS, count)
    delta = rng.choice([-4, -3, -2, 2, 3, 4], count)
    edge = rng.integers(0, 2, count)
    per_tick = rng.random(count) < 0.2

    resources: list[Resource] = []
    transition = tuple(tuple(map(int, row)) for row in matrix)
    for r in range(NUM_MACHINES):
        inside = slice(r * per_machine, (r + 1) * per_machine)
        closed = [
            (e, s) for e, s in zip(end[inside][:-1].tolist(), start[inside][1:].tolist(), strict=True) if s > e + 20
        ]
        resources.append(Unary(f"machine{r}", StepProfile.closed(1, closed[:50]), transition, 0))
    for r in range(NUM_RENEWABLES):
        resources.append(_renewable(f"crew{r}", start, end, np.where(renewable == r, amount, 0).max(axis=1), rng))
    shift = NUM_MACHINES + NUM_RENEWABLES
    change = np.where(per_tick, delta * length, delta)
    instant = np.where(edge == 1, end, start)
    for r in range(NUM_RESERVOIRS):
        here = reservoir == r
        order = np.argsort(instant[here], kind="stable")
        level = np.cumsum(change[here][order])
        resources.append(Reservoir(f"stock{r}", 0, min(0, int(level.min())), max(0, int(level.max()))))

    random_mode = rng.integers(0, 2, count)
    tasks = []
    for i in range(count):
        needs = {NUM_MACHINES + int(r): int(a) for r, a in zip(renewable[i], amount[i], strict=True)}
        if renewable[i, 0] == renewable[i, 1]:
            needs = {NUM_MACHINES + int(renewable[i, 0]): int(amount[i].max())}
        demands = (Demand(int(machine_of[i])), *(Demand(r, a) for r, a in needs.items()))
        effect = Effect(shift + int(reservoir[i]), int(delta[i]), Edge(int(edge[i])), bool(per_tick[i]))
        used = Mode(int(length[i]), demands, (effect,), duration_max=int(length[i]) + i % 3)
        other = Mode(int(length[i]) + 5, demands[:1], cost=1)
        modes = (used, other) if random_mode[i] == 0 else (other, used)
        tasks.append(
            Task(
                f"task{i}",
                modes,
                job=i % 1000,
                release=max(0, int(start[i]) - i % 50),
                deadline=int(end[i]) + i % 40,
                due=int(end[i]) - 10,
                optional=i % 10 == 0,
                state_before=int(before[i]),
                state_after=int(after[i]),
            )
        )
    a, b = rng.integers(0, count, (2, 2 * count))
    a, b = a[a != b], b[a != b]
    distance = start[b] - end[a]
    lags = [
        TimeLag(i, j, d - 3 if k % 2 else None, d + 5 if k % 2 == 0 or k % 3 == 0 else None)
        for k, (i, j, d) in enumerate(zip(a.tolist(), b.tolist(), distance.tolist(), strict=True))
    ]
    absent = [Task(f"absent{i}", (Mode(5),), optional=True) for i in range(count // 20)]
    chosen = rng.integers(0, count, count // 10).tolist()
    selections = [
        Selection((i, count + k % len(absent)), SelectionKind.EXACTLY_ONE if k % 2 else SelectionKind.AT_MOST_ONE)
        for k, i in enumerate(chosen)
    ]
    links = [
        ModeLink(i, int(random_mode[i]), j, (int(random_mode[j]),))
        for i, j in zip(chosen, rng.integers(0, count, len(chosen)).tolist(), strict=True)
        if i != j
    ]
    problem = Problem(
        "full",
        tuple(resources),
        (*tasks, *absent),
        jobs=tuple(f"job{j}" for j in range(1000)),
        lags=tuple(lags),
        selections=tuple(selections),
        mode_links=tuple(links),
        horizon=int(end.max()),
    )
    return problem, Schedule.from_arrays(np.arange(count), random_mode, start, end)


def _renewable(
    name: str, start: np.ndarray, end: np.ndarray, amount: np.ndarray, rng: np.random.Generator
) -> Renewable:
    """A capacity above the usage, with a calendar that follows it in about 50 steps."""
    ticks = int(end.max()) + 1
    usage = np.zeros(ticks + 1, dtype=np.int64)
    np.add.at(usage, start, amount)
    np.add.at(usage, end, -amount)
    usage = np.cumsum(usage)
    capacity = int(usage.max()) + 2
    cuts = np.unique(np.concatenate([[0], rng.integers(1, ticks, 50)]))
    points = [
        (int(a), int(min(capacity, usage[a:b].max() + 1)))
        for a, b in zip(cuts, np.append(cuts[1:], ticks + 1), strict=True)
    ]
    return Renewable(name, capacity, StepProfile(tuple(points)))


def best_of(repeats: int, run: Callable[[], object]) -> float:
    """Shortest of several runs in seconds: the least disturbed one."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return min(times)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--placements", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=10_000)
    arguments = parser.parse_args()
    print(f"machine: {machine()}")
    begin = time.perf_counter()
    problem, schedule = full_instance(arguments.placements, arguments.seed)
    print(
        f"instance: full_instance({arguments.placements}, seed={arguments.seed}) built in "
        f"{time.perf_counter() - begin:.1f} s; {len(schedule)} placements, {len(problem.resources)} resources, "
        f"{len(problem.lags)} lags, {len(problem.selections)} selections, {len(problem.mode_links)} mode links"
    )
    print(f"features: {', '.join(sorted(problem.features()))}")
    report = check(problem, schedule)
    if not report.ok:
        print(f"false alarms on the valid instance: {report.to_text(limit=3)}")
        return 1
    valid_s = best_of(5, lambda: check(problem, schedule))

    rng = np.random.default_rng(arguments.seed)
    moved = np.where(rng.random(len(schedule)) < 0.1, rng.integers(-40, 40, len(schedule)), 0)
    wrong = Schedule.from_arrays(schedule.task, schedule.mode, schedule.start + moved, schedule.end + moved)
    found = check(problem, wrong)
    wrong_s = best_of(5, lambda: check(problem, wrong))
    words_s = best_of(2, lambda: check(problem, wrong).violations)
    metrics_s = best_of(2, lambda: evaluate(problem, schedule))
    alarms, seconds = false_alarms(arguments.cases)
    named = mutations_named()

    size = f"{len(schedule):,} placements, every feature"
    codes = len(ViolationCode)
    ok = valid_s <= BAR_S and wrong_s <= BAR_S and not alarms and named == codes
    print(figure("F3", f"check, {size}, valid", f"{valid_s:.3f} s", f"{BAR_S} s", valid_s <= BAR_S))
    print(figure("F3", f"check, {size}, {len(found):,} found", f"{wrong_s:.3f} s", f"{BAR_S} s", wrong_s <= BAR_S))
    print(figure("F3", f"false alarms in {arguments.cases:,} cases ({seconds:.0f} s)", str(alarms), "0", not alarms))
    print(figure("F3", "codes whose minimal mutation is named, alone", str(named), str(codes), named == codes))
    counts = ", ".join(f"{code} {n}" for code, n in found.counts().items())
    print(f"     found in the moved schedule: {counts}")
    print(f"     check with all violations in words: {words_s:.3f} s; all metrics of the valid one: {metrics_s:.3f} s")
    return 0 if ok else 1


def false_alarms(cases: int) -> tuple[int, float]:
    """Violations reported in generated cases that are valid by construction (half of them cyclic), and seconds."""
    from strategies_core import FEATURES, random_case

    begin = time.perf_counter()
    alarms = 0
    for seed in range(cases):
        rng = random.Random(seed)
        features = FEATURES if seed % 3 == 0 else [f for f in FEATURES if rng.random() < 0.5]
        problem, schedule = random_case(rng, rng.randint(1, 12), features, cyclic=seed % 2 == 1)
        alarms += len(check(problem, schedule))
    return alarms, time.perf_counter() - begin


def mutations_named() -> int:
    """Number of codes whose minimal broken schedule yields exactly this code."""
    from mutations_core import MINIMAL

    return sum(
        check(m.problem, m.valid).ok and check(m.problem, m.broken).totals() == {code: m.amount}
        for code, make in MINIMAL.items()
        for m in [make()]
    )


if __name__ == "__main__":
    sys.exit(main())
