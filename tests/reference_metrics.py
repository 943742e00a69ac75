"""The objective metrics once more, straight from their one-line meanings, in plain Python."""

from __future__ import annotations

from schedcore.model import Problem, Schedule, Unary


def reference_metrics(problem: Problem, schedule: Schedule) -> dict[str, int]:
    """Value of every objective metric of a feasible schedule."""
    tasks = problem.tasks
    placed = {p.task: p for p in schedule.placements}
    dated = [(tasks[i], p.end - tasks[i].due) for i, p in placed.items() if tasks[i].due is not None]
    values = {
        "makespan": max((p.end for p in placed.values()), default=0),
        "total_completion": sum(p.end for p in placed.values()),
        "total_start": sum(p.start for p in placed.values()),
        "max_lateness": max((late for _, late in dated), default=0),
        "total_tardiness": sum(max(0, late) for _, late in dated),
        "weighted_tardiness": sum(t.weight * max(0, late) for t, late in dated),
        "total_earliness": sum(max(0, -late) for _, late in dated),
        "weighted_earliness": sum(t.weight * max(0, -late) for t, late in dated),
        "tardy_count": sum(late > 0 for _, late in dated),
        "weighted_tardy_count": sum(t.weight for t, late in dated if late > 0),
        "total_cost": sum(tasks[i].modes[p.mode].cost for i, p in placed.items()),
        "reward": sum(tasks[i].reward for i in placed),
        "absent_count": sum(t.optional and i not in placed for i, t in enumerate(tasks)),
        "total_flow": 0,
        "weighted_flow": 0,
        "total_setup": 0,
    }
    if schedule.cycle is not None:
        values["period"] = schedule.cycle
    jobs: dict[object, list[int]] = {}
    for i, task in enumerate(tasks):
        jobs.setdefault(("own", i) if task.job is None else task.job, []).append(i)
    for members in jobs.values():
        ends = [placed[i].end for i in members if i in placed]
        if ends:
            flow = max(ends) - min(tasks[i].release for i in members)
            values["total_flow"] += flow
            values["weighted_flow"] += flow * max(tasks[i].weight for i in members)
    for r, resource in enumerate(problem.resources):
        if not isinstance(resource, Unary) or resource.transition is None:
            continue
        users = sorted(
            (p.start, i)
            for i, p in placed.items()
            if p.end > p.start and any(d.resource == r for d in tasks[i].modes[p.mode].demands)
        )
        state = resource.initial_state
        for _, i in users:
            if state is not None:
                values["total_setup"] += resource.transition[state][tasks[i].state_before] or 0
            state = tasks[i].state_after
    return values
