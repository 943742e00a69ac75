"""A first guess for the packer: nano-batches staggered over the period, with shares that pipelines tend to have."""

from __future__ import annotations

from llmserve.interference.table import Stream
from llmserve.plan.structure import STREAM, LayerStructure
from schedcore.model import Placement, Problem, Schedule

TYPICAL_SHARES = {Stream.GEMM: 700, Stream.GEMV: 200, Stream.NETWORK: 100}
"""Shares in permille that fill the GPU while all three streams are busy."""


def staggered_guess(problem: Problem, structure: LayerStructure, shares: dict[Stream, int] | None = None) -> Schedule:
    """Every nano-operation right after its predecessors, shifted by where its tokens stand in the row.

    The guess obeys dependencies, not streams or shares: it only says sequence, modes and stages.
    """
    wanted = shares or TYPICAL_SHARES
    modes, lengths = [], []
    for op, task in zip(structure.operations, problem.tasks, strict=True):
        target = wanted[STREAM[op.role]]
        best = min(
            range(len(task.modes)),
            key=lambda m: abs(max((d.amount for d in task.modes[m].demands), default=0) - target),
        )
        modes.append(best)
        lengths.append(task.modes[best].duration)
    count = len(lengths)
    early = [0] * count
    within = [(d.before, d.after) for d in structure.dependencies() if d.layers == 0]
    for _ in range(count):
        for a, b in within:
            early[b] = max(early[b], early[a] + lengths[a])
    chain = max(e + n for e, n in zip(early, lengths, strict=True))
    busy = max(
        sum(n for n, op in zip(lengths, structure.operations, strict=True) if STREAM[op.role] is s) for s in Stream
    )
    period = max(chain, busy)
    shift = []
    for op in structure.operations:
        middle = sum((b - a) * (a + b) / 2 for a, b in op.ranges) / op.tokens
        shift.append(int(period * middle / structure.dense_tokens))
    starts = [e + s for e, s in zip(early, shift, strict=True)]
    for _ in range(count):
        for a, b in within:
            starts[b] = max(starts[b], starts[a] + lengths[a])
    return Schedule(
        tuple(Placement(i, modes[i], starts[i], starts[i] + lengths[i]) for i in range(count)), cycle=period
    )
