"""Random numbers by address: a vectorised Philox, so that nobody's draw depends on anybody's order.

A number is a pure function of (root seed, scenario, kind, name, index): the two keys of Philox are the
root seed and the scenario, the counter holds the index (an attempt, a failure), the hash of a name (of
a task, of a resource) and the kind of the draw.  Two schedules, two policies or two problems that name
a task alike therefore meet the same noise (common random numbers), whatever they do in which order.

The generator is Philox4x64 with 10 rounds of Salmon, Moraes, Dror and Shaw, "Parallel random numbers:
as easy as 1, 2, 3", SC 2011, section 3.3; it yields the blocks of ``numpy.random.Philox``.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from schedcore.errors import InputError

_ROUNDS = 10
_MULTIPLIERS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
_WEYL = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
_MASK64 = (1 << 64) - 1
_LOW32 = np.uint64(0xFFFFFFFF)
_SHIFT32 = np.uint64(32)
_SHIFT11 = np.uint64(11)

UintArray = NDArray[np.uint64]
FloatArray = NDArray[np.float64]


class Kind(enum.IntEnum):
    """What a draw is for; part of its address."""

    TASK = 0
    """Duration (word 0) and success (word 1) of an attempt at a task."""
    BREAKDOWN = 1
    """Time up (word 0) and time down (word 1) around a failure of a resource."""
    BOOTSTRAP = 2
    """Resampling of results."""
    POLICY = 3
    """Seeds of policies."""


def name_hash(name: str) -> int:
    """64 bits of blake2b: the address of a task or resource does not change when others are added."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


def name_hashes(names: Iterable[str]) -> UintArray:
    """The hashes of ``names``, shape ``[name]``."""
    return np.array([name_hash(name) for name in names], dtype=np.uint64)


def check_seed(seed: int) -> int:
    """``seed`` if it is usable as a root seed.

    Raises
    ------
    InputError
        If it is no integer in ``[0, 2**64)``.
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed <= _MASK64:
        raise InputError(f"seed is {seed!r}", where="seed", remedy="give an integer from 0 to 2**64 - 1")
    return int(seed)


def philox(key: tuple[ArrayLike, ArrayLike], counter: tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike]) -> UintArray:
    """Blocks of Philox4x64-10: shape ``[4, *broadcast]`` of the two key and four counter words."""
    k0, k1 = (np.asarray(word, dtype=np.uint64) for word in key)
    c0, c1, c2, c3 = (np.asarray(word, dtype=np.uint64) for word in counter)
    with np.errstate(over="ignore"):  # Arithmetic modulo 2**64 is the point.
        for i in range(_ROUNDS):
            if i:
                k0, k1 = k0 + np.uint64(_WEYL[0]), k1 + np.uint64(_WEYL[1])
            hi0, lo0 = _multiply(c0, _MULTIPLIERS[0])
            hi1, lo1 = _multiply(c2, _MULTIPLIERS[1])
            c0, c1, c2, c3 = hi1 ^ c1 ^ k0, lo1, hi0 ^ c3 ^ k1, lo0
    return np.stack(np.broadcast_arrays(c0, c1, c2, c3))


def uniforms(seed: int, scenarios: ArrayLike, kind: Kind, hashes: ArrayLike, index: ArrayLike) -> FloatArray:
    """Uniform numbers strictly between 0 and 1, shape ``[4, *broadcast]`` of the last three addresses.

    Each address (seed, scenario, kind, hash, index) owns four numbers.  They have 53 random bits and sit
    in the middle of their cell, so that no quantile function ever sees 0 or 1.
    """
    blocks = philox((seed, scenarios), (index, hashes, int(kind), 0))
    return ((blocks >> _SHIFT11).astype(np.float64) + 0.5) * 2.0**-53


def _multiply(a: UintArray, constant: int) -> tuple[UintArray, UintArray]:
    """High and low 64 bits of ``a * constant``."""
    b_low, b_high = np.uint64(constant & 0xFFFFFFFF), np.uint64(constant >> 32)
    a_low, a_high = a & _LOW32, a >> _SHIFT32
    cross1, cross2 = a_low * b_high, a_high * b_low
    middle = (a_low * b_low >> _SHIFT32) + (cross1 & _LOW32) + (cross2 & _LOW32)
    high = a_high * b_high + (cross1 >> _SHIFT32) + (cross2 >> _SHIFT32) + (middle >> _SHIFT32)
    return high, a * np.uint64(constant)
