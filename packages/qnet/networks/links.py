"""Links of the two hardware classes that the named networks are made of."""

from __future__ import annotations

from qnet.network import Link
from qnet.protocol.capability import LinkCapability

FIBRE_KM_S = 206_753.419
"""Speed of light in fibre, km/s (group index 1.45), as the link table was made with."""

FUTURE_FIDELITY = 0.999
FUTURE_RATE_HZ = 1400.0


def future_link(u: str, v: str, length_km: float = 5.0) -> Link:
    """A link of the future class: one capability, 0.999 at 1400 Hz whatever the length (specification 2.8)."""
    return Link(u, v, length_km, (LinkCapability(FUTURE_FIDELITY, FUTURE_RATE_HZ),))


def nv_link(u: str, v: str, length_km: float = 5.0) -> Link:
    """A link between NV centres: ten bright-state values at the rates of the published table or the fitted law."""
    from qnet.physics.link import nv_capabilities

    return Link(u, v, length_km, nv_capabilities(length_km))
