"""What the policy saw, weighed and chose at every decision of a schedule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jssp._arrays import IntArray
from jssp.learn.ours import kernel
from jssp.learn.ours.features import CANDIDATE_FEATURES, CONTEXT_FEATURES, NUM_CANDIDATE, NUM_CONTEXT, describe
from jssp.learn.ours.network import Network
from jssp.learn.ours.shop import FloatArray, Shop


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision.

    Attributes
    ----------
    step
        Number of operations that were scheduled before it.
    machine
        The machine that is decided.
    alternatives, jobs, operations
        The candidates: alternative, job, and position of the operation within the job.
    starts, ends
        Ticks of the candidates, were they chosen.
    probabilities
        Of the policy.
    chosen
        Which candidate is taken.
    features, context
        What the network sees: by candidate, shape [candidates, features], and of the decision, shape [context].
    placed
        Start of every operation that was scheduled before, -1 for the others.
    """

    step: int
    machine: int
    alternatives: IntArray
    jobs: IntArray
    operations: IntArray
    starts: FloatArray
    ends: FloatArray
    probabilities: FloatArray
    chosen: int
    features: npt.NDArray[np.float32]
    context: npt.NDArray[np.float32]
    placed: FloatArray

    def named(self, candidate: int) -> dict[str, float]:
        """The features of a candidate and of the decision by name."""
        own = dict(zip(CANDIDATE_FEATURES, self.features[candidate].tolist()))
        return own | dict(zip(CONTEXT_FEATURES, self.context.tolist()))


def decisions(shop: Shop, net: Network, choices: IntArray | None = None) -> list[Decision]:
    """The decisions of the greedy schedule, or of the schedule with these ``choices`` (alternatives in order)."""
    most = kernel.widest(shop)
    hidden, outer = net.widths
    candidates, when, bounds = np.empty(most, dtype=np.int64), np.empty(most), np.empty(most)
    state = kernel.new_state(shop)
    placed = np.full(shop.num_operations, -1.0)
    found: list[Decision] = []
    while True:
        count = int(kernel.conflict_set(shop, state, kernel.ACTIVE, candidates, when))
        if count == 0:
            return found
        x, g = np.zeros((most, NUM_CANDIDATE), np.float32), np.zeros(NUM_CONTEXT, np.float32)
        logits = np.zeros(most, np.float32)
        describe(shop, state, count, candidates, when, bounds, x, g)
        kernel.forward(
            net,
            count,
            x,
            g,
            np.empty((most, hidden), np.float32),
            np.empty((most, outer), np.float32),
            np.empty(2 * hidden, np.float32),
            np.empty(hidden, np.int64),
            np.empty(max(hidden, outer), np.float32),
            logits,
        )
        weights = np.exp(logits[:count].astype(np.float64) - logits[:count].max())
        alternatives = candidates[:count].copy()
        step = len(found)
        chosen = int(weights.argmax()) if choices is None else alternatives.tolist().index(int(choices[step]))
        operations = shop.alt_op[alternatives]
        jobs = shop.op_job[operations]
        found.append(
            Decision(
                step,
                int(shop.alt_machine[alternatives[0]]),
                alternatives,
                jobs,
                operations - shop.job_ptr[jobs],
                when[:count].copy(),
                when[:count] + shop.alt_duration[alternatives],
                weights / weights.sum(),
                chosen,
                x[:count],
                g,
                placed.copy(),
            )
        )
        placed[operations[chosen]] = when[chosen]
        kernel.commit(shop, state, alternatives[chosen], when[chosen])
