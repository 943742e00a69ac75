"""Applications that ask for packets: k pairs within a window, again and again."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qnet.network import Network
from qnet.packets.path_model import PathModel
from schedcore.errors import InputError


@dataclass(frozen=True, slots=True)
class Application:
    """A session of packets between two nodes.

    Parameters
    ----------
    links
        Numbers of the links on its path.
    swaps
        Intermediate nodes.
    pairs, window
        Pairs of a packet, and slots within which they must fall: create-and-keep has a window below the memory time,
        measure-directly none (``None``).
    attempt_slots
        Length of a packet generation attempt.
    period_slots
        Distance of releases and relative deadline.
    packets
        How many the session wants.
    """

    name: str
    links: tuple[int, ...]
    swaps: int
    attempt_slots: int
    period_slots: int
    packets: int
    pairs: int = 2
    window: int | None = None
    slot_probability: float = 1.0


def random_applications(
    network: Network,
    count: int,
    packet_probability: float,
    *,
    seed: int,
    packets: int = 100,
    pairs: int = 2,
    window: int | None = None,
    period_s: float = 1.0,
    model: PathModel | None = None,
) -> tuple[Application, ...]:
    """``count`` applications between random pairs of end nodes, all with the same packets and period.

    Raises
    ------
    InputError
        The period is no multiple of the slot, or no application is asked for.
    """
    model = model or PathModel()
    if count < 1:
        raise InputError(f"{count} applications", where="packets", remedy="ask for one or more")
    period = period_s / model.slot_s
    if abs(period - round(period)) > 1e-6:
        raise InputError(
            f"a slot of {model.slot_s:g} s does not divide the period of {period_s:g} s",
            where="packets",
            remedy="choose a period that is a whole number of slots",
        )
    number = {frozenset((link.u, link.v)): i for i, link in enumerate(network.links)}
    ends = network.end_nodes
    rng = np.random.default_rng([seed, 4])
    made = []
    for i in range(count):
        u, v = (ends[int(k)] for k in rng.choice(len(ends), size=2, replace=False))
        path = network.path(u, v)
        swaps = len(path) - 2
        made.append(
            Application(
                f"a{i}",
                tuple(number[frozenset(pair)] for pair in itertools.pairwise(path)),
                swaps,
                model.attempt_slots(swaps, pairs, packet_probability, window),
                round(period),
                packets,
                pairs,
                window,
                model.slot_probability(swaps),
            )
        )
    return tuple(made)


class Attempts:
    """Draws the outcome of attempts: slots until the packet is there, or failure at the end of the reservation."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng([seed, 5])
        self._pools: dict[tuple[int, int | None, float], tuple[np.ndarray[tuple[int], np.dtype[np.int64]], int]] = {}

    def slots(self, application: Application) -> int:
        """Slots until the packet is complete, if it could go on for ever."""
        key = (application.pairs, application.window, application.slot_probability)
        pool, at = self._pools.get(key, (np.zeros(0, dtype=np.int64), 0))
        if at >= len(pool):
            pool, at = self._draw(*key), 0
        self._pools[key] = (pool, at + 1)
        return int(pool[at])

    def _draw(self, pairs: int, window: int | None, p: float) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        size = 4096
        if window is None or pairs == 1:
            return self._rng.geometric(p, (size, pairs)).sum(axis=1)
        drawn = np.zeros(size, dtype=np.int64)
        for i in range(size):
            recent: list[int] = []
            at = 0
            while len(recent) < pairs:
                at += int(self._rng.geometric(p))
                recent = [s for s in recent if at - s < window]
                recent.append(at)
            drawn[i] = at
        return drawn


def conflicts(applications: Sequence[Application]) -> list[list[int]]:
    """Per application those that share a link with it, itself included."""
    users: dict[int, list[int]] = {}
    for i, application in enumerate(applications):
        for link in application.links:
            users.setdefault(link, []).append(i)
    return [sorted({j for link in a.links for j in users[link]}) for a in applications]
