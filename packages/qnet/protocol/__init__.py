"""Repeater protocols: link capabilities, protocol trees, and the compilers that choose them."""

from qnet.protocol.capability import LinkCapability
from qnet.protocol.tree import DistillNode, LinkNode, ProtocolNode, SwapNode, count_operations, post_order

__all__ = [
    "DistillNode",
    "LinkCapability",
    "LinkNode",
    "ProtocolNode",
    "SwapNode",
    "count_operations",
    "post_order",
]
