"""What one iteration computes: the composition of a batch, on which every cost depends."""

from __future__ import annotations

from dataclasses import dataclass

from schedcore.errors import InputError


@dataclass(frozen=True, slots=True)
class BatchComposition:
    """Tokens of one iteration.  Means over many iterations are batches, too, so that counts may be fractions.

    Parameters
    ----------
    decode_tokens
        Requests that generate: one token each.
    prefill_tokens
        Prompt tokens of this iteration, chunks included.
    decode_context_tokens
        Cached tokens that the decode attention reads, summed over its requests.
    prefill_pairs
        Pairs of query and key that the prefill attention computes, summed over its tokens.  The paper counts
        the whole square (prompt length per token); causal attention needs about half of it.
    sampled_tokens
        Rows of the head: decode tokens and prompts that end.
    """

    decode_tokens: float
    prefill_tokens: float
    decode_context_tokens: float
    prefill_pairs: float = 0.0
    sampled_tokens: float | None = None

    def __post_init__(self) -> None:
        for field in ("decode_tokens", "prefill_tokens", "decode_context_tokens", "prefill_pairs", "sampled_tokens"):
            value = getattr(self, field)
            if value is not None and not value >= 0:
                raise InputError(f"{field} is {value}", where="batch", remedy="give a number >= 0")

    @property
    def dense_tokens(self) -> float:
        """Tokens that go through the projections and feed-forward layers."""
        return self.decode_tokens + self.prefill_tokens

    @property
    def head_tokens(self) -> float:
        """Rows of the head."""
        return self.decode_tokens if self.sampled_tokens is None else self.sampled_tokens

    def at_dense(self, dense_tokens: float) -> BatchComposition:
        """The same mixture with another number of dense tokens."""
        if not self.dense_tokens:
            raise InputError("an empty batch has no mixture", where="batch", remedy="give tokens")
        f = dense_tokens / self.dense_tokens
        return BatchComposition(
            self.decode_tokens * f,
            self.prefill_tokens * f,
            self.decode_context_tokens * f,
            self.prefill_pairs * f,
            None if self.sampled_tokens is None else self.sampled_tokens * f,
        )


def steady_batch(dense_tokens: float, prompt_tokens: float, output_tokens: float) -> BatchComposition:
    """The mean iteration of a server in equilibrium: ``p`` prompt tokens enter for every ``d`` generated ones.

    ``dense_tokens`` split as ``d : p`` into decode and prefill tokens, requests have the mean context
    ``p + (d + 1) / 2``, and prefill attention counts the whole square, as the paper does (NanoFlow, table 2).

    Raises
    ------
    InputError
        A number that is negative or, for the prompt and the batch, zero.
    """
    for name, value in (("dense_tokens", dense_tokens), ("prompt_tokens", prompt_tokens)):
        if not value > 0:
            raise InputError(f"{name} is {value}", where="workload", remedy="give a positive number")
    if not output_tokens >= 0:
        raise InputError(f"output_tokens is {output_tokens}", where="workload", remedy="give a number >= 0")
    total = prompt_tokens + output_tokens
    decode = dense_tokens * output_tokens / total
    prefill = dense_tokens - decode
    return BatchComposition(
        decode,
        prefill,
        decode * (prompt_tokens + (output_tokens + 1) / 2),
        prefill * prompt_tokens,
        decode + prefill / prompt_tokens,
    )
