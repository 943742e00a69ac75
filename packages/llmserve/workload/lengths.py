"""Laws of the lengths of prompts and answers: constant, and three public traces rebuilt from their quantiles.

The quantiles (every 5 %) and moments of Splitwise (conversation), LMSYS-Chat-1M and ShareGPT are those of the traces
after NanoFlow's filter for LLaMA-2: prompt at most 3072, answer at most 1024, together at most 4096 tokens.  Between
quantiles the law is linear; in the last 5 % it is a power, whose exponent makes the mean that of the trace (a straight
line there would overrate the tails by far).  Prompt and answer are tied by a Gaussian copula with the correlation of
the trace.
"""

from __future__ import annotations

import functools
import itertools
import re
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from schedcore.errors import InputError, unknown_name

Lengths = NDArray[np.int64]


@runtime_checkable
class LengthLaw(Protocol):
    """Draws pairs of lengths."""

    @property
    def name(self) -> str:
        """Short name for tables."""
        ...

    @property
    def mean_prompt_tokens(self) -> float:
        """Mean length of prompts."""
        ...

    @property
    def mean_output_tokens(self) -> float:
        """Mean length of answers."""
        ...

    def draw(self, count: int, rng: np.random.Generator) -> tuple[Lengths, Lengths]:
        """Prompt and answer lengths of ``count`` requests."""
        ...


@dataclass(frozen=True, slots=True)
class Constant:
    """The same lengths for all, at least 1 each."""

    prompt_tokens: int
    output_tokens: int

    def __post_init__(self) -> None:
        for field in ("prompt_tokens", "output_tokens"):
            if getattr(self, field) < 1:
                raise InputError(
                    f"{field} is {getattr(self, field)}", where="workload", remedy="use lengths of at least 1 token"
                )

    @property
    def name(self) -> str:
        """``PROMPT-OUTPUT``."""
        return f"{self.prompt_tokens}-{self.output_tokens}"

    @property
    def mean_prompt_tokens(self) -> float:
        """Length of prompts."""
        return float(self.prompt_tokens)

    @property
    def mean_output_tokens(self) -> float:
        """Length of answers."""
        return float(self.output_tokens)

    def draw(self, count: int, rng: np.random.Generator) -> tuple[Lengths, Lengths]:
        """Lengths of ``count`` requests; nothing is drawn."""
        return np.full(count, self.prompt_tokens, dtype=np.int64), np.full(count, self.output_tokens, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Lengths by their quantiles at 0, 5, ..., 100 %, their means, and their correlation.

    ``limit`` bounds prompt and answer together: the answer of a pair beyond it is cut.
    """

    name: str
    prompt: tuple[int, ...]
    output: tuple[int, ...]
    mean_prompt_tokens: float
    mean_output_tokens: float
    correlation: float = 0.0
    limit: int = 4096

    def __post_init__(self) -> None:
        for field in ("prompt", "output"):
            values = getattr(self, field)
            if len(values) != 21 or values[0] < 1 or any(a > b for a, b in itertools.pairwise(values)):
                raise InputError(
                    f"the quantiles of {field} are not 21 growing lengths >= 1",
                    where=f"workload {self.name!r}",
                    remedy="give the quantiles at 0, 5, ..., 100 %",
                )
        if not -1 < self.correlation < 1:
            raise InputError(
                f"correlation {self.correlation}", where=f"workload {self.name!r}", remedy="use -1 < x < 1"
            )

    def draw(self, count: int, rng: np.random.Generator) -> tuple[Lengths, Lengths]:
        """Lengths of ``count`` requests."""
        from scipy.special import ndtr

        normal = rng.standard_normal((2, count))
        normal[1] = self.correlation * normal[0] + np.sqrt(1 - self.correlation**2) * normal[1]
        at = ndtr(normal)
        prompt = _inverse(at[0], self.prompt, self.mean_prompt_tokens)
        output = _inverse(at[1], self.output, self.mean_output_tokens)
        return prompt, np.maximum(1, np.minimum(output, self.limit - prompt))


def _inverse(at: NDArray[np.float64], quantiles: tuple[int, ...], mean: float) -> Lengths:
    """Lengths at the probabilities ``at``."""
    values = np.array(quantiles, dtype=np.float64)
    lengths = np.interp(at, np.linspace(0, 1, 21), values)
    low, high = values[-2], values[-1]
    rest = 0.05 * (values[:-2] + values[1:-1]).sum() / 2
    share = (mean - rest) / 0.05
    if low < share < high:
        exponent = (high - low) / (share - low) - 1
        tail = at > 0.95
        lengths[tail] = low + (high - low) * ((at[tail] - 0.95) / 0.05) ** exponent
    return np.maximum(1, np.rint(lengths)).astype(np.int64)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(word) for word in text.split())


SPLITWISE = Quantiles(
    "splitwise",
    _numbers("2 181 204 305 381 393 399 406 420 844 987 1020 1043 1065 1089 1116 1154 1254 1352 2065 3072"),
    _numbers("7 50 66 78 85 91 96 102 111 126 146 168 208 375 392 396 404 414 427 459 1000"),
    849.9,
    225.4,
    -0.11,
)
LMSYS = Quantiles(
    "lmsys",
    _numbers("2 3 6 8 10 12 14 16 19 23 28 33 40 49 65 82 108 178 302 431 2562"),
    _numbers("1 8 12 19 28 39 53 71 90 113 140 175 215 256 297 337 383 440 512 518 1024"),
    91.9,
    205.5,
    0.06,
)
SHAREGPT = Quantiles(
    "sharegpt",
    _numbers("1 6 9 11 13 15 18 21 24 28 35 43 55 72 98 142 223 386 686 1307 3071"),
    _numbers("1 20 39 70 102 130 161 193 224 253 279 307 336 367 401 441 495 564 667 820 1024"),
    223.5,
    318.0,
    0.01,
)

LENGTH_LAWS: dict[str, LengthLaw] = {law.name: law for law in (SPLITWISE, LMSYS, SHAREGPT)}
"""The public traces by name."""

_PAIR = re.compile(r"(\d+)[-/](\d+)")


@functools.cache
def find_law(name: str) -> LengthLaw:
    """The law called ``name``: a public trace, or ``PROMPT-OUTPUT`` for constant lengths such as ``512-1024``.

    Raises
    ------
    UnknownNameError
        There is none; near misses are suggested.
    InputError
        A length of 0.
    """
    pair = _PAIR.fullmatch(name)
    if pair:
        return Constant(int(pair[1]), int(pair[2]))
    if name.lower() not in LENGTH_LAWS:
        raise unknown_name("workload", name, (*LENGTH_LAWS, "512-512", "1024-512", "512-1024"), where="workload")
    return LENGTH_LAWS[name.lower()]
