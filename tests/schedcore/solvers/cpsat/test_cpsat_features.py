"""Hand-worked cases, one or two per feature; the arithmetic stands beside the number."""

from __future__ import annotations

import pytest

from schedcore.check import check
from schedcore.errors import InputError
from schedcore.model import MAX_TICK, Problem, ProblemBuilder, SelectionKind
from schedcore.solvers import SolveResult, Status, solve
from schedcore.solvers.cpsat import build_model


def optimum(b: ProblemBuilder) -> SolveResult:
    problem = b.build()
    result = solve(problem, "cpsat", time_limit_s=30)
    assert result.status is Status.OPTIMAL
    assert result.schedule is not None
    assert check(problem, result.schedule).ok
    return result


def starts(problem: Problem, result: SolveResult) -> dict[str, int]:
    assert result.schedule is not None
    return {problem.tasks[p.task].name: p.start for p in result.schedule}


# --- modes ----------------------------------------------------------------------------------------


def test_modes_that_differ_in_amount_only_share_one_interval() -> None:
    b = ProblemBuilder()
    r = b.renewable("r", 4)
    for i in range(3):
        b.task(f"t{i}", modes=[b.mode(6, demands={r: 1}), b.mode(3, demands={r: 2}), b.mode(2, demands={r: 4})])
    b.minimise(makespan=1)
    model = build_model(b.build())
    intervals = [c for c in model.model.proto.constraints if c.has_interval()]
    assert len(intervals) == 3
    # Work is 6, 6 or 8 units: three tasks need at least 18 of 4 per tick, 5 ticks. 3 + 2 does it: two tasks of
    # 3 ticks side by side, then the third on all four for 2 ticks.
    assert optimum(b).value == 5


def test_modes_on_different_machines_get_an_interval_each() -> None:
    b = ProblemBuilder()
    m, n = b.unary("m"), b.unary("n")
    for i in range(3):
        b.task(f"t{i}", modes=[b.mode(3, on=m), b.mode(4, on=n)])
    b.minimise(makespan=1)
    assert optimum(b).value == 6  # two on m until 6, one on n until 4


def test_mode_cost_and_mode_links() -> None:
    b = ProblemBuilder()
    a = b.task("a", modes=[b.mode(5, cost=0), b.mode(2, cost=4)])
    c = b.task("c", modes=[b.mode(5, cost=0), b.mode(2, cost=1)])
    b.mode_link(a, 0, c, [0])  # a slow: c slow
    b.lexicographic({"makespan": 1}, {"total_cost": 1})
    result = optimum(b)
    assert result.objective == (2, 5)  # both fast, 4 + 1
    b.lexicographic({"total_cost": 1}, {"makespan": 1})
    assert optimum(b).objective == (0, 5)


# --- calendars and setups -------------------------------------------------------------------------


def test_closed_stretch_of_a_unary_resource() -> None:
    b = ProblemBuilder()
    m = b.unary("m", breaks=[(4, 6)])
    b.task("a", 3, on=m)
    b.task("c", 3, on=m)
    b.task("d", 1, on=m)
    b.minimise(makespan=1)
    assert optimum(b).value == 9  # 3 + 1 before the break, 3 after it


def test_lowered_capacity_of_a_renewable_resource() -> None:
    b = ProblemBuilder()
    r = b.renewable("r", 3, breaks=[(2, 5)])
    b.task("a", 3, demands={r: 1})
    b.task("c", 2, demands={r: 2})
    b.minimise(makespan=1)
    assert optimum(b).value == 8  # c fits before the break; a, of 3 ticks, only after it: 5 + 3


def test_setups_choose_the_sequence_and_count_from_the_initial_state() -> None:
    b = ProblemBuilder()
    m = b.unary("m", transition=[[0, 1, 9], [9, 0, 1], [1, 9, 0]], initial_state=1)
    for state in range(3):
        b.task(f"t{state}", 5, on=m, state=state)
    b.minimise(total_setup=1)
    result = optimum(b)
    # From state 1: t1 (0), then 2 (1), then 0 (1).
    assert result.value == 2
    problem = b.build()
    assert sorted(starts(problem, result), key=starts(problem, result).get) == ["t1", "t2", "t0"]  # type: ignore[arg-type]


def test_forbidden_sequences() -> None:
    b = ProblemBuilder()
    m = b.unary("m", transition=[[0, None], [0, 0]])
    b.task("a", 2, on=m, state=0)
    b.task("c", 3, on=m, state=1)
    b.minimise(total_start=1)
    result = optimum(b)
    assert result.value == 3  # a may not come before c, so a starts at 3
    b.task("d", 1, on=m, state_before=1, state_after=0)
    assert optimum(b).value == 7  # after d comes no c either, so c, d, a: 0 + 3 + 4


# --- lags -----------------------------------------------------------------------------------------


def test_maximum_lag_holds_the_first_task_back() -> None:
    b = ProblemBuilder()
    m = b.unary("m")
    a = b.task("a", 2)
    c = b.task("c", 2, on=m)
    b.task("d", 5, on=m, deadline=5)
    b.lag(a.end, c.start, min=0, max=1)
    b.minimise(total_start=1)
    assert optimum(b).value == 2 + 5  # c waits for d until 5, so a ends at 4 or later and starts at 2


def test_lags_between_all_edges() -> None:
    b = ProblemBuilder()
    a, c = b.task("a", 4), b.task("c", 3)
    b.lag(a.start, c.end, min=9)
    b.lag(a.end, c.end, max=6)
    b.minimise(makespan=1)
    assert optimum(b).value == 9  # c ends 9 after a starts, 5 after a ends
    b.lag(a.end, c.end, max=4)
    problem = b.build()
    assert solve(problem, "cpsat").status is Status.INFEASIBLE  # 9 - 4 = 5 > 4


# --- reservoirs -----------------------------------------------------------------------------------


def test_reservoir_waits_for_what_it_needs() -> None:
    b = ProblemBuilder()
    stock = b.reservoir("stock", initial=1, maximum=3)
    b.task("make", 4, effects=[b.effect(stock, 2)])
    b.task("use", 1, effects=[b.effect(stock, -3, at="start")])
    b.minimise(makespan=1)
    assert optimum(b).value == 5  # 1 + 2 at tick 4, used at once


def test_reservoir_bounds_hold_for_the_net_level_of_a_tick() -> None:
    b = ProblemBuilder()
    stock = b.reservoir("stock", initial=2, maximum=2)
    b.task("make", 3, effects=[b.effect(stock, 2)], deadline=3)
    b.task("use", 2, effects=[b.effect(stock, -2, at="start")], release=3)
    b.minimise(makespan=1)
    assert optimum(b).value == 5  # at tick 3 plus 2 and minus 2: never above 2


def test_charging_takes_as_long_as_is_needed() -> None:
    b = ProblemBuilder()
    battery = b.reservoir("battery", initial=3, maximum=20)
    b.task("charge", 1, duration_max=9, effects=[b.effect(battery, 2, per_tick=True)])
    b.task("fly", 4, effects=[b.effect(battery, -12, at="start")])
    b.minimise(makespan=1)
    assert optimum(b).value == 5 + 4  # 9 units are missing: 5 ticks at 2 per tick


# --- optional tasks -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (SelectionKind.EXACTLY_ONE, -3),
        (SelectionKind.AT_MOST_ONE, -3),
        (SelectionKind.ALL_OR_NONE, -4),  # 3 + 2 - 1
        (SelectionKind.AT_LEAST_ONE, -5),  # 3 + 2
        (SelectionKind.IMPLIES, -4),  # x asks for y and z: 3 + 2 - 1, better than 2
    ],
)
def test_selections(kind: SelectionKind, value: int) -> None:
    b = ProblemBuilder()
    tasks = [b.task(name, 1, optional=True, reward=reward) for name, reward in (("x", 3), ("y", 2), ("z", -1))]
    b.select(kind, *tasks)
    b.maximise(reward=1)
    assert optimum(b).value == value


@pytest.mark.parametrize(
    ("kind", "mandatory", "status"),
    [
        (SelectionKind.EXACTLY_ONE, 2, Status.INFEASIBLE),
        (SelectionKind.AT_MOST_ONE, 2, Status.INFEASIBLE),
        (SelectionKind.EXACTLY_ONE, 1, Status.OPTIMAL),
        (SelectionKind.AT_MOST_ONE, 1, Status.OPTIMAL),
        (SelectionKind.ALL_OR_NONE, 1, Status.OPTIMAL),
        (SelectionKind.AT_LEAST_ONE, 1, Status.OPTIMAL),
        (SelectionKind.IMPLIES, 1, Status.OPTIMAL),
    ],
)
def test_selections_count_mandatory_tasks_as_present(kind: SelectionKind, mandatory: int, status: Status) -> None:
    b = ProblemBuilder()
    tasks = [b.task(f"t{i}", 1, optional=i >= mandatory) for i in range(3)]
    b.select(kind, *tasks)
    b.minimise(absent_count=-1)
    result = solve(b.build(), "cpsat")
    assert result.status is status
    if status is Status.OPTIMAL:
        alone = kind in (SelectionKind.EXACTLY_ONE, SelectionKind.AT_MOST_ONE)
        forced = kind in (SelectionKind.ALL_OR_NONE, SelectionKind.IMPLIES)
        assert result.value == (-2 if alone else 0 if forced else -2)


# --- elastic tasks, holds, zero length ------------------------------------------------------------


def test_hold_occupies_from_edge_to_edge() -> None:
    b = ProblemBuilder()
    qubit = b.renewable("qubit", 1)
    first, second = b.task("first", 2), b.task("second", 2, release=5)
    b.hold("keep", first.start, second.end, on=qubit)
    b.task("other", 3, on=qubit)
    b.minimise(makespan=1)
    assert optimum(b).value == 7  # other before the hold: first starts at 3, second ends at 7


def test_what_lasts_no_time_occupies_nothing() -> None:
    b = ProblemBuilder()
    m, r = b.unary("m", breaks=[(8, 12)]), b.renewable("r", 1)
    b.task("long", 8, on=[m, r])
    b.task("nothing", 0, on=m, release=4, deadline=4)
    b.task("closed", 0, on=m, release=9, deadline=9)
    b.task("elastic", 0, duration_max=5, on=r, release=3, deadline=3)
    b.minimise(makespan=1)
    assert optimum(b).value == 9


# --- cycles ---------------------------------------------------------------------------------------


def test_variable_period_of_a_software_pipeline() -> None:
    # Three stages of 4, 6 and 3 ticks on machines of their own: the slowest sets the pace, 6.
    b = ProblemBuilder()
    tasks = [b.task(f"s{k}", d, on=b.unary(f"m{k}")) for k, d in enumerate((4, 6, 3))]
    b.chain(*tasks)
    b.cycle(1, 30)
    b.lexicographic({"period": 1}, {"makespan": 1})
    result = optimum(b)
    assert result.objective == (6, 13)
    # At most one round under way in the pipeline: round 1 of the first begins after round 0 of the last.
    b.precedence(tasks[2], tasks[0], iterations=1)
    assert optimum(b).objective == (13, 13)


def test_work_longer_than_the_period_counts_several_times() -> None:
    b = ProblemBuilder()
    r = b.renewable("r", 3)
    b.task("long", 10, demands={r: 1})
    b.task("short", 2, demands={r: 1})
    b.cycle(1, 30)
    b.minimise(period=1)
    # Period 4: ceil(10 / 4) = 3 copies fill the resource for 2 of 4 ticks, short takes the other 2; work is 12 of 12.
    assert optimum(b).value == 4


def test_steady_state_of_a_reservoir() -> None:
    # Each round makes one unit at its end and uses one at the start of the next task; none in stock at first.
    b = ProblemBuilder()
    stock = b.reservoir("stock", initial=0, maximum=1)
    b.task("make", 3, on=b.unary("m"), effects=[b.effect(stock, 1)])
    b.task("use", 3, on=b.unary("n"), effects=[b.effect(stock, -1, at="start")])
    b.cycle(3, 9)
    b.lexicographic({"period": 1}, {"makespan": 1})
    assert optimum(b).objective == (3, 6)  # use starts at 3, the very tick at which make ends


def test_round_that_does_not_net_to_zero_is_infeasible() -> None:
    b = ProblemBuilder()
    stock = b.reservoir("stock", initial=0, maximum=9)
    b.task("make", 1, effects=[b.effect(stock, 1)])
    b.cycle(3)
    assert solve(b.build(), "cpsat").status is Status.INFEASIBLE


def test_load_above_the_largest_period_is_infeasible_in_words() -> None:
    b = ProblemBuilder()
    m = b.unary("m")
    b.task("a", 4, on=m)
    b.task("c", 4, on=m)
    b.cycle(2, 7)
    result = solve(b.build(), "cpsat")
    assert result.status is Status.INFEASIBLE
    assert "need a period of at least 8 ticks, 7 is the largest" in result.message


# --- objectives, statuses -------------------------------------------------------------------------


def test_stages_are_solved_in_order_of_importance() -> None:
    b = ProblemBuilder()
    m = b.unary("m")
    b.task("a", 4, on=m, due=4, weight=1)
    b.task("c", 3, on=m, due=3, weight=5)
    b.lexicographic({"weighted_tardiness": 1}, {"total_completion": 1}, {"makespan": 1})
    assert optimum(b).objective == (3, 10, 7)  # c first: a is 3 late; ends 3 and 7


def test_without_objective_any_schedule_is_optimal() -> None:
    b = ProblemBuilder()
    b.task("a", 4)
    result = optimum(b)
    assert (result.objective, result.bound, result.value, result.gap) == ((), None, None, None)


def test_empty_problem() -> None:
    b = ProblemBuilder()
    b.minimise(makespan=1)
    assert optimum(b).objective == (0,)


def test_infeasible_problem() -> None:
    b = ProblemBuilder()
    m = b.unary("m")
    b.task("a", 3, on=m, deadline=4)
    b.task("c", 3, on=m, deadline=4)
    result = solve(b.build(), "cpsat")
    assert (result.status, result.schedule, result.objective) == (Status.INFEASIBLE, None, ())
    assert "no schedule exists" in result.message


def test_numbers_that_are_too_large_for_cpsat_are_refused_in_words() -> None:
    b = ProblemBuilder()
    for i in range(4):
        b.task(f"t{i}", MAX_TICK // 8)
    b.minimise(total_completion=2**40)
    with pytest.raises(InputError, match=r"CP-SAT refuses the model: .*overflow.*coarser tick"):
        solve(b.build(), "cpsat")


def test_period_of_overlapping_batches_is_proven() -> None:
    # Two batches, three operators each, shares of a device and of its bandwidth to choose from.  Exhaustive over
    # the fixed periods 118 to 133 (each proven infeasible on its own) and 134.  Bug: without lags on phases, the
    # proof did not end within minutes.
    b = ProblemBuilder()
    device, bandwidth = b.renewable("device", 1000), b.renewable("bandwidth", 1000)
    operators = (
        ([(100, 400), (67, 600), (40, 1000)], 100),
        ([(50, 200), (36, 400), (25, 700)], 600),
        ([(30, 200), (22, 400), (15, 700)], 200),
    )
    for k in range(2):
        tasks = []
        for i, (shares, traffic) in enumerate(operators):
            modes = [b.mode(ticks, demands={device: share, bandwidth: traffic}) for ticks, share in shares]
            tasks.append(b.task(f"{k}.{i}", modes=modes))
        b.chain(*tasks)
        b.precedence(tasks[-1], tasks[0], iterations=1)
    b.cycle(1, 360)
    b.lexicographic({"period": 1}, {"makespan": 1})
    assert optimum(b).objective == (134, 192)


def test_later_stages_are_improved_even_if_an_earlier_one_is_not_proven() -> None:
    b = ProblemBuilder()
    machines = [b.unary(f"m{k}") for k in range(8)]
    for j in range(15):
        b.chain(*(b.task(f"{j}.{k}", 5 + (7 * j + 11 * k) % 23, on=machines[(3 * j + 5 * k) % 8]) for k in range(8)))
    spare = b.task("spare", 1, optional=True)
    b.lexicographic({"makespan": 1}, {"absent_count": 1})
    problem = b.build()
    # The makespan is hard to prove; whether it is or not, the second stage gets its turn.
    result = solve(problem, "cpsat", time_limit_s=2)
    assert result.schedule is not None
    assert result.schedule.of(spare.id) is not None
    assert result.objective[1] == 0
