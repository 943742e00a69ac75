"""The reference compiler: entanglement swap scheme search, exactly as published (specification 3)."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace

from qnet.mapping.heuristic import SLOT_S, Resources, map_protocol, mapped_latency
from qnet.mapping.mapped import MappedProtocol
from qnet.physics.werner_links import distill_fidelity, fidelity_for_distillations, swap_fidelity, unswap_fidelity
from qnet.protocol.capability import LinkCapability
from qnet.protocol.link import link_protocol
from qnet.protocol.tree import OPERATION_S, DistillNode, ProtocolNode, SwapNode, relabelled, sorted_children
from schedcore.errors import InputError

Capabilities = Mapping[tuple[str, str], Sequence[LinkCapability]]
"""Neighbours (either order) -> what their link can do."""

RATE_FLOOR_HZ = 1e-10
"""Rate constraint of the published experiments: none in effect, the demanded rate is chosen afterwards."""

_Qubits = tuple[tuple[int, int, int], ...]  # per node of a sub-path: communication, storage, total
_Looks = tuple[tuple[int, ...], tuple[int, ...]]  # numbers of the links and of the full node resources of a sub-path


def link_capabilities(links: Capabilities, u: str, v: str) -> tuple[LinkCapability, ...]:
    """Capabilities of the link between ``u`` and ``v``, whichever way round it is stored."""
    found = links.get((u, v))
    if found is None:
        found = links.get((v, u))
    return () if found is None else tuple(found)


def check_request(
    path: Sequence[str], fidelity: float, rate_hz: float, resources: Resources, links: Capabilities
) -> None:
    """Refuse a path, fidelity or rate that no protocol can be meant for.

    Raises
    ------
    InputError
        What :meth:`ReferenceCompiler.compile` says.
    """
    if len(path) < 2 or len(set(path)) != len(path):
        raise InputError(f"path {list(path)} is not a path", where="path", remedy="name at least two different nodes")
    if not 0.25 < fidelity < 1:
        raise InputError(
            f"a fidelity of {fidelity} cannot be asked for",
            where="fidelity",
            remedy="ask for more than 0.25, which noise has, and less than 1, which no device reaches",
        )
    if not rate_hz > 0:
        raise InputError(
            f"a rate of {rate_hz} Hz", where="rate", remedy="ask for a positive number of pairs per second"
        )
    for node in path:
        comm, _ = resources.get(node, (0, 0))
        if comm < 1:
            raise InputError(
                f"node {node!r} has no communication qubit", where="resources", remedy="give every node at least one"
            )
    for u, v in itertools.pairwise(path):
        if not link_capabilities(links, u, v):
            raise InputError(f"there is no link between {u!r} and {v!r}", where="links", remedy="give its capabilities")


class ReferenceCompiler:
    """Searches swap schemes for one network; remembers sub-paths that look alike.

    Parameters
    ----------
    resources:
        Communication and storage qubits per node.
    links:
        Capabilities per link.
    slot_s:
        Length of a slot in seconds.
    """

    def __init__(self, resources: Resources, links: Capabilities, slot_s: float = SLOT_S) -> None:
        self._resources = resources
        self._links = links
        self._slot_s = slot_s
        self._memo: dict[tuple[object, ...], tuple[tuple[str, ...], ProtocolNode | None]] = {}
        self._numbers: dict[object, int] = {}
        self.mappings = 0
        """Candidates mapped so far: the work of the search, independent of the machine."""

    def compile(self, path: Sequence[str], fidelity: float, rate_hz: float = RATE_FLOOR_HZ) -> MappedProtocol | None:
        """The protocol that the search finds for ``path``; ``None`` if it finds none or it does not fit the qubits.

        Raises
        ------
        InputError
            Fewer than two nodes, a repeated node, a node without given qubits, neighbours without a link, a fidelity
            outside (0.25, 1) or a rate that is not positive.
        """
        check_request(path, fidelity, rate_hz, self._resources, self._links)
        qubits = tuple((comm, storage, comm + storage) for comm, storage in (self._resources[n] for n in path))
        links = tuple(self._number(link_capabilities(self._links, u, v)) for u, v in itertools.pairwise(path))
        nodes = tuple(self._number(self._resources[n]) for n in path)
        tree = self._search(tuple(path), qubits, (links, nodes), fidelity, rate_hz)
        return None if tree is None else map_protocol(tree, path, self._resources, self._slot_s)

    def _number(self, thing: object) -> int:
        """A small number for ``thing``, equal for equal things: memo keys of numbers hash fast."""
        return self._numbers.setdefault(thing, len(self._numbers))

    def _mapped_rate(self, tree: ProtocolNode) -> float:
        self.mappings += 1
        latency = mapped_latency(tree, self._resources, self._slot_s)
        return 0.0 if latency is None else 1.0 / (latency * self._slot_s)

    def _search(
        self, path: tuple[str, ...], qubits: _Qubits, looks: _Looks, fidelity: float, rate_hz: float
    ) -> ProtocolNode | None:
        key = (fidelity, rate_hz, qubits, looks)
        hit = self._memo.get(key)
        if hit is None:
            if len(path) == 2:
                capabilities = link_capabilities(self._links, path[0], path[1])
                ends = ((qubits[0][0], qubits[0][2]), (qubits[1][0], qubits[1][2]))
                tree = link_protocol((path[0], path[1]), capabilities, ends, fidelity, rate_hz, self._mapped_rate)
            else:
                tree = self._search_pivots(path, qubits, looks, fidelity, rate_hz)
            self._memo[key] = (path, tree)
            return tree
        known, tree = hit
        if tree is None or known == path:
            return tree
        return relabelled(tree, dict(zip(known, path, strict=True)))

    def _search_pivots(
        self, path: tuple[str, ...], qubits: _Qubits, looks: _Looks, fidelity: float, rate_hz: float
    ) -> ProtocolNode | None:
        """One pass over the pivots that moves away from the half which is the bottleneck."""
        lower, upper = 1, len(path) - 1
        best: ProtocolNode | None = None
        while lower < upper:
            at = (upper + lower + 1) // 2 - 1
            found, left_rate, right_rate = self._split(path, qubits, looks, fidelity, rate_hz, at)
            if found is not None and found.fidelity >= fidelity and found.rate_hz >= rate_hz:
                best = _better(best, found)
            if left_rate == right_rate:
                break
            if left_rate < right_rate:
                upper -= 1
            else:
                lower += 1
        return None if best is None else replace(best, rate_hz=self._mapped_rate(best))

    def _split(
        self, path: tuple[str, ...], qubits: _Qubits, looks: _Looks, fidelity: float, rate_hz: float, at: int
    ) -> tuple[ProtocolNode | None, float, float]:
        """Best protocol that swaps at ``path[at]`` and then pumps; with it the rates of its two halves."""
        comm, storage, total = qubits[at]
        reduced = (*qubits[:at], (comm, storage - 1, total - 1), *qubits[at + 1 :])
        left_looks = (looks[0][:at], looks[1][: at + 1])
        right_looks = (looks[0][at:], looks[1][at:])
        candidates: list[tuple[ProtocolNode, float, float]] = []
        rounds = 0
        while True:
            before = fidelity_for_distillations(rounds, fidelity)
            if before == 0:
                break
            half = unswap_fidelity(before)
            half_rate = rate_hz if rounds == 0 else rate_hz * (rounds + 1) / comm / 2
            here = reduced
            if rounds > 0:
                first, last = reduced[0], reduced[-1]
                here = (
                    (first[0], first[1] - 1, first[2] - 1),
                    *reduced[1:-1],
                    (last[0], last[1] - 1, last[2] - 1),
                )
            if here[0][1] < 0 or here[-1][1] < 0:
                return None, 0.0, 0.0  # as published: candidates of fewer rounds are forgotten too
            left = self._search(path[: at + 1], here[: at + 1], left_looks, half, half_rate)
            right = self._search(path[at:], here[at:], right_looks, half, half_rate)
            if left is not None and right is not None:
                tree = _pumped_swap(left, right, path[at], rounds)
                candidates.append((tree, left.rate_hz, right.rate_hz))
            rounds += 1
        if len(path) <= 3:
            candidates.sort(key=lambda c: (c[0].rate_hz, c[0].fidelity))
            candidates = [
                (replace(tree, rate_hz=self._mapped_rate(tree)), left_rate, right_rate)
                for tree, left_rate, right_rate in candidates[-5:]
            ]
        best: tuple[ProtocolNode, float, float] | None = None
        for candidate in candidates:
            if best is None or _rank(candidate[0]) >= _rank(best[0]):
                best = candidate
        return (None, 0.0, 0.0) if best is None else best


def _rank(tree: ProtocolNode) -> tuple[float, float]:
    return tree.rate_hz, tree.fidelity


def _better(best: ProtocolNode | None, other: ProtocolNode) -> ProtocolNode:
    """The larger by (rate, fidelity); the later of equals."""
    return other if best is None or _rank(other) >= _rank(best) else best


def _pumped_swap(left: ProtocolNode, right: ProtocolNode, pivot: str, rounds: int) -> ProtocolNode:
    """The swap of two halves, distilled ``rounds`` times with fresh copies of itself."""
    swap = SwapNode(
        nodes=(left.nodes[0], right.nodes[1]),
        pivot=pivot,
        fidelity=swap_fidelity(left.fidelity, right.fidelity),
        rate_hz=min(left.rate_hz, right.rate_hz),
        dist_s=OPERATION_S + max(left.dist_s, right.dist_s),
        children=sorted_children(left, right),
    )
    tree: ProtocolNode = swap
    for i in range(rounds):
        tree = DistillNode(
            nodes=swap.nodes,
            fidelity=distill_fidelity(tree.fidelity, swap.fidelity),
            rate_hz=swap.rate_hz / (i + 2),
            dist_s=OPERATION_S + max(tree.dist_s, swap.dist_s),
            children=sorted_children(tree, swap),
        )
    return tree
