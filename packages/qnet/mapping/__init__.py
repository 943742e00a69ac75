"""Qubits and slots for the operations of a repeater protocol."""

from qnet.mapping.mapped import MappedOperation, MappedProtocol, Segment

__all__ = ["MappedOperation", "MappedProtocol", "Segment"]
