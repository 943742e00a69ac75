"""Simple policies: feasible random, greedy profit, greedy profit rate, and staying put."""

from __future__ import annotations

from uam.policies.simple import GreedyPolicy, GreedyRatePolicy, RandomPolicy, StayPolicy

__all__ = ["GreedyPolicy", "GreedyRatePolicy", "RandomPolicy", "StayPolicy"]
