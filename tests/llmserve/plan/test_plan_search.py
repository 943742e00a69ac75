"""Search, plan files, fallback."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from llmserve.deployment import parse_deployment
from llmserve.interference import Interference
from llmserve.interference.table import Stream
from llmserve.plan.ablation import Offload, tokens_per_s_per_gpu
from llmserve.plan.layer_problem import layer_problem
from llmserve.plan.plan import Plan, plan_of, read_plan
from llmserve.plan.search import Effort, candidate_structures, layer_question, quick_structure, search_plan
from llmserve.plan.stagger import staggered_guess
from schedcore.check import check
from schedcore.errors import FormatError, InputError, ViolationError
from schedcore.io import read_document
from schedcore.model import Schedule

EFFORT = Effort(200, 2, 2_000, 0.5)
QUESTION = layer_question(parse_deployment("llama-3-8b@1xh200"), "1024-512", 1024, 512)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return search_plan(QUESTION, effort=EFFORT)


def test_the_question_has_sensible_defaults() -> None:
    assert QUESTION.dense_tokens == 2048
    assert QUESTION.decode_tokens == 683
    assert layer_question(parse_deployment("llama-3-8b@1xa100"), "512-1024", 512, 1024).dense_tokens == 512
    assert layer_question(parse_deployment("llama-2-70b@8xa100"), "512-0", 512, 0).decode_tokens == 0
    for budget in (0, 100, 200):
        with pytest.raises(InputError, match=f"the dense budget is {budget} tokens"):
            layer_question(parse_deployment("llama-3-8b@1xh200"), "w", 512, 512, dense_tokens=budget)


def test_a_plan_beats_the_sequential_layer_and_keeps_the_bound(plan: Plan) -> None:
    check(plan.problem, plan.schedule).require_ok()
    assert plan.overlap
    assert plan.gain > 1.05
    assert plan.bound_s is not None
    assert plan.bound_s <= plan.period_s < plan.context.sequential_s
    assert plan.layer_s == plan.period_s
    assert plan.tokens_per_s == pytest.approx(2048 / (32 * plan.period_s))
    for step in plan.steps():
        assert 0 < step.share <= 1
        assert step.end_s - step.start_s >= step.stand_alone_s - 1e-6


def test_the_file_is_a_document_of_the_core(plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    plan.write(path)
    back = read_plan(path)
    assert (back.schedule, back.structure, back.context) == (plan.schedule, plan.structure, plan.context)
    assert (back.overlap, back.bound_s, back.stand_alone_s) == (plan.overlap, plan.bound_s, plan.stand_alone_s)
    document = read_document(path)
    assert document.schedule is not None
    assert check(document.problem, document.schedule).ok


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda own: own.update(schema="llmserve.plan/9"), "schema is"),
        (lambda own: own.pop("context"), "damaged"),
        (lambda own: own["operations"][0].update(role="XX"), "damaged"),
        (lambda own: own["operations"].pop(), "damaged"),
        (lambda own: own["stand_alone_s"].pop(), "not the tasks of the problem"),
    ],
)
def test_damaged_files_are_refused(plan: Plan, tmp_path: Path, change, message: str) -> None:
    path = tmp_path / "plan.json"
    plan.write(path)
    data = json.loads(path.read_text())
    own = json.loads(data["problem"]["metadata"]["llmserve"])
    change(own)
    data["problem"]["metadata"]["llmserve"] = json.dumps(own)
    path.write_text(json.dumps(data))
    with pytest.raises(FormatError, match=message):
        read_plan(path)


def test_other_documents_are_no_plans(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="no layer of llmserve"):
        plan_of(plan.problem, plan.schedule)
    from schedcore.io import Document, write_document

    path = tmp_path / "p.json"
    write_document(Document(plan.with_metadata()), path)
    with pytest.raises(FormatError, match="has no schedule"):
        read_plan(path)


def test_broken_schedules_make_no_plan(plan: Plan) -> None:
    assert plan.schedule.cycle is not None
    with pytest.raises(ViolationError):
        dataclasses.replace(plan, schedule=Schedule(plan.schedule.placements, cycle=plan.schedule.cycle - 50))


def test_overlap_that_does_not_pay_is_left() -> None:
    """Kernels that get nothing beside a GEMM: every share but the whole is all but useless."""
    useless = Interference("useless", dict.fromkeys((Stream.GEMV, Stream.NETWORK), ((0.5, 0.01), (0.9, 0.05))))
    question = dataclasses.replace(QUESTION, interference=useless)
    plan = search_plan(question, effort=EFFORT)
    assert not plan.overlap
    assert plan.layer_s == plan.context.sequential_s
    assert not search_plan(QUESTION, effort=EFFORT, fallback_gain=3.0).overlap


def test_searches_stop_and_repeat() -> None:
    calls: list[int] = []
    stopped = search_plan(QUESTION, effort=EFFORT, should_stop=lambda: True, progress=lambda d, t, s: calls.append(d))
    assert calls[0] == 1
    check(stopped.problem, stopped.schedule).require_ok()
    assert quick_structure(QUESTION, steps=50) == quick_structure(QUESTION, steps=50)


def test_candidates_use_both_paths_and_several_sizes() -> None:
    question = layer_question(parse_deployment("llama-2-70b@8xa100"), "512-1024", 512, 1024)
    structures = list(candidate_structures(question))
    assert len(structures) > 100
    assert len({s.operations for s in structures}) == len(structures)
    roles = [{str(op.role) for op in s.operations} for s in structures]
    assert any("O.row" in r and "O" in r for r in roles)
    tiny = dataclasses.replace(QUESTION, dense_tokens=128)
    assert not list(candidate_structures(tiny))
    assert not search_plan(tiny, effort=EFFORT).overlap


def test_a_guess_obeys_the_dependencies() -> None:
    for structure in list(candidate_structures(QUESTION))[:4]:
        problem = QUESTION.problem(structure)
        guess = staggered_guess(problem, structure)
        report = check(problem, guess)
        assert "LAG_MIN" not in {v.code for v in report.violations if v.amount > 0} or guess.cycle is not None
        starts = {p.task: p for p in guess.placements}
        for d in structure.dependencies():
            if d.layers == 0:
                assert starts[d.after].start >= starts[d.before].end


def test_offload_costs_a_few_percent() -> None:
    offload = Offload(parse_deployment("llama-2-70b@8xa100"))
    assert 0.014 < offload.slowdown(2048, 0.2) < 0.04
    assert tokens_per_s_per_gpu(2048, 2.813e-3, 80, 19.2e-3, 8) == pytest.approx(1048, rel=0.001)


def test_problems_need_durations() -> None:
    structure = QUESTION.whole()
    with pytest.raises(InputError, match="give one duration > 0"):
        layer_problem(structure, [0.0] * len(structure.operations), None)
    with pytest.raises(InputError, match="give one duration > 0"):
        layer_problem(structure, [1e-3], None)
    with pytest.raises(InputError, match="tick_us is 0"):
        layer_problem(structure, QUESTION.seconds(structure), None, tick_us=0)
