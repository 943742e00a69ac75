"""R -> P tables: which part of its stand-alone speed a kernel keeps with a share of the GPU.

The share R is defined through the GEMM (NanoFlow, section 4.1): a GEMM that keeps the fraction x of its speed
beside a kernel B has R = x, and B has R = 1 - x.  So P = R for GEMMs, and P(R) of the others is measured.
"""

from __future__ import annotations

import bisect
import enum
import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from schedcore.errors import InputError, unknown_name
from schedcore.model import ShareCurve


class Stream(enum.StrEnum):
    """Queues of kernels: one nano-operation of each runs at a time."""

    GEMM = "gemm"
    GEMV = "gemv"
    NETWORK = "network"


@dataclass(frozen=True, eq=False)
class Interference:
    """Relative speeds by stream.

    Parameters
    ----------
    name, source
        For labels, and where it comes from.
    points
        Per stream ``(share, speed)`` with shares increasing in (0, 1), speeds in (0, 1] that do not decrease;
        (1, 1) is implied.  The GEMM stream is the definition P = R and is not given.
    """

    name: str
    points: Mapping[Stream, tuple[tuple[float, float], ...]]
    source: str = ""

    def __post_init__(self) -> None:
        for stream, rows in self.points.items():
            where = f"interference {self.name!r}: {stream}"
            shares = [share for share, _ in rows]
            speeds = [speed for _, speed in rows]
            if not rows or any(not (math.isfinite(x) and 0 < x < 1) for x in shares):
                raise InputError(f"the shares are {shares}", where=where, remedy="give numbers between 0 and 1")
            if any(not (math.isfinite(x) and 0 < x <= 1) for x in speeds):
                raise InputError(f"the speeds are {speeds}", where=where, remedy="give numbers above 0, at most 1")
            if any(b <= a for a, b in itertools.pairwise(shares)) or any(b < a for a, b in itertools.pairwise(speeds)):
                raise InputError(
                    "shares must increase and speeds must not fall", where=where, remedy="sort the points by share"
                )
        for stream in (Stream.GEMV, Stream.NETWORK):
            if stream not in self.points:
                raise InputError(f"no points for {stream}", where=f"interference {self.name!r}", remedy="give some")

    def speed(self, stream: Stream, share: float) -> float:
        """P of ``stream`` with ``share`` of the GPU; linear between the points and through (0, 0) and (1, 1)."""
        if not 0 <= share <= 1:
            raise InputError(f"share {share} is outside 0..1", where="interference", remedy="give a fraction")
        if stream is Stream.GEMM:
            return share
        rows = ((0.0, 0.0), *self.points[stream], (1.0, 1.0))
        xs = [x for x, _ in rows]
        i = min(bisect.bisect_right(xs, share) - 1, len(rows) - 2)
        (x0, y0), (x1, y1) = rows[i], rows[i + 1]
        return y0 + (y1 - y0) * (share - x0) / (x1 - x0)

    def exchange(self, stream: Stream, share: float) -> float:
        """GEMM time lost per stand-alone time of a kernel that runs with ``share``: R / P."""
        return share / self.speed(stream, share)

    def curve(self, stream: Stream, steps: int = 10) -> ShareCurve:
        """The table as a curve of the core, at multiples of ``1 / steps``; rates are rounded down."""
        if not (1 <= steps <= 1000 and 1000 % steps == 0):
            raise InputError(f"steps is {steps}", where="interference", remedy="give a divisor of 1000")
        return ShareCurve(
            tuple(
                (1000 * k // steps, max(1, math.floor(1000 * self.speed(stream, k / steps) + 1e-9)))
                for k in range(1, steps + 1)
            )
        )


def _rows(*pairs: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    return pairs


PAPER = Interference(
    "paper",
    {
        Stream.GEMV: _rows((0.1, 0.2), (0.2, 0.3), (0.8, 0.85), (0.9, 0.95)),
        Stream.NETWORK: _rows((0.1, 0.3), (0.2, 0.5), (0.8, 0.9), (0.9, 1.0)),
    },
    source="NanoFlow, table 3; the columns 0.3 to 0.7 are not printed and interpolated here",
)

PAPER_TEXT = Interference(
    "paper-text",
    {
        Stream.GEMV: _rows((0.1, 0.2), (0.2, 0.3), (0.4, 0.8), (0.8, 0.85), (0.9, 0.95)),
        Stream.NETWORK: _rows((0.1, 0.3), (0.2, 0.5), (0.8, 0.9), (0.9, 1.0)),
    },
    source="NanoFlow, table 3, with the point of its text: decode attention keeps 80 % with a share of 0.4",
)

REPOSITORY = Interference(
    "repository",
    {
        Stream.GEMV: _rows(
            (0.1, 0.25),
            (0.2, 0.4),
            (0.3, 0.5),
            (0.4, 0.6),
            (0.5, 0.7),
            (0.6, 0.8),
            (0.7, 0.85),
            (0.8, 0.9),
            (0.9, 0.95),
        ),
        Stream.NETWORK: _rows((0.1, 0.4), (0.2, 0.6), (0.3, 0.7), (0.4, 0.8), (0.5, 0.9)),
    },
    source="efeslab/Nanoflow: gemv_interference.csv and net_interference.csv, which the released search reads",
)

TABLES: Mapping[str, Interference] = MappingProxyType({t.name: t for t in (PAPER, PAPER_TEXT, REPOSITORY)})
"""Published tables by name."""


def find_interference(name: str) -> Interference:
    """The table called ``name``; near misses are suggested."""
    if name not in TABLES:
        raise unknown_name("interference table", name, TABLES, where="interference")
    return TABLES[name]
