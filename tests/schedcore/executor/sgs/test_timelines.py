"""Earliest-fit queries of the compiled timelines against tick-by-tick references."""

from __future__ import annotations

import random

import numpy as np

from schedcore.executor.sgs.folded import FoldedLine
from schedcore.executor.sgs.timelines import (
    INF,
    add_between,
    renewable_fit,
    reservoir_fit,
    unary_fit,
    unary_insert,
    unary_remove,
)

SPAN = 60


def room() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.zeros(200, np.int64), np.zeros(200, np.int64), np.zeros(200, np.int64)


def test_unary_gaps_are_found_as_by_hand() -> None:
    rng = random.Random(1)
    for _ in range(60):
        first, second, third = room()
        base, count, busy = 7, 0, [False] * (4 * SPAN)
        for task in range(rng.randint(0, 8)):
            t, d = rng.randrange(SPAN), rng.randint(1, 6)
            at = unary_fit(first, second, base, count, t, d)
            expected = next(s for s in range(t, 4 * SPAN) if not any(busy[s : s + d]))
            assert at == expected
            unary_insert(first, second, third, base, count, at, at + d, task)
            count += 1
            busy[at : at + d] = [True] * d
        if count:
            gone = rng.randrange(count)
            k = next(i for i in range(count) if third[base + i] == gone)
            begin, end = int(first[base + k]), int(second[base + k])
            count = unary_remove(first, second, third, base, count, gone)
            assert unary_fit(first, second, base, count, begin, end - begin) == begin


def test_renewable_stretches_are_found_as_by_hand() -> None:
    rng = random.Random(2)
    for _ in range(60):
        first, second, _ = room()
        capacity = rng.randint(1, 4)
        first[3], second[3], base, count = 0, capacity, 3, 1
        free = [capacity] * (4 * SPAN)
        for _ in range(rng.randint(0, 9)):
            t, d, amount = rng.randrange(SPAN), rng.randint(1, 6), rng.randint(1, 5)
            at = renewable_fit(first, second, base, count, t, d, amount)
            expected = next((s for s in range(t, 3 * SPAN) if min(free[s : s + d]) >= amount), INF)
            assert at == expected
            if at < INF:
                count = add_between(first, second, base, count, at, at + d, -amount)
                free[at : at + d] = [f - amount for f in free[at : at + d]]


def test_reservoir_starts_keep_all_later_levels_in_bounds() -> None:
    rng = random.Random(3)
    for _ in range(80):
        first, second, _ = room()
        low, high, start = 0, rng.randint(3, 8), rng.randint(0, 3)
        first[0], second[0], count = -1, start, 1
        level = [start] * (4 * SPAN)
        for _ in range(rng.randint(0, 9)):
            t, d = rng.randrange(SPAN), rng.randint(0, 6)
            at_start, at_end = rng.randint(-3, 3), rng.randint(-3, 3)

            def after(s: int, d: int = d, a: int = at_start, b: int = at_end, now: list[int] = level) -> list[int]:
                return [v + (a if k >= s else 0) + (b if k >= s + d else 0) for k, v in enumerate(now)]

            at = reservoir_fit(first, second, 0, count, t, d, at_start, at_end, low, high)
            expected = next((s for s in range(t, 3 * SPAN) if all(low <= v <= high for v in after(s)[s:])), INF)
            assert at == expected
            if at < INF:
                level = after(at)
                for tick, delta in ((at, at_start), (at + d, at_end)):
                    count = add_between(first, second, 0, count, tick, INF, delta)


def test_folded_demand_is_found_as_by_hand() -> None:
    rng = random.Random(4)
    for _ in range(80):
        period, capacity = rng.randint(1, 12), rng.randint(1, 4)
        line, used = FoldedLine(period, capacity), [0] * period
        for _ in range(rng.randint(0, 8)):
            start, length, amount = rng.randrange(40), rng.randint(0, 20), rng.randint(1, 3)

            def fits(
                s: int, length: int = length, amount: int = amount, now: list[int] = used, top: int = capacity
            ) -> bool:
                extra = [0] * len(now)
                for tick in range(s, s + length):
                    extra[tick % len(now)] += amount
                return all(e == 0 or u + e <= top for u, e in zip(now, extra, strict=True))

            at: int | None = start
            for _ in range(3 * period):
                assert at is not None
                step = line.shift_needed(at, length, amount)
                if step is None or step == 0:
                    at = None if step is None else at
                    break
                at += step
            else:
                at = None
            expected = next((s for s in range(start, start + period) if fits(s)), None)
            assert at == expected
            if at is not None:
                line.add(at, length, amount)
                for tick in range(at, at + length):
                    used[tick % period] += amount
