"""Pictures of plans, and what is compiled beforehand."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmserve.deployment import parse_deployment
from llmserve.plan.packer import KERNELS, compile_kernels
from llmserve.plan.picture import interference_figure, plan_figure
from llmserve.plan.search import Effort, layer_question, search_plan
from llmserve.plan.solver import AutoSolver, PlanSolver
from schedcore.plot import save


@pytest.mark.parametrize(
    ("name", "lanes"),
    [("llama-3-8b@1xh200", ["gemm stream", "gemv stream"]), ("llama-2-70b@8xa100", ["network stream"])],
)
def test_a_plan_has_a_lane_per_stream(tmp_path: Path, name: str, lanes: list[str]) -> None:
    question = layer_question(parse_deployment(name), "512-512", 512, 512, dense_tokens=1024)
    structures = [question.whole()] if "70b" in name else None
    plan = search_plan(question, effort=Effort(5, 1, 50, 0.0), structures=structures)
    path = tmp_path / "plan.svg"
    save(plan_figure(plan), path)
    text = path.read_text()
    assert all(lane in text for lane in [*lanes, "sequential", "nano-batches"])


def test_interference_is_drawn_for_every_table(tmp_path: Path) -> None:
    path = tmp_path / "tables.svg"
    save(interference_figure(), path)
    assert all(name in path.read_text() for name in ("gemv, paper-text", "network, repository"))


def test_solvers_bring_what_compiles_their_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    from schedcore.experiments.warm_up import compile_method

    compile_kernels()
    called: list[int] = []
    monkeypatch.setattr("llmserve.plan.solver.compile_kernels", lambda: called.append(1))
    for solver in (PlanSolver(), AutoSolver()):
        assert solver.kernels == KERNELS
    compile_method(PlanSolver())
    assert called == [1]
