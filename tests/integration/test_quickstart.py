"""The main job: ``sched run quickstart``, whole."""

from __future__ import annotations

import json
import time

import pytest
from support.command import run_process


@pytest.mark.slow
def test_quickstart_within_two_minutes_and_resumes(tmp_path) -> None:
    begin = time.monotonic()
    first = run_process("run", "quickstart", cwd=tmp_path, timeout=300)
    assert first.code == 0, first.err
    assert time.monotonic() - begin < 120
    folder = tmp_path / "runs" / "quickstart"
    data = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    (arena,) = (arena for arena in data["arenas"] if arena["domain"] == "jssp")
    assert len(arena["instances"]) == 22
    assert {status for item in arena["methods"] for status in item["statuses"]} <= {"OPTIMAL", "FEASIBLE"}
    gaps = {item["method"]: item["overall"]["gap"] for item in arena["methods"]}
    assert gaps["lns"] < 0.05 < gaps["mwkr"]
    begin = time.monotonic()
    second = run_process("run", "quickstart", cwd=tmp_path)
    assert second.code == 0
    assert "nothing to run" in second.err
    assert time.monotonic() - begin < 10
