"""Pages, tiers, and the manager above them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmserve.serving import KVConfig, KVManager, LruStore, PagePool, Request, Sequence, Tiers
from schedcore.errors import InputError


def sequence(tokens: int, *keys: str, number: int = 0) -> Sequence:
    return Sequence(Request(number, tokens, page_keys=keys), number)


def test_pages_are_handed_out_once() -> None:
    pool = PagePool(4)
    first = pool.take(3)
    assert len(set(first)) == 3
    assert pool.available == 1
    pool.release(first[:2])
    assert set(pool.take(3)) | {first[2]} == {0, 1, 2, 3}
    assert pool.used == 4


def test_published_pages_are_shared_and_given_away_last() -> None:
    pool = PagePool(3)
    page = pool.take(1)[0]
    pool.publish("a", page)
    pool.publish("a", 2)  # the key is taken
    pool.share(page)
    pool.release([page])
    assert pool.used == 1
    pool.release([page])
    assert pool.used == 0
    assert pool.find("a") == page
    pool.take(2)
    assert pool.find("a") == page
    pool.take(1)
    assert pool.find("a") is None


def test_least_recently_used_keys_move_down_and_out() -> None:
    tiers = Tiers(2, 1)
    for key in "abc":
        tiers.put(key)
    assert [tiers.find(key) for key in "abc"] == ["disk", "host", "host"]
    tiers.put("a")  # comes back up, b goes down
    assert [tiers.find(key) for key in "abc"] == ["host", "disk", "host"]
    tiers.put("d")
    assert tiers.find("b") is None
    assert len(LruStore(0)) == 0
    assert LruStore(0).put("x") == "x"


def test_a_second_request_finds_what_the_first_left() -> None:
    kv = KVManager(KVConfig(4, 4, host_pages=10, reuse=True))
    one = sequence(10, "p0", "p1")
    kv.attach(one, kv.match(one))
    kv.extend(one, 10)
    one.num_cached = 10
    kv.retire(one, 10)
    assert kv.pool.used == 0
    two = sequence(9, "p0", "p1", number=1)
    match = kv.match(two)
    assert len(match.shared) == 2
    assert match.host == 0
    kv.attach(two, match)
    assert two.num_cached == 8
    # A prompt of exactly two pages keeps one token to compute, so the second page is not used.
    assert kv.match(sequence(8, "p0", "p1")).pages == 1


def test_pages_that_left_the_accelerator_come_from_the_host() -> None:
    kv = KVManager(KVConfig(2, 4, host_pages=1, disk_pages=1))
    one = sequence(8, "p0", "p1")
    kv.attach(one, kv.match(one))
    kv.extend(one, 8)
    kv.retire(one, 8)
    match = kv.match(sequence(9, "p0", "p1"))
    assert (match.shared, match.host, match.disk) == ((), 1, 1)  # the beginning stays up longest


def test_swapping_counts_filled_pages() -> None:
    kv = KVManager(KVConfig(4, 4, swap_pages=2))
    one = sequence(9)
    kv.extend(one, 9)
    one.num_cached = 9
    assert not kv.can_swap(one)
    one.num_cached = 7
    assert kv.can_swap(one)
    assert kv.swap_out(one) == 2
    assert kv.pool.used == 0
    assert kv.swap_in(one) == 2
    assert (len(one.pages), kv.swapped_pages) == (2, 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pages": 0}, "pages is 0"),
        ({"pages": 1, "page_tokens": 0}, "page_tokens is 0"),
        ({"pages": 1, "swap_pages": -1}, "swap"),
    ],
)
def test_impossible_sizes(options: dict[str, int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        KVConfig(**options)
    with pytest.raises(InputError, match="0 pages"):
        PagePool(0)
    assert KVConfig.of_tokens(100, 16) == KVConfig(6, 16)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), max_size=60))
def test_every_page_is_free_held_or_idle(steps: list[tuple[int, int]]) -> None:
    pool = PagePool(6)
    held: list[list[int]] = []
    for kind, number in steps:
        if kind == 0 and number <= pool.available:
            held.append(pool.take(number))
        elif kind == 1 and held:
            pool.release(held.pop(number % len(held)))
        elif kind == 2 and held and held[-1]:
            pool.publish(number, held[-1][0])
        elif kind == 3:
            page = pool.find(number)
            if page is not None:
                pool.share(page)
                held.append([page])
        assert pool.used == len({page for pages in held for page in pages})
        assert pool.used + pool.available == 6
