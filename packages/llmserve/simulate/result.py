"""What came out of a simulation: a row per iteration and a row per request."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from llmserve.serving.kv import KVConfig
from llmserve.serving.policy import BatchPolicy
from llmserve.simulate.times import NS_PER_S, Ints, IterationColumns
from llmserve.workload import Workload


@dataclass(frozen=True, slots=True, eq=False)
class SimulationResult:
    """The course of a simulation.  Times are nanoseconds from its begin.

    Parameters
    ----------
    workload, policy, kv
        What was simulated.
    columns
        What every iteration computed and moved.
    start_ns, duration_ns
        ``[iteration]``.
    pages_used, waiting
        ``[iteration]``: pages held while it ran; requests not let in when it was formed.
    first_token_iteration, finish_iteration
        ``[request]``: the iterations at whose end the first and the last token came out; -1 if they did not.
    arrival_ns
        ``[request]``: when it arrived (of a later round: when it was sent).
    wasted_tokens
        Tokens computed for requests that had ended.
    preemptions
        How often a request had to make room.
    reused_tokens
        Prompt tokens that were not computed because their pages were kept.
    """

    workload: Workload
    policy: BatchPolicy
    kv: KVConfig
    columns: IterationColumns
    start_ns: Ints
    duration_ns: Ints
    pages_used: Ints
    waiting: Ints
    first_token_iteration: Ints
    finish_iteration: Ints
    arrival_ns: Ints
    wasted_tokens: int
    preemptions: int
    reused_tokens: int

    @property
    def num_iterations(self) -> int:
        """Iterations that ran."""
        return len(self.start_ns)

    @property
    def end_ns(self) -> Ints:
        """``[iteration]``: when it ended."""
        return self.start_ns + self.duration_ns

    @property
    def finished(self) -> Ints:
        """Indices of the requests that were finished."""
        return np.flatnonzero(self.finish_iteration >= 0)

    @property
    def makespan_s(self) -> float:
        """End of the last iteration in seconds."""
        return float(self.end_ns[-1]) / NS_PER_S if self.num_iterations else 0.0

    def first_token_ns(self, requests: Ints) -> Ints:
        """When the first tokens of ``requests`` came out."""
        return self.end_ns[self.first_token_iteration[requests]]

    def finish_ns(self, requests: Ints) -> Ints:
        """When the last tokens of ``requests`` came out."""
        return self.end_ns[self.finish_iteration[requests]]
