"""Plans: units, tokens, ties, and what no execution can follow."""

from __future__ import annotations

import numpy as np
import pytest

from schedcore.errors import InputError, ViolationError
from schedcore.model import Edge, Problem, ProblemBuilder, Schedule, StepProfile
from schedcore.replay import Exponential, Fixed, Noise, Uncertainty, Uniform
from schedcore.replay.event_graph import Arc, TieGraph, merge_ties, order_groups
from schedcore.replay.measures import Measures, metric_names
from schedcore.replay.plan import Plan
from schedcore.replay.scenario import NEVER
from schedcore.replay.tokens import EventLink, link_reservoirs
from schedcore.replay.units import plan_units


def crew_of(capacity: int, demands: list[int], calendar: StepProfile | None = None) -> Problem:
    b = ProblemBuilder()
    crew = b.renewable("crew", capacity, calendar=calendar)
    for i, amount in enumerate(demands):
        b.task(f"t{i}", 3, demands={crew: amount})
    return b.build()


def placed(*times: tuple[int, int]) -> Schedule:
    return Schedule((task, 0, start, end) for task, (start, end) in enumerate(times))


def plan_of(problem: Problem, schedule: Schedule, uncertainty: Uncertainty | None = None) -> Plan:
    return Plan(problem, schedule, (uncertainty or Uncertainty()).bind(problem))


# --- units -------------------------------------------------------------------------------------------------


def test_units_idle_for_longest_are_taken_first():
    plan = plan_units(crew_of(4, [2, 1, 1, 2]), placed((0, 3), (0, 4), (3, 6), (4, 7)))[0]
    assert plan.order == (0, 1, 2, 3)
    assert [plan.tasks[t].runs for t in range(4)] == [[(0, 2)], [(2, 3)], [(3, 4)], [(0, 2)]]
    # Unit 3 was never used, so nobody supplies task 2; tasks 0's units are idle longer than task 1's.
    assert [plan.tasks[t].suppliers for t in range(4)] == [(), (), (), (0,)]
    assert plan.tasks[3].highest == 1


def test_units_come_from_several_suppliers():
    plan = plan_units(crew_of(3, [1, 1, 3]), placed((0, 3), (0, 3), (3, 6)))[0]
    assert plan.tasks[2].suppliers == (0, 1)
    assert plan.tasks[2].runs == [(0, 3)]


def test_a_calendar_takes_the_highest_free_units():
    calendar = StepProfile(((0, 3), (2, 2), (5, 1), (9, 3)))
    plan = plan_units(crew_of(3, [1, 1], calendar), placed((0, 5), (0, 3)))[0]
    assert plan.closures == [(2, 5, [(2, 3)]), (5, 9, [(1, 3)])]
    # Task 1 ends earlier, so it is first to choose, and takes unit 0.
    assert plan.closed_for(0) == [(5, 9)]
    assert plan.closed_for(1) == []


def test_a_calendar_that_ends_low_closes_units_for_ever():
    plan = plan_units(crew_of(2, [1], StepProfile(((0, 2), (4, 1)))), placed((0, 3)))[0]
    assert plan.closures == [(4, NEVER, [(1, 2)])]


def test_too_few_units_are_reported():
    with pytest.raises(InputError, match="'crew' has no 2 free units for task 't1' at tick 1 .*check the schedule"):
        plan_units(crew_of(3, [2, 2]), placed((0, 3), (1, 4)))
    with pytest.raises(InputError, match="no 2 free units for a closed stretch at tick 1"):
        plan_units(crew_of(3, [2], StepProfile(((0, 3), (1, 1)))), placed((0, 3)))


# --- tokens ------------------------------------------------------------------------------------------------


def test_tokens_are_used_first_in_first_out():
    b = ProblemBuilder()
    tank = b.reservoir("tank", initial=1, maximum=5)
    b.task("fill 2", 2, effects=[b.effect(tank, 2)])
    b.task("fill 1", 3, effects=[b.effect(tank, 1)])
    b.task("draw 2", 1, effects=[b.effect(tank, -2, at="start")])
    b.task("draw 1", 1, effects=[b.effect(tank, -1, at="start")])
    links = link_reservoirs(b.build(), placed((0, 2), (0, 3), (2, 3), (4, 5)))
    # Draw 2 takes what was there and one of fill 2; draw 1 the other one.  Room for four is there from the start.
    assert links == [EventLink(0, Edge.END, 2, Edge.START), EventLink(0, Edge.END, 3, Edge.START)]


def test_effects_of_one_edge_on_one_reservoir_are_added_up():
    b = ProblemBuilder()
    tank = b.reservoir("tank", initial=0, maximum=2)
    b.task("swap", 2, effects=[b.effect(tank, 2), b.effect(tank, -2)])
    assert link_reservoirs(b.build(), placed((0, 2))) == []


def test_draws_that_nobody_fills_get_no_link():
    b = ProblemBuilder()
    tank = b.reservoir("tank", initial=0, maximum=2)
    b.task("early", 1, effects=[b.effect(tank, -1, at="start")])
    b.task("fill", 2, effects=[b.effect(tank, 1)])
    b.task("late", 1, effects=[b.effect(tank, -1, at="start")])
    links = link_reservoirs(b.build(), placed((0, 1), (0, 2), (3, 4)))
    assert links == [EventLink(1, Edge.END, 2, Edge.START)]


# --- ties --------------------------------------------------------------------------------------------------


def test_circles_of_one_tick_happen_together():
    # 0 -> 1 -> 2 -> 0 at tick 5, 3 waits for them at the same tick, 4 earlier.
    planned = [5, 5, 5, 5, 2]
    arcs = [Arc(0, 1, 0), Arc(1, 2, 0), Arc(2, 0, 0), Arc(2, 3, 0), Arc(4, 0, 3)]
    groups = merge_ties(5, [], planned, arcs)
    assert groups == [0, 0, 0, 3, 4]
    assert order_groups(groups, planned, arcs) == [4, 0, 3]
    assert merge_ties(5, [(3, 4)], [5, 5, 5, 5, 5], arcs[:1]) == [0, 1, 2, 3, 3]


def test_arcs_that_would_close_a_circle_are_refused():
    planned = [5, 5, 5, 6]
    ties = TieGraph([0, 1, 2, 3], planned, [Arc(0, 1, 0), Arc(1, 2, 0)])
    assert not ties.add(Arc(2, 0, 0))
    assert ties.add(Arc(0, 2, 0))
    assert ties.add(Arc(3, 0, 0))  # another tick: no tie


def test_exchanges_with_a_full_store_happen_at_once():
    # The store holds one; at tick 3 one task ends that fills and one starts that draws two: neither may go first.
    b = ProblemBuilder()
    store = b.reservoir("store", initial=1, maximum=1)
    b.task("make", 3, effects=[b.effect(store, 1)])
    b.task("take", 2, effects=[b.effect(store, -2, at="start")])
    plan = plan_of(b.build(), placed((0, 3), (3, 5)))
    assert plan.end_groups[0] == plan.start_groups[1]


# --- what is refused ---------------------------------------------------------------------------------------


def test_broken_lags_and_sequences_are_refused():
    b = ProblemBuilder()
    m = b.unary("m", transition=[[0, None], [0, 0]])
    b.task("a", 3, on=m, state=0)
    b.task("c", 2, on=m, state=1)
    with pytest.raises(ViolationError, match="'c' must not follow 'a' on 'm'"):
        plan_of(b.build(), placed((0, 3), (3, 5)))
    b = ProblemBuilder()
    a, c = b.task("a", 3), b.task("c", 2)
    b.lag(a.end, c.end, min=9)
    with pytest.raises(ViolationError, match="the end of 'c' is 10 ticks too early after the end of 'a'"):
        plan_of(b.build(), placed((2, 5), (2, 4)))


def test_instants_that_are_tied_to_themselves_must_stay_instants():
    b = ProblemBuilder()
    sign = b.task("sign", 0)
    other = b.task("other", 0)
    b.lag(sign.end, other.start, min=0)
    b.lag(other.start, sign.start, min=0)
    problem = b.build()
    plan_of(problem, placed((2, 2), (2, 2)))
    plan_of(problem, placed((2, 2), (2, 2)), Uncertainty(default=Noise(Uniform(0, 2), relative=True)))
    with pytest.raises(InputError, match="'sign' takes no time in the plan .*may take longer .*no law in ticks"):
        plan_of(problem, placed((2, 2), (2, 2)), Uncertainty(tasks={"sign": Noise(Fixed(2))}))


def test_noise_can_be_asked_at_single_numbers():
    u = np.array([0.5])
    assert Noise().ticks(7, u).tolist() == [7]
    assert Noise(Fixed(3)).ticks(7, u).tolist() == [3]
    assert Noise(Fixed(0.5), relative=True).ticks(7, u).tolist() == [4]
    assert Noise(Exponential(10)).ticks(7, u).tolist() == [7]  # 10 ln 2


def test_the_period_is_no_metric_of_a_replay():
    problem = crew_of(1, [1])
    schedule = placed((0, 3))
    column = np.array([[0]]), np.array([[3]]), np.array([[True]])
    measures = Measures(problem, schedule.task, schedule.mode, *column)
    assert measures.metric("makespan").tolist() == [3]
    assert "period" not in metric_names()
    with pytest.raises(InputError, match="a replay has no metric 'period'"):
        measures.metric("period")
