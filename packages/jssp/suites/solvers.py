"""The suite ``solvers``: rules, list scheduling, CP-SAT and neighbourhood search on the standard job shops, by class.

Gaps are in per cent of the best known upper bound, averaged over the instances of a class (family and size) that were
run.  Geometric means of makespan / upper bound and makespan / lower bound follow over all of them.  Rules have their
exact reference; solvers stand beside the figures of CP-SAT 9.15 after 600 s on four cores of another machine, with
those of CP Optimizer and OptalCP in the source column, averaged over the same instances: a comparison, not a promise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from jssp.adapter import to_problem
from jssp.bounds import bounds, engine_bounds, gap, rule_reference
from jssp.rules import RULES
from jssp.standard import (
    FAMILIES,
    family,
    has_split_routes,
    require_name,
    size_class,
    standard_instance,
    standard_names,
)
from schedcore.bench import BenchRow, Sense, SuiteOptions
from schedcore.check import check
from schedcore.errors import InputError, unknown_name
from schedcore.solvers import Limits, Solver, solve_verified

RULE_METHODS = tuple(f"nondelay-{rule}" for rule in RULES)
METHODS = (*RULE_METHODS, "sgs", "cpsat", "lns")
"""What is run unless ``methods`` says otherwise; any other solver may be named too."""

RULE_SOURCE = "independent implementation, data/rule_makespans.csv"
ENGINE_SOURCE = "CP-SAT 9.15, 600 s, 4 cores; ScheduleOpt, 19 Aug 2026"

KEYS = ("per_class", "families", "instances", "methods")


@dataclass(frozen=True, slots=True)
class SuitePlan:
    """Which instances and methods to run; from the ``key=value`` words of the command.

    ``per_class`` instances of each class are taken, the first ones (default 1, ``all`` for all of them), of the given
    ``families`` (all by default); in the classes of dmu as many again of the harder half, dmu41 to dmu80.
    ``instances`` names them instead.  ``methods`` are names of solvers, separated by commas like the other lists.
    """

    instances: tuple[str, ...]
    methods: tuple[str, ...]

    @classmethod
    def of(cls, overrides: Mapping[str, str]) -> SuitePlan:
        """The plan of the trailing words.

        Raises
        ------
        InputError
            An unknown key, family, instance, or count.
        """
        for key in overrides:
            if key not in KEYS:
                raise unknown_name("key", key, KEYS, where="suite solvers")
        methods = _words(overrides.get("methods", ",".join(METHODS)), "methods")
        if "instances" in overrides:
            for key in ("per_class", "families"):
                if key in overrides:
                    raise InputError(
                        f"both instances and {key} are given", where="suite solvers", remedy="give one of them"
                    )
            return cls(tuple(require_name(n) for n in _words(overrides["instances"], "instances")), methods)
        families = _words(overrides.get("families", ",".join(FAMILIES)), "families")
        for word in families:
            if word not in FAMILIES:
                raise unknown_name("family", word, FAMILIES, where="suite solvers")
        most = _count(overrides.get("per_class", "1"))
        chosen: list[str] = []
        taken: dict[tuple[str, bool], int] = {}
        for name in standard_names():
            group = (size_class(name), has_split_routes(name))
            if family(name) in families and taken.get(group, 0) < most:
                taken[group] = taken.get(group, 0) + 1
                chosen.append(name)
        return cls(tuple(chosen), methods)


def _words(text: str, key: str) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    if not words:
        raise InputError(
            f"{key} is empty", where="suite solvers", remedy=f"give names separated by commas, or drop {key}"
        )
    return words


def _count(text: str) -> int:
    if text == "all":
        return len(standard_names())
    if not text.isdigit() or int(text) < 1:
        raise InputError(f"per_class is {text!r}", where="suite solvers", remedy="give a number >= 1, or 'all'")
    return int(text)


def rows(options: SuiteOptions) -> Iterator[BenchRow]:
    """Rows class by class as they are ready, then the geometric means and the number of violations."""
    plan = SuitePlan.of(options.overrides)
    solvers = {name: _solver(name) for name in plan.methods}
    limits = Limits(time_limit_s=options.time_limit_s, workers=options.workers)
    for solver in solvers.values():  # so that neither imports nor compilation count
        solver.solve(to_problem(standard_instance("ft06")), limits=Limits(1.0, workers=options.workers))
    by_class: dict[str, list[str]] = {}
    for name in plan.instances:
        by_class.setdefault(size_class(name), []).append(name)
    makespans: dict[str, dict[str, int]] = {method: {} for method in solvers}
    fallbacks: dict[str, int] = dict.fromkeys(solvers, 0)
    violations, done = 0, 0
    for label, names in by_class.items():
        for name in names:
            problem = to_problem(standard_instance(name))
            for method, solver in solvers.items():
                options.progress(done, len(plan.instances) * len(solvers), f"{name} {method}")
                found = solve_verified(solver, problem, limits=limits, seed=options.seed).schedule
                done += 1
                broken = 0 if found is None else len(check(problem, found))
                violations += broken
                if found is None or broken:  # an infeasible schedule is worth no more than none
                    fallbacks[method] += 1
                    makespans[method][name] = rule_reference(name, "mwkr")
                else:
                    makespans[method][name] = found.makespan
        for method in solvers:
            yield _class_row(label, method, names, makespans[method], options)
    options.progress(done, done, "done")
    for method in solvers:
        yield from _mean_rows(method, plan.instances, makespans[method], fallbacks[method])
    yield BenchRow("all schedules", "violations", violations, 0, "", "the independent checker")


@dataclass(frozen=True, slots=True)
class _Reference:
    """What the makespans of a method stand beside."""

    makespan: Callable[[str], int]
    source: str
    tolerance: float
    sense: Sense

    @classmethod
    def of(cls, method: str) -> _Reference:
        if method in RULE_METHODS:
            rule = method.removeprefix("nondelay-")
            return cls(lambda name: rule_reference(name, rule), RULE_SOURCE, 1e-9, Sense.EQUAL)
        return cls(lambda name: _upper(name, "cpsat"), ENGINE_SOURCE, 0.0, Sense.AT_MOST)


def _class_row(
    label: str, method: str, names: Sequence[str], found: Mapping[str, int], options: SuiteOptions
) -> BenchRow:
    reference = _Reference.of(method)
    note = f"{len(names)} instance{'s' if len(names) > 1 else ''}"
    source = reference.source
    if method not in RULE_METHODS:
        cpo = _mean_gap(names, lambda name: _upper(name, "cpo"))
        optalcp = _mean_gap(names, lambda name: _upper(name, "optalcp"))
        note += f", {options.time_limit_s:g} s, workers {options.workers}"
        source += f"; there CP Optimizer {cpo:.2f}, OptalCP {optalcp:.2f}"
    return BenchRow(
        f"{label}/{method}",
        "mean gap",
        _mean_gap(names, found.__getitem__),
        _mean_gap(names, reference.makespan),
        "%",
        source,
        reference.tolerance,
        reference.sense,
        note,
    )


def _mean_rows(method: str, names: Sequence[str], found: Mapping[str, int], fallbacks: int) -> Iterator[BenchRow]:
    reference = _Reference.of(method)
    note = f"{len(names)} instances" + (f", {fallbacks} without a schedule, scored as mwkr" if fallbacks else "")
    for side in ("upper", "lower"):
        best = {name: int(getattr(bounds(name), side)) for name in names}
        yield BenchRow(
            f"all/{method}",
            f"geometric mean of makespan / {side} bound",
            _geometric_mean([found[name] / best[name] for name in names]),
            _geometric_mean([reference.makespan(name) / best[name] for name in names]),
            "",
            reference.source,
            reference.tolerance,
            reference.sense,
            note,
        )


def _mean_gap(names: Sequence[str], makespan: Callable[[str], int]) -> float:
    return sum(gap(makespan(name), name) for name in names) / len(names)


def _geometric_mean(values: Sequence[float]) -> float:
    return math.exp(sum(math.log(value) for value in values) / len(values))


def _upper(name: str, engine: str) -> int:
    upper = engine_bounds(name, engine)[1]
    if upper is None:
        raise InputError(f"{engine} has no schedule for {name}", where="engines_600s.csv", remedy="complete the table")
    return upper


def _solver(name: str) -> Solver:
    """The solver called ``name``: a rule of this domain, or one that the core knows."""
    from jssp.rule_solver import RuleSolver
    from schedcore.solvers import get_solver

    if name in RULE_METHODS:
        return RuleSolver(name.removeprefix("nondelay-"))
    return get_solver(name)
