"""What a learned dispatcher sees: the domains of a short window of intervals per job, and nothing else.

The observation of P. Tassel, M. Gebser, K. Schekotihin (ICAPS 2023, DOI 10.1609/icaps.v33i1.27243).  Each of the n jobs
has five tokens: the last fixed operation (START before the first), the next one, and those after it; behind the last
operation come END tokens.

========================  ==============  ==========================================================================
key                       shape           content
========================  ==============  ==========================================================================
interval_rep              (n, 5, 4)       is fixed; start bound, scaled; duration, scaled; is the job's next
start_end_tokens          (n, 5)          0 operation, 1 START, 2 END
index_interval            (n, 5)          position index of the operation
attention_interval_mask   (n, 5)          1 where a token is padding (all END tokens but the first)
action_mask               (n + 1,)        legal actions, the No-Op last
job_resource_mask         (n+1, n+1)      1 on the diagonal and between jobs that compete for a machine right now
========================  ==============  ==========================================================================

Durations are scaled by mean and deviation over all operations of the instance.  The published code has slips that the
released weights depend on; :class:`ObservationForm` names them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from schedcore.errors import InputError, did_you_mean

WINDOW = 5
"""Tokens per job."""

POSITIONS = ("relative", "absolute")

Arrays: TypeAlias = dict[str, npt.NDArray[np.generic]]


@dataclass(frozen=True, slots=True)
class ObservationForm:
    """How the window is scaled and numbered.

    Parameters
    ----------
    positions
        ``relative``: the index counts from the job's next operation (-1 … 3), so that jobs may have any length.
        ``absolute``: the index of the operation in its job, which tells how far the job has come.
    legacy
        The published form, for weights that were trained with it: start bounds are scaled by mean and deviation of
        *all four* raw features of the jobs' second tokens instead of the bounds of all operations in sight, and the
        index is absolute, plus 1 while some job has not begun.
    """

    positions: str = "relative"
    legacy: bool = False

    def __post_init__(self) -> None:
        if self.positions not in POSITIONS:
            raise InputError(
                f"positions are {self.positions!r}",
                where="ObservationForm",
                remedy=did_you_mean(self.positions, POSITIONS),
            )

    @property
    def index_code(self) -> int:
        """The code of the numbering in compiled loops."""
        return 2 if self.legacy else POSITIONS.index(self.positions)


def competition(group: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
    """``job_resource_mask`` of shape [..., n + 1, n + 1] from the machine that each job competes for (-1: none)."""
    n = group.shape[-1]
    mask = np.zeros((*group.shape[:-1], n + 1, n + 1), dtype=bool)
    mask[..., :n, :n] = (group[..., :, None] == group[..., None, :]) & (group[..., :, None] >= 0)
    mask[..., np.arange(n + 1), np.arange(n + 1)] = True
    return mask
