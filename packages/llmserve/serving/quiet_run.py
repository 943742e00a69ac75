"""Many iterations at once: the same requests decode and nothing else happens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from llmserve.serving.batch import Batch


@dataclass(frozen=True, slots=True)
class QuietRun:
    """Consecutive iterations in which the same requests decode and nothing else happens.

    ``decode_context`` and ``pages_used`` are per iteration, as in :class:`~llmserve.serving.batch.Batch`; ``last`` is
    the last iteration.
    """

    num_decode: int
    decode_context: NDArray[np.int64]
    pages_used: NDArray[np.int64]
    last: Batch

    def __len__(self) -> int:
        return len(self.decode_context)
