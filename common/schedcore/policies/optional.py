"""Which optional tasks a method tries to run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

import numpy as np

from schedcore.errors import InputError, NoScheduleError
from schedcore.executor.presence import complete
from schedcore.model import Problem

OptionalChoice: TypeAlias = Literal["rewarded", "none", "all"] | Iterable[int | str]
"""Which optional tasks to try: those with a positive reward (the default everywhere), none, all, or ids and names.

Whatever is chosen, selections are kept: more are tried where a rule demands it, and those whose
presence a rule forbids are left out.
"""


def chosen_optional(
    problem: Problem, choice: OptionalChoice = "rewarded", *, banned: frozenset[int] = frozenset()
) -> frozenset[int]:
    """Ids of the optional tasks to try, consistent with all selections; those in ``banned`` stay out.

    Among alternatives the larger reward wins, then the shorter duration, then the lower id.

    Raises
    ------
    InputError
        If ``choice`` is no known word or names a task that is not optional.
    NoScheduleError
        If no choice keeps all selections.
    """
    arrays = problem.arrays
    optional = np.flatnonzero(arrays.optional).tolist()
    if isinstance(choice, str):
        if choice == "rewarded":
            wanted = set(np.flatnonzero((arrays.optional == 1) & (arrays.reward > 0)).tolist())
        elif choice == "none":
            wanted = set()
        elif choice == "all":
            wanted = set(optional)
        else:
            raise _unknown(choice)
    else:
        wanted = {problem.task_id(t) if isinstance(t, str) else int(t) for t in choice}
        for t in sorted(wanted):
            if not 0 <= t < len(problem.tasks) or not problem.tasks[t].optional:
                raise InputError(f"task {t} is not optional", where="optional", remedy="name optional tasks only")
    wanted -= banned
    if not problem.selections:
        return frozenset(wanted)

    def worth(t: int) -> tuple[int, int, int]:
        task = problem.tasks[t]
        return (-task.reward, min(m.duration for m in task.modes), t)

    in_rules = {t for s in problem.selections for t in s.tasks}
    ranked = sorted(wanted & in_rules, key=worth)
    others = sorted(t for t in in_rules - wanted if problem.tasks[t].optional)
    others.sort(key=worth, reverse=True)
    mandatory = {t for t in in_rules if not problem.tasks[t].optional}
    preference = [(t, True) for t in ranked] + [(t, False) for t in others]
    found = complete(problem.selections, mandatory, set(banned & in_rules), preference)
    if found is None:
        raise NoScheduleError(
            "no choice of optional tasks keeps all selections",
            where="selections",
            remedy="check the selections against the mandatory tasks",
        )
    return frozenset((wanted - in_rules) | (found[0] - mandatory))


def _unknown(choice: str) -> InputError:
    return InputError(
        f"{choice!r} is no choice of optional tasks", where="optional", remedy="use rewarded, none or all"
    )
