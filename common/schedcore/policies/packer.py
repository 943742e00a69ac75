"""A greedy packer for tasks with share modes: which tasks run together, and with how much of a resource each."""

from __future__ import annotations

from schedcore.errors import InputError
from schedcore.executor.decision import Decision, Start, WaitEvent
from schedcore.executor.state import Candidate, State
from schedcore.model import Problem
from schedcore.policies.optional import OptionalChoice
from schedcore.policies.priority import PriorityPolicy


class GreedyPacker(PriorityPolicy):
    """Packs the most urgent ready tasks into the free capacity, with the modes that finish the lot earliest.

    At every decision it takes the ``breadth`` candidates with the longest tails and tries every
    combination of their modes (or leaving them for later) that fits what is free.  A combination is
    judged by the largest ``end + tail after the end`` (a task left out starts with its fastest mode
    when the first of the others ends), then by the sum of the ends.  The first task of the best
    combination starts; the rest is judged anew.  With share modes this trades speed of one task
    against overlap of several, as nano-batch pipelines do (Zhu et al. 2025, NanoFlow, section 4).

    Parameters
    ----------
    breadth
        Tasks considered together, at least 1; effort grows as the number of modes to this power.
    optional
        Which optional tasks to try.
    """

    def __init__(self, *, breadth: int = 3, optional: OptionalChoice = "rewarded") -> None:
        super().__init__("cp", optional=optional)
        if breadth < 1:
            raise InputError(f"breadth is {breadth}", where="packer", remedy="give at least 1")
        self.name = "packer"
        self.breadth = breadth

    def reset(self, problem: Problem, seed: int) -> None:
        """Begin a run."""
        super().reset(problem, seed)
        # What takes no time takes no capacity either.
        self._needs = [
            [tuple((d.resource, d.amount) for d in m.demands) if m.duration else () for m in t.modes]
            for t in problem.tasks
        ]
        self._lengths = [[m.duration for m in t.modes] for t in problem.tasks]

    def decide(self, state: State) -> Decision:
        """Start the first task of the best combination, or wait."""
        choices = self.choices(state)
        if not choices:
            return WaitEvent()
        modes: dict[int, list[Candidate]] = {}
        for candidate in choices:
            modes.setdefault(candidate.task, []).append(candidate)
        tasks = sorted(modes, key=lambda t: (self.key(state, t), t))[: self.breadth]
        free = {r: state.free(r) for t in tasks for c in modes[t] for r, _ in self._needs[t][c.mode]}
        tails = {t: int(self.facts.tail[t]) for t in tasks}
        best: tuple[tuple[int, int], list[Candidate]] | None = None

        def extend(at: int, chosen: list[Candidate], left: list[int]) -> None:
            nonlocal best
            if at == len(tasks):
                if chosen:
                    value = self._value(chosen, left, tails)
                    if best is None or value < best[0]:
                        best = (value, chosen[:])
                return
            for candidate in modes[tasks[at]]:
                needs = self._needs[candidate.task][candidate.mode]
                if all(free[r] >= amount for r, amount in needs):
                    for r, amount in needs:
                        free[r] -= amount
                    chosen.append(candidate)
                    extend(at + 1, chosen, left)
                    chosen.pop()
                    for r, amount in needs:
                        free[r] += amount
            left.append(tasks[at])
            extend(at + 1, chosen, left)
            left.pop()

        extend(0, [], [])
        assert best is not None  # every candidate fits on its own
        first = best[1][0]
        return Start((first.task, first.mode))

    def _value(self, chosen: list[Candidate], left: list[int], tails: dict[int, int]) -> tuple[int, int]:
        """Latest estimated completion of what hangs on the tasks, and the sum of their ends (from now)."""
        ends = [self._lengths[c.task][c.mode] for c in chosen]
        worst = max(end + tails[c.task] - min(self._lengths[c.task]) for c, end in zip(chosen, ends, strict=True))
        begin = min(ends)
        for t in left:
            worst = max(worst, begin + tails[t])
            ends.append(begin + min(self._lengths[t]))
        return worst, sum(ends)
