"""Restriction of a problem to what is still open at some instant, for rolling horizons and replanning."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from schedcore.errors import ModelError
from schedcore.model.fields import check_int
from schedcore.model.holds import find_holds
from schedcore.model.problem import Problem
from schedcore.model.relations import ModeLink, Selection, SelectionKind
from schedcore.model.schedule import Schedule
from schedcore.model.task import Edge
from schedcore.model.time import MAX_TICK, Tick


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
        """A schedule of the restricted problem as one of the original problem.

        Raises
        ------
        ModelError
            If a placement names a mode that the restricted task lacks.
        """
        rows = []
        for p in schedule.placements:
            kept = self.modes.get(p.task)
            if kept is not None and not 0 <= p.mode < len(kept):
                raise ModelError(
                    f"task {p.task} has no mode {p.mode} in the restricted problem",
                    where="lift",
                    remedy="lift schedules of the restricted problem only",
                )
            rows.append(p if kept is None else p._replace(mode=kept[p.mode]))
        return Schedule(rows, cycle=schedule.cycle)


def restrict(problem: Problem, committed: Schedule, now: Tick) -> Restriction:
    """``problem`` as it stands at ``now``, when ``committed`` has happened or is under way.

    Every placement of ``committed`` is pinned: its task keeps mode, start and end.  Every other task
    starts at ``now`` or later.  Pins are plain releases, deadlines and durations, so every solver
    understands them.  A hold (:func:`~schedcore.model.holds.find_holds`) that is not committed although
    its opening edge is, is under way: it may start when it was opened.

    Pins change releases, so compute ``total_flow`` and ``weighted_flow`` of a lifted schedule with the
    original problem.

    Raises
    ------
    ModelError
        If the problem is cyclic; if a placement starts after ``now``, ends before it starts, names an
        unknown task or mode or a task twice; or if the placements contradict a mode link.
    """
    if problem.cycle is not None:
        raise ModelError("a cyclic problem has no 'now'", where="restrict", remedy="unroll it first")
    check_int(now, 0, MAX_TICK, "restrict.now")
    tasks = [task if task.release >= now else dataclasses.replace(task, release=now) for task in problem.tasks]
    pinned: dict[int, int] = {}
    for task_id, mode_id, start, end in committed.placements:
        if not 0 <= task_id < len(tasks) or not 0 <= mode_id < len(problem.tasks[task_id].modes):
            raise ModelError(
                f"no task {task_id} with mode {mode_id}", where="restrict", remedy="commit placements of this problem"
            )
        original = problem.tasks[task_id]
        if task_id in pinned:
            raise ModelError(f"task {original.name!r} is committed twice", where="restrict", remedy="keep one of them")
        if start > now:
            raise ModelError(
                f"task {original.name!r} starts at {start}, after now = {now}",
                where="restrict",
                remedy="commit only what has started",
            )
        if not 0 <= start <= end <= MAX_TICK:
            raise ModelError(
                f"task {original.name!r} is committed to [{start}, {end})",
                where="restrict",
                remedy="need 0 <= start <= end",
            )
        mode = dataclasses.replace(original.modes[mode_id], duration=end - start, duration_max=end - start)
        tasks[task_id] = dataclasses.replace(original, modes=(mode,), release=start, deadline=end, optional=False)
        pinned[task_id] = mode_id
    for hold in find_holds(problem):
        opener, edge = hold.opens
        if opener in pinned and hold.task not in pinned:
            placement = committed.of(opener)
            assert placement is not None
            opened = placement.start if edge is Edge.START else placement.end
            earliest = max(problem.tasks[hold.task].release, min(now, opened))
            tasks[hold.task] = dataclasses.replace(tasks[hold.task], release=earliest)
    modes, excluded = _remaining_modes(problem, pinned)
    for task_id in modes.keys() - pinned.keys():
        kept = tuple(problem.tasks[task_id].modes[m] for m in modes[task_id])
        tasks[task_id] = dataclasses.replace(tasks[task_id], modes=kept)
    links = tuple(
        _renumber(link, modes)
        for link in problem.mode_links
        if link.task_b not in pinned
        and not {link.task_a, link.task_b} & excluded.keys()
        and link.mode_a in _kept(problem, link.task_a, modes)
    )
    selections = tuple(Selection((pin, task), SelectionKind.AT_MOST_ONE) for task, pin in sorted(excluded.items()))
    return Restriction(
        problem.replace(tasks=tuple(tasks), mode_links=links, selections=problem.selections + selections), modes
    )


def _remaining_modes(problem: Problem, pinned: dict[int, int]) -> tuple[dict[int, tuple[int, ...]], dict[int, int]]:
    """What the pins leave of the modes, and the optional tasks that they exclude.

    The first result maps tasks to the original ids of their remaining modes, the second maps each
    excluded task to a pinned task that it cannot stand beside.  A mode that goes may take modes of
    other tasks with it, so the links are applied until nothing changes.
    """
    modes: dict[int, tuple[int, ...]] = {task: (mode,) for task, mode in pinned.items()}
    excluded: dict[int, int] = {}
    changed = True
    while changed:
        changed = False
        for link in problem.mode_links:
            kept = _kept(problem, link.task_a, modes)
            left = set(_kept(problem, link.task_b, modes)) & set(link.modes_b)
            if link.task_a in excluded or link.task_b in excluded or link.mode_a not in kept or left:
                continue
            if link.task_b not in pinned and problem.tasks[link.task_b].optional:
                # What remains, "a in this mode excludes b", is no relation of the model.
                raise ModelError(
                    f"the pins leave task {problem.tasks[link.task_b].name!r} no mode that a mode link with "
                    f"{problem.tasks[link.task_a].name!r} allows",
                    where="restrict",
                    remedy="commit one of the two tasks, or leave one out of the problem",
                )
            fewer = tuple(m for m in kept if m != link.mode_a)
            if fewer:
                modes[link.task_a] = fewer
            elif link.task_a not in pinned and problem.tasks[link.task_a].optional and link.task_b in pinned:
                excluded[link.task_a] = link.task_b
            else:
                raise ModelError(
                    f"task {problem.tasks[link.task_a].name!r} has no mode left beside task "
                    f"{problem.tasks[link.task_b].name!r}",
                    where="restrict",
                    remedy="the committed placements contradict a mode link",
                )
            changed = True
    return modes, excluded


def _kept(problem: Problem, task: int, modes: dict[int, tuple[int, ...]]) -> tuple[int, ...]:
    return modes.get(task, tuple(range(len(problem.tasks[task].modes))))


def _renumber(link: ModeLink, modes: dict[int, tuple[int, ...]]) -> ModeLink:
    mode_a = modes[link.task_a].index(link.mode_a) if link.task_a in modes else link.mode_a
    modes_b = link.modes_b
    if link.task_b in modes:
        modes_b = tuple(i for i, m in enumerate(modes[link.task_b]) if m in link.modes_b)
    return ModeLink(link.task_a, mode_a, link.task_b, modes_b)
