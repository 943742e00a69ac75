"""Non-delay dispatching rules for job shops.

The environment is that of P. Tassel, M. Gebser, K. Schekotihin, An end-to-end reinforcement learning approach for
job-shop scheduling problems based on constraint programming, ICAPS 2023, without its No-Op action: with ``r_j`` the
earliest start of job j's next operation (end of its previous operation, and end of the last operation on its machine),
time is ``t = min_j r_j``; among the jobs with ``r_j = t`` each machine starts the one that the rule ranks first, all
machines at once; ties go to the lowest job index.

=====  =======================================================================
fifo   earliest arrival at the machine (end of the previous operation, 0 at first)
spt    shortest operation
lpt    longest operation
mwkr   most work remaining in the job, this operation included
mor    most operations remaining in the job, this one included
=====  =======================================================================

All but ``fifo`` are static priorities, so one compiled loop serves them all, and any other static priority.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from jssp._arrays import IntArray
from jssp.instance import JobShopInstance
from schedcore.errors import InputError, unknown_name

RULES = ("fifo", "spt", "lpt", "mwkr", "mor")


def priorities(instance: JobShopInstance, rule: str) -> IntArray:
    """Static priority of each operation under ``rule``, smaller first, shape [operations].

    ``fifo`` depends on the schedule so far; its static part is 0.
    """
    if rule == "fifo":
        return np.zeros(instance.num_operations, dtype=np.int64)
    if rule == "spt":
        return instance.op_durations.copy()
    if rule == "lpt":
        return -instance.op_durations
    if rule == "mwkr":
        return -instance.remaining_work
    if rule == "mor":
        ends = np.repeat(instance.job_offsets[1:], instance.job_lengths)
        return np.arange(instance.num_operations) - ends
    raise unknown_name("rule", rule, RULES)


def dispatch(instance: JobShopInstance, rule: str | npt.NDArray[np.integer]) -> IntArray:
    """Start times of the non-delay schedule of ``rule``, in ticks, shape [operations].

    ``rule`` is one of :data:`RULES`, or a static priority of each operation (shape [operations], smaller first).
    ``instance.to_matrix(starts)`` gives one row per job.

    >>> shop = JobShopInstance("tiny", [[0, 1], [0, 1]], [[3, 2], [1, 4]])
    >>> dispatch(shop, "spt").tolist()
    [1, 5, 0, 1]
    """
    return dispatch_many([instance], [rule] if isinstance(rule, np.ndarray) else rule)[0]


def dispatch_many(
    instances: Sequence[JobShopInstance], rule: str | Sequence[npt.NDArray[np.integer]]
) -> list[IntArray]:
    """:func:`dispatch` for many instances in one compiled pass; ``rule`` may be one priority array per instance."""
    if not instances:
        return []
    if isinstance(rule, str):
        given: Sequence[npt.NDArray[np.integer]] = [priorities(instance, rule) for instance in instances]
    else:
        given = rule
        _check_priorities(instances, given)
    batch = _Batch(instances)
    return batch.split(batch.run(np.concatenate(given).astype(np.int64), by_arrival=rule == "fifo"))


def makespans(instances: Sequence[JobShopInstance], rules: Sequence[str] = RULES) -> IntArray:
    """Makespans of ``rules`` in ticks, shape [instances, rules]."""
    result = np.zeros((len(instances), len(rules)), dtype=np.int64)
    if not instances:
        return result
    batch = _Batch(instances)
    for column, rule in enumerate(rules):
        priority = np.concatenate([priorities(instance, rule) for instance in instances])
        ends = batch.run(priority, by_arrival=rule == "fifo") + batch.durations
        result[:, column] = np.maximum.reduceat(ends, batch.offsets[:-1])
    return result


def dispatch_plain(instance: JobShopInstance, rule: str) -> IntArray:
    """The definition of :func:`dispatch` in plain Python, step by step: slow, and the yardstick for the fast one."""
    key = priorities(instance, rule).tolist()
    offsets, machines = instance.job_offsets.tolist(), instance.op_machines.tolist()
    durations = instance.op_durations.tolist()
    upcoming, last = offsets[:-1], offsets[1:]
    arrival = [0] * instance.num_jobs
    free = [0] * instance.num_machines
    starts = [0] * instance.num_operations
    while True:
        ready = {j: max(arrival[j], free[machines[upcoming[j]]]) for j in range(len(arrival)) if upcoming[j] < last[j]}
        if not ready:
            return np.array(starts, dtype=np.int64)
        now = min(ready.values())
        best: dict[int, tuple[int, int]] = {}
        for j in (j for j, time in ready.items() if time == now):
            k = machines[upcoming[j]]
            rank = (arrival[j] if rule == "fifo" else key[upcoming[j]], j)
            best[k] = min(best.get(k, rank), rank)
        for k, (_, j) in best.items():
            operation = upcoming[j]
            starts[operation] = now
            arrival[j] = free[k] = now + durations[operation]
            upcoming[j] += 1


def _check_priorities(instances: Sequence[JobShopInstance], given: Sequence[npt.NDArray[np.integer]]) -> None:
    if len(given) != len(instances):
        raise InputError(
            f"{len(given)} priority arrays for {len(instances)} instances",
            where="dispatch_many",
            remedy="give one array per instance",
        )
    for instance, array in zip(instances, given):
        if array.shape != (instance.num_operations,) or not np.issubdtype(array.dtype, np.integer):
            raise InputError(
                f"priorities of shape {array.shape} and type {array.dtype}",
                where=f"job shop {instance.name!r}",
                remedy=f"give integers of shape ({instance.num_operations},)",
            )


class _Batch:
    """Many instances laid one behind the other."""

    def __init__(self, instances: Sequence[JobShopInstance]) -> None:
        self.offsets = np.cumsum([0] + [i.num_operations for i in instances], dtype=np.int64)
        self._shop_jobs = np.cumsum([0] + [i.num_jobs for i in instances], dtype=np.int64)
        parts = [i.job_offsets[:-1] + base for i, base in zip(instances, self.offsets)]
        self._job_offsets = np.concatenate([*parts, self.offsets[-1:]])
        self._machines = np.concatenate([i.op_machines for i in instances])
        self.durations = np.concatenate([i.op_durations for i in instances])
        self._num_machines = max(i.num_machines for i in instances)

    def run(self, priority: IntArray, *, by_arrival: bool) -> IntArray:
        from jssp import _kernels

        starts = np.zeros(len(self.durations), dtype=np.int64)
        _kernels.non_delay(
            self._shop_jobs,
            self._job_offsets,
            self._machines,
            self.durations,
            priority,
            by_arrival,
            self._num_machines,
            starts,
        )
        return starts

    def split(self, values: IntArray) -> list[IntArray]:
        return np.split(values, self.offsets[1:-1])
