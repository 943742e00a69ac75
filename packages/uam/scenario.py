"""A scenario: the plan of a day and, drawn from one seed before anybody decides, everything that chance decides.

All chance is in tables indexed by things that no policy can change, so every method meets the same day.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import numpy as np

from schedcore.errors import InputError
from uam._checks import Flags, Ints, frozen
from uam.plan import Plan


@dataclass(frozen=True, slots=True, eq=False)
class Realised:
    """What really happens.  A policy that is not clairvoyant never sees these tables.

    Parameters
    ----------
    demand
        Passengers ``[N, N, H]`` who turn up for ``i`` to ``j`` in hour ``h``; those left at its end are lost.
    closed
        Flags ``[N, N, H]``: no departure on the pair in this hour.
    delay_s
        Take-off delay ``[N, slots]`` of a departure decided in a slot of ``rules.delay_slot_s``, s.
    failing
        Flags ``[K, H]``: the aircraft fails at its first decision in or after this hour (several at once
        count as one), and is out for ``rules.repair_s``.
    """

    demand: Ints
    closed: Flags
    delay_s: Ints
    failing: Flags


@dataclass(frozen=True, slots=True, eq=False)
class Scenario:
    """A day to be planned.

    ``name`` is how the command finds it again, ``seed`` the seed of its tables (-1: written by hand), and
    ``options`` what the generator was asked for.

    Raises
    ------
    InputError
        A table of another shape than the plan asks for, or negative numbers in it.
    """

    name: str
    plan: Plan
    realised: Realised
    seed: int = -1
    options: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        plan, real = self.plan, self.realised
        n, h, k = plan.num_vertiports, plan.hours, plan.num_aircraft
        slots = plan.horizon_s // plan.profile.rules.delay_slot_s
        where = f"scenario {self.name!r}"
        checked = Realised(
            frozen(real.demand, np.int64, (n, n, h), f"{where}: demand", least=0),
            frozen(real.closed, np.bool_, (n, n, h), f"{where}: closed"),
            frozen(real.delay_s, np.int64, (n, slots), f"{where}: delay_s", least=0),
            frozen(real.failing, np.bool_, (k, h), f"{where}: failing"),
        )
        if checked.demand[np.arange(n), np.arange(n)].any():
            raise InputError(
                "passengers want to go where they are", where=f"{where}: demand", remedy="clear the diagonal"
            )
        object.__setattr__(self, "realised", checked)

    def fingerprint(self) -> str:
        """A hash of everything that decides what happens in the day."""
        digest = hashlib.blake2b(digest_size=16)
        for holder in (self.plan, self.plan.network, self.realised):
            for item in fields(holder):
                value = getattr(holder, item.name)
                if isinstance(value, np.ndarray):
                    digest.update(item.name.encode() + str(value.shape).encode() + value.tobytes())
        digest.update(repr((self.plan.profile, self.plan.landing_fee_mills, self.plan.network.lanes)).encode())
        return digest.hexdigest()
