import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jssp import FlexibleJobShopInstance, JobShopInstance, dispatch, generate, standard_instance
from jssp.adapter import start_matrix, start_times, to_job_shop, to_problem, to_schedule
from schedcore.errors import ModelError, UnsupportedFeatureError
from schedcore.model import ProblemBuilder, Renewable, Schedule, Unary


def test_a_job_shop_becomes_unary_resources_and_chains() -> None:
    problem = to_problem(JobShopInstance("ragged", [[0, 1, 0], [1]], [[3, 2, 4], [5]], num_machines=3))
    assert problem.features() == {"unary", "precedence", "objective:makespan"}
    assert [r.name for r in problem.resources] == ["m0", "m1", "m2"]
    assert all(isinstance(r, Unary) for r in problem.resources)
    assert [t.name for t in problem.tasks] == ["j0.o0", "j0.o1", "j0.o2", "j1.o0"]
    assert [problem.jobs[t.job] for t in problem.tasks if t.job is not None] == ["j0", "j0", "j0", "j1"]
    assert [(lag.a, lag.b, lag.min, lag.max) for lag in problem.lags] == [(0, 1, 0, None), (1, 2, 0, None)]
    assert [t.modes[0].duration for t in problem.tasks] == [3, 2, 4, 5]
    assert [t.modes[0].demands[0].resource for t in problem.tasks] == [0, 1, 0, 1]


def test_a_flexible_job_shop_becomes_modes() -> None:
    shop = FlexibleJobShopInstance("flex", [[[(0, 3), (1, 2)], [(1, 4)]], [[(2, 1), (0, 5)]]])
    problem = to_problem(shop)
    assert "multi_mode" in problem.features()
    assert [[(m.duration, m.demands[0].resource) for m in t.modes] for t in problem.tasks] == [
        [(3, 0), (2, 1)],
        [(4, 1)],
        [(1, 2), (5, 0)],
    ]
    schedule = to_schedule(shop, [0, 2, 0], [1, 0, 1])
    assert [tuple(p) for p in schedule] == [(0, 1, 0, 2), (1, 0, 2, 6), (2, 1, 0, 5)]
    with pytest.raises(ModelError, match="operation 1 has no alternative 1"):
        to_schedule(shop, [0, 2, 0], [0, 1, 0])


def test_a_project_becomes_renewable_resources() -> None:
    project = generate("progen:12x2:1")
    problem = to_problem(project)
    assert all(isinstance(r, Renewable) for r in problem.resources)
    assert [r.capacity for r in problem.resources if isinstance(r, Renewable)] == project.capacities.tolist()  # type: ignore[union-attr]
    assert [(lag.a, lag.b) for lag in problem.lags] == list(project.arcs)  # type: ignore[union-attr]
    schedule = to_schedule(project, project.earliest_starts)  # type: ignore[union-attr]
    assert schedule.makespan == int((project.earliest_starts + project.durations).max())  # type: ignore[union-attr]


def test_schedules_go_round() -> None:
    shop = standard_instance("ft06")
    starts = dispatch(shop, "spt")
    schedule = to_schedule(shop, starts)
    assert schedule.makespan == shop.makespan(starts) == 88
    assert np.array_equal(start_times(shop, schedule), starts)
    assert np.array_equal(start_matrix(shop, schedule), starts.reshape(6, 6))


def test_wrong_schedules_are_refused() -> None:
    shop = standard_instance("ft06")
    with pytest.raises(ModelError, match="1 placements of 1 tasks, 'ft06' has 36 operations"):
        start_times(shop, Schedule([(0, 0, 0, 1)]))
    with pytest.raises(ModelError, match=r"starts of 'ft06': shape \(3,\)"):
        to_schedule(shop, [1, 2, 3])
    with pytest.raises(ModelError, match="type float64"):
        to_schedule(shop, np.zeros(36))


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=4), min_size=1, max_size=5)
)
def test_a_job_shop_is_recognised_in_its_problem(jobs: list[list[tuple[int, int]]]) -> None:
    shop = JobShopInstance("any", [[m for m, _ in j] for j in jobs], [[d for _, d in j] for j in jobs])
    back, order = to_job_shop(to_problem(shop))
    assert back == shop
    assert order.tolist() == list(range(shop.num_operations))


def test_chains_are_found_whatever_the_order_of_tasks() -> None:
    b = ProblemBuilder("mixed")
    m = [b.unary("left"), b.unary("right")]
    late, other, early = b.task("late", 2, on=m[0]), b.task("other", 3, on=m[0]), b.task("early", 4, on=m[1])
    b.precedence(early, late)
    shop, order = to_job_shop(b.build())
    assert order.tolist() == [other.id, early.id, late.id]
    assert shop.job_offsets.tolist() == [0, 1, 3]
    assert shop.op_machines.tolist() == [0, 1, 0]
    assert shop.op_durations.tolist() == [3, 4, 2]


def test_what_is_no_plain_job_shop_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedFeatureError, match="a job shop does not support: multi_mode"):
        to_job_shop(to_problem(generate("brandimarte:4x3:1")))
    with pytest.raises(UnsupportedFeatureError, match="renewable"):
        to_job_shop(to_problem(generate("progen:12x2:1")))

    def three() -> tuple[ProblemBuilder, list]:
        b = ProblemBuilder()
        m = b.unary("m")
        return b, [b.task(str(i), 1, on=m) for i in range(3)]

    b, tasks = three()
    b.precedence(tasks[0], tasks[1])
    b.precedence(tasks[0], tasks[2])
    with pytest.raises(UnsupportedFeatureError, match="precedence that is no set of chains"):
        to_job_shop(b.build())
    b, tasks = three()
    b.precedence(tasks[0], tasks[1])
    b.precedence(tasks[1], tasks[0])
    with pytest.raises(UnsupportedFeatureError, match="a precedence cycle"):
        to_job_shop(b.build())
    b, _ = three()
    b.task("free", 1)
    with pytest.raises(UnsupportedFeatureError, match="do not need exactly one resource"):
        to_job_shop(b.build())
