"""A linear rule over the prospects: the teacher that CapTAIN starts from, and its tuning by an evolution strategy."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,misc"

from __future__ import annotations

import numpy as np

from uam.compiled.caching import compiled
from uam.compiled.kernel import mask_into, start, step
from uam.learn.prospects import NUM_PROSPECTS, prospects_day


@compiled
def best_linear(prospects, allowed, weights):
    """The allowed vertiport of the highest ``prospects @ weights``; ties: the lowest number."""
    best, value = -1, 0.0
    for j in range(len(allowed)):
        if allowed[j]:
            score = 0.0
            for p in range(len(weights)):
                score += weights[p] * prospects[j, p]
            if best < 0 or score > value:
                best, value = j, score
    return best


@compiled
def play_linear(T, D, weights):
    """Play every day from its start to its end with the linear rule."""
    n = D.present.shape[1]
    allowed = np.zeros(n, dtype=np.bool_)
    scratch = np.zeros(n, dtype=np.float64)
    prospects = np.zeros((n, NUM_PROSPECTS), dtype=np.float64)
    for b in range(len(D.now)):
        start(T, D, b)
        while D.aircraft[b] >= 0:
            mask_into(T, D, b, allowed)
            prospects_day(T, D, b, prospects, scratch)
            step(T, D, b, best_linear(prospects, allowed, weights))


@compiled
def linear_actions(prospects, allowed, weights, actions):
    """Write the linear rule's actions [B] for prospects [B, N, P]."""
    for b in range(len(actions)):
        actions[b] = best_linear(prospects[b], allowed[b], weights)
