"""Simple policies compiled, and whole days with them: equal to :mod:`uam.policies` decision by decision, except
that the random one has its own generator (one splitmix64 per day)."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,misc"

from __future__ import annotations

import numpy as np

from uam.compiled.caching import compiled
from uam.compiled.kernel import mask_into, profit_of, start, step

RANDOM, GREEDY, GREEDY_RATE, STAY = 0, 1, 2, 3
CODES = {"random": RANDOM, "greedy": GREEDY, "greedy-rate": GREEDY_RATE, "stay-put": STAY}


@compiled
def next_random(seeds, b):
    """The next 64 random bits of stream ``b`` (splitmix64)."""
    seeds[b] += np.uint64(0x9E3779B97F4A7C15)
    z = seeds[b]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@compiled
def choose(T, D, b, code, allowed, seeds):
    """The action of policy ``code``; ``allowed`` is the mask."""
    i = D.location[b, D.aircraft[b]]
    if code == STAY:
        return i
    if code == RANDOM:
        count = 0
        for j in range(len(allowed)):
            count += allowed[j]
        pick = np.int64((next_random(seeds, b) >> np.uint64(11)) % np.uint64(count))
        for j in range(len(allowed)):
            if allowed[j]:
                if pick == 0:
                    return j
                pick -= 1
    s = D.scenario[b]
    best, value = i, 0.0
    for j in range(len(allowed)):
        if allowed[j] and j != i:
            score = np.float64(profit_of(T, D, b, j))
            if code == GREEDY_RATE:
                score /= T.cycle[s, i, j]
            if score > value:
                best, value = j, score
    return best


@compiled
def play_days(T, D, code, seeds):
    """Play every day from its start to its end with policy ``code``; the number of decisions."""
    allowed = np.zeros(D.present.shape[1], dtype=np.bool_)
    total = 0
    for b in range(len(D.now)):
        start(T, D, b)
        while D.aircraft[b] >= 0:
            mask_into(T, D, b, allowed)
            step(T, D, b, choose(T, D, b, code, allowed, seeds))
        total += D.decisions[b]
    return total


@compiled
def reset_days(T, D, chosen):
    """Start the ``chosen`` days (flags [B])."""
    for b in range(len(D.now)):
        if chosen[b]:
            start(T, D, b)


@compiled
def step_days(T, D, actions, profits):
    """One decision in every day that is not over; the first day with a forbidden action, or -1 (then all went)."""
    allowed = np.zeros(D.present.shape[1], dtype=np.bool_)
    for b in range(len(D.now)):
        if D.aircraft[b] >= 0:
            mask_into(T, D, b, allowed)
            if actions[b] < 0 or actions[b] >= len(allowed) or not allowed[actions[b]]:
                return b
    for b in range(len(D.now)):
        profits[b] = step(T, D, b, actions[b]) if D.aircraft[b] >= 0 else 0
    return -1


@compiled
def masks_into(T, D, masks):
    """Masks of all days; days that are over allow vertiport 0 only, so that no mask is empty."""
    for b in range(len(D.now)):
        if D.aircraft[b] >= 0:
            mask_into(T, D, b, masks[b])
        else:
            masks[b] = False
            masks[b, 0] = True
