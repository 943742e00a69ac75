"""Parallel schedule generation: non-delay schedules, golden values, repairs."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from schedcore.check import check
from schedcore.errors import NoScheduleError, UnsupportedFeatureError
from schedcore.executor import execute
from schedcore.executor.sgs import parallel_sgs, serial_sgs
from schedcore.executor.sgs.chronological import chronological, dispatch
from schedcore.model import Cycle, Demand, Mode, Problem, ProblemBuilder, Task, TimeLag, Unary
from schedcore.policies import RULES, PriorityPolicy


def read_shop(path: Path) -> Problem:
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    jobs, machines = int(lines[0][0]), int(lines[0][1])
    tasks: list[Task] = []
    lags: list[TimeLag] = []
    for j, words in enumerate(lines[1 : jobs + 1]):
        for i in range(machines):
            if i:
                lags.append(TimeLag(len(tasks) - 1, len(tasks)))
            demand = Demand(int(words[2 * i]))
            tasks.append(Task(f"{j}.{i}", (Mode(int(words[2 * i + 1]), (demand,)),), job=j))
    names = tuple(f"j{j}" for j in range(jobs))
    return Problem(path.stem, tuple(Unary(f"m{m}") for m in range(machines)), tuple(tasks), names, tuple(lags))


GOLDEN = {
    "ft06": (65, 88, 61, 59, 77),
    "ft10": (1184, 1074, 1108, 1163, 1295),
    "la21": (1265, 1324, 1264, 1251, 1451),
    "abz7": (803, 849, 769, 775, 903),
    "swv01": (2154, 1737, 1988, 1971, 2145),
    "yn1": (1113, 1196, 1005, 1045, 1115),
    "ta71": (6270, 6232, 6036, 5938, 7038),
    "dmu80": (10306, 9004, 9423, 10458, 10779),
}
"""FIFO, SPT, MWKR, MOR, LPT: the published non-delay values (specification of the CP-RL paper, section 7)."""


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_non_delay_rules_give_the_published_makespans(name: str, shared_data: Path) -> None:
    problem = read_shop(shared_data / "jssp" / "instances" / f"{name}.txt")
    for rule, expected in zip(("fifo", "spt", "mwkr", "mor", "lpt"), GOLDEN[name], strict=True):
        policy = PriorityPolicy(rule)
        schedule = execute(problem, policy)
        assert schedule.makespan == expected
        assert dispatch(problem, policy) == schedule
        found = chronological(problem, policy)
        assert found is not None
        assert found[0] == schedule


def test_golden_values_agree_with_the_reference_file(shared_data: Path) -> None:
    with (shared_data / "jssp" / "reference_makespans.csv").open(encoding="utf-8") as file:
        table = {row["instance"]: row for row in csv.DictReader(file)}
    for name, values in GOLDEN.items():
        assert tuple(int(table[name][r]) for r in ("fifo", "spt", "mwkr", "mor", "lpt")) == values


def test_no_machine_idles_while_work_waits() -> None:
    b = ProblemBuilder()
    x = b.unary("x")
    b.task("long", 9, on=x)
    b.task("short", 1, on=x, release=1)
    problem = b.build()
    # Waiting one tick for the short task would be better for it, but the machine is free now.
    assert parallel_sgs(problem, "spt").start.tolist() == [0, 9]
    # Serial generation in the same order puts the short task first and finds no gap before it.
    assert serial_sgs(problem, "spt").start.tolist() == [2, 1]


def test_a_fixed_key_per_task_can_be_given() -> None:
    b = ProblemBuilder()
    x = b.unary("x")
    for name in "abc":
        b.task(name, 2, on=x)
    assert parallel_sgs(b.build(), [3.0, 1.0, 2.0]).start.tolist() == [4, 0, 2]


def test_predecessors_are_delayed_when_a_maximum_lag_strands_a_run() -> None:
    b = ProblemBuilder()
    x, y = b.unary("x"), b.unary("y")
    for j, (p, q) in enumerate(((2, 5), (1, 3))):
        b.no_wait(b.task(f"{j}.x", p, on=x), b.task(f"{j}.y", q, on=y))
    problem = b.build()
    with pytest.raises(NoScheduleError, match="dead end"):
        execute(problem, PriorityPolicy("fifo"))
    assert check(problem, parallel_sgs(problem, "fifo")).ok


def test_repairs_are_bounded() -> None:
    b = ProblemBuilder()
    x, y = b.unary("x"), b.unary("y")
    b.no_wait(b.task("a", 1, on=x), b.task("b", 1, on=y, release=0))
    b.task("block", 50, on=y)
    with pytest.raises(NoScheduleError):
        parallel_sgs(b.build(), [0.0, 0.0, -1.0], max_repairs=0)


def test_cyclic_problems_are_refused() -> None:
    with pytest.raises(UnsupportedFeatureError, match="parallel SGS does not support: cyclic"):
        parallel_sgs(Problem(cycle=Cycle(1, 2)))


def test_every_rule_schedules_an_empty_problem() -> None:
    for rule in RULES:
        assert len(parallel_sgs(Problem(), rule)) == 0
