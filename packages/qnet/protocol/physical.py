"""The physical compiler: protocols that keep their promise with decoherence, noise, loss and failures counted.

A dynamic programme over (sub-path, fidelity level, qubit budget).  For every sub-path and budget it keeps a thinned
Pareto front in latency, success, fidelity and storage.  Links come with windows of several success probabilities; two
halves are swapped at any pivot; every front is extended by pumping and nested distillation.  Each candidate is mapped
to qubits and slots, twice (the published heuristic and the one that fills gaps), and its success probability and mean
fidelity are computed exactly on that mapping: nothing is estimated.

A budget caps the communication and the storage qubits of every node.  The result is the best over all budgets of the
grid up to the qubits that are there, so more qubits on all nodes never make it worse.  On the seed's terms the
published search joins with what it finds under each of these budgets, so that the result is never worse than it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from qnet.mapping.heuristic import (
    SLOT_S,
    Draft,
    Qubits,
    Resources,
    as_late_as_possible,
    as_soon_as_possible,
    read_draft,
    swaps_early,
)
from qnet.mapping.mapped import MappedProtocol
from qnet.mapping.parallel import as_links_become_possible
from qnet.physics.hardware import Hardware
from qnet.physics.links import window_slots
from qnet.protocol.assess import Assessor
from qnet.protocol.capability import LinkCapability
from qnet.protocol.front import Candidate, Steps, staircase, thinned
from qnet.protocol.reference import Capabilities, ReferenceCompiler, check_request, link_capabilities
from qnet.protocol.tree import DistillNode, LinkNode, ProtocolNode, SwapNode, relabelled, sorted_children
from schedcore.errors import InputError

_COMM_CAPS = (1, 2, 3, 4, 6, 8)
_STORAGE_CAPS = (0, 1, 2, 3, 4, 6, 8, 12)
_LARGE = 60  # operations up to which both ways of mapping are tried
_LARGEST = 200  # operations of the largest tree that a distillation may make
_SAME = 1e-9  # fidelities this close are equal: two ways of rounding the same formula


@dataclass(frozen=True, slots=True)
class PhysicalOptions:
    """How widely the physical compiler searches.

    Attributes
    ----------
    windows:
        Success probabilities of link windows that are tried.
    links:
        Candidates kept per elementary link.
    front:
        Candidates kept per sub-path and budget, by its number of hops: up to two, up to five, more.
    rounds:
        Most rounds of distillation at one place.
    margin:
        Share of ``1 − F`` by which a protocol aims above the fidelity that was asked for, so that a finite sample
        confirms it.
    """

    windows: tuple[float, ...] = (0.5, 0.65, 0.8, 0.9, 0.95, 0.99)
    links: int = 80
    front: tuple[int, int, int] = (40, 20, 6)
    rounds: int = 3
    margin: float = 0.02

    def __post_init__(self) -> None:
        if not self.windows or not all(0 < p < 1 for p in self.windows):
            raise InputError(
                f"windows {self.windows} are not all between 0 and 1", where="options", remedy="give probabilities"
            )
        if len(self.front) != 3 or min(*self.front, self.links) < 2:
            raise InputError(
                f"front sizes {self.front} are not three of at least 2, or links {self.links} is less",
                where="options",
                remedy="e.g. (20, 12, 6)",
            )
        if self.rounds < 0 or not 0 <= self.margin < 1:
            raise InputError(
                f"rounds {self.rounds} or margin {self.margin} is out of range",
                where="options",
                remedy="give rounds >= 0 and a margin in [0, 1)",
            )


DEFAULT_OPTIONS = PhysicalOptions()
QUICK_OPTIONS = PhysicalOptions(windows=(0.8, 0.95), links=12, front=(8, 6, 3), rounds=2)
"""For networks on which hardly two paths look alike, such as SURFnet with its real lengths."""

_Budget = tuple[int, int]


class PhysicalCompiler:
    """Compiles for one network and hardware; remembers the fronts of sub-paths that look alike.

    Parameters
    ----------
    resources:
        Communication and storage qubits per node.
    links:
        Capabilities per link.
    hardware:
        Memories, noise, durations.
    slot_s:
        Length of a slot in seconds.
    options:
        Breadth of the search.
    """

    def __init__(
        self,
        resources: Resources,
        links: Capabilities,
        hardware: Hardware,
        slot_s: float = SLOT_S,
        options: PhysicalOptions = DEFAULT_OPTIONS,
    ) -> None:
        if not slot_s > 0:
            raise InputError(f"a slot of {slot_s} s", where="slot", remedy="give a positive length in seconds")
        self.hardware = hardware
        self.options = options
        self._resources = resources
        self._links = links
        self._slot_s = slot_s
        self._assessor = Assessor(hardware, slot_s)
        self._memo: dict[
            tuple[object, ...], tuple[tuple[str, ...], tuple[tuple[Candidate, ...], tuple[Candidate, ...]]]
        ] = {}
        self._references: dict[_Budget, ReferenceCompiler] = {}
        self.mappings = 0
        """Mappings made so far: the work of the search, independent of the machine."""

    def compile(self, path: Sequence[str], fidelity: float, rate_hz: float = 1e-10) -> MappedProtocol | None:
        """The protocol with the highest delivered rate whose mean fidelity is at least ``fidelity`` and its margin.

        ``None`` if there is none, or the best delivers less than ``rate_hz`` pairs per second when run back to back.

        Raises
        ------
        InputError
            As :meth:`qnet.protocol.reference.ReferenceCompiler.compile`.
        """
        check_request(path, fidelity, rate_hz, self._resources, self._links)
        margin = 0.0 if self.hardware.certain else self.options.margin
        wanted = fidelity + margin * (1.0 - fidelity) - _SAME
        best: tuple[Candidate, _Budget] | None = None
        for budget in self._budgets(path):
            for candidate in (*self._fronts(tuple(path), budget)[0], *self._published(path, budget, fidelity)):
                if candidate.fidelity >= wanted and (best is None or _rank(candidate) > _rank(best[0])):
                    best = candidate, budget
        if best is None or best[0].rate / self._slot_s < rate_hz:
            return None
        return self._read(best[0], path, best[1])

    def front(self, path: Sequence[str]) -> tuple[Candidate, ...]:
        """Candidates of the whole path that no other beats in fidelity and delivered rate, ascending in fidelity."""
        check_request(path, 0.5, 1.0, self._resources, self._links)
        return staircase(c for budget in self._budgets(path) for c in self._fronts(tuple(path), budget)[0])

    def _budgets(self, path: Sequence[str]) -> list[_Budget]:
        """Caps of the grid up to the most qubits of a node of the path, the largest first."""
        comm = max(self._resources[node][0] for node in path)
        storage = max(self._resources[node][1] for node in path)
        return [(c, s) for c in reversed(_COMM_CAPS) if c <= comm for s in reversed(_STORAGE_CAPS) if s <= storage] or [
            (comm, storage)
        ]

    def _capped(self, path: Sequence[str], budget: _Budget) -> dict[str, tuple[int, int]]:
        return {n: (min(self._resources[n][0], budget[0]), min(self._resources[n][1], budget[1])) for n in path}

    # --- fronts -----------------------------------------------------------------------------------

    def _front(self, path: tuple[str, ...], budget: _Budget) -> tuple[Candidate, ...]:
        """What longer paths build on: the thinned front of a sub-path."""
        return self._fronts(path, budget)[1]

    def _fronts(self, path: tuple[str, ...], budget: _Budget) -> tuple[tuple[Candidate, ...], tuple[Candidate, ...]]:
        """Every candidate that none beats in fidelity and delivered rate, and the thinned front in all dimensions."""
        links = tuple(link_capabilities(self._links, u, v) for u, v in itertools.pairwise(path))
        capped = self._capped(path, budget)
        key = (links, tuple(capped.values()))
        hit = self._memo.get(key)
        if hit is None:
            size = self._size(len(path) - 1)
            if len(path) == 2:
                single = list(self._single(path, links[0], capped))
                made, base = single, thinned(single, self.options.links)
            else:
                made = list(self._swaps(path, budget, capped))
                base = thinned(made, size)
            distilled = list(self._distilled(base, path, capped))
            # Distilled links do not push fresh ones out of the front: each kind has places of its own.
            better = [c for c in distilled if not any(o.fidelity >= c.fidelity and o.rate >= c.rate for o in base)]
            found = staircase((*made, *distilled)), (*base, *thinned(better, max(2, size // 2)))
            self._memo[key] = (path, found)
            return found
        known, found = hit
        if known == path:
            return found
        names = dict(zip(known, path, strict=True))
        best, kept = ([replace(c, tree=relabelled(c.tree, names)) for c in part] for part in found)
        return tuple(best), tuple(kept)

    def _size(self, hops: int) -> int:
        small, middle, large = self.options.front
        return small if hops <= 2 else middle if hops <= 5 else large

    def _single(
        self, path: tuple[str, ...], capabilities: Sequence[LinkCapability], capped: Resources
    ) -> Iterator[Candidate]:
        """Every capability with every window."""
        for capability in capabilities:
            lengths = {window_slots(capability, self._slot_s)}
            if not self.hardware.certain:
                lengths.update(window_slots(capability, self._slot_s, p) for p in self.options.windows)
            for slots in sorted(lengths):
                window_s = slots * self._slot_s
                success = 1.0 if self.hardware.certain else capability.success_within(window_s)
                if success <= 0.0:
                    continue
                rate = success / window_s
                nodes = (path[0], path[1])
                tree = LinkNode(nodes, capability.fidelity, rate, window_s, window_s, capability, success)
                made = self._candidate(tree, path, capped)
                if made is not None:
                    yield made

    def _swaps(self, path: tuple[str, ...], budget: _Budget, capped: Resources) -> Iterator[Candidate]:
        reached = Steps()
        for at in self._pivots(len(path)):
            left_front = self._front(path[: at + 1], budget)
            right_front = self._front(path[at:], budget)
            pairs = [
                (_hope(left, right, capped[path[at]][0]), left, right) for left in left_front for right in right_front
            ]
            pairs.sort(key=lambda p: p[0], reverse=True)
            for hope, left, right in pairs:
                if not reached.covers(*hope):
                    children = sorted_children(left.tree, right.tree)
                    tree = SwapNode(
                        nodes=(path[0], path[-1]),
                        pivot=path[at],
                        fidelity=min(left.fidelity, right.fidelity),
                        rate_hz=min(left.rate, right.rate) / self._slot_s,
                        dist_s=self.hardware.swap_s + max(left.tree.dist_s, right.tree.dist_s),
                        children=children,
                        duration_s=self.hardware.swap_s,
                        success=self.hardware.swap_success,
                    )
                    made = self._candidate(tree, path, capped)
                    if made is not None:
                        reached.add(made.rate, made.fidelity)
                        yield made

    def _pivots(self, count: int) -> Iterator[int]:
        """Pivots of a path of ``count`` nodes: all on short paths, the middle on long ones.

        The order of the swaps of a chain changes neither its links nor when they start, so that on a long path the
        pivot only says where distillation may happen.
        """
        if count <= 6:
            yield from range(1, count - 1)
        else:
            yield count // 2

    def _distilled(self, base: Sequence[Candidate], path: tuple[str, ...], capped: Resources) -> Iterator[Candidate]:
        """Pumping with fresh copies, and nested distillation, of every candidate while it gains fidelity."""
        worth = sorted((c for c in base if c.fidelity > 0.5), key=lambda c: c.fidelity)
        if len(path) > 6 and len(worth) > 3:
            worth = [worth[0], worth[len(worth) // 2], worth[-1]]
        for start in worth:
            for nested in (False, True):
                current = start
                for round_ in range(self.options.rounds):
                    if nested and round_ == 0:
                        # The first round of both is the same protocol: it comes from pumping.
                        first = self._distil(current, current, path, capped)
                        if first is None or first.fidelity <= current.fidelity:
                            break
                        current = first
                        continue
                    other = current if nested else start
                    following = self._distil(current, other, path, capped)
                    if following is None or following.fidelity <= current.fidelity:
                        break
                    yield following
                    current = following

    def _distil(self, kept: Candidate, other: Candidate, path: tuple[str, ...], capped: Resources) -> Candidate | None:
        if kept.operations + other.operations >= _LARGEST:
            return None
        tree = DistillNode(
            nodes=(path[0], path[-1]),
            fidelity=max(kept.fidelity, other.fidelity),
            rate_hz=min(kept.rate, other.rate) / self._slot_s / 2,
            dist_s=self.hardware.distill_s + max(kept.tree.dist_s, other.tree.dist_s),
            children=sorted_children(kept.tree, other.tree),
            duration_s=self.hardware.distill_s,
            rule=self.hardware.rule,
        )
        return self._candidate(tree, path, capped)

    # --- mapping ----------------------------------------------------------------------------------

    def _published(self, path: Sequence[str], budget: _Budget, fidelity: float) -> Iterator[Candidate]:
        """What the published search finds under a budget; on the seed's terms only, where its figures mean the same."""
        if not self.hardware.certain:
            return
        compiler = self._references.get(budget)
        if compiler is None:
            capped = self._capped(tuple(self._resources), budget)
            compiler = self._references[budget] = ReferenceCompiler(capped, self._links, self._slot_s)
        mapped = compiler.compile(path, fidelity)
        if mapped is not None:
            made = self._candidate(mapped.tree, tuple(path), self._capped(path, budget))
            if made is not None:
                yield made

    def _drafts(self, tree: ProtocolNode, path: Sequence[str], capped: Resources) -> Iterator[tuple[Draft, Qubits]]:
        qubits = Qubits(capped, path)
        first = Draft(tree, self._slot_s)
        found = False
        for fill_gaps in (True, False):
            if fill_gaps:
                draft = first
                fits = as_links_become_possible(draft, qubits)
            elif found and (len(first.nodes) > _LARGE or not any(node.kind == "D" for node in first.nodes)):
                break  # with one link per hop filling gaps is hardly ever later; large trees would cost too much
            else:
                draft = first.twin()
                fits = as_soon_as_possible(draft, qubits, keep_pair=True)
            if fits:
                found = True
                self.mappings += 1
                as_late_as_possible(draft, len(qubits.names))
                swaps_early(draft, len(qubits.names))
                yield draft, qubits

    def _best_draft(
        self, tree: ProtocolNode, path: Sequence[str], capped: Resources
    ) -> tuple[Draft, Qubits, int, float, float] | None:
        best: tuple[Draft, Qubits, int, float, float] | None = None
        for draft, qubits in self._drafts(tree, path, capped):
            latency = max(map(int.__add__, draft.starts, draft.slots))
            success, fidelity = self._assessor.assess(draft, qubits)
            if best is None or (-latency, fidelity) > (-best[2], best[4]):
                best = draft, qubits, latency, success, fidelity
        return best

    def _candidate(self, tree: ProtocolNode, path: tuple[str, ...], capped: Resources) -> Candidate | None:
        """``tree`` mapped and assessed; its own figures are replaced by those of the mapping."""
        best = self._best_draft(tree, path, capped)
        if best is None or best[3] <= 0.0:
            return None
        draft, _, latency, success, fidelity = best
        rate_hz = success / (latency * self._slot_s)
        return Candidate(
            replace(tree, fidelity=min(fidelity, 1.0), rate_hz=rate_hz),
            latency,
            fidelity,
            success,
            _storage(draft),
            len(draft.nodes),
            _work(draft, path),
        )

    def _read(self, candidate: Candidate, path: Sequence[str], budget: _Budget) -> MappedProtocol:
        best = self._best_draft(candidate.tree, path, self._capped(path, budget))
        assert best is not None
        draft, qubits, _, success, fidelity = best
        mapped = read_draft(draft, qubits, path, self._slot_s)
        return replace(mapped, fidelity=min(fidelity, 1.0), success=success, mode="physical")


def _hope(left: Candidate, right: Candidate, comm: int) -> tuple[float, float]:
    """Delivered rate and fidelity that a swap of two candidates may have at best.

    Each half alone waits less and finishes earlier than beside the other, so the product of the successes over the
    longer latency is a hope that the mapping can only disappoint.  So is the fidelity if all errors of the one are of
    the same kind as those of the other and cancel.
    """
    pivot = -(-(left.work[1] + right.work[0]) // comm) + 1  # links at the pivot one after the other, then the swap
    rate = left.success * right.success / max(left.latency_slots, right.latency_slots, pivot)
    return rate, left.fidelity * right.fidelity + (1.0 - left.fidelity) * (1.0 - right.fidelity)


def _work(draft: Draft, path: Sequence[str]) -> tuple[int, int]:
    """Slots of link generation at the first and at the last node of ``path``."""
    first = last = 0
    for node, slots in zip(draft.nodes, draft.slots, strict=True):
        if node.kind == "L":
            first += slots if path[0] in node.nodes else 0
            last += slots if path[-1] in node.nodes else 0
    return first, last


def _rank(candidate: Candidate) -> tuple[float, float, int]:
    return candidate.rate, candidate.fidelity, -candidate.storage_slots


def _storage(draft: Draft) -> int:
    """Slots in which a qubit waits for a later operation."""
    next_use: dict[int, int] = {}
    total = 0
    for index in sorted(range(len(draft.starts)), key=lambda i: -draft.starts[i]):
        end = draft.starts[index] + draft.slots[index]
        for qubit in draft.held[index]:
            if qubit in next_use:
                total += next_use[qubit] - end
        for qubit in draft.qubits[index]:
            next_use[qubit] = draft.starts[index]
    return total
