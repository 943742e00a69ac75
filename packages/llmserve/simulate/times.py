"""Durations of iterations, in whole nanoseconds, from a model of iteration times and the transfers of KV pages.

Transfers into the accelerator run beside the computation, so an iteration lasts as long as the longer of the two; pages
that are swapped out must be gone before the iteration can write into them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from schedcore.errors import InputError

NS_PER_S = 1_000_000_000

Ints = NDArray[np.int64]


class IterationColumns(NamedTuple):
    """What iterations compute and move, ``[iteration]`` each; meanings as in :class:`~llmserve.serving.batch.Batch`."""

    decode: Ints
    decode_context: Ints
    prefill: Ints
    prefill_context: Ints
    sampled: Ints
    """Rows of the head: decode requests, and prompts that end."""
    swap_pages_out: Ints
    host_pages_in: Ints
    """From the host: swapped requests that come back, and reused pages."""
    disk_pages_in: Ints


@runtime_checkable
class BulkTime(Protocol):
    """Seconds per iteration of many iterations at once; elementwise, so that one alone gets the same number."""

    def seconds_many(
        self, decode: Any, prefill: Any, decode_context: Any, prefill_pairs: Any, sampled: Any
    ) -> NDArray[np.float64]:
        """Seconds, ``[iteration]``; counts of tokens, context tokens and pairs as in ``BatchComposition``."""
        ...


@dataclass(frozen=True, slots=True)
class LinearTime:
    """Seconds linear in what an iteration computes; for tests, and for models fitted to measurements."""

    base_s: float = 0.0
    token_s: float = 0.0
    context_s: float = 0.0
    pair_s: float = 0.0

    def seconds_many(
        self, decode: Any, prefill: Any, decode_context: Any, prefill_pairs: Any, sampled: Any
    ) -> NDArray[np.float64]:
        """``base + token * tokens + context * decode context + pair * prefill pairs``."""
        total: NDArray[np.float64] = (
            self.base_s
            + self.token_s * (np.asarray(decode) + np.asarray(prefill))
            + self.context_s * np.asarray(decode_context)
            + self.pair_s * np.asarray(prefill_pairs)
        )
        return total


class _OneByOne:
    """The bulk form of a model that has only the scalar one; equal compositions are computed once."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._known: dict[tuple[int, int, int, int, int], float] = {}

    def seconds_many(
        self, decode: Any, prefill: Any, decode_context: Any, prefill_pairs: Any, sampled: Any
    ) -> NDArray[np.float64]:
        from llmserve.batch import BatchComposition

        rows = zip(*(np.asarray(a).tolist() for a in (decode, prefill, decode_context, prefill_pairs, sampled)))
        found = []
        for row in rows:
            value = self._known.get(row)
            if value is None:
                value = self._known[row] = float(self._model.seconds(BatchComposition(*row)))
            found.append(value)
        return np.array(found)


def bulk(model: object) -> BulkTime:
    """``model`` in its bulk form: one with ``seconds_many``, or with ``seconds(BatchComposition)``.

    Raises
    ------
    InputError
        It has neither.
    """
    if isinstance(model, BulkTime):
        return model
    if callable(getattr(model, "seconds", None)):
        return _OneByOne(model)
    raise InputError(
        f"{type(model).__name__} is no model of iteration times",
        where="simulation",
        remedy="give it seconds(batch) or seconds_many(...)",
    )


@dataclass(frozen=True, slots=True)
class TransferRates:
    """Bandwidths between the accelerators of a replica and its host and disk, and the size of a page.

    ``page_bytes`` 0 makes transfers free.  ``write_through``: pages are copied to the host as they are filled, so that
    swapping out moves nothing (what the copying costs is a matter of the iteration model).
    """

    page_bytes: float = 0.0
    host_bytes_per_s: float = 8 * 20e9
    disk_bytes_per_s: float = 3e9
    write_through: bool = False

    def __post_init__(self) -> None:
        for field, least in (("page_bytes", 0.0), ("host_bytes_per_s", 1.0), ("disk_bytes_per_s", 1.0)):
            value = getattr(self, field)
            if not (math.isfinite(value) and value >= least):
                raise InputError(f"{field} is {value}", where="transfers", remedy="give a positive number")


def durations_ns(model: BulkTime, transfers: TransferRates, columns: IterationColumns) -> Ints:
    """How long iterations last, ``[iteration]``.

    Raises
    ------
    InputError
        The model says a time that is negative or no number.
    """
    compute = np.asarray(
        model.seconds_many(
            columns.decode, columns.prefill, columns.decode_context, columns.prefill_context, columns.sampled
        ),
        dtype=np.float64,
    )
    if not (np.isfinite(compute) & (compute >= 0)).all():
        wrong = int(np.flatnonzero(~(np.isfinite(compute) & (compute >= 0)))[0])
        raise InputError(
            f"{compute[wrong]} s for {columns.decode[wrong]} decode and {columns.prefill[wrong]} prefill tokens",
            where="iteration model",
            remedy="a model gives finite times >= 0",
        )
    computes = (columns.decode + columns.prefill) > 0
    seconds = np.where(computes, compute, 0.0)
    if transfers.page_bytes and (
        columns.swap_pages_out.any() or columns.host_pages_in.any() or columns.disk_pages_in.any()
    ):
        host = columns.host_pages_in * (transfers.page_bytes / transfers.host_bytes_per_s)
        disk = columns.disk_pages_in * (transfers.page_bytes / transfers.disk_bytes_per_s)
        seconds = np.maximum(np.maximum(seconds, host), disk)
        if not transfers.write_through:
            seconds = seconds + columns.swap_pages_out * (transfers.page_bytes / transfers.host_bytes_per_s)
    return np.maximum(1, np.rint(seconds * NS_PER_S)).astype(np.int64)


Durations = Callable[[IterationColumns], Ints]
