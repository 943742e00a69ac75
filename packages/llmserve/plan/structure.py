"""The nano-operations of one layer: which operation on which tokens, and what waits for what.

A batch is a row of tokens, decode tokens first, prefill chunks after them (NanoFlow, section 5).  A nano-operation
is an operation on a part of the row.  Two of them depend on each other if and only if their operations do and
their tokens intersect.  On several GPUs every nano-batch reaches its feed-forward part in one of two ways: over
AllGather, output projection, AllGather (``AG``), or over output projection and AllReduce (``AR``).
"""

from __future__ import annotations

import enum
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from llmserve.cost import DECODE_ATTENTION, DOWN, KQV, O_PROJECTION, PREFILL_ATTENTION, UP_GATE
from llmserve.interference.table import Stream
from llmserve.profile.times import ALL_GATHER, ALL_REDUCE
from schedcore.errors import InputError

GRID = 128
"""Sizes of nano-batches are multiples of this many tokens (tiles of GEMMs)."""


class Role(enum.StrEnum):
    """What a nano-operation is in the dataflow of a layer; one operation may have several roles."""

    KQV = "KQV"
    DECODE = "Dec"
    PREFILL = "Pre"
    GATHER_ATTENTION = "Attn.AG"
    O_COLUMN = "O"
    GATHER_O = "O.AG"
    O_ROW = "O.row"
    REDUCE_O = "O.AR"
    UP_GATE = "UG"
    DOWN = "D"
    REDUCE_DOWN = "D.AR"


OPERATION = {
    Role.KQV: KQV,
    Role.DECODE: DECODE_ATTENTION,
    Role.PREFILL: PREFILL_ATTENTION,
    Role.GATHER_ATTENTION: ALL_GATHER,
    Role.O_COLUMN: O_PROJECTION,
    Role.GATHER_O: ALL_GATHER,
    Role.O_ROW: O_PROJECTION,
    Role.REDUCE_O: ALL_REDUCE,
    Role.UP_GATE: UP_GATE,
    Role.DOWN: DOWN,
    Role.REDUCE_DOWN: ALL_REDUCE,
}
"""The operation of the cost model and of profiles that a role executes."""

STREAM = {
    role: Stream.NETWORK
    if OPERATION[role] in (ALL_GATHER, ALL_REDUCE)
    else Stream.GEMV
    if role in (Role.DECODE, Role.PREFILL)
    else Stream.GEMM
    for role in Role
}
"""The stream on which a role runs."""

_BEFORE: dict[Role, tuple[Role, ...]] = {
    Role.DECODE: (Role.KQV,),
    Role.PREFILL: (Role.KQV,),
    Role.GATHER_ATTENTION: (Role.DECODE, Role.PREFILL),
    Role.O_COLUMN: (Role.GATHER_ATTENTION,),
    Role.GATHER_O: (Role.O_COLUMN,),
    Role.O_ROW: (Role.DECODE, Role.PREFILL),
    Role.REDUCE_O: (Role.O_ROW,),
    Role.UP_GATE: (Role.GATHER_O, Role.REDUCE_O),
    Role.DOWN: (Role.UP_GATE,),
    Role.REDUCE_DOWN: (Role.DOWN,),
}

Ranges = tuple[tuple[int, int], ...]
"""Half-open ranges of token positions, increasing and disjoint."""


@dataclass(frozen=True, slots=True)
class NanoOperation:
    """A role on the tokens of ``ranges``; ``number`` counts the nano-operations of a role from 1."""

    role: Role
    number: int
    ranges: Ranges

    def __post_init__(self) -> None:
        flat = [x for pair in self.ranges for x in pair]
        if not flat or flat[0] < 0 or any(b <= a for a, b in self.ranges) or sorted(flat) != flat:
            raise InputError(
                f"the ranges of {self.role}{self.number} are {self.ranges}",
                where="structure",
                remedy="give non-empty ranges that increase and do not overlap",
            )

    @property
    def name(self) -> str:
        """Name in problems, plans and pictures: ``UG1``."""
        return f"{self.role}{self.number}"

    @property
    def tokens(self) -> int:
        """Number of its tokens."""
        return sum(b - a for a, b in self.ranges)

    def meets(self, other: NanoOperation) -> bool:
        """Whether the two have a token in common."""
        return any(a < d and c < b for a, b in self.ranges for c, d in other.ranges)


@dataclass(frozen=True, slots=True)
class Dependency:
    """``after`` starts when ``before`` has ended, ``layers`` layers later (0 or 1)."""

    before: int
    after: int
    layers: int = 0


@dataclass(frozen=True)
class LayerStructure:
    """The nano-operations of a layer.

    Parameters
    ----------
    dense_tokens, decode_tokens
        Length of the row of tokens, and how many of them, in front, are decode tokens.
    operations
        Every role that the layer has covers each of its tokens once.

    Raises
    ------
    InputError
        Tokens that no nano-operation of a role covers, or two.
    """

    dense_tokens: int
    decode_tokens: int
    operations: tuple[NanoOperation, ...]

    def __post_init__(self) -> None:
        if not 0 <= self.decode_tokens <= self.dense_tokens or self.dense_tokens < 1:
            raise InputError(
                f"{self.decode_tokens} decode tokens of {self.dense_tokens}",
                where="structure",
                remedy="give 0 <= decode <= dense, dense >= 1",
            )
        whole: Ranges = ((0, self.dense_tokens),)
        decode: Ranges = ((0, self.decode_tokens),) if self.decode_tokens else ()
        prefill: Ranges = ((self.decode_tokens, self.dense_tokens),) if self.decode_tokens < self.dense_tokens else ()
        network = any(STREAM[op.role] is Stream.NETWORK for op in self.operations)
        column = self._of(Role.O_COLUMN)
        self._covers("KQV", self._of(Role.KQV), whole)
        self._covers("decode attention", self._of(Role.DECODE), decode)
        self._covers("prefill attention", self._of(Role.PREFILL), prefill)
        self._covers("O", [*column, *self._of(Role.O_ROW)], whole)
        self._covers("UG", self._of(Role.UP_GATE), whole)
        self._covers("D", self._of(Role.DOWN), whole)
        if network:
            gathered = _union(column)
            self._covers("Attn.AG", self._of(Role.GATHER_ATTENTION), gathered)
            self._covers("O.AG", self._of(Role.GATHER_O), gathered)
            self._covers("O.AR", self._of(Role.REDUCE_O), _union(self._of(Role.O_ROW)))
            self._covers("D.AR", self._of(Role.REDUCE_DOWN), whole)

    def _of(self, *roles: Role) -> list[NanoOperation]:
        return [op for op in self.operations if op.role in roles]

    def _covers(self, what: str, operations: Sequence[NanoOperation], target: Ranges) -> None:
        pieces = sorted(pair for op in operations for pair in op.ranges)
        if any(b > c for (_, b), (c, _) in itertools.pairwise(pieces)) or _merged(pieces) != target:
            raise InputError(
                f"{what} covers {_merged(pieces)} instead of {target}",
                where="structure",
                remedy="cover every token of the operation exactly once",
            )

    @property
    def has_network(self) -> bool:
        """Whether the layer has collectives."""
        return any(STREAM[op.role] is Stream.NETWORK for op in self.operations)

    @property
    def split(self) -> bool:
        """Whether any role has several nano-operations."""
        return any(op.number > 1 for op in self.operations)

    def dependencies(self) -> tuple[Dependency, ...]:
        """What waits for what; the KQV of a layer waits for the last operation of the layer before."""
        found = []
        last = Role.REDUCE_DOWN if self.has_network else Role.DOWN
        before = dict(_BEFORE)
        if not self.has_network:
            before[Role.O_COLUMN] = (Role.DECODE, Role.PREFILL)
            before[Role.UP_GATE] = (Role.O_COLUMN,)
        for i, op in enumerate(self.operations):
            sources = (last,) if op.role is Role.KQV else before[op.role]
            found += [
                Dependency(j, i, int(op.role is Role.KQV))
                for j, other in enumerate(self.operations)
                if other.role in sources and op.meets(other)
            ]
        return tuple(found)


def _union(operations: Iterable[NanoOperation]) -> Ranges:
    return _merged(sorted(pair for op in operations for pair in op.ranges))


def _merged(pieces: Sequence[tuple[int, int]]) -> Ranges:
    merged: list[tuple[int, int]] = []
    for a, b in pieces:
        if merged and merged[-1][1] == a:
            merged[-1] = (merged[-1][0], b)
        else:
            merged.append((a, b))
    return tuple(merged)


def contiguous_structure(
    dense_tokens: int,
    decode_tokens: int,
    *,
    nano_batches: Sequence[int],
    kqv_sizes: Sequence[int] | None = None,
    paths: Sequence[str] | None = None,
    reduce_sizes: Sequence[int] | None = None,
) -> LayerStructure:
    """A layer whose nano-operations are contiguous ranges.

    Parameters
    ----------
    nano_batches
        Sizes of the nano-batches of O, UG and D, in the order of the row; they add up to ``dense_tokens``.
    kqv_sizes
        Sizes of the KQV nano-operations, which attention follows; ``None``: the nano-batches.
    paths
        ``AG`` or ``AR`` per nano-batch; ``None`` or empty on one GPU.
    reduce_sizes
        Sizes of the last AllReduce's nano-operations; ``None``: the nano-batches.

    Raises
    ------
    InputError
        Sizes that do not add up, or paths that are no paths.
    """
    ffn = _cut(nano_batches, dense_tokens, "nano-batches")
    kqv = _cut(kqv_sizes or nano_batches, dense_tokens, "KQV sizes")
    operations: list[NanoOperation] = []

    def add(role: Role, ranges: Iterable[tuple[int, int]]) -> None:
        operations.extend(NanoOperation(role, i, (pair,)) for i, pair in enumerate(ranges, start=1))

    add(Role.KQV, kqv)
    add(Role.DECODE, [(a, min(b, decode_tokens)) for a, b in kqv if a < decode_tokens])
    # Prefill attention may begin when the chunks of a nano-batch are projected, not when all of them are.
    add(Role.PREFILL, [(max(a, decode_tokens), b) for a, b in ffn if b > decode_tokens])
    if not paths:
        add(Role.O_COLUMN, ffn)
    else:
        if len(paths) != len(ffn) or any(p not in ("AG", "AR") for p in paths):
            raise InputError(
                f"the paths are {list(paths)}", where="structure", remedy="give AG or AR for each nano-batch"
            )
        gathered = [pair for pair, path in zip(ffn, paths, strict=True) if path == "AG"]
        reduced = [pair for pair, path in zip(ffn, paths, strict=True) if path == "AR"]
        add(Role.GATHER_ATTENTION, gathered)
        add(Role.O_COLUMN, gathered)
        add(Role.GATHER_O, gathered)
        add(Role.O_ROW, reduced)
        add(Role.REDUCE_O, reduced)
    add(Role.UP_GATE, ffn)
    add(Role.DOWN, ffn)
    if paths:
        add(Role.REDUCE_DOWN, _cut(reduce_sizes or nano_batches, dense_tokens, "AllReduce sizes"))
    return LayerStructure(dense_tokens, decode_tokens, tuple(operations))


def _cut(sizes: Sequence[int], total: int, what: str) -> list[tuple[int, int]]:
    if any(size < 1 for size in sizes) or sum(sizes) != total:
        raise InputError(
            f"the {what} {list(sizes)} do not add up to {total}", where="structure", remedy="give sizes >= 1"
        )
    ends = list(itertools.accumulate(sizes))
    return list(zip([0, *ends[:-1]], ends, strict=True))


def placeholder_structure(dense_tokens: int, decode_tokens: int, sizes: Mapping[Role, Sequence[int]]) -> LayerStructure:
    """A layer whose nano-operations have the given sizes, in the given order along the row.

    The column and row parts of O share the row: first what is gathered, then what is reduced.
    """
    operations: list[NanoOperation] = []
    starts = {Role.PREFILL: decode_tokens}
    gathered = sum(sizes.get(Role.O_COLUMN, ()))
    starts[Role.O_ROW] = starts[Role.REDUCE_O] = gathered
    for role, pieces in sizes.items():
        at = starts.get(role, 0)
        for i, size in enumerate(pieces, start=1):
            operations.append(NanoOperation(role, i, ((at, at + size),)))
            at += size
    return LayerStructure(dense_tokens, decode_tokens, tuple(operations))
