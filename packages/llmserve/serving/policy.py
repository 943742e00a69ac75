"""How iterations are composed: the parameters of a batch former, and those of well-known engines.

The presets imitate the *batching* of other engines; their kernels, and so their iteration times, are a matter of the
iteration model that the simulator is given.
"""

from __future__ import annotations

import dataclasses
import enum
from dataclasses import dataclass
from typing import Any

from schedcore.errors import InputError, unknown_name


class Admission(enum.StrEnum):
    """When a waiting request is let in, besides room in the iteration and below ``max_requests``."""

    PEAK = "peak"  # the forecast of the peak of memory leaves room for one more average request
    PROMPT = "prompt"  # the pages of its prompt are free, beyond the watermark; they are taken at once
    RESERVE = "reserve"  # prompt and longest answer of everybody fit


class Preemption(enum.StrEnum):
    """What becomes of the youngest request when memory runs out."""

    SWAP = "swap"  # its pages move to the host and come back; without room there, it is recomputed
    RECOMPUTE = "recompute"  # its pages are dropped, prompt and answer so far are prefilled again


@dataclass(frozen=True, slots=True)
class BatchPolicy:
    """Parameters of the batch former.

    Parameters
    ----------
    name
        For tables.
    token_budget
        Tokens per iteration at most (the dense batch), at least 1.
    max_requests
        Requests that hold pages at most; ``None``: the budget.
    mixed
        Decode and prefill in one iteration, decode first; otherwise an iteration is one or the other, prefill first.
    chunked
        A prompt may be cut to fill the budget exactly.
    admission, preemption
        See :class:`Admission`, :class:`Preemption`.
    asynchronous
        An iteration is formed while the one before it runs, so an end-of-text is noticed one iteration late.
    watermark
        Share of the pages that admission by prompt leaves free, in [0, 1).
    expected_prompt_tokens, expected_output_tokens
        Means of the workload; admission by peak needs both.
    reserve_output_tokens
        Longest answer assumed for requests without a limit; admission by reserve needs it.
    """

    name: str
    token_budget: int
    max_requests: int | None = None
    mixed: bool = True
    chunked: bool = True
    admission: Admission = Admission.PEAK
    preemption: Preemption = Preemption.SWAP
    asynchronous: bool = True
    watermark: float = 0.0
    expected_prompt_tokens: int | None = None
    expected_output_tokens: int | None = None
    reserve_output_tokens: int | None = None

    def __post_init__(self) -> None:
        for field in ("token_budget", "max_requests", "reserve_output_tokens"):
            self._at_least_one(field)
        if not 0 <= self.watermark < 1:
            raise InputError(f"watermark {self.watermark} is no share", where=self._where, remedy="use 0 <= x < 1")
        if self.admission is Admission.PEAK:
            for field in ("expected_prompt_tokens", "expected_output_tokens"):
                if getattr(self, field) is None:
                    raise InputError(
                        "admission by peak memory needs the mean lengths of the workload",
                        where=f"{self._where}: {field}",
                        remedy="give both means, or choose admission by prompt",
                    )
                self._at_least_one(field)
        if self.admission is Admission.RESERVE and self.reserve_output_tokens is None:
            raise InputError(
                "admission by reserve needs a longest answer",
                where=f"{self._where}: reserve_output_tokens",
                remedy="give the number of tokens to reserve for an answer",
            )

    @property
    def request_limit(self) -> int:
        """Requests that hold pages at most."""
        return self.token_budget if self.max_requests is None else self.max_requests

    def replace(self, **changes: Any) -> BatchPolicy:
        """The policy with some parameters changed."""
        return dataclasses.replace(self, **changes)

    @property
    def _where(self) -> str:
        return f"batch policy {self.name!r}"

    def _at_least_one(self, field: str) -> None:
        value = getattr(self, field)
        if value is not None and value < 1:
            raise InputError(f"{field} is {value}", where=self._where, remedy="use at least 1")


def nanoflow(mean_prompt_tokens: float, mean_output_tokens: float, token_budget: int = 2048) -> BatchPolicy:
    """NanoFlow: constant dense batch, decode first, chunked prefill, admission by peak memory, one iteration ahead.

    NanoFlow, sections 4.2 and 5; 2048 tokens is its budget for 70B models on eight A100.
    """
    return BatchPolicy(
        "nanoflow",
        token_budget,
        expected_prompt_tokens=max(1, round(mean_prompt_tokens)),
        expected_output_tokens=max(1, round(mean_output_tokens)),
    )


def vllm(token_budget: int = 4096, max_requests: int = 256) -> BatchPolicy:
    """vLLM before version 1: whole prompts first, otherwise decode; recomputes; one per cent of the pages kept free.

    Defaults as we know version 0.5 with a context of 4096 tokens (from memory, not from its source).
    """
    return BatchPolicy(
        "vllm",
        token_budget,
        max_requests,
        mixed=False,
        chunked=False,
        admission=Admission.PROMPT,
        preemption=Preemption.RECOMPUTE,
        asynchronous=False,
        watermark=0.01,
    )


def sarathi(token_budget: int = 512, max_requests: int = 128) -> BatchPolicy:
    """Sarathi-Serve: decode first, prompts in chunks up to a small budget that bounds the time between tokens."""
    return BatchPolicy(
        "sarathi",
        token_budget,
        max_requests,
        admission=Admission.PROMPT,
        preemption=Preemption.RECOMPUTE,
        asynchronous=False,
        watermark=0.01,
    )


def fastgen(token_budget: int = 768, max_requests: int = 512, reserve_output_tokens: int = 1024) -> BatchPolicy:
    """DeepSpeed-FastGen: prompts split and fused with decode to a fixed size; a request enters when it will fit."""
    return BatchPolicy(
        "fastgen",
        token_budget,
        max_requests,
        admission=Admission.RESERVE,
        preemption=Preemption.RECOMPUTE,
        asynchronous=False,
        reserve_output_tokens=reserve_output_tokens,
    )


POLICY_NAMES = ("nanoflow", "vllm", "sarathi", "fastgen")


def batch_policy(
    name: str,
    *,
    mean_prompt_tokens: float,
    mean_output_tokens: float,
    token_budget: int | None = None,
    max_requests: int | None = None,
) -> BatchPolicy:
    """The preset called ``name`` for a workload with these mean lengths, with its own or the given budget and limit.

    Raises
    ------
    UnknownNameError
        There is no such preset.
    """
    if name == "nanoflow":
        policy = nanoflow(mean_prompt_tokens, mean_output_tokens)
    elif name in POLICY_NAMES:
        policy = {"vllm": vllm, "sarathi": sarathi, "fastgen": fastgen}[name]()
    else:
        raise unknown_name("batch policy", name, POLICY_NAMES, where="policy")
    if token_budget is not None:
        policy = policy.replace(token_budget=token_budget)
    return policy if max_requests is None else policy.replace(max_requests=max_requests)
