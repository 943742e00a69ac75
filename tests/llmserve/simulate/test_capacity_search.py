"""Capacity search, runners, and plans in the simulator."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from llmserve.deployment import parse_deployment
from llmserve.serving import Admission, BatchPolicy, KVConfig
from llmserve.simulate import LinearTime, SimulationResult, simulate
from llmserve.simulate.capacity import Limit, capacity_search, highest_rate, latency_curve
from llmserve.simulate.metrics import Slo
from llmserve.simulate.pipeline_time import Mode
from llmserve.simulate.planned import with_plan
from llmserve.simulate.runner import CapacityRunner, ServeRunner
from llmserve.simulate.setup import make_setup
from llmserve.workload import Arrivals, Constant, make_workload
from schedcore.errors import InputError, UnknownNameError
from schedcore.experiments.runner import Runner, check_result
from schedcore.experiments.trial import Trial


def at_rate(rate: float) -> SimulationResult:
    """One request at a time, 0.1 s for the prompt and 0.1 s for each of four further tokens: 2 per second."""
    workload = make_workload(Constant(4, 5), requests=150, arrivals=Arrivals("uniform", rate))
    policy = BatchPolicy("p", 4, 1, admission=Admission.PROMPT, asynchronous=False)
    return simulate(workload, policy, KVConfig(10, 4), LinearTime(base_s=0.1))


def test_the_highest_rate_of_a_queue_is_found() -> None:
    # A D/D/1 queue: below 2 per second every request takes 0.5 s, 0.1 s per token; above it the queue grows.
    # 150 requests at rate r wait for 75 (1/2 - 1/r) s on average, which is 0.05 s at r = 2.003.
    rate = highest_rate(at_rate, Limit(0.11), 1.0, tolerance=0.01)
    assert rate == pytest.approx(2.0, rel=0.015)
    assert highest_rate(at_rate, Limit(0.09), 1.0) == 0.0
    assert highest_rate(at_rate, Limit(0.11), 1.0, highest=1.0) == 1.0
    assert highest_rate(at_rate, Limit(None, Slo(ttft_s=0.11), 1.0), 4.0) == pytest.approx(2.0, rel=0.03)
    curve = latency_curve(at_rate, [1.0, 1.9])
    assert curve == [(1.0, pytest.approx(0.1), pytest.approx(0.1)), (1.9, pytest.approx(0.1), pytest.approx(0.1))]


def test_impossible_searches() -> None:
    with pytest.raises(InputError, match="rate 0"):
        highest_rate(at_rate, Limit(0.1), 0.0)
    with pytest.raises(InputError, match="no limit"):
        Limit(None)
    with pytest.raises(InputError, match="normalised latency -1"):
        Limit(-1.0)
    with pytest.raises(InputError, match="attainment 0"):
        Limit(attainment=0.0)
    with pytest.raises(InputError, match="price 0"):
        next(capacity_search(parse_deployment("llama-3-8b@h200"), "512-512", usd_per_gpu_hour=0.0))


def test_capacities_of_modes_and_budgets() -> None:
    deployment = parse_deployment("llama-3-8b@h200")
    found = list(
        capacity_search(
            deployment,
            "512-128",
            modes=("sequential",),
            budgets=(256, 512),
            duration_s=4,
            usd_per_gpu_hour=3.6,
            tolerance=0.1,
        )
    )
    assert [c.token_budget for c in found] == [256, 512]
    assert 0 < found[0].rate_per_s <= found[1].rate_per_s  # compute bound: a larger budget gains little
    # 3.6 USD per hour are 0.001 USD per second.
    assert found[0].usd_per_million_tokens == pytest.approx(1e3 / (found[0].rate_per_s * 640))
    assert found[0].as_dict()["mode"] == "sequential"


def trial(runner: str, **settings: object) -> Trial:
    return Trial(
        "k",
        "g",
        "llmserve",
        "llama-3-8b@h200",
        runner,
        runner,
        0,
        10.0,
        1,
        runner=runner,
        settings=tuple(settings.items()),
    )


def test_a_simulation_as_a_trial() -> None:
    runner = ServeRunner()
    assert isinstance(runner, Runner)
    asked = trial("serve", workload="512-128", requests=40, ttft_s=1.0, interference="paper", mode="overlap")
    result = check_result(runner.run(asked, None, None), "serve")
    assert result.objective[0] == result.metrics["tokens_per_s_per_gpu"] > 0
    assert result.metrics["finished"] == 40
    assert result.metrics["ttft_s.p99"] > 0
    assert runner.fingerprint(asked) != runner.fingerprint(trial("serve", workload="512-129"))
    with pytest.raises(UnknownNameError, match="did you mean 'requests'"):
        runner.run(trial("serve", request=3), None, None)
    with pytest.raises(InputError, match="both a number of requests and a duration"):
        runner.run(trial("serve", requests=3, duration_s=4.0, rate=1.0), None, None)
    with pytest.raises(InputError, match="mode beside a plan"):
        runner.run(trial("serve", requests=3, plan="x.json", mode="overlap"), None, None)


def test_a_capacity_as_a_trial() -> None:
    asked = trial("capacity", workload="512-128", token_budget=256, duration_s=3.0, tolerance=0.3, usd_per_gpu_hour=2.0)
    result = check_result(CapacityRunner().run(asked, None, None), "capacity")
    assert result.objective[0] > 0
    assert result.metrics["usd_per_million_tokens"] > 0


def test_a_trace_is_part_of_the_fingerprint(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("prompt,output\n5,5\n")
    before = ServeRunner().fingerprint(trial("serve", workload=str(path)))
    path.write_text("prompt,output\n5,6\n")
    assert ServeRunner().fingerprint(trial("serve", workload=str(path))) != before


def test_a_plan_file_drives_the_simulator(tmp_path: Path) -> None:
    from llmserve.plan.plan import read_plan
    from llmserve.plan.search import Effort, layer_question, search_plan

    deployment = parse_deployment("llama-2-70b@8xa100")
    plan = search_plan(
        layer_question(deployment, "512-1024", 512, 1024, dense_tokens=1024), effort=Effort(300, 1, 500, 0.2)
    )
    plan.write(tmp_path / "plan.json")
    plan = read_plan(tmp_path / "plan.json")
    workload = make_workload("512-1024", requests=20)
    setup = with_plan(make_setup(deployment, workload), plan)
    assert setup.policy.token_budget == plan.context.dense_tokens
    c = plan.context
    prefill = c.dense_tokens - c.decode_tokens
    row = (c.decode_tokens, prefill, c.decode_tokens * c.decode_context, prefill * c.prefill_context, 0)
    seconds = setup.time.replace(other_s=0.0).seconds_many(*(np.array([v]) for v in row))[0]
    if plan.overlap:
        # On its own batch a layer lasts the period of the plan.
        assert setup.time.mode is Mode.OVERLAP
        assert seconds / 80 == pytest.approx(plan.period_s)
    with pytest.raises(InputError, match="made for llama-2-70b@8xa100, not for llama-3-8b@1xh200"):
        with_plan(make_setup(parse_deployment("llama-3-8b@h200"), workload), plan)
