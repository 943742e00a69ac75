"""One model carries four domains: every miniature goes through every part, and all parts agree."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from oracles import job_shop_optimum

from schedcore.check import check
from schedcore.executor import execute
from schedcore.metrics import evaluate, objective_values
from schedcore.model import Problem, canonical_json, problem_from_dict, problem_to_dict
from schedcore.plot import plot_schedule
from schedcore.policies import get_policy
from schedcore.replay import replay
from schedcore.solvers import Status, solve

ROOT = Path(__file__).parents[2]


def load_example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


EXAMPLE = load_example("four_domains")
DOMAINS = tuple(EXAMPLE.MINIATURES)
OPTIMUM = {"llmserve": (6, 37), "jssp": (55,), "uam": (-6289,), "qnet": (42,)}


@pytest.fixture(params=DOMAINS)
def domain(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def problem(domain: str) -> Problem:
    return EXAMPLE.MINIATURES[domain]()


def test_cp_sat_proves_the_optimum(domain: str, problem: Problem) -> None:
    result = solve(problem, solver="cpsat", time_limit_s=60)
    assert result.status is Status.OPTIMAL
    assert result.schedule is not None
    assert result.objective == OPTIMUM[domain] == objective_values(problem, result.schedule)
    assert check(problem, result.schedule).ok


def test_exhaustive_search_agrees(domain: str, problem: Problem) -> None:
    if domain == "jssp":  # 36 operations: an exhaustive search of its own
        assert job_shop_optimum([list(route) for route in EXAMPLE.FT06], 60) == OPTIMUM[domain][0]
        return
    result = solve(problem, solver="exhaustive", time_limit_s=120)
    assert result.status is Status.OPTIMAL
    assert result.objective == OPTIMUM[domain]


def test_list_scheduling_gives_a_feasible_schedule(domain: str, problem: Problem) -> None:
    result = solve(problem, solver="sgs", time_limit_s=60, deterministic_limit=0.02)
    assert result.schedule is not None
    assert check(problem, result.schedule).ok
    assert result.objective >= OPTIMUM[domain]


@pytest.mark.parametrize("policy", ["cp", "fifo", "random", "packer"])
def test_policies_decide_on_the_executor(domain: str, problem: Problem, policy: str) -> None:
    if problem.cycle is not None:
        pytest.skip("a cyclic pattern is solved as a whole, then executed round by round (see replay)")
    schedule = execute(problem, get_policy(policy), seed=1)
    assert check(problem, schedule).ok
    assert objective_values(problem, schedule) >= OPTIMUM[domain]


def test_json_keeps_the_problem(problem: Problem) -> None:
    data = problem_to_dict(problem)
    again = problem_from_dict(data)
    assert again == problem
    assert again.fingerprint() == problem.fingerprint()
    assert canonical_json(problem_to_dict(again)) == canonical_json(data)


def test_nominal_replay_reproduces_the_plan(problem: Problem) -> None:
    schedule = solve(problem, solver="cpsat", time_limit_s=60).schedule
    assert schedule is not None
    result = replay(problem, schedule, scenarios=2)
    if problem.cycle is None:
        assert result.schedule(0) == schedule
    else:
        assert np.array_equal(result.values("round_ticks"), [schedule.cycle] * 2)


def test_replay_under_noise_is_slower_on_average(problem: Problem) -> None:
    schedule = solve(problem, solver="cpsat", time_limit_s=60).schedule
    assert schedule is not None
    metric = "makespan" if problem.cycle is None else "round_ticks"
    calm = replay(problem, schedule, scenarios=1).summary(metric).mean
    assert replay(problem, schedule, EXAMPLE.SLOWER, scenarios=50, seed=1).summary(metric).mean > calm


def test_metrics_and_pictures(problem: Problem, tmp_path: Path) -> None:
    schedule = solve(problem, solver="cpsat", time_limit_s=60).schedule
    assert schedule is not None
    values = evaluate(problem, schedule)
    assert values["makespan"] == schedule.makespan
    for kind, suffix in (("overview", ".png"), ("tasks", ".svg"), ("gantt", ".html"), ("gantt", ".json")):
        path = plot_schedule(problem, schedule, tmp_path / f"{kind}{suffix}", kind=kind)
        assert path.stat().st_size > 500


def test_the_learning_environment_plays_it(domain: str, problem: Problem) -> None:
    if problem.cycle is not None:
        pytest.skip("the executor runs plain problems")
    from schedcore.envs import SchedEnv

    env = SchedEnv(problem)
    observation, info = env.reset(seed=0)
    over = False
    while not over:
        action = int(np.flatnonzero(observation["action_mask"])[0])
        observation, _, over, _, info = env.step(action)
    assert check(problem, info["schedule"]).ok
    assert info["objective"] >= OPTIMUM[domain]


def test_the_example_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    EXAMPLE.main(["--out", str(tmp_path)])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + 2 * len(DOMAINS)
    assert len(list(tmp_path.glob("*.png"))) == 2 * len(DOMAINS)
