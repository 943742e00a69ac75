"""An instance as the arrays that the compiled dispatcher reads: jobs, operations, and their alternatives.

A job shop is the special case in which every operation has one alternative.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jssp._arrays import IntArray
from jssp.instance import FlexibleJobShopInstance, JobShopInstance

FloatArray = npt.NDArray[np.float64]


class Shop(NamedTuple):
    """Static arrays of an instance.  Times are ticks held as float64, exact up to 2^53.

    Attributes
    ----------
    job_ptr
        First operation of each job, shape [jobs + 1].
    op_job
        Job of each operation, shape [operations].
    release
        Earliest start of each job, shape [jobs].
    alt_ptr
        First alternative of each operation, shape [operations + 1].
    alt_op, alt_machine, alt_duration
        Shape [alternatives].
    share
        1 / number of alternatives of the operation, shape [alternatives]: the chance that the work lands there.
    duration
        Shortest duration of each operation, shape [operations].
    before, tail
        Shortest work of the job before and after each operation, shape [operations].
    queue_ptr, queue
        Alternatives of each machine by falling tail, shapes [machines + 1] and [alternatives].
    scale
        Mean shortest duration (1 if all are 0), lower bound of the makespan (at least 1), longest job in operations,
        number of jobs over number of machines: shape [4].
    """

    job_ptr: IntArray
    op_job: IntArray
    release: FloatArray
    alt_ptr: IntArray
    alt_op: IntArray
    alt_machine: IntArray
    alt_duration: FloatArray
    share: FloatArray
    duration: FloatArray
    before: FloatArray
    tail: FloatArray
    queue_ptr: IntArray
    queue: IntArray
    scale: FloatArray

    @property
    def num_jobs(self) -> int:
        return len(self.job_ptr) - 1

    @property
    def num_operations(self) -> int:
        return len(self.duration)

    @property
    def num_machines(self) -> int:
        return len(self.queue_ptr) - 1


def shop_of(instance: JobShopInstance | FlexibleJobShopInstance, release: npt.ArrayLike | None = None) -> Shop:
    """The arrays of an instance; ``release`` holds the earliest start of each job (default 0)."""
    count = instance.num_operations
    if isinstance(instance, FlexibleJobShopInstance):
        alt_ptr, machines, durations = instance.alt_offsets, instance.alt_machines, instance.alt_durations
    else:
        alt_ptr = np.arange(count + 1, dtype=np.int64)
        machines, durations = instance.op_machines, instance.op_durations
    return build_shop(instance.job_offsets, alt_ptr, machines, durations, instance.num_machines, release)


def build_shop(
    job_ptr: IntArray,
    alt_ptr: IntArray,
    machines: IntArray,
    durations: IntArray,
    num_machines: int,
    release: npt.ArrayLike | None = None,
) -> Shop:
    """The arrays from jobs, alternatives, machines and durations; see :class:`Shop`."""
    jobs, count = len(job_ptr) - 1, len(alt_ptr) - 1
    lengths = np.diff(alt_ptr)
    alt_op = np.repeat(np.arange(count), lengths)
    alt_duration = durations.astype(np.float64)
    share = 1.0 / lengths[alt_op]
    duration = np.minimum.reduceat(alt_duration, alt_ptr[:-1])
    op_job = np.repeat(np.arange(jobs), np.diff(job_ptr))
    total = np.concatenate(([0.0], np.cumsum(duration)))
    before = total[:-1] - total[job_ptr[:-1]][op_job]
    tail = total[job_ptr[1:]][op_job] - total[1:]
    start = np.zeros(jobs) if release is None else np.asarray(release, dtype=np.float64)
    order = np.lexsort((np.arange(len(machines)), -tail[alt_op], machines))
    queue_ptr = np.zeros(num_machines + 1, dtype=np.int64)
    np.cumsum(np.bincount(machines, minlength=num_machines), out=queue_ptr[1:])
    load = np.bincount(machines, weights=alt_duration * share, minlength=num_machines)
    job_work = total[job_ptr[1:]] - total[job_ptr[:-1]]
    # Where work has several possible machines its even spread is no bound, but a scale all the same.
    bound = max(float((start + job_work).max()), float(load.max()), 1.0)
    used = max(1, len(np.unique(machines)))
    mean = float(duration.mean())
    scale = np.array([mean if mean > 0 else 1.0, bound, float(np.diff(job_ptr).max()), jobs / used])
    return Shop(
        np.ascontiguousarray(job_ptr, dtype=np.int64),
        op_job.astype(np.int64),
        start,
        np.ascontiguousarray(alt_ptr, dtype=np.int64),
        alt_op.astype(np.int64),
        np.ascontiguousarray(machines, dtype=np.int64),
        alt_duration,
        share,
        duration,
        before,
        tail,
        queue_ptr,
        order.astype(np.int64),
        scale,
    )
