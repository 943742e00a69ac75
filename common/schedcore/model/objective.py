"""Objectives: weighted sums of metrics, in one or several lexicographic stages."""

from __future__ import annotations

from dataclasses import dataclass

from schedcore.errors import ModelError, did_you_mean
from schedcore.model.fields import as_rows, as_tuple, shown
from schedcore.model.time import MAX_TICK

OBJECTIVE_METRICS: dict[str, str] = {
    "makespan": "latest end of any present task",
    "period": "length of the cycle of a cyclic schedule",
    "total_flow": "sum over jobs of (latest end - earliest release); a task without job is its own job",
    "weighted_flow": "the same, each job weighted by the largest weight of its tasks",
    "total_completion": "sum of the ends of all present tasks",
    "total_start": "sum of the starts of all present tasks",
    "max_lateness": "largest end - due over the present tasks with a due date",
    "total_tardiness": "sum of max(0, end - due)",
    "weighted_tardiness": "the same, weighted",
    "total_earliness": "sum of max(0, due - end)",
    "weighted_earliness": "the same, weighted",
    "tardy_count": "number of present tasks that end after their due date",
    "weighted_tardy_count": "the same, weighted",
    "total_setup": "sum of the transition times between consecutive tasks (and from initial states)",
    "total_cost": "sum of the costs of the chosen modes",
    "reward": "sum of the rewards of the present tasks (maximise with weight -1)",
    "absent_count": "number of optional tasks that are left out",
}
"""Name and meaning of every metric that an objective may use."""


@dataclass(frozen=True, slots=True)
class Objective:
    """What is minimised.

    Parameters
    ----------
    stages
        Lexicographic stages, the most important first; each a tuple of ``(metric, weight)`` whose
        weighted sum is minimised.  Weights are non-zero integers; a negative weight maximises.
    """

    stages: tuple[tuple[tuple[str, int], ...], ...]

    def __post_init__(self) -> None:
        stages = as_tuple(self.stages, "objective")
        object.__setattr__(self, "stages", tuple(as_rows(s, 2, f"objective[{i}]") for i, s in enumerate(stages)))
        if not self.stages or not all(self.stages):
            raise ModelError(
                "an objective or one of its stages is empty",
                where="objective",
                remedy="name a metric, or use None for any feasible schedule",
            )
        for stage in self.stages:
            for name, weight in stage:
                if not isinstance(name, str) or name not in OBJECTIVE_METRICS:
                    raise ModelError(
                        f"unknown metric {shown(name)}",
                        where="objective",
                        remedy=did_you_mean(str(name), OBJECTIVE_METRICS),
                    )
                if type(weight) is not int or weight == 0 or abs(weight) > MAX_TICK:
                    raise ModelError(
                        f"weight of {name!r} is {shown(weight)}",
                        where="objective",
                        remedy=f"give a non-zero integer of at most {MAX_TICK}",
                    )
            if len({name for name, _ in stage}) != len(stage):
                raise ModelError("a stage names a metric twice", where="objective", remedy="add the weights up")

    @classmethod
    def minimise(cls, **weights: int) -> Objective:
        """One stage, for example ``Objective.minimise(makespan=1, total_cost=2)``."""
        return cls((tuple(weights.items()),))

    @classmethod
    def lexicographic(cls, *stages: dict[str, int]) -> Objective:
        """Several stages, for example ``Objective.lexicographic({"period": 1}, {"makespan": 1})``."""
        return cls(tuple(tuple(stage.items()) if isinstance(stage, dict) else stage for stage in stages))

    @property
    def metrics(self) -> frozenset[str]:
        """Names of all metrics used."""
        return frozenset(name for stage in self.stages for name, _ in stage)
