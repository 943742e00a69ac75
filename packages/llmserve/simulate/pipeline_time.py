"""Iteration times of a pipeline from the stand-alone times of its operations, for many iterations at once.

With the stand-alone times of a layer, g of dense operations, f of prefill attention, v of decode attention and n of
collectives,

    sequential   layer = g + f + v + n
    nanobatch    the same, with every operation split as a plan splits it (weights are read once per part)
    overlap      layer = g + f + rho_v v + rho_n n

where rho = R / P(R) is the GEMM time that a kernel running with share R costs per unit of its own time; it follows from
NanoFlow's definition of R (section 4.1) when the compute stream never idles.  A layer is never shorter than v / P(R) or
n / P(R).  An iteration is all layers and ``other_s``.
A plan whose period is known replaces that assumption: ``stretch`` is its period over the formula at its own batch.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import itertools
import math
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from schedcore.errors import InputError

Floats = NDArray[np.float64]


class Mode(enum.StrEnum):
    """How an engine runs the operations of an iteration."""

    SEQUENTIAL = "sequential"
    NANOBATCH = "nanobatch"
    OVERLAP = "overlap"
    OFFLOAD = "overlap+offload"


class Times(Protocol):
    """Stand-alone seconds of one operation of a layer; see ``llmserve.profile.OperationTimes``."""

    def seconds(self, operation: str, tokens: float, context: float = 0.0) -> float:
        """Seconds for ``tokens`` tokens with ``context`` cached tokens each."""
        ...


@dataclass(frozen=True, eq=False)
class LayerTable:
    """Stand-alone seconds of one layer, as functions that are linear between the points of a table.

    ``tokens``, ``dense_s``, ``kqv_s``, ``network_s`` are ``[point]``; dense excludes KQV.  ``narrow_network_s`` is the
    time of collectives on the few blocks that they get in a nano-batch pipeline.  ``attention_s`` is
    ``[batch, context]``.  Prefill attention is ``prefill_launch_s`` where there is any, plus the larger of a time per
    token and a time per pair of query and key.
    """

    tokens: Floats
    dense_s: Floats
    kqv_s: Floats
    network_s: Floats
    narrow_network_s: Floats
    batches: Floats
    contexts: Floats
    attention_s: Floats
    prefill_launch_s: float
    prefill_token_s: float
    prefill_pair_s: float

    def dense(self, tokens: Floats) -> Floats:
        """O, up, gate and down."""
        return _interpolate(tokens, self.tokens, self.dense_s)

    def kqv(self, tokens: Floats) -> Floats:
        """Keys, queries and values."""
        return _interpolate(tokens, self.tokens, self.kqv_s)

    def network(self, tokens: Floats) -> Floats:
        """Collectives."""
        return _interpolate(tokens, self.tokens, self.network_s)

    def narrow_network(self, tokens: Floats) -> Floats:
        """Collectives on few blocks."""
        return _interpolate(tokens, self.tokens, self.narrow_network_s)

    def prefill(self, tokens: Floats, pairs: Floats) -> Floats:
        """Prefill attention."""
        busy = tokens > 0
        work: Floats = np.maximum(self.prefill_token_s * tokens, self.prefill_pair_s * pairs)
        return np.where(busy, self.prefill_launch_s + work, 0.0)

    def attention(self, requests: Floats, context: Floats) -> Floats:
        """Decode attention of ``requests`` requests with ``context`` tokens in all."""
        mean = context / np.maximum(requests, 1e-9)
        i = np.minimum(np.maximum(np.searchsorted(self.batches, requests, side="right") - 1, 0), len(self.batches) - 2)
        j = np.minimum(np.maximum(np.searchsorted(self.contexts, mean, side="right") - 1, 0), len(self.contexts) - 2)
        u = (requests - self.batches[i]) / (self.batches[i + 1] - self.batches[i])
        w = (mean - self.contexts[j]) / (self.contexts[j + 1] - self.contexts[j])
        t = self.attention_s
        low = t[i, j] + w * (t[i, j + 1] - t[i, j])
        high = t[i + 1, j] + w * (t[i + 1, j + 1] - t[i + 1, j])
        return np.where(requests > 0, low + u * (high - low), 0.0)


def _interpolate(x: Floats, xs: Floats, ys: Floats) -> Floats:
    """Linear between the points and beyond the last one; 0 tokens take no time."""
    slope = (ys[-1] - ys[-2]) / (xs[-1] - xs[-2])
    inside = np.interp(x, xs, ys)
    beyond = ys[-1] + slope * (x - xs[-1])
    return np.where(x > xs[-1], beyond, np.where(x > 0, inside, 0.0))


TOKENS = (1.0, 16.0, 32.0, 64.0, *(128.0 * k for k in range(1, 17)), 3072.0, 4096.0, 6144.0, 8192.0, 16384.0)
CONTEXTS = (0.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0, 3072.0, 4096.0, 8192.0, 32768.0)


def layer_table(times: Times, *, gpus: int, prefill_pair_s: float = 0.0) -> LayerTable:
    """The table of any source of operation times, sampled at :data:`TOKENS` and :data:`CONTEXTS`.

    Collectives are two AllGathers and an AllReduce, as on NanoFlow's AllGather path (section 4.2 of the paper).
    """
    from llmserve.cost import DECODE_ATTENTION, DOWN, KQV, O_PROJECTION, PREFILL_ATTENTION, UP_GATE
    from llmserve.profile.times import ALL_GATHER, ALL_REDUCE

    def sample(*names: str) -> Floats:
        return np.array([sum(times.seconds(name, b) for name in names) for b in TOKENS])

    attention = [[times.seconds(DECODE_ATTENTION, b, max(c, 1.0)) for c in CONTEXTS] for b in TOKENS]
    none = np.zeros(len(TOKENS))
    network = sample(ALL_GATHER, ALL_GATHER, ALL_REDUCE) if gpus > 1 else none
    return LayerTable(
        np.array(TOKENS),
        sample(O_PROJECTION, UP_GATE, DOWN),
        sample(KQV),
        network,
        network,
        np.array(TOKENS),
        np.array(CONTEXTS),
        np.array(attention),
        0.0,
        times.seconds(PREFILL_ATTENTION, 2048) / 2048,
        prefill_pair_s,
    )


@dataclass(frozen=True)
class PipelineTime:
    """Seconds of iterations of a deployment.

    Parameters
    ----------
    table
        Stand-alone times of a layer.
    layers
        How many there are.
    mode
        How operations are run.
    other_s
        Per iteration beyond the tabulated operations: norms, rotary embedding, sampling, embedding, launches.
    gemv_cost, network_cost
        rho of decode attention and of collectives in the overlapped modes.
    gemv_speed, network_speed
        P of both there.
    split
        Share of the tokens in the first nano-batch; KQV and decode attention are split once more in halves.
    stretch
        Period of the plan over the formula; 1 where no plan is given.
    offload_token_s
        What moving the keys and values of one token to the host costs, in mode ``overlap+offload``.
    pad_to
        Tokens that dense operations and collectives compute at least: a pipeline that is built for one size of batch
        takes as long for a smaller one.
    fallback
        Whether an iteration that would be faster sequentially, and not padded, is run so in the overlapped modes.
    """

    table: LayerTable
    layers: int
    mode: Mode = Mode.OVERLAP
    other_s: float = 0.0
    gemv_cost: float = 2 / 3
    network_cost: float = 1 / 3
    gemv_speed: float = 1.0
    network_speed: float = 1.0
    split: float = 0.3125
    stretch: float = 1.0
    offload_token_s: float = 0.0
    pad_to: int = 0
    fallback: bool = False
    deployment: Any = field(default=None, compare=False)

    def __post_init__(self) -> None:
        for name in ("other_s", "gemv_cost", "network_cost", "offload_token_s"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise InputError(f"{name} is {value}", where="pipeline time", remedy="give a number >= 0")
        if not (0 < self.gemv_speed <= 1 and 0 < self.network_speed <= 1):
            raise InputError(
                f"speeds {self.gemv_speed}, {self.network_speed}", where="pipeline time", remedy="use 0 < P <= 1"
            )
        if not 0 < self.split < 1 or not (math.isfinite(self.stretch) and self.stretch > 0) or self.layers < 1:
            raise InputError(
                f"split {self.split}, stretch {self.stretch}, layers {self.layers}",
                where="pipeline time",
                remedy="use 0 < split < 1, stretch > 0, at least 1 layer",
            )

    def replace(self, **changes: Any) -> PipelineTime:
        """The same with some parameters changed."""
        return dataclasses.replace(self, **changes)

    @functools.cached_property
    def _plain(self) -> PipelineTime:
        """The same, sequential and not padded."""
        return self.replace(mode=Mode.SEQUENTIAL, pad_to=0, fallback=False)

    def seconds(self, batch: Any) -> float:
        """Duration of an iteration on a ``BatchComposition``."""
        return float(
            self.seconds_many(
                [batch.decode_tokens],
                [batch.prefill_tokens],
                [batch.decode_context_tokens],
                [batch.prefill_pairs],
                [batch.head_tokens],
            )[0]
        )

    def seconds_many(
        self, decode: Any, prefill: Any, decode_context: Any, prefill_pairs: Any, sampled: Any
    ) -> NDArray[np.float64]:
        """Seconds, ``[iteration]``; see :class:`~llmserve.simulate.times.BulkTime`."""
        decode, prefill, context, pairs = (
            np.asarray(a, dtype=np.float64) for a in (decode, prefill, decode_context, prefill_pairs)
        )
        gemm, prompt, attention, network = self.layer_parts(decode, prefill, context, pairs)
        if self.mode in (Mode.SEQUENTIAL, Mode.NANOBATCH):
            layer = gemm + prompt + attention + network
        else:
            layer = self.stretch * (gemm + prompt + self.gemv_cost * attention + self.network_cost * network)
            layer = np.maximum(layer, np.maximum(attention / self.gemv_speed, network / self.network_speed))
        total: Floats = self.layers * layer + self.other_s
        if self.fallback and self.mode in (Mode.OVERLAP, Mode.OFFLOAD):
            total = np.minimum(total, self._plain.seconds_many(decode, prefill, context, pairs, sampled))
        return total + self.offload_token_s * (decode + prefill) if self.mode is Mode.OFFLOAD else total

    def layer_parts(self, decode: Floats, prefill: Floats, context: Floats, pairs: Floats) -> tuple[Floats, ...]:
        """Stand-alone seconds per layer of dense operations, prefill attention, decode attention, collectives."""
        table = self.table
        tokens = np.maximum(decode + prefill, self.pad_to)
        prompt = table.prefill(prefill, pairs)
        if self.mode is not Mode.NANOBATCH:
            dense = table.dense(tokens) + table.kqv(tokens)
            return dense, prompt, table.attention(decode, context), table.network(tokens)
        parts = (self.split, 1 - self.split)
        gemm = sum(table.dense(p * tokens) + 2 * table.kqv(p * tokens / 2) for p in parts)
        network = sum(table.narrow_network(p * tokens) for p in parts)
        # Decode tokens come first, so that the quarters of KQV that hold none have no decode attention.
        bounds = np.cumsum([0.0, *(p / 2 for p in parts for _ in range(2))])
        attention = np.zeros_like(tokens)
        for low, high in itertools.pairwise(bounds):
            mine = np.clip(decode, low * tokens, high * tokens) - low * tokens
            attention = attention + table.attention(mine, context * mine / np.maximum(decode, 1e-9))
        return np.asarray(gemm), prompt, attention, np.asarray(network)


NARROW_TOKENS = (512.0, 1024.0, 1536.0, 2048.0)
ALL_GATHER_8_BLOCKS_S = (67.5e-6, 118.9e-6, 169.9e-6, 220.7e-6)
REDUCE_SCATTER_16_BLOCKS_S = (63.9e-6, 104.2e-6, 144.9e-6, 184.9e-6)
"""Collectives on few blocks of eight A100, activations of 8192 values (NanoFlow's code); an AllReduce is both."""


@functools.cache
def paper_table() -> LayerTable:
    """LLaMA-2-70B on eight A100: the published profile, scaled per operation to the measured times of table 2.

    Table 2 of NanoFlow is one operating point (2048 tokens, 1365 decode requests with 1024.5 tokens each, 683 prompt
    tokens); the profile that its authors published says how times change with size.  Their collectives grow linearly
    with the message from a start-up time (AllGather on 8 blocks).  Prefill attention at that point is bound by launches
    (4.56 ms against 2.67 ms of work by their model of 0.1 ms per 2048 tokens and layer).  Collectives of the nano-batch
    pipeline run on 8 to 32 blocks, for which their calibration holds.
    """
    from llmserve.profile.published import LLAMA_70B_TP8_A100

    layers, measured_ms = 80, {"attention": 35.60, "network": 47.92, "prefill": 4.56}
    base = layer_table(LLAMA_70B_TP8_A100, gpus=8)
    tokens = base.tokens
    start, slope = 16.8e-6, (220.7e-6 - 67.5e-6) / 1536  # AllGather: seconds, seconds per token
    network = (start + slope * tokens) * (measured_ms["network"] * 1e-3 / layers / (start + slope * 2048))
    narrow = sum(
        weight * _interpolate(tokens, np.array(NARROW_TOKENS), np.array(seconds))
        for weight, seconds in ((3, ALL_GATHER_8_BLOCKS_S), (1, REDUCE_SCATTER_16_BLOCKS_S))
    )
    decode = np.array([2048 * 1024 / 1536])
    attention = layers * base.attention(decode, decode * 1024.5)[0]
    token_s = 0.1e-3 / 2048
    launch_s = measured_ms["prefill"] * 1e-3 / layers - token_s * 2048 * 512 / 1536
    return dataclasses.replace(
        base,
        network_s=network,
        narrow_network_s=np.asarray(narrow),
        attention_s=base.attention_s * (measured_ms["attention"] * 1e-3 / attention),
        prefill_launch_s=launch_s,
        prefill_token_s=token_s,
        prefill_pair_s=4 * 8192 / (8 * 140e12),
    )
