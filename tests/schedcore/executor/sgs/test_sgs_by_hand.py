"""Serial SGS on examples small enough to work out by hand; the arithmetic stands beside each."""

from __future__ import annotations

import pytest

from schedcore.check import check
from schedcore.errors import InputError, NoScheduleError
from schedcore.executor.sgs import order_keys, parallel_sgs, serial_sgs
from schedcore.model import Problem, ProblemBuilder, StepProfile, TaskRef


def spans(problem: Problem, order: list[TaskRef] | None = None, **options: object) -> dict[str, tuple[int, int]]:
    """Start and end by name, of the tasks in ``order`` (by default in order of their ids); checked."""
    ids = range(len(problem.tasks)) if order is None else [t.id for t in order]
    ids = [*ids, *(t for t in range(len(problem.tasks)) if t not in set(ids))]
    made = serial_sgs(problem, order_keys(problem, ids), **options)  # type: ignore[arg-type]
    report = check(problem, made)
    assert report.ok, report.to_text()
    return {problem.tasks[p.task].name: (p.start, p.end) for p in made}


def modes_of(problem: Problem) -> dict[str, int]:
    made = serial_sgs(problem, order_keys(problem, range(len(problem.tasks))))
    return {problem.tasks[p.task].name: p.mode for p in made}


def test_a_task_goes_into_an_earlier_gap_that_is_long_enough() -> None:
    b = ProblemBuilder()
    m = b.unary("m")
    b.task("early", 2, on=m)  # [0, 2)
    b.task("late", 3, on=m, release=5)  # [5, 8): leaves a gap of 3 from 2 to 5
    b.task("fits", 3, on=m)  # 2 + 3 = 5
    b.task("too long", 4, on=m)  # nowhere before the last end
    assert spans(b.build()) == {"early": (0, 2), "late": (5, 8), "fits": (2, 5), "too long": (8, 12)}


def test_two_machines_at_once_need_a_common_gap() -> None:
    b = ProblemBuilder()
    m, k = b.unary("m"), b.unary("k")
    b.task("on m", 4, on=m)  # m busy [0, 4)
    b.task("on k", 3, on=k, release=5)  # k busy [5, 8)
    b.task("both", 2, on=[m, k])  # m free from 4, k only until 5: 1 tick is too little, so from 8
    b.task("short", 1, on=[m, k])  # [4, 5)
    assert spans(b.build()) == {"on m": (0, 4), "on k": (5, 8), "both": (8, 10), "short": (4, 5)}


def test_a_calendar_is_never_interrupted_and_capacity_follows_it() -> None:
    b = ProblemBuilder()
    m = b.unary("m", breaks=[(4, 6)])
    crew = b.renewable("crew", 3, calendar=StepProfile(((0, 3), (5, 1), (9, 3))))
    b.task("a", 3, on=m)  # [0, 3)
    b.task("b", 2, on=m)  # [3, 5) would run into the break at 4: from 6
    b.task("c", 1, on=m)  # the tick before the break
    b.task("two", 6, demands={crew: 2})  # 5 ticks until only 1 unit is left: from 9
    b.task("one", 6, demands={crew: 1})  # always one unit
    b.task("also", 5, demands={crew: 2})  # [0, 5) beside one: 3 units
    assert spans(b.build()) == {
        "a": (0, 3), "b": (6, 8), "c": (3, 4), "two": (9, 15), "one": (0, 6), "also": (0, 5),
    }  # fmt: skip


def test_setups_to_both_neighbours_decide_whether_a_gap_serves() -> None:
    b = ProblemBuilder()
    m = b.unary("m", transition=[[0, 1, 2], [3, 0, 1], [1, 4, 0]], initial_state=1)
    b.task("a", 2, on=m, state=0)  # from the initial state 1 to 0: 3 ticks, [3, 5)
    b.task("z", 2, on=m, state=0, release=11)  # after a: 0 ticks, [11, 13)
    # Between 5 and 11: b needs 0 -> 1 of 1, 2 ticks of work and 1 -> 0 of 3: 5 + 1 + 2 + 3 = 11, just enough.
    b.task("b", 2, on=m, state=1)
    # Before a: 1 -> 2 of 1, 1 tick, 2 -> 0 of 1: 1 + 1 + 1 = 3, just enough.
    b.task("c", 1, on=m, state=2)
    assert spans(b.build()) == {"a": (3, 5), "z": (11, 13), "b": (6, 8), "c": (1, 2)}


def test_one_tick_more_does_not_fit_between_the_setups() -> None:
    b = ProblemBuilder()
    m = b.unary("m", transition=[[0, 1], [3, 0]], initial_state=0)
    b.task("a", 2, on=m, state=0)  # [0, 2)
    b.task("z", 2, on=m, state=0, release=8)  # [8, 10)
    b.task("b", 3, on=m, state=1)  # 2 + 1 + 3 + 3 = 9 > 8; after z: 10 + 1
    assert spans(b.build()) == {"a": (0, 2), "z": (8, 10), "b": (11, 14)}


def test_a_forbidden_transition_sends_a_task_elsewhere() -> None:
    b = ProblemBuilder()
    m = b.unary("m", transition=[[0, None, 1], [0, 0, 0], [0, 1, 0]])
    b.task("a", 2, on=m, state=0)  # [0, 2)
    b.task("via", 2, on=m, state=2, release=6)  # [6, 8)
    b.task("b", 1, on=m, state=1)  # not after a (0 -> 1); before a there is no room; after via 8 + 1
    assert spans(b.build()) == {"a": (0, 2), "via": (6, 8), "b": (9, 10)}


def test_forbidden_everywhere_is_named() -> None:
    b = ProblemBuilder()
    m = b.unary("m", transition=[[0, None], [None, 0]], initial_state=0)
    b.task("b", 1, on=m, state=1)
    with pytest.raises(NoScheduleError, match="task 'b': there is no room at any time on 'm'"):
        spans(b.build())


def test_reservoir_levels_hold_consumers_and_producers_back() -> None:
    b = ProblemBuilder()
    tank = b.reservoir("tank", initial=2, maximum=5)
    b.task("fill", 4, effects=[b.effect(tank, 3, at="end")])  # level 2 -> 5 at 4
    b.task("draw 4", 2, effects=[b.effect(tank, -4, at="start")])  # 4 units are there from 4 on: 5 -> 1
    b.task("draw 2", 1, effects=[b.effect(tank, -2, at="start")])
    # draw 2 at 0 would leave 0, then 3 at 4, then -1: nothing may come later that has no stock. The last level is 1.
    b.task("fill again", 1, effects=[b.effect(tank, 2, at="end")])
    # fill again fits at once: 4 until 4, at 4 the net change 3 - 4 gives 3.  Then draw 2, put aside, starts at 0:
    # 2 - 2 = 0, + 2 at 1 = 2, + 3 - 4 at 4 = 1.
    assert spans(b.build()) == {"fill": (0, 4), "draw 4": (4, 6), "draw 2": (0, 1), "fill again": (0, 1)}


def test_a_full_reservoir_makes_a_producer_wait() -> None:
    b = ProblemBuilder()
    tank = b.reservoir("tank", initial=4, maximum=5)
    b.task("draw", 1, release=7, effects=[b.effect(tank, -3, at="end")])  # 4 -> 1 at 8
    b.task("fill", 3, effects=[b.effect(tank, 2, at="end")])  # 6 > 5 before 8: ends at 8 at the earliest
    assert spans(b.build()) == {"draw": (7, 8), "fill": (5, 8)}


def test_elastic_work_lasts_as_long_as_the_stock_needs() -> None:
    b = ProblemBuilder()
    battery = b.reservoir("battery", initial=2, maximum=20)
    b.task("charge", 1, duration_max=10, effects=[b.effect(battery, 2, at="end", per_tick=True)])
    b.task("drive", 3, effects=[b.effect(battery, -7, at="start")])
    problem = b.build()
    # 7 units are needed, 2 are there: ceil(5 / 2) = 3 ticks of charging.
    assert spans(problem) == {"charge": (0, 3), "drive": (3, 6)}
    # As long as it may be: the level allows floor(18 / 2) = 9 ticks, the mode 10.
    assert spans(problem, elastic="longest") == {"charge": (0, 9), "drive": (9, 12)}


def test_an_elastic_task_reaches_the_end_that_a_lag_asks_for() -> None:
    b = ProblemBuilder()
    a = b.task("a", 2)
    c = b.task("c", 1, duration_max=9)
    b.lag(a.end, c.end, min=5)  # c ends at 7 at the earliest: it starts at 6 and stays short
    d = b.task("d", 1, duration_max=9)
    b.lag(a.end, d.end, min=5)
    b.lag(a.end, d.start, min=0, max=1)  # d starts by 3, so it lasts 4 ticks
    assert spans(b.build()) == {"a": (0, 2), "c": (6, 7), "d": (3, 7)}


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        (("start", "start"), 3 + 2),  # start of b: start of a + 2
        (("start", "end"), 3 + 2 - 4 + 0),  # end of b at 5 at the earliest: start 1
        (("end", "start"), 3 + 5 + 2),
        (("end", "end"), 3 + 5 + 2 - 4),
    ],
)
def test_minimum_lags_bind_the_edges_they_name(edges: tuple[str, str], expected: int) -> None:
    b = ProblemBuilder()
    a = b.task("a", 5, release=3)  # [3, 8)
    c = b.task("c", 4)
    b.lag(getattr(a, edges[0]), getattr(c, edges[1]), min=2)
    assert spans(b.build())["c"] == (expected, expected + 4)


def test_a_hold_keeps_its_stand_from_opening_to_closing() -> None:
    b = ProblemBuilder()
    stand = b.unary("stand")
    crew = b.unary("crew")
    jobs = []
    for name in ("a", "c"):
        land, leave = b.task(f"{name} lands", 1), b.task(f"{name} leaves", 2, on=crew)
        b.precedence(land, leave, lag=3)
        b.hold(f"{name} stands", land.end, leave.start, on=stand)
        jobs += [land, leave]
    # a: lands [0, 1), leaves [4, 6), stands [1, 4).  c can take the stand at 4: lands [3, 4), leaves from 7.
    assert spans(b.build(), jobs) == {
        "a lands": (0, 1), "a leaves": (4, 6), "a stands": (1, 4),
        "c lands": (3, 4), "c leaves": (7, 9), "c stands": (4, 7),
    }  # fmt: skip


def test_the_mode_that_ends_first_is_taken() -> None:
    b = ProblemBuilder()
    quick, slow = b.unary("quick"), b.unary("slow")
    for name in "abc":
        b.task(name, modes=[b.mode(5, on=slow), b.mode(3, on=quick)])
    # a: quick ends at 3; c: slow at 5 before quick at 6 -> b is on slow; then quick [3, 6) before slow [5, 10).
    problem = b.build()
    assert spans(problem) == {"a": (0, 3), "b": (0, 5), "c": (3, 6)}
    assert modes_of(problem) == {"a": 1, "b": 0, "c": 1}
    forced = serial_sgs(problem, order_keys(problem, [0, 1, 2]), modes=[0, None, None])
    assert forced.mode.tolist() == [0, 1, 1]  # a on slow [0, 5); b quick [0, 3); c quick [3, 6)
    assert forced.end.tolist() == [5, 3, 6]


def test_a_mode_link_rules_the_faster_mode_out() -> None:
    b = ProblemBuilder()
    a = b.task("a", modes=[b.mode(3), b.mode(4)])
    c = b.task("c", modes=[b.mode(1), b.mode(6)])
    b.mode_link(a, 0, c, [1])  # a takes its mode 0, so c must take mode 1
    problem = b.build()
    assert spans(problem) == {"a": (0, 3), "c": (0, 6)}
    assert modes_of(problem) == {"a": 0, "c": 1}
    assert spans(problem, [c, a]) == {"c": (0, 1), "a": (0, 4)}  # the other way round: c in mode 0 forbids a's mode 0


def test_selections_decide_which_optional_tasks_are_there() -> None:
    b = ProblemBuilder()
    m = b.unary("m")
    b.task("must", 4, on=m)
    poor = b.task("poor", 1, on=m, optional=True, reward=1)
    rich = b.task("rich", 2, on=m, optional=True, reward=5)
    b.task("unpaid", 1, on=m, optional=True)
    b.select("exactly_one", poor, rich)
    b.maximise(reward=1)
    problem = b.build()
    chosen = spans(problem)
    assert chosen["must"] == (0, 4)
    assert ("poor" in chosen) != ("rich" in chosen)
    assert "unpaid" not in spans(problem, optional="none")
    assert spans(problem, optional="all")["unpaid"][1] <= 7  # 4 + 2 + 1 at most


def test_an_optional_task_without_room_is_left_out() -> None:
    b = ProblemBuilder()
    m = b.unary("m")
    b.task("must", 4, on=m)
    b.task("extra", 2, on=m, optional=True, reward=3, deadline=5)  # [4, 6) is too late
    assert spans(b.build()) == {"must": (0, 4)}


def test_a_late_task_is_moved_to_the_front() -> None:
    b = ProblemBuilder()
    m = b.unary("m")
    b.task("a", 4, on=m)
    b.task("urgent", 3, on=m, deadline=5)  # behind a: 7 > 5; first: [0, 3)
    assert spans(b.build()) == {"a": (3, 7), "urgent": (0, 3)}


def test_deadlines_that_exclude_each_other_are_reported() -> None:
    b = ProblemBuilder()
    m = b.unary("m")
    for name in "ac":
        b.task(name, 3, on=m, deadline=5)  # 3 + 3 = 6 > 5
    with pytest.raises(NoScheduleError, match="it would end after 5"):
        spans(b.build())


def test_a_maximum_lag_is_repaired_by_starting_the_first_task_later() -> None:
    b = ProblemBuilder()
    m = b.unary("m")
    b.task("busy", 6, on=m)  # [0, 6)
    a, c = b.task("a", 2), b.task("c", 3, on=m)
    b.lag(a.end, c.start, min=0, max=1)  # a ends at 2, c starts at 6: 3 too late; so a starts 3 later
    assert spans(b.build()) == {"busy": (0, 6), "a": (3, 5), "c": (6, 9)}


def test_a_maximum_lag_that_no_repair_meets_is_named() -> None:
    b = ProblemBuilder()
    m = b.unary("m", breaks=[(4, 10)])
    a, c = b.task("a", 2, deadline=2), b.task("c", 5, on=m)
    b.lag(a.end, c.start, min=0, max=3)  # c runs 5 ticks: from 10; a would have to end at 7, its deadline is 2
    with pytest.raises(NoScheduleError, match="task 'a'|task 'c'"):
        spans(b.build())


def test_contradictory_lags_are_named() -> None:
    b = ProblemBuilder()
    a, c = b.task("a", 2), b.task("c", 3)
    b.precedence(a, c)
    b.lag(a.start, c.start, max=1)
    with pytest.raises(NoScheduleError, match="the lags contradict each other"):
        spans(b.build())


def test_a_circle_of_precedences_is_reported() -> None:
    b = ProblemBuilder()
    a, c = b.task("a", 2), b.task("c", 3)
    b.precedence(a, c)
    b.precedence(c, a)
    with pytest.raises(NoScheduleError, match="wait for each other|contradict"):
        spans(b.build())


def test_parallel_does_not_look_into_gaps() -> None:
    b = ProblemBuilder()
    m = b.unary("m")
    b.task("long", 5, on=m, release=1)
    b.task("short", 2, on=m)
    # Non-delay: at 0 only short can start, at 2 long.  Serial: long [1, 6), then short, for which 0 to 1 is too little.
    problem = b.build()
    made = parallel_sgs(problem, [0.0, 1.0])
    assert [(p.start, p.end) for p in made] == [(2, 7), (0, 2)]
    assert spans(problem) == {"long": (1, 6), "short": (6, 8)}


# --- cyclic ---------------------------------------------------------------------------------------


def test_a_period_below_the_length_of_a_round() -> None:
    b = ProblemBuilder()
    m, k = b.unary("m"), b.unary("k")
    a, c = b.task("a", 3, on=m), b.task("c", 3, on=k)
    b.precedence(a, c)
    b.cycle(1, 20)
    problem = b.build()
    made = serial_sgs(problem)
    assert check(problem, made).ok
    # One round takes 3 + 3 = 6 ticks, but each machine works 3: rounds overlap and the period is 3.
    assert made.cycle == 3
    assert made.end.max() - made.start.min() == 6


def test_a_lag_over_rounds_bounds_the_period() -> None:
    b = ProblemBuilder()
    a, c = b.task("a", 4), b.task("c", 5)
    b.precedence(a, c)
    b.precedence(c, a, iterations=2)  # the second next a begins after this c: 4 + 5 <= 2 * period, so at least 5
    b.cycle(1, 20)
    problem = b.build()
    made = serial_sgs(problem)
    assert check(problem, made).ok
    assert made.cycle == 5


def test_shared_units_bound_the_period() -> None:
    b = ProblemBuilder()
    crew = b.renewable("crew", 2)
    for i in range(3):
        b.task(f"t{i}", 4, demands={crew: 1})
    b.cycle(1, 20)
    problem = b.build()
    made = serial_sgs(problem)
    assert check(problem, made).ok
    assert made.cycle == 6  # 3 * 4 units of work on 2 units: 12 / 2


def test_no_period_in_the_range_is_reported() -> None:
    b = ProblemBuilder()
    m = b.unary("m")
    b.task("a", 4, on=m)
    b.task("c", 4, on=m)
    b.cycle(2, 7)
    with pytest.raises(NoScheduleError, match="no period between 2 and 7"):
        serial_sgs(b.build())


# --- wrong input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda p: serial_sgs(p, [1.0]), "priorities of shape"),
        (lambda p: serial_sgs(p, [1.0, float("nan")]), "priorities of shape"),
        (lambda p: order_keys(p, [0, 0]), "named twice"),
        (lambda p: order_keys(p, [0]), "missing"),
        (lambda p: serial_sgs(p, modes=[0]), "1 modes for 2 tasks"),
        (lambda p: serial_sgs(p, modes=[0, 3]), "has no mode 3"),
    ],
)
def test_wrong_input_is_refused(call: object, words: str) -> None:
    b = ProblemBuilder()
    b.task("a", 1)
    b.task("c", 1)
    with pytest.raises(InputError, match=words):
        call(b.build())  # type: ignore[operator]
