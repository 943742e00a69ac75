"""The menu of rates: 1 / (slot * 2^i) for i = 0 ... 9, so that hyperperiods are at most 512 slots (specification
6.2)."""

from __future__ import annotations

MENU_PERIODS = tuple(1 << i for i in range(10))
"""Periods in slots, fastest first."""
