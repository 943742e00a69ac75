"""Rolling horizon: the flow program on HiGHS and CP-SAT through the core."""

from __future__ import annotations

import numpy as np
import pytest

from schedcore.check import check
from schedcore.errors import InputError
from schedcore.solvers import solve
from uam.baselines.flow_program import FlowWindow, solve_flow
from uam.baselines.rolling_cpsat import RollingCpSat, rolling_cpsat, rolling_cpsat_oracle
from uam.baselines.rolling_milp import RollingMilp, RollingSettings, rolling_milp, rolling_milp_oracle
from uam.generate import generate
from uam.planner.outlook import make_outlook
from uam.policies import GreedyRatePolicy, RandomPolicy
from uam.simulator import DaySimulator, play


def test_one_aircraft_takes_the_best_flight_of_the_window() -> None:
    plan = generate("fixed8:calm=1:0").plan
    look = make_outlook(plan, 900, 5)
    n = plan.num_vertiports
    fleet = np.zeros((1, n, 6))
    fleet[0, 0, 5] = 1
    wanted = np.zeros((n, n, 1))
    wanted[0, 3], wanted[0, 4] = 4, 2
    margin = np.full((n, n, 1), 10.0)
    free = np.zeros((n, n), dtype=bool)
    found = solve_flow(look, FlowWindow(fleet, wanted, margin, np.zeros(1, np.int64), free, 1), time_limit_s=5)
    assert found is not None
    assert found.optimal
    assert found.departures.sum() == found.departures[0, 3] == 1
    assert found.value == pytest.approx(40 - look.flight_cost[0, 3])
    free[0, 3] = True
    closed = solve_flow(look, FlowWindow(fleet, wanted, margin, np.zeros(1, np.int64), free, 1), time_limit_s=5)
    assert closed is not None
    assert closed.departures[0, 3] == 0


def test_the_flow_program_plans_every_quarter_of_an_hour() -> None:
    scenario = generate("random-4-1:aircraft=6:500")
    policy = RollingMilp()
    log = play(scenario, policy)
    assert log.profit > 0.9 * play(scenario, GreedyRatePolicy()).profit
    assert 40 <= policy.solves <= 48
    assert policy.unsolved == 0


def test_the_oracle_sees_the_day_and_needs_it() -> None:
    scenario = generate("random-4-1:aircraft=6,noise=0:0")
    assert rolling_milp_oracle().clairvoyant
    assert not rolling_milp().clairvoyant
    assert play(scenario, rolling_milp_oracle()).profit > 0
    for policy in (rolling_milp_oracle(), rolling_cpsat_oracle()):
        with pytest.raises(InputError, match="needs the tables of the day"):
            policy.reset(scenario.plan, None, 0)


def test_without_time_everybody_stays() -> None:
    scenario = generate("random-4-1:aircraft=2:1")
    policy = RollingMilp(RollingSettings(time_limit_s=1e-6))
    log = play(scenario, policy)
    assert policy.unsolved == policy.solves
    assert not log.flights


def test_cpsat_plans_through_the_core_and_its_plans_are_feasible() -> None:
    scenario = generate("random-4-1:aircraft=6:1")
    policy = RollingCpSat()
    policy.reset(scenario.plan, None, 0)
    problem, modes = policy.problem(DaySimulator(scenario).state())
    assert set(modes) == set(range(len(problem.tasks)))
    result = solve(problem, "cpsat", time_limit_s=5, deterministic_limit=0.3)
    assert result.schedule is not None
    assert check(problem, result.schedule).ok
    log = play(scenario, rolling_cpsat(deterministic_s=0.05, step_s=1800))
    assert log.profit > np.mean([play(scenario, RandomPolicy(), seed=s).profit for s in range(3)])


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(InputError, match="window of at least one step"):
        rolling_milp(window_steps=0)
    with pytest.raises(InputError, match="needs candidates"):
        rolling_cpsat(first=0)
