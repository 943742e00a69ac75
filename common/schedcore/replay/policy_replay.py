"""Policy replay: a policy decides online, in many scenarios, on the same noise as a fixed order."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from schedcore.check import Realised, ViolationCode
from schedcore.errors import NoScheduleError, UnsupportedFeatureError
from schedcore.executor import Attempt as ExecutorAttempt
from schedcore.executor import Executor, Policy
from schedcore.metrics import objective_metric, objective_values
from schedcore.model import Placement, Problem, Schedule, StepProfile, Tick
from schedcore.model.arrays import NO_DEADLINE
from schedcore.model.given import check_problem
from schedcore.replay.fixed_order import check_sample
from schedcore.replay.interruptions import Outcome
from schedcore.replay.online import OnlineScenario
from schedcore.replay.outcome import ScenarioOutcome
from schedcore.replay.random_streams import Kind, philox
from schedcore.replay.result import ReplayResult
from schedcore.replay.scenario import NEVER, Scenario
from schedcore.replay.trace import Attempt, Trace
from schedcore.replay.uncertainty import BoundUncertainty, Uncertainty, capacity_of

_MAX_DOUBLINGS = 10


def replay_policy(
    problem: Problem,
    policy: str | Policy,
    uncertainty: Uncertainty | None = None,
    *,
    scenarios: int = 100,
    seed: int = 0,
    first_scenario: int = 0,
) -> ReplayResult:
    """Let ``policy`` decide in every scenario.

    Deadlines and the horizon refuse no start: being late is a violation that is counted.  The policy
    sees an outcome when it has occurred, and plans with the durations of the modes; work that outlasts an
    opening of its resources is a CALENDAR violation.  ``policy.reset`` gets a seed that is a function of
    ``seed`` and the scenario.

    Parameters
    ----------
    problem
        Without cycle.
    policy
        What decides: a policy, or what :func:`schedcore.policies.get_policy` understands.
    uncertainty, scenarios, seed, first_scenario
        As of :func:`schedcore.replay.replay`; a comparison of the two results is paired.

    Returns
    -------
    ReplayResult
        Scenarios that end in a dead end or deadlock are listed in ``dead_ends``.

    Raises
    ------
    ModelError
        If ``problem`` is something else.
    UnknownNameError
        If no policy is called ``policy``.
    UnsupportedFeatureError
        If policy or executor do not understand a feature of the problem.
    IllegalDecisionError
        If the policy asks for a start that the rules forbid.
    """
    from schedcore.policies import get_policy

    check_problem(problem, "replay_policy")
    check_sample(seed, scenarios, first_scenario)
    policy = get_policy(policy)
    missing = problem.features() - policy.features
    if missing:
        raise UnsupportedFeatureError.of(f"policy {policy.name!r}", missing)
    used = Uncertainty() if uncertainty is None else uncertainty
    runner = _Runner(problem, policy, used.bind(problem), seed)
    metrics: dict[str, list[int]] = defaultdict(list)
    objective: list[tuple[int, ...]] = []
    counts: list[Mapping[ViolationCode, int]] = []
    misses = np.zeros(len(problem.tasks), dtype=np.int64)
    dead_ends: dict[int, str] = {}
    names = {"makespan"} | (set() if problem.objective is None else problem.objective.metrics)
    for position in range(scenarios):
        run = runner.run(first_scenario + position)
        schedule, report = run.outcome.schedule, run.outcome.report
        for name in sorted(names):
            metrics[name].append(objective_metric(problem, schedule, name))
        objective.append(objective_values(problem, schedule))
        for name, value in run.counts.items():
            metrics[name].append(value)
        counts.append(report.counts())
        deadline = problem.arrays.deadline[schedule.task]
        misses[schedule.task] += (deadline != NO_DEADLINE) & (schedule.end > deadline)
        if run.dead_end is not None:
            dead_ends[position] = run.dead_end
    codes = [code for code in ViolationCode if any(code in c for c in counts)]
    stages = 0 if problem.objective is None else len(problem.objective.stages)
    return ReplayResult(
        problem,
        policy.name,
        used,
        seed,
        first_scenario,
        {name: np.array(values, dtype=np.int64) for name, values in metrics.items()},
        np.array(objective, dtype=np.int64).reshape(scenarios, stages).T,
        {code: np.array([c.get(code, 0) for c in counts], dtype=np.int64) for code in codes},
        misses,
        lambda position: runner.run(first_scenario + position).outcome,
        dead_ends,
    )


@dataclasses.dataclass(frozen=True, slots=True)
class _Run:
    """One scenario, and the counts that are no metrics of the schedule."""

    outcome: ScenarioOutcome
    counts: dict[str, int]
    dead_end: str | None


class _Runner:
    """Runs scenarios on one executor."""

    def __init__(self, problem: Problem, policy: Policy, bound: BoundUncertainty, seed: int) -> None:
        self.problem, self.policy, self.bound, self.seed = problem, policy, bound, seed
        self.executor = Executor(problem, enforce_deadlines=False)
        self.horizon: Tick = 2 * sum(max(m.duration for m in task.modes) for task in problem.tasks) + 1

    def run(self, index: int) -> _Run:
        """Scenario ``index``."""
        scenario = Scenario(self.bound, self.seed, index)
        horizon = self.horizon
        for _ in range(_MAX_DOUBLINGS):
            online = OnlineScenario(scenario, horizon)
            dead_end = self._execute(online, index)
            # What never ends is booked at NEVER; all other time must lie within the drawn failures.
            ticks = [self.executor.now, *(a.end for a in self.executor.attempts)]
            if not self.bound.breakdowns or max((t for t in ticks if t < NEVER), default=0) < horizon:
                return self._settle(scenario, online, dead_end)
            horizon *= 2
        raise NoScheduleError(
            f"scenario {index} was not finished by tick {horizon}",
            where="breakdowns",
            remedy="with on_break='restart' a task needs a time up that is longer than itself",
        )

    def _execute(self, online: OnlineScenario, index: int) -> str | None:
        """Run to the end; the reason if the end is a dead one."""
        executor = self.executor
        online.executor = executor
        words = philox((self.seed, index), (0, 0, int(Kind.POLICY), 0))
        executor.reset(online)
        self.policy.reset(self.problem, int(words[0]) >> 1)
        try:
            while not executor.done:
                executor.apply(self.policy.decide(executor.state))
        except NoScheduleError as error:
            return str(error)
        return None

    def _settle(self, scenario: Scenario, online: OnlineScenario, dead_end: str | None) -> _Run:
        placements = [p for p in self.executor.finished_placements() if p.end < NEVER]
        cancelled = {t for t, at in self.bound.cancelled.items() if all(p.task != t for p in placements)}
        problem = self.problem
        if cancelled:
            tasks = [dataclasses.replace(t, optional=t.optional or i in cancelled) for i, t in enumerate(problem.tasks)]
            problem = problem.replace(tasks=tuple(tasks))
        attempts = self._attempts(online, placements)
        outcome = ScenarioOutcome(
            scenario.index, problem, Schedule(placements), self._realised(online, placements), Trace(attempts)
        )
        present = {p.task for p in placements}
        mandatory = [i for i, t in enumerate(self.problem.tasks) if not t.optional]
        counts = {
            "blocked_ticks": 0,
            "failed_tasks": len(online.failed & present),
            "retries": sum(a.outcome is Outcome.FAILED for a in attempts),
            "absent_tasks": sum(t not in present for t in mandatory),
        }
        return _Run(outcome, counts, dead_end)

    def _attempts(self, online: OnlineScenario, placements: list[Placement]) -> tuple[Attempt, ...]:
        last = {a.task: a for a in self.executor.attempts}
        found = [self._attempt(online, a, a is last[a.task]) for a in self.executor.attempts]
        for p in placements:
            if self.bound.is_hold(p.task):
                found.append(Attempt(p.task, p.mode, 0, p.start, p.end, Outcome.DONE))
        return tuple(found)

    def _attempt(self, online: OnlineScenario, a: ExecutorAttempt, last: bool) -> Attempt:
        outcome = {"done": Outcome.DONE, "failed": Outcome.FAILED, "aborted": Outcome.BROKEN}[a.outcome]
        if a.end >= NEVER:
            outcome = Outcome.STARVED
        elif outcome is Outcome.DONE and a.task in online.failed:
            outcome = Outcome.GIVEN_UP
        elif outcome is Outcome.BROKEN and last and self.bound.cancelled.get(a.task) == a.end:
            outcome = Outcome.CANCELLED
        return Attempt(a.task, a.mode, a.attempt, a.start, a.end, outcome)

    def _realised(self, online: OnlineScenario, placements: list[Placement]) -> Realised:
        durations: dict[int, Tick] = {}
        for task, mode, start, end in placements:
            elastic = self.problem.tasks[task].modes[mode].is_elastic
            if not self.bound.is_hold(task) and (not elastic or end - start != self.executor.planned[task]):
                durations[task] = end - start
        return Realised(durations, {r: self._capacity(online, r, placements) for r in online.downs})

    def _capacity(self, online: OnlineScenario, r: int, placements: list[Placement]) -> StepProfile:
        """Capacity that was there; what a task held when it was struck counts as long as the task needed it.

        A task that ran when a part of the units went down holds its own until they are up again, one
        that was suspended holds them to its end.
        """
        capacity = capacity_of(self.problem, r)
        calendar = getattr(self.problem.resources[r], "calendar", None) or StepProfile.constant(capacity)
        downs = online.downs[r]
        grace: list[tuple[Tick, Tick, int]] = []
        for task, mode, start, end in placements:
            amount = sum(d.amount for d in self.problem.tasks[task].modes[mode].demands if d.resource == r)
            if not amount or self.bound.is_hold(task):
                continue
            demanded = [d.resource for d in self.problem.tasks[task].modes[mode].demands]
            outages = [
                begin for q in demanded for begin, _, u in online.downs.get(q, ()) if u == 0 and start < begin < end
            ]
            if outages:
                grace.append((min(outages), end, amount))
            else:
                struck = [(b, min(e, end), amount) for b, e, u in downs if start < b < end]
                grace += _disjoint(struck)
        ticks = {0, *(t for t, _ in calendar.points)}
        ticks |= {t for b, e, _ in [*downs, *grace] for t in (b, e) if t < NEVER}
        points: list[tuple[Tick, int]] = []
        for tick in sorted(ticks):
            limit = min((u for b, e, u in downs if b <= tick < e), default=capacity)
            held = sum(amount for b, e, amount in grace if b <= tick < e)
            value = min(capacity, max(min(calendar.at(tick), limit), held))
            if not points or points[-1][1] != value:
                points.append((tick, value))
        return StepProfile(tuple(points))


def _disjoint(struck: list[tuple[Tick, Tick, int]]) -> list[tuple[Tick, Tick, int]]:
    """The same ticks without overlaps; all rows have one amount."""
    found: list[tuple[Tick, Tick, int]] = []
    for begin, end, amount in sorted(struck):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]), amount)
        else:
            found.append((begin, end, amount))
    return found
