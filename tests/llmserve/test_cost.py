"""Operation tables and batches: table 2 of the paper, conservation, experts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmserve import paper
from llmserve.batch import BatchComposition, steady_batch
from llmserve.cost import Resource, operation_table, touched_experts
from llmserve.deployment import parse_deployment
from llmserve.iteration import IterationTime, RooflineSequential
from schedcore.errors import InputError

DEPLOYMENT = parse_deployment("llama-2-70b@8xa100")


def test_table_2_of_the_paper() -> None:
    for op in operation_table(DEPLOYMENT, steady_batch(2048, 512, 1024)):
        gflop, memory, network, *_ = paper.TABLE_2[op.name]
        assert op.flop / 1e9 == pytest.approx(gflop, rel=0.005)
        assert op.memory_bytes / 1e9 == pytest.approx(memory, rel=0.1)
        assert op.network_bytes / 1e9 == pytest.approx(network, rel=0.01)


def test_what_binds_the_operations() -> None:
    bound = {op.name: op.bound(DEPLOYMENT) for op in operation_table(DEPLOYMENT, steady_batch(2048, 512, 1024))}
    assert bound["UG"] is Resource.COMPUTE
    assert bound["decode attention"] is Resource.MEMORY
    assert bound["network"] is Resource.NETWORK


def test_one_gpu_has_no_network() -> None:
    table = operation_table(parse_deployment("llama-3-8b@1xa100"), steady_batch(1024, 512, 512), head=True)
    work = {op.name: op for op in table}
    assert work["network"].flop == work["network"].network_bytes == 0
    assert work["head"].flop == pytest.approx(2 * (512 + 1) * 4096 * 128256)


def test_dense_work_is_two_flop_per_weight_and_token() -> None:
    for name in ("llama-2-70b@8xa100", "mixtral-8x7b@8xa100", "qwen2-72b@8xa100"):
        deployment = parse_deployment(name)
        table = operation_table(deployment, steady_batch(1024, 512, 512))
        dense = sum(op.flop for op in table if op.name in ("KQV", "O", "UG", "D", "router"))
        assert dense == pytest.approx(2 * 1024 * deployment.model.layer_params)


@given(st.integers(2, 64), st.integers(0, 100_000))
@settings(max_examples=30, deadline=None)
def test_no_more_experts_are_touched_than_there_are(experts: int, tokens: int) -> None:
    touched = touched_experts(experts, min(2, experts), tokens)
    assert 0 <= touched <= min(experts, 2 * tokens) + 1e-9
    assert touched_experts(1, 1, tokens) == 1


@given(st.floats(1, 1e4), st.floats(1, 1e4), st.floats(0, 1e4))
@settings(max_examples=30, deadline=None)
def test_steady_batches_add_up(dense: float, prompt: float, output: float) -> None:
    batch = steady_batch(dense, prompt, output)
    assert batch.dense_tokens == pytest.approx(dense)
    assert batch.decode_tokens * prompt == pytest.approx(batch.prefill_tokens * output, abs=1e-6)
    assert batch.at_dense(2 * dense).prefill_pairs == pytest.approx(2 * batch.prefill_pairs)


def test_batches_are_checked() -> None:
    with pytest.raises(InputError, match="decode_tokens is -1"):
        BatchComposition(-1, 0, 0)
    with pytest.raises(InputError, match="prompt_tokens is 0"):
        steady_batch(10, 0, 5)
    with pytest.raises(InputError, match="output_tokens is -1"):
        steady_batch(10, 5, -1)
    with pytest.raises(InputError, match="an empty batch"):
        BatchComposition(0, 0, 0).at_dense(5)


def test_sequential_time_is_the_sum_of_the_bounds() -> None:
    model = RooflineSequential(DEPLOYMENT, other_s=0.01, sustained=False)
    assert isinstance(model, IterationTime)
    batch = steady_batch(2048, 512, 1024)
    table = operation_table(DEPLOYMENT, batch, head=True)
    assert model.seconds(batch) == pytest.approx(0.01 + sum(max(op.times_s(DEPLOYMENT).values()) for op in table))
