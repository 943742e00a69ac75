"""The tree of a repeater protocol: link generations, swaps, distillations.

A protocol is a binary tree.  Leaves generate elementary links, inner nodes swap two links at a middle node or
distil two links between the same end nodes into one.  Every tree node carries the fidelity of the link it makes,
an estimated rate, and ``dist_s``, the longest chain of operation durations from a leaf to it (itself included).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from qnet.physics.distillation import DistillRule
from qnet.protocol.capability import LinkCapability

OPERATION_S = 0.01
"""Duration of a swap or a distillation in reference mode, in seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class LinkNode:
    """Generation of an elementary link between the neighbours ``nodes``.

    ``window_s`` is how long the generation may take; ``success`` the probability that the link is there at its end
    (1 in reference mode, where a window has the mean length and counts as certain).
    """

    nodes: tuple[str, str]
    fidelity: float
    rate_hz: float
    dist_s: float
    window_s: float
    capability: LinkCapability
    success: float = 1.0
    kind: Literal["L"] = field(default="L", init=False)

    @property
    def children(self) -> tuple[()]:
        """Nothing: a link generation has no inputs."""
        return ()

    @property
    def duration_s(self) -> float:
        """Seconds that the operation is given."""
        return self.window_s


@dataclass(frozen=True, slots=True, eq=False)
class SwapNode:
    """Entanglement swap at ``pivot`` of two links that meet there; makes a link between ``nodes``."""

    nodes: tuple[str, str]
    pivot: str
    fidelity: float
    rate_hz: float
    dist_s: float
    children: tuple[ProtocolNode, ProtocolNode]
    duration_s: float = OPERATION_S
    success: float = 1.0
    kind: Literal["S"] = field(default="S", init=False)


@dataclass(frozen=True, slots=True, eq=False)
class DistillNode:
    """Distillation of two links between the same ``nodes`` into one.

    ``rule`` is ``"werner"`` (twirled, the reference) or another rule of :mod:`qnet.physics.distillation`; ``success``
    the probability that both outcomes agree (1 in reference mode).
    """

    nodes: tuple[str, str]
    fidelity: float
    rate_hz: float
    dist_s: float
    children: tuple[ProtocolNode, ProtocolNode]
    duration_s: float = OPERATION_S
    success: float = 1.0
    rule: DistillRule = "werner"
    kind: Literal["D"] = field(default="D", init=False)


ProtocolNode: TypeAlias = LinkNode | SwapNode | DistillNode


def sorted_children(a: ProtocolNode, b: ProtocolNode) -> tuple[ProtocolNode, ProtocolNode]:
    """Two inputs in ascending order of their rates at this moment; equal rates keep their order."""
    return (b, a) if b.rate_hz < a.rate_hz else (a, b)


def post_order(root: ProtocolNode) -> Iterator[ProtocolNode]:
    """Inputs before their operation; the order that numbers the operations.

    Shared subtrees come once per use: a tree node object may stand for several operations.
    """
    stack: list[tuple[ProtocolNode, bool]] = [(root, False)]
    while stack:
        node, expanded = stack.pop()
        if expanded or not node.children:
            yield node
            continue
        stack.append((node, True))
        stack.extend((child, False) for child in reversed(node.children))


def count_operations(root: ProtocolNode) -> dict[str, int]:
    """Number of link generations ``L``, swaps ``S`` and distillations ``D``."""
    counts = {"L": 0, "S": 0, "D": 0}
    for node in post_order(root):
        counts[node.kind] += 1
    return counts


def relabelled(root: ProtocolNode, names: dict[str, str]) -> ProtocolNode:
    """The same tree between other nodes: every node name ``x`` becomes ``names[x]``."""
    done: dict[int, ProtocolNode] = {}
    for node in post_order(root):
        if id(node) in done:
            continue
        nodes = (names[node.nodes[0]], names[node.nodes[1]])
        if isinstance(node, LinkNode):
            done[id(node)] = replace(node, nodes=nodes)
            continue
        children = (done[id(node.children[0])], done[id(node.children[1])])
        if isinstance(node, SwapNode):
            done[id(node)] = replace(node, nodes=nodes, pivot=names[node.pivot], children=children)
        else:
            done[id(node)] = replace(node, nodes=nodes, children=children)
    return done[id(root)]
