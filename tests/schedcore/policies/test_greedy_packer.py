"""The packer weighs speed of one task against overlap of several."""

from __future__ import annotations

from hypothesis import given
from strategies_core import FEATURES, cases

from schedcore.check import check
from schedcore.errors import NoScheduleError
from schedcore.executor import execute
from schedcore.model import ProblemBuilder, ShareCurve
from schedcore.policies import GreedyPacker, PriorityPolicy


def two_streams() -> ProblemBuilder:
    b = ProblemBuilder()
    gpu = b.renewable("gpu", 1000)
    # With 60 % of the units a task is hardly slower than with all of them.
    compute = ShareCurve(((600, 900), (1000, 1000)))
    memory = ShareCurve(((400, 1000), (1000, 1000)))
    b.task("compute", modes=compute.to_modes(90, on=gpu.id))
    b.task("memory", modes=memory.to_modes(90, on=gpu.id))
    b.minimise(makespan=1)
    return b


def test_tasks_share_where_that_is_faster_than_one_after_the_other() -> None:
    problem = two_streams().build()
    packed = execute(problem, GreedyPacker())
    # 60 % for 100 ticks beside 40 % for 90; one after the other it would be 180.
    assert packed.makespan == 100
    # The rule takes the fastest mode for the first task and has nothing left for the second.
    assert execute(problem, PriorityPolicy("cp")).makespan == 180


def test_with_a_breadth_of_one_it_takes_the_fastest_mode() -> None:
    assert execute(two_streams().build(), GreedyPacker(breadth=1)).makespan == 180


@given(cases(features=FEATURES))
def test_packed_schedules_pass_the_checker(case: tuple) -> None:  # type: ignore[type-arg]
    try:
        schedule = execute(case[0], GreedyPacker())
    except NoScheduleError:
        return
    assert check(case[0], schedule).ok
