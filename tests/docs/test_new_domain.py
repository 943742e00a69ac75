"""The page on a new domain, followed by somebody who works in another folder, with PYTHONPATH alone."""

from __future__ import annotations

import os
from pathlib import Path

from support.command import environment, run_process
from support.doc_blocks import read_blocks

PAGE = Path(__file__).resolve().parents[2] / "docs" / "new-domain.md"
MOST_LINES = 110


def test_the_domain_is_small() -> None:
    (module,) = [block for block in read_blocks(PAGE) if block.options.get("file") == "pottery.py"]
    assert len(module.text.splitlines()) <= MOST_LINES


def test_the_domain_is_found_and_used_from_another_folder(tmp_path: Path) -> None:
    package, work = tmp_path / "package", tmp_path / "work"
    work.mkdir()
    for block in read_blocks(PAGE):
        if "file" in block.options:
            file = package / block.options["file"]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, encoding="utf-8")
    env = environment()
    env["PYTHONPATH"] += os.pathsep + str(package)

    def sched(*words: str) -> dict:
        ran = run_process(*words, "--json", cwd=work, env=env)
        assert ran.code == 0, ran.err
        return ran.json()["data"]

    assert "pottery" in [row["name"] for row in sched("list", "domains")["items"]]
    (policy,) = [row for row in sched("list", "policies", "pottery")["items"] if row["name"] == "trim-first"]
    assert policy["summary"] == "Trim what is dry enough before throwing more; then the longest firing first"
    solved = sched("solve", "pottery", "pots:6:2", "--solver", "cpsat", "--time-limit", "20")
    assert (solved["status"], solved["makespan"]) == ("OPTIMAL", 31)
    assert [row["within"] for row in sched("bench", "pottery", "--suite", "small")["rows"]] == [True] * 3
    # Workers are processes of their own, which have to find the domain too.
    words = ("solver=trim-first,sgs", "instance=pots:6:1,pots:12:1", "time_limit_s=0.5", "--backend", "process")
    swept = sched("sweep", "pottery", *words, "--out", "runs/pots")
    assert (swept["ran"], swept["failed"]) == (4, 0)
    report = sched("report", "pots")
    assert (report["trials"], report["finished"]) == (4, 4)
    assert (work / "runs" / "pots" / "report.html").stat().st_size > 10_000
