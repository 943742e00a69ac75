"""The dynamic packet scheduler: attempts are taken as links become free, put off, retried or dropped.

Specification 9.2.

Decisions fall when a packet is released, when it may be tried again, and when links that it waited for are free.  At
one moment the packet with the earliest deadline goes first; among equal deadlines the order is a policy:

``edf``
    by application, as published;
``edf-short``
    the shortest attempt first (ours): under overload more packets are completed.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from qnet.packets.applications import Application, Attempts
from qnet.packets.result import PacketResult
from schedcore.errors import unknown_name

POLICIES = ("edf", "edf-short")


def simulate_dynamic(
    applications: Sequence[Application],
    slot_s: float,
    *,
    seed: int,
    links: int,
    policy: str = "edf",
    max_periods: int = 2000,
) -> PacketResult:
    """Run until every application has completed its packets, at most ``max_periods`` periods of each.

    A reservation ends early on success.  A packet whose attempt no longer fits before its deadline is dropped, and the
    application's next packet is released at its next period.

    Raises
    ------
    UnknownNameError
        There is no such policy.
    """
    if policy not in POLICIES:
        raise unknown_name("policy", policy, POLICIES, where="dynamic")
    rank = [(a.attempt_slots if policy == "edf-short" else 0, i) for i, a in enumerate(applications)]
    draws = Attempts(seed)
    free = [0] * links
    missing = [a.packets for a in applications]
    periods = [0] * len(applications)
    events: list[tuple[int, int, tuple[int, int]]] = [(0, a.period_slots, rank[i]) for i, a in enumerate(applications)]
    heapq.heapify(events)
    completed = dropped = deferred = decisions = attempts = retried = busy = last = waiting = ended = 0
    while events:
        now, deadline, (_, i) = heapq.heappop(events)
        application = applications[i]
        length = application.attempt_slots
        path = application.links
        decisions += 1
        done = False
        if now + length > deadline:
            dropped += 1
            done = True
        else:
            until = max([free[link] for link in path])
            if until > now:
                deferred += 1
                if until + length <= deadline:
                    heapq.heappush(events, (until, deadline, rank[i]))
                    continue
                dropped += 1
                done = True
        if not done:
            attempts += 1
            needed = draws.slots(application)
            end = now + min(needed, length)
            busy += (end - now) * len(path)
            for link in path:
                free[link] = end
            if needed <= length:
                completed += 1
                missing[i] -= 1
                waiting += end - (deadline - application.period_slots)
                last = max(last, end)
            elif end + length <= deadline:
                retried += 1
                heapq.heappush(events, (end, deadline, rank[i]))
                continue
        ended += 1
        periods[i] += 1
        if missing[i] and periods[i] < max_periods:
            heapq.heappush(events, (deadline, deadline + application.period_slots, rank[i]))
    makespan_s = last * slot_s
    return PacketResult(
        f"dynamic-{policy}",
        len(applications),
        makespan_s,
        completed / makespan_s if last else 0.0,
        completed / ended if ended else 0.0,
        dropped / ended if ended else 0.0,
        deferred / decisions if decisions else 0.0,
        retried / attempts if attempts else 0.0,
        waiting * slot_s / completed if completed else 0.0,
        busy / (last * links) if last else 0.0,
        completed,
        attempts,
        tuple(a.packets - left for a, left in zip(applications, missing, strict=True)),
    )
