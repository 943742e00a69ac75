"""Which seeds are for what: scenarios that report results are never trained or tuned on."""

from __future__ import annotations

HELD_OUT = range(1, 101)
"""The 100 scenarios of headline figures; the first 20 for methods that plan for minutes."""

VALIDATION = range(500, 564)
"""For choosing between checkpoints and settings."""

WORST_CASE_POOL = range(1000, 2000)
"""The 1 000 scenarios whose lowest decile, by profit of the two-step rule, is the worst-case suite."""

FIRST_TRAINING_SEED = 1_000_000
"""Training and tuning draw seeds from here on."""

LAST_TRAINING_SEED = 2**31 - 1
