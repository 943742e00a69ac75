from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from support.plot_cases import big_job_shop, cyclic_layer, everything, job_shop, report

from schedcore.model import ProblemBuilder, Schedule
from schedcore.plot import interactive_gantt
from schedcore.plot.interactive import asset, encode, script_json

TYPES = {"u8": "<u1", "u16": "<u2", "i32": "<i4", "f64": "<f8"}


def payload(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def decode(column: dict[str, str] | None) -> list[int]:
    assert column is not None
    return [int(x) for x in np.frombuffer(base64.b64decode(column["d"]), TYPES[column["t"]])]


def test_page_holds_every_bar_under_its_resource() -> None:
    problem, schedule = job_shop()
    data = payload(interactive_gantt(problem, schedule).html)
    view = data["views"][0]
    assert [g["label"] for g in view["groups"]] == [f"m{k}" for k in range(6)]
    assert decode(view["rowPtr"]) == [0, 6, 12, 18, 24, 30, 36]
    start, placement = decode(data["placements"]["start"]), decode(view["placement"])
    assert start == schedule.start.tolist()
    first_row = [data["names"][p] for p in placement[:6]]
    assert first_row == ["j0.o1", "j3.o1", "j2.o3", "j5.o3", "j1.o4", "j4.o4"]
    assert [v["name"] for v in data["views"]] == ["Resources", "Jobs"]
    assert (data["keyName"], data["keys"]) == ("job", list(problem.jobs))
    assert data["panelSets"][0][0]["label"] == "unary resources"


def test_panels_calendars_setups_and_violations_are_in_the_page() -> None:
    problem, schedule = everything()
    found = report(
        {"code": "OVERLAP", "tasks": (0, 1), "message": "<b>bold</b>"}, {"code": "CAPACITY", "resource": 2, "at": 10}
    )
    page = interactive_gantt(problem, schedule, report=found).html
    data = payload(page)
    assert [(p["label"], p["kind"]) for p in data["panelSets"][0]] == [
        ("crew", "usage"),
        ("tank", "level"),
        ("unary resources", "usage"),
    ]
    assert decode(data["panelSets"][0][1]["value"]) == [5, 2, 4]
    view = data["views"][0]
    assert view["groups"][1]["closed"] == [[6, 9, 1.0]]
    assert (decode(view["setupStart"]), decode(view["setupEnd"])) == ([0, 6], [2, 9])
    assert decode(view["amount"]) == [1, 1, 1, 1, 2, 2, 1, 1, 1]
    assert data["violations"][0]["placements"] == [0, 1]
    assert "2 violations: CAPACITY, OVERLAP" in page
    assert "<b>bold" not in page


def test_cyclic_page_has_folded_and_unrolled_views() -> None:
    problem, schedule = cyclic_layer()
    data = payload(interactive_gantt(problem, schedule, cyclic="unrolled").html)
    assert [(v["name"], v["folded"]) for v in data["views"]] == [
        ("One period", True),
        ("3 rounds", False),
        ("Jobs", True),
    ]
    assert data["firstView"] == 1
    assert [v["panelSet"] for v in data["views"]] == [0, 1, 0]


def test_first_view_can_be_the_tasks_or_the_panels() -> None:
    problem, schedule = job_shop()
    assert payload(interactive_gantt(problem, schedule, first="task").html)["firstView"] == 1
    assert payload(interactive_gantt(problem, schedule, first="panels").html)["panelFocus"] is True


def test_page_is_self_contained_and_well_formed() -> None:
    problem, schedule = everything()
    page = interactive_gantt(problem, schedule).html
    assert "http" not in re.sub(r"http-equiv", "", page)
    assert "{{" not in page

    class Balanced(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []

        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag not in ("meta", "input", "br"):
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    parser = Balanced()
    parser.feed(page)
    assert parser.open == []


def test_names_cannot_break_out_of_the_page() -> None:
    b = ProblemBuilder("</title><script>alert(1)</script> {{data}}")
    b.task("</script><script>alert(2)</script>", 2, on=b.unary("{{css}}"))
    page = interactive_gantt(b.build(), Schedule([(0, 0, 0, 2)])).html
    assert "<script>alert" not in page
    assert page.count("<script>") == 1
    assert payload(page)["names"] == ["</script><script>alert(2)</script>"]


def test_empty_and_broken_schedules() -> None:
    problem, _ = job_shop()
    assert payload(interactive_gantt(problem, Schedule()).html)["empty"] == "The schedule is empty: no task is placed."
    data = payload(interactive_gantt(problem, Schedule([(99, 3, -2, 4), (0, 0, 1, 2)])).html)
    assert data["names"][-1] == "unknown task 99"
    assert data["views"][0]["xMin"] == -2
    assert decode(data["placements"]["task"]) == [0, 36]


def test_columns_use_the_smallest_type() -> None:
    for values, kind in (([0, 255], "u8"), ([256], "u16"), ([-1], "i32"), ([2**40], "f64"), ([], "u8")):
        column = encode(np.array(values, dtype=np.int64))
        assert column["t"] == kind
        assert decode(column) == values


def test_json_in_scripts_is_escaped() -> None:
    assert script_json({"a": "</script>\u2028"}) == '{"a":"\\u003c/script>\\u2028"}'


def test_a_hundred_thousand_placements_take_a_few_megabytes() -> None:
    problem, schedule = big_job_shop(400, 50)  # a fifth of it, to stay quick
    size = len(interactive_gantt(problem, schedule).html.encode())
    assert size < 1_200_000


NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None, reason="node is not installed: the viewer's data code is not run")
def test_viewer_code_finds_bars_and_steps() -> None:
    problem, schedule = everything()
    data = payload(interactive_gantt(problem, schedule).html)
    script = (
        asset("gantt_model.js")
        + f"""
const data = {json.dumps(data)};
const p = {{}};
for (const k of ["task", "mode", "start", "end"]) p[k] = GanttModel.decode(data.placements[k]);
const view = new GanttModel.View(data.views[0], p);
const at = (y, t, slack) => {{
  const i = view.barAt(view.rowAt(y), t, slack);
  return i < 0 ? null : data.names[p.task[view.placement[i]]];
}};
const panel = data.panelSets[0][1], time = GanttModel.decode(panel.time), value = GanttModel.decode(panel.value);
const owner = new Int32Array(20), cover = new Float32Array(20);
GanttModel.scan(view, 0, 0, 1, 20, owner, cover);
console.log(JSON.stringify({{
  rows: view.numRows, height: Math.round(view.height * 10),
  hits: [at(0.5, 3, 0.1), at(0.5, 7, 0.1), at(1.5, 10, 0.1), at(2.9, 4, 0.1), at(3.9, 19.9, 0.3), at(9, 1, 1)],
  level: [0, 11.9, 12, 13, 14, 99].map((t) => value[GanttModel.stepAt(time, t)]),
  ticks: GanttModel.ticks(0, 20, 5), few: GanttModel.ticks(0, 2, 50),
  cover: Array.from(cover), first: owner[2] >= 0 && owner[0] < 0,
}}));
"""
    )
    assert NODE is not None
    answer = subprocess.run([NODE, "-e", script], capture_output=True, text=True, check=True, timeout=60)
    result = json.loads(answer.stdout)
    assert result["rows"] == 5
    assert result["height"] == 42  # press, oven, two lanes of 0.6, no resource
    assert result["hits"] == ["red.cut", None, "red.bake", "inspect", "done", None]
    assert result["level"] == [5, 5, 2, 2, 4, 4]
    assert result["ticks"] == [0, 5, 10, 15, 20]
    assert result["few"] == [0, 1, 2]
    assert result["cover"] == [0, 0, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0]
    assert result["first"] is True
