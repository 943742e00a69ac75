import pytest

from jssp import RULES, generate, standard_instance
from jssp.adapter import to_problem
from jssp.bounds import rule_reference
from jssp.rule_solver import RuleSolver, fifo, lpt, mor, mwkr, spt
from schedcore.errors import UnsupportedFeatureError
from schedcore.solvers.protocol import Limits, Solver, Status


@pytest.mark.parametrize("solver", [fifo, spt, lpt, mwkr, mor], ids=lambda solver: solver.name)
def test_each_rule_is_a_solver(solver: RuleSolver) -> None:
    assert isinstance(solver, Solver)
    assert solver.rule in RULES
    assert solver.name == f"nondelay-{solver.rule}"
    seen = []
    result = solver.solve(to_problem(standard_instance("ft10")), limits=Limits(), seed=3, on_solution=seen.append)
    assert result.status is Status.FEASIBLE
    assert result.schedule is not None
    assert result.value == result.schedule.makespan == rule_reference("ft10", solver.rule)
    assert [incumbent.schedule for incumbent in seen] == [result.schedule]


def test_other_problems_are_refused_by_name() -> None:
    problem = to_problem(generate("progen:12x2:1"))
    with pytest.raises(UnsupportedFeatureError, match="nondelay-spt does not support: renewable"):
        RuleSolver("spt").solve(problem, limits=Limits())


def test_an_objective_is_not_needed() -> None:
    problem = to_problem(standard_instance("ft06")).replace(objective=None)
    result = RuleSolver("mwkr").solve(problem, limits=Limits())
    assert result.status is Status.OPTIMAL
    assert result.objective == ()
    assert result.schedule is not None
    assert result.schedule.makespan == 61
