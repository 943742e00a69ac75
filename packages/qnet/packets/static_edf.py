"""The static table of packet attempts: EDF with conflicts, repeated cycle after cycle (specification 9.2)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from qnet.packets.applications import Application, Attempts
from qnet.packets.result import PacketResult
from qnet.scheduling.task import hyperperiod

MAX_CYCLES = 2000


def static_table(applications: Sequence[Application]) -> list[tuple[int, int]] | None:
    """``(start slot, application)`` of one hyperperiod, sorted; ``None`` if the set is rejected.

    Instances are ordered by (deadline, release, application); each starts when its links are free.  The set is rejected
    if an attempt is longer than its period or an instance misses its deadline.
    """
    cycle = hyperperiod((a.period_slots for a in applications), limit=1 << 40)
    instances = sorted(
        ((k + 1) * a.period_slots, k * a.period_slots, i)
        for i, a in enumerate(applications)
        for k in range(cycle // a.period_slots)
    )
    free: dict[int, int] = {}
    table = []
    for deadline, release, i in instances:
        application = applications[i]
        start = max(release, *(free.get(link, 0) for link in application.links))
        end = start + application.attempt_slots
        if end > deadline:
            return None
        for link in application.links:
            free[link] = end
        table.append((start, i))
    return sorted(table)


def simulate_static(
    applications: Sequence[Application], slot_s: float, *, seed: int, links: int
) -> PacketResult | None:
    """Repeat the table until every application has its packets, at most ``MAX_CYCLES`` times; ``None``: rejected.

    A failed attempt is lost; the next cycle is the next chance.
    """
    table = static_table(applications)
    if table is None:
        return None
    cycle = math.lcm(*(a.period_slots for a in applications))
    draws = Attempts(seed)
    missing = [a.packets for a in applications]
    completed = attempts = busy = last = 0
    waiting = 0
    for round_ in range(MAX_CYCLES):
        if not any(missing):
            break
        for start, i in table:
            if missing[i] == 0:
                continue
            a = applications[i]
            attempts += 1
            needed = draws.slots(a)
            used = min(needed, a.attempt_slots)
            busy += used * len(a.links)
            waiting += start % a.period_slots
            if needed <= a.attempt_slots:
                completed += 1
                missing[i] -= 1
                last = max(last, round_ * cycle + start + used)
    makespan_s = last * slot_s
    return PacketResult(
        "static",
        len(applications),
        makespan_s,
        completed / makespan_s if last else 0.0,
        completed / attempts if attempts else 0.0,
        0.0,
        0.0,
        0.0,
        waiting * slot_s / attempts if attempts else 0.0,
        busy / (last * links) if last else 0.0,
        completed,
        attempts,
        tuple(a.packets - left for a, left in zip(applications, missing, strict=True)),
    )
