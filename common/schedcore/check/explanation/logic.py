"""Who must be present and in which modes: unit propagation over selections and mode links."""

from __future__ import annotations

from collections import deque

from schedcore.check.explanation.conflict import Conflict, ConflictKind
from schedcore.check.explanation.facts import ABSENT, OPEN, PRESENT, Facts
from schedcore.check.presence import selection_text
from schedcore.model import ModeLink, Selection, SelectionKind

_State = int


def settle(facts: Facts) -> list[Conflict]:
    """Deduce presence and modes until nothing changes; conflicts where two deductions meet."""
    return _Propagation(facts).run()


class _Propagation:
    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.problem = facts.problem
        self.conflicts: list[Conflict] = []
        count = len(self.problem.tasks)
        self.selections_of: list[list[int]] = [[] for _ in range(count)]
        self.links_of: list[list[int]] = [[] for _ in range(count)]
        for i, selection in enumerate(self.problem.selections):
            for task in selection.tasks:
                self.selections_of[task].append(i)
        for i, link in enumerate(self.problem.mode_links):
            self.links_of[link.task_a].append(i)
            self.links_of[link.task_b].append(i)
        # Negative numbers are links, so that one queue serves both.
        self.queue = deque([*range(len(self.problem.selections)), *range(-len(self.problem.mode_links), 0)])
        self.waiting = set(self.queue)
        self.broken: set[int] = set()

    def run(self) -> list[Conflict]:
        for task, modes in enumerate(self.facts.modes):
            if not modes and self.facts.presence[task] == OPEN:
                self._set(task, ABSENT, f"no mode of {self.facts.words.task(task)} fits")
        while self.queue:
            item = self.queue.popleft()
            self.waiting.discard(item)
            if item in self.broken:
                continue
            if item >= 0:
                self._selection(item, self.problem.selections[item])
            else:
                self._link(item, self.problem.mode_links[item])
        return self.conflicts

    def _set(self, task: int, state: _State, cause: str) -> None:
        if self.facts.presence[task] == state:
            return
        self.facts.presence[task] = state
        self.facts.cause[task] = cause
        self._wake(task)

    def _wake(self, task: int) -> None:
        count = len(self.problem.mode_links)
        for item in [*self.selections_of[task], *(i - count for i in self.links_of[task])]:
            if item not in self.waiting:
                self.waiting.add(item)
                self.queue.append(item)

    def _selection(self, item: int, selection: Selection) -> None:
        tasks, kind, presence = selection.tasks, selection.kind, self.facts.presence
        present = [t for t in tasks if presence[t] == PRESENT]
        absent = [t for t in tasks if presence[t] == ABSENT]
        force: dict[int, _State] = {}
        broken = False
        if kind is SelectionKind.ALL_OR_NONE:
            broken = bool(present and absent)
            if present or absent:
                force = dict.fromkeys(tasks, PRESENT if present else ABSENT)
        elif kind is SelectionKind.IMPLIES:
            if presence[tasks[0]] == PRESENT:
                broken = bool(absent)
                force = dict.fromkeys(tasks, PRESENT)
            elif absent:
                force = {tasks[0]: ABSENT}
        else:
            if kind in (SelectionKind.AT_MOST_ONE, SelectionKind.EXACTLY_ONE) and present:
                broken = len(present) > 1
                force = {t: ABSENT for t in tasks if t != present[0]}
            elif kind is not SelectionKind.AT_MOST_ONE and not present:
                broken = len(absent) == len(tasks)
                if len(absent) == len(tasks) - 1:
                    force = {t: PRESENT for t in tasks if t not in absent}
        text = selection_text(selection, self.facts.words)
        if broken:
            self.broken.add(item)
            self.conflicts.append(
                Conflict(ConflictKind.SELECTION, f"{text}, but {self._status(present, absent)}", tasks)
            )
            return
        for task, state in force.items():
            self._set(task, state, text)

    def _status(self, present: list[int], absent: list[int]) -> str:
        parts = []
        for tasks, verb in ((present, "must be placed"), (absent, "cannot be placed")):
            if tasks:
                parts.append(f"{self.facts.words.tasks(tasks)} {verb}")
        causes = dict.fromkeys(self.facts.cause[t] for t in (*present, *absent) if self.facts.cause[t])
        because = f" (since {'; '.join(causes)})" if causes else ""
        return " and ".join(parts) + because

    def _link(self, item: int, link: ModeLink) -> None:
        facts, a, b = self.facts, link.task_a, link.task_b
        if facts.presence[a] != PRESENT or facts.presence[b] == ABSENT or link.mode_a not in facts.modes[a]:
            return
        allowed = [m for m in facts.modes[b] if m in link.modes_b]
        sure = facts.modes[a] == [link.mode_a]
        if not facts.modes[b]:
            return  # reported for the task itself
        if sure and not allowed and facts.presence[b] == OPEN:
            self._set(b, ABSENT, f"the mode that {facts.words.task(a)} needs excludes all modes of it")
        elif sure and not allowed:
            self.broken.add(item)
            self.conflicts.append(
                Conflict(
                    ConflictKind.MODE_LINK,
                    f"{facts.words.task(a)} can only run in mode {link.mode_a}, which asks {facts.words.task(b)} for "
                    f"mode {', '.join(map(str, link.modes_b))}; only {', '.join(map(str, facts.modes[b]))} "
                    f"{'is' if len(facts.modes[b]) == 1 else 'are'} possible",
                    (a, b),
                )
            )
        elif facts.presence[b] == PRESENT and not allowed:
            facts.modes[a].remove(link.mode_a)
            self._wake(a)
        elif sure and len(allowed) < len(facts.modes[b]):
            facts.modes[b][:] = allowed
            self._wake(b)
