"""Metrics, worked by hand on one small simulation."""

from __future__ import annotations

import numpy as np
import pytest

from llmserve.serving import Admission, BatchPolicy, KVConfig
from llmserve.simulate import LinearTime, SimulationResult, simulate
from llmserve.simulate.metrics import (
    Slo,
    goodput_per_s,
    normalised_latency_s,
    summary,
    throughput,
    tpot_s,
    ttft_s,
)
from llmserve.workload import Workload
from schedcore.errors import InputError


@pytest.fixture
def result() -> SimulationResult:
    """Every iteration takes 1 s.  Request 0 (4 prompt, 3 answer tokens) comes at 0, request 1 (4, 1) at 0.5 s.

    Iterations: 0-1 prompt 0; 1-2 token 2 of 0 and prompt 1, whose only token ends it; 2-3 token 3 of 0.
    """
    workload = Workload("two", np.array([4, 4]), np.array([3, 1]), np.array([0.0, 0.5]))
    policy = BatchPolicy("p", 8, admission=Admission.PROMPT, asynchronous=False)
    return simulate(workload, policy, KVConfig(10, 4), LinearTime(base_s=1.0))


def test_latencies(result: SimulationResult) -> None:
    assert ttft_s(result).tolist() == [1.0, 1.5]
    assert tpot_s(result)[0] == 1.0  # (3 - 1) / 2
    assert np.isnan(tpot_s(result)[1])
    assert normalised_latency_s(result).tolist() == [1.0, 1.5]


def test_throughput(result: SimulationResult) -> None:
    whole = throughput(result)
    # 4 + 1 + 4 + 1 tokens in 3 s; both requests retired, (4 + 2) tokens each on average.
    assert (whole.tokens_per_s, whole.retired_tokens_per_s, whole.requests_per_s) == (10 / 3, 4.0, 2 / 3)
    last = throughput(result, 2)
    assert (last.tokens_per_s, last.requests_per_s, last.window_s) == (1.0, 1.0, 1.0)
    with pytest.raises(InputError, match="iterations 3 to 3 of 3"):
        throughput(result, 3)


def test_goodput(result: SimulationResult) -> None:
    assert Slo(ttft_s=1.2).met(result).tolist() == [True, False]
    assert Slo(tpot_s=0.5).met(result).tolist() == [False, True]
    assert goodput_per_s(result, Slo(normalised_latency_s=1.2)) == pytest.approx(1 / 3)
    with pytest.raises(InputError, match="ttft_s is 0"):
        Slo(ttft_s=0.0)


def test_summary_holds_everything(result: SimulationResult) -> None:
    data = summary(result, Slo(ttft_s=1.2))
    assert data["makespan_s"] == 3.0
    assert data["ttft_s"]["mean"] == 1.25
    assert data["slo_attainment"] == 0.5
    assert (data["finished"], data["iterations"], data["wasted_tokens"]) == (2, 3, 0)


def test_a_simulation_that_is_stopped_has_unfinished_requests() -> None:
    workload = Workload("one", np.array([4]), np.array([30]), np.zeros(1))
    policy = BatchPolicy("p", 8, admission=Admission.PROMPT)
    result = simulate(workload, policy, KVConfig(10, 4), LinearTime(base_s=1.0), max_iterations=5)
    assert (result.num_iterations, len(result.finished)) == (5, 0)
    assert "ttft_s" not in summary(result)
    stopped = simulate(workload, policy, KVConfig(10, 4), LinearTime(1.0), should_stop=lambda: True)
    assert len(stopped.finished) == 1  # too short to be asked


def test_one_wasted_token_per_request() -> None:
    workload = Workload("many", np.full(50, 6), np.full(50, 9), np.zeros(50))
    policy = BatchPolicy("p", 16, admission=Admission.PROMPT)
    ahead = simulate(workload, policy, KVConfig(100, 4), LinearTime(base_s=1.0))
    assert ahead.wasted_tokens == 50
    behind = simulate(workload, policy.replace(asynchronous=False), KVConfig(100, 4), LinearTime(base_s=1.0))
    assert behind.wasted_tokens == 0
    tokens = int(ahead.columns.decode.sum() + ahead.columns.prefill.sum())
    assert tokens == workload.total_tokens  # 6 + 8 + 1 wasted


def test_cpu_time_is_hidden_by_asynchronous_scheduling_alone() -> None:
    workload = Workload("one", np.array([4]), np.array([10]), np.zeros(1))
    policy = BatchPolicy("p", 8, admission=Admission.PROMPT)
    kv, model = KVConfig(10, 4), LinearTime(base_s=1.0)
    # Ten iterations of 1 s, and one for the wasted token; 0.5 s before the first alone, or before each.
    assert simulate(workload, policy, kv, model, cpu_s=0.5).makespan_s == 11.5
    assert simulate(workload, policy.replace(asynchronous=False), kv, model, cpu_s=0.5).makespan_s == 15.0


@pytest.mark.parametrize(
    ("options", "message"), [({"cpu_s": -1.0}, "cpu_s is -1"), ({"max_iterations": 0}, "max_iterations is 0")]
)
def test_wrong_numbers(options: dict[str, float], message: str) -> None:
    workload = Workload("one", np.array([4]), np.array([2]), np.zeros(1))
    policy = BatchPolicy("p", 8, admission=Admission.PROMPT)
    with pytest.raises(InputError, match=message):
        simulate(workload, policy, KVConfig(10, 4), LinearTime(1.0), **options)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"request 0.*4 \+ 2 tokens do not fit in 1 pages|do not fit in 1 pages"):
        simulate(workload, policy, KVConfig(1, 4), LinearTime(1.0))
