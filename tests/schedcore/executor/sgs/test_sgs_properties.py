"""Laws of list scheduling over generated problems: whatever comes out is feasible, and what the scheme promises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies_core import FEATURES, Case, cases

from schedcore.check import check
from schedcore.errors import NoScheduleError
from schedcore.executor import Executor
from schedcore.executor.sgs import ListScheduler, order_keys, parallel_sgs, serial_sgs
from schedcore.executor.sgs.chronological import COMPILED, chronological, dispatch, non_delay
from schedcore.metrics import objective_values
from schedcore.model import Objective, Problem, Schedule, Task, TimeLag
from schedcore.policies import PriorityPolicy
from schedcore.solvers.exhaustive import ExhaustiveSolver
from schedcore.solvers.protocol import Limits, Status

PLAIN = ("unary", "renewable", "release", "min_lag", "zero", "job", "due")
CARRIED = ("unary", "setup", "calendar", "renewable", "reservoir", "effect_per_tick", "multi_mode", "zero", "release",
           "deadline", "due", "horizon", "min_lag", "job")  # fmt: skip
RULES = ("spt", "lpt", "mwkr", "mor", "fifo", "edd", "mdd", "atc", "covert", "edf", "rm", "llf", "cp", "wspt", "cr",
         "sopn")  # fmt: skip


@st.composite
def plain_problems(draw: st.DrawFn, max_tasks: int = 10, without: tuple[str, ...] = ()) -> Case:
    """Without lags that bind a start from above, so that every order gives a schedule."""
    problem, schedule = draw(cases(features=[f for f in PLAIN if f not in without], max_tasks=max_tasks))
    lags = tuple(lag for lag in problem.lags if orders(problem, lag))
    return Case(problem.replace(lags=lags), schedule)


def orders(problem: Problem, lag: TimeLag) -> bool:
    """Whether a lag is a minimum of at least 0 from an end to a start."""
    return lag.max is None and lag.min is not None and lag.min >= 0 and lag.a_edge == 1 and lag.b_edge == 0


def names_the_reason(error: NoScheduleError, scheme: str) -> None:
    assert any(word in str(error) for word in (scheme, "optional", "selection"))


def shuffled(case: Case, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).permutation(len(case.problem.tasks)).astype(float)


@settings(max_examples=80, deadline=None)
@given(cases(max_tasks=9), st.integers(0, 9), st.sampled_from(["needed", "longest", "shortest"]))
def test_serial_is_feasible_or_says_why(case: Case, seed: int, elastic: str) -> None:
    try:
        made = serial_sgs(case.problem, shuffled(case, seed), elastic=elastic, max_repairs=30)
    except NoScheduleError as error:
        names_the_reason(error, "list scheduling")
        return
    report = check(case.problem, made)
    assert report.ok, report.to_text()


@settings(max_examples=40, deadline=None)
@given(cases(max_tasks=9), st.integers(0, 9))
def test_parallel_is_feasible_or_says_why(case: Case, seed: int) -> None:
    try:
        made = parallel_sgs(case.problem, shuffled(case, seed), max_repairs=10)
    except NoScheduleError:
        return
    report = check(case.problem, made)
    assert report.ok, report.to_text()


@settings(max_examples=40, deadline=None)
@given(cases(max_tasks=7, cyclic=True), st.integers(0, 9))
def test_cyclic_is_feasible_or_says_why(case: Case, seed: int) -> None:
    try:
        made = serial_sgs(case.problem, shuffled(case, seed))
    except NoScheduleError as error:
        names_the_reason(error, "modulo scheduling")
        return
    report = check(case.problem, made)
    assert report.ok, report.to_text()
    assert made.cycle is not None


@settings(max_examples=40, deadline=None)
@given(plain_problems(max_tasks=12), st.integers(0, 9))
def test_plain_problems_always_get_a_schedule_and_both_passes_agree(case: Case, seed: int) -> None:
    keys = shuffled(case, seed)
    scheduler = ListScheduler(case.problem)
    found = scheduler.serial(keys)
    assert isinstance(found, Schedule)
    if scheduler.is_plain:
        # Modes given by name send the same problem through the pass with every feature.
        assert scheduler.serial(keys, modes=[0] * len(case.problem.tasks)) == found


@settings(max_examples=40, deadline=None)
@given(plain_problems(), st.integers(0, 9))
def test_serial_schedules_are_active(case: Case, seed: int) -> None:
    """No task can start one tick earlier while all others stay: serial SGS makes active schedules."""
    made = serial_sgs(case.problem, shuffled(case, seed))
    for row in made:
        if row.start == 0:
            continue
        for start in {0, row.start // 2, row.start - 1}:
            moved = [p if p.task != row.task else p._replace(start=start, end=start + p.end - p.start) for p in made]
            assert not check(case.problem, Schedule(moved)).ok


@settings(max_examples=40, deadline=None)
@given(plain_problems(without=("renewable",)))
def test_in_the_order_of_a_schedule_nothing_starts_later_than_there(case: Case) -> None:
    """On unary resources alone: by induction all that ran before a task there has ended no later than there."""
    rows = sorted(case.schedule, key=lambda p: (p.start, p.end, p.task))
    made = serial_sgs(case.problem, order_keys(case.problem, [p.task for p in rows]))
    assert (made.start <= case.schedule.start).all()


def semi_active(problem: Problem, order: list[int]) -> dict[int, int]:
    """Starts when every task is put behind the last one on its machines: plain Python, for unary resources."""
    starts: dict[int, int] = {}
    free: dict[int, int] = {}
    for t in order:
        mode = problem.tasks[t].modes[0]
        at = problem.tasks[t].release
        for lag in problem.lags:
            if lag.b == t:
                at = max(at, starts[lag.a] + problem.tasks[lag.a].modes[0].duration + (lag.min or 0))
        if mode.duration:
            at = max([at, *(free.get(d.resource, 0) for d in mode.demands)])
            free |= {d.resource: at + mode.duration for d in mode.demands}
        starts[t] = at
    return starts


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_order_of_a_semi_active_schedule_without_gaps_is_reproduced(seed: int) -> None:
    """In the order of its own starts a semi-active job shop whose gaps nothing fits into comes back tick by tick.

    Serial SGS may insert into gaps, so a schedule comes back if and only if it is active; left-shifting in the
    order of starts is iterated until nothing moves, which happens at an active schedule.
    """
    rng = np.random.default_rng(seed)
    problem = job_shop(rng, 4, 3)
    order = interleaved(rng, 4, 3)
    starts = semi_active(problem, order)
    for _ in range(30):
        order = sorted(starts, key=lambda t: (starts[t], order.index(t)))
        made = serial_sgs(problem, order_keys(problem, order))
        again = dict(zip(made.task.tolist(), made.start.tolist(), strict=True))
        assert all(again[t] <= starts[t] for t in starts)  # left shifts only
        if again == starts:
            break
        starts = again
    else:
        pytest.fail("the left shifts do not end")
    assert semi_active(problem, sorted(starts, key=lambda t: (starts[t], order.index(t)))) == starts


def job_shop(rng: np.random.Generator, jobs: int, machines: int) -> Problem:
    from schedcore.model import Demand, Mode, Unary

    tasks, lags = [], []
    for j in range(jobs):
        for k, m in enumerate(rng.permutation(machines).tolist()):
            tasks.append(Task(f"t{j}.{k}", (Mode(int(rng.integers(1, 9)), (Demand(m),)),)))
            if k:
                lags.append(TimeLag(len(tasks) - 2, len(tasks) - 1, 0))
    objective = Objective(((("makespan", 1),),))
    return Problem("shop", tuple(Unary(f"m{m}") for m in range(machines)), tuple(tasks), lags=tuple(lags),
                   objective=objective)  # fmt: skip


def interleaved(rng: np.random.Generator, jobs: int, machines: int) -> list[int]:
    turns = rng.permutation(np.repeat(np.arange(jobs), machines)).tolist()
    done = [0] * jobs
    order = []
    for j in turns:
        order.append(j * machines + done[j])
        done[j] += 1
    return order


def on_executor(problem: Problem, policy: PriorityPolicy, seed: int = 0) -> Schedule | None:
    """The same rule, decision by decision."""
    executor = Executor(problem)
    policy.reset(problem, seed)
    try:
        while not executor.done:
            executor.apply(policy.decide(executor.state))
    except NoScheduleError:
        return None
    return executor.schedule()


@settings(max_examples=80, deadline=None)
@given(cases(features=CARRIED, max_tasks=10), st.sampled_from(RULES))
def test_compiled_dispatching_is_the_executor(case: Case, rule: str) -> None:
    policy = PriorityPolicy(rule)
    slow = on_executor(case.problem, policy)
    policy.reset(case.problem, 0)
    fast = non_delay(case.problem, policy)
    if fast is not None:
        assert fast == slow
    elif slow is not None:
        # Only what the compiled path does not carry may be left to the executor.
        carried = all(f in COMPILED or f.startswith("objective:") for f in case.problem.features())
        policy.reset(case.problem, 0)
        assert not carried or not ordering_only(case.problem), rule


def ordering_only(problem: Problem) -> bool:
    """Whether all lags are minimum lags from ends to starts that order their tasks."""
    return all(orders(problem, lag) for lag in problem.lags)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(RULES))
def test_shop_path_chronological_path_and_executor_agree(seed: int, rule: str) -> None:
    problem = job_shop(np.random.default_rng(seed), 5, 3)
    policy = PriorityPolicy(rule)
    slow = on_executor(problem, policy)
    policy.reset(problem, 0)
    shop = dispatch(problem, policy)
    found = chronological(problem, policy)
    assert found is not None
    assert found[0] == slow
    assert (shop is None) == policy.rule.dynamic
    assert shop in (None, slow)


@settings(max_examples=40, deadline=None)
@given(plain_problems(), st.integers(0, 9))
def test_parallel_schedules_are_non_delay(case: Case, seed: int) -> None:
    """At no tick could a task that waits start: its lags and release are met, its units free from then on."""
    problem = case.problem
    made = parallel_sgs(problem, shuffled(case, seed))
    assert check(problem, made).ok
    at = {p.task: p for p in made}
    capacity = {r: getattr(resource, "capacity", 1) for r, resource in enumerate(problem.resources)}
    for row in made:
        low = problem.tasks[row.task].release
        for lag in problem.lags:
            if lag.b == row.task and lag.min is not None:
                low = max(low, at[lag.a].end + lag.min)
        mode = problem.tasks[row.task].modes[0]
        for tick in range(max(low, 0), row.start):
            # What runs at ``tick`` and what starts exactly then were there before: one of the demands must not fit.
            used = {
                d.resource: sum(
                    e.amount
                    for p in made
                    if p.start <= tick < p.end and p.task != row.task
                    for e in problem.tasks[p.task].modes[0].demands
                    if e.resource == d.resource
                )
                for d in mode.demands
            }
            assert any(used[d.resource] + d.amount > capacity[d.resource] for d in mode.demands), (row, tick)


@settings(max_examples=40, deadline=None)
@given(cases(features=[f for f in FEATURES if f not in ("hold", "elastic")], max_tasks=3, objective=True))
def test_never_better_than_the_optimum(case: Case) -> None:
    problem = case.problem
    horizon = int(max(case.schedule.end, default=0)) + 2
    if len(problem.tasks) > 4 or horizon > 25:
        return
    problem = problem.replace(horizon=min(problem.horizon or horizon, horizon))
    best = ExhaustiveSolver().solve(problem, limits=Limits(time_limit_s=2.0))
    for scheme in (serial_sgs, parallel_sgs):
        try:
            made = scheme(problem)
        except NoScheduleError:
            continue
        assert check(problem, made).ok
        assert best.status is not Status.INFEASIBLE
        if best.status is Status.OPTIMAL and best.objective:
            assert tuple(objective_values(problem, made)) >= best.objective


@settings(max_examples=40, deadline=None)
@given(cases(max_tasks=8, cyclic=None), st.sampled_from(["cp", "random", "spt"]))
def test_same_seed_same_schedule(case: Case, rule: str) -> None:
    def attempt() -> object:
        try:
            return serial_sgs(case.problem.replace(name="again"), rule, seed=7)
        except NoScheduleError as error:
            return str(error)

    assert attempt() == attempt()
