"""What a mapped protocol really delivers: success probability and mean state, exactly.

Links arrive at a random trial of their windows and wait until they are consumed.  Every step is linear in the state
of each of its input links, and the links are independent, so the mean over all arrivals follows from the means of the
links: no sampling.  Swaps and distillations act on different qubits than the ones that wait elsewhere, so the order
in time does not matter beyond how long each end of each link waited; the tree is walked from the leaves, and every
end of a link carries its own clock.

Conventions, which a simulator must share: a trial's link exists from the end of the trial; an operation begins at the
start of its first slot, and the ends that it consumes wait until its gates are done; the delivered pair waits to the
end of the protocol and for the classical message along the path.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from qnet.mapping.mapped import MappedOperation, MappedProtocol
from qnet.physics.bell import BellState, werner
from qnet.physics.distillation import unnormalised
from qnet.physics.hardware import Hardware
from qnet.physics.links import LIGHT_SPEED_KM_S, arrival_decay
from qnet.physics.storage import Correlators
from qnet.protocol.tree import LinkNode


@dataclass(frozen=True, slots=True)
class Delivery:
    """Probability that a run delivers, and the mean state of what it delivers."""

    success: float
    state: BellState

    @property
    def fidelity(self) -> float:
        """Mean fidelity of the delivered pairs."""
        return self.state.i


@dataclass(slots=True)
class _Link:
    """Unnormalised mean of a link; per end node the qubit that holds it and the time to which it has aged."""

    mean: Correlators
    ends: dict[str, tuple[str, float]]


def classical_delay_s(protocol: MappedProtocol) -> float:
    """Seconds of a message from one end of the path to the other; links of unknown length count as 0 km."""
    lengths: dict[tuple[str, str], float] = {}
    for operation in protocol.operations:
        if isinstance(operation.node, LinkNode):
            lengths[operation.node.nodes] = operation.node.capability.length_km
    return sum(lengths.values()) / LIGHT_SPEED_KM_S


def evaluate(protocol: MappedProtocol, hardware: Hardware) -> Delivery:
    """Success probability and mean delivered state of one run of ``protocol`` on ``hardware``."""
    made: dict[str, _Link] = {}
    slot_s = protocol.slot_s
    by_name = {operation.name: operation for operation in protocol.operations}
    for operation in _inputs_first(by_name, protocol):
        now = operation.start_slot * slot_s
        if operation.kind == "L":
            made[operation.name] = _fresh(operation, slot_s, hardware)
            continue
        left, right = (made.pop(name) for name in operation.inputs)
        if operation.kind == "S":
            made[operation.name] = _swapped(left, right, operation.nodes[0], now + hardware.swap_s, hardware)
        else:
            made[operation.name] = _distilled(left, right, operation, now + hardware.distill_s, hardware)
    (last,) = made.values()
    end = protocol.latency_slots * slot_s + classical_delay_s(protocol)
    for node in last.ends:
        _age(last, node, end, hardware)
    weights = last.mean.weights()
    norm = last.mean.norm
    return Delivery(norm, BellState(*(weight / norm for weight in weights)))


def _inputs_first(by_name: dict[str, MappedOperation], protocol: MappedProtocol) -> list[MappedOperation]:
    consumed = {name for operation in protocol.operations for name in operation.inputs}
    stack = [operation for operation in protocol.operations if operation.name not in consumed]
    order: list[MappedOperation] = []
    while stack:
        operation = stack.pop()
        order.append(operation)
        stack.extend(by_name[name] for name in operation.inputs)
    order.reverse()
    return order


def _fresh(operation: MappedOperation, slot_s: float, hardware: Hardware) -> _Link:
    node = operation.node
    assert isinstance(node, LinkNode)
    end = operation.end_slot * slot_s
    ends = {qubit.rpartition("-")[0]: (qubit, end) for qubit in operation.held}
    mean = Correlators.of(werner(node.capability.fidelity))
    moved = sum(qubit.rpartition("-")[2].startswith("S") for qubit in operation.held)
    if hardware.move_weight < 1.0 and moved:
        kept = hardware.move_weight**moved
        mean = mean.aged(kept, kept)
    if hardware.certain:
        return _Link(mean, ends)
    window_s = operation.slots * slot_s
    success = node.capability.success_within(window_s)
    memories = [hardware.memory(qubit) for qubit in operation.held]
    phase = arrival_decay(node.capability, window_s, sum(1.0 / memory.t2_s for memory in memories))
    flip = arrival_decay(node.capability, window_s, sum(1.0 / memory.t1_s for memory in memories))
    aged = mean.aged(phase, flip)
    return _Link(Correlators(*(success * part for part in aged)), ends)


def _age(link: _Link, node: str, now: float, hardware: Hardware) -> None:
    qubit, since = link.ends[node]
    memory = hardware.memory(qubit)
    waited = now - since
    if waited > 0:
        link.mean = link.mean.aged(math.exp(-waited / memory.t2_s), math.exp(-waited / memory.t1_s))
        link.ends[node] = (qubit, now)


def _swapped(left: _Link, right: _Link, pivot: str, now: float, hardware: Hardware) -> _Link:
    _age(left, pivot, now, hardware)
    _age(right, pivot, now, hardware)
    m, gate = hardware.noise.readout, hardware.noise.gate
    single = gate * (2 * m - 1)  # XX and ZZ survive if the one readout that tells them is right
    n, x, y, z = (a * b for a, b in zip(left.mean, right.mean, strict=True))
    success = hardware.swap_success
    mean = Correlators(success * n, success * single * x, success * single * (2 * m - 1) * y, success * single * z)
    ends = {node: end for link in (left, right) for node, end in link.ends.items() if node != pivot}
    return _Link(mean, ends)


def _distilled(left: _Link, right: _Link, operation: MappedOperation, now: float, hardware: Hardware) -> _Link:
    for link in (left, right):
        for node in link.ends:
            _age(link, node, now, hardware)
    weights = unnormalised(left.mean.weights(), right.mean.weights(), hardware.noise, hardware.rule)
    ends = {qubit.rpartition("-")[0]: (qubit, now) for qubit in operation.held}
    mean = Correlators.of(weights)
    if hardware.certain:
        total = sum(weights)
        mean = Correlators.of(BellState(*(weight / total for weight in weights)))
    return _Link(mean, ends)
