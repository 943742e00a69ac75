"""Warming up: compile and load what methods need, so that it is not counted as the time of their first trial."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from schedcore.errors import SchedError
from schedcore.experiments.plan import Plan
from schedcore.experiments.trial import Trial

if TYPE_CHECKING:
    from schedcore.model import Problem
    from schedcore.registry import LoadedInstance

_LIMIT_S = 0.5


def warm_up(
    plan: Plan, trials: Sequence[Trial], warming: Callable[[str], None], should_stop: Callable[[], bool]
) -> None:
    """Let every method of ``trials`` solve a few small problems.

    These are three small job shops (one with a task of no length) and, for every set of features among the
    instances that the method will meet, the smallest such instance.  What goes wrong here shows again,
    and is recorded, in the trial itself.
    """
    from schedcore.experiments.methods import get_method
    from schedcore.experiments.parameters import with_parameters
    from schedcore.solvers.protocol import Limits

    by_method: dict[tuple[str, str, tuple[tuple[str, Any], ...]], list[Trial]] = {}
    for trial in trials:
        by_method.setdefault((trial.domain, trial.solver, trial.parameters), []).append(trial)
    for (domain, solver, parameters), members in by_method.items():
        warming(members[0].method)
        for problem in [tiny_job_shop(1), tiny_job_shop(0), small_job_shop(), *_smallest(plan, members)]:
            if should_stop():
                return
            try:
                method = with_parameters(get_method(solver, domain), dict(parameters))
                limits = Limits(time_limit_s=_LIMIT_S, workers=members[0].workers)
                method.solve(problem, limits=limits, should_stop=should_stop)
            except Exception:
                # Whatever it is, the trial meets it again and records it; other methods must not suffer.
                break


_warmed: set[tuple[str, str, str, frozenset[str]]] = set()


def is_warm(trial: Trial, loaded: LoadedInstance | None) -> bool:
    """Whether :func:`warm_worker` has nothing to do for ``trial`` in this process."""
    from schedcore.experiments.runner import SOLVE

    return trial.runner != SOLVE or _kind_of(trial, loaded) in _warmed


def _kind_of(trial: Trial, loaded: LoadedInstance | None) -> tuple[str, str, str, frozenset[str]]:
    """What needs warming up once: a method, for problems with the same features."""
    features = frozenset() if loaded is None else loaded.problem.features()
    return trial.domain, trial.solver, repr(trial.parameters), features


def warm_worker(trial: Trial, loaded: LoadedInstance | None) -> None:
    """Let the method of ``trial`` solve small job shops, once in the life of this process for each kind of problem.

    Methods compile and load other parts for other features: where the instance has more than these shops, it is
    itself begun.
    """
    from schedcore.experiments.methods import get_method
    from schedcore.experiments.parameters import with_parameters
    from schedcore.solvers.protocol import Limits

    if is_warm(trial, loaded):
        return
    _warmed.add(_kind_of(trial, loaded))
    shop = small_job_shop()
    problems = [tiny_job_shop(1), tiny_job_shop(0), shop]
    if loaded is not None and loaded.problem.features() - shop.features():
        problems.append(loaded.problem)
    # Whatever goes wrong here, the trial meets again and records.
    with contextlib.suppress(Exception):
        method = with_parameters(get_method(trial.solver, trial.domain), dict(trial.parameters))
        for problem in problems:
            method.solve(problem, limits=Limits(time_limit_s=_LIMIT_S, workers=trial.workers))


def _smallest(plan: Plan, trials: Sequence[Trial]) -> list[Problem]:
    """The smallest instance for each set of features."""
    found: dict[frozenset[str], Problem] = {}
    for trial in trials:
        problem = plan.instance_of(trial).problem
        best = found.get(problem.features())
        if best is None or len(problem.tasks) < len(best.tasks):
            found[problem.features()] = problem
    return list(found.values())


def compile_kernels() -> Iterator[tuple[str, float]]:
    """Compile what the built-in solvers, the rules and the solvers of the domains need, on tiny problems.

    Of the domains these are the solvers that name modules with compiled functions in an attribute ``kernels``.
    Compiled code is kept in a cache beside the sources (or in ``NUMBA_CACHE_DIR``), so this is done once.
    Yields the name of each method and the seconds that it took.
    """
    from schedcore.experiments.methods import get_method
    from schedcore.registry import domain_names, get_domain
    from schedcore.solvers import get_solver, solver_names

    for name in ("spt", *(name for name in solver_names(policies=False) if name not in ("auto", "exhaustive"))):
        begin = time.perf_counter()
        compile_method(get_solver(name))
        yield name, time.perf_counter() - begin
    done: set[str] = set()
    for domain in domain_names():
        for name in get_domain(domain).solvers:
            begin = time.perf_counter()
            method = get_method(name, domain)
            needed = set(getattr(method, "kernels", ()))
            if needed - done:
                compile_method(method)
                done |= needed
                yield name, time.perf_counter() - begin


def compile_method(method: Any) -> None:
    """Let ``method`` solve those tiny problems that it understands, so that what it calls is compiled and kept.

    A method that understands none of them brings a function ``compile_kernels`` of its own.
    """
    from schedcore.solvers.protocol import Limits

    own = getattr(method, "compile_kernels", None)
    if callable(own):
        own()
    problems = (tiny_job_shop(1), tiny_job_shop(0), small_job_shop(), tiny_flexible_shop(), tiny_project(modes=1))
    for problem in (*problems, tiny_project()):
        if not problem.features() - method.features:
            # What a method refuses here it need not compile.
            with contextlib.suppress(SchedError):
                method.solve(problem, limits=Limits(time_limit_s=_LIMIT_S))


def tiny_flexible_shop() -> Problem:
    """Three jobs of two tasks, each on one of two machines."""
    from schedcore.model import ProblemBuilder

    builder = ProblemBuilder("warm-up")
    machines = [builder.unary("a"), builder.unary("b")]
    for j in range(3):
        job = builder.job(f"j{j}")
        tasks = []
        for i in range(2):
            modes = [builder.mode(2 + i + j + k, on=machine) for k, machine in enumerate(machines)]
            tasks.append(builder.task(f"j{j}.{i}", modes=modes, job=job))
        builder.chain(*tasks)
    builder.minimise(makespan=1)
    return builder.build()


def tiny_project(modes: int = 2) -> Problem:
    """Four tasks, two of them with a choice of ``modes``, on two resources with several units."""
    from schedcore.model import ProblemBuilder

    builder = ProblemBuilder("warm-up")
    crew, tools = builder.renewable("crew", capacity=3), builder.renewable("tools", capacity=2)
    ways = [builder.mode(3, demands={crew: 2}), builder.mode(2, demands={crew: 3, tools: 1})]
    tasks = [builder.task(f"t{i}", modes=ways[:modes]) for i in range(2)]
    tasks += [builder.task(f"t{i}", 2, demands={tools: 1}) for i in range(2, 4)]
    builder.precedence(tasks[0], tasks[2])
    builder.precedence(tasks[1], tasks[3])
    builder.minimise(makespan=1)
    return builder.build()


def tiny_job_shop(shortest: int) -> Problem:
    """Three jobs on two machines; the shortest task takes ``shortest`` ticks."""
    from schedcore.model import ProblemBuilder

    builder = ProblemBuilder("warm-up")
    machines = [builder.unary("a"), builder.unary("b")]
    for j, (first, second) in enumerate(((3, 2), (2, 4), (4, shortest))):
        job = builder.job(f"j{j}")
        order = machines if j % 2 == 0 else machines[::-1]
        builder.chain(
            builder.task(f"j{j}.0", first, on=order[0], job=job),
            builder.task(f"j{j}.1", second, on=order[1], job=job),
        )
    builder.minimise(makespan=1)
    return builder.build()


def small_job_shop() -> Problem:
    """Eight jobs on five machines: list scheduling does not end with the optimum, so that searches have to begin."""
    from schedcore.model import ProblemBuilder

    builder = ProblemBuilder("warm-up")
    machines = [builder.unary(f"m{k}") for k in range(5)]
    for j in range(8):
        job = builder.job(f"j{j}")
        # Steps of 1 to 4 through five machines visit each of them once.
        order = [machines[(j + (1 + j % 4) * i) % 5] for i in range(5)]
        durations = [1 + (7 * j * j + 11 * i + 5 * i * j) % 19 for i in range(5)]
        builder.chain(*(builder.task(f"j{j}.{i}", durations[i], on=order[i], job=job) for i in range(5)))
    builder.minimise(makespan=1)
    return builder.build()
