"""Sizes and durations of the nano-operations that the released search of NanoFlow was run on (70B, 8 x A100).

Read from the search notebook of efeslab/Nanoflow: 2048 tokens of which 1280 decode at a context of 1024; durations
are stand-alone milliseconds of one layer.  The notebook doubles the durations of KQV by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from llmserve.plan.structure import Role

_MS = Mapping[Role, tuple[tuple[int, float], ...]]


@dataclass(frozen=True)
class NanoSizes:
    """How the operations of a layer are cut, without saying which tokens go where.

    Parameters
    ----------
    dense_tokens, decode_tokens
        Length of the row of tokens and of its decode part.
    pieces_ms
        Per role ``(tokens, stand-alone milliseconds)`` of its nano-operations.
    """

    dense_tokens: int
    decode_tokens: int
    pieces_ms: _MS

    def scaled(self, role: Role, factor: float) -> NanoSizes:
        """The same with the durations of ``role`` times ``factor``."""
        pieces = {
            r: tuple((size, round(ms * factor, 6)) for size, ms in rows) if r is role else rows
            for r, rows in self.pieces_ms.items()
        }
        return replace(self, pieces_ms=MappingProxyType(pieces))

    @property
    def sequential_ms(self) -> float:
        """All nano-operations one after another."""
        return sum(ms for rows in self.pieces_ms.values() for _, ms in rows)


PUBLISHED_SIZES = NanoSizes(
    2048,
    1280,
    MappingProxyType(
        {
            Role.KQV: ((256, 0.086), (384, 0.100), (640, 0.155), (768, 0.162)),
            Role.DECODE: ((256, 0.116), (256, 0.116), (512, 0.196), (256, 0.116)),
            Role.PREFILL: ((768, 0.038),),
            Role.GATHER_ATTENTION: ((896, 0.106), (512, 0.068)),
            Role.O_COLUMN: ((1408, 0.104),),
            Role.GATHER_O: ((1408, 0.157),),
            Role.O_ROW: ((640, 0.058),),
            Role.REDUCE_O: ((640, 0.150),),
            Role.UP_GATE: ((1408, 0.587), (640, 0.287)),
            Role.DOWN: ((1408, 0.313), (640, 0.138)),
            Role.REDUCE_DOWN: ((640, 0.150), (1408, 0.278)),
        }
    ),
)

PUBLISHED_SIZES_HALVED = PUBLISHED_SIZES.scaled(Role.KQV, 0.5)
"""With the durations of KQV as measured, without the doubling by hand."""
