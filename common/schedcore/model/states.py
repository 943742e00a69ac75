"""The states of a builder: their names and numbers, and whether each is one that transitions speak of."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import TypeAlias

from schedcore.errors import ModelError, did_you_mean
from schedcore.model.fields import shown
from schedcore.model.task import Task

State: TypeAlias = str | int


class StateBook:
    """Numbers named states in order of first use, and keeps which names were declared and which only used."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self._declared: set[str] = set()
        self._uses: dict[str, str] = {}
        self._numbered: int | None = None

    def declare(self, state: State | None) -> int | None:
        """Number of ``state``, which exists from now on."""
        if isinstance(state, str):
            self._declared.add(state)
        return self._number(state)

    def use(self, state: State | None, where: str) -> int | None:
        """Number of ``state``, which something at ``where`` refers to."""
        if isinstance(state, str):
            self._uses.setdefault(state, where)
        return self._number(state)

    def check_names(self) -> None:
        """Refuse names that are used and nowhere declared."""
        for name, where in self._uses.items():
            if name not in self._declared:
                near = did_you_mean(name, self._declared)
                raise ModelError(
                    f"no transition names the state {name!r}",
                    where=where,
                    remedy=f"{near}; a state without transitions is declared with unary(states=[...])",
                )

    def _number(self, state: State | None) -> int | None:
        if isinstance(state, str):
            self.numbers.setdefault(state, len(self.numbers))
        elif state is not None:
            self._numbered = state
        if self.numbers and self._numbered is not None:
            raise ModelError(
                f"states are named ({next(iter(self.numbers))!r}) as well as numbered ({shown(self._numbered)})",
                where="state",
                remedy="use names or numbers throughout",
            )
        return self.numbers[state] if isinstance(state, str) else state


def check_states_matter(tasks: Iterable[Task], with_transitions: Container[int], names: Mapping[str, int]) -> None:
    """Refuse a task with a state if none of its resources, in any mode, is among ``with_transitions``."""
    for task in tasks:
        state = task.state_before if task.state_before is not None else task.state_after
        if state is None or any(d.resource in with_transitions for m in task.modes for d in m.demands):
            continue
        shown_state = next((name for name, number in names.items() if number == state), state)
        raise ModelError(
            f"the state {shown_state!r} has no effect: no resource of the task has transitions",
            where=f"task {task.name!r}",
            remedy="give unary(transition=...), or leave the state out",
        )
