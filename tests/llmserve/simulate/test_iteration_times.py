"""Durations of iterations: transfers, pipelines, and the published operating point."""

from __future__ import annotations

import math

import numpy as np
import pytest

from llmserve.batch import BatchComposition, steady_batch
from llmserve.deployment import parse_deployment
from llmserve.interference.table import PAPER, REPOSITORY
from llmserve.iteration import RooflineSequential
from llmserve.serving import KVConfig, nanoflow
from llmserve.simulate import simulate
from llmserve.simulate.pipeline_time import Mode, PipelineTime, paper_table
from llmserve.simulate.setup import base_time, best_shares, default_budget, full_batch, make_setup, overlapped_time
from llmserve.simulate.times import IterationColumns, LinearTime, TransferRates, bulk, durations_ns
from llmserve.workload import make_workload
from schedcore.errors import InputError, UnknownNameError

POINT = steady_batch(2048, 512, 1024)
"""Operating point of NanoFlow's table 2."""


def columns(**values: int) -> IterationColumns:
    return IterationColumns(*(np.array([values.get(name, 0)]) for name in IterationColumns._fields))


def test_transfers_in_run_beside_and_out_before() -> None:
    rates = TransferRates(page_bytes=1e6, host_bytes_per_s=1e9, disk_bytes_per_s=1e8)
    model = LinearTime(base_s=0.005)

    def ms(**values: int) -> float:
        return float(durations_ns(model, rates, columns(**values))[0]) / 1e6

    assert ms(decode=1) == 5
    assert ms(decode=1, host_pages_in=3) == 5
    assert ms(decode=1, host_pages_in=8) == 8
    assert ms(decode=1, disk_pages_in=1, host_pages_in=8) == 10
    assert ms(decode=1, swap_pages_out=2) == 7
    assert ms(host_pages_in=3) == 3  # nothing computed
    through = TransferRates(1e6, 1e9, 1e8, write_through=True)
    assert durations_ns(model, through, columns(decode=1, swap_pages_out=2))[0] == 5_000_000
    with pytest.raises(InputError, match="host_bytes_per_s is 0"):
        TransferRates(host_bytes_per_s=0.0)


def test_models_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InputError, match="int is no model of iteration times"):
        bulk(3)
    with pytest.raises(InputError, match="-1.0 s for 1 decode and 0 prefill tokens"):
        durations_ns(LinearTime(base_s=-1.0), TransferRates(), columns(decode=1))


def test_scalar_models_get_a_bulk_form() -> None:
    model = RooflineSequential(parse_deployment("llama-3-8b@h200"))
    rows = ([100, 100, 7], [0, 0, 50], [5000, 5000, 70], [0, 0, 900], [100, 100, 8])
    found = bulk(model).seconds_many(*map(np.array, rows))
    assert found[0] == found[1] == model.seconds(BatchComposition(100, 0, 5000, 0, 100))
    assert found[2] == model.seconds(BatchComposition(7, 50, 70, 900, 8))


def test_the_published_operating_point() -> None:
    time = PipelineTime(paper_table(), 80, Mode.SEQUENTIAL)
    batch = BatchComposition(POINT.decode_tokens, POINT.prefill_tokens, POINT.decode_context_tokens, 0)
    # Sum of the measured times of table 2.
    assert 1e3 * time.seconds(batch) == pytest.approx(225.05, abs=0.1)
    assert 2048 / (time.seconds(batch) + 19.2e-3) / 8 == pytest.approx(1048, rel=0.002)
    # Nano-batches one after another: 3.23 ms per layer on the published sizes with halved KQV.
    split = time.replace(mode=Mode.NANOBATCH)
    assert split.seconds(batch) / 80 == pytest.approx(3.23e-3, rel=0.01)
    # 107.97 of GEMMs ... 136.97 + 4.56 + 2/3 of 35.6 + 1/3 of 47.92 (specification, section 6.4).
    overlapped = overlapped_time(time, PAPER, 0.2, 0.1)
    assert 1e3 * overlapped.seconds(batch) == pytest.approx(136.97 + 4.56 + 35.6 * 2 / 3 + 47.92 / 3, abs=0.1)


def test_a_layer_lasts_at_least_as_long_as_what_it_hides() -> None:
    time = PipelineTime(paper_table(), 80, Mode.OVERLAP, gemv_cost=0.1, gemv_speed=0.1)
    heavy = BatchComposition(1000, 10, 3e6, 0)
    alone = float(time.table.attention(np.array([1000.0]), np.array([3e6]))[0])
    assert time.seconds(heavy) == pytest.approx(80 * alone / 0.1)


def test_a_padded_pipeline_takes_as_long_for_a_smaller_batch() -> None:
    time = PipelineTime(paper_table(), 80, Mode.SEQUENTIAL)
    small, full = BatchComposition(0, 100, 0, 0), BatchComposition(0, 1024, 0, 0)
    gap = time.table.prefill(np.array([1024.0]), np.zeros(1)) - time.table.prefill(np.array([100.0]), np.zeros(1))
    assert time.replace(pad_to=1024).seconds(small) == pytest.approx(time.seconds(full) - 80 * float(gap[0]))
    assert time.seconds(small) < 0.5 * time.seconds(full)


def test_an_iteration_that_is_faster_sequentially_falls_back() -> None:
    time = base_time(parse_deployment("llama-2-70b@8xa100"))
    overlap = overlapped_time(time, PAPER, 0.2, 0.1).replace(pad_to=2048, fallback=True)
    small, full = BatchComposition(50, 0, 2e4, 0), BatchComposition(1365, 683, 1.4e6, 1.7e5)
    assert overlap.seconds(small) == time.seconds(small) < overlap.replace(fallback=False).seconds(small)
    assert overlap.seconds(full) == overlap.replace(fallback=False).seconds(full) < time.seconds(full)


def test_splitting_costs_and_offloading_costs() -> None:
    time = base_time(parse_deployment("llama-2-70b@8xa100"))
    batch = BatchComposition(1000, 1000, 8e5, 2e5)
    seconds = {mode: time.replace(mode=mode, gemv_cost=0.6).seconds(batch) for mode in Mode}
    assert seconds[Mode.OVERLAP] < seconds[Mode.OFFLOAD] < seconds[Mode.SEQUENTIAL] < seconds[Mode.NANOBATCH]


@pytest.mark.parametrize("interference", [PAPER, REPOSITORY])
def test_best_shares_are_no_worse_than_any_other(interference: object) -> None:
    time = base_time(parse_deployment("llama-3-8b@h200"))
    batch = steady_batch(2048, 1024, 512)
    gemv, network = best_shares(time, batch, interference)  # type: ignore[arg-type]
    best = overlapped_time(time, interference, gemv, network).seconds(batch)  # type: ignore[arg-type]
    for share in (0.1, 0.2, 0.4, 0.6, 0.8):
        # The best one leaves a tenth to spare, which others may use up.
        assert best <= 1.1 * overlapped_time(time, interference, share, network).seconds(batch)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"other_s": -1.0}, "other_s is -1"),
        ({"gemv_cost": math.nan}, "gemv_cost is nan"),
        ({"gemv_speed": 0.0}, "speeds 0.0"),
        ({"split": 1.0}, "split 1.0"),
    ],
)
def test_impossible_pipelines(change: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        PipelineTime(paper_table(), 80).replace(**change)


def test_setups() -> None:
    workload = make_workload("1024-512", requests=5)
    small = parse_deployment("llama-3-8b@1xa100")
    # NanoFlow ships a dense batch of 1024 for this case.
    assert default_budget(small, workload) == 1024
    setup = make_setup(small, workload)
    assert setup.policy.token_budget == 1024
    assert setup.kv.pages == small.kv_capacity_tokens // 16
    assert setup.time.mode is Mode.OVERLAP
    assert setup.time.pad_to == 1024
    assert make_setup(small, workload, policy="vllm").time.mode is Mode.SEQUENTIAL
    assert make_setup(small, workload, mode="overlap+offload").transfers.write_through
    with pytest.raises(UnknownNameError, match="did you mean 'overlap'"):
        make_setup(small, workload, mode="overlp")
    with pytest.raises(InputError, match="host memory: -1"):
        make_setup(small, workload, host_gb=-1.0)
    with pytest.raises(InputError, match="room for .* tokens beside the weights"):
        make_setup(small, workload, page_tokens=10_000_000)


def test_the_mean_iteration_weighs_long_answers() -> None:
    law = make_workload("lmsys", requests=40_000, seed=1)
    batch = full_batch(2048, law, 10**9)
    assert batch.dense_tokens == pytest.approx(2048)
    policy = nanoflow(law.mean_prompt_tokens, law.mean_output_tokens)
    result = simulate(law, policy, KVConfig(10**6), LinearTime(1.0), max_iterations=2500)
    late = slice(1500, None)
    assert result.columns.decode[late].mean() == pytest.approx(batch.decode_tokens, rel=0.03)
    assert result.columns.decode_context[late].mean() == pytest.approx(batch.decode_context_tokens, rel=0.05)
    assert result.columns.prefill_context[late].mean() == pytest.approx(batch.prefill_pairs, rel=0.15)


def test_overlap_is_turned_off_where_it_does_not_pay() -> None:
    # Prompts alone on one GPU: hardly any decode attention and no network to hide.
    workload = make_workload("2048-2", requests=5)
    assert make_setup(parse_deployment("llama-3-8b@h200"), workload).time.mode is Mode.SEQUENTIAL
