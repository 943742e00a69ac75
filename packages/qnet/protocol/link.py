"""Reference protocols for one elementary link: direct, pumping, nested distillation (specification 3)."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence

from qnet.physics.werner_links import distill_fidelity, distillations_for_fidelity, undistill_equal
from qnet.protocol.capability import LinkCapability
from qnet.protocol.tree import OPERATION_S, DistillNode, LinkNode, ProtocolNode, sorted_children

MappedRate = Callable[[ProtocolNode], float]
"""Rate in Hz of a tree's mapping; 0 if it does not fit."""


def link_node(nodes: tuple[str, str], capability: LinkCapability) -> LinkNode:
    """A link generation whose window is the mean time to a pair."""
    mean_s = 1 / capability.rate_hz
    return LinkNode(nodes, capability.fidelity, capability.rate_hz, mean_s, mean_s, capability)


def distill_node(kept: ProtocolNode, other: ProtocolNode, rate_hz: float) -> DistillNode:
    """BBPSSW of two links between the same nodes."""
    return DistillNode(
        nodes=kept.nodes,
        fidelity=distill_fidelity(kept.fidelity, other.fidelity),
        rate_hz=rate_hz,
        dist_s=OPERATION_S + max(kept.dist_s, other.dist_s),
        children=sorted_children(kept, other),
    )


def generation_rounds(links: int, comm: int, storage: int) -> int:
    """Rounds of parallel generation until ``links`` links are made and merged like a binary counter."""
    made = rounds = 0
    while made < links:
        made += max(0, min(comm, comm + storage - made.bit_count()))
        rounds += 1
        if rounds > 4 * links:  # no qubit is left for the next link
            return rounds
    return rounds


def link_protocol(
    nodes: tuple[str, str],
    capabilities: Sequence[LinkCapability],
    qubits: tuple[tuple[int, int], tuple[int, int]],
    fidelity: float,
    rate_hz: float,
    mapped_rate: MappedRate,
) -> ProtocolNode | None:
    """Best way to a link of ``fidelity`` between neighbours: direct if one capability suffices, else distillation.

    ``qubits`` are the communication and total qubits of the two nodes that may be used.
    """
    fast = [c for c in capabilities if c.rate_hz >= rate_hz]
    totals = [total for _, total in qubits]
    if not fast or min(totals) < 1:
        return None
    direct = [c for c in fast if c.fidelity >= fidelity]
    if direct:
        return link_node(nodes, max(direct, key=lambda c: (c.rate_hz, c.fidelity)))
    if min(totals) < 2:
        return None
    comm = min(c for c, _ in qubits)
    pump = _best([_pump(nodes, c, comm, fidelity, rate_hz) for c in fast], mapped_rate)
    nested = None
    if min(totals) > 2:
        nested = _best([_nested(nodes, c, comm, min(totals), fidelity, rate_hz) for c in fast], mapped_rate)
    if nested is not None and (pump is None or nested.rate_hz > pump.rate_hz):
        return nested
    return pump


def _best(trees: Sequence[ProtocolNode | None], mapped_rate: MappedRate) -> ProtocolNode | None:
    """Best by (rate, fidelity), the last of equals, its rate replaced by that of its mapping."""
    from dataclasses import replace

    best: ProtocolNode | None = None
    for tree in trees:
        if tree is not None and (best is None or (tree.rate_hz, tree.fidelity) >= (best.rate_hz, best.fidelity)):
            best = tree
    return None if best is None else replace(best, rate_hz=mapped_rate(best))


def _pump(
    nodes: tuple[str, str], capability: LinkCapability, comm: int, fidelity: float, rate_hz: float
) -> ProtocolNode | None:
    rounds = distillations_for_fidelity(capability.fidelity, fidelity)
    if math.isinf(rounds):
        return None
    count = int(rounds)
    latency_s = math.ceil(count / comm) / capability.rate_hz + count * OPERATION_S
    if 1 / latency_s < rate_hz:
        return None
    fresh = link_node(nodes, capability)
    tree: ProtocolNode = fresh
    for _ in range(count):
        tree = distill_node(tree, fresh, 1 / latency_s)
    return tree if tree.fidelity > fidelity else None


def _nested(
    nodes: tuple[str, str], capability: LinkCapability, comm: int, total: int, fidelity: float, rate_hz: float
) -> ProtocolNode | None:
    levels, needed = 0, fidelity
    while needed > capability.fidelity:
        if levels > total:
            return None
        needed = undistill_equal(needed)
        levels += 1
    if levels > total - 1:
        return None
    rate = capability.rate_hz / generation_rounds(2**levels, comm, total - comm)
    if rate < rate_hz:
        return None
    fresh = link_node(nodes, capability)
    queue: deque[ProtocolNode] = deque([fresh] * 2**levels)
    while len(queue) > 1:
        queue.append(distill_node(queue.popleft(), queue.popleft(), rate))
    tree = queue[0]
    return tree if tree.fidelity > fidelity else None
