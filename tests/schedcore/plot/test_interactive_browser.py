"""The page in a real browser: hover, zoom, search.  Skipped where there is none."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.plot_cases import cyclic_layer, everything, report

from schedcore.plot import interactive_gantt

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium or chrome is installed")


def run(page: str, script: str, folder: Path) -> Any:
    """The value of ``script`` (a function body) after the page has settled; fails on any script error."""
    watch = "<script>window.errors=[];addEventListener('error',e=>errors.push(e.message));</script>"
    probe = (
        "<script>setTimeout(()=>{let value=null;try{value=(()=>{" + script + "})()}catch(e){errors.push(String(e))}"
        "document.title='RESULT'+JSON.stringify({value,errors})},300)</script>"
    )
    path = folder / "page.html"
    path.write_text(page.replace("<body>", "<body>" + watch, 1).replace("</body>", probe + "</body>", 1), "utf-8")
    flags = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
        "--disable-component-update --disable-sync --window-size=1200,700 --virtual-time-budget=2000 --dump-dom"
    )
    assert BROWSER is not None
    command = [BROWSER, *flags.split(), f"--user-data-dir={folder / 'profile'}", path.as_uri()]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    found = re.search(r"<title>RESULT(.*?)</title>", answer.stdout, re.DOTALL)
    assert found is not None, answer.stderr[-2000:]
    result = json.loads(html.unescape(found[1]))
    assert result["errors"] == []
    return result["value"]


def test_hover_zoom_search_and_views(tmp_path: Path) -> None:
    problem, schedule = everything()
    found = report({"code": "OVERLAP", "tasks": (0,), "message": "red.cut starts early", "resource": 0, "at": 2})
    script = """
      const c = document.getElementById("chart"), b = c.getBoundingClientRect(), s = gantt.state();
      const x = (t) => s.left + (t - s.t0) * (s.width - s.left - 12) / (s.t1 - s.t0);
      const fire = (type, kind, px, py, more) => c.dispatchEvent(new kind(type,
        { clientX: b.left + px, clientY: b.top + py, bubbles: true, cancelable: true, pointerId: 1, ...more }));
      fire("pointermove", PointerEvent, x(4), 26 + s.rowPx / 2);
      const tip = document.getElementById("tip").innerText;
      fire("wheel", WheelEvent, x(4), 40, { deltaY: -400 });
      const zoomed = gantt.state();
      gantt.fit();
      const q = document.getElementById("search");
      q.value = "BAKE";
      q.dispatchEvent(new Event("input"));
      q.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
      const count = document.getElementById("count").innerText, view = gantt.state().view;
      gantt.choose(1);
      return { tip, span: zoomed.t1 - zoomed.t0, before: s.t1 - s.t0, count, view, other: gantt.state().view,
        side: document.getElementById("side").innerText };
    """
    result = run(interactive_gantt(problem, schedule, report=found).html, script, tmp_path)
    for part in ("red.cut", "start\t2", "end\t6", "length\t4", "press, crew × 2", "red.cut starts early"):
        assert part in result["tip"]
    assert result["span"] < 0.9 * result["before"]
    assert result["count"] == "1 of 2"
    assert (result["view"], result["other"]) == ("Resources", "Jobs")
    assert "OVERLAP" in result["side"]
    assert "no job" in result["side"]


def test_cyclic_views_are_drawn_without_errors(tmp_path: Path) -> None:
    problem, schedule = cyclic_layer()
    script = "return [0, 1, 2].map((k) => { gantt.choose(k); return gantt.state().t1; });"
    ends = run(interactive_gantt(problem, schedule).html, script, tmp_path)
    assert ends[0] == ends[2] == 4
    assert ends[1] > 15
