"""Mapping a protocol to slots as a project-scheduling problem of the core, with bounds (specification 4.5).

Tree and durations are fixed, the starts are free.  Every node has its communication and its storage qubits as
renewable resources; a link that is kept is a hold from the start of its generation to the end of the operation that
frees it.  Interval graphs are perfect, so capacities suffice and names follow by colouring.  An end that the heuristic
kept in a communication qubit stays in one.  Minimum lags join producer and consumer where they share a qubit; a memory
cut-off is a maximum lag.  Objective: latency, then the qubit-slots in use.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

from qnet.mapping.heuristic import Resources, holds_of
from qnet.mapping.mapped import MappedOperation, MappedProtocol
from schedcore.check import check
from schedcore.errors import InputError, NoScheduleError
from schedcore.model import Placement, Problem, ProblemBuilder, Schedule, TaskRef
from schedcore.solvers import Limits, Status, get_solver


@dataclass(frozen=True, slots=True)
class Keep:
    """One end of a generated link: in a qubit of ``kind`` at ``node`` from ``producer`` until ``freed_by`` ends.

    ``users`` are the operations that act on it in between, ``freed_by`` the last of them; ``None``: it is part of the
    delivered pair.
    """

    node: str
    kind: str
    producer: str
    users: tuple[str, ...]
    freed_by: str | None


@dataclass(frozen=True)
class MappingProblem:
    """The core problem of a mapping with what is needed to read its schedules."""

    problem: Problem
    start: MappedProtocol
    resources: Resources
    keeps: tuple[Keep, ...]
    tasks: dict[str, TaskRef]
    holds: tuple[tuple[TaskRef, str, str], ...]
    """Task of every hold with the names (or ``END``) of the operations that open and close it."""

    def schedule_of(self, mapped: MappedProtocol) -> Schedule:
        """The schedule of a mapping of the same protocol."""
        starts = {o.name: (o.start_slot, o.end_slot) for o in mapped.operations}
        starts[END] = (mapped.latency_slots, mapped.latency_slots)
        placements: dict[int, Placement] = {}
        for name, task in self.tasks.items():
            start, end = starts[name]
            placements[task.id] = Placement(task.id, 0, start, end)
        for task, opens, closes in self.holds:
            start = starts[opens.removeprefix("end of ")][1 if opens.startswith("end of ") else 0]
            placements[task.id] = Placement(task.id, 0, start, starts[closes][1])
        return Schedule(tuple(placements[i] for i in sorted(placements)))

    def mapping_of(self, schedule: Schedule) -> MappedProtocol:
        """Mapping with qubit names for a schedule of the problem."""
        start_of = dict(zip(schedule.task.tolist(), schedule.start.tolist(), strict=True))
        starts = {name: start_of[task.id] for name, task in self.tasks.items() if name != END}
        return _named(self.start, self.keeps, starts, self.resources)


END = "end"
"""Name of the milestone at the end of the protocol."""


@dataclass(frozen=True, slots=True)
class ExactMapping:
    """Result of :func:`solve_mapping`: the best mapping, its status, and a proven lower bound of the latency."""

    mapped: MappedProtocol
    status: Status
    bound_slots: int
    heuristic_slots: int
    solver: str
    wall_s: float


def mapping_problem(start: MappedProtocol, resources: Resources, cutoff_slots: int | None = None) -> MappingProblem:
    """The exact mapping of the protocol that ``start`` maps, as a problem of the core.

    ``start`` gives the tree, the durations, and which ends stay in communication qubits; it is a feasible schedule
    unless ``cutoff_slots`` (longest wait of any end of a link for its next operation) forbids it.

    Raises
    ------
    InputError
        A negative cut-off, or a node of the path without resources.
    """
    if cutoff_slots is not None and cutoff_slots < 0:
        raise InputError(f"a cut-off of {cutoff_slots} slots", where="cutoff", remedy="give 0 or more slots")
    for node in start.path:
        if node not in resources:
            raise InputError(f"no qubits are given for node {node!r}", where="resources", remedy="name every node")
    keeps = keeps_of(start)
    horizon = sum(operation.slots for operation in start.operations)
    b = ProblemBuilder(f"mapping {start.path[0]}-{start.path[-1]}")
    comm = {node: b.renewable(f"{node}-C", capacity=resources[node][0]) for node in start.path}
    storage = {
        node: b.renewable(f"{node}-S", capacity=resources[node][1]) for node in start.path if resources[node][1] > 0
    }
    tasks: dict[str, TaskRef] = {}
    for operation in start.operations:
        demands = {comm[node]: 1 for node in operation.nodes} if operation.kind == "L" else None
        tasks[operation.name] = b.task(operation.name, operation.slots, demands=demands, tags=[operation.kind])
    tasks[END] = b.task(END, 0)
    for name, task in tasks.items():
        if name != END:
            b.lag(task.end, tasks[END].start, min=0)
    holds: list[tuple[TaskRef, str, str]] = []
    for keep in keeps:
        producer, closes = tasks[keep.producer], tasks[keep.freed_by or END]
        label = f"{keep.node} keeps {keep.producer}"
        if keep.kind == "S":
            task = b.hold(label, producer.start, closes.end, demands={storage[keep.node]: 1}, longest=horizon)
            holds.append((task, keep.producer, keep.freed_by or END))
        else:
            task = b.hold(label, producer.end, closes.end, demands={comm[keep.node]: 1}, longest=horizon)
            holds.append((task, f"end of {keep.producer}", keep.freed_by or END))
    for first, second in sorted(_links(keeps)):
        b.lag(tasks[first].end, tasks[second].start, min=0, max=cutoff_slots)
    b.horizon(horizon)
    b.lexicographic({"makespan": 1}, {"total_completion": 1, "total_start": -1})
    return MappingProblem(b.build(), start, resources, keeps, tasks, tuple(holds))


def solve_mapping(
    start: MappedProtocol,
    resources: Resources,
    *,
    solver: str = "cpsat",
    time_limit_s: float = 10.0,
    workers: int = 1,
    seed: int = 0,
    cutoff_slots: int | None = None,
) -> ExactMapping:
    """The best mapping that a solver of the core finds; never worse than ``start``, which it gets as a hint.

    The schedule passes the core's checker.  Without a proof the bound is the larger of the solver's own and the
    trivial one (work per communication qubit, longest chain).

    Raises
    ------
    NoScheduleError
        The cut-off forbids ``start``, and nothing else was found.
    """
    made = mapping_problem(start, resources, cutoff_slots)
    first = made.schedule_of(start)
    given: Schedule | None = None if check(made.problem, first).violations else first
    trivial = lower_bound_slots(made)
    result = get_solver(solver).solve(
        made.problem, limits=Limits(time_limit_s=time_limit_s, workers=workers), seed=seed, hint=given
    )
    best, status = result.schedule, result.status
    if best is not None:
        check(made.problem, best).require_ok()
        mapped = made.mapping_of(best)
    if given is not None and (best is None or _value(mapped) > _value(start)):
        mapped, status = start, Status.FEASIBLE
    elif best is None:
        raise NoScheduleError(
            f"no mapping was found within {time_limit_s} s",
            where="mapping",
            remedy="allow a longer cut-off, more qubits, or more time",
        )
    bound = trivial if result.bound is None else max(trivial, round(result.bound))
    return ExactMapping(
        replace(mapped, fidelity=start.fidelity, success=start.success, mode=start.mode),
        status,
        min(bound, mapped.latency_slots),
        start.latency_slots,
        solver,
        result.wall_s,
    )


def _value(mapped: MappedProtocol) -> tuple[int, int]:
    return mapped.latency_slots, sum(mapped.occupied_slots.values())


def lower_bound_slots(made: MappingProblem) -> int:
    """Latency that no mapping beats: link work per communication qubit of a node, and the longest chain."""
    work: dict[str, int] = {}
    slots = {operation.name: operation.slots for operation in made.start.operations}
    for operation in made.start.operations:
        if operation.kind == "L":
            for node in operation.nodes:
                work[node] = work.get(node, 0) + operation.slots
    by_work = max(-(-load // made.resources[node][0]) for node, load in work.items())
    before: dict[str, list[str]] = {}
    for first, second in _links(made.keeps):
        before.setdefault(second, []).append(first)
    reach: dict[str, int] = {}
    # Starts of a feasible mapping are a topological order of the lags.
    for operation in sorted(made.start.operations, key=lambda o: o.start_slot):
        earliest = max((reach[name] for name in before.get(operation.name, ())), default=0)
        reach[operation.name] = earliest + slots[operation.name]
    return max(by_work, *reach.values())


def keeps_of(mapped: MappedProtocol) -> tuple[Keep, ...]:
    """Every end of every generated link: where it is kept and which operations use and free it."""
    by_name = {operation.name: operation for operation in mapped.operations}
    uses: dict[str, list[MappedOperation]] = {}
    for operation in sorted(mapped.operations, key=lambda o: o.start_slot):
        for qubit in operation.qubits:
            uses.setdefault(qubit, []).append(operation)
    keeps = []
    for operation in by_name.values():
        if operation.kind != "L":
            continue
        for qubit in operation.held:
            node, _, local = qubit.rpartition("-")
            users: list[str] = []
            freed_by = None
            for later in uses[qubit][uses[qubit].index(operation) + 1 :]:
                users.append(later.name)
                if qubit not in later.held:
                    freed_by = later.name
                    break
            keeps.append(Keep(node, local[0], operation.name, tuple(users), freed_by))
    return tuple(keeps)


def _links(keeps: tuple[Keep, ...]) -> set[tuple[str, str]]:
    """Producer and consumer pairs that share a qubit."""
    pairs: set[tuple[str, str]] = set()
    for keep in keeps:
        chain = (keep.producer, *keep.users)
        pairs.update(itertools.pairwise(chain))
    return pairs


def _named(
    start: MappedProtocol, keeps: tuple[Keep, ...], starts: dict[str, int], resources: Resources
) -> MappedProtocol:
    """Qubit names by colouring intervals in the order of their starts: the lowest free name of the kind."""
    slots = {operation.name: operation.slots for operation in start.operations}
    end = max(starts[name] + slots[name] for name in slots)
    by_end = {(keep.producer, keep.node): keep for keep in keeps}
    free_from: dict[str, int] = {}

    def take(node: str, kind: str, first: int, until: int) -> str:
        count = resources[node][0 if kind == "C" else 1]
        for index in range(count):
            name = f"{node}-{kind}{index}"
            if free_from.get(name, 0) <= first:
                free_from[name] = until
                return name
        raise AssertionError(f"no free qubit {kind} at {node}: the capacities were not respected")

    held: dict[str, list[str]] = {name: [] for name in slots}
    used: dict[str, list[str]] = {name: [] for name in slots}
    links = sorted((o for o in start.operations if o.kind == "L"), key=lambda o: (starts[o.name], o.name))
    for operation in links:
        first = starts[operation.name]
        for node in operation.nodes:
            keep = by_end[operation.name, node]
            until = end if keep.freed_by is None else starts[keep.freed_by] + slots[keep.freed_by]
            own_end = first + operation.slots
            comm = take(node, "C", first, until if keep.kind == "C" else own_end)
            holding = comm if keep.kind == "C" else take(node, "S", first, until)
            used[operation.name] += [comm] if holding == comm else [comm, holding]
            held[operation.name].append(holding)
            for user in keep.users:
                used[user].append(holding)
                if user != keep.freed_by:
                    held[user].append(holding)
    operations = [
        replace(
            operation,
            start_slot=starts[operation.name],
            end_slot=starts[operation.name] + operation.slots,
            qubits=tuple(sorted(used[operation.name])),
            held=tuple(sorted(held[operation.name])),
        )
        for operation in start.operations
    ]
    operations.sort(key=lambda o: o.start_slot)
    return replace(start, operations=tuple(operations), holds=holds_of(operations, end), latency_slots=end)
