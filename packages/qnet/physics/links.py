"""Law of link generation: single-click links, loss, and the windows that they are given.

Two photon halves meet in the middle of the fibre.  A trial of a link of bright-state weight α and length L lasts
``t0 + L/c`` and succeeds with probability ``2·α·p_det·10^(−a·L/20)``, a in dB/km: the exponent has L/2, the way of one
half.  p_det and t0 are fitted to the published table (specification 2.4); the fit of F(α) is there too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from qnet.protocol.capability import LinkCapability
from schedcore.errors import InputError

LIGHT_SPEED_KM_S = 206_753.419
"""Speed of light in fibre."""
DETECTION = 2.018e-3
"""p_det of the fitted law, without loss."""
EMISSION_S = 3.84e-6
"""t0 of the fitted law."""
BRIGHT_WEIGHTS = tuple(0.1 + 0.4 * k / 9 for k in range(10))
"""Values of α in the published table."""
DEFAULT_LOSS_DB_KM = 0.2
"""Attenuation in physical mode; 0 in reference mode."""


def transmission(length_km: float, loss_db_km: float) -> float:
    """Factor of the success probability: each half of a pair crosses half of the fibre."""
    return 10.0 ** (-loss_db_km * length_km / 20.0)


def cycle_time_s(length_km: float, emission_s: float = EMISSION_S) -> float:
    """Duration of one trial: emission, and light to the middle and the answer back."""
    return emission_s + length_km / LIGHT_SPEED_KM_S


def single_click_fidelity(bright_weight: float) -> float:
    """Fidelity of a single-click link of bright-state weight α (fit to 1.4e-8 on 0.1 … 0.5)."""
    return 0.97434159 - 0.97238984 * bright_weight - 0.00195044 * bright_weight**2


def single_click_capability(
    bright_weight: float, length_km: float, loss_db_km: float = DEFAULT_LOSS_DB_KM
) -> LinkCapability:
    """Fidelity, rate and cycle time of a single-click link by the fitted law.

    Raises
    ------
    InputError
        α outside (0, 0.5], a length that is not positive, or a negative loss.
    """
    if not 0.0 < bright_weight <= 0.5:
        raise InputError(f"bright weight {bright_weight} is not in (0, 0.5]", where="link law", remedy="give α")
    _check_fibre(length_km, loss_db_km)
    cycle_s = cycle_time_s(length_km)
    trial = 2.0 * bright_weight * DETECTION * transmission(length_km, loss_db_km)
    return LinkCapability(single_click_fidelity(bright_weight), trial / cycle_s, cycle_s, length_km)


def single_click_capabilities(
    length_km: float, loss_db_km: float = DEFAULT_LOSS_DB_KM, bright_weights: Sequence[float] = BRIGHT_WEIGHTS
) -> tuple[LinkCapability, ...]:
    """One capability per bright weight."""
    return tuple(single_click_capability(weight, length_km, loss_db_km) for weight in bright_weights)


def with_loss(
    capability: LinkCapability, length_km: float, loss_db_km: float, emission_s: float = EMISSION_S
) -> LinkCapability:
    """A lossless capability on a fibre with loss: geometric trials of the cycle time of its length.

    A link of 1400 Hz has the trial probability ``1400 Hz · cycle`` before the loss.
    """
    _check_fibre(length_km, loss_db_km)
    rate_hz = capability.rate_hz * transmission(length_km, loss_db_km)
    return LinkCapability(capability.fidelity, rate_hz, cycle_time_s(length_km, emission_s), length_km)


def window_slots(capability: LinkCapability, slot_s: float, success: float | None = None) -> int:
    """Slots for a link generation.

    Without ``success`` the mean time to a pair, rounded up (reference mode).  With it, the trials that succeed with
    at least that probability: ``N = ceil(ln(1 − success) / ln(1 − p))``, then ``N`` cycles rounded up to slots.
    """
    if success is None:
        return max(1, math.ceil(1.0 / capability.rate_hz / slot_s - 1e-9))
    if not 0.0 < success < 1.0:
        raise InputError(
            f"a window with success probability {success}", where="window", remedy="use a value between 0 and 1"
        )
    if capability.cycle_s is None:
        seconds = -math.log1p(-success) / capability.rate_hz
    else:
        trial = capability.rate_hz * capability.cycle_s
        trials = 1 if trial >= 1.0 else math.ceil(math.log1p(-success) / math.log1p(-trial) - 1e-9)
        seconds = trials * capability.cycle_s
    return max(1, math.ceil(seconds / slot_s - 1e-9))


def arrival_decay(capability: LinkCapability, window_s: float, decay_hz: float) -> float:
    """Mean of ``exp(−decay·(window − arrival))`` over the arrivals within a window, given that there is one.

    Arrivals fall on the ends of trials (geometric, truncated to the window), or are exponential where no cycle time is
    known.
    """
    if decay_hz == 0.0:
        return 1.0
    success = capability.success_within(window_s)
    if success <= 0.0:
        return 1.0
    if capability.cycle_s is None:
        rate = capability.rate_hz
        difference = decay_hz - rate
        if abs(difference) * window_s < 1e-12:
            return rate * window_s * math.exp(-decay_hz * window_s) / success
        return rate * math.exp(-decay_hz * window_s) * math.expm1(difference * window_s) / difference / success
    cycle = capability.cycle_s
    trials = math.floor(window_s / cycle + 1e-9)
    trial = capability.rate_hz * cycle
    # Sum over n = 1…N of p·q^(n−1)·exp(−decay·(W − n·cycle)): a geometric series of ratio q·exp(decay·cycle).
    log_ratio = (math.log1p(-trial) if trial < 1.0 else -math.inf) + decay_hz * cycle
    first = trial * math.exp(-decay_hz * (window_s - cycle))
    if log_ratio == -math.inf:
        return first / success
    series = trials if abs(log_ratio) < 1e-15 else math.expm1(trials * log_ratio) / math.expm1(log_ratio)
    return first * series / success


def _check_fibre(length_km: float, loss_db_km: float) -> None:
    if not length_km > 0:
        raise InputError(f"a fibre of {length_km} km", where="link law", remedy="give a positive length")
    if not loss_db_km >= 0:
        raise InputError(f"a loss of {loss_db_km} dB/km", where="link law", remedy="give a loss >= 0")
