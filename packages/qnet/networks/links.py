"""Links of the two hardware classes that the named networks are made of."""

from __future__ import annotations

from qnet.network import Link
from qnet.networks.nv_table import FIDELITY, RATE_HZ
from qnet.protocol.capability import LinkCapability

FIBRE_KM_S = 206_753.419
"""Speed of light in fibre, km/s (group index 1.45), as the link table was made with."""

DETECTION = 2.018e-3
"""Probability that a photon is detected, fitted to the table."""

EMISSION_S = 3.84e-6
"""Part of a trial that does not depend on the length, fitted to the table."""

FUTURE_FIDELITY = 0.999
FUTURE_RATE_HZ = 1400.0


def future_link(u: str, v: str, length_km: float = 5.0) -> Link:
    """A link of the future class: one capability, 0.999 at 1400 Hz whatever the length (specification 2.8)."""
    return Link(u, v, length_km, (LinkCapability(FUTURE_FIDELITY, FUTURE_RATE_HZ),))


def nv_capabilities(length_km: float) -> tuple[LinkCapability, ...]:
    """Ten capabilities of a lossless NV link: the published table at its lengths, the fitted law elsewhere.

    The law (specification 2.4): rate = 2 a p_det / (t0 + L/c) with p_det = 2.018e-3 and t0 = 3.84 us, where a is the
    bright-state value; it is within 8 % of the table.
    """
    rates: tuple[float, ...] | None = RATE_HZ.get(float(length_km))
    cycle_s = EMISSION_S + length_km / FIBRE_KM_S
    if rates is None:
        rates = tuple(2 * (0.1 + 0.4 * i / 9) * DETECTION / cycle_s for i in range(10))
    return tuple(LinkCapability(f, r, cycle_s) for f, r in zip(FIDELITY, rates, strict=True))


def nv_link(u: str, v: str, length_km: float = 5.0) -> Link:
    """A link between NV centres (:func:`nv_capabilities`)."""
    return Link(u, v, length_km, nv_capabilities(length_km))
