import subprocess
import sys

import numpy as np
import pytest

from jssp.generators import demirkol, new_demirkol, new_taillard, taillard
from jssp.generators.streams import MODULUS, lehmer_states, philox
from jssp.tables import published_seeds
from schedcore.errors import InputError


def test_the_stream_is_the_multiplicative_generator() -> None:
    state, expected = 840612802, []
    for _ in range(5000):
        state = 16807 * state % MODULUS
        expected.append(state)
    assert lehmer_states(840612802, 5000).tolist() == expected
    assert lehmer_states(840612802, 3).tolist() == expected[:3]


@pytest.mark.parametrize("seed", [0, -1, MODULUS, 1.5, True])
def test_bad_seeds_are_refused(seed: int) -> None:
    with pytest.raises(InputError, match="generator seed"):
        lehmer_states(seed, 1)
    if seed != MODULUS and seed != 0:
        with pytest.raises(InputError, match="use a whole number >= 0"):
            philox(seed, "x")


def test_sizes_are_checked() -> None:
    with pytest.raises(InputError, match="jobs: jobs is 0"):
        taillard(0, 3, 1, 1)
    with pytest.raises(InputError, match=r"machines is 2\.5"):
        demirkol(3, 2.5, 1)  # type: ignore[arg-type]


def test_new_instances_have_the_distribution_and_no_published_seed() -> None:
    shop = new_taillard(100, 20, 5)
    assert shop.is_classic
    assert (shop.op_durations.min(), shop.op_durations.max()) == (1, 99)
    assert abs(shop.op_durations.mean() - 50) < 3  # 2000 draws of standard deviation 28.6: 4.7 standard errors
    first = np.bincount(shop.machine_matrix[:, 0], minlength=20)
    assert first.max() < 20  # uniform first machines: 5 expected of each
    easy, hard = new_demirkol(50, 20, 5), new_demirkol(50, 20, 5, split=True)
    assert easy.is_classic
    assert hard.is_classic
    assert (hard.machine_matrix[:, :10] < 10).all()
    assert not (easy.machine_matrix[:, :10] < 10).all()
    assert easy.op_durations.max() == 200
    assert len(published_seeds()) == 240


def test_seeds_give_equal_or_different_instances() -> None:
    assert new_taillard(6, 5, 1) == new_taillard(6, 5, 1)
    assert new_taillard(6, 5, 1) != new_taillard(6, 5, 2)
    assert not np.array_equal(new_taillard(6, 5, 1).op_durations, new_demirkol(6, 5, 1).op_durations)


def test_a_fresh_process_generates_the_same_bytes() -> None:
    script = (
        "import sys, zlib\n"
        "from jssp import generate\n"
        "for e in ('taillard:9x7:3', 'demirkol_split:9x7:3', 'brandimarte:8x5:3', 'progen:20x3:3'):\n"
        "    print(zlib.crc32(repr(generate(e)._key()).encode()))\n"
    )
    runs = {
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }
    assert len(runs) == 1
    assert next(iter(runs)).count("\n") == 4
