"""The interactive chart: one HTML file with its data and a small canvas viewer inside, no network."""

from __future__ import annotations

import base64
import html
import json
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schedcore.model import Problem, Schedule
from schedcore.plot.gantt import describe, empty_message
from schedcore.plot.layout import GanttLayout, layout_gantt, task_name
from schedcore.plot.palette import JOB_COLORS, NEUTRAL, color_keys, text_color
from schedcore.plot.profile_panels import Panel, busy_panel, panels_of
from schedcore.plot.style import time_label
from schedcore.plot.violations import ViolationMark, summary, violation_marks

MAX_VIOLATIONS: int = 2_000
"""Violations that the file carries; the heading counts all."""
MAX_PANELS: int = 200


@dataclass(frozen=True)
class InteractiveGantt:
    """A finished page; :func:`~schedcore.plot.save` writes it to a ``.html`` file."""

    html: str


def interactive_gantt(
    problem: Problem,
    schedule: Schedule,
    *,
    title: str | None = None,
    report: Any = None,
    cyclic: str = "folded",
    rounds: int = 3,
    first: str = "resource",
) -> InteractiveGantt:
    """A page with the Gantt chart by resource and by task, usage and level panels, search and tooltips.

    It zooms, pans and searches fluidly at 100,000 placements: rows whose bars are thinner than a few
    pixels are drawn as one colour per pixel.  A cyclic schedule can be seen folded and unrolled.

    Parameters
    ----------
    title, report, rounds
        As for :func:`~schedcore.plot.gantt_by_resource`.
    cyclic
        The view of a cyclic schedule that is shown first.
    first
        View at the start: ``"resource"``, ``"task"``, or ``"panels"`` (by resource, with large panels).
    """
    marks = violation_marks(report)
    name = problem.name if title is None else title
    layouts = [layout_gantt(problem, schedule, by="resource", cyclic="folded", rounds=rounds)]
    names = ["Resources"]
    panel_sets = [_panels(layouts[0])]
    if layouts[0].period is not None:
        names = ["One period", f"{rounds} rounds"]
        layouts.append(layout_gantt(problem, schedule, by="resource", cyclic="unrolled", rounds=rounds))
        panel_sets.append(_panels(layouts[1]))
    layouts.append(layout_gantt(problem, schedule, by="task", cyclic="folded"))
    names.append("Jobs" if problem.jobs else "Tasks")
    views = [_view(layout, label) for layout, label in zip(layouts, names, strict=True)]
    for k, view in enumerate(views):
        view["panelSet"] = k if k < len(panel_sets) else 0
    first_view = len(views) - 1 if first == "task" else int(cyclic == "unrolled" and len(views) == 3)
    keys, key_names = color_keys(problem)
    task_names, tasks = _tasks(problem, schedule)
    known = np.full(len(task_names), len(key_names), dtype=np.int64)
    known[: len(keys)] = np.where(keys < 0, len(key_names), keys)
    mode_count = np.ones(len(task_names), dtype=np.int64)
    mode_count[: len(problem.tasks)] = np.diff(problem.arrays.mode_ptr)
    data = {
        "unit": problem.unit.label,
        "timeLabel": time_label(problem.unit.label),
        "colors": [*JOB_COLORS, NEUTRAL],
        "darkText": [int(text_color(c) == "#000000") for c in (*JOB_COLORS, NEUTRAL)],
        "keyName": "job" if problem.jobs else "task" if len(key_names) == len(problem.tasks) else "tag",
        "keys": list(key_names) if len(key_names) != len(problem.tasks) or problem.jobs else task_names,
        "noKey": len(key_names),
        "names": task_names,
        "taskKey": encode(known),
        "modeCount": encode(mode_count) if (mode_count > 1).any() else None,
        "placements": {
            "task": encode(tasks),
            "mode": encode(schedule.mode) if schedule.mode.any() else None,
            "start": encode(schedule.start),
            "end": encode(schedule.end),
        },
        "views": views,
        "panelSets": panel_sets,
        "violations": _violations(marks, schedule),
        "violationCount": len(marks),
        "firstView": first_view,
        "panelFocus": first == "panels",
        "empty": empty_message(problem, schedule),
    }
    return InteractiveGantt(_page(name, describe(layouts[first_view]), summary(marks), data))


def encode(values: NDArray[np.int64]) -> dict[str, str]:
    """Integers as base64 of the smallest fitting little-endian array type, for the viewer's ``decode``."""
    low, high = (int(values.min()), int(values.max())) if len(values) else (0, 0)
    if low >= 0 and high < 2**8:
        kind, dtype = "u8", "<u1"
    elif low >= 0 and high < 2**16:
        kind, dtype = "u16", "<u2"
    elif low >= -(2**31) and high < 2**31:
        kind, dtype = "i32", "<i4"
    else:
        kind, dtype = "f64", "<f8"
    return {"t": kind, "d": base64.b64encode(values.astype(dtype).tobytes()).decode("ascii")}


def script_json(data: Any) -> str:
    """JSON that may stand inside a ``<script>`` element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def asset(name: str) -> str:
    """Text of a file in ``plot/assets``."""
    return (resources.files("schedcore.plot") / "assets" / name).read_text(encoding="utf-8")


def _page(title: str, subtitle: str, violations: str, data: dict[str, Any]) -> str:
    fields = {
        "title": html.escape(title),
        "subtitle": html.escape(subtitle),
        "violations": f'<div class="bad">{html.escape(violations)}</div>' if violations else "",
        "css": asset("gantt.css"),
        "model": asset("gantt_model.js"),
        "view": "\n".join(asset(f"gantt_{part}.js") for part in ("state", "draw", "panels", "input", "start")),
        "data": script_json(data),
    }
    # One pass over the template: names in the data cannot be taken for placeholders.
    pieces = asset("gantt.html").split("{{")
    return pieces[0] + "".join(fields[p.split("}}", 1)[0]] + p.split("}}", 1)[1] for p in pieces[1:])


def _tasks(problem: Problem, schedule: Schedule) -> tuple[list[str], NDArray[np.int64]]:
    """Names of all tasks, those that do not exist at the end, and the placements' positions among them."""
    names = [task.name for task in problem.tasks]
    strangers = sorted({t for t in schedule.task.tolist() if not 0 <= t < len(names)})
    position = {t: len(names) + k for k, t in enumerate(strangers)}
    names += [task_name(problem, t) for t in strangers]
    if not strangers:
        return names, schedule.task
    return names, np.array([position.get(t, t) for t in schedule.task.tolist()], dtype=np.int64)


def _view(layout: GanttLayout, name: str) -> dict[str, Any]:
    bars = layout.bars
    base = -int(bars.shift.min()) if len(bars) else 0
    setups = layout.setups
    view: dict[str, Any] = {
        "name": name,
        "byTask": layout.by == "task",
        "xMin": layout.x_min,
        "xMax": layout.x_max,
        "period": layout.period,
        "folded": layout.folded,
        "groups": [
            {
                "label": group.label,
                "rows": group.num_rows,
                "resource": group.ident if group.kind in ("unary", "renewable") else None,
                "labels": list(group.row_labels) or None,
                "closed": [[a, b, round(share, 4)] for a, b, share in group.closed],
            }
            for group in layout.groups
        ],
        "rowPtr": encode(np.searchsorted(bars.row, np.arange(layout.num_rows + 1)).astype(np.int64)),
        "placement": encode(bars.placement),
        "shift": encode(bars.shift + base) if bars.shift.any() else None,
        "shiftBase": base,
        "amount": encode(bars.amount) if (bars.amount != 1).any() else None,
    }
    for column, key in enumerate(("setupRow", "setupStart", "setupEnd")):
        view[key] = encode(setups[:, column]) if len(setups) else None
    return view


def _panels(layout: GanttLayout) -> list[dict[str, Any]]:
    busy = busy_panel(layout)
    panels = [*panels_of(layout), *(() if busy is None else (busy,))]
    return [_panel(panel) for panel in panels[:MAX_PANELS]]


def _panel(panel: Panel) -> dict[str, Any]:
    minimum = None if panel.low is None else int(panel.low.value.min())
    most = int(panel.high.value.max())
    low = min(0, int(panel.series.value.min()), minimum or 0)
    high = max(most, int(panel.series.value.max()), low + 1)
    return {
        "label": panel.label,
        "kind": panel.kind,
        "resource": panel.resource,
        "time": encode(panel.series.time),
        "value": encode(panel.series.value),
        "limitTime": encode(panel.high.time),
        "limitValue": encode(panel.high.value),
        "minimum": minimum,
        "most": most,
        "yMin": low,
        "yMax": high,
    }


def _violations(marks: tuple[ViolationMark, ...], schedule: Schedule) -> list[dict[str, Any]]:
    positions: dict[int, list[int]] = {}
    for position, task in enumerate(schedule.task.tolist()):
        positions.setdefault(task, []).append(position)
    return [
        {
            "code": mark.code,
            "message": mark.message,
            "placements": [p for task in mark.tasks for p in positions.get(task, ())],
            "resource": mark.resource,
            "at": mark.at,
        }
        for mark in marks[:MAX_VIOLATIONS]
    ]
