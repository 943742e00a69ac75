"""A layer as a cyclic problem of the core: nano-operations with share modes, one layer per period."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

from llmserve.interference.table import Interference, Stream
from llmserve.plan.structure import OPERATION, STREAM, LayerStructure, Role
from llmserve.profile.times import OperationTimes
from schedcore.errors import InputError
from schedcore.model import Problem, ProblemBuilder, TimeUnit
from schedcore.model.problem import Scalar

SHARES = 1000
"""Units of the GPU's execution resources in problems: shares in permille."""


def stand_alone_seconds(
    structure: LayerStructure, times: OperationTimes, *, decode_context: float, prefill_context: float = 0.0
) -> tuple[float, ...]:
    """Stand-alone seconds of every nano-operation of ``structure``, in its order."""
    seconds = []
    for op in structure.operations:
        context = decode_context if op.role is Role.DECODE else prefill_context if op.role is Role.PREFILL else 0.0
        seconds.append(times.seconds(OPERATION[op.role], op.tokens, context))
    return tuple(seconds)


def layer_problem(
    structure: LayerStructure,
    seconds: Sequence[float],
    interference: Interference | None,
    *,
    tick_us: int = 10,
    share_steps: int = 10,
    name: str = "layer",
    metadata: Mapping[str, Scalar] | None = None,
) -> Problem:
    """The layer as a problem whose period is to be minimised.

    Every nano-operation holds its stream (a unary resource), so that the nano-operations of a stream run one after
    another.  With ``interference`` it also holds a share of ``GPU``: mode k has the share ``k / share_steps`` and
    lasts ``stand-alone / P(share)``.  Without it (stage I) kernels do not slow each other.

    Parameters
    ----------
    seconds
        Stand-alone seconds per nano-operation; durations are rounded up to ticks.
    tick_us
        Length of a tick in microseconds.

    Raises
    ------
    InputError
        Durations that are not positive, or not one for each nano-operation.
    """
    if len(seconds) != len(structure.operations) or any(not (math.isfinite(s) and s > 0) for s in seconds):
        raise InputError(
            f"durations {[round(s, 6) for s in seconds]} for {len(structure.operations)} nano-operations",
            where=name,
            remedy="give one duration > 0 for each",
        )
    if tick_us < 1:
        raise InputError(f"tick_us is {tick_us}", where=name, remedy="give at least 1")
    b = ProblemBuilder(name, unit=TimeUnit(Fraction(tick_us, 1_000_000), f"{tick_us} us" if tick_us != 1 else "us"))
    streams = {
        stream: b.unary(stream.value)
        for stream in Stream
        if any(STREAM[op.role] is stream for op in structure.operations)
    }
    gpu = None if interference is None else b.renewable("GPU", SHARES)
    tasks, works = [], []
    for op, alone in zip(structure.operations, seconds, strict=True):
        # 1e-9: durations that are whole ticks in decimal stay whole.
        work = max(1, math.ceil(alone * 1e6 / tick_us - 1e-9))
        works.append(work)
        stream = STREAM[op.role]
        tags = (str(op.role), str(stream), *(f"tokens:{a}-{e}" for a, e in op.ranges))
        if interference is None or gpu is None:
            tasks.append(b.task(op.name, work, on=streams[stream], tags=tags))
            continue
        exact = alone * 1e6 / tick_us
        modes: list[tuple[int, int]] = []
        for share, rate in interference.curve(stream, share_steps).points:
            duration = max(1, math.ceil(exact * 1000 / rate - 1e-9))
            if modes and duration >= modes[-1][0]:
                continue
            modes.append((duration, share))
        tasks.append(
            b.task(
                op.name,
                modes=[b.mode(d, on=streams[stream], demands={gpu: share}) for d, share in modes],
                tags=tags,
            )
        )
    for dependency in structure.dependencies():
        b.precedence(tasks[dependency.before], tasks[dependency.after], iterations=dependency.layers)
    sequential = sum(works)
    busiest = max(
        sum(w for w, op in zip(works, structure.operations, strict=True) if STREAM[op.role] is s) for s in Stream
    )
    b.cycle(busiest, sequential)
    b.horizon(3 * sequential)
    b.minimise(period=1)
    for key, value in (metadata or {}).items():
        b.metadata(**{key: value})
    return b.build()
