"""The result of a replay: metrics per scenario, statistics, comparisons, and any scenario in full."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schedcore.check import ViolationCode
from schedcore.errors import InputError, unknown_name
from schedcore.model import Problem, Schedule
from schedcore.model.arrays import IntArray
from schedcore.replay.outcome import ScenarioOutcome
from schedcore.replay.statistics import Comparison, Rate, Summary, compare_pairs, rate, summarise
from schedcore.replay.uncertainty import Uncertainty

RESULT_SCHEMA = "sched.replay/1"


@dataclass(frozen=True)
class ReplayResult:
    """What happened in the scenarios ``first_scenario`` and following of root seed ``seed``.

    Parameters
    ----------
    problem
        The problem that was executed (unrolled, if it was cyclic).
    method
        What decided: ``"fixed order"``, ``"fixed order, roadrunner"`` or the name of a policy.
    metrics
        Values per scenario, shape ``[scenario]``: ``makespan`` and every metric of the objective, and
        ``blocked_ticks`` (time for which tasks were done but could not end), ``failed_tasks`` (given up
        after their last attempt), ``retries`` (attempts that had to be repeated), ``absent_tasks`` (that were planned
        or mandatory and did not run to their end).
    objective
        Values of the stages, shape ``[stage, scenario]``.
    violations
        Number of violations per scenario of each code that occurred: what uncertainty broke.
    deadline_misses
        Scenarios in which a task missed its deadline, shape ``[task]``.
    dead_ends
        Positions of the scenarios that a policy could not bring to an end, with the reason.  Their
        ``values`` count what had run by then; summaries and comparisons leave them out.
    """

    problem: Problem
    method: str
    uncertainty: Uncertainty
    seed: int
    first_scenario: int
    metrics: Mapping[str, IntArray]
    objective: IntArray
    violations: Mapping[ViolationCode, IntArray]
    deadline_misses: IntArray
    outcome_of: Callable[[int], ScenarioOutcome] = field(repr=False, compare=False)
    dead_ends: Mapping[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        """Number of scenarios."""
        return int(self.objective.shape[1])

    # --- samples and statistics -----------------------------------------------------------------------

    def values(self, metric: str = "makespan") -> IntArray:
        """Values of ``metric`` per scenario; ``"objective"`` is the first stage.

        Raises
        ------
        UnknownNameError
            If the replay did not record it.
        """
        if metric == "objective" and len(self.objective):
            return np.asarray(self.objective[0])
        if metric not in self.metrics:
            raise unknown_name("metric", metric, self.metrics, where="replay")
        return self.metrics[metric]

    @property
    def finished(self) -> NDArray[np.bool_]:
        """Whether each scenario came to an end, shape ``[scenario]``: false for the dead ends."""
        done = np.ones(len(self), dtype=np.bool_)
        done[list(self.dead_ends)] = False
        return done

    def summary(self, metric: str = "makespan", **options: Any) -> Summary:
        """Mean with interval, spread, quantiles and CVaR of the finished scenarios.

        ``options`` as of :func:`summarise`.

        Raises
        ------
        InputError
            If every scenario is a dead end.
        """
        values, finished = self.values(metric), self.finished
        if not finished.any():
            raise self._all_dead("summary")
        return summarise(values[finished], **options)

    def _all_dead(self, where: str) -> InputError:
        return InputError("no scenario came to its end", where=where, remedy="see dead_ends for the reasons")

    def deadline_miss_rate(self, *, confidence: float = 0.95) -> Rate:
        """Share of scenarios in which some deadline is missed."""
        return self.violation_rate(ViolationCode.DEADLINE, confidence=confidence)

    def violation_rate(self, code: ViolationCode | str | None = None, *, confidence: float = 0.95) -> Rate:
        """Share of scenarios with a violation of ``code``, or of any code."""
        codes = list(self.violations) if code is None else [ViolationCode(code)]
        broken = np.zeros(len(self), dtype=np.bool_)
        for key in codes:
            if key in self.violations:
                broken |= self.violations[key] > 0
        return rate(int(broken.sum()), len(self), confidence=confidence)

    def compare(self, other: ReplayResult, metric: str = "makespan", **options: Any) -> Comparison:
        """Paired difference ``other - self`` on the same noise, over the scenarios that both finished.

        Raises
        ------
        InputError
            If the two did not see the same noise (other seed, scenarios or uncertainty), or there is no
            scenario that both finished.
        """
        mine, theirs = (self.seed, self.first_scenario, len(self)), (other.seed, other.first_scenario, len(other))
        if mine != theirs:
            raise InputError(
                f"seed, first scenario and number of scenarios are {mine} and {theirs}",
                where="compare",
                remedy="replay both with the same ones: only then do they share their random numbers",
            )
        if self.uncertainty != other.uncertainty:
            raise InputError("the uncertainties differ", where="compare", remedy="replay both under the same one")
        both = self.finished & other.finished
        if not both.any():
            raise self._all_dead("compare")
        return compare_pairs(metric, self.values(metric)[both], other.values(metric)[both], **options)

    # --- single scenarios -----------------------------------------------------------------------------

    def outcome(self, position: int) -> ScenarioOutcome:
        """Scenario number ``position`` (0 is the first) in full: schedule, trace, report of the checker."""
        if not 0 <= position < len(self):
            raise InputError(
                f"position {position} is outside 0 to {len(self) - 1}", where="outcome", remedy="see len(result)"
            )
        return self.outcome_of(position)

    def schedule(self, position: int) -> Schedule:
        """The realised schedule of one scenario."""
        return self.outcome(position).schedule

    def schedules(self) -> Iterator[Schedule]:
        """The realised schedules of all scenarios, one at a time."""
        return (self.schedule(i) for i in range(len(self)))

    def worst(self, metric: str = "makespan") -> int:
        """Position of the first scenario with the largest value; a dead end only where all are."""
        values, finished = self.values(metric), self.finished
        return int(np.argmax(np.where(finished, values, np.iinfo(np.int64).min)))

    # --- output ---------------------------------------------------------------------------------------

    def as_dict(self, *, values: bool = False, **options: Any) -> dict[str, Any]:
        """Plain data for ``--json``: statistics of every metric (``None`` without a finished scenario), violations.

        Parameters
        ----------
        values
            Also list the values per scenario.
        options
            As of :func:`summarise`.
        """
        names = [*self.metrics, *(["objective"] if len(self.objective) else [])]
        data: dict[str, Any] = {
            "schema": RESULT_SCHEMA,
            "problem": self.problem.name,
            "fingerprint": self.problem.fingerprint(),
            "method": self.method,
            "seed": self.seed,
            "first_scenario": self.first_scenario,
            "scenarios": len(self),
            "finished": int(self.finished.sum()),
            "metrics": {name: self._statistics(name, options) for name in names},
            "deadline_miss_rate": self.deadline_miss_rate().as_dict(),
            "violation_rate": self.violation_rate().as_dict(),
            "violations": {
                code.value: self.violation_rate(code).as_dict() | {"total": int(counts.sum())}
                for code, counts in self.violations.items()
            },
            "deadline_misses": {
                self.problem.tasks[t].name: int(self.deadline_misses[t]) for t in np.flatnonzero(self.deadline_misses)
            },
            "dead_ends": {str(k): reason for k, reason in self.dead_ends.items()},
        }
        if values:
            data["values"] = {name: self.values(name).tolist() for name in names}
        return data

    def _statistics(self, name: str, options: dict[str, Any]) -> dict[str, Any] | None:
        if not self.finished.any():
            return None
        data: dict[str, Any] = _finite(self.summary(name, **options).as_dict())
        return data


def _finite(data: Any) -> Any:
    """``data`` with infinite numbers (the interval of a single scenario) as ``None``, for JSON has none."""
    if isinstance(data, dict):
        return {k: _finite(v) for k, v in data.items()}
    return None if isinstance(data, float) and not np.isfinite(data) else data
