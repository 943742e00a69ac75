"""How many slots until k successes fall within a window of w slots: the scan statistic of Naus (1982).

Each slot succeeds with probability p, independently.  The approximation is good to a few parts in ten thousand; an
exact value for small windows (:func:`exact_probability`) checks it.
"""

from __future__ import annotations

from functools import lru_cache

from schedcore.errors import InputError

MAX_SLOTS = 100_000_000


def pmf(k: int, n: int, p: float) -> float:
    """Probability of exactly ``k`` successes in ``n`` slots."""
    from scipy.stats import binom

    return 0.0 if k < 0 or k > n else float(binom.pmf(k, n, p))


def cdf(k: int, n: int, p: float) -> float:
    """Probability of at most ``k`` successes in ``n`` slots."""
    from scipy.stats import binom

    return 0.0 if k < 0 else float(binom.cdf(k, n, p))


def packet_probability(k: int, w: int | None, n: int, p: float) -> float:
    """Probability that some window of ``w`` of ``n`` slots holds ``k`` successes (``None``: any distance).

    Raises
    ------
    InputError
        A number is out of range.
    """
    _check(k, w, p)
    if n < 0:
        raise InputError(f"{n} slots", where="packet", remedy="give 0 or more")
    if n == 0:
        return 0.0
    if k == 1:
        return float(1.0 - (1.0 - p) ** n)
    if w is None or n <= w:
        return 1.0 - cdf(k - 1, n, p)
    if w < k:
        return 0.0
    q2, q3 = _q2_q3(k, w, p)
    return 1.0 - q2 * (q3 / q2) ** (n / w - 2)


@lru_cache(maxsize=4096)
def _q2_q3(k: int, w: int, p: float) -> tuple[float, float]:
    """Probabilities that no window holds ``k`` in ``2 w`` and in ``3 w`` slots."""

    def f(r: int, s: int) -> float:
        return cdf(r, s, p)

    b = pmf(k, w, p)
    top = f(k - 1, w)
    q2 = top**2 - (k - 1) * b * f(k - 2, w) + w * p * b * f(k - 3, w - 1)
    a1 = 2 * b * top * ((k - 1) * f(k - 2, w) - w * p * f(k - 3, w - 1))
    a2 = (
        0.5
        * b**2
        * (
            (k - 1) * (k - 2) * f(k - 3, w)
            - 2 * (k - 2) * w * p * f(k - 4, w - 1)
            + w * (w - 1) * p**2 * f(k - 5, w - 2)
        )
    )
    a3 = sum(pmf(2 * k - r, w, p) * f(r - 1, w) ** 2 for r in range(1, k))
    a4 = sum(
        pmf(2 * k - r, w, p) * pmf(r, w, p) * ((r - 1) * f(r - 2, w) - w * p * f(r - 3, w - 1)) for r in range(2, k)
    )
    return q2, top**3 - a1 + a2 + a3 - a4


def packet_slots(k: int, w: int | None, p: float, target: float) -> int:
    """The fewest slots in which a packet of ``k`` pairs within ``w`` slots comes with probability ``target``.

    Raises
    ------
    InputError
        A number is out of range, or more than ``MAX_SLOTS`` would be needed.
    """
    if not 0.0 < target < 1.0:
        raise InputError(f"a packet probability of {target}", where="packet", remedy="give a value between 0 and 1")
    _check(k, w, p)
    if w is not None and w < k:
        raise InputError(
            f"{k} pairs cannot fall within {w} slots", where="packet", remedy="widen the window or ask for fewer pairs"
        )
    low, high = k, max(k, 1)
    while packet_probability(k, w, high, p) < target:
        low, high = high, 2 * high
        if high > MAX_SLOTS:
            raise InputError(
                f"{k} pairs within {w} slots at {p:g} per slot take more than {MAX_SLOTS} slots",
                where="packet",
                remedy="widen the window or use faster links",
            )
    while low < high:
        middle = (low + high) // 2
        if packet_probability(k, w, middle, p) >= target:
            high = middle
        else:
            low = middle + 1
    return low


def exact_probability(k: int, w: int, n: int, p: float) -> float:
    """The same by following which of the last ``w - 1`` slots were successes; for windows of up to about 20 slots."""
    states = {0: 1.0}
    full = (1 << (w - 1)) - 1
    found = 0.0
    for _ in range(n):
        after: dict[int, float] = {}
        for state, weight in states.items():
            for bit, chance in ((0, 1.0 - p), (1, p)):
                if state.bit_count() + bit >= k:
                    found += weight * chance
                    continue
                new = (state << 1 | bit) & full
                after[new] = after.get(new, 0.0) + weight * chance
        states = after
    return found


def _check(k: int, w: int | None, p: float) -> None:
    if k < 1:
        raise InputError(f"a packet of {k} pairs", where="packet", remedy="ask for one or more")
    if w is not None and w < 1:
        raise InputError(f"a window of {w} slots", where="packet", remedy="give one slot or more, or none for no limit")
    if not 0.0 < p <= 1.0:
        raise InputError(f"a probability of {p} per slot", where="packet", remedy="give a value above 0, at most 1")
