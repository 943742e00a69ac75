"""Optimum, ratios, largest batch."""

from __future__ import annotations

import pytest

from llmserve.accelerator import ACCELERATORS, PAPER_ACCELERATORS
from llmserve.bounds import (
    bottleneck,
    maximum_batch,
    memory_over_compute,
    network_over_compute,
    optimal_per_gpu,
    optimal_tokens_per_s,
)
from llmserve.deployment import parse_deployment
from llmserve.model_config import MODELS
from schedcore.errors import InputError


def test_optimum() -> None:
    assert optimal_tokens_per_s(260e12, 70e9) == pytest.approx(1857.14, abs=0.01)
    assert optimal_per_gpu(parse_deployment("llama-3-8b@1xh200")) == pytest.approx(790e12 / 16e9)


def test_largest_batch_by_hand() -> None:
    # 500 GB beside 140 GB of weights; a request of 512 + 512 tokens keeps 768 on average.
    model = MODELS["llama-2-70b"]
    batch = maximum_batch(model, 640e9, 512, 512)
    assert batch.requests == pytest.approx(500e9 / (327_680 * 768))
    assert batch.dense_tokens == pytest.approx(2 * batch.requests)


def test_ratios_of_the_paper() -> None:
    gpu = PAPER_ACCELERATORS["a100"]
    assert network_over_compute(MODELS["llama-2-70b"], gpu, 8) == pytest.approx(0.273, abs=5e-4)
    assert network_over_compute(MODELS["llama-3-8b"], gpu, 1) == 0
    assert memory_over_compute(MODELS["llama-3-8b"], gpu, 1, 512, 1024) == pytest.approx(1.09, abs=0.005)


def test_what_binds_a_deployment() -> None:
    assert bottleneck(parse_deployment("llama-2-70b@8xa100"), 512, 512) == "compute"
    assert bottleneck(parse_deployment("llama-3-8b@1xa100"), 512, 1024) == "memory"
    assert bottleneck(parse_deployment("llama-3-8b@8xmi300"), 1024, 128) == "network"


def test_absurd_questions_are_refused() -> None:
    with pytest.raises(InputError, match="lengths 0/512"):
        maximum_batch(MODELS["llama-3-8b"], 80e9, 0, 512)
    with pytest.raises(InputError, match="weights of 140.0 GB in 80.0 GB"):
        maximum_batch(MODELS["llama-2-70b"], ACCELERATORS["a100"].memory_bytes, 512, 512)
    with pytest.raises(InputError, match="positive numbers"):
        optimal_tokens_per_s(0, 1)
