"""Sessions of packets on a shared hub, with and without admission control (specification 8).

A session has *minimal service* if it gets its packets before it expires.  Admission control accepts sessions in order
as long as the static table of the accepted ones exists; without it everybody competes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qnet.dynamic import simulate_dynamic
from qnet.packets.applications import Application
from qnet.packets.static_edf import static_table


@dataclass(frozen=True, slots=True)
class SessionResult:
    """Shares of the offered sessions: accepted, and with minimal service; of the accepted ones with minimal service."""

    offered: int
    accepted: int
    served: int

    @property
    def served_share(self) -> float:
        """Sessions with minimal service among the offered."""
        return self.served / self.offered

    @property
    def kept_share(self) -> float:
        """Sessions with minimal service among the accepted; 1 if none is accepted."""
        return self.served / self.accepted if self.accepted else 1.0


def accepted_sessions(sessions: Sequence[Application]) -> list[Application]:
    """Those that fit into a static table together with all accepted before them."""
    chosen: list[Application] = []
    for session in sessions:
        if static_table([*chosen, session]) is not None:
            chosen.append(session)
    return chosen


def simulate_sessions(
    sessions: Sequence[Application],
    slot_s: float,
    *,
    links: int,
    expiry_periods: int,
    admission: bool,
    seed: int,
) -> SessionResult:
    """Play the sessions for ``expiry_periods`` periods under the dynamic scheduler."""
    chosen = accepted_sessions(sessions) if admission else list(sessions)
    if not chosen:
        return SessionResult(len(sessions), 0, 0)
    result = simulate_dynamic(chosen, slot_s, seed=seed, links=links, max_periods=expiry_periods)
    served = sum(done >= s.packets for done, s in zip(result.by_application, chosen, strict=True))
    return SessionResult(len(sessions), len(chosen), served)
