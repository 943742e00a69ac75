"""The solvers ``learned`` and ``hybrid``: what they read, what they refuse, and what they return."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from jssp import FlexibleJobShopInstance, JobShopInstance, generate
from jssp.adapter import to_problem
from jssp.learn.ours.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from jssp.learn.ours.hybrid import Doubt, HybridSolver
from jssp.learn.ours.infer import InferParameters, infer
from jssp.learn.ours.network import initial, view
from jssp.learn.ours.reading import read
from jssp.learn.ours.shop import Shop, shop_of
from jssp.learn.ours.solver import LearnedSolver
from schedcore.check import check
from schedcore.errors import InputError, UnknownNameError, UnsupportedFeatureError
from schedcore.model import Demand, Mode, Objective, Problem, Renewable, Schedule, Task, TimeLag, Unary
from schedcore.solvers.lns.neighbourhoods import View
from schedcore.solvers.protocol import Incumbent, Limits, Status


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("policy") / "small.npz"
    flat = initial(8, 8, np.random.default_rng(0))
    net = view(flat, 8, 8)
    net.w0[4] = 5.0
    save_checkpoint(path, net, {"recipe": "test"})
    save_checkpoint(path.with_name("project.npz"), net, {"recipe": "test"}, "project")
    return str(path)


def learned(checkpoint: str, **parameters: object) -> LearnedSolver:
    return LearnedSolver(checkpoint, **{"samples": 20, **parameters})  # type: ignore[arg-type]


def chain(durations: list[list[int]], machines: list[list[int]], releases: list[int] | None = None) -> Problem:
    tasks, lags = [], []
    for job, (times, route) in enumerate(zip(durations, machines)):
        for i, (duration, machine) in enumerate(zip(times, route)):
            release = releases[job] if releases and i == 0 else 0
            if i:
                lags.append(TimeLag(len(tasks) - 1, len(tasks)))
            tasks.append(Task(f"j{job}.o{i}", (Mode(duration, (Demand(machine),)),), release=release))
    resources = tuple(Unary(f"m{k}") for k in range(1 + max(max(route) for route in machines)))
    return Problem("chain", resources, tuple(tasks), lags=tuple(lags), objective=Objective.minimise(makespan=1))


CASES = {
    "job shop": to_problem(generate("taillard:6x5:1")),
    "flexible": to_problem(generate("brandimarte:5x4:2")),
    "re-entrant": chain([[3, 2, 4], [5, 1]], [[0, 1, 0], [1, 1]]),
    "released": chain([[3, 2], [5, 1]], [[0, 1], [1, 0]], [7, 2]),
    "zero durations": chain([[0, 2, 0], [0, 0], [3, 0]], [[0, 1, 0], [0, 1], [0, 1]]),
    "all zero": chain([[0, 0], [0]], [[0, 1], [0]]),
    "one operation": chain([[4]], [[0]]),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("strategy", ["sample", "refine"])
def test_schedules_are_feasible(checkpoint: str, case: str, strategy: str) -> None:
    problem = CASES[case]
    result = learned(checkpoint, strategy=strategy).solve(problem, limits=Limits(workers=2), seed=1)
    assert result.schedule is not None
    assert check(problem, result.schedule).ok
    assert result.objective == (result.schedule.makespan,)
    assert result.bound is not None
    assert result.bound <= result.objective[0]
    assert (result.status is Status.OPTIMAL) == (result.bound == result.objective[0])


def test_optimum_is_recognised(checkpoint: str) -> None:
    result = learned(checkpoint).solve(CASES["released"], limits=Limits())
    assert (result.status, result.objective) == (Status.OPTIMAL, (12,))


def test_no_tasks_and_no_objective(checkpoint: str) -> None:
    solver = learned(checkpoint)
    assert solver.solve(Problem("empty"), limits=Limits()).status is Status.OPTIMAL
    plain = CASES["re-entrant"]
    bare = Problem("bare", plain.resources, plain.tasks, lags=plain.lags)
    result = solver.solve(bare, limits=Limits())
    assert (result.status, result.objective, result.trace) == (Status.OPTIMAL, (), ())
    assert HybridSolver(policy=solver).solve(bare, limits=Limits()).schedule is not None


def test_same_seed_same_schedule_and_more_workers_are_deterministic(checkpoint: str) -> None:
    solver = learned(checkpoint)
    for workers in (1, 2):
        limits = Limits(deterministic_limit=0.2, workers=workers)
        one, two = (solver.solve(CASES["job shop"], limits=limits, seed=3) for _ in range(2))
        assert one.schedule == two.schedule
        assert one.parameters["samples"] == 20


def test_incumbents_improve_and_are_feasible(checkpoint: str) -> None:
    problem, seen = CASES["job shop"], []

    def note(incumbent: Incumbent) -> None:
        assert check(problem, incumbent.schedule).ok
        seen.append(incumbent.objective[0])

    result = learned(checkpoint, samples=200).solve(problem, limits=Limits(), on_solution=note)
    assert seen == sorted(seen, reverse=True)
    assert seen[-1] == result.value
    assert [value for _, value, _ in result.trace] == seen


def test_limits_end_after_the_greedy_schedule(checkpoint: str) -> None:
    solver = learned(checkpoint, samples=10**6)
    result = solver.solve(CASES["job shop"], limits=Limits(time_limit_s=1e-6))
    assert result.parameters["samples"] == 1
    stopped = solver.solve(CASES["job shop"], limits=Limits(), should_stop=lambda: True)
    assert stopped.parameters["samples"] == 1


def test_larger_than_any_seen(checkpoint: str) -> None:
    shop = JobShopInstance("large", np.tile(np.arange(3), (300, 1)), np.ones((300, 3), dtype=int) * 7)
    problem = to_problem(shop)
    result = learned(checkpoint, samples=1).solve(problem, limits=Limits())
    assert result.schedule is not None
    assert check(problem, result.schedule).ok


def test_refusals_name_the_feature(checkpoint: str) -> None:
    solver = learned(checkpoint)
    task = Task("a", (Mode(2, (Demand(0),)),))
    goal = Objective.minimise(makespan=1)
    two = (Mode(2, (Demand(0),)), Mode(3, (Demand(1),)))
    both = Unary("a"), Unary("b")
    cases = {
        "max_lag": Problem("p", both, (task, Task("b", task.modes)), lags=(TimeLag(0, 1, max=9),), objective=goal),
        "several modes together with renewable": Problem(
            "p", (Renewable("r", 2), Unary("a")), (Task("a", two),), objective=goal
        ),
        "several modes together with precedence that is no set of chains": Problem(
            "p",
            both,
            (Task("a", two), Task("b", task.modes), Task("c", task.modes)),
            lags=(TimeLag(0, 1), TimeLag(0, 2)),
            objective=goal,
        ),
        "makespan that is to be long": Problem("p", both, (task,), objective=Objective.minimise(makespan=-1)),
    }
    for words, problem in cases.items():
        with pytest.raises(UnsupportedFeatureError, match=words):
            solver.solve(problem, limits=Limits())


def project_cases() -> dict[str, Problem]:
    goal = Objective.minimise(makespan=1)
    task = Task("a", (Mode(2, (Demand(0),)),))
    return {
        "progen": to_problem(generate("progen:30x4:1")),
        "two resources at once": Problem(
            "p",
            (Unary("a"), Unary("b"), Renewable("c", 3)),
            (
                Task("a", (Mode(2, (Demand(0), Demand(1), Demand(2, 2))),)),
                Task("b", (Mode(5, (Demand(1), Demand(2, 2))),), release=1),
                Task("c", (Mode(0, (Demand(0),)),)),
                Task("d", (Mode(4, ()),)),
            ),
            lags=(TimeLag(0, 2),),
            objective=goal,
        ),
        "a tree on one machine": Problem(
            "p",
            (Unary("a"),),
            (task, Task("b", task.modes, release=3), Task("c", task.modes)),
            lags=(TimeLag(0, 1), TimeLag(0, 2)),
            objective=goal,
        ),
        "a release inside a chain": Problem(
            "p", (Unary("a"),), (task, Task("b", task.modes, release=3)), lags=(TimeLag(0, 1),), objective=goal
        ),
    }


@pytest.mark.parametrize("case", project_cases())
def test_schedules_of_projects_are_feasible(checkpoint: str, case: str) -> None:
    problem = project_cases()[case]
    policy = learned(checkpoint.replace("small", "project"))
    for solver in (policy, HybridSolver(policy=policy)):
        result = solver.solve(problem, limits=Limits(deterministic_limit=0.3))
        assert result.schedule is not None
        assert check(problem, result.schedule).ok
        assert result.bound is not None
        assert result.bound <= result.objective[0] == result.schedule.makespan


def test_a_checkpoint_for_the_other_kind_is_told(checkpoint: str) -> None:
    with pytest.raises(CheckpointError, match="trained on shops, and this problem is a project"):
        learned(checkpoint).solve(project_cases()["progen"], limits=Limits())


def test_a_missing_checkpoint_is_told(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no such file"):
        LearnedSolver(str(tmp_path / "none.npz")).solve(CASES["job shop"], limits=Limits())


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"samples": -1}, InputError),
        ({"elite": 0}, InputError),
        ({"temperature": 0.0}, InputError),
        ({"strategy": "smaple"}, UnknownNameError),
        ({"mode": "actve"}, UnknownNameError),
    ],
)
def test_parameters_are_checked(parameters: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        LearnedSolver(**parameters)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("parameters", "error"),
    [({"engine": "cpst"}, UnknownNameError), ({"share": 1.0}, InputError), ({"members": -1}, InputError)],
)
def test_hybrid_parameters_are_checked(parameters: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        HybridSolver(**parameters)  # type: ignore[arg-type]


def test_more_samples_are_never_worse(checkpoint: str) -> None:
    net = load_checkpoint(Path(checkpoint)).network
    shop = shop_of(generate("demirkol_split:8x6:1"))  # type: ignore[arg-type]
    values = [infer(shop, net, InferParameters(samples=n, strategy="sample")).makespan for n in (1, 17, 65)]
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize("engine", ["lns", "cpsat"])
@pytest.mark.parametrize("case", ["job shop", "flexible", "released"])
def test_hybrid_improves_on_the_policy(checkpoint: str, engine: str, case: str) -> None:
    problem = CASES[case]
    solver = HybridSolver(engine=engine, policy=learned(checkpoint))
    seen: list[int] = []
    result = solver.solve(
        problem,
        limits=Limits(deterministic_limit=0.5, workers=2),
        on_solution=lambda incumbent: seen.append(incumbent.objective[0]),
    )
    assert result.schedule is not None
    assert check(problem, result.schedule).ok
    assert result.objective == (result.schedule.makespan,)
    assert seen == sorted(seen, reverse=True)
    assert result.objective[0] <= result.parameters["policy"]


def test_hybrid_takes_a_better_hint(checkpoint: str) -> None:
    problem = CASES["job shop"]
    best = HybridSolver(policy=learned(checkpoint)).solve(problem, limits=Limits(deterministic_limit=2)).schedule
    assert best is not None
    solver = HybridSolver(engine="cpsat", policy=learned(checkpoint, samples=1))
    result = solver.solve(problem, limits=Limits(time_limit_s=1e-3), hint=best)
    assert result.schedule is not None
    assert result.schedule.makespan == best.makespan
    wrong = Schedule.from_arrays(best.task, best.mode, best.start * 0, best.end - best.start)
    assert check(problem, solver.solve(problem, limits=Limits(time_limit_s=1e-3), hint=wrong).schedule).ok  # type: ignore[arg-type]


def test_hybrid_stops_when_told(checkpoint: str) -> None:
    solver = HybridSolver(policy=learned(checkpoint))
    result = solver.solve(CASES["job shop"], limits=Limits(), should_stop=lambda: True)
    assert result.schedule is not None
    assert result.parameters["samples"] == 1


def test_the_doubt_neighbourhood_gives_the_asked_number(checkpoint: str) -> None:
    solver = learned(checkpoint)
    for case in ("job shop", "flexible"):
        problem = CASES[case]
        schedule = solver.solve(problem, limits=Limits()).schedule
        assert schedule is not None
        reading = read(problem)
        assert isinstance(reading.shop, Shop)
        doubt = Doubt(reading.shop, reading.tasks, solver.policy_for(reading))
        view = View(problem, schedule)
        assert ((doubt.by_task(view) >= 0) & (doubt.by_task(view) <= 1)).all()
        free = doubt(view, 7, np.random.default_rng(0))
        assert len(set(free.tolist())) == 7


def test_flexible_instances_read_alike() -> None:
    instance = generate("brandimarte:5x4:2")
    assert isinstance(instance, FlexibleJobShopInstance)
    direct, through = shop_of(instance), read(to_problem(instance)).shop
    for one, two in zip(direct, through):
        assert one.tolist() == two.tolist()


def test_the_training_is_told_in_a_line(checkpoint: str, tmp_path: Path) -> None:
    path = tmp_path / "two.npz"
    first = {"chosen": {"update": 30}}
    second = {"chosen": {"update": 12}, "started_from": first, "training_seconds": 120.0, "hardware": "an abacus"}
    save_checkpoint(path, load_checkpoint(Path(checkpoint)).network, second)
    assert LearnedSolver(str(path)).training == "42 updates, 2 min, an abacus"
    assert learned(checkpoint).training == "0 min, one core"
