"""Probability that a path makes a pair in a slot (specification 9.1), and chains of links in a window."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from qnet.packets.scan_statistic import packet_slots
from schedcore.errors import InputError


@dataclass(frozen=True, slots=True)
class PathModel:
    """Every link tries ``trials`` times a slot; all must succeed in the same slot, and every swap.

    Defaults are those of the published runs: slots of 0.1 ms, 1000 trials of 0.001, swaps that work with 0.6.
    """

    slot_s: float = 1e-4
    trials: int = 1000
    trial_probability: float = 1e-3
    swap_probability: float = 0.6

    def __post_init__(self) -> None:
        for name in ("trial_probability", "swap_probability"):
            if not 0.0 < getattr(self, name) <= 1.0:
                raise InputError(f"{name} is {getattr(self, name)}", where="path model", remedy="give a probability")
        if self.trials < 1 or not self.slot_s > 0:
            raise InputError(
                f"{self.trials} trials in slots of {self.slot_s} s", where="path model", remedy="both are positive"
            )

    @property
    def link_probability(self) -> float:
        """That a link succeeds within a slot."""
        return 1.0 - (1.0 - self.trial_probability) ** self.trials

    def slot_probability(self, swaps: int) -> float:
        """That a path with ``swaps`` intermediate nodes makes a pair in a slot."""
        return float(self.link_probability ** (swaps + 1) * self.swap_probability**swaps)

    def attempt_slots(self, swaps: int, pairs: int, packet_probability: float, window: int | None = None) -> int:
        """Length of an attempt: the fewest slots that give the packet with this probability."""
        return _attempt_slots(pairs, window, self.slot_probability(swaps), packet_probability)


_attempt_slots = lru_cache(maxsize=4096)(packet_slots)


def chain_slots(links: int, window: int, p: float, swap_probability: float = 1.0) -> float:
    """Mean slots until all links of a chain are alive within ``window``, in the restart-all model.

    Every round restarts all links; a round that does not bring them within the window is lost as a whole, and all swaps
    must succeed.  Regenerating only the links that expired would need fewer slots.
    """
    if links < 1 or window < 1 or not 0.0 < p < 1.0 or not 0.0 < swap_probability <= 1.0:
        raise InputError(
            f"{links} links, a window of {window} slots, p = {p}, swaps {swap_probability}",
            where="chain",
            remedy="give at least one link and one slot, and probabilities",
        )
    r = 1.0 - p
    last = sum((-1) ** (j + 1) * math.comb(links, j) / (1.0 - r**j) for j in range(1, links + 1))
    together = ((1 - r**window) ** links - (r - r**window) ** links) / (1 - r**links)
    return last / together / swap_probability ** (links - 1)
