"""Job shops and flexible job shops as data: frozen, array-backed, checked once.

Operations are numbered job by job in processing order.  ``job_offsets[j]`` is the number of the first operation of
job ``j`` and ``job_offsets[j + 1]`` the one after its last, so jobs may have different lengths (also none), and a job
may visit a machine again.  All times are integer ticks, machines are numbered from 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from jssp._arrays import (
    IntArray,
    checked_durations,
    checked_machines,
    flatten,
    frozen,
    integers,
    offsets_of,
    row_integers,
)
from schedcore.errors import ModelError

Rows = Sequence[Sequence[int]] | npt.NDArray[np.integer]
"""One row per job; an array of shape [jobs, positions] or nested sequences of any lengths."""


def _machine_count(given: int | None, machines: IntArray, where: str) -> int:
    if given is None:
        return int(machines.max(initial=-1)) + 1
    if isinstance(given, bool) or not isinstance(given, int) or given < 0:
        raise ModelError(f"{given!r} machines", where=f"{where}.num_machines", remedy="give a whole number >= 0")
    return given


@dataclass(frozen=True, init=False, eq=False, repr=False)
class JobShopInstance:
    """A job shop: every operation runs on one given machine for a given time.

    Parameters
    ----------
    name
        Free text; instances with equal arrays but different names are different.
    machines, durations
        One row per job: the machine and the duration (ticks, at least 0) of each operation in processing order.
    num_machines
        Number of machines; by default one more than the largest machine number that occurs.

    Attributes
    ----------
    job_offsets
        Shape [jobs + 1].
    op_machines, op_durations
        Shape [operations].

    Raises
    ------
    ModelError
        Rows of different lengths in the two tables, values that are not integers, negative or huge durations,
        machine numbers out of range, or no operation at all.

    >>> shop = JobShopInstance("tiny", [[0, 1], [1]], [[3, 2], [4]])
    >>> shop.num_jobs, shop.num_machines, shop.num_operations
    (2, 2, 3)
    >>> shop.lower_bound()
    6
    """

    name: str
    num_machines: int
    job_offsets: IntArray
    op_machines: IntArray
    op_durations: IntArray

    def __init__(self, name: str, machines: Rows, durations: Rows, *, num_machines: int | None = None) -> None:
        where = f"job shop {name!r}"
        if len(machines) != len(durations):
            raise ModelError(
                f"{len(machines)} rows of machines but {len(durations)} rows of durations",
                where=where,
                remedy="give one row of each per job",
            )
        for job, (route, times) in enumerate(zip(machines, durations)):
            if np.ndim(route) != 1 or np.ndim(times) != 1:
                raise ModelError("a row is not a list of numbers", where=f"{where} job {job}", remedy="one row per job")
            if len(route) != len(times):
                raise ModelError(
                    f"{len(route)} machines but {len(times)} durations",
                    where=f"{where} job {job}",
                    remedy="give one machine and one duration per operation",
                )
        op_machines = row_integers(machines, f"{where} machines")
        op_durations = row_integers(durations, f"{where} durations")
        if op_machines.size == 0:
            raise ModelError("no operations", where=where, remedy="give at least one job with one operation")
        count = _machine_count(num_machines, op_machines, where)
        checked_machines(op_machines, count, f"{where} machines")
        checked_durations(op_durations, f"{where} durations")
        for field, value in (
            ("name", str(name)),
            ("num_machines", count),
            ("job_offsets", offsets_of(machines)),
            ("op_machines", op_machines),
            ("op_durations", op_durations),
        ):
            object.__setattr__(self, field, value)

    @property
    def num_jobs(self) -> int:
        return len(self.job_offsets) - 1

    @property
    def num_operations(self) -> int:
        return len(self.op_machines)

    @property
    def job_lengths(self) -> IntArray:
        """Number of operations of each job, shape [jobs]."""
        return np.diff(self.job_offsets)

    @property
    def is_rectangular(self) -> bool:
        """Whether all jobs have the same number of operations."""
        lengths = self.job_lengths
        return bool((lengths == lengths[0]).all())

    @property
    def is_classic(self) -> bool:
        """Whether every job visits every machine exactly once."""
        matrix = np.sort(self.machine_matrix, axis=1)
        return matrix.shape[1] == self.num_machines and bool((matrix == np.arange(self.num_machines)).all())

    def to_matrix(self, values: npt.ArrayLike, fill: int = -1) -> IntArray:
        """Per-operation ``values`` as a matrix of shape [jobs, longest job]; short rows end in ``fill``."""
        array = np.asarray(values, dtype=np.int64)
        if array.shape != (self.num_operations,):
            raise ModelError(
                f"shape {array.shape} instead of ({self.num_operations},)",
                where=f"job shop {self.name!r}",
                remedy="give one value per operation",
            )
        lengths = self.job_lengths
        matrix = np.full((self.num_jobs, int(lengths.max())), fill, dtype=np.int64)
        matrix[np.arange(matrix.shape[1]) < lengths[:, None]] = array
        return matrix

    def from_matrix(self, matrix: npt.ArrayLike) -> IntArray:
        """The inverse of :meth:`to_matrix`: the entries of real operations, shape [operations]."""
        array = np.asarray(matrix, dtype=np.int64)
        lengths = self.job_lengths
        if array.shape != (self.num_jobs, int(lengths.max())):
            raise ModelError(
                f"shape {array.shape} instead of {(self.num_jobs, int(lengths.max()))}",
                where=f"job shop {self.name!r}",
                remedy="give one row per job and one column per position",
            )
        return array[np.arange(array.shape[1]) < lengths[:, None]]

    @cached_property
    def machine_matrix(self) -> IntArray:
        """Machines, shape [jobs, longest job], -1 behind the end of a job."""
        return frozen(self.to_matrix(self.op_machines))

    @cached_property
    def duration_matrix(self) -> IntArray:
        """Durations, shape [jobs, longest job], 0 behind the end of a job."""
        return frozen(self.to_matrix(self.op_durations, fill=0))

    @cached_property
    def op_jobs(self) -> IntArray:
        """Job of each operation, shape [operations]."""
        return frozen(np.repeat(np.arange(self.num_jobs), self.job_lengths))

    @cached_property
    def machine_loads(self) -> IntArray:
        """Total work on each machine in ticks, shape [machines]."""
        loads = np.zeros(self.num_machines, dtype=np.int64)
        np.add.at(loads, self.op_machines, self.op_durations)
        return frozen(loads)

    @cached_property
    def job_work(self) -> IntArray:
        """Total work of each job in ticks, shape [jobs]."""
        cumulative = np.concatenate(([0], np.cumsum(self.op_durations)))
        return frozen(cumulative[self.job_offsets[1:]] - cumulative[self.job_offsets[:-1]])

    @cached_property
    def remaining_work(self) -> IntArray:
        """Work of each operation and all later ones of its job in ticks, shape [operations]."""
        before = np.concatenate(([0], np.cumsum(self.op_durations)))[:-1]
        end = np.cumsum(self.job_work)
        return frozen(end[self.op_jobs] - before)

    def lower_bound(self) -> int:
        """A trivial bound on the makespan: the longest job, or for a machine its work between the smallest head and the
        smallest tail of its operations (Taillard 1993, section 3)."""
        heads = self.job_work[self.op_jobs] - self.remaining_work
        tails = self.remaining_work - self.op_durations
        largest = np.iinfo(np.int64).max
        head = np.full(self.num_machines, largest, dtype=np.int64)
        tail = np.full(self.num_machines, largest, dtype=np.int64)
        np.minimum.at(head, self.op_machines, heads)
        np.minimum.at(tail, self.op_machines, tails)
        used = head < largest
        by_machine = (head + self.machine_loads + tail)[used] if used.any() else np.zeros(1, dtype=np.int64)
        return max(int(self.job_work.max()), int(by_machine.max()))

    def makespan(self, starts: npt.ArrayLike) -> int:
        """Largest completion time of ``starts`` (shape [operations]); feasibility is not checked."""
        return int((np.asarray(starts, dtype=np.int64) + self.op_durations).max())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, JobShopInstance):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        arrays = (self.job_offsets, self.op_machines, self.op_durations)
        return (self.name, self.num_machines, *(a.tobytes() for a in arrays))

    def __repr__(self) -> str:
        return f"JobShopInstance({self.name!r}, jobs={self.num_jobs}, machines={self.num_machines})"


@dataclass(frozen=True, init=False, eq=False, repr=False)
class FlexibleJobShopInstance:
    """A flexible job shop: every operation runs on one of several machines, each with its own duration.

    Parameters
    ----------
    name
        Free text.
    jobs
        One entry per job, in it one entry per operation in processing order, in it the alternatives as pairs
        ``(machine, duration)``.
    num_machines
        Number of machines; by default one more than the largest machine number that occurs.

    Attributes
    ----------
    job_offsets
        First operation of each job, shape [jobs + 1].
    alt_offsets
        First alternative of each operation, shape [operations + 1].
    alt_machines, alt_durations
        Shape [alternatives].

    Raises
    ------
    ModelError
        An operation without an alternative or with the same machine twice, values that are not integers, negative or
        huge durations, machine numbers out of range, or no operation at all.
    """

    name: str
    num_machines: int
    job_offsets: IntArray
    alt_offsets: IntArray
    alt_machines: IntArray
    alt_durations: IntArray

    def __init__(
        self, name: str, jobs: Sequence[Sequence[Sequence[tuple[int, int]]]], *, num_machines: int | None = None
    ) -> None:
        where = f"flexible job shop {name!r}"
        operations = flatten(jobs)
        if not operations:
            raise ModelError("no operations", where=where, remedy="give at least one job with one operation")
        for job, route in enumerate(jobs):
            for position, alternatives in enumerate(route):
                here = f"{where} job {job} operation {position}"
                if len(alternatives) == 0:
                    raise ModelError("no machine can do it", where=here, remedy="give at least one alternative")
                if any(np.shape(pair) != (2,) for pair in alternatives):
                    raise ModelError("not a pair", where=here, remedy="alternatives are pairs (machine, duration)")
                machines = [pair[0] for pair in alternatives]
                if len(set(machines)) < len(machines):
                    raise ModelError("a machine occurs twice", where=here, remedy="keep its shorter alternative")
        pairs = flatten(operations)
        alt_machines = integers([pair[0] for pair in pairs], f"{where} machines")
        alt_durations = integers([pair[1] for pair in pairs], f"{where} durations")
        count = _machine_count(num_machines, alt_machines, where)
        checked_machines(alt_machines, count, f"{where} machines")
        checked_durations(alt_durations, f"{where} durations")
        for field, value in (
            ("name", str(name)),
            ("num_machines", count),
            ("job_offsets", offsets_of(jobs)),
            ("alt_offsets", offsets_of(operations)),
            ("alt_machines", alt_machines),
            ("alt_durations", alt_durations),
        ):
            object.__setattr__(self, field, value)

    @property
    def num_jobs(self) -> int:
        return len(self.job_offsets) - 1

    @property
    def num_operations(self) -> int:
        return len(self.alt_offsets) - 1

    @property
    def num_alternatives(self) -> int:
        return len(self.alt_machines)

    @cached_property
    def op_jobs(self) -> IntArray:
        """Job of each operation, shape [operations]."""
        return frozen(np.repeat(np.arange(self.num_jobs), np.diff(self.job_offsets)))

    def alternatives(self, operation: int) -> list[tuple[int, int]]:
        """The pairs ``(machine, duration)`` of an operation."""
        first, last = int(self.alt_offsets[operation]), int(self.alt_offsets[operation + 1])
        return [(int(m), int(d)) for m, d in zip(self.alt_machines[first:last], self.alt_durations[first:last])]

    def nested(self) -> list[list[list[tuple[int, int]]]]:
        """The instance as the nested lists of the constructor."""
        bounds = self.job_offsets.tolist()
        return [[self.alternatives(o) for o in range(first, last)] for first, last in pairwise(bounds)]

    def lower_bound(self) -> int:
        """A trivial bound on the makespan: the longest job at its shortest durations, or the total of shortest
        durations spread evenly over the machines."""
        shortest = np.minimum.reduceat(self.alt_durations, self.alt_offsets[:-1])
        by_job = np.zeros(self.num_jobs, dtype=np.int64)
        np.add.at(by_job, self.op_jobs, shortest)
        return max(int(by_job.max()), -(-int(shortest.sum()) // self.num_machines))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FlexibleJobShopInstance):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        arrays = (self.job_offsets, self.alt_offsets, self.alt_machines, self.alt_durations)
        return (self.name, self.num_machines, *(a.tobytes() for a in arrays))

    def __repr__(self) -> str:
        return (
            f"FlexibleJobShopInstance({self.name!r}, jobs={self.num_jobs}, machines={self.num_machines}, "
            f"operations={self.num_operations}, alternatives={self.num_alternatives})"
        )
