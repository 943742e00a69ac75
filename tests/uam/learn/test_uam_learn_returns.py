"""Advantages by hand."""

from __future__ import annotations

import math

import numpy as np

from uam.learn.returns import fleet_advantages, own_advantages


def test_fleet_advantages_by_hand() -> None:
    # One day of two decisions, nothing discounted: the last has 2 - 0.5; the first 1 + 0.5 - 0.2 + 0.5 * 1.5.
    out = np.zeros((1, 3))
    fleet_advantages(
        np.array([[0.0, 60.0, 0.0]]),
        np.array([[1.0, 2.0, 99.0]]),
        np.array([[0.2, 0.5, 99.0]]),
        np.array([2]),
        0.0,
        0.5,
        out,
    )
    np.testing.assert_allclose(out, [[2.05, 1.5, 0.0]])


def test_what_comes_tau_later_counts_one_over_e() -> None:
    out = np.zeros((1, 2))
    fleet_advantages(
        np.array([[0.0, 3600.0]]), np.array([[0.0, 1.0]]), np.zeros((1, 2)), np.array([2]), 3600.0, 1.0, out
    )
    np.testing.assert_allclose(out, [[math.exp(-1), 1.0]])


def test_own_advantages_follow_the_aircraft() -> None:
    # Aircraft 0 decides first and third, aircraft 1 in between; rewards of the other do not count.
    out = np.zeros((1, 3))
    own_advantages(
        np.array([[0.0, 10.0, 20.0]]),
        np.array([[1.0, 10.0, 2.0]]),
        np.array([[0.0, 0.0, 0.5]]),
        np.array([[0, 1, 0]]),
        np.array([3]),
        2,
        0.0,
        1.0,
        out,
    )
    np.testing.assert_allclose(out, [[3.0, 10.0, 1.5]])
