"""Links started as soon as both ends are free: the first phase of the physical compiler.

The reference's first phase never fills a gap that it left.  Here time runs: in every slot the links that still wait,
in the order of the reference's visits, start where both ends have a free communication qubit and a place to keep the
link.  Swaps and distillations need no decision, they start when the last of their links is there.  On a chain this
makes all links in two rounds, whatever its length.
"""

from __future__ import annotations

from qnet.mapping.heuristic import Draft, Qubits
from qnet.protocol.tree import SwapNode


def as_links_become_possible(draft: Draft, qubits: Qubits) -> bool:
    """Starts and qubits for ``draft``; ``False`` if the links that are kept block each other."""
    return _Run(draft, qubits).run()


class _Run:
    def __init__(self, draft: Draft, qubits: Qubits) -> None:
        self.draft = draft
        self.qubits = qubits
        self.free_from = [0] * len(qubits.names)
        self.locked = [False] * len(qubits.names)
        count = len(draft.nodes)
        self.placed = [False] * count
        self.ends: list[dict[str, int]] = [{} for _ in range(count)]
        # Producers of the links that an operation works on: links or distillations, swaps looked through.
        self.sources: list[list[tuple[int, str]]] = [[] for _ in range(count)]
        self.users: list[set[int]] = [set() for _ in range(count)]
        holder: list[dict[str, int]] = []
        for index, node in enumerate(draft.nodes):
            if isinstance(node, SwapNode):
                left, right = draft.inputs[index]
                self.sources[index] = [(holder[left][node.pivot], node.pivot), (holder[right][node.pivot], node.pivot)]
                ends = {**holder[left], **holder[right]}
                del ends[node.pivot]
                holder.append(ends)
                continue
            if node.kind == "D":
                self.sources[index] = [(holder[i][end], end) for end in node.nodes for i in draft.inputs[index]]
            holder.append(dict.fromkeys(node.nodes, index))
        for index, sources in enumerate(self.sources):
            for producer, _ in sources:
                self.users[producer].add(index)

    def run(self) -> bool:
        draft = self.draft
        waiting = [i for i in draft.visits() if draft.nodes[i].kind == "L"]
        links_left: dict[str, int] = {}
        for index in waiting:
            for end in draft.nodes[index].nodes:
                links_left[end] = links_left.get(end, 0) + 1
        now = 0
        while waiting:
            still = []
            for index in waiting:
                ends = draft.nodes[index].nodes
                first = self._place_at(ends[0], now, links_left[ends[0]])
                second = None if first is None else self._place_at(ends[1], now, links_left[ends[1]])
                if first is None or second is None:
                    still.append(index)
                    continue
                used = tuple(dict.fromkeys((*first, *second)))
                self._start(index, now, used, (first[1], second[1]))
                for end in ends:
                    links_left[end] -= 1
            if still:
                later = [t for t in self.free_from if t > now]
                if not later:
                    return False
                now = min(later)
            waiting = still
        return all(self.placed)

    def _place_at(self, node: str, now: int, links_left: int) -> tuple[int, int] | None:
        """A free communication qubit of ``node`` and the qubit that keeps the link, the least recently used."""
        free_from, locked, qubits = self.free_from, self.locked, self.qubits
        comm = next((q for q in qubits.comm[node] if not locked[q] and free_from[q] <= now), None)
        if comm is None:
            return None
        free = [q for q in qubits.storage[node] if not locked[q] and free_from[q] <= now]
        if free:
            return comm, min(free, key=free_from.__getitem__)
        # A communication qubit that keeps a link makes no other: only the last link of a node may stay in it.
        if links_left == 1 or not qubits.storage[node]:
            return comm, comm
        return None

    def _start(self, index: int, start: int, used: tuple[int, ...], held: tuple[int, ...]) -> None:
        """Fix an operation, then every swap and distillation whose last input this is."""
        draft = self.draft
        draft.starts[index] = start
        draft.qubits[index] = used
        draft.held[index] = held
        end_slot = start + draft.slots[index]
        for qubit in used:
            self.free_from[qubit] = end_slot
            self.locked[qubit] = False
        for qubit in held:
            self.locked[qubit] = True
        self.placed[index] = True
        node = draft.nodes[index]
        if held:
            self.ends[index] = dict(zip(node.nodes, held, strict=True))
        for user in sorted(self.users[index]):
            if not self.placed[user] and all(self.placed[producer] for producer, _ in self.sources[user]):
                self._start_user(user)

    def _start_user(self, index: int) -> None:
        draft = self.draft
        used = tuple(self.ends[producer][end] for producer, end in self.sources[index])
        start = max(self.free_from[qubit] for qubit in used)
        if draft.nodes[index].kind == "S":
            self._start(index, start, used, ())
            return
        # Ends of the two inputs alternate: the second input is kept, both its ends.
        self._start(index, start, used, (used[1], used[3]))
