"""Parameters of the batch former."""

from __future__ import annotations

import pytest

from llmserve.serving import POLICY_NAMES, Admission, BatchPolicy, batch_policy, nanoflow
from schedcore.errors import InputError, UnknownNameError


@pytest.mark.parametrize("name", POLICY_NAMES)
def test_presets_by_name(name: str) -> None:
    policy = batch_policy(name, mean_prompt_tokens=100.4, mean_output_tokens=0.2, token_budget=333, max_requests=7)
    assert (policy.name, policy.token_budget, policy.request_limit) == (name, 333, 7)


def test_nanoflow_expects_the_means() -> None:
    policy = nanoflow(512.4, 1023.6)
    assert (policy.expected_prompt_tokens, policy.expected_output_tokens) == (512, 1024)
    assert policy.request_limit == policy.token_budget == 2048


def test_unknown_preset() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'vllm'"):
        batch_policy("vlm", mean_prompt_tokens=1, mean_output_tokens=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"token_budget": 0}, "token_budget is 0"),
        ({"token_budget": 5, "max_requests": 0}, "max_requests is 0"),
        ({"token_budget": 5, "watermark": 1.0}, "watermark 1.0"),
        ({"token_budget": 5}, "needs the mean lengths"),
        ({"token_budget": 5, "expected_prompt_tokens": 0, "expected_output_tokens": 1}, "expected_prompt_tokens is 0"),
        ({"token_budget": 5, "admission": Admission.RESERVE}, "needs a longest answer"),
    ],
)
def test_impossible_parameters(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        BatchPolicy("x", **options)  # type: ignore[arg-type]
