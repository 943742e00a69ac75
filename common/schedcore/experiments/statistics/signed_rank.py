"""Wilcoxon's signed-rank test on paired differences, exact for up to 100 of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from schedcore.errors import InputError

EXACT_UP_TO: int = 100
"""Differences up to which the exact distribution is used."""


@dataclass(frozen=True, slots=True)
class SignedRank:
    """Outcome of the test.

    ``positive`` and ``negative`` are the sums of ranks of either sign, ``zeros`` the number of differences
    that are 0, ``pairs`` the number of all.
    """

    p_value: float
    positive: float
    negative: float
    pairs: int
    zeros: int
    exact: bool


def signed_rank_test(
    differences: Sequence[float], *, zeros: Literal["pratt", "drop"] = "pratt", exact_up_to: int = EXACT_UP_TO
) -> SignedRank:
    """Two-sided test that the differences are symmetric about 0.

    Parameters
    ----------
    differences
        One per pair; infinite ones share the largest rank (a method that found nothing against one that did).
    zeros
        ``"pratt"``: zeros are ranked with the others and their ranks left out (Pratt, Journal of the American
        Statistical Association 54, 1959); ``"drop"``: they are left out before ranking (Wilcoxon, Biometrics
        Bulletin 1, 1945).
    exact_up_to
        With more differences that are not 0 the normal approximation is used, without continuity correction.

    Returns
    -------
    The p-value is 1 if all differences are 0 or there are none.

    Notes
    -----
    Under the hypothesis every rank has either sign with probability 1/2.  The distribution of the sum of
    positive ranks is therefore a product of two-point distributions, which is multiplied out; ties share the
    mean of their ranks (a multiple of 1/2), so that the distribution stays exact with ties.  The normal
    approximation has mean ``sum(r) / 2`` and variance ``sum(r^2) / 4``, which contains the usual correction
    for ties.

    Raises
    ------
    InputError
        A difference is not a number.
    """
    values = np.asarray(differences, dtype=np.float64)
    if np.isnan(values).any():
        raise InputError("a difference is not a number", where="signed-rank test", remedy="leave the pair out")
    zero = values == 0
    ranked = values if zeros == "pratt" else values[~zero]
    ranks = mean_ranks(np.abs(ranked))
    sign = np.sign(ranked)
    kept = ranks[sign != 0]
    positive, negative = float(ranks[sign > 0].sum()), float(ranks[sign < 0].sum())
    exact = len(kept) <= exact_up_to
    if len(kept) == 0:
        p_value = 1.0
    elif exact:
        p_value = _exact_p(kept, min(positive, negative))
    else:
        z = (positive - kept.sum() / 2) / math.sqrt(float((kept**2).sum()) / 4)
        p_value = math.erfc(abs(z) / math.sqrt(2))
    return SignedRank(min(1.0, p_value), positive, negative, len(values), int(zero.sum()), exact)


def mean_ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 1; equal values share the mean of theirs."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    ranks: NDArray[np.float64] = (last - (count - 1) / 2)[place]
    return ranks


def _exact_p(ranks: NDArray[np.float64], smaller: float) -> float:
    """Twice the probability that the sum of positive ranks is at most ``smaller``."""
    doubled = np.rint(2 * ranks).astype(np.int64)
    chance = np.zeros(int(doubled.sum()) + 1)
    chance[0] = 1.0
    reach = 0
    for rank in doubled.tolist():
        chance[rank : reach + rank + 1] += chance[: reach + 1].copy()
        reach += rank
        chance[: reach + 1] /= 2
    return 2 * float(chance[: round(2 * smaller) + 1].sum())
