"""Compiled fitness of the genetic algorithm: play genes from the committed state of the day."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,misc"

from __future__ import annotations

from uam.compiled.caching import compiled
from uam.compiled.kernel import allows, copy_day, step


@compiled
def evaluate(T, D, genes, fitness):
    """Profit of the batch ``genes[p]`` from the state of day 0, mills; day 1 is overwritten.  Returns decisions."""
    total = 0
    for p in range(len(genes)):
        copy_day(D, 0, 1)
        for g in range(genes.shape[1]):
            if D.aircraft[1] < 0:
                break
            action = genes[p, g]
            if not allows(T, D, 1, action):
                action = D.location[1, D.aircraft[1]]
            step(T, D, 1, action)
            total += 1
        fitness[p] = D.profit[1] - D.profit[0]
    return total


@compiled
def commit(T, D, genes, actions):
    """Carry out ``genes`` on day 0, repaired; fills ``actions``.  Returns how many, and how many were repaired."""
    repaired = 0
    for g in range(len(genes)):
        if D.aircraft[0] < 0:
            return g, repaired
        action = genes[g]
        if not allows(T, D, 0, action):
            action = D.location[0, D.aircraft[0]]
            repaired += 1
        actions[g] = action
        step(T, D, 0, action)
    return len(genes), repaired
