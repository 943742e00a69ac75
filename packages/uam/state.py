"""What a policy sees when an aircraft asks where to go, and what a policy is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from uam._checks import Flags, Ints
from uam.plan import Plan
from uam.scenario import Realised

WAITING, CHARGING, FLYING, FAILED = 0, 1, 2, 3
"""Codes of :attr:`DayState.status`."""


@dataclass(frozen=True, slots=True, eq=False)
class DayState:
    """The day at the moment of one decision.  Arrays are copies; a policy may keep them.

    Parameters
    ----------
    plan
        What was known at the start of the day.
    now_s
        Time since the start, s, below ``plan.horizon_s``.
    hour
        Current hour, ``now_s // 3600``.
    aircraft
        The aircraft that decides.
    vertiport
        Where it stands; choosing this number means to stay for ``rules.idle_s``.
    mask
        Flags ``[N]``: destinations that are allowed.  Staying always is.
    remaining
        Passengers ``[N, N]`` of the current hour who are still there.  Where the run hides them
        (``sees_remaining=False``): the rounded forecast less those already carried, at least 0.
    closed
        Flags ``[N, N]``: pairs closed in the current hour.
    lane_free_s
        ``[N, N, lanes]``: time from which a lane takes the next departure, s (0: always free so far).
    status
        ``[K]``: :data:`WAITING`, :data:`CHARGING`, :data:`FLYING` or :data:`FAILED`.
    location
        ``[K]``: the vertiport where the aircraft stands, or the one it is flying to.
    available_s
        ``[K]``: time of the next landing (flying), or of the next decision otherwise, s.
    energy_wh
        ``[K]``: energy that the aircraft has at ``available_s``, Wh.
    present
        Aircraft ``[N]`` at a vertiport, charging ones included.
    inbound
        Aircraft ``[N]`` under way to a vertiport.
    charging
        Chargers ``[N]`` in use.
    """

    plan: Plan
    now_s: int
    hour: int
    aircraft: int
    vertiport: int
    mask: Flags
    remaining: Ints
    closed: Flags
    lane_free_s: Ints
    status: Ints
    location: Ints
    available_s: Ints
    energy_wh: Ints
    present: Ints
    inbound: Ints
    charging: Ints


@runtime_checkable
class Policy(Protocol):
    """Decides one aircraft at a time.

    ``reset`` is called before every day.  ``realised`` is ``None`` unless the policy declares itself
    ``clairvoyant``; ``seed`` is for policies that draw at random, and differs between days and repetitions.
    ``act`` returns the number of an allowed vertiport; the simulator refuses another with
    :class:`~schedcore.errors.IllegalDecisionError`.
    """

    name: str
    clairvoyant: bool

    def reset(self, plan: Plan, realised: Realised | None, seed: int) -> None: ...

    def act(self, state: DayState) -> int: ...
