"""What really happens in the windows of a protocol: links arrive or not, wait, decohere, are swapped and distilled.

Many windows of one protocol at once, as arrays.  The conventions are those of the exact evaluation
(:mod:`qnet.protocol.evaluate`), which gives the means of what is drawn here: a link exists from the end of its trial;
the inputs of an operation wait until its gates are done; the pair waits for the end of the protocol and for the
classical message along the path.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from qnet.mapping.mapped import MappedOperation, MappedProtocol
from qnet.physics.bell import BellState, werner
from qnet.physics.distillation import unnormalised
from qnet.physics.hardware import Hardware
from qnet.physics.storage import Correlators
from qnet.protocol.capability import LinkCapability
from qnet.protocol.evaluate import classical_delay_s
from qnet.protocol.tree import LinkNode

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class WindowOutcomes:
    """Outcomes of ``[window]`` windows of one protocol.

    Attributes
    ----------
    delivered
        Whether the window delivered a pair.
    fidelity
        Of the delivered pair at the moment of its use; NaN without one.
    freed_slot
        Slot of the protocol from which on nothing more happens: its length if it delivered, else the end of the
        operation that failed.
    latency_s
        From the start of the window to the use of the pair.
    """

    delivered: BoolArray
    fidelity: FloatArray
    freed_slot: npt.NDArray[np.int64]
    latency_s: float


@dataclass(slots=True)
class _Link:
    """States of one link over all windows, and per end the qubit that holds it with the time to which it has aged."""

    state: Correlators  # of arrays [window], normalised
    ends: dict[str, tuple[str, float]]


class _Run:
    """One call of :func:`draw_windows`."""

    def __init__(self, protocol: MappedProtocol, hardware: Hardware, count: int, rng: np.random.Generator) -> None:
        self.protocol = protocol
        self.hardware = hardware
        self.count = count
        self.rng = rng
        self.slot_s = protocol.slot_s
        self.alive = np.ones(count, dtype=bool)
        self.freed = np.full(count, protocol.latency_slots, dtype=np.int64)

    def fail(self, failed: BoolArray, slot: int) -> None:
        new = failed & self.alive
        self.freed[failed] = np.minimum(self.freed[failed], slot)
        self.alive &= ~new

    def fresh(self, operation: MappedOperation) -> _Link:
        node = operation.node
        assert isinstance(node, LinkNode)
        hardware = self.hardware
        end = operation.end_slot * self.slot_s
        ends = {qubit.rpartition("-")[0]: (qubit, end) for qubit in operation.held}
        state = Correlators.of(werner(node.capability.fidelity))
        moved = sum(qubit.rpartition("-")[2].startswith("S") for qubit in operation.held)
        if hardware.move_weight < 1.0 and moved:
            state = state.aged(hardware.move_weight**moved, hardware.move_weight**moved)
        arrays = Correlators(*(np.full(self.count, part) for part in state))  # type: ignore[arg-type]
        if hardware.certain:
            return _Link(arrays, ends)
        window_s = operation.slots * self.slot_s
        arrival = arrivals(node.capability, window_s, self.count, self.rng)
        self.fail(~(arrival <= window_s), operation.end_slot)
        waited = np.where(arrival <= window_s, window_s - arrival, 0.0)
        memories = [hardware.memory(qubit) for qubit in operation.held]
        phase = np.exp(-waited * sum(1.0 / memory.t2_s for memory in memories))
        flip = np.exp(-waited * sum(1.0 / memory.t1_s for memory in memories))
        return _Link(arrays.aged(phase, flip), ends)  # type: ignore[arg-type]

    def age(self, link: _Link, node: str, now: float) -> None:
        qubit, since = link.ends[node]
        waited = now - since
        if waited > 0:
            memory = self.hardware.memory(qubit)
            link.state = link.state.aged(float(np.exp(-waited / memory.t2_s)), float(np.exp(-waited / memory.t1_s)))
            link.ends[node] = (qubit, now)

    def swapped(self, left: _Link, right: _Link, operation: MappedOperation) -> _Link:
        hardware, pivot = self.hardware, operation.nodes[0]
        now = operation.start_slot * self.slot_s + hardware.swap_s
        self.age(left, pivot, now)
        self.age(right, pivot, now)
        if hardware.swap_success < 1.0:
            self.fail(self.rng.random(self.count) >= hardware.swap_success, operation.end_slot)
        right_readout = 2 * hardware.noise.readout - 1
        single = hardware.noise.gate * right_readout
        n, x, y, z = (a * b for a, b in zip(left.state, right.state, strict=True))
        ends = {node: end for link in (left, right) for node, end in link.ends.items() if node != pivot}
        return _Link(Correlators(n, single * x, single * right_readout * y, single * z), ends)

    def distilled(self, left: _Link, right: _Link, operation: MappedOperation) -> _Link:
        hardware = self.hardware
        now = operation.start_slot * self.slot_s + hardware.distill_s
        for link in (left, right):
            for node in link.ends:
                self.age(link, node, now)
        weights = unnormalised(left.state.weights(), right.state.weights(), hardware.noise, hardware.rule)
        total: Any = sum(weights)
        if not hardware.certain:
            self.fail(self.rng.random(self.count) >= total, operation.end_slot)
        state = Correlators.of(BellState(*(weight / total for weight in weights)))
        return _Link(state, {qubit.rpartition("-")[0]: (qubit, now) for qubit in operation.held})


def draw_windows(protocol: MappedProtocol, hardware: Hardware, count: int, rng: np.random.Generator) -> WindowOutcomes:
    """Outcomes of ``count`` independent windows of ``protocol`` on ``hardware``."""
    run = _Run(protocol, hardware, count, rng)
    made: dict[str, _Link] = {}
    for operation in inputs_first(protocol):
        if operation.kind == "L":
            made[operation.name] = run.fresh(operation)
            continue
        left, right = (made.pop(name) for name in operation.inputs)
        join = run.swapped if operation.kind == "S" else run.distilled
        made[operation.name] = join(left, right, operation)
    (last,) = made.values()
    end = protocol.latency_slots * protocol.slot_s + classical_delay_s(protocol)
    for node in last.ends:
        run.age(last, node, end)
    n, x, y, z = last.state
    fidelity = np.where(run.alive, (n + x + y + z) / 4.0, np.nan)
    return WindowOutcomes(run.alive, fidelity, run.freed, end)


def inputs_first(protocol: MappedProtocol) -> list[MappedOperation]:
    """Operations of ``protocol`` with the inputs of each before it."""
    by_name = {operation.name: operation for operation in protocol.operations}
    consumed = {name for operation in protocol.operations for name in operation.inputs}
    stack = [operation for operation in protocol.operations if operation.name not in consumed]
    order: list[MappedOperation] = []
    while stack:
        operation = stack.pop()
        order.append(operation)
        stack.extend(by_name[name] for name in operation.inputs)
    order.reverse()
    return order


def arrivals(capability: LinkCapability, window_s: float, count: int, rng: np.random.Generator) -> FloatArray:
    """Seconds from the start of a window to the first pair; infinite where it comes after the last whole trial."""
    if capability.cycle_s is None:
        return rng.exponential(1.0 / capability.rate_hz, count)
    trials = int(window_s / capability.cycle_s + 1e-9)
    probability = min(1.0, capability.rate_hz * capability.cycle_s)
    number = rng.geometric(probability, count)
    arrival: FloatArray = np.where(number <= trials, number * capability.cycle_s, np.inf)
    return arrival
