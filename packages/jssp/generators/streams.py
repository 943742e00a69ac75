"""Random streams: the multiplicative generator of the published instances, and Philox for our own.

The published generators use x <- 16807 x mod (2^31 - 1).  The k-th state is seed * 16807^k mod (2^31 - 1) and every
product stays below 2^62, so a whole stream is one exact vector operation on int64.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jssp._arrays import IntArray
from schedcore.errors import InputError

MODULUS = 2**31 - 1
MULTIPLIER = 16807

_powers: IntArray = np.ones(1, dtype=np.int64)


def _multipliers(count: int) -> IntArray:
    """16807^1 ... 16807^count modulo 2^31 - 1; the table grows by doubling."""
    global _powers
    while len(_powers) <= count:
        last = int(_powers[-1]) * MULTIPLIER % MODULUS
        _powers = np.concatenate((_powers, _powers * last % MODULUS))
    return _powers[1 : count + 1]


def lehmer_states(seed: int, count: int) -> IntArray:
    """The first ``count`` states after ``seed``, each in 1 … 2^31 - 2."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 < seed < MODULUS:
        raise InputError(f"seed {seed!r}", where="generator seed", remedy=f"use a whole number in 1 ... {MODULUS - 1}")
    return _multipliers(count) * int(seed) % MODULUS


def positive(value: int, where: str) -> int:
    """``value`` if it is a whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise InputError(f"{where.rpartition('.')[2]} is {value!r}", where=where, remedy="use a whole number >= 1")
    return int(value)


def philox(seed: int, stream: str) -> np.random.Generator:
    """An own generator for the named ``stream`` of ``seed``: streams of different names are independent."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InputError(f"seed {seed!r}", where="generator seed", remedy="use a whole number >= 0")
    words = np.frombuffer(stream.encode().ljust(-(-len(stream) // 4) * 4, b"\0"), dtype="<u4")
    sequence = np.random.SeedSequence([int(seed), *(int(word) for word in words)])
    return np.random.Generator(np.random.Philox(sequence))


def fresh_seeds(rng: np.random.Generator, count: int, published: frozenset[int]) -> list[int]:
    """``count`` seeds for :func:`lehmer_states` that are none of the ``published`` ones."""
    seeds: list[int] = []
    while len(seeds) < count:
        seed = int(rng.integers(1, MODULUS))
        if seed not in published:
            seeds.append(seed)
    return seeds


def unit_floats(states: IntArray) -> npt.NDArray[np.float64]:
    """The states divided by 2^31 - 1, in double precision."""
    return states / MODULUS
