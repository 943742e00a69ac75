"""Random numbers by address."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedcore.errors import InputError
from schedcore.replay.random_streams import Kind, check_seed, name_hash, philox, uniforms

WORD = st.integers(0, 2**64 - 1)


@given(st.tuples(WORD, WORD), st.tuples(WORD, WORD, WORD, WORD))
def test_blocks_are_those_of_the_philox_of_numpy(key, counter):
    # numpy advances the counter before it draws, so its first block belongs to counter + 1.
    number = sum(word << (64 * i) for i, word in enumerate(counter))
    before = (number - 1) % 2**256
    words = [(before >> (64 * i)) & (2**64 - 1) for i in range(4)]
    theirs = np.random.Philox(counter=np.array(words, dtype=np.uint64), key=np.array(key, dtype=np.uint64))
    assert philox(key, counter).tolist() == theirs.random_raw(4).tolist()


def test_a_matrix_of_addresses_gives_the_numbers_of_its_cells():
    hashes = np.array([name_hash(n) for n in "abc"], dtype=np.uint64)
    scenarios = np.arange(5, dtype=np.uint64)
    matrix = uniforms(7, scenarios[:, None], Kind.TASK, hashes[None, :], 2)
    assert matrix.shape == (4, 5, 3)
    for s in range(5):
        for t, name in enumerate("abc"):
            assert (matrix[:, s, t] == uniforms(7, s, Kind.TASK, name_hash(name), 2)).all()


def test_every_part_of_the_address_matters():
    base = uniforms(1, 2, Kind.TASK, 3, 4)
    others = [
        uniforms(2, 2, Kind.TASK, 3, 4),
        uniforms(1, 3, Kind.TASK, 3, 4),
        uniforms(1, 2, Kind.BREAKDOWN, 3, 4),
        uniforms(1, 2, Kind.TASK, 4, 4),
        uniforms(1, 2, Kind.TASK, 3, 5),
    ]
    assert all((base != other).all() for other in others)


def test_numbers_are_uniform_and_words_uncorrelated():
    # 80,000 numbers per word.  Five standard deviations: a false alarm in 1.7 million for each of ten figures.
    u = uniforms(3, np.arange(200)[:, None], Kind.TASK, np.arange(400)[None, :], 0).reshape(4, -1)
    assert ((u > 0) & (u < 1)).all()
    assert np.abs(u.mean(axis=1) - 0.5).max() < 5 / np.sqrt(12 * u.shape[1])
    correlation = np.corrcoef(u)[np.triu_indices(4, 1)]
    assert np.abs(correlation).max() < 5 / np.sqrt(u.shape[1])


@pytest.mark.parametrize("seed", [-1, 2**64, 1.0, "1", True, None])
def test_unusable_seeds_are_refused(seed):
    with pytest.raises(InputError, match=r"seed is .*give an integer from 0 to 2\*\*64 - 1"):
        check_seed(seed)


def test_usable_seeds_pass():
    assert check_seed(np.int64(5)) == 5
    assert check_seed(2**64 - 1) == 2**64 - 1
