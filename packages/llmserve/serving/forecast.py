"""The forecast of the peak of memory that decides on admission (NanoFlow, section 4.2; its released scheduler).

With mean lengths p and d of prompts and answers and H = p + d + 2, the pages in use k steps from now are

    usage[k] = sum over decoding requests with length n and n + 1 + k < H of ceil((n + 1 + k) / P)

plus the same for requests that are being prefilled, each taken to start with n = p.  A request is expected to be gone
at p + d tokens, so one that is longer leaves the estimate although it still holds pages; shortage is then met by
preemption.

All decoding requests grow by one token per step, so a request's profile stands still on the axis of absolute steps.
Adding, removing and asking cost one pass over at most H numbers each, whatever the number of requests.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class PeakForecast:
    """Expected pages in use per decode step.

    Parameters
    ----------
    page_tokens
        Tokens per page, P.
    prompt_tokens, output_tokens
        Mean lengths p and d of the workload, rounded.
    """

    def __init__(self, page_tokens: int, prompt_tokens: int, output_tokens: int) -> None:
        self.horizon = prompt_tokens + output_tokens + 2
        self.headroom_pages = (prompt_tokens + output_tokens + page_tokens) / page_tokens
        """Pages that an average request needs; admission asks for more than this."""
        self._ramp: NDArray[np.int64] = -(-np.arange(self.horizon, dtype=np.int64) // page_tokens)
        self._fresh = self._ramp[prompt_tokens + 1 :]
        """Profile of one request that is still being prefilled."""
        self._scratch = np.empty_like(self._fresh)
        self._usage = np.zeros(8 * self.horizon, dtype=np.int64)
        self._first = 0
        """The step that the first entry stands for."""

    def add(self, step: int, cached: int) -> None:
        """A request with ``cached`` tokens decodes from ``step`` on."""
        self._settle(step)
        ramp = self._ramp[cached + 1 :]
        at = step - self._first
        self._usage[at : at + len(ramp)] += ramp

    def remove(self, step: int, cached: int) -> None:
        """A request that would have ``cached`` tokens before ``step`` does not decode in ``step`` and after."""
        self._settle(step)
        ramp = self._ramp[cached + 1 :]
        at = step - self._first
        self._usage[at : at + len(ramp)] -= ramp

    def peak(self, step: int, prefilling: int) -> int:
        """Most pages in use in any step from ``step`` on, with ``prefilling`` requests before their first step."""
        self._settle(step)
        at = step - self._first
        fresh, usage = self._fresh, self._usage
        middle = at + len(fresh)
        near = usage[at:middle]
        if prefilling:
            near = np.add(np.multiply(fresh, prefilling, out=self._scratch), near, out=self._scratch)
        # The ufunc directly: the method's detour costs as much as the work.
        return max(int(np.maximum.reduce(near)), int(np.maximum.reduce(usage[middle : at + self.horizon])))

    def _settle(self, step: int) -> None:
        """Make room for a horizon from ``step`` on; steps before it are forgotten."""
        at = step - self._first
        if at + self.horizon <= len(self._usage):
            return
        rest = self._usage[at:].copy()
        self._usage[:] = 0
        self._usage[: len(rest)] = rest
        self._first = step
