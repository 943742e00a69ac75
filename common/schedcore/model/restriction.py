"""Restriction of a problem to what is still open at some instant, for rolling horizons and replanning."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from schedcore.errors import ModelError
from schedcore.model.problem import Problem
from schedcore.model.relations import ModeLink
from schedcore.model.schedule import Schedule
from schedcore.model.time import Tick


@dataclass(frozen=True, slots=True)
class Restriction:
    """A restricted problem, and the way back to the original one.

    Task ids are the original ones.  Pinned tasks have the one mode that they run in, so mode ids of
    a schedule of ``problem`` must be lifted.
    """

    problem: Problem
    modes: dict[int, tuple[int, ...]]
    """Original ids of the modes that a task still has, for the tasks that lost some."""

    def lift(self, schedule: Schedule) -> Schedule:
        """A schedule of the restricted problem as one of the original problem."""
        rows = [p._replace(mode=self.modes[p.task][p.mode]) if p.task in self.modes else p for p in schedule.placements]
        return Schedule(rows, cycle=schedule.cycle)


def restrict(problem: Problem, committed: Schedule, now: Tick) -> Restriction:
    """``problem`` as it stands at ``now``, when ``committed`` has happened or is under way.

    Every placement of ``committed`` is pinned: its task keeps mode, start and end.  Every other task
    starts at ``now`` or later.  Pins are plain releases, deadlines and durations, so every solver
    understands them.

    Raises
    ------
    ModelError
        If the problem is cyclic, or a placement starts after ``now`` or names an unknown task or mode.
    """
    if problem.cycle is not None:
        raise ModelError("a cyclic problem has no 'now'", where="restrict", remedy="unroll it first")
    tasks = [task if task.release >= now else dataclasses.replace(task, release=now) for task in problem.tasks]
    modes: dict[int, tuple[int, ...]] = {}
    for task_id, mode_id, start, end in committed.placements:
        if not 0 <= task_id < len(tasks) or not 0 <= mode_id < len(problem.tasks[task_id].modes):
            raise ModelError(f"no task {task_id} with mode {mode_id}", where="restrict")
        original = problem.tasks[task_id]
        if start > now:
            raise ModelError(
                f"task {original.name!r} starts at {start}, after now = {now}",
                where="restrict",
                remedy="commit only what has started",
            )
        mode = dataclasses.replace(original.modes[mode_id], duration=end - start, duration_max=end - start)
        tasks[task_id] = dataclasses.replace(original, modes=(mode,), release=start, deadline=end, optional=False)
        modes[task_id] = (mode_id,)
    pinned = frozenset(modes)
    for link in problem.mode_links:
        if link.task_b in pinned and modes[link.task_b][0] not in link.modes_b:
            _forbid(problem, link, modes, pinned)
    for task_id in modes.keys() - pinned:
        kept = tuple(problem.tasks[task_id].modes[m] for m in modes[task_id])
        tasks[task_id] = dataclasses.replace(tasks[task_id], modes=kept)
    links = tuple(_renumber(link, modes) for link in problem.mode_links if _still_binds(problem, link, modes, pinned))
    return Restriction(problem.replace(tasks=tuple(tasks), mode_links=links), modes)


def _kept(problem: Problem, task: int, modes: dict[int, tuple[int, ...]]) -> tuple[int, ...]:
    return modes.get(task, tuple(range(len(problem.tasks[task].modes))))


def _forbid(problem: Problem, link: ModeLink, modes: dict[int, tuple[int, ...]], pinned: frozenset[int]) -> None:
    """Take ``mode_a`` away from ``task_a``, since ``task_b`` is pinned to a mode that excludes it."""
    kept = tuple(m for m in _kept(problem, link.task_a, modes) if m != link.mode_a)
    if not kept or (link.task_a in pinned and kept != modes[link.task_a]):
        raise ModelError(
            f"task {problem.tasks[link.task_a].name!r} has no mode left beside pinned task "
            f"{problem.tasks[link.task_b].name!r}",
            where="restrict",
            remedy="the committed placements contradict a mode link",
        )
    modes[link.task_a] = kept


def _still_binds(problem: Problem, link: ModeLink, modes: dict[int, tuple[int, ...]], pinned: frozenset[int]) -> bool:
    return link.task_b not in pinned and link.mode_a in _kept(problem, link.task_a, modes)


def _renumber(link: ModeLink, modes: dict[int, tuple[int, ...]]) -> ModeLink:
    mode_a = modes[link.task_a].index(link.mode_a) if link.task_a in modes else link.mode_a
    modes_b = link.modes_b
    if link.task_b in modes:
        modes_b = tuple(i for i, m in enumerate(modes[link.task_b]) if m in link.modes_b)
    return ModeLink(link.task_a, mode_a, link.task_b, modes_b)
