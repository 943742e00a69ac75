"""Deployments: text to model and GPUs, what does not fit."""

from __future__ import annotations

import pytest

from llmserve.deployment import parse_deployment
from schedcore.errors import InputError, UnknownNameError


def test_text_and_name() -> None:
    deployment = parse_deployment("LLaMA-2-70B@8xA100-80GB")
    assert (deployment.name, deployment.gpus) == ("llama-2-70b@8xa100", 8)
    assert parse_deployment("llama-3-8b@h200").gpus == 1
    # 640 GB less 137.95 GB of weights, 327,680 bytes per token.
    assert deployment.kv_capacity_tokens == (640_000_000_000 - 137_953_296_384) // 327_680


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("llama-2-70b", "not of the form"),
        ("@8xa100", "not of the form"),
        ("llama-2-70b@1xa100", "the weights take 138.0 GB"),
        ("llama-2-70b@3xa100", "3 GPUs cannot share 64 heads"),
        ("llama-2-70b@0xa100", "0 GPUs cannot share"),
    ],
)
def test_what_cannot_be(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_deployment(text)


def test_unknown_names() -> None:
    with pytest.raises(UnknownNameError, match="unknown accelerator 'a1000'"):
        parse_deployment("llama-3-8b@1xa1000")
    with pytest.raises(UnknownNameError, match="unknown model 'lama-3-8b'"):
        parse_deployment("lama-3-8b@1xa100")
