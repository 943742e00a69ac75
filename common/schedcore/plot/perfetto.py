"""Chrome trace events of a schedule: open the file in https://ui.perfetto.dev or chrome://tracing."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from schedcore.model import Problem, Renewable, Schedule
from schedcore.plot.layout import CyclicView, layout_gantt, task_name
from schedcore.plot.step_series import StepSeries, levels, usage

_PROCESSES = {"unary": (1, "unary resources"), "renewable": (2, "renewable resources"), "none": (3, "no resource")}
_COUNTER_PROCESSES = {"usage": (4, "usage"), "level": (5, "reservoirs")}


def to_trace_events(
    problem: Problem, schedule: Schedule, *, cyclic: CyclicView = "unrolled", rounds: int = 3
) -> dict[str, Any]:
    """The schedule in Chrome's JSON trace format.

    One process per kind of resource, one thread per lane of a resource (first fit), a complete event
    per bar, an instant event per task of no length, and counters for the usage of renewables and the
    levels of reservoirs.  Times are microseconds by the problem's unit; a problem without a physical
    unit counts a tick as one microsecond (``otherData.unit`` says so).

    Parameters
    ----------
    cyclic, rounds
        Cyclic schedules are unrolled over ``rounds`` rounds, or folded into one.
    """
    layout = layout_gantt(problem, schedule, cyclic=cyclic, rounds=rounds)
    unit = problem.unit
    micros = Fraction(1) if unit.seconds_per_tick is None else unit.seconds_per_tick * 1_000_000
    events: list[dict[str, Any]] = []
    lane_ids: dict[int, tuple[int, int]] = {}
    kinds = [g.kind for g in layout.groups]
    for kind, (pid, name) in _PROCESSES.items():
        if kind in kinds:
            events += _process(pid, name)
    for group in layout.groups:
        pid = _PROCESSES[group.kind][0]
        for lane in range(group.num_rows):
            row = group.first_row + lane
            lane_ids[row] = (pid, row + 1)
            label = group.label if group.num_rows == 1 else f"{group.label} [{lane}]"
            events.append({"ph": "M", "pid": pid, "tid": row + 1, "name": "thread_name", "args": {"name": label}})
            events.append(
                {"ph": "M", "pid": pid, "tid": row + 1, "name": "thread_sort_index", "args": {"sort_index": row}}
            )
    bars = layout.bars
    columns = (c.tolist() for c in (bars.row, bars.start, bars.end, bars.placement, bars.shift, bars.amount))
    for row, start, end, placement, shift, amount in zip(*columns, strict=True):
        pid, tid = lane_ids[row]
        task, mode = int(schedule.task[placement]), int(schedule.mode[placement])
        args: dict[str, Any] = {
            "task": task,
            "mode": mode,
            "start_tick": int(schedule.start[placement]),
            "end_tick": int(schedule.end[placement]),
        }
        job = problem.tasks[task].job if 0 <= task < len(problem.tasks) else None
        if job is not None:
            args["job"] = problem.jobs[job]
        if amount != 1:
            args["amount"] = amount
        if layout.period is not None:
            args["round"] = shift
        event = {"name": task_name(problem, task), "pid": pid, "tid": tid, "ts": _number(start * micros)}
        event["cat"] = "task" if job is None else problem.jobs[job]
        if end > start:
            event.update(ph="X", dur=_number((end - start) * micros))
        else:
            event.update(ph="i", s="t")
        event["args"] = args
        events.append(event)
    counters = (
        ("usage", {r: s for r, s in usage(layout).items() if isinstance(problem.resources[r], Renewable)}),
        ("level", levels(layout)),
    )
    for name, series in counters:
        if series:
            pid, title = _COUNTER_PROCESSES[name]
            events += _process(pid, title)
            for r, steps in series.items():
                events += _counter(pid, problem.resources[r].name, name, steps, micros)
    physical = "tick = 1 us" if unit.seconds_per_tick is None else f"tick = {unit.seconds_per_tick} s"
    return {
        "displayTimeUnit": "ms",
        "otherData": {"problem": problem.name, "fingerprint": problem.fingerprint(), "unit": physical},
        "traceEvents": events,
    }


def trace_json(trace: dict[str, Any]) -> str:
    """Compact JSON text of :func:`to_trace_events`, one line per event."""
    dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
    head = {k: v for k, v in trace.items() if k != "traceEvents"}
    lines = ",\n".join(map(dump, trace["traceEvents"]))
    return dump(head)[:-1] + ',"traceEvents":[\n' + lines + "\n]}\n"


def _process(pid: int, name: str) -> list[dict[str, Any]]:
    return [
        {"ph": "M", "pid": pid, "name": "process_name", "args": {"name": name}},
        {"ph": "M", "pid": pid, "name": "process_sort_index", "args": {"sort_index": pid}},
    ]


def _counter(pid: int, name: str, key: str, steps: StepSeries, micros: Fraction) -> list[dict[str, Any]]:
    return [
        {"ph": "C", "pid": pid, "name": name, "ts": _number(t * micros), "args": {key: v}}
        for t, v in zip(steps.time.tolist(), steps.value.tolist(), strict=True)
    ]


def _number(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)
