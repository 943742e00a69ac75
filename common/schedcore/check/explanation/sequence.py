"""Dead ends of forbidden transitions: tasks that can stand nowhere in the sequence of a resource."""

from __future__ import annotations

from collections import Counter

from schedcore.check.explanation.conflict import Conflict, ConflictKind
from schedcore.check.explanation.facts import Facts
from schedcore.model import Unary


def dead_ends(facts: Facts) -> list[Conflict]:
    """Conflicts of unary resources where forbidden transitions leave a task without place.

    Three simple arguments per resource: no task may be the first; a task can neither be the first nor follow any other;
    two tasks can follow no other, or be followed by no other, so both would have to be the first, or the last.
    """
    needs: dict[int, list[int]] = {}
    may: dict[int, list[int]] = {}
    relevant = {
        r
        for r, resource in enumerate(facts.problem.resources)
        if isinstance(resource, Unary) and resource.transition and any(None in row for row in resource.transition)
    }
    if not relevant:
        return []
    mandatory = set(facts.mandatory())
    for task in facts.possible():
        used = [{d.resource for d in mode.demands} & relevant for mode in facts.allowed(task)]
        for r in set().union(*used):
            may.setdefault(r, []).append(task)
            if task in mandatory and all(r in resources for resources in used):
                needs.setdefault(r, []).append(task)
    conflicts = []
    for r in sorted(needs):
        conflict = _judge(facts, r, needs[r], may[r])
        if conflict is not None:
            conflicts.append(conflict)
    return conflicts


def _judge(facts: Facts, r: int, needs: list[int], may: list[int]) -> Conflict | None:
    resource, tasks, words = facts.problem.resources[r], facts.problem.tasks, facts.words
    assert isinstance(resource, Unary)
    assert resource.transition is not None
    matrix = resource.transition
    name = words.resource(r)
    before, after = _states(facts, needs, "state_before"), _states(facts, needs, "state_after")
    all_before, all_after = _states(facts, may, "state_before"), _states(facts, may, "state_after")
    starters = Counter(all_after.values())
    enders = Counter(all_before.values())
    initial = resource.initial_state
    if initial is not None and all(matrix[initial][state] is None for state in all_before.values()):
        text = f"no task may be the first on {name}: from its initial state all transitions are forbidden"
        return Conflict(ConflictKind.TRANSITION, text, tuple(needs), r)
    heads, tails = [], []
    for task in needs:
        own = matrix[after[task]][before[task]] is not None
        leads = sum(n for state, n in starters.items() if matrix[state][before[task]] is not None) - own
        follows = sum(n for state, n in enders.items() if matrix[after[task]][state] is not None) - own
        if leads == 0:
            heads.append(task)
            if initial is not None and matrix[initial][before[task]] is None:
                text = f"{words.task(task)} can follow no task on {name}, nor the initial state"
                return Conflict(ConflictKind.TRANSITION, text, (task,), r)
        if follows == 0:
            tails.append(task)
    for which, place, verb in ((heads, "first", "follow"), (tails, "last", "be followed by")):
        if len(which) > 1:
            names = " and ".join(f"'{tasks[t].name}'" for t in which[:2])
            text = f"{names} can {verb} no other task on {name}, so both would have to be the {place}"
            return Conflict(ConflictKind.TRANSITION, text, tuple(which[:2]), r)
    return None


def _states(facts: Facts, tasks: list[int], field: str) -> dict[int, int]:
    states: dict[int, int] = {}
    for task in tasks:
        state = getattr(facts.problem.tasks[task], field)
        assert state is not None
        states[task] = state
    return states
