from pathlib import Path

import numpy as np
import pytest

from jssp import size_class, standard_instance, standard_names
from jssp.standard import FAMILIES, canonical_name, family, has_split_routes, require_name
from schedcore.errors import UnknownNameError

COUNTS = {"ft": 3, "la": 40, "abz": 5, "orb": 10, "swv": 20, "yn": 4, "ta": 80, "dmu": 80}


def test_there_are_242_instances_in_eight_families() -> None:
    names = standard_names()
    assert len(names) == len(set(names)) == 242
    assert {f: sum(family(n) == f for n in names) for f in FAMILIES} == COUNTS


def test_every_standard_instance_is_classic() -> None:
    for name in standard_names():
        shop = standard_instance(name)
        assert shop.name == name
        assert shop.is_classic
        assert size_class(name) == f"{family(name)} {shop.num_jobs}x{shop.num_machines}"


def test_every_standard_instance_equals_the_reference_file(shared_data: Path) -> None:
    for name in standard_names():
        numbers = np.array((shared_data / "jssp" / "instances" / f"{name}.txt").read_text().split(), dtype=np.int64)
        jobs, machines = (int(number) for number in numbers[:2])
        pairs = numbers[2:].reshape(jobs, machines, 2)
        shop = standard_instance(name)
        assert np.array_equal(shop.machine_matrix, pairs[:, :, 0]), name
        assert np.array_equal(shop.duration_matrix, pairs[:, :, 1]), name


def test_ft06_is_the_published_instance() -> None:
    # Fisher and Thompson's 6x6: first job 3(1) 1(3) 2(6) 4(7) 6(3) 5(6), machines from 1
    shop = standard_instance("ft06")
    assert shop.machine_matrix[0].tolist() == [2, 0, 1, 3, 5, 4]
    assert shop.duration_matrix[0].tolist() == [1, 3, 6, 7, 3, 6]
    assert shop.op_durations.sum() == 197


@pytest.mark.parametrize(
    ("given", "name"),
    [("TA1", "ta01"), ("ft6", "ft06"), ("la-9", "la09"), ("yn01", "yn1"), ("abz05", "abz5"), ("DMU 80", "dmu80")],
)
def test_case_and_leading_zeros_do_not_matter(given: str, name: str) -> None:
    assert require_name(given) == name
    assert standard_instance(given) is standard_instance(name)


@pytest.mark.parametrize(
    ("given", "near"), [("ta81", "ta80"), ("fft06", "ft06"), ("laa01", "la01"), ("dmu81", "dmu80")]
)
def test_unknown_names_come_with_near_misses(given: str, near: str) -> None:
    assert canonical_name(given) is None
    with pytest.raises(UnknownNameError, match=f"unknown standard job shop '{given}'") as caught:
        standard_instance(given)
    assert near in (caught.value.remedy or "")


def test_the_harder_half_of_dmu_has_split_routes() -> None:
    split = [name for name in standard_names() if has_split_routes(name)]
    assert split == [f"dmu{i}" for i in range(41, 81)]
    for name in standard_names():
        shop = standard_instance(name)
        half = shop.num_machines // 2
        assert not has_split_routes(name) or (shop.machine_matrix[:, :half] < half).all()
