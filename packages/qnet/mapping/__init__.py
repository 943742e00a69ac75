"""Qubits and slots for the operations of a repeater protocol."""

from qnet.mapping.check import MappingViolation, Rule, check_mapping
from qnet.mapping.heuristic import SLOT_S, Resources, map_protocol
from qnet.mapping.mapped import MappedOperation, MappedProtocol, Segment

__all__ = [
    "SLOT_S",
    "MappedOperation",
    "MappedProtocol",
    "MappingViolation",
    "Resources",
    "Rule",
    "Segment",
    "check_mapping",
    "map_protocol",
]
