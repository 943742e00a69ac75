"""Figures of a run of packets."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PacketResult:
    """Figures of one run.

    ``completed_ratio`` and ``drop_ratio`` are shares of the packets that came to an end (static: of the attempts);
    ``defer_probability`` is the share of decisions that found a link busy, ``retry_probability`` the share of attempts
    that were followed by another of the same packet.
    """

    scheduler: str
    applications: int
    makespan_s: float
    throughput_hz: float
    completed_ratio: float
    drop_ratio: float
    defer_probability: float
    retry_probability: float
    waiting_s: float
    link_utilisation: float
    completed: int
    attempts: int
    by_application: tuple[int, ...] = ()
    """Packets completed, per application."""

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)
