"""The suite ``learned``, and what ``sched eval jssp`` measures: learned dispatchers on instances, by class.

Gaps are in per cent of the best known upper bound (for instances without one, of the trivial lower bound), averaged
over the instances of a class that were run; dmu41 to dmu80, whose routes come in two halves, are classes of their own.
References are figures of other systems over *all* instances of a class (``data/learned_reference.csv`` with sources): a
comparison where this run covers the class, an indication where it takes a few instances.

Time is from the instance in memory to the schedule in memory, code compiled.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from jssp.bounds import rule_reference
from jssp.standard import FAMILIES, canonical_name, family, has_split_routes, size_class, standard_names
from jssp.tables import table
from schedcore.bench import BenchRow, Sense, SuiteOptions
from schedcore.check import check
from schedcore.errors import InputError, unknown_name
from schedcore.registry import LoadedInstance
from schedcore.solvers import Limits, Solver, solve_verified

KEYS = ("methods", "instances", "families", "per_class", "seeds")

DEFAULT_METHODS = (
    "nondelay-mwkr",
    "paper:mode=noop",
    "paper:mode=nondelay",
    "control:samples=0",
    "control:samples=32",
    "learned:samples=0",
    "learned:samples=32",
    "learned:samples=512",
)
"""What is run unless ``methods`` says otherwise, as far as this package has them."""

CONFIDENCE = 1.96
"""Standard errors on either side of a mean: 95 % of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run, from the ``key=value`` words of the command.

    ``methods`` are names of solvers, parameters behind colons (``paper:samples=32:mode=noop``).  ``instances`` are
    anything that the domain loads; without them the first ``per_class`` (default 1, or ``all``) of each class of
    ``families`` (default ta and dmu) are taken.  ``seeds`` counts the sampling seeds, from ``--seed`` on.
    """

    methods: tuple[str, ...]
    instances: tuple[str, ...]
    seeds: int

    @classmethod
    def of(cls, words: Mapping[str, str]) -> Plan:
        """The plan of the words.

        Raises
        ------
        InputError
            An unknown key or family, an empty list, or no count.
        """
        for key in words:
            if key not in KEYS:
                raise unknown_name("key", key, KEYS, where="suite learned")
        methods = _words(words["methods"], "methods") if "methods" in words else _present(DEFAULT_METHODS)
        seeds = _count(words.get("seeds", "1"), "seeds")
        if "instances" in words:
            for key in ("families", "per_class"):
                if key in words:
                    raise InputError(
                        f"both instances and {key} are given", where="suite learned", remedy="give one of them"
                    )
            return cls(methods, tuple(canonical_name(n) or n for n in _words(words["instances"], "instances")), seeds)
        families = _words(words.get("families", "ta,dmu"), "families")
        for word in families:
            if word not in FAMILIES:
                raise unknown_name("family", word, FAMILIES, where="suite learned")
        text = words.get("per_class", "1")
        most = len(standard_names()) if text == "all" else _count(text, "per_class")
        chosen: list[str] = []
        taken: dict[str, int] = {}
        for name in standard_names():
            label = class_of(name)
            if family(name) in families and taken.get(label, 0) < most:
                taken[label] = taken.get(label, 0) + 1
                chosen.append(name)
        return cls(methods, tuple(chosen), seeds)


@dataclass
class Results:
    """Makespans and seconds of one method: per instance one entry per seed."""

    makespans: dict[str, list[int]] = field(default_factory=dict)
    seconds: dict[str, list[float]] = field(default_factory=dict)


def class_of(name: str) -> str:
    """The class that an instance is averaged in: family and size (``dmu 20x15 split`` for dmu41 to dmu80), the
    generator and size of a generated one, otherwise the letters that its name begins with."""
    if canonical_name(name) is not None:
        return size_class(name) + (" split" if has_split_routes(name) else "")
    if ":" in name:
        return ":".join(name.split(":")[:2])
    stem = name.rsplit("/", 1)[-1]
    return stem.rstrip("0123456789_.-") or stem


def make_method(text: str) -> Solver:
    """The solver of a word such as ``paper:samples=32:mode=noop``.

    Raises
    ------
    UnknownNameError
        There is no such solver or parameter.
    InputError
        A value does not fit.
    """
    from schedcore.experiments.methods import get_method
    from schedcore.experiments.parameters import with_parameters

    parts = text.split(":")
    values = [part for part in parts if "=" in part]
    name = ":".join(part for part in parts if "=" not in part)
    found: Solver = get_method(name, "jssp")
    return with_parameters(found, dict(part.split("=", 1) for part in values)) if values else found


def rows(options: SuiteOptions, *, compare: bool = True) -> Iterator[BenchRow]:
    """Rows class by class as they are ready, then those over families and all instances.

    With ``compare`` every gap stands beside a figure of another system where there is one.
    """
    from jssp.domain import load

    plan = Plan.of(options.overrides)
    methods = {text: make_method(text) for text in plan.methods}
    limits = Limits(time_limit_s=options.time_limit_s, workers=options.workers)
    loaded = {name: load(name, options.data_dirs) for name in plan.instances}
    for method in methods.values():  # so that compilation does not count
        method.solve(load("ft06").problem, limits=Limits(1.0, workers=options.workers), seed=0)
    groups: dict[str, list[str]] = {}
    for name in plan.instances:
        groups.setdefault(class_of(name), []).append(name)
    results = {text: Results() for text in methods}
    total, done, broken = len(plan.instances) * len(methods) * plan.seeds, 0, 0
    for label, names in groups.items():
        for name in names:
            for text, method in methods.items():
                for seed in range(options.seed, options.seed + plan.seeds):
                    options.progress(done, total, f"{name} {text}")
                    broken += _run(results[text], method, name, loaded[name], limits, seed)
                    done += 1
        for text in methods:
            yield from _class_rows(label, text, methods[text], names, results[text], loaded, options, compare)
    options.progress(done, total, "done")
    for text, method in methods.items():
        yield from _total_rows(text, method, plan, results[text], loaded, compare)
    yield BenchRow("all schedules", "violations", broken, 0 if compare else None, "", "the independent checker")


def _run(results: Results, method: Solver, name: str, loaded: LoadedInstance, limits: Limits, seed: int) -> int:
    """One run of a method; the number of violations of its schedule."""
    began = time.perf_counter()
    found = solve_verified(method, loaded.problem, limits=limits, seed=seed).schedule
    seconds = time.perf_counter() - began
    violations = 0 if found is None else len(check(loaded.problem, found))
    if found is None or violations:
        makespan = _fallback(name, loaded)  # no schedule scores as MWKR
    else:
        makespan = found.makespan
    results.makespans.setdefault(name, []).append(makespan)
    results.seconds.setdefault(name, []).append(seconds)
    return violations


def _fallback(name: str, loaded: LoadedInstance) -> int:
    """Makespan of MWKR: non-delay on standard job shops, the core's rule elsewhere."""
    if canonical_name(name) is not None:
        return rule_reference(name, "mwkr")
    from schedcore.executor import execute
    from schedcore.policies import get_policy

    return execute(loaded.problem, get_policy("mwkr"), 0).makespan


def _gaps(names: Sequence[str], results: Results, loaded: Mapping[str, LoadedInstance]) -> Any:
    """Gaps in per cent, shape [instance, seed]."""
    base = np.array([_base(loaded[name]) for name in names], dtype=np.float64)
    found = np.array([results.makespans[name] for name in names], dtype=np.float64)
    return 100.0 * (found / base[:, None] - 1.0)


def _base(loaded: LoadedInstance) -> int:
    base = loaded.upper_bound if loaded.upper_bound is not None else loaded.lower_bound
    if not base:
        raise InputError(
            f"nothing is known to compare {loaded.name} with",
            where="suite learned",
            remedy="take instances with known bounds, or generated ones",
        )
    return base


def _class_rows(
    label: str,
    text: str,
    method: Solver,
    names: Sequence[str],
    results: Results,
    loaded: Mapping[str, LoadedInstance],
    options: SuiteOptions,
    compare: bool,
) -> Iterator[BenchRow]:
    bounded = all(loaded[name].upper_bound is not None for name in names)
    gaps = _gaps(names, results, loaded)
    quantity = "mean gap" if bounded else "mean gap to a trivial lower bound"
    yield _gap_row(f"{label}/{text}", quantity, gaps, label, method, compare and bounded)
    seconds = [second for name in names for second in results.seconds[name]]
    yield BenchRow(
        f"{label}/{text}",
        "median time per instance",
        float(np.median(seconds)),
        unit="s",
        note=f"limit {options.time_limit_s:g} s, workers {options.workers}",
    )


def _gap_row(label: str, quantity: str, gaps: Any, group: str, method: Solver, compare: bool) -> BenchRow:
    means = gaps.mean(axis=1)
    count, seeds = gaps.shape
    note = f"{count} instance{'s' if count > 1 else ''}"
    if count > 1:
        note += f", ± {CONFIDENCE * means.std(ddof=1) / math.sqrt(count):.2f} over instances (95 %)"
    if seeds > 1:
        note += f", {seeds} seeds with deviation {gaps.mean(axis=0).std(ddof=1):.2f}"
    found = _references(group) if compare else {}
    first = _matching(method)
    others = "; ".join(f"{name} {gap:g}" for name, (gap, _) in found.items() if name != first)
    if first not in found:
        return BenchRow(label, quantity, float(means.mean()), unit="%", note=note, source=others)
    gap, source = found[first]
    source = f"{first}: {source}" + (f"; also {others}" if others else "")
    return BenchRow(label, quantity, float(means.mean()), gap, "%", source, 0.0, Sense.AT_MOST, note)


def _references(group: str) -> dict[str, tuple[float, str]]:
    """Figures of other systems for a class or a family."""
    return {
        row["method"]: (float(row["gap"]), row["source"])
        for row in table("learned_reference.csv")
        if row["class"] == group
    }


def _matching(method: Solver) -> str:
    """The system whose figure a method stands beside: the same approach with the same number of samples."""
    samples = getattr(method, "samples", None)
    if method.name == "paper":
        kind = {0: "greedy", 32: "best32"}.get(samples or 0, f"best{samples}")
        return f"cprl-{kind}-{getattr(method, 'mode', '')}"
    if method.name in ("learned", "control"):
        return "spn-greedy" if samples in (0, 1) else f"spn-{samples}"
    return "cpsat-600s" if method.name in ("cpsat", "lns", "hybrid") else ""


def _total_rows(
    text: str,
    method: Solver,
    plan: Plan,
    results: Results,
    loaded: Mapping[str, LoadedInstance],
    compare: bool,
) -> Iterator[BenchRow]:
    bounded = [name for name in plan.instances if loaded[name].upper_bound is not None]
    standard = [name for name in bounded if canonical_name(name) is not None]
    training = getattr(method, "training", "")
    for group in dict.fromkeys(family(name) for name in standard):
        mine = [name for name in standard if family(name) == group]
        yield _gap_row(f"{group}/{text}", "mean gap", _gaps(mine, results, loaded), group, method, compare)
    if bounded:
        gaps = _gaps(bounded, results, loaded)
        note = f"{len(bounded)} instances" + (f"; training: {training}" if training else "")
        yield BenchRow(f"all/{text}", "mean gap", float(gaps.mean()), unit="%", note=note)
    if standard:
        worse = [m > rule_reference(name, "mwkr") for name in standard for m in results.makespans[name]]
        yield BenchRow(
            f"all/{text}",
            "share of runs worse than MWKR",
            100.0 * float(np.mean(worse)),
            unit="%",
            note=f"{len(worse)} runs",
        )


def _present(texts: Sequence[str]) -> tuple[str, ...]:
    """Those whose solver this package has."""
    from jssp.domain import domain

    return tuple(text for text in texts if text.split(":")[0] in domain.solvers)


def _words(text: str, key: str) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    if not words:
        raise InputError(
            f"{key} is empty", where="suite learned", remedy=f"give names separated by commas, or drop {key}"
        )
    return words


def _count(text: str, key: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise InputError(f"{key} is {text!r}", where="suite learned", remedy="give a number >= 1")
    return int(text)
