"""Advantages of decisions of whole days: of the fleet, and of the aircraft that decided."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,misc"

from __future__ import annotations

import numpy as np

from uam.compiled.caching import compiled


@compiled
def fleet_advantages(times, rewards, values, lengths, tau, lam, out):
    """Generalised advantages [B, T] (Schulman et al. 2016) of the fleet's rewards.

    Day ``b`` has ``lengths[b]`` decisions at ``times`` [B, T] s.  What comes ``t`` seconds later counts
    ``exp(-t / tau)``, or fully if ``tau`` is 0; ``lam`` is per decision.
    """
    for b in range(len(lengths)):
        after, value = 0.0, 0.0
        for t in range(lengths[b] - 1, -1, -1):
            gamma = 1.0
            if t + 1 < lengths[b] and tau > 0:
                gamma = np.exp(-(times[b, t + 1] - times[b, t]) / tau)
            after = rewards[b, t] + gamma * value - values[b, t] + gamma * lam * after
            out[b, t] = after
            value = values[b, t]


@compiled
def own_advantages(times, rewards, values, aircraft, lengths, num_aircraft, tau, lam, out):
    """The same for the chain of decisions of each aircraft: only its own rewards count."""
    after = np.zeros(num_aircraft)
    value = np.zeros(num_aircraft)
    at = np.zeros(num_aircraft)
    for b in range(len(lengths)):
        after[:] = 0.0
        value[:] = 0.0
        for k in range(num_aircraft):
            at[k] = -1.0
        for t in range(lengths[b] - 1, -1, -1):
            k = aircraft[b, t]
            gamma = 1.0
            if at[k] >= 0 and tau > 0:
                gamma = np.exp(-(at[k] - times[b, t]) / tau)
            after[k] = rewards[b, t] + gamma * value[k] - values[b, t] + gamma * lam * after[k]
            out[b, t] = after[k]
            value[k] = values[b, t]
            at[k] = times[b, t]
