"""``sched simulate llmserve`` below the command line, and the pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from llmserve.serving import Admission, BatchPolicy, KVConfig
from llmserve.simulate import LinearTime, simulate
from llmserve.simulate.plots import latency_figure, simulation_figure
from llmserve.simulate_command import SIMULATE_OPTIONS
from llmserve.simulate_command import simulate as answer
from llmserve.workload import Workload, make_workload
from schedcore.domain_verbs import Answer, Request
from schedcore.errors import InputError, UnknownNameError
from schedcore.plot import save

H200 = "llama-3-8b@h200"


def ask(instance: str = H200, policies: tuple[str, ...] = (), plot: Path | None = None, **options: object) -> Answer:
    options.setdefault("workload", "128-32")
    return answer(Request(instance, options=options, policies=policies, plot=plot))


def test_options_have_names_of_their_own() -> None:
    names = [option.name for option in SIMULATE_OPTIONS]
    assert len(names) == len(set(names))
    assert all(option.verbs == ("simulate",) for option in SIMULATE_OPTIONS)


def test_one_run_per_policy() -> None:
    told = ask(policies=("nanoflow", "vllm", "sarathi", "fastgen"), requests=50)
    assert [run["policy"] for run in told.data["runs"]] == ["nanoflow", "vllm", "sarathi", "fastgen"]
    assert all(run["finished"] == 50 for run in told.data["runs"])
    assert all(run["middle_tokens_per_s_per_gpu"] > 0 for run in told.data["runs"])
    assert "vllm" in told.text
    assert "50 requests of 128-32" in told.text


def test_online_with_limits_and_a_picture(tmp_path: Path) -> None:
    told = ask(rate=(50.0,), duration=2.0, ttft_ms=500.0, plot=tmp_path / "x.png", mode="sequential", budget=(256,))
    assert told.data["runs"][0]["slo_attainment"] > 0.9
    assert told.data["runs"][0]["token_budget"] == 256
    assert told.written == (tmp_path / "x.png",)
    assert (tmp_path / "x.png").stat().st_size > 5000


def test_said_in_the_name_of_the_instance() -> None:
    told = answer(Request(f"{H200}:workload=64-8", options={"requests": 5}))
    assert told.data["workload"]["name"] == "64-8"


def test_conversations_reuse_pages() -> None:
    told = ask(workload="lmsys", conversation_rounds=4.0, requests=30, rate=(5.0,), host_gb=50.0, reuse=True)
    run = told.data["runs"][0]
    assert run["reused_tokens"] > 0
    assert run["requests"] > 30
    without = ask(workload="lmsys", conversation_rounds=4.0, requests=30, rate=(5.0,)).data["runs"][0]
    assert without["reused_tokens"] == 0
    assert without["mean_prefill"] > run["mean_prefill"]


def test_a_latency_curve(tmp_path: Path) -> None:
    told = ask(rate=(5.0, 20.0), duration=2.0, plot=tmp_path / "c.svg")
    assert [point["rate_per_s"] for point in told.data["curves"]["nanoflow"]] == [5.0, 20.0]
    assert told.written


def test_capacity() -> None:
    told = ask(capacity=True, budget=(256,), mode="sequential", duration=2.0, gpu_price=2.0)
    assert told.data["capacities"][0]["rate_per_s"] > 0
    assert "best: sequential" in told.text


def test_stopped_early_is_said() -> None:
    assert ask(requests=50, iterations=3).warnings == ("some requests were not finished",)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gpu_price": 2.0}, "price without --capacity"),
        ({"budget": (1, 2)}, "several budgets"),
        ({"think_s": 2.0}, "thinking time without rounds"),
        ({"conversation_rounds": 2.0, "duration": 5.0}, "conversations come by number"),
        ({"capacity": True, "requests": 5}, "--requests beside --capacity"),
        ({"policies": ("vllm", "sarathi"), "plot": Path("x.png")}, "one picture for several policies"),
        ({"capacity": True, "plot": Path("x.png")}, "draws nothing"),
        ({"rate": (0.0,)}, "rate 0"),
    ],
)
def test_options_that_do_not_go_together(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ask(**options)  # type: ignore[arg-type]


def test_what_belongs_to_the_core_is_refused() -> None:
    with pytest.raises(InputError, match="takes no solver"):
        answer(Request(H200, solvers=("cpsat",)))
    with pytest.raises(InputError, match="has no scenarios"):
        answer(Request(H200, scenarios=5))
    with pytest.raises(UnknownNameError, match="did you mean 'sarathi'"):
        ask(policies=("sarati",))


def test_pictures_of_long_simulations_and_of_none(tmp_path: Path) -> None:
    policy = BatchPolicy("p", 64, admission=Admission.PROMPT)
    result = simulate(make_workload("64-900", requests=40), policy, KVConfig(2000), LinearTime(0.01))
    assert result.num_iterations > 600
    assert save(simulation_figure(result), tmp_path / "long.png").stat().st_size > 5000
    workload = Workload("one", np.array([4]), np.array([2]), np.zeros(1))
    nothing = simulate(workload, policy, KVConfig(20), LinearTime(0.01), max_iterations=1)
    save(simulation_figure(nothing), tmp_path / "short.png")
    with pytest.raises(InputError, match="nothing to draw"):
        latency_figure({})
    figure = latency_figure({"a": [(1.0, 0.1, 0.2)]}, published={1.0: 0.1}, limit_s=None)
    assert save(figure, tmp_path / "curve.png").exists()
