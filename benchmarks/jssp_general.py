"""The learned dispatcher beyond job shops: greedy beside the best single rule, on mk01-15 and on j30 projects.

    python benchmarks/jssp_general.py --data-dir FOLDER      # a folder with fjsp/mk01.txt ... and rcpsp/j30_1_1.rcp ...

The rule is the one of the core's priority rules with the least mean makespan over the bound on generated instances of
the kind that the policy was trained on, none of them seen in training; it then runs on the published instances beside
the policy, which decides greedily and once.  Bar: the mean difference of makespans over the best known, paired by
instance, is below zero with 95 % confidence.  Without the files the comparison is on further generated instances.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from jssp.adapter import to_problem
from jssp.domain import load
from jssp.learn.ours.instances import FAMILIES
from jssp.learn.ours.solver import LearnedSolver
from schedcore.check import check
from schedcore.errors import SchedError, UnknownNameError
from schedcore.executor import execute
from schedcore.model import Problem
from schedcore.policies import get_policy
from schedcore.solvers.protocol import Limits

RULES = ("spt", "lpt", "mwkr", "lwkr", "mor", "lor", "fifo", "cp")
"""Rules of the core that make sense without due dates; those that the core does not have are left out, and said so."""
PUBLISHED = {
    "flexible": [f"mk{i:02}" for i in range(1, 16)],
    "project": [f"j30_{i}_1" for i in range(1, 49)],
}
CHOICE, FALLBACK = 6, 6
"""Generated instances per validation class: to choose the rule, and to compare on where there are no files."""


def rule_makespan(problem: Problem, rule: str) -> int:
    """Makespan of a rule on the core's executor."""
    return execute(problem, get_policy(rule), 0).makespan


def learned_makespan(problem: Problem, solver: LearnedSolver) -> int:
    """Makespan of the greedy policy; its schedule must be feasible."""
    schedule = solver.solve(problem, limits=Limits()).schedule
    if schedule is None or not check(problem, schedule).ok:
        raise SystemExit(f"the policy gave no feasible schedule of {problem.name}")
    return schedule.makespan


def known_rules() -> list[str]:
    """Those of :data:`RULES` that the core has."""
    found = []
    for rule in RULES:
        try:
            get_policy(rule)
        except UnknownNameError:
            print(f"the core has no rule {rule}")
            continue
        found.append(rule)
    return found


def generated(family: str, first: int, count: int) -> list[Problem]:
    """Problems of the validation classes with seeds from ``first`` on."""
    classes = FAMILIES[family][1]
    return [to_problem(c.instance(first + seed)) for c in classes for seed in range(count)]


def compare(family: str, data_dirs: tuple[Path, ...], rules: list[str]) -> None:
    """Choose the rule, run both, print the difference."""
    sample = generated(family, 5_000, CHOICE)
    scores = {rule: float(np.mean([rule_makespan(p, rule) / _work(p) for p in sample])) for rule in rules}
    best = min(scores, key=scores.__getitem__)
    print(f"{family}: best rule on {len(sample)} generated instances: {best} of {', '.join(rules)}")
    solver = LearnedSolver(samples=1)
    rows: list[tuple[str, int, int, float]] = []
    try:
        for name in PUBLISHED[family]:
            loaded = load(name, data_dirs)
            base = loaded.upper_bound or 1
            problem = loaded.problem
            rows.append((name, rule_makespan(problem, best), learned_makespan(problem, solver), float(base)))
        where = "published instances, per cent of the best known"
    except SchedError as error:
        print(f"  {error}; compared on generated instances instead")
        rows = []
        for problem in generated(family, 6_000, FALLBACK):
            by_rule = rule_makespan(problem, best)
            rows.append((problem.name, by_rule, learned_makespan(problem, solver), float(by_rule)))
        where = "generated instances, per cent of the rule"
    rule = np.array([100 * (row[1] / row[3] - 1) for row in rows])
    ours = np.array([100 * (row[2] / row[3] - 1) for row in rows])
    difference = ours - rule
    error = 1.96 * difference.std(ddof=1) / np.sqrt(len(difference))
    print(f"  {len(rows)} {where}: {best} {rule.mean():.2f} %, policy greedy {ours.mean():.2f} %")
    counts = f"better {int((difference < 0).sum())}, equal {int((difference == 0).sum())}"
    verdict = "met" if difference.mean() + error < 0 else "missed"
    print(f"  paired difference {difference.mean():+.2f} ± {error:.2f} points (95 %), {counts}; bar below 0: {verdict}")


def _work(problem: Problem) -> float:
    """A scale: the mean over tasks of the shortest duration, times their number."""
    arrays = problem.arrays
    return float(np.minimum.reduceat(arrays.duration, arrays.mode_ptr[:-1]).sum()) or 1.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, action="append", default=[], metavar="FOLDER")
    parser.add_argument("--family", choices=sorted(PUBLISHED), help="only this one")
    options = parser.parse_args()
    rules = known_rules()
    for family in PUBLISHED if options.family is None else (options.family,):
        folders = tuple(folder / part for folder in options.data_dir for part in ("", "fjsp", "rcpsp"))
        compare(family, folders, rules)


if __name__ == "__main__":
    main()
