import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jssp import RULES, JobShopInstance, dispatch, dispatch_many, makespans, standard_instance, standard_names
from jssp.bounds import bounds, rule_reference
from jssp.rules import dispatch_plain, priorities
from schedcore.errors import InputError, UnknownNameError

# Makespans of fifo, spt, mwkr, mor, lpt: twenty of the figures that the environment of Tassel et al. 2023 gives.
GOLDEN = """
ft06 65 88 61 59 77
ft10 1184 1074 1108 1163 1295
ft20 1645 1267 1501 1601 1631
la01 772 751 735 763 822
la21 1265 1324 1264 1251 1451
abz7 803 849 769 775 903
orb01 1368 1478 1359 1307 1410
swv01 2154 1737 1988 1971 2145
yn1 1113 1196 1005 1045 1115
ta01 1486 1462 1491 1438 1701
ta11 1701 1865 1685 1665 2046
ta21 2089 2175 2044 1964 2266
ta31 2277 2335 2134 2143 2417
ta41 2543 2499 2620 2538 2925
ta51 3590 3856 3435 3567 3880
ta61 3690 3606 3343 3376 3989
ta71 6270 6232 6036 5938 7038
dmu01 3511 2981 3237 3264 3896
dmu41 4321 4213 4516 4218 4826
dmu80 10306 9004 9423 10458 10779
"""
GOLDEN_RULES = ("fifo", "spt", "mwkr", "mor", "lpt")


def shops() -> st.SearchStrategy[JobShopInstance]:
    """Small shops with ragged and re-entrant jobs, many ties, zero durations, empty jobs."""
    job = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4)), max_size=4)
    return (
        st.lists(job, min_size=1, max_size=5)
        .filter(any)
        .map(lambda jobs: JobShopInstance("any", [[m for m, _ in j] for j in jobs], [[d for _, d in j] for j in jobs]))
    )


def assert_feasible(shop: JobShopInstance, starts: np.ndarray) -> None:
    ends = starts + shop.op_durations
    assert (starts >= 0).all()
    inner = shop.op_jobs[1:] == shop.op_jobs[:-1]
    assert (starts[1:] >= ends[:-1])[inner].all()
    for machine in range(shop.num_machines):
        used = np.flatnonzero((shop.op_machines == machine) & (shop.op_durations > 0))
        order = used[np.argsort(starts[used])]
        assert (starts[order[1:]] >= ends[order[:-1]]).all()


def test_golden_table() -> None:
    for line in GOLDEN.split("\n"):
        if line:
            name, *values = line.split()
            assert makespans([standard_instance(name)], GOLDEN_RULES)[0].tolist() == [int(v) for v in values], name


def test_all_242_x_5_makespans_equal_the_reference() -> None:
    found = makespans([standard_instance(name) for name in standard_names()])
    expected = [[rule_reference(name, rule) for rule in RULES] for name in standard_names()]
    assert np.array_equal(found, expected)


def test_the_table_of_makespans_equals_the_reference_file(shared_data: Path) -> None:
    with (shared_data / "jssp" / "reference_makespans.csv").open() as file:
        for row in csv.DictReader(file):
            assert [rule_reference(row["instance"], rule) for rule in RULES] == [int(row[rule]) for rule in RULES]


def test_every_schedule_is_feasible_and_no_better_than_the_bound() -> None:
    for name in ("ft10", "la31", "swv11", "ta41", "dmu80"):
        shop = standard_instance(name)
        for rule in RULES:
            starts = dispatch(shop, rule)
            assert_feasible(shop, starts)
            assert shop.makespan(starts) >= bounds(name).lower


def test_a_hand_worked_shop() -> None:
    # job 0: machine 0 for 3, machine 1 for 2; job 1: machine 0 for 1, machine 1 for 4
    shop = JobShopInstance("tiny", [[0, 1], [0, 1]], [[3, 2], [1, 4]])
    assert dispatch(shop, "spt").tolist() == [1, 5, 0, 1]  # 1 first (1 < 3); machine 1: job 1 at 1, job 0 at max(4, 5)
    assert dispatch(shop, "lpt").tolist() == [0, 3, 3, 5]  # 0 first; machine 1: job 0 at 3, job 1 at max(4, 5)
    assert dispatch(shop, "mwkr").tolist() == [0, 3, 3, 5]  # 5 = 5: tie, lowest job
    assert dispatch(shop, "mor").tolist() == [0, 3, 3, 5]  # 2 = 2: tie
    assert dispatch(shop, "fifo").tolist() == [0, 3, 3, 5]  # both arrive at 0: tie
    assert priorities(shop, "mor").tolist() == [-2, -1, -2, -1]
    assert priorities(shop, "mwkr").tolist() == [-5, -2, -5, -4]


@settings(max_examples=60, deadline=None)
@given(shops(), st.sampled_from(RULES))
def test_the_compiled_loop_equals_the_plain_definition(shop: JobShopInstance, rule: str) -> None:
    starts = dispatch(shop, rule)
    assert np.array_equal(starts, dispatch_plain(shop, rule))
    assert_feasible(shop, starts)


@settings(max_examples=15, deadline=None)
@given(st.lists(shops(), min_size=1, max_size=4), st.sampled_from(RULES))
def test_a_batch_equals_its_members(batch: list[JobShopInstance], rule: str) -> None:
    together = dispatch_many(batch, rule)
    assert all(np.array_equal(starts, dispatch(shop, rule)) for shop, starts in zip(batch, together))
    assert makespans(batch, [rule])[:, 0].tolist() == [s.makespan(x) for s, x in zip(batch, together)]


@settings(max_examples=20, deadline=None)
@given(shops(), st.integers(2, 5), st.sampled_from(RULES))
def test_scaling_time_scales_the_schedule(shop: JobShopInstance, factor: int, rule: str) -> None:
    rows = [[int(d) * factor for d in row[:length]] for row, length in zip(shop.duration_matrix, shop.job_lengths)]
    routes = [row[:length].tolist() for row, length in zip(shop.machine_matrix, shop.job_lengths)]
    slow = JobShopInstance("slow", routes, rows, num_machines=shop.num_machines)
    assert np.array_equal(dispatch(slow, rule), dispatch(shop, rule) * factor)


def test_own_priorities_are_rules_too() -> None:
    shop = standard_instance("ft06")
    assert np.array_equal(dispatch(shop, shop.op_durations), dispatch(shop, "spt"))
    pair = dispatch_many([shop, shop], [shop.op_durations, -shop.op_durations])
    assert np.array_equal(pair[1], dispatch(shop, "lpt"))


def test_nothing_to_do_gives_nothing() -> None:
    assert dispatch_many([], "spt") == []
    assert makespans([]).shape == (0, 5)


def test_bad_rules_are_refused() -> None:
    shop = standard_instance("ft06")
    with pytest.raises(UnknownNameError, match=r"unknown rule 'stp' .*did you mean 'spt'"):
        dispatch(shop, "stp")
    with pytest.raises(InputError, match=r"job shop 'ft06': priorities of shape \(3,\) .*shape \(36,\)"):
        dispatch(shop, np.arange(3))
    with pytest.raises(InputError, match="type float64"):
        dispatch(shop, shop.op_durations / 2)
    with pytest.raises(InputError, match="1 priority arrays for 2 instances"):
        dispatch_many([shop, shop], [shop.op_durations])
