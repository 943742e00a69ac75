import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jssp import FlexibleJobShopInstance, JobShopInstance
from schedcore.errors import ModelError


def test_jobs_may_have_different_lengths_and_revisit_a_machine() -> None:
    shop = JobShopInstance("ragged", [[0, 1, 0], [1]], [[3, 2, 4], [5]])
    assert shop.job_offsets.tolist() == [0, 3, 4]
    assert shop.job_lengths.tolist() == [3, 1]
    assert not shop.is_rectangular
    assert not shop.is_classic
    assert shop.machine_matrix.tolist() == [[0, 1, 0], [1, -1, -1]]
    assert shop.duration_matrix.tolist() == [[3, 2, 4], [5, 0, 0]]
    assert shop.job_work.tolist() == [9, 5]
    assert shop.remaining_work.tolist() == [9, 6, 4, 5]
    assert shop.machine_loads.tolist() == [7, 7]
    # longest job 9; machine 0: head 0 + load 7 + tail 0; machine 1: 0 + 7 + 0
    assert shop.lower_bound() == 9
    # job 0 at 0, 5 (after job 1 on machine 1), 7; ends at 11
    assert shop.makespan([0, 5, 7, 0]) == 11


def test_an_empty_job_is_kept() -> None:
    shop = JobShopInstance("gap", [[], [0], []], [[], [2], []])
    assert shop.num_jobs == 3
    assert shop.job_lengths.tolist() == [0, 1, 0]
    assert shop.machine_matrix.tolist() == [[-1], [0], [-1]]


def test_arrays_are_frozen_and_the_input_is_copied() -> None:
    machines = np.array([[0, 1]])
    shop = JobShopInstance("copy", machines, np.array([[1, 2]]))
    machines[0, 0] = 1
    assert shop.op_machines.tolist() == [0, 1]
    with pytest.raises(ValueError, match="read-only"):
        shop.op_durations[0] = 9


def test_equality_is_by_content_and_survives_pickling() -> None:
    a = JobShopInstance("a", [[0, 1]], [[1, 2]])
    assert a == JobShopInstance("a", [(0, 1)], np.array([[1, 2]]))
    assert a != JobShopInstance("b", [[0, 1]], [[1, 2]])
    assert a != JobShopInstance("a", [[0, 1]], [[1, 3]])
    assert a != JobShopInstance("a", [[0, 1]], [[1, 2]], num_machines=3)
    assert pickle.loads(pickle.dumps(a)) == a
    assert len({a, pickle.loads(pickle.dumps(a))}) == 1


@pytest.mark.parametrize(
    ("machines", "durations", "message"),
    [
        ([[0]], [[1], [2]], "1 rows of machines but 2 rows of durations"),
        ([[0, 1]], [[1]], "job 0: 2 machines but 1 durations"),
        ([0, 1], [1, 2], "a row is not a list of numbers"),
        ([[0]], [[1.5]], r"durations\[0\]: 1.5 is not an integer"),
        ([[0]], [[float("nan")]], "nan is not an integer"),
        ([[0]], [[True]], "True is not an integer"),
        ([["a"]], [[1]], "'a' is not an integer"),
        ([[0]], [[-1]], "duration -1 is negative"),
        ([[-1]], [[1]], "machine -1 is outside"),
        ([[0]], [[2**43]], "is beyond 2\\^42"),
        ([[0, 0]], [[2**42, 1]], "sum to more than 2\\^42"),
        ([], [], "no operations"),
        ([[]], [[]], "no operations"),
    ],
)
def test_bad_job_shops_are_refused(machines: list, durations: list, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        JobShopInstance("bad", machines, durations)


def test_a_machine_beyond_the_given_number_is_refused() -> None:
    with pytest.raises(ModelError, match=r"machines\[1\]: machine 2 is outside 0 ... 1"):
        JobShopInstance("bad", [[0, 2]], [[1, 1]], num_machines=2)
    with pytest.raises(ModelError, match="-1 machines"):
        JobShopInstance("bad", [[0, 2]], [[1, 1]], num_machines=-1)


def test_matrices_of_the_wrong_shape_are_refused() -> None:
    shop = JobShopInstance("ragged", [[0, 1, 0], [1]], [[3, 2, 4], [5]])
    with pytest.raises(ModelError, match="give one value per operation"):
        shop.to_matrix([1, 2])
    with pytest.raises(ModelError, match="one column per position"):
        shop.from_matrix([[1, 2]])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 50)), max_size=5), min_size=1, max_size=6))
def test_matrices_go_round(jobs: list[list[tuple[int, int]]]) -> None:
    if not any(jobs):
        jobs = [*jobs, [(0, 1)]]
    shop = JobShopInstance("any", [[m for m, _ in job] for job in jobs], [[d for _, d in job] for job in jobs])
    values = np.arange(shop.num_operations)
    assert np.array_equal(shop.from_matrix(shop.to_matrix(values)), values)
    assert shop.job_work.sum() == shop.machine_loads.sum() == shop.op_durations.sum()
    assert shop.lower_bound() <= shop.op_durations.sum()


def test_flexible_instance_goes_round() -> None:
    jobs = [[[(0, 3), (1, 2)], [(1, 4)]], [[(2, 1), (0, 5)]]]
    shop = FlexibleJobShopInstance("flex", jobs)
    assert (shop.num_jobs, shop.num_machines, shop.num_operations, shop.num_alternatives) == (2, 3, 3, 5)
    assert shop.alternatives(0) == [(0, 3), (1, 2)]
    assert shop.nested() == jobs
    assert shop.op_jobs.tolist() == [0, 0, 1]
    # job 0 at its shortest: 2 + 4 = 6; total of shortest 2 + 4 + 1 = 7 over 3 machines = 3
    assert shop.lower_bound() == 6
    assert shop == FlexibleJobShopInstance("flex", jobs)
    assert hash(shop) == hash(FlexibleJobShopInstance("flex", jobs))
    assert shop != FlexibleJobShopInstance("flex", jobs[:1])
    assert "alternatives=5" in repr(shop)


@pytest.mark.parametrize(
    ("jobs", "message"),
    [
        ([], "no operations"),
        ([[[]]], "job 0 operation 0: no machine can do it"),
        ([[[(0, 1), (0, 2)]]], "a machine occurs twice"),
        ([[[(0, 1, 2)]]], "not a pair"),
        ([[[(0, -2)]]], "duration -2 is negative"),
        ([[[(-1, 2)]]], "machine -1 is outside"),
        ([[[(0, 0.5)]]], "0.5 is not an integer"),
    ],
)
def test_bad_flexible_shops_are_refused(jobs: list, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        FlexibleJobShopInstance("bad", jobs)
