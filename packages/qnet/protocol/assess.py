"""Fast twin of :mod:`qnet.protocol.evaluate` for drafts: the compiler asks it thousands of times.

The two agree to rounding (a test compares them on random protocols).  Here links are plain tuples: probability and
correlators, then per end (left, right in the order of the path) whether it sits in a communication qubit and the time
to which it has aged.
"""

from __future__ import annotations

import math
from functools import lru_cache

from qnet.mapping.heuristic import Draft, Qubits
from qnet.physics.bell import BellState
from qnet.physics.distillation import unnormalised
from qnet.physics.hardware import Hardware
from qnet.physics.links import LIGHT_SPEED_KM_S, arrival_decay
from qnet.physics.storage import Correlators
from qnet.protocol.capability import LinkCapability
from qnet.protocol.tree import LinkNode, SwapNode

_Link = tuple[float, float, float, float, bool, float, bool, float]


class Assessor:
    """Success probability and mean fidelity of drafts on one hardware with one slot length."""

    def __init__(self, hardware: Hardware, slot_s: float) -> None:
        self.hardware = hardware
        self.slot_s = slot_s
        noise = hardware.noise
        flip = 2.0 * noise.readout - 1.0
        self._swap = (
            hardware.swap_success,
            hardware.swap_success * noise.gate * flip,
            hardware.swap_success * noise.gate * flip * flip,
        )
        self._phase_hz = (1.0 / hardware.storage.t2_s, 1.0 / hardware.comm.t2_s)
        self._flip_hz = (1.0 / hardware.storage.t1_s, 1.0 / hardware.comm.t1_s)
        self.fresh = lru_cache(maxsize=1 << 14)(self._fresh)

    def _fresh(
        self, capability: LinkCapability, slots: int, left_comm: bool, right_comm: bool
    ) -> tuple[float, float, float, float]:
        """Probability and mean correlators of a link at the end of its window."""
        hardware = self.hardware
        value = (4.0 * capability.fidelity - 1.0) / 3.0
        value *= hardware.move_weight ** ((not left_comm) + (not right_comm))
        if hardware.certain:
            return 1.0, value, value, value
        window_s = slots * self.slot_s
        success = capability.success_within(window_s)
        phase = arrival_decay(capability, window_s, self._phase_hz[left_comm] + self._phase_hz[right_comm])
        flip = arrival_decay(capability, window_s, self._flip_hz[left_comm] + self._flip_hz[right_comm])
        return success, success * value * phase, success * value * phase, success * value * flip

    def assess(self, draft: Draft, qubits: Qubits) -> tuple[float, float]:
        """Probability that a run delivers, and the mean fidelity of what it delivers."""
        slot_s, hardware = self.slot_s, self.hardware
        is_comm = [name.rpartition("-")[2][0] == "C" for name in qubits.names]
        links: list[_Link | None] = []
        latency = 0
        lengths: dict[tuple[str, str], float] = {}
        for index, node in enumerate(draft.nodes):
            end_slot = draft.starts[index] + draft.slots[index]
            latency = max(latency, end_slot)
            if isinstance(node, LinkNode):
                held = draft.held[index]
                left_comm, right_comm = is_comm[held[0]], is_comm[held[1]]
                mean = self.fresh(node.capability, draft.slots[index], left_comm, right_comm)
                links.append((*mean, left_comm, end_slot * slot_s, right_comm, end_slot * slot_s))
                lengths[node.nodes] = node.capability.length_km
                continue
            first, second = draft.inputs[index]
            a, b = links[first], links[second]
            assert a is not None
            assert b is not None
            links[first] = links[second] = None
            start_s = draft.starts[index] * slot_s
            if isinstance(node, SwapNode):
                if draft.nodes[first].nodes[1] != node.pivot:
                    a, b = b, a
                now = start_s + hardware.swap_s
                phase, flip = self._aged(((a[6], now - a[7]), (b[4], now - b[5])))
                kept, once, twice = self._swap
                links.append(
                    (
                        kept * a[0] * b[0],
                        once * phase * a[1] * b[1],
                        twice * phase * a[2] * b[2],
                        once * flip * a[3] * b[3],
                        a[4],
                        a[5],
                        b[6],
                        b[7],
                    )
                )
                continue
            now = start_s + hardware.distill_s
            states = []
            for link in (a, b):
                phase, flip = self._aged(((link[4], now - link[5]), (link[6], now - link[7])))
                states.append(Correlators(link[0], link[1] * phase, link[2] * phase, link[3] * flip).weights())
            weights = unnormalised(states[0], states[1], hardware.noise, hardware.rule)
            if hardware.certain:
                total = sum(weights)
                weights = BellState(*(weight / total for weight in weights))
            left_qubit, right_qubit = draft.held[index]
            links.append((*Correlators.of(weights), is_comm[left_qubit], now, is_comm[right_qubit], now))
        last = links[-1]
        assert last is not None
        end = latency * slot_s + sum(lengths.values()) / LIGHT_SPEED_KM_S
        phase, flip = self._aged(((last[4], end - last[5]), (last[6], end - last[7])))
        fidelity = (last[0] + phase * (last[1] + last[2]) + flip * last[3]) / 4.0
        return last[0], fidelity / last[0]

    def _aged(self, waits: tuple[tuple[bool, float], tuple[bool, float]]) -> tuple[float, float]:
        """Factors of XX, YY and of ZZ for two qubits that wait; a negative wait is none."""
        (first_comm, first), (second_comm, second) = waits
        first, second = max(first, 0.0), max(second, 0.0)
        return (
            math.exp(-first * self._phase_hz[first_comm] - second * self._phase_hz[second_comm]),
            math.exp(-first * self._flip_hz[first_comm] - second * self._flip_hz[second_comm]),
        )
